//! Between the contract's words and the broker's: times, spans, names, settings.

use std::time::Duration;

use prost_types::Timestamp;
use weir_proto::server::{
    BacklogPolicy as WireBacklogPolicy, Durability as WireDurability, KeyOrder as WireKeyOrder,
    LimitPolicy as WireLimitPolicy, NackAction, NackOptions, Subscription, Topic,
};

use crate::model::settings::{
    BacklogPolicy, DEFAULT_BACKLOG_RETENTION, DEFAULT_BACKOFF_MAX, DEFAULT_BACKOFF_MIN, Durability,
    EPHEMERAL_GRACE, KeyOrder, LimitPolicy, MAX_ACK_DEADLINE, MIN_ACK_DEADLINE,
    SubscriptionSettings, TopicSettings, span_in_range,
};
use crate::model::{Name, Refusal, Span, Time};

/// The longest part of a refused value that goes back into an error.
pub(super) const MAX_ECHO_CHARS: usize = 300;

/// A span as the contract writes it.
pub(crate) fn duration(span: Span) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(span.0 / 1_000_000).unwrap_or(i64::MAX),
        nanos: i32::try_from(span.0 % 1_000_000 * 1_000).unwrap_or(0),
    }
}

/// A time as the contract writes it.
pub(crate) fn timestamp(time: Time) -> Timestamp {
    Timestamp {
        seconds: i64::try_from(time.0 / 1_000_000).unwrap_or(i64::MAX),
        nanos: i32::try_from(time.0 % 1_000_000 * 1_000).unwrap_or(0),
    }
}

/// A time from the contract; before 1970 nothing happened here, so that is the beginning.
pub(crate) fn time(field: &'static str, time: Timestamp) -> Result<Time, Refusal> {
    let refused = || Refusal::ValueOutOfRange {
        field,
        value: format!("{} s and {} ns", time.seconds, time.nanos),
        range: "a time from 0001 to 9999 with 0 to 999,999,999 ns".to_owned(),
    };
    if !(0..1_000_000_000).contains(&time.nanos) || time.seconds > 253_402_300_799 {
        return Err(refused());
    }
    let seconds = u64::try_from(time.seconds.max(0)).map_err(|_negative| refused())?;
    let micros = u64::try_from(time.nanos / 1_000).map_err(|_negative| refused())?;
    Ok(Time(if time.seconds < 0 {
        0
    } else {
        seconds * 1_000_000 + micros
    }))
}

/// A span from the contract; negative or malformed ones are refused.
pub(crate) fn span(
    field: &'static str,
    duration: Option<prost_types::Duration>,
) -> Result<Option<Span>, Refusal> {
    let Some(duration) = duration else {
        return Ok(None);
    };
    Duration::try_from(duration)
        .map(|duration| Some(Span::from(duration)))
        .map_err(|_negative| Refusal::ValueOutOfRange {
            field,
            value: format!("{} s", duration.seconds),
            range: "0 s or more".to_owned(),
        })
}

/// A name from the contract.
pub(crate) fn name(field: &'static str, text: &str) -> Result<Name, Refusal> {
    if text.is_empty() {
        return Err(Refusal::FieldRequired { field });
    }
    Name::parse(text).map_err(|_error| Refusal::NameInvalid {
        field,
        value: text.chars().take(MAX_ECHO_CHARS).collect(),
    })
}

/// The settings of a topic to be created.
pub(crate) fn topic_settings(topic: &Topic) -> Result<TopicSettings, Refusal> {
    let default = TopicSettings::default();
    let retention = span("topic.retention_duration", topic.retention_duration)?;
    let settings = TopicSettings {
        partitions: if topic.partition_count == 0 {
            1
        } else {
            topic.partition_count
        },
        retention: retention.unwrap_or(default.retention),
        retention_bytes: topic.retention_bytes.unwrap_or(default.retention_bytes),
        time_to_live: span("topic.message_time_to_live", topic.message_time_to_live)?,
        max_messages: topic.max_messages,
        max_bytes: topic.max_bytes,
        limit_policy: limit_policy(topic.limit_policy)?,
        durability: durability(topic.durability)?,
    };
    settings.check()?;
    Ok(settings)
}

