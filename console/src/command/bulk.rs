//! `weir dlq requeue|discard|move`, `weir sub purge`, `weir topic purge`: which messages an act is for.
//!
//! What the broker can select by itself it selects, one group of dead messages too. With another `--where` the
//! messages are looked through here, and those that match are planned by their ids, so that exactly what was counted
//! is done, whatever dies or comes meanwhile.

use std::collections::HashSet;

use weir_proto::filter::Filter;
use weir_proto::v1::{self, MessageState, OperationAct};

use super::acting::{self, Asks, How, Wanted};
use super::arguments::{
    BacklogSelectionArgs, DiscardArgs, MoveArgs, PurgeArgs, PurgeHow, PurgeTopicArgs, RequeueArgs,
    SelectionArgs,
};
use super::failure::Failure;
use super::session::Session;
use super::{names, peek};
use crate::present::message_fields::FINGERPRINT;
use crate::present::operation::Counted;
use crate::present::units;

/// The most ids of one plan, which is the broker's limit.
const CALL_IDS: usize = 10_000;

/// The most messages that are selected here, since their ids are held until they are planned.
const MAX_SELECTED: usize = 2_000_000;

/// Where a backlog's messages are; leased ones are counted as those that stay.
const BACKLOG: [MessageState; 4] = [
    MessageState::Ready,
    MessageState::Waiting,
    MessageState::Scheduled,
    MessageState::Leased,
];

/// Puts dead messages back.
pub(crate) async fn requeue(session: &mut Session, args: RequeueArgs) -> Result<(), Failure> {
    let found = names::subscription(session, &args.subscription).await?;
    let choice = Choice::dead(args.selection, None);
    let mut requests = choice
        .requests(session, &found, OperationAct::Requeue)
        .await?;
    for request in &mut requests {
        request.skip_requeued_before = args.canary.skip_requeued;
    }
    let name = found.name;
    let wanted = Wanted {
        requests,
        command: ("dlq requeue", name.clone()),
        tried: format!("requeue dead messages of {name}"),
        done: ("requeued", Counted::Messages),
        asks: Asks::Counting("Requeue", DEAD),
        lead: String::new(),
        name,
    };
    let how = How {
        consent: args.consent,
        rate: args.rate.rate,
        canary: args.canary,
    };
    acting::run(session, wanted, how).await
}

/// Drops dead messages.
pub(crate) async fn discard(session: &mut Session, args: DiscardArgs) -> Result<(), Failure> {
    let found = names::subscription(session, &args.subscription).await?;
    let choice = Choice {
        is_final: args.is_final.is_final,
        ..Choice::dead(args.selection, args.keep)
    };
    let requests = choice
        .requests(session, &found, OperationAct::Discard)
        .await?;
    let name = found.name;
    let wanted = Wanted {
        requests,
        command: ("dlq discard", name.clone()),
        tried: format!("discard dead messages of {name}"),
        done: ("discarded", Counted::Messages),
        asks: Asks::Counting("Discard", DEAD),
        lead: String::new(),
        name,
    };
    let how = How {
        consent: args.consent,
        rate: args.rate.rate,
        ..How::default()
    };
    acting::run(session, wanted, how).await
}

/// Publishes dead messages to another topic.
pub(crate) async fn move_to(session: &mut Session, args: MoveArgs) -> Result<(), Failure> {
    let found = names::subscription(session, &args.subscription).await?;
    let choice = Choice::dead(args.selection, args.keep);
    let mut requests = choice.requests(session, &found, OperationAct::Move).await?;
    for request in &mut requests {
        request.target_topic = args.to.clone().unwrap_or_default();
    }
    let name = found.name;
    let wanted = Wanted {
        requests,
        command: ("dlq move", name.clone()),
        tried: format!("move dead messages of {name}"),
        done: ("moved", Counted::Messages),
        asks: Asks::Counting("Move", DEAD),
        lead: String::new(),
        name,
    };
    let how = How {
        consent: args.consent,
        rate: args.rate.rate,
        ..How::default()
    };
    acting::run(session, wanted, how).await
}

