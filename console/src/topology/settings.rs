//! The settings of topics and subscriptions: a line for each, called as the field of the contract.

use prost_types::Duration;
use weir_proto::v1::{Subscription, Topic};

use super::value::Value;

/// The settings of a topic, in the order in which they are written.
pub(super) const TOPIC: &[Setting<Topic>] = &[
    Setting::count("partition_count", |topic| &mut topic.partition_count),
    lossy(Setting::span("retention_duration", |topic| {
        &mut topic.retention_duration
    })),
    lossy(Setting::size("retention_bytes", |topic| {
        &mut topic.retention_bytes
    })),
    lossy(Setting::span("message_time_to_live", |topic| {
        &mut topic.message_time_to_live
    })),
    lossy(Setting::number("max_messages", |topic| {
        &mut topic.max_messages
    })),
    lossy(Setting::size("max_bytes", |topic| &mut topic.max_bytes)),
    lossy(Setting::word(
        "limit_policy",
        &["reject", "drop-oldest"],
        |topic| &mut topic.limit_policy,
    )),
    Setting::word("durability", &["durable", "relaxed"], |topic| {
        &mut topic.durability
    }),
];

/// The settings of a subscription, in the order in which they are written.
pub(super) const SUBSCRIPTION: &[Setting<Subscription>] = &[
    Setting::span("ack_deadline", |sub| &mut sub.ack_deadline),
    Setting::count("max_attempts", |sub| &mut sub.max_attempts),
    Setting::span("minimum_backoff", |sub| &mut sub.minimum_backoff),
    Setting::span("maximum_backoff", |sub| &mut sub.maximum_backoff),
    Setting::word("key_order", &["off", "block", "skip"], |sub| {
        &mut sub.key_order
    }),
    lossy(Setting::span("dead_letter_retention", |sub| {
        &mut sub.dead_letter_retention
    })),
    Setting::text("filter", |sub| &mut sub.filter),
    Setting::number("max_outstanding_messages", |sub| {
        &mut sub.max_outstanding_messages
    }),
    Setting::number("delivery_rate", |sub| &mut sub.delivery_rate),
    lossy(Setting::span("backlog_retention", |sub| {
        &mut sub.backlog_retention
    })),
    lossy(Setting::number("max_backlog_messages", |sub| {
        &mut sub.max_backlog_messages
    })),
    lossy(Setting::size("max_backlog_bytes", |sub| {
        &mut sub.max_backlog_bytes
    })),
    lossy(Setting::word(
        "backlog_policy",
        &["drop-oldest", "hold-publishers"],
        |sub| &mut sub.backlog_policy,
    )),
    lossy(Setting::span("expiration", |sub| &mut sub.expiration)),
    lossy(Setting::flag("ephemeral", |sub| &mut sub.ephemeral)),
    Setting::text("dead_letter_topic", |sub| &mut sub.dead_letter_topic),
    Setting::number("retry_budget", |sub| &mut sub.retry_budget),
    Setting::span("slo_age", |sub| &mut sub.slo_age),
    Setting::number("slo_backlog", |sub| &mut sub.slo_backlog),
];

/// Where a setting is in its resource.
type Place<R, T> = fn(&mut R) -> &mut T;

/// One setting of a resource.
pub(super) struct Setting<R> {
    /// As the contract calls it.
    pub(super) name: &'static str,
    access: Access<R>,
    /// Whether a change of it may drop messages.
    pub(super) may_lose: bool,
}

/// What a setting holds, and where.
enum Access<R> {
    Span(Place<R, Option<Duration>>),
    Size(Place<R, Option<u64>>),
    Number(Place<R, Option<u64>>),
    /// 0 means that it is not set.
    Count(Place<R, u32>),
    /// Empty means that it is not set.
    Text(Place<R, String>),
    /// False means that it is not set.
    Flag(Place<R, bool>),
    /// The words of an enum, from its value 1 on; 0 means that it is not set.
    Word(&'static [&'static str], Place<R, i32>),
}