/// The settings of a subscription to be created.
pub(crate) fn subscription_settings(
    subscription: &Subscription,
) -> Result<SubscriptionSettings, Refusal> {
    let default = SubscriptionSettings::default();
    let deadline = span("subscription.ack_deadline", subscription.ack_deadline)?;
    let min = span("subscription.minimum_backoff", subscription.minimum_backoff)?;
    let max = span("subscription.maximum_backoff", subscription.maximum_backoff)?;
    let dead = span(
        "subscription.dead_letter_retention",
        subscription.dead_letter_retention,
    )?;
    let backlog = span(
        "subscription.backlog_retention",
        subscription.backlog_retention,
    )?;
    let slo_age = span("subscription.slo_age", subscription.slo_age)?;
    let backoff_min =
        min.unwrap_or(max.map_or(DEFAULT_BACKOFF_MIN, |max| max.min(DEFAULT_BACKOFF_MIN)));
    let settings = SubscriptionSettings {
        ack_deadline: deadline.unwrap_or(default.ack_deadline),
        max_attempts: match subscription.max_attempts {
            0 => default.max_attempts,
            attempts => attempts,
        },
        backoff_min,
        backoff_max: max.unwrap_or(DEFAULT_BACKOFF_MAX.max(backoff_min)),
        key_order: key_order(subscription.key_order)?,
        dead_retention: dead.unwrap_or(default.dead_retention),
        filter: match subscription.filter.as_str() {
            "" => None,
            filter => Some(filter.into()),
        },
        max_outstanding: subscription.max_outstanding_messages,
        delivery_rate: subscription.delivery_rate,
        backlog_retention: Some(backlog.unwrap_or(DEFAULT_BACKLOG_RETENTION)),
        max_backlog_messages: subscription.max_backlog_messages,
        max_backlog_bytes: subscription.max_backlog_bytes,
        backlog_policy: backlog_policy(subscription.backlog_policy)?,
        expiration: expiration(subscription)?,
        slo_age,
        slo_backlog: subscription.slo_backlog,
        dead_letter_topic: dead_letter_topic(subscription)?,
        retry_budget: subscription.retry_budget,
        ..default
    };
    settings.check()?;
    Ok(settings)
}

fn backlog_policy(value: i32) -> Result<BacklogPolicy, Refusal> {
    match WireBacklogPolicy::try_from(value) {
        Ok(WireBacklogPolicy::Unspecified | WireBacklogPolicy::DropOldest) => {
            Ok(BacklogPolicy::DropOldest)
        }
        Ok(WireBacklogPolicy::HoldPublishers) => Ok(BacklogPolicy::HoldPublishers),
        Err(_unknown) => Err(unknown("subscription.backlog_policy", value)),
    }
}

/// The policy of a backlog as the contract writes it.
pub(crate) fn wire_backlog_policy(policy: BacklogPolicy) -> WireBacklogPolicy {
    match policy {
        BacklogPolicy::DropOldest => WireBacklogPolicy::DropOldest,
        BacklogPolicy::HoldPublishers => WireBacklogPolicy::HoldPublishers,
    }
}

fn dead_letter_topic(subscription: &Subscription) -> Result<Option<Name>, Refusal> {
    match subscription.dead_letter_topic.as_str() {
        "" => Ok(None),
        topic => name("subscription.dead_letter_topic", topic).map(Some),
    }
}

/// Ephemeral is another word for a short expiration.
fn expiration(subscription: &Subscription) -> Result<Option<Span>, Refusal> {
    let field = "subscription.expiration";
    let given = span(field, subscription.expiration)?;
    match given {
        _ if !subscription.ephemeral => Ok(given),
        None | Some(EPHEMERAL_GRACE) => Ok(Some(EPHEMERAL_GRACE)),
        Some(other) => Err(Refusal::ValueOutOfRange {
            field,
            value: other.to_string(),
            range: format!("unset or {EPHEMERAL_GRACE} with `ephemeral`"),
        }),
    }
}

