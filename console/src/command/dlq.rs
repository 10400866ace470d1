//! `weir dlq ls|requeue|purge`.

use weir_proto::v1;

use super::arguments::{ConsentArgs, DlqCommand, SelectionArgs};
use super::failure::Failure;
use super::session::Session;
use super::{consent, names, peek};
use crate::present::dead_set::{DeadSetDocument, dead_set_table};
use crate::present::operation::OperationDocument;
use crate::present::units;

/// Runs a verb of dead messages.
pub(crate) async fn run(session: &mut Session, command: DlqCommand) -> Result<(), Failure> {
    match command {
        DlqCommand::Ls { subscription, all } => list(session, subscription, all).await,
        DlqCommand::Peek(args) => peek::dead(session, &args).await,
        DlqCommand::Requeue(args) => {
            let selection = selection(args.selection, None);
            act(
                session,
                &args.subscription,
                Act::Requeue,
                selection,
                args.consent,
            )
            .await
        }
        DlqCommand::Purge(args) => {
            let selection = selection(args.selection, args.keep);
            act(
                session,
                &args.subscription,
                Act::Purge,
                selection,
                args.consent,
            )
            .await
        }
    }
}

async fn list(session: &mut Session, given: Option<String>, all: bool) -> Result<(), Failure> {
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
        .list(&sets, |set| &set.name, |_is_wide| dead_set_table(&sets))
        .await
}

/// What is done to dead messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Requeue,
    Purge,
}

impl Act {
    /// `requeue`, `purge`.
    fn verb(self) -> &'static str {
        match self {
            Self::Requeue => "requeue",
            Self::Purge => "purge",
        }
    }

    /// What happened, for a sentence.
    fn done(self) -> &'static str {
        match self {
            Self::Requeue => "requeued",
            Self::Purge => "purged",
        }
    }

    fn plan(self, document: &OperationDocument, name: &str) -> String {
        let what = dead_messages(document);
        match self {
            Self::Requeue => {
                format!("puts {what} of {name} back to ready; consumers will get them again")
            }
            Self::Purge => format!("drops {what} of {name}\nthis cannot be taken back"),
        }
    }

    fn question(self, document: &OperationDocument, name: &str) -> String {
        let what = dead_messages(document);
        match self {
            Self::Requeue => format!("Requeue {what} of {name}?"),
            Self::Purge => format!("Purge {what} of {name}?"),
        }
    }
}

/// How many messages a plan is about: whether it counts them as affected is left to the broker.
fn dead_messages(plan: &OperationDocument) -> String {
    let count = plan.selected.saturating_sub(plan.skipped);
    units::counted(count, "dead message", "dead messages")
}

async fn act(
    session: &mut Session,
    given: &str,
    act: Act,
    selection: v1::Selection,
    consent: ConsentArgs,
) -> Result<(), Failure> {
    let name = names::subscription(session, given).await?.name;
    let call = Call {
        act,
        name,
        selection,
    };
    if consent.dry_run {
        let plan = call.make(session, true).await?;
        let (verb, name) = (act.verb(), &call.name);
        return session
            .thing(&plan, name, |_| {
                format!("{verb} {}\n", act.plan(&plan, name))
            })
            .await;
    }
    if !consent.yes {
        let plan = call.make(session, true).await?;
        let question = act.question(&plan, &call.name);
        consent::require(
            &session.output,
            consent.yes,
            &act.plan(&plan, &call.name),
            &question,
        )?;
    }
    let done = call.make(session, false).await?;
    let sentence = done.sentence(act.done(), &call.name);
    let id = done.operation.clone().unwrap_or_default();
    session.outcome(&done, &id, &sentence).await
}

/// One act on one subscription.
struct Call {
    act: Act,
    name: String,
    selection: v1::Selection,
}

impl Call {
    async fn make(&self, session: &Session, dry_run: bool) -> Result<OperationDocument, Failure> {
        let operator = session.client.operator();
        let (subscription, selection) = (self.name.clone(), Some(self.selection.clone()));
        let answer = match self.act {
            Act::Requeue => {
                let request = v1::RequeueDeadLettersRequest {
                    subscription,
                    selection,
                    dry_run,
                };
                operator.requeue(request).await
            }
            Act::Purge => {
                let scope = v1::PurgeScope::Dead.into();
                let request = v1::PurgeBacklogRequest {
                    subscription,
                    selection,
                    scope,
                    dry_run,
                };
                operator.purge(request).await
            }
        };
        match answer {
            Ok(summary) => Ok(OperationDocument::from(&summary)),
            Err(error) => {
                let tried = format!("{} dead messages of {}", self.act.verb(), self.name);
                Err(session.failure(tried, error))
            }
        }
    }
}

fn selection(args: SelectionArgs, keep: Option<u64>) -> v1::Selection {
    v1::Selection {
        all: args.all,
        message_ids: args.ids,
        older_than: args.older_than.map(units::proto_span),
        keep_newest: keep,
        error_class: args.error_class.unwrap_or_default(),
    }
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
            Some(Command::Dlq(DlqCommand::Purge(args))) => Ok(selection(args.selection, args.keep)),
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
        for other in [["--keep", "1"], ["--id", "1.0.1"], ["--older-than", "1s"]] {
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
