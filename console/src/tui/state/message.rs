//! One message and what it is for each subscription of its topic: what the payload viewer and the
//! biography of a message are drawn from.

use std::sync::Arc;

use weir_proto::safe_text::SafeText;
use weir_proto::v1::{self, MessageState};

use super::reading::broker_seconds;

/// How many bytes of a name, key or reason are kept.
const TEXT_CAP_BYTES: usize = 1_024;

/// A message as it was when the broker was asked.
#[derive(Clone, Debug)]
pub(crate) struct StoredMessage {
    pub(crate) id: SafeText,
    /// Empty if the answer did not say.
    pub(crate) topic: SafeText,
    pub(crate) key: SafeText,
    pub(crate) payload: Arc<[u8]>,
    /// In order of the names.
    pub(crate) attributes: Vec<(SafeText, SafeText)>,
    pub(crate) partition: u32,
    pub(crate) offset: u64,
    /// Seconds since the epoch by the broker's clock.
    pub(crate) published: Option<f64>,
    /// The one of the subscription that was asked for, or one of each.
    pub(crate) fates: Vec<Fate>,
}

/// What a message is for one subscription.
#[derive(Clone, Debug)]
pub(crate) struct Fate {
    pub(crate) subscription: SafeText,
    pub(crate) state: MessageState,
    pub(crate) failed_attempts: u32,
    /// When the lease ends, the next try is due or the message is due: seconds since the epoch.
    pub(crate) lease_until: Option<f64>,
    pub(crate) retry_at: Option<f64>,
    pub(crate) due_at: Option<f64>,
    /// Who holds it; empty if nobody does.
    pub(crate) consumer: SafeText,
    pub(crate) death: Option<Death>,
}

/// Why and when a message died.
#[derive(Clone, Debug)]
pub(crate) struct Death {
    pub(crate) reason: SafeText,
    pub(crate) class: SafeText,
    pub(crate) attempts: u32,
    pub(crate) first_failure: Option<f64>,
    pub(crate) last_failure: Option<f64>,
    pub(crate) consumer: SafeText,
}

impl StoredMessage {
    /// Takes a message over from the wire.
    pub(crate) fn new(peeked: &v1::PeekedMessage, topic: &str) -> Self {
        let none = v1::Message::default();
        let message = peeked.message.as_ref().unwrap_or(&none);
        let mut attributes: Vec<_> = message.attributes.iter().collect();
        attributes.sort();
        Self {
            id: text(&peeked.message_id),
            topic: text(topic),
            key: text(&message.ordering_key),
            payload: Arc::from(message.payload.as_ref()),
            attributes: attributes
                .into_iter()
                .map(|(name, value)| (text(name), text(value)))
                .collect(),
            partition: peeked.partition,
            offset: peeked.offset,
            published: peeked.publish_time.map(broker_seconds),
            fates: peeked.states.iter().map(Fate::new).collect(),
        }
    }

    /// What it is for a subscription.
    pub(crate) fn fate(&self, subscription: &str) -> Option<&Fate> {
        self.fates
            .iter()
            .find(|fate| fate.subscription.as_str() == subscription)
    }

    /// Why it died, in whichever subscription it did last.
    pub(crate) fn death(&self) -> Option<&Death> {
        let deaths = self.fates.iter().filter_map(|fate| fate.death.as_ref());
        deaths.max_by(|a, b| {
            let at = |death: &Death| death.last_failure.unwrap_or(0.0);
            at(a).total_cmp(&at(b))
        })
    }
}

impl Fate {
    fn new(state: &v1::SubscriptionMessageState) -> Self {
        Self {
            subscription: text(&state.subscription),
            state: state.state(),
            failed_attempts: state.failed_attempts,
            lease_until: state.lease_deadline.map(broker_seconds),
            retry_at: state.retry_time.map(broker_seconds),
            due_at: state.due_time.map(broker_seconds),
            consumer: text(&state.consumer),
            death: state.dead_letter.as_ref().map(Death::new),
        }
    }
}

impl Death {
    fn new(dead: &v1::DeadLetter) -> Self {
        Self {
            reason: text(&dead.reason),
            class: text(&dead.error_class),
            attempts: dead.attempts,
            first_failure: dead.first_failure_time.map(broker_seconds),
            last_failure: dead.last_failure_time.map(broker_seconds),
            consumer: text(&dead.consumer),
        }
    }
}

fn text(text: &str) -> SafeText {
    SafeText::capped(text.as_bytes(), TEXT_CAP_BYTES)
}