impl<R> Setting<R> {
    const fn of(name: &'static str, access: Access<R>) -> Self {
        Self {
            name,
            access,
            may_lose: false,
        }
    }

    const fn span(name: &'static str, place: Place<R, Option<Duration>>) -> Self {
        Self::of(name, Access::Span(place))
    }

    const fn size(name: &'static str, place: Place<R, Option<u64>>) -> Self {
        Self::of(name, Access::Size(place))
    }

    const fn number(name: &'static str, place: Place<R, Option<u64>>) -> Self {
        Self::of(name, Access::Number(place))
    }

    const fn count(name: &'static str, place: Place<R, u32>) -> Self {
        Self::of(name, Access::Count(place))
    }

    const fn text(name: &'static str, place: Place<R, String>) -> Self {
        Self::of(name, Access::Text(place))
    }

    const fn flag(name: &'static str, place: Place<R, bool>) -> Self {
        Self::of(name, Access::Flag(place))
    }

    const fn word(
        name: &'static str,
        words: &'static [&'static str],
        place: Place<R, i32>,
    ) -> Self {
        Self::of(name, Access::Word(words, place))
    }
}

/// A setting whose change may drop messages.
const fn lossy<R>(setting: Setting<R>) -> Setting<R> {
    Setting {
        may_lose: true,
        ..setting
    }
}

impl<R: Clone> Setting<R> {
    /// Its value; `None` if it is not set.
    pub(super) fn value(&self, resource: &R) -> Option<Value> {
        let mut resource = resource.clone();
        let resource = &mut resource;
        match &self.access {
            Access::Span(place) => (*place(resource)).map(Value::span),
            Access::Size(place) => (*place(resource)).map(Value::size),
            Access::Number(place) => (*place(resource)).map(Value::number),
            Access::Count(place) => Some(*place(resource))
                .filter(|&count| count != 0)
                .map(|count| Value::number(count.into())),
            Access::Text(place) => Some(place(resource).clone())
                .filter(|text| !text.is_empty())
                .map(Value::Text),
            Access::Flag(place) => place(resource).then_some(Value::Flag(true)),
            Access::Word(words, place) => {
                let index = usize::try_from(*place(resource)).ok()?.checked_sub(1)?;
                words.get(index).map(|word| Value::Text((*word).to_owned()))
            }
        }
    }

    /// Sets it no more: it gets its default.
    pub(super) fn clear(&self, resource: &mut R) {
        match &self.access {
            Access::Span(place) => *place(resource) = None,
            Access::Size(place) | Access::Number(place) => *place(resource) = None,
            Access::Count(place) => *place(resource) = 0,
            Access::Text(place) => place(resource).clear(),
            Access::Flag(place) => *place(resource) = false,
            Access::Word(_, place) => *place(resource) = 0,
        }
    }

    /// Sets it.
    pub(super) fn set(&self, resource: &mut R, value: &Value) -> Result<(), String> {
        match &self.access {
            Access::Span(place) => *place(resource) = Some(value.to_span()?),
            Access::Size(place) => *place(resource) = Some(value.to_size()?),
            Access::Number(place) => *place(resource) = Some(value.to_number()?),
            Access::Count(place) => {
                let count = u32::try_from(value.to_number()?).ok();
                let count = count.filter(|&count| count != 0);
                *place(resource) = count.ok_or("write a number from 1 to 4294967295")?;
            }
            Access::Text(place) => *place(resource) = value.to_text()?,
            Access::Flag(place) => *place(resource) = value.to_flag()?,
            Access::Word(words, place) => {
                let given = value.to_text()?;
                let index = (1..).zip(*words).find(|(_, word)| **word == given);
                let (index, _) =
                    index.ok_or_else(|| format!("write one of {}", words.join(", ")))?;
                *place(resource) = index;
            }
        }
        Ok(())
    }
}

/// The settings of a resource that are set, with their names.
pub(super) fn of<R: Clone>(settings: &[Setting<R>], resource: &R) -> Vec<(&'static str, Value)> {
    let set = settings.iter();
    set.filter_map(|one| Some((one.name, one.value(resource)?)))
        .collect()
}
