//! The calls that pages make: from what is asked to a request, from the response to what is shown.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use weir_proto::client::{Client, Code, ConnectionState, Error, Numbers, Watcher};
use weir_proto::safe_text::SafeText;
use weir_proto::v1::{
    AdviseRequest, GetStatsRequest, GroupDeadLettersRequest, HistoryRequest, HistoryStep,
    ListAuditRequest, ListClientsRequest, ListOperationsRequest, ListTopicsRequest, MessageState,
    PeekRequest, WatchAuditRequest, WatchEventsRequest, WatchRequest,
};

use super::state::advice::Advice;
use super::state::ask::{Ask, Reply, Subject};
use super::state::audit::Record;
use super::state::beyond::{self, Found, Noun, Worst};
use super::state::client::Clients;
use super::state::dead_groups::DeadGroups;
use super::state::fetch::{Cause, Failure};
use super::state::letter::{Biography, Letters};
use super::state::operation::Operations;
use super::state::past::Past;
use super::state::reading::{broker_seconds, epoch_seconds};
use super::state::subscription::Subscription;
use super::state::timeline::Timeline;
use super::state::topic::Topic;

/// How long a call may take.
const LIMIT: Duration = Duration::from_secs(5);
/// How many dead messages a page shows.
const LETTERS: i32 = 200;
/// How many clients a page shows.
const CLIENTS: i32 = 1_000;
/// How many operations are asked for at once.
const OPERATIONS: i32 = 200;
/// How many events are asked for at once.
const EVENTS: u32 = 2_000;

/// Makes a call; it ends within the limit.
pub(crate) async fn within_limit(client: &Client, ask: Ask) -> Result<Reply, Failure> {
    match tokio::time::timeout(LIMIT, call(client, ask)).await {
        Ok(result) => result,
        Err(_elapsed) => Err(Failure {
            cause: Cause::Unreachable,
            text: SafeText::literal("the broker did not answer in time"),
        }),
    }
}

/// Whether the broker answers the smallest call in time: one topic of its list.
pub(crate) async fn is_answered(client: &Client) -> bool {
    let request = ListTopicsRequest {
        page_size: 1,
        ..ListTopicsRequest::default()
    };
    let answer = tokio::time::timeout(LIMIT, client.admin().list_topics(request)).await;
    answer.is_ok_and(|answer| answer.is_ok())
}

async fn call(client: &Client, ask: Ask) -> Result<Reply, Failure> {
    Ok(match ask {
        Ask::Past {
            of,
            after,
            is_by_minute,
        } => Reply::Past(past_of(client, of, after, is_by_minute).await?),
        Ask::Subscription { name } => {
            Reply::Subscription(Box::new(subscription(client, &name).await?))
        }
        Ask::Topic { name } => Reply::Topic(Box::new(topic(client, &name).await?)),
        Ask::Letters {
            subscription,
            fingerprint,
        } => {
            let request = PeekRequest {
                subscription: subscription.as_str().to_owned(),
                states: vec![MessageState::Dead.into()],
                page_size: LETTERS,
                fingerprint: fingerprint.map_or_else(String::new, |one| one.as_str().to_owned()),
                ..PeekRequest::default()
            };
            Reply::Letters(Letters::new(&client.operator().peek(request).await?))
        }
        Ask::Message { id } => {
            let id = id.as_str().parse()?;
            let response = client.operator().get_message(id).await?;
            Reply::Message(Box::new(Biography::new(&response)))
        }
        Ask::Advice { subscription } => {
            Reply::Advice(Box::new(advice(client, subscription).await?))
        }
        Ask::Events { of, after } => Reply::Events(events(client, of, after).await?),
        Ask::Reader {
            name,
            after,
            is_by_minute,
        } => {
            let of = Subject::Subscription(name.clone());
            Reply::Reader(name, past_of(client, of, after, is_by_minute).await?)
        }
        Ask::Worst => Reply::Worst(worst(client).await?),
        Ask::Names { noun, part } => Reply::Names(found(client, noun, &part).await?),
        Ask::Trends { of, after } => Reply::Trends(pasts(client, of, after).await),
        Ask::Clients => {
            let request = ListClientsRequest {
                page_size: CLIENTS,
                ..ListClientsRequest::default()
            };
            Reply::Clients(Clients::new(&client.admin().list_clients(request).await?))
        }
        Ask::Operations { on } => Reply::Operations(operations(client, on).await?),
        Ask::Audit { after } => Reply::Audit(audit(client, after).await?),
        Ask::Groups { subscription } => {
            let request = GroupDeadLettersRequest {
                subscription: subscription.as_str().to_owned(),
                ..GroupDeadLettersRequest::default()
            };
            let response = client.operator().group_dead_letters(request).await?;
            Reply::Groups(DeadGroups::new(&response))
        }
    })
}

