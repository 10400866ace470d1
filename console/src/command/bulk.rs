//! `weir dlq requeue|discard|move`, `weir sub purge`, `weir topic purge`: which messages an act is for.
//!
//! What the broker can select by itself it selects, groups of dead messages too. With another `--where` the
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

/// Puts dead messages back, or publishes them anew for all subscriptions of their topic.
pub(crate) async fn requeue(session: &mut Session, args: RequeueArgs) -> Result<(), Failure> {
    let found = names::subscription(session, &args.subscription).await?;
    let choice = Choice::dead(args.selection, None);
    let act = if args.all_subscriptions {
        OperationAct::Move
    } else {
        OperationAct::Requeue
    };
    let mut requests = choice.requests(session, &found, act).await?;
    for request in &mut requests {
        request.skip_requeued_before = args.canary.skip_requeued;
        if args.all_subscriptions {
            request.target_topic.clone_from(&found.topic);
        }
    }
    let said = if args.all_subscriptions {
        ANEW
    } else {
        REQUEUE
    };
    let wanted = said.of(found.name, requests);
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
    let wanted = DISCARD.of(found.name, requests);
    let how = How {
        consent: args.consent,
        rate: args.rate.rate,
        ..How::default()
    };
    acting::run(session, wanted, how).await
}

/// Publishes dead messages to a topic.
pub(crate) async fn move_to(session: &mut Session, args: MoveArgs) -> Result<(), Failure> {
    let found = names::subscription(session, &args.subscription).await?;
    let choice = Choice::dead(args.selection, args.keep);
    let mut requests = choice.requests(session, &found, OperationAct::Move).await?;
    for request in &mut requests {
        request.target_topic = args.to.clone().unwrap_or_default();
        request.skip_requeued_before = args.skip_requeued;
    }
    let wanted = MOVE.of(found.name, requests);
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

/// An act on dead messages, as it is said.
struct Said {
    command: &'static str,
    /// What is tried, and what is done then.
    verb: &'static str,
    done: &'static str,
    /// How a question begins.
    asks: &'static str,
}

const REQUEUE: Said = Said {
    command: "dlq requeue",
    verb: "requeue",
    done: "requeued",
    asks: "Requeue",
};
/// Into the topic from which they come: a move, and its plan is one.
const ANEW: Said = Said {
    command: "dlq move",
    verb: "publish anew",
    done: "published anew",
    asks: "Publish anew",
};
const DISCARD: Said = Said {
    command: "dlq discard",
    verb: "discard",
    done: "discarded",
    asks: "Discard",
};
const MOVE: Said = Said {
    command: "dlq move",
    verb: "move",
    done: "moved",
    asks: "Move",
};

impl Said {
    /// The act on dead messages of a subscription.
    fn of(self, name: String, requests: Vec<v1::PlanRequest>) -> Wanted {
        Wanted {
            requests,
            command: (self.command, name.clone()),
            tried: format!("{} dead messages of {name}", self.verb),
            done: (self.done, Counted::Messages),
            asks: Asks::Counting(self.asks, ["dead message", "dead messages"]),
            lead: String::new(),
            name,
        }
    }
}

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
        Self::of_groups(selection, args.filter)
    }

    /// What of a filter the broker can select by, it does: groups of dead messages.
    fn of_groups(mut selection: v1::Selection, filter: Option<Filter>) -> Self {
        let required = filter
            .as_ref()
            .and_then(|filter| filter.requires(FINGERPRINT));
        let is_all = required.as_ref().is_some_and(|(_, is_all)| *is_all);
        match required.map(|(groups, _)| groups).as_deref() {
            Some([one]) => (*one).clone_into(&mut selection.fingerprint),
            groups => {
                let groups = groups.into_iter().flatten();
                selection.fingerprints = groups.map(|one| (*one).to_owned()).collect();
            }
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
#[path = "bulk_tests.rs"]
mod tests;
