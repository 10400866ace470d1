//! A row of any list, seen through the fields of its table: what filters, orders and exports look at.

use std::borrow::Cow;
use std::time::Duration;

use weir_proto::filter::{Path, Subject, Value};
use weir_proto::words::{self, DRAINS, SEVERITIES, VERDICTS};

use super::audit::Act;
use super::client::Client;
use super::consumer::Consumer;
use super::dead_groups::DeadGroup;
use super::letter::Letter;
use super::operation::Operation;
use super::picture::{Row as SubscriptionRow, TopicRow};
use super::row_id::RowId;
use super::standing::Standing;
use super::subscription::Drain;
use super::timeline::Event;
use crate::present::calendar;

/// A row of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Row<'a> {
    Subscription(&'a SubscriptionRow),
    Topic(&'a TopicRow),
    Consumer(&'a Consumer),
    Group(&'a DeadGroup),
    Letter(&'a Letter),
    Client(&'a Client),
    Event(&'a Event),
    Operation(&'a Operation),
    Act(&'a Act),
}

impl<'a> Row<'a> {
    /// What names it.
    pub(crate) fn id(self) -> RowId {
        match self {
            Self::Subscription(row) => RowId::Number(row.now.id),
            Self::Topic(row) => RowId::Number(row.now.id),
            Self::Consumer(consumer) => RowId::Number(consumer.id),
            Self::Group(group) => RowId::text(group.fingerprint.as_str()),
            Self::Letter(letter) => RowId::text(letter.id.as_str()),
            Self::Client(client) => RowId::Number(client.id),
            Self::Event(event) => RowId::Number(event.sequence),
            Self::Operation(operation) => RowId::text(operation.id.as_str()),
            Self::Act(act) => RowId::Number(act.sequence),
        }
    }

    /// What people call it; equal rows are in its order.
    pub(crate) fn name(self) -> &'a str {
        match self {
            Self::Subscription(row) => row.now.name.as_str(),
            Self::Topic(row) => row.now.name.as_str(),
            Self::Consumer(consumer) => consumer.name.as_str(),
            Self::Group(group) => group.pattern.as_str(),
            Self::Letter(letter) => letter.id.as_str(),
            Self::Client(client) => client.name.as_str(),
            Self::Event(event) => event.text.as_str(),
            Self::Operation(operation) => operation.id.as_str(),
            Self::Act(act) => act.verb.as_str(),
        }
    }
}

impl Subject for Row<'_> {
    fn look<'b>(&'b self, path: &Path) -> Value<'b> {
        match *self {
            Self::Subscription(row) => of_subscription(row, path.name),
            Self::Topic(row) => of_topic(row, path.name),
            Self::Consumer(consumer) => of_consumer(consumer, path.name),
            Self::Group(group) => of_group(group, path.name),
            Self::Letter(letter) => of_letter(letter, path.name),
            Self::Client(client) => of_client(client, path.name),
            Self::Event(event) => of_event(event, path.name),
            Self::Operation(operation) => of_operation(operation, path.name),
            Self::Act(act) => of_act(act, path.name),
        }
    }
}

fn real(value: Option<f64>) -> Value<'static> {
    value.map_or(Value::Unknown, Value::Real)
}

/// A count of which 0 means that there is none.
fn some_count(count: u64) -> Value<'static> {
    if count == 0 {
        Value::Unknown
    } else {
        Value::count(count)
    }
}

/// A point in time as the filter language compares it: in RFC 3339, all of one length.
fn time(value: Option<f64>) -> Value<'static> {
    let since = value.and_then(|value| Duration::try_from_secs_f64(value).ok());
    let written = since.and_then(calendar::with_micros);
    written.map_or(Value::Unknown, |at| Value::Text(at.into()))
}

fn of_subscription<'a>(row: &'a SubscriptionRow, field: &str) -> Value<'a> {
    let one = &row.now;
    let fast = one.fast;
    let said = one.diagnosis.as_ref();
    match field {
        "name" => Value::text(one.name.as_str()),
        "topic" => Value::text(one.topic_name.as_str()),
        "urgency" => Value::count(Standing::severity_of(one).rank().urgency(one.lag)),
        "backlog" => Value::count(one.backlog),
        "lag_seconds" => real(one.lag),
        "oldest_ready_seconds" => real(one.oldest_ready),
        "dead" => Value::count(one.dead),
        "publish_rate" => real(fast.and_then(|rates| rates.publish)),
        "ack_rate" => real(fast.and_then(|rates| rates.ack)),
        "deliver_rate" => real(fast.and_then(|rates| rates.deliver)),
        "redeliver_rate" => real(fast.and_then(|rates| rates.redeliver)),
        "fail_rate" => real(fast.and_then(|rates| rates.fail)),
        "dead_rate" => real(fast.and_then(|rates| rates.dead)),
        "consumers" => Value::count(one.consumers.len() as u64),
        "ready" => Value::count(one.ready),
        "leased" => Value::count(one.leased),
        "waiting" => Value::count(one.waiting),
        "scheduled" => Value::count(one.scheduled),
        "drain" => word(DRAINS, Some(one.drain.number())),
        "drain_seconds" => match one.drain {
            Drain::Draining(seconds) => real(seconds),
            _ => Value::Unknown,
        },
        "verdict" => word(VERDICTS, said.map(|said| said.verdict.into())),
        "severity" => word(SEVERITIES, said.map(|said| said.severity.into())),
        "conservation_error" => Value::count(one.conservation_error),
        "entered" => Value::count(one.entered),
        "acked" => Value::count(one.acked),
        "dropped" => Value::count(one.dropped_total()),
        "subscription_id" => Value::count(one.id),
        _ => Value::Unknown,
    }
}