/// Drops messages of a backlog.
pub(crate) async fn purge(session: &mut Session, args: PurgeArgs) -> Result<(), Failure> {
    let found = names::subscription(session, &args.subscription).await?;
    let PurgeHow {
        selection,
        consent,
        is_final,
        rate,
    } = args.purge;
    let choice = Choice::backlog(selection, is_final.is_final);
    let requests = choice
        .requests(session, &found, OperationAct::Purge)
        .await?;
    let name = found.name;
    let wanted = purge_of("sub purge", "the backlog of", name, requests);
    let how = How {
        consent,
        rate: rate.rate,
        ..How::default()
    };
    acting::run(session, wanted, how).await
}

/// Drops messages of the backlogs of all subscriptions of a topic.
pub(crate) async fn purge_topic(
    session: &mut Session,
    args: PurgeTopicArgs,
) -> Result<(), Failure> {
    let failed = |error| session.failure(format!("purge the topic {}", args.topic), error);
    let topic = session.client.admin().get_topic(&args.topic).await;
    let name = topic.map_err(failed)?.name;
    let request = v1::GetStatsRequest {
        topic: name.clone(),
        ..v1::GetStatsRequest::default()
    };
    let sample = session.client.stats().get(request).await.map_err(failed)?;
    let PurgeHow {
        selection,
        consent,
        is_final,
        rate,
    } = args.purge;
    let choice = Choice::backlog(selection, is_final.is_final);
    let mut requests = Vec::new();
    for stats in sample.subscriptions.iter().filter(|one| one.topic == name) {
        let found = v1::Subscription {
            name: stats.name.clone(),
            topic: name.clone(),
            ..v1::Subscription::default()
        };
        let more = choice
            .requests(session, &found, OperationAct::Purge)
            .await?;
        requests.extend(more);
    }
    let wanted = purge_of(
        "topic purge",
        "the backlogs of all subscriptions of",
        name,
        requests,
    );
    let how = How {
        consent,
        rate: rate.rate,
        ..How::default()
    };
    acting::run(session, wanted, how).await
}

/// How dead messages are counted.
const DEAD: [&str; 2] = ["dead message", "dead messages"];

fn purge_of(
    command: &'static str,
    of: &'static str,
    name: String,
    requests: Vec<v1::PlanRequest>,
) -> Wanted {
    Wanted {
        requests,
        command: (command, name.clone()),
        tried: format!("purge {of} {name}"),
        done: ("purged", Counted::Messages),
        asks: Asks::Counting("Purge", ["message", "messages"]),
        lead: String::new(),
        name,
    }
}

/// Which messages.
#[derive(Clone, Debug)]
struct Choice {
    /// What the broker selects by.
    selection: v1::Selection,
    /// What is selected by here, besides.
    filter: Option<Filter>,
    /// Among those in one of these states.
    states: Vec<MessageState>,
    is_final: bool,
}

impl Choice {
    fn dead(args: SelectionArgs, keep: Option<u64>) -> Self {
        let selection = v1::Selection {
            all: args.all,
            message_ids: args.ids,
            older_than: args.older_than.map(units::proto_span),
            keep_newest: keep,
            error_class: args.error_class.unwrap_or_default(),
            ordering_key: args.key.unwrap_or_default(),
            filter: args.attributes.unwrap_or_default(),
            ..v1::Selection::default()
        };
        Self::of_group(selection, args.filter)
    }

    /// What of a filter the broker can select by, it does: one group of dead messages.
    fn of_group(mut selection: v1::Selection, filter: Option<Filter>) -> Self {
        let required = filter
            .as_ref()
            .and_then(|filter| filter.requires(FINGERPRINT));
        let is_all = required.is_some_and(|(_, is_all)| is_all);
        if let Some((fingerprint, _)) = required {
            fingerprint.clone_into(&mut selection.fingerprint);
        }
        Self {
            selection,
            filter: filter.filter(|_| !is_all),
            states: vec![MessageState::Dead],
            is_final: false,
        }
    }

