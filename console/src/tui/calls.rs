//! The calls that pages make: from what is asked to a request, from the response to what is shown.

use std::time::{Duration, UNIX_EPOCH};

use weir_proto::client::{Client, Code, Error};
use weir_proto::safe_text::SafeText;
use weir_proto::v1::{
    AdviseRequest, GetStatsRequest, GroupDeadLettersRequest, HistoryRequest, HistoryStep,
    ListAuditRequest, ListClientsRequest, ListOperationsRequest, MessageState, PeekRequest,
    WatchAuditRequest, WatchEventsRequest,
};

use super::state::advice::Advice;
use super::state::ask::{Ask, Reply, Subject};
use super::state::audit::Record;
use super::state::client::Clients;
use super::state::dead_groups::DeadGroups;
use super::state::fetch::{Cause, Failure};
use super::state::letter::{Biography, Letters};
use super::state::operation::Operations;
use super::state::past::Past;
use super::state::reading::broker_seconds;
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

async fn call(client: &Client, ask: Ask) -> Result<Reply, Failure> {
    Ok(match ask {
        Ask::Past {
            of,
            after,
            is_by_minute,
        } => {
            let response = client
                .stats()
                .history(past(of, after, is_by_minute))
                .await?;
            Reply::Past(Past::new(&response))
        }
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
            let request = AdviseRequest {
                subscription: subscription.as_str().to_owned(),
                ..AdviseRequest::default()
            };
            let response = client.stats().advise(request).await?;
            Reply::Advice(Box::new(Advice::new(&response)))
        }
        Ask::Events { of, after } => Reply::Events(events(client, of, after).await?),
        Ask::Clients => {
            let request = ListClientsRequest {
                page_size: CLIENTS,
                ..ListClientsRequest::default()
            };
            Reply::Clients(Clients::new(&client.admin().list_clients(request).await?))
        }
        Ask::Operations => {
            let request = ListOperationsRequest {
                page_size: OPERATIONS,
                ..ListOperationsRequest::default()
            };
            let response = client.operator().list_operations(request).await?;
            Reply::Operations(Operations::new(&response))
        }
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
        start_time: since.map(|since| (UNIX_EPOCH + since).into()),
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