/// The word at the place of a number, if that is known.
fn word(words: &'static [&'static str], number: Option<i32>) -> Value<'static> {
    Value::Text(Cow::Borrowed(words::word(words, number.unwrap_or(0))))
}

fn of_topic<'a>(row: &'a TopicRow, field: &str) -> Value<'a> {
    let one = &row.now;
    match field {
        "name" => Value::text(one.name.as_str()),
        "publish_rate" => real(one.fast_rate),
        "stored" => Value::count(one.stored),
        "stored_bytes" => Value::count(one.stored_bytes),
        "published" => Value::count(one.published),
        "partition_count" => Value::count(one.partition_count),
        "subscription_count" => Value::count(one.subscription_count),
        "topic_id" => Value::count(one.id),
        _ => Value::Unknown,
    }
}

fn of_consumer<'a>(one: &'a Consumer, field: &str) -> Value<'a> {
    let handling = one.handling.as_ref();
    match field {
        "name" => Value::text(one.name.as_str()),
        "peer" => Value::text(one.peer.as_str()),
        "client_version" => Value::text(one.version.as_str()),
        "leased" => Value::count(one.leased),
        "ack_rate" => real(one.ack_rate),
        "fail_rate" => real(one.fail_rate),
        "redeliver_rate" => real(one.redeliver_rate),
        "p50_seconds" => real(handling.and_then(|latency| latency.p50)),
        "p99_seconds" => real(handling.and_then(|latency| latency.p99)),
        "slowness" => real(one.slowness),
        "consumer_id" => Value::count(one.id),
        _ => Value::Unknown,
    }
}

fn of_group<'a>(one: &'a DeadGroup, field: &str) -> Value<'a> {
    match field {
        "pattern" => Value::text(one.pattern.as_str()),
        "reason_class" => Value::text(one.class.as_str()),
        "count" => Value::count(one.count),
        "bytes" => Value::count(one.bytes),
        "requeued_before_count" => Value::count(one.requeued_before),
        "first_death_time" => time(one.first_death),
        "last_death_time" => time(one.last_death),
        "fingerprint" => Value::text(one.fingerprint.as_str()),
        _ => Value::Unknown,
    }
}

