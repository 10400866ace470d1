//! Something that happened, as the broker's timeline tells it.

use weir_proto::safe_text::SafeText;
use weir_proto::v1::{self, EventKind};

use super::reading::broker_seconds;

/// How many bytes of a sentence of an event are kept.
const TEXT_CAP_BYTES: usize = 512;
/// How many bytes of a name are kept.
const NAME_CAP_BYTES: usize = 511;

/// One event.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) sequence: u64,
    /// Seconds since the epoch by the broker's clock.
    pub(crate) at: Option<f64>,
    pub(crate) kind: EventKind,
    pub(crate) severity: v1::Severity,
    pub(crate) topic: SafeText,
    pub(crate) subscription: SafeText,
    pub(crate) actor: SafeText,
    pub(crate) text: SafeText,
    pub(crate) count: u64,
    pub(crate) operation: SafeText,
}

impl Event {
    /// Takes an event over from the wire.
    pub(crate) fn new(event: &v1::Event) -> Self {
        let name = |text: &str| SafeText::capped(text.as_bytes(), NAME_CAP_BYTES);
        Self {
            sequence: event.sequence,
            at: event.time.map(broker_seconds),
            kind: event.kind(),
            severity: event.severity(),
            topic: name(&event.topic),
            subscription: name(&event.subscription),
            actor: name(&event.actor),
            text: SafeText::capped(event.text.as_bytes(), TEXT_CAP_BYTES),
            count: event.count,
            operation: name(&event.operation_id),
        }
    }

    /// What it is about: the subscription, else the topic; empty if it is about the broker.
    pub(crate) fn about(&self) -> &SafeText {
        if self.subscription.is_empty() {
            &self.topic
        } else {
            &self.subscription
        }
    }

    /// Its kind in one word.
    pub(crate) fn word(&self) -> &'static str {
        match self.kind {
            EventKind::Unspecified => "event",
            EventKind::Started => "started",
            EventKind::HealthChanged => "health",
            EventKind::TopicChanged => "topic",
            EventKind::SubscriptionChanged => "subscription",
            EventKind::ConsumerJoined => "joined",
            EventKind::ConsumerLeft => "left",
            EventKind::Paused => "paused",
            EventKind::Resumed => "resumed",
            EventKind::Operation => "operation",
            EventKind::Mark => "mark",
            EventKind::FirstDeath => "first death",
            EventKind::VerdictChanged => "verdict",
        }
    }

    /// Whether it is marked on a chart of this subscription of this topic.
    pub(crate) fn concerns(&self, topic: &str, subscription: Option<&str>) -> bool {
        let of_subscription = self.subscription.is_empty()
            || subscription.is_none_or(|name| self.subscription.as_str() == name);
        let of_topic = self.topic.is_empty() || self.topic.as_str() == topic;
        of_subscription && of_topic
    }
}
