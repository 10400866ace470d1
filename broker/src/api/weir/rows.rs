//! Topics and subscriptions of a sample as rows that a Watch selects and puts in order: their
//! fields by name. Nothing is made for a row but the value that is looked at.

use std::borrow::Cow;

use weir_proto::filter::{Field, Kind, Path, Schema, Subject, Value};
use weir_proto::urgency::Rank;
use weir_proto::words::{self, DRAINS, SEVERITIES, VERDICTS};

use super::{diagnosis, events, numbers};
use crate::model::Span;
use crate::shard::{SubscriptionSample, TopicSample};

/// A thing that a window can show.
pub(super) trait Row: Subject {
    /// Its fields.
    const SCHEMA: Schema;

    /// Its id.
    fn id(&self) -> u64;

    /// Its name: equal rows are in its order.
    fn name(&self) -> &str;

    /// What it is ordered by if a field is.
    fn rank<'a>(&'a self, path: &Path) -> Value<'a> {
        self.look(path)
    }
}

const SUBSCRIPTION: &[Field] = &[
    Field::new("name", Kind::Text),
    Field::new("topic", Kind::Text),
    Field::new("urgency", Kind::Count),
    Field::new("ready", Kind::Count),
    Field::new("leased", Kind::Count),
    Field::new("waiting", Kind::Count),
    Field::new("scheduled", Kind::Count),
    Field::new("dead", Kind::Count),
    Field::new("backlog", Kind::Count),
    Field::new("lag_seconds", Kind::Seconds).called(&["age", "oldest", "lag"]),
    Field::new("publish_rate", Kind::Rate).called(&["in"]),
    Field::new("ack_rate", Kind::Rate),
    Field::new("consumers", Kind::Count),
    Field::new("conservation_error", Kind::Count).called(&["error"]),
    Field::new("subscription_id", Kind::Count).called(&["id"]),
    Field::new("lag_messages", Kind::Count),
    Field::new("oldest_ready_seconds", Kind::Seconds),
    Field::new("deliver_rate", Kind::Rate),
    Field::new("redeliver_rate", Kind::Rate),
    Field::new("fail_rate", Kind::Rate),
    Field::new("dead_rate", Kind::Rate),
    Field::new("drain", Kind::Word(DRAINS)).called(&["state"]),
    Field::new("drain_seconds", Kind::Seconds),
    Field::new("verdict", Kind::Word(VERDICTS)),
    Field::new("severity", Kind::Word(SEVERITIES)),
    Field::new("entered", Kind::Count),
    Field::new("acked", Kind::Count),
    Field::new("dropped", Kind::Count),
    Field::new("handling_p50_seconds", Kind::Seconds).called(&["handling_p50"]),
    Field::new("handling_p99_seconds", Kind::Seconds).called(&["handling_p99"]),
    Field::new("queueing_p99_seconds", Kind::Seconds).called(&["queueing_p99"]),
];

const TOPIC: &[Field] = &[
    Field::new("name", Kind::Text),
    Field::new("topic_id", Kind::Count).called(&["id"]),
    Field::new("partition_count", Kind::Count).called(&["partitions"]),
    Field::new("subscription_count", Kind::Count).called(&["subscriptions", "subs"]),
    Field::new("published", Kind::Count),
    Field::new("stored", Kind::Count),
    Field::new("stored_bytes", Kind::Bytes).called(&["size"]),
    Field::new("publish_rate", Kind::Rate).called(&["in"]),
];

impl Row for SubscriptionSample {
    const SCHEMA: Schema = Schema {
        fields: SUBSCRIPTION,
        open: &[],
    };

    fn id(&self) -> u64 {
        self.counts.id.0
    }

    fn name(&self) -> &str {
        self.counts.name.as_str()
    }

    /// `severity` puts rows in order as `urgency` does: what matters as much is ordered by its age.
    fn rank<'a>(&'a self, path: &Path) -> Value<'a> {
        match path.name {
            "severity" => Value::count(urgency(self)),
            _ => self.look(path),
        }
    }
}