fn of_letter<'a>(one: &'a Letter, field: &str) -> Value<'a> {
    let death = one.death();
    match field {
        "message_id" => Value::text(one.id.as_str()),
        "ordering_key" => Value::text(one.key.as_str()),
        "reason" => Value::maybe_text(death.map(|death| death.reason.as_str())),
        "error_class" => Value::maybe_text(death.map(|death| death.class.as_str())),
        "attempts" => death.map_or(Value::Unknown, |death| Value::count(death.attempts)),
        "size" => Value::count(one.size),
        "last_failure_time" => time(death.and_then(|death| death.last_failure)),
        "publish_time" => time(one.published),
        "consumer" => Value::maybe_text(death.map(|death| death.consumer.as_str())),
        "partition" => Value::count(one.partition),
        _ => Value::Unknown,
    }
}

fn of_client<'a>(one: &'a Client, field: &str) -> Value<'a> {
    match field {
        "name" => Value::text(one.name.as_str()),
        "peer" => Value::text(one.peer.as_str()),
        "client_version" => Value::text(one.version.as_str()),
        "consumers" => Value::count(one.consumers.len() as u64),
        "leased" => Value::count(one.leased()),
        "publish_rate" => real(one.publish_rate),
        "connect_time" => time(one.connected),
        "client_id" => Value::count(one.id),
        _ => Value::Unknown,
    }
}

fn of_event<'a>(one: &'a Event, field: &str) -> Value<'a> {
    match field {
        "sequence" => Value::count(one.sequence),
        "time" => time(Some(one.time)),
        "kind" => Value::Text(Cow::Borrowed(one.kind_word())),
        "severity" => Value::Text(Cow::Borrowed(one.severity_word())),
        "topic" => Value::text(one.topic.as_str()),
        "subscription" => Value::text(one.subscription.as_str()),
        "actor" => Value::text(one.actor.as_str()),
        "text" => Value::text(one.text.as_str()),
        "count" => Value::count(one.count),
        "operation" => Value::text(one.operation.as_str()),
        _ => Value::Unknown,
    }
}

fn of_operation<'a>(one: &'a Operation, field: &str) -> Value<'a> {
    match field {
        "operation" => Value::text(one.id.as_str()),
        "start_time" => time(one.started),
        "actor" => Value::text(one.actor.as_str()),
        "act" => Value::Text(Cow::Borrowed(one.act_word())),
        "state" => Value::Text(Cow::Borrowed(one.state_word())),
        "topic" => Value::text(one.topic.as_str()),
        "subscription" => Value::text(one.subscription.as_str()),
        "description" => Value::text(one.description.as_str()),
        "selected" => Value::count(one.selected),
        "affected" => Value::count(one.affected),
        "skipped" => Value::count(one.skipped),
        "died_again" => Value::count(one.died_again),
        "remaining" => Value::count(one.remaining),
        "peer" => Value::text(one.peer.as_str()),
        "rate" => some_count(one.rate),
        "canary" => some_count(one.canary),
        "judge_time" => time(one.judged),
        "brake_percent" => real(one.brake),
        "keeps_attempts" => Value::Flag(one.keeps_attempts),
        "update_time" => time(one.updated),
        "undo_until" => time(one.undo_until),
        "undoes" => Value::text(one.undoes.as_str()),
        "undone_by" => Value::text(one.undone_by.as_str()),
        "plan" => Value::text(one.plan.as_str()),
        "note" => Value::text(one.note.as_str()),
        _ => Value::Unknown,
    }
}

fn of_act<'a>(one: &'a Act, field: &str) -> Value<'a> {
    match field {
        "sequence" => Value::count(one.sequence),
        "event_time" => time(Some(one.time)),
        "actor" => Value::text(one.actor.as_str()),
        "peer" => Value::text(one.peer.as_str()),
        "verb" => Value::text(one.verb.as_str()),
        "topic" => Value::text(one.topic.as_str()),
        "subscription" => Value::text(one.subscription.as_str()),
        "plan" => Value::text(one.plan.as_str()),
        "operation" => Value::text(one.operation.as_str()),
        "selected" => Value::count(one.selected),
        "affected" => Value::count(one.affected),
        "skipped" => Value::count(one.skipped),
        "detail" => Value::text(one.detail.as_str()),
        "previous_hash" => Value::text(one.previous_hash.as_str()),
        "hash" => Value::text(one.hash.as_str()),
        _ => Value::Unknown,
    }
}
