//! What has happened: the events of the broker's timeline.

use std::collections::VecDeque;

use weir_proto::safe_text::SafeText;
use weir_proto::v1::{Event as WireEvent, EventKind, Severity as WireSeverity};
use weir_proto::words::{SEVERITIES, word};

use super::reading::broker_seconds;

/// The most events that are kept.
const EVENTS: usize = 2_000;
const NAME_CAP_BYTES: usize = 511;
const TEXT_CAP_BYTES: usize = 2_048;

/// Events in order, the newest last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timeline {
    events: VecDeque<Event>,
    /// Whether some before the first one are gone.
    pub(crate) is_truncated: bool,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) sequence: u64,
    /// Seconds since the epoch by the broker's clock.
    pub(crate) time: f64,
    pub(crate) kind: EventKind,
    pub(crate) severity: WireSeverity,
    pub(crate) topic: SafeText,
    pub(crate) subscription: SafeText,
    pub(crate) actor: SafeText,
    pub(crate) text: SafeText,
    pub(crate) count: u64,
    pub(crate) operation: SafeText,
}

impl Timeline {
    /// Takes events over from the wire.
    pub(crate) fn new(events: &[WireEvent], is_truncated: bool) -> Self {
        Self {
            events: events.iter().map(Event::new).collect(),
            is_truncated,
        }
    }

    /// The same with later events behind; a broker that began anew counts from 1 again.
    pub(crate) fn followed_by(mut self, later: Self) -> Self {
        if let (Some(last), Some(first)) = (self.last(), later.events.front())
            && first.sequence <= last
        {
            return later;
        }
        self.events.extend(later.events);
        while self.events.len() > EVENTS {
            self.events.pop_front();
            self.is_truncated = true;
        }
        self
    }

    /// The events, the oldest first.
    pub(crate) fn events(&self) -> impl DoubleEndedIterator<Item = &Event> + ExactSizeIterator {
        self.events.iter()
    }

    /// The number of the newest one.
    pub(crate) fn last(&self) -> Option<u64> {
        self.events.back().map(|event| event.sequence)
    }

    /// The one with a number.
    pub(crate) fn get(&self, sequence: u64) -> Option<&Event> {
        self.events.iter().find(|event| event.sequence == sequence)
    }
}

impl Event {
    fn new(event: &WireEvent) -> Self {
        let name = |text: &str| SafeText::capped(text.as_bytes(), NAME_CAP_BYTES);
        Self {
            sequence: event.sequence,
            time: event.event_time.map_or(0.0, broker_seconds),
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
}

impl Event {
    /// What it is, in a word.
    pub(crate) fn kind_word(&self) -> &'static str {
        match self.kind {
            EventKind::Unspecified => "other",
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
            EventKind::FirstDeath => "death",
            EventKind::VerdictChanged => "verdict",
        }
    }

    /// How much it matters, in a word.
    pub(crate) fn severity_word(&self) -> &'static str {
        word(SEVERITIES, self.severity)
    }
}
