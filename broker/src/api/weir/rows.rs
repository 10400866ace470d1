//! Topics and subscriptions of a sample as rows that a Watch selects and puts in order: their
//! fields by name. Nothing is made for a row but the value that is looked at.

use std::borrow::Cow;

use weir_proto::filter::{Field, Kind, Path, Schema, Subject, Value};

use crate::insight::Drain;
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

/// The words for what becomes of a backlog.
const DRAINS: &[&str] = &[
    "unknown", "empty", "draining", "never", "stuck", "idle", "paused",
];

/// The words for what is going on.
const VERDICTS: &[&str] = &[
    "unknown",
    "ok",
    "idle",
    "draining",
    "growing",
    "paused",
    "stuck",
    "no_consumers",
    "under_capacity",
    "slowed",
    "consumers_idle",
    "failing",
    "skewed",
];

/// The words for how much it matters.
const SEVERITIES: &[&str] = &["unknown", "fine", "watch", "act"];

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

    /// By what matters more, and of what matters as much by what is older.
    fn rank<'a>(&'a self, path: &Path) -> Value<'a> {
        let Some(diagnosis) = self.diagnosis.filter(|_| path.name == "severity") else {
            return self.look(path);
        };
        let age = self.counts.lag.map_or(0.0, Span::as_seconds);
        Value::Real(f64::from(diagnosis.severity as u8) + age / (age + 3_600.0))
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
            "drain" => Value::Text(Cow::Borrowed(drain_word(self.drain))),
            "drain_seconds" => match self.drain {
                Drain::Draining(seconds) => Value::Real(seconds),
                _ => Value::Unknown,
            },
            "verdict" => word(self.diagnosis.map(|one| one.verdict.word())),
            "severity" => word(self.diagnosis.map(|one| one.severity.word())),
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

/// Ages in seconds from which a backlog that grows, and one that nobody works on, want attention.
const GROWING_AFTER: f64 = 5.0;
const UNHEARD_AFTER: f64 = 60.0;

/// How much a subscription wants attention: hundreds for how badly, and below that by the age of its oldest message.
/// Ages count in steps, each twice as long as the one before, so that rows of about the same age keep their places.
fn urgency(of: &SubscriptionSample) -> u64 {
    let age = of.counts.lag.map_or(0.0, Span::as_seconds);
    let mut step = 0;
    let mut bound = 1.0;
    while age >= bound && step < 64 {
        step += 1;
        bound *= 2.0;
    }
    hundreds(of, age) * 100 + step
}

/// 4 to act now, 3 to watch, 2 for what is at work, 1 for what is not known yet, 0 for what is idle.
fn hundreds(of: &SubscriptionSample, age: f64) -> u64 {
    let [fast, ..] = &of.rates;
    let is_alone = of.counts.counts.backlog() > 0 && of.consumers.is_empty();
    let waits = matches!(of.drain, Drain::Idle | Drain::Never);
    let is_quiet = fast.publish <= 0.0 && fast.deliver <= 0.0;
    match of.drain {
        _ if of.counts.conservation_error > 0 => 4,
        Drain::Paused => 3,
        Drain::Stuck => 4,
        _ if waits && is_alone && age >= UNHEARD_AFTER => 4,
        _ if waits && is_alone => 3,
        _ if fast.dead > 0.0 => 3,
        Drain::Never if age >= GROWING_AFTER => 3,
        Drain::Empty | Drain::Idle if is_quiet => 0,
        Drain::Unknown => 1,
        Drain::Draining(_) | Drain::Empty | Drain::Idle | Drain::Never => 2,
    }
}

fn seconds(span: Option<Span>) -> Value<'static> {
    span.map_or(Value::Unknown, |span| Value::Real(span.as_seconds()))
}

fn word(word: Option<&'static str>) -> Value<'static> {
    Value::Text(Cow::Borrowed(word.unwrap_or("unknown")))
}

fn drain_word(drain: Drain) -> &'static str {
    match drain {
        Drain::Unknown => "unknown",
        Drain::Empty => "empty",
        Drain::Draining(_) => "draining",
        Drain::Never => "never",
        Drain::Stuck => "stuck",
        Drain::Idle => "idle",
        Drain::Paused => "paused",
    }
}
