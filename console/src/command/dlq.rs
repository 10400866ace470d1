//! `weir dlq ls|groups|requeue|release|purge`.

use weir_proto::v1;

use super::arguments::{DlqCommand, ListArgs, ReleaseArgs, SelectionArgs};
use super::bulk::{Act, Wanted};
use super::failure::Failure;
use super::session::Session;
use super::{bulk, export, names, peek};
use crate::present::dead_groups::{DeadGroupDocument, dead_group_table};
use crate::present::dead_set::{DeadSetDocument, dead_set_table};
use crate::present::format::Format;
use crate::present::operation::ReleasedKeyDocument;
use crate::present::units;

/// Runs a verb of dead messages.
pub(crate) async fn run(session: &mut Session, command: DlqCommand) -> Result<(), Failure> {
    match command {
        DlqCommand::Ls {
            subscription,
            all,
            list,
        } => self::list(session, subscription, all, &list).await,
        DlqCommand::Groups { subscription, list } => groups(session, &subscription, &list).await,
        DlqCommand::Export(args) => export::run(session, args).await,
        DlqCommand::Peek(args) => peek::dead(session, &args).await,
        DlqCommand::Requeue(args) => {
            let wanted = wanted(args.selection, None);
            bulk::run(
                session,
                &args.subscription,
                Act::Requeue,
                wanted,
                args.consent,
            )
            .await
        }
        DlqCommand::Release(args) => release(session, args).await,
        DlqCommand::Purge(args) => {
            let wanted = wanted(args.selection, args.keep);
            bulk::run(
                session,
                &args.subscription,
                Act::Purge,
                wanted,
                args.consent,
            )
            .await
        }
    }
}

async fn list(
    session: &mut Session,
    given: Option<String>,
    all: bool,
    args: &ListArgs<DeadSetDocument>,
) -> Result<(), Failure> {
    let mut request = v1::GetStatsRequest::default();
    if let Some(given) = &given {
        request.subscription = names::subscription(session, given).await?.name;
    }
    let sample = session.client.stats().get(request).await;
    let sample = sample.map_err(|error| session.failure("list the dead messages", error))?;
    let sets: Vec<DeadSetDocument> = sample
        .subscriptions
        .iter()
        .filter(|stats| all || given.is_some() || stats.dead > 0)
        .map(DeadSetDocument::new)
        .collect();
    session
        .chosen(
            sets,
            args,
            |set| &set.name,
            |sets, _is_wide| dead_set_table(sets),
        )
        .await
}

/// The most groups that one call tells.
const MAX_GROUPS: u32 = 1_000;

async fn groups(
    session: &mut Session,
    given: &str,
    args: &ListArgs<DeadGroupDocument>,
) -> Result<(), Failure> {
    let name = names::subscription(session, given).await?.name;
    let request = v1::GroupDeadLettersRequest {
        subscription: name.clone(),
        limit: MAX_GROUPS,
        ..v1::GroupDeadLettersRequest::default()
    };
    let found = session.client.operator().group_dead_letters(request).await;
    let tried = || format!("group the dead messages of {name}");
    let found = found.map_err(|error| session.failure(tried(), error))?;
    let (told, all) = (found.groups.len() as u64, u64::from(found.group_count));
    if told < all {
        let (told, all) = (units::count(told), units::count(all));
        session
            .output
            .note(&format!("the largest {told} of {all} groups"));
    }
    let groups = DeadGroupDocument::all(&name, found);
    let first = groups.first().map(|group| group.commands.clone());
    session
        .chosen(groups, args, |group| &group.fingerprint, dead_group_table)
        .await?;
    if let (Format::Table | Format::Wide, Some(first)) = (session.format, first) {
        let lines = [first.peek, first.requeue];
        session
            .output
            .note(&format!("the first one alone:\n  {}", lines.join("\n  ")));
    }
    Ok(())
}

async fn release(session: &mut Session, args: ReleaseArgs) -> Result<(), Failure> {
    let name = names::subscription(session, &args.subscription).await?.name;
    let request = v1::ReleaseKeyRequest {
        subscription: name.clone(),
        ordering_key: args.key.clone(),
        dry_run: args.dry_run,
    };
    let released = session.client.operator().release_key(request).await;
    let passed =
        released.map_err(|error| session.failure(format!("release a key of {name}"), error))?;
    let (state, did) = if args.dry_run {
        ("planned", "would pass")
    } else {
        ("finished", "passed")
    };
    let sentence = format!(
        "{did} {} of the key in {name}",
        units::counted(passed, "dead message", "dead messages")
    );
    let document = ReleasedKeyDocument {
        subscription: name,
        ordering_key: args.key,
        state,
        passed,
    };
    session
        .outcome(&document, &document.subscription, &sentence)
        .await
}

fn wanted(args: SelectionArgs, keep: Option<u64>) -> Wanted {
    let selection = v1::Selection {
        all: args.all,
        message_ids: args.ids,
        older_than: args.older_than.map(units::proto_span),
        keep_newest: keep,
        error_class: args.error_class.unwrap_or_default(),
        fingerprint: String::new(),
        ..v1::Selection::default()
    };
    Wanted::new(selection, args.filter)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::command::arguments::{Cli, Command};

    fn purge_of(flags: &[&str]) -> Result<v1::Selection, clap::Error> {
        let start = ["weir", "dlq", "purge", "billing"];
        let cli = Cli::try_parse_from(start.iter().chain(flags))?;
        match cli.command {
            Some(Command::Dlq(DlqCommand::Purge(args))) => {
                Ok(wanted(args.selection, args.keep).selection)
            }
            other => panic!("parsed as {other:?}"),
        }
    }

    #[test]
    fn a_selection_must_be_written() {
        for verb in ["purge", "requeue"] {
            let error = Cli::try_parse_from(["weir", "dlq", verb, "billing", "--yes"]).unwrap_err();
            assert_eq!(
                error.kind(),
                clap::error::ErrorKind::MissingRequiredArgument
            );
        }
    }

    #[test]
    fn conditions_add_up_and_all_stands_alone() {
        let all = purge_of(&["--all"]).unwrap();
        assert_eq!(
            all,
            v1::Selection {
                all: true,
                ..v1::Selection::default()
            }
        );
        let some = purge_of(&[
            "--older-than",
            "2d",
            "--error-class",
            "Timeout",
            "--keep",
            "10",
        ]);
        let some = some.unwrap();
        assert!(!some.all);
        assert_eq!(
            units::span_seconds(some.older_than.as_ref()),
            Some(172_800.0)
        );
        assert_eq!(some.error_class, "Timeout");
        assert_eq!(some.keep_newest, Some(10));
        for other in [
            ["--keep", "1"],
            ["--id", "1.0.1"],
            ["--older-than", "1s"],
            ["--where", "offset=1"],
        ] {
            assert!(
                purge_of(&["--all", other[0], other[1]]).is_err(),
                "{other:?}"
            );
        }
    }

    #[test]
    fn keeping_alone_is_a_selection_of_a_purge_and_not_of_a_requeue() {
        assert_eq!(
            purge_of(&["--keep", "1000"]).unwrap().keep_newest,
            Some(1_000)
        );
        let requeue = ["weir", "dlq", "requeue", "billing", "--keep", "1"];
        assert!(Cli::try_parse_from(requeue).is_err());
    }

    #[test]
    fn several_ids_may_be_given_in_either_way() {
        let ids = purge_of(&["--id", "1.0.1", "1.0.2", "--id", "1.0.3"])
            .unwrap()
            .message_ids;
        assert_eq!(ids, ["1.0.1", "1.0.2", "1.0.3"]);
    }
}