async fn advice(client: &Client, subscription: SafeText) -> Result<Advice, Failure> {
    let request = AdviseRequest {
        subscription: subscription.as_str().to_owned(),
        ..AdviseRequest::default()
    };
    Ok(Advice::new(&client.stats().advise(request).await?))
}

async fn past_of(
    client: &Client,
    of: Subject,
    after: Option<f64>,
    is_by_minute: bool,
) -> Result<Past, Failure> {
    let request = past(of, after, is_by_minute);
    Ok(Past::new(&client.stats().history(request).await?))
}

/// What subscriptions did from a time on. One that is gone by now, or whose past is not told, has none.
async fn pasts(client: &Client, of: Vec<(u64, SafeText)>, after: Option<f64>) -> Vec<(u64, Past)> {
    let mut pasts = Vec::new();
    for (id, name) in of {
        let request = past(Subject::Subscription(name), after, false);
        if let Ok(response) = client.stats().history(request).await {
            pasts.push((id, Past::new(&response)));
        }
    }
    pasts
}

/// The rows of some windows as they are now.
async fn rows(client: &Client, windows: WatchRequest) -> Result<Arc<Numbers>, Failure> {
    let mut watcher = Watcher::start(client, windows);
    while let Some(observed) = watcher.changed().await {
        match observed.connection {
            ConnectionState::Live if observed.numbers.sample_time.is_some() => {
                return Ok(observed.numbers);
            }
            ConnectionState::Stale { error, .. } | ConnectionState::Ended { error } => {
                return Err(error.into());
            }
            ConnectionState::Live | ConnectionState::Connecting => {}
        }
    }
    Err(missing("the broker's numbers have ended"))
}

/// Rows that want attention, in the broker's order.
async fn worst(client: &Client) -> Result<Worst, Failure> {
    let numbers = rows(client, beyond::worst()).await?;
    let sampled = numbers.sample_time.and_then(epoch_seconds);
    let Some(told) = &numbers.subscription_rows else {
        return Ok(Worst::default());
    };
    let rows = told
        .ids
        .iter()
        .filter_map(|id| numbers.subscriptions.get(id));
    Ok(Worst {
        rows: rows
            .map(|stats| Subscription::new(stats, sampled))
            .collect(),
        count: usize::try_from(told.matched_count).unwrap_or(usize::MAX),
    })
}

/// Names that can be typed: those that a terminal shows as they are.
async fn found(client: &Client, noun: Noun, part: &str) -> Result<Found, Failure> {
    let numbers = rows(client, beyond::named(noun, part)).await?;
    let names: Vec<&String> = match noun {
        Noun::Topic => numbers.topics.values().map(|one| &one.name).collect(),
        Noun::Subscription => numbers
            .subscriptions
            .values()
            .map(|one| &one.name)
            .collect(),
    };
    let names = names.into_iter();
    let names = names.filter(|name| SafeText::new(name).as_str() == name.as_str());
    Ok(Found {
        noun,
        names: names.cloned().collect(),
    })
}

/// What is kept and what has happened since; the stream ends with the last of it.
async fn events(client: &Client, of: Subject, after: Option<u64>) -> Result<Timeline, Failure> {
    let (subscription, topic) = names(of);
    let request = WatchEventsRequest {
        after_sequence: after.unwrap_or(0),
        topic,
        subscription,
        follow: false,
        limit: EVENTS,
    };
    let mut stream = client.stats().events(request).await?;
    let mut timeline = Timeline::default();
    while let Some(response) = stream.next().await? {
        timeline = timeline.followed_by(Timeline::new(&response.events, response.truncated));
    }
    Ok(timeline)
}

