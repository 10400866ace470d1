//! What an event says. Texts are composed here and by who tells; a name in them is written as it is allowed to be, and
//! what clients chose freely stands in `actor` or escaped.

use crate::insight::Severity;
use crate::model::{Name, OperationId, Time};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// The broker started, or stops.
    Started,
    /// How the broker is has changed.
    HealthChanged,
    /// A topic was created, changed or deleted.
    TopicChanged,
    /// A subscription was created, changed or deleted.
    SubscriptionChanged,
    /// A consumer connected.
    ConsumerJoined,
    /// A consumer left.
    ConsumerLeft,
    /// A subscription was paused.
    Paused,
    /// A subscription goes on.
    Resumed,
    /// An operator acted on messages.
    Operation,
    /// Somebody set a mark.
    Mark,
    /// The first message died after a time without.
    FirstDeath,
    /// What is going on in a subscription has changed.
    VerdictChanged,
}

impl EventKind {
    /// Every kind, in the order of their numbers in an image: new ones come at the end.
    pub const ALL: [Self; 12] = [
        Self::Started,
        Self::HealthChanged,
        Self::TopicChanged,
        Self::SubscriptionChanged,
        Self::ConsumerJoined,
        Self::ConsumerLeft,
        Self::Paused,
        Self::Resumed,
        Self::Operation,
        Self::Mark,
        Self::FirstDeath,
        Self::VerdictChanged,
    ];

    /// The number of a kind in an image.
    pub(super) fn index(self) -> usize {
        Self::ALL.iter().position(|one| *one == self).unwrap_or(0)
    }

    /// What several of them are, after their number.
    pub(super) fn plural(self) -> &'static str {
        match self {
            Self::Started => "starts or stops",
            Self::HealthChanged => "changes of health",
            Self::TopicChanged => "changes of topics",
            Self::SubscriptionChanged => "changes of subscriptions",
            Self::ConsumerJoined => "consumers connected",
            Self::ConsumerLeft => "consumers left",
            Self::Paused => "subscriptions were paused",
            Self::Resumed => "subscriptions go on",
            Self::Operation => "operations",
            Self::Mark => "marks",
            Self::FirstDeath => "subscriptions had their first dead messages",
            Self::VerdictChanged => "verdicts have changed",
        }
    }
}

/// Something that happened, before it has a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// When.
    pub time: Time,
    /// What.
    pub kind: EventKind,
    /// How much it matters.
    pub severity: Severity,
    /// The topic that it is about.
    pub topic: Option<Name>,
    /// The subscription that it is about.
    pub subscription: Option<Name>,
    /// Who, as clients call themselves; empty if it is not known.
    pub actor: String,
    /// What happened, in one sentence.
    pub text: String,
    /// How many messages it is about.
    pub count: u64,
    /// How many happenings it stands for, from 1.
    pub merged: u64,
    /// The operation.
    pub operation: Option<OperationId>,
}

impl Happening {
    /// One that is about nothing in particular.
    pub fn new(time: Time, kind: EventKind, text: impl Into<String>) -> Self {
        Self {
            time,
            kind,
            severity: Severity::Fine,
            topic: None,
            subscription: None,
            actor: String::new(),
            text: text.into(),
            count: 0,
            merged: 1,
            operation: None,
        }
    }

    /// The same about a topic.
    pub fn of_topic(self, topic: Name) -> Self {
        Self {
            topic: Some(topic),
            ..self
        }
    }

    /// The same about a subscription of a topic.
    pub fn of_subscription(self, topic: Name, subscription: Name) -> Self {
        Self {
            topic: Some(topic),
            subscription: Some(subscription),
            ..self
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number: rises from event to event, from 1.
    pub sequence: u64,
    /// What it says.
    pub happening: Happening,
}

impl Event {
    /// Whether it is about a topic or one of its subscriptions, or about nothing in particular.
    pub fn is_about_topic(&self, topic: &Name) -> bool {
        let told = self.happening.topic.as_ref();
        told.is_none_or(|told| told == topic)
    }

    /// Whether it is about a subscription or its topic as a whole, or about nothing in particular.
    pub fn is_about_subscription(&self, subscription: &Name, topic: Option<&Name>) -> bool {
        match (&self.happening.subscription, &self.happening.topic) {
            (Some(told), _) => told == subscription,
            (None, Some(told)) => topic == Some(told),
            (None, None) => true,
        }
    }
}
