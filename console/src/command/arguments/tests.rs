//! What can be typed, and what the help says of it.

use clap::{CommandFactory as _, Parser as _};

use super::{Cli, Command, SubCommand, TopicCommand};
use crate::present::color::Color;
use crate::present::format::Format;

/// The help of a command as `--help` prints it on a terminal that is wide enough.
fn help(path: &[&str]) -> String {
    let command = Cli::command().term_width(100);
    let words = ["weir"].iter().chain(path).chain(&["--help"]);
    let shown = command.try_get_matches_from(words).unwrap_err();
    assert_eq!(shown.kind(), clap::error::ErrorKind::DisplayHelp);
    shown.render().to_string()
}

/// Every command with its path, the program first.
fn all_commands() -> Vec<(Vec<String>, clap::Command)> {
    let mut root = Cli::command();
    root.build();
    let mut found = Vec::new();
    let mut open = vec![(Vec::new(), root)];
    while let Some((path, command)) = open.pop() {
        for sub in command.get_subcommands() {
            let mut path = path.clone();
            path.push(sub.get_name().to_owned());
            open.push((path, sub.clone()));
        }
        found.push((path, command));
    }
    found
}

#[test]
fn the_arguments_are_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn the_help_of_the_program_is_as_reviewed() {
    insta::assert_snapshot!("weir", help(&[]));
}

#[test]
fn the_help_of_topics_is_as_reviewed() {
    insta::assert_snapshot!("topic", help(&["topic"]));
    for verb in [
        "ls", "create", "get", "edit", "stats", "rm", "purge", "publish", "peek", "read", "tail",
    ] {
        insta::assert_snapshot!(format!("topic_{verb}"), help(&["topic", verb]));
    }
}

#[test]
fn the_help_of_load_tests_is_as_reviewed() {
    for verb in ["run", "compare", "report"] {
        insta::assert_snapshot!(format!("load_{verb}"), help(&["load", verb]));
    }
}

#[test]
fn no_paragraph_of_the_help_is_parted_by_hand_and_once_more_by_the_width() {
    for (path, command) in all_commands() {
        let Some(text) = command.get_after_help() else {
            continue;
        };
        let text = text.to_string();
        let lines: Vec<&str> = text.lines().collect();
        for pair in lines.windows(2).filter(|pair| !pair[1].is_empty()) {
            assert!(pair[0].chars().count() <= 100, "{path:?}: {:?}", pair[0]);
        }
    }
}

#[test]
fn the_help_of_subscriptions_is_as_reviewed() {
    insta::assert_snapshot!("sub", help(&["sub"]));
    for verb in [
        "ls", "create", "get", "edit", "pause", "resume", "seek", "purge", "rm", "pull", "peek",
        "lag", "advise", "tail",
    ] {
        insta::assert_snapshot!(format!("sub_{verb}"), help(&["sub", verb]));
    }
}

#[test]
fn the_help_of_dead_messages_is_as_reviewed() {
    insta::assert_snapshot!("dlq", help(&["dlq"]));
    for verb in [
        "ls", "groups", "export", "peek", "requeue", "release", "discard",
    ] {
        insta::assert_snapshot!(format!("dlq_{verb}"), help(&["dlq", verb]));
    }
}

#[test]
fn the_help_of_operations_and_of_the_record_is_as_reviewed() {
    insta::assert_snapshot!("op", help(&["op"]));
    for verb in ["ls", "get", "watch", "pause", "resume", "cancel", "undo"] {
        insta::assert_snapshot!(format!("op_{verb}"), help(&["op", verb]));
    }
    insta::assert_snapshot!("audit", help(&["audit"]));
    for verb in ["ls", "tail", "export", "verify"] {
        insta::assert_snapshot!(format!("audit_{verb}"), help(&["audit", verb]));
    }
}

#[test]
fn the_help_of_checks_and_of_what_needs_no_broker_is_as_reviewed() {
    insta::assert_snapshot!("top", help(&["top"]));
    insta::assert_snapshot!("events", help(&["events"]));
    insta::assert_snapshot!("mark", help(&["mark"]));
    insta::assert_snapshot!("mark_add", help(&["mark", "add"]));
    insta::assert_snapshot!("client", help(&["client"]));
    insta::assert_snapshot!("client_ls", help(&["client", "ls"]));
    insta::assert_snapshot!("client_disconnect", help(&["client", "disconnect"]));
    insta::assert_snapshot!("apply", help(&["apply"]));
    insta::assert_snapshot!("export", help(&["export"]));
    insta::assert_snapshot!("check", help(&["check"]));
    insta::assert_snapshot!("check_age", help(&["check", "age"]));
    insta::assert_snapshot!("config", help(&["config"]));
    insta::assert_snapshot!("config_show", help(&["config", "show"]));
    insta::assert_snapshot!("completion", help(&["completion"]));
    insta::assert_snapshot!("man", help(&["man"]));
}

#[test]
fn every_verb_says_whether_it_reads_or_writes() {
    for (path, command) in all_commands() {
        if command.has_subcommands() {
            continue;
        }
        let about = command
            .get_about()
            .map(ToString::to_string)
            .unwrap_or_default();
        let is_tagged = about.ends_with("[read]") || about.ends_with("[write]");
        assert!(is_tagged, "{path:?}: {about:?}");
    }
}

#[test]
fn nothing_of_later_features_is_in_the_help() {
    let later = ["whoami", "doctor", "--token", "replay FILE"];
    for (path, _) in all_commands() {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        let text = help(&names);
        for word in later {
            assert!(!text.contains(word), "{path:?} speaks of {word}");
        }
    }
}