/// The newest operations, all or those on a subscription.
async fn operations(client: &Client, on: Option<SafeText>) -> Result<Operations, Failure> {
    let request = ListOperationsRequest {
        page_size: OPERATIONS,
        subscription: on.map_or_else(String::new, |name| name.as_str().to_owned()),
        ..ListOperationsRequest::default()
    };
    let response = client.operator().list_operations(request).await?;
    Ok(Operations::new(&response))
}

/// The acts that are remembered, or those since; and whether the broker finds them as they were written.
async fn audit(client: &Client, after: Option<u64>) -> Result<Record, Failure> {
    let operator = client.operator();
    let request = WatchAuditRequest {
        after_sequence: after.unwrap_or(0),
        follow: false,
    };
    let mut stream = operator.watch_audit(request).await?;
    let mut record = Record::default();
    while let Some(response) = stream.message().await.map_err(Error::from)? {
        record = record.followed_by(Record::new(&response.records, None));
    }
    let newest = ListAuditRequest {
        page_size: 1,
        ..ListAuditRequest::default()
    };
    record.is_intact = Some(operator.list_audit(newest).await?.is_intact);
    Ok(record)
}

fn past(of: Subject, after: Option<f64>, is_by_minute: bool) -> HistoryRequest {
    let (subscription, topic) = names(of);
    let step = if is_by_minute {
        HistoryStep::Minute
    } else {
        HistoryStep::Second
    };
    let since = after.and_then(|after| Duration::try_from_secs_f64(after).ok());
    HistoryRequest {
        subscription,
        topic,
        step: step.into(),
        start_time: since
            .and_then(|since| UNIX_EPOCH.checked_add(since))
            .map(Into::into),
        end_time: None,
    }
}

/// The subscription and the topic that a subject names; at most one of them is not empty.
fn names(of: Subject) -> (String, String) {
    match of {
        Subject::Broker => (String::new(), String::new()),
        Subject::Topic(name) => (String::new(), name.as_str().to_owned()),
        Subject::Subscription(name) => (name.as_str().to_owned(), String::new()),
    }
}

async fn subscription(client: &Client, name: &SafeText) -> Result<Subscription, Failure> {
    let request = GetStatsRequest {
        subscription: name.as_str().to_owned(),
        ..GetStatsRequest::default()
    };
    let response = client.stats().get(request).await?;
    let sampled = response.sample_time.map(broker_seconds);
    let found = response.subscriptions.first();
    found
        .map(|stats| Subscription::new(stats, sampled))
        .ok_or_else(|| missing("the broker's answer has no subscription"))
}

async fn topic(client: &Client, name: &SafeText) -> Result<Topic, Failure> {
    let request = GetStatsRequest {
        topic: name.as_str().to_owned(),
        ..GetStatsRequest::default()
    };
    let response = client.stats().get(request).await?;
    let found = response.topics.first();
    found
        .map(Topic::new)
        .ok_or_else(|| missing("the broker's answer has no topic"))
}

fn missing(what: &'static str) -> Failure {
    Failure {
        cause: Cause::Other,
        text: SafeText::literal(what),
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let cause = match error.code() {
            Code::PermissionDenied | Code::Unauthenticated => Cause::NotAllowed,
            Code::NotFound => Cause::NotFound,
            Code::Unimplemented => Cause::NotSupported,
            _ if error.is_unreachable() => Cause::Unreachable,
            _ => Cause::Other,
        };
        Self {
            cause,
            text: SafeText::of(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_past_after_a_time_that_no_calendar_has_is_all_of_it() {
        let asked = past(Subject::Broker, Some(1.5), false);
        let start = asked.start_time.expect("a time");
        assert_eq!((start.seconds, start.nanos), (1, 500_000_000));
        for after in [i64::MAX as f64, f64::MAX, f64::NAN, -1.0] {
            assert_eq!(past(Subject::Broker, Some(after), true).start_time, None);
        }
    }
}