impl Subject for SubscriptionSample {
    fn look<'a>(&'a self, path: &Path) -> Value<'a> {
        let of = &self.counts;
        let counts = &of.counts;
        let [rates, ..] = &self.rates;
        match path.name {
            "name" => Value::text(of.name.as_str()),
            "topic" => Value::text(of.topic.as_str()),
            "urgency" => Value::count(urgency(self)),
            "ready" => Value::count(counts.ready),
            "leased" => Value::count(counts.leased),
            "waiting" => Value::count(counts.waiting),
            "scheduled" => Value::count(counts.scheduled),
            "dead" => Value::count(counts.dead),
            "backlog" | "lag_messages" => Value::count(counts.backlog()),
            "lag_seconds" => seconds(of.lag),
            "oldest_ready_seconds" => seconds(of.oldest_ready),
            "publish_rate" => Value::Real(rates.publish),
            "deliver_rate" => Value::Real(rates.deliver),
            "redeliver_rate" => Value::Real(rates.redeliver),
            "ack_rate" => Value::Real(rates.ack),
            "fail_rate" => Value::Real(rates.fail),
            "dead_rate" => Value::Real(rates.dead),
            "consumers" => Value::count(self.consumers.len() as u64),
            "conservation_error" => Value::count(of.conservation_error),
            "subscription_id" => Value::count(of.id.0),
            "drain" => word(DRAINS, Some(numbers::drain(self.drain).0.into())),
            "drain_seconds" => numbers::drain(self.drain)
                .1
                .map_or(Value::Unknown, Value::Real),
            "verdict" => {
                let verdict = self
                    .diagnosis
                    .as_ref()
                    .map(|one| diagnosis::verdict(one.verdict));
                word(VERDICTS, verdict.map(i32::from))
            }
            "severity" => {
                let severity = self
                    .diagnosis
                    .as_ref()
                    .map(|one| events::severity(one.severity));
                word(SEVERITIES, severity.map(i32::from))
            }
            "entered" => Value::count(counts.entered),
            "acked" => Value::count(counts.acked),
            "handling_p50_seconds" => seconds(of.handling.map(|one| one.p50)),
            "handling_p99_seconds" => seconds(of.handling.map(|one| one.p99)),
            "queueing_p99_seconds" => seconds(of.queueing.map(|one| one.p99)),
            "dropped" => Value::count(counts.dropped.iter().sum::<u64>()),
            _ => Value::Unknown,
        }
    }
}

impl Row for TopicSample {
    const SCHEMA: Schema = Schema {
        fields: TOPIC,
        open: &[],
    };

    fn id(&self) -> u64 {
        self.counts.id.0
    }

    fn name(&self) -> &str {
        self.counts.name.as_str()
    }
}

impl Subject for TopicSample {
    fn look<'a>(&'a self, path: &Path) -> Value<'a> {
        let of = &self.counts;
        match path.name {
            "name" => Value::text(of.name.as_str()),
            "topic_id" => Value::count(of.id.0),
            "partition_count" => Value::count(of.partitions),
            "subscription_count" => Value::count(of.subscriptions),
            "published" => Value::count(of.published),
            "stored" => Value::count(of.stored),
            "stored_bytes" => Value::count(of.stored_bytes),
            "publish_rate" => Value::Real(self.publish_rates[0]),
            _ => Value::Unknown,
        }
    }
}

/// How much a subscription wants attention. Books that do not add up are worse than anything that they could be about.
fn urgency(of: &SubscriptionSample) -> u64 {
    let rank = match &of.diagnosis {
        _ if of.counts.conservation_error > 0 => Rank::Act,
        None => Rank::Unknown,
        Some(one) => Rank::of(
            diagnosis::verdict(one.verdict),
            events::severity(one.severity),
        ),
    };
    rank.urgency(of.counts.lag.map(Span::as_seconds))
}

fn seconds(span: Option<Span>) -> Value<'static> {
    span.map_or(Value::Unknown, |span| Value::Real(span.as_seconds()))
}

fn word(words: &'static [&'static str], number: Option<i32>) -> Value<'static> {
    Value::Text(Cow::Borrowed(words::word(words, number.unwrap_or(0))))
}
