//! What an operator set of a topic or subscription, as far as the console shows it.

use std::time::Duration;

use weir_proto::safe_text::SafeText;
use weir_proto::v1::{self, KeyOrder};

use super::reading::broker_seconds;

/// How many bytes of a name or filter are kept.
const TEXT_CAP_BYTES: usize = 511;

/// The settings of a subscription.
#[derive(Clone, Debug)]
pub(crate) struct SubscriptionSettings {
    /// Seconds since the epoch by the broker's clock.
    pub(crate) created: Option<f64>,
    /// The age in seconds, and the backlog, that its owner still accepts.
    pub(crate) slo_age: Option<f64>,
    pub(crate) slo_backlog: Option<u64>,
    pub(crate) key_order: KeyOrder,
    pub(crate) delivery_rate: Option<u64>,
    pub(crate) outstanding: Option<u64>,
    pub(crate) retry_budget: Option<u64>,
    pub(crate) dead_letter_topic: SafeText,
    pub(crate) dead_letter_retention: Option<f64>,
    pub(crate) is_paused: bool,
}

/// The settings of a topic.
#[derive(Clone, Debug)]
pub(crate) struct TopicSettings {
    pub(crate) created: Option<f64>,
    /// How long finished messages stay, in seconds.
    pub(crate) retention: Option<f64>,
    pub(crate) retention_bytes: Option<u64>,
    pub(crate) time_to_live: Option<f64>,
    pub(crate) max_messages: Option<u64>,
    pub(crate) max_bytes: Option<u64>,
}

impl SubscriptionSettings {
    /// Takes settings over from the wire.
    pub(crate) fn new(one: &v1::Subscription) -> Self {
        Self {
            created: one.create_time.map(broker_seconds),
            slo_age: one.slo_age.and_then(seconds),
            slo_backlog: one.slo_backlog,
            key_order: one.key_order(),
            delivery_rate: one.delivery_rate,
            outstanding: one.max_outstanding_messages,
            retry_budget: one.retry_budget,
            dead_letter_topic: SafeText::capped(one.dead_letter_topic.as_bytes(), TEXT_CAP_BYTES),
            dead_letter_retention: one.dead_letter_retention.and_then(seconds),
            is_paused: one.paused,
        }
    }
}

impl TopicSettings {
    /// Takes settings over from the wire.
    pub(crate) fn new(one: &v1::Topic) -> Self {
        Self {
            created: one.create_time.map(broker_seconds),
            retention: one.retention_duration.and_then(seconds),
            retention_bytes: one.retention_bytes,
            time_to_live: one.message_time_to_live.and_then(seconds),
            max_messages: one.max_messages,
            max_bytes: one.max_bytes,
        }
    }
}

fn seconds(span: prost_types::Duration) -> Option<f64> {
    let span = Duration::try_from(span).ok()?;
    Some(span.as_secs_f64())
}