/// What could lose or repeat messages.
const BULK: [&[&str]; 12] = [
    &["dlq", "requeue", "s", "--all"],
    &["dlq", "discard", "s", "--all"],
    &["dlq", "purge", "s", "--all"],
    &["topic", "rm", "t"],
    &["topic", "purge", "t", "--all"],
    &["topic", "edit", "t", "--retention", "0"],
    &["sub", "rm", "s"],
    &["sub", "purge", "s", "--all"],
    &["sub", "seek", "s", "--to", "latest"],
    &["sub", "edit", "s", "--max-backlog", "1"],
    &["op", "undo", "7"],
    &["op", "cancel", "7"],
];

#[test]
fn what_could_lose_or_repeat_messages_takes_yes_and_a_dry_run() {
    for words in BULK {
        for flag in ["--yes", "-y", "--dry-run"] {
            let line = ["weir"].iter().chain(words).chain([&flag]);
            let parsed = Cli::try_parse_from(line);
            assert!(parsed.is_ok(), "{words:?} {flag}: {:?}", parsed.err());
        }
    }
}

#[test]
fn no_bulk_verb_has_a_default_of_everything() {
    for words in BULK.iter().filter(|words| words.last() == Some(&"--all")) {
        let (_, bare) = words.split_last().expect("words");
        for flags in [&[][..], &["--yes"], &["--dry-run"]] {
            let line = ["weir"].iter().chain(bare).chain(flags);
            let error = Cli::try_parse_from(line).unwrap_err();
            let kind = clap::error::ErrorKind::MissingRequiredArgument;
            assert_eq!(error.kind(), kind, "{bare:?} {flags:?}");
        }
        // A plan is a selection, and the only one.
        let plan = ["--plan", "plan-00c0ffee00c0ffee-3-1"];
        let line = ["weir"].iter().chain(bare).chain(&plan);
        assert!(Cli::try_parse_from(line).is_ok(), "{bare:?}");
        let line = ["weir"].iter().chain(*words).chain(&plan);
        assert!(Cli::try_parse_from(line).is_err(), "{words:?}");
    }
}

#[test]
fn verbs_have_their_other_names() {
    for (given, same) in [
        (["topic", "list"], ["topic", "ls"]),
        (["topics", "ls"], ["topic", "ls"]),
        (["subs", "list"], ["sub", "ls"]),
        (["dlq", "list"], ["dlq", "ls"]),
    ] {
        let parse = |words: [&str; 2]| {
            let cli = Cli::try_parse_from(["weir", words[0], words[1]]).unwrap();
            format!("{:?}", cli.command)
        };
        assert_eq!(parse(given), parse(same));
    }
    for (noun, verb) in [
        ("topic", "show"),
        ("sub", "show"),
        ("topic", "delete"),
        ("sub", "delete"),
    ] {
        assert!(
            Cli::try_parse_from(["weir", noun, verb, "x"]).is_ok(),
            "{noun} {verb}"
        );
    }
}

#[test]
fn flags_of_every_command_may_stand_anywhere() {
    let before = Cli::try_parse_from(["weir", "-o", "json", "--server", "h:1", "sub", "ls"]);
    let after = Cli::try_parse_from(["weir", "sub", "ls", "--server", "h:1", "-q", "-o", "jsonl"]);
    let (before, after) = (before.unwrap().globals, after.unwrap().globals);
    assert_eq!(
        (before.output, before.server.as_deref()),
        (Format::Json, Some("h:1"))
    );
    assert_eq!(
        (after.output, after.quiet, after.color),
        (Format::Jsonl, true, Color::Auto)
    );
}

#[test]
fn a_pull_takes_any_number_and_does_one_thing_with_messages() {
    let pull = |flags: &[&str]| {
        let start = ["weir", "sub", "pull", "billing"];
        Cli::try_parse_from(start.iter().chain(flags)).map(|cli| match cli.command {
            Some(Command::Sub(SubCommand::Pull(args))) => args,
            other => panic!("parsed as {other:?}"),
        })
    };
    assert_eq!(
        pull(&["--max", "18446744073709551615"]).unwrap().max,
        Some(u64::MAX)
    );
    assert_eq!(pull(&[]).unwrap().wait, std::time::Duration::from_secs(1));
    assert!(pull(&["--follow", "--wait", "5s", "--ack"]).unwrap().follow);
    for wrong in [
        &["--ack", "--nack"][..],
        &["--max", "0"],
        &["--dead"],
        &["--reason", "x"],
        &["--nack", "--dead", "--delay", "1s"],
        &["--force"],
        &["--wait", "5"],
    ] {
        assert!(pull(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn a_payload_comes_from_one_place() {
    let publish = |flags: &[&str]| {
        let start = ["weir", "topic", "publish", "orders"];
        Cli::try_parse_from(start.iter().chain(flags)).map(|cli| match cli.command {
            Some(Command::Topic(TopicCommand::Publish(args))) => args,
            other => panic!("parsed as {other:?}"),
        })
    };
    assert_eq!(publish(&["--message", "-1"]).unwrap().message, ["-1"]);
    let args = publish(&["--attribute", "a=1", "--attribute", "b=2", "--key", "k"]).unwrap();
    assert_eq!(args.attributes.len(), 2);
    assert!(publish(&["--message", "x", "--file", "y"]).is_err());
    assert!(publish(&["--attribute", "novalue"]).is_err());
}
