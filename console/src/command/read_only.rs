//! Whether what was typed would change something at a broker. The help says so of every verb, and what the help says
//! is what holds.

use clap::{ArgMatches, CommandFactory as _};

use super::arguments::Cli;

/// What has to do with a broker that was there before. A broker that is started here, this machine's own settings and
/// files to be read are nobody else's.
const OF_A_BROKER: [&str; 9] = [
    "topic", "sub", "dlq", "op", "audit", "client", "mark", "apply", "load",
];

/// The command, if it would change something: what only shows what would be changed does not.
pub(crate) fn written(typed: &ArgMatches) -> Option<String> {
    let (mut command, mut matches) = (Cli::command(), typed);
    let mut path: Vec<String> = Vec::new();
    while let Some((name, inner)) = matches.subcommand() {
        path.push(name.to_owned());
        command = command.find_subcommand(name)?.clone();
        matches = inner;
    }
    let is_of_a_broker = path
        .first()
        .is_some_and(|noun| OF_A_BROKER.contains(&noun.as_str()));
    let about = command.get_about().map(ToString::to_string);
    let is_tagged = about.is_some_and(|about| about.ends_with("[write]"));
    let has = |name: &str| {
        let known = command
            .get_arguments()
            .any(|argument| argument.get_id() == name);
        known && matches.get_flag(name)
    };
    (is_of_a_broker && is_tagged && !has("dry_run")).then(|| path.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written_by(line: &str) -> Option<String> {
        let words = std::iter::once("weir").chain(line.split_whitespace());
        let typed = Cli::command().try_get_matches_from(words).expect(line);
        written(&typed)
    }

    #[test]
    fn what_the_help_calls_a_write_is_one_unless_it_is_a_dry_run() {
        for line in [
            "topic create t",
            "topic publish t --message x",
            "sub pull s",
            "dlq requeue s --all --yes",
            "op undo 7",
            "op pause 7",
            "mark add x",
            "client disconnect 7",
            "apply -f x",
        ] {
            let command: Vec<&str> = line.split(' ').take(1).collect();
            let found = written_by(line).unwrap_or_default();
            assert!(found.starts_with(&command.join(" ")), "{line}: {found}");
        }
        for line in [
            "",
            "top",
            "status",
            "topic ls",
            "dlq peek s",
            "dlq requeue s --all --dry-run",
            "apply -f x --dry-run",
            "op ls",
            "audit export",
            "ctx ls",
            "ctx use x",
            "serve",
            "demo",
        ] {
            assert_eq!(written_by(line), None, "{line}");
        }
    }
}