fn limit_policy(value: i32) -> Result<LimitPolicy, Refusal> {
    match WireLimitPolicy::try_from(value) {
        Ok(WireLimitPolicy::Unspecified | WireLimitPolicy::Reject) => Ok(LimitPolicy::Reject),
        Ok(WireLimitPolicy::DropOldest) => Ok(LimitPolicy::DropOldest),
        Err(_unknown) => Err(unknown("topic.limit_policy", value)),
    }
}

fn durability(value: i32) -> Result<Durability, Refusal> {
    match WireDurability::try_from(value) {
        Ok(WireDurability::Unspecified | WireDurability::Durable) => Ok(Durability::Durable),
        Ok(WireDurability::Relaxed) => Ok(Durability::Relaxed),
        Err(_unknown) => Err(unknown("topic.durability", value)),
    }
}

/// The durability as the contract writes it.
pub(crate) fn wire_durability(durability: Durability) -> WireDurability {
    match durability {
        Durability::Durable => WireDurability::Durable,
        Durability::Relaxed => WireDurability::Relaxed,
    }
}

/// The limit policy as the contract writes it.
pub(crate) fn wire_limit_policy(policy: LimitPolicy) -> WireLimitPolicy {
    match policy {
        LimitPolicy::Reject => WireLimitPolicy::Reject,
        LimitPolicy::DropOldest => WireLimitPolicy::DropOldest,
    }
}

fn key_order(value: i32) -> Result<KeyOrder, Refusal> {
    match WireKeyOrder::try_from(value) {
        Ok(WireKeyOrder::Unspecified | WireKeyOrder::Off) => Ok(KeyOrder::Off),
        Ok(WireKeyOrder::Block) => Ok(KeyOrder::Block),
        Ok(WireKeyOrder::Skip) => Ok(KeyOrder::Skip),
        Err(_unknown) => Err(unknown("subscription.key_order", value)),
    }
}

/// The key order as the contract writes it.
pub(crate) fn wire_key_order(order: KeyOrder) -> WireKeyOrder {
    match order {
        KeyOrder::Off => WireKeyOrder::Off,
        KeyOrder::Block => WireKeyOrder::Block,
        KeyOrder::Skip => WireKeyOrder::Skip,
    }
}

/// A value of an enum that this release does not know.
pub(crate) fn unknown(field: &'static str, value: i32) -> Refusal {
    let range = "a value that this release knows".to_owned();
    Refusal::ValueOutOfRange {
        field,
        value: value.to_string(),
        range,
    }
}

/// The deadline of an extension.
pub(crate) fn ack_deadline(value: Option<prost_types::Duration>) -> Result<Span, Refusal> {
    let field = "ack_deadline";
    let span = span(field, value)?.ok_or(Refusal::FieldRequired { field })?;
    span_in_range(field, span, MIN_ACK_DEADLINE, MAX_ACK_DEADLINE)?;
    Ok(span)
}

/// The largest reason of a nack, in bytes.
pub(crate) const MAX_REASON_BYTES: usize = 1_024;
/// The largest class of a nack and the largest name of a consumer, in bytes.
pub(crate) const MAX_LABEL_BYTES: usize = 255;

/// The action of a nack with its delay, after every limit of the options was checked.
pub(crate) fn nack_options(options: &NackOptions) -> Result<(NackAction, Option<Span>), Refusal> {
    label("options.reason", &options.reason, MAX_REASON_BYTES)?;
    label("options.error_class", &options.error_class, MAX_LABEL_BYTES)?;
    let action = NackAction::try_from(options.action)
        .map_err(|_unknown| unknown("options.action", options.action))?;
    let delay = span("options.delay", options.delay)?;
    if let Some(delay) = delay {
        span_in_range("options.delay", delay, Span::ZERO, MAX_ACK_DEADLINE)?;
    }
    Ok((action, delay))
}

/// Refuses a text that is too long.
pub(crate) fn label(field: &'static str, text: &str, limit: usize) -> Result<(), Refusal> {
    if text.len() <= limit {
        return Ok(());
    }
    Err(Refusal::MessageTooLarge {
        field,
        size: text.len() as u64,
        limit: limit as u64,
    })
}