    fn backlog(args: BacklogSelectionArgs, is_final: bool) -> Self {
        let selection = v1::Selection {
            all: args.all,
            message_ids: args.ids,
            older_than: args.older_than.map(units::proto_span),
            keep_newest: args.keep,
            ordering_key: args.key.unwrap_or_default(),
            filter: args.attributes.unwrap_or_default(),
            ..v1::Selection::default()
        };
        Self {
            selection,
            filter: args.filter,
            states: BACKLOG.to_vec(),
            is_final,
        }
    }

    /// What is to be planned on one subscription: a plan, or as many as there are ids for.
    async fn requests(
        &self,
        session: &Session,
        found: &v1::Subscription,
        act: OperationAct,
    ) -> Result<Vec<v1::PlanRequest>, Failure> {
        let selections = match &self.filter {
            Some(filter) => self.selected(session, found, filter).await?,
            None => vec![self.selection.clone()],
        };
        let request = |selection| v1::PlanRequest {
            act: act.into(),
            subscription: found.name.clone(),
            selection: Some(selection),
            is_final: self.is_final,
            ..v1::PlanRequest::default()
        };
        Ok(selections.into_iter().map(request).collect())
    }

    /// The messages that a filter selects, as selections of as many ids as one plan takes.
    async fn selected(
        &self,
        session: &Session,
        subscription: &v1::Subscription,
        filter: &Filter,
    ) -> Result<Vec<v1::Selection>, Failure> {
        let states = &self.states;
        let mut ids = peek::ids(session, subscription, (states, filter), MAX_SELECTED).await?;
        let only: HashSet<&String> = self.selection.message_ids.iter().collect();
        if !only.is_empty() {
            ids.retain(|id| only.contains(id));
        }
        let parts = ids.chunks(CALL_IDS).map(|part| v1::Selection {
            message_ids: part.to_vec(),
            ..self.selection.clone()
        });
        Ok(parts.collect())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::command::arguments::{Cli, Command, DlqCommand};

    fn discard_of(flags: &[&str]) -> Result<v1::Selection, clap::Error> {
        let start = ["weir", "dlq", "purge", "billing"];
        let cli = Cli::try_parse_from(start.iter().chain(flags))?;
        match cli.command {
            Some(Command::Dlq(DlqCommand::Discard(args))) => {
                Ok(Choice::dead(args.selection, args.keep).selection)
            }
            other => panic!("parsed as {other:?}"),
        }
    }

    #[test]
    fn conditions_add_up_and_all_stands_alone() {
        let all = discard_of(&["--all"]).unwrap();
        assert_eq!(
            all,
            v1::Selection {
                all: true,
                ..v1::Selection::default()
            }
        );
        let words = "--older-than 2d --error-class Timeout --keep 10";
        let some = discard_of(&words.split(' ').collect::<Vec<_>>()).unwrap();
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
                discard_of(&["--all", other[0], other[1]]).is_err(),
                "{other:?}"
            );
        }
    }

    #[test]
    fn keeping_alone_is_a_selection_of_a_discard_and_not_of_a_requeue() {
        assert_eq!(
            discard_of(&["--keep", "1000"]).unwrap().keep_newest,
            Some(1_000)
        );
        let requeue = ["weir", "dlq", "requeue", "billing", "--keep", "1"];
        assert!(Cli::try_parse_from(requeue).is_err());
    }

    #[test]
    fn several_ids_may_be_given_in_either_way() {
        let ids = discard_of(&["--id", "1.0.1", "1.0.2", "--id", "1.0.3"])
            .unwrap()
            .message_ids;
        assert_eq!(ids, ["1.0.1", "1.0.2", "1.0.3"]);
    }

    #[test]
    fn a_group_is_selected_by_the_broker_and_what_else_is_asked_of_it_here() {
        let filter = |text| crate::command::arguments::message_filter(text).unwrap();
        let one = "fingerprint = \"00c0ffee00c0ffee\"";
        let choice = Choice::of_group(v1::Selection::default(), Some(filter(one)));
        assert_eq!(choice.selection.fingerprint, "00c0ffee00c0ffee");
        assert!(choice.filter.is_none());
        let more = format!("{one} and offset > 5");
        let choice = Choice::of_group(v1::Selection::default(), Some(filter(&more)));
        assert_eq!(choice.selection.fingerprint, "00c0ffee00c0ffee");
        assert!(choice.filter.is_some());
    }
}
