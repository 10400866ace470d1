//! Messages that are looked into, which changes nothing about them: dead ones of a subscription, and the
//! life of a single one.

use bytes::Bytes;
use weir_proto::safe_text::SafeText;
use weir_proto::v1::{
    DeadLetter, GetMessageResponse, MessageState, PeekResponse, PeekedMessage,
    SubscriptionMessageState,
};

use super::operation::Operation;
use super::reading::broker_seconds;

const NAME_CAP_BYTES: usize = 511;
const TEXT_CAP_BYTES: usize = 8_192;
/// How much of a payload is kept for the viewer; its full size is said besides.
pub(crate) const PAYLOAD_CAP_BYTES: usize = 256 * 1024;

/// One page of messages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Letters {
    pub(crate) letters: Vec<Letter>,
    /// Whether there are more than were asked for.
    pub(crate) has_more: bool,
}

/// A message, and how it is in the subscriptions of its topic.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    pub(crate) id: SafeText,
    pub(crate) partition: u32,
    pub(crate) offset: u64,
    /// Seconds since the epoch by the broker's clock.
    pub(crate) published: Option<f64>,
    pub(crate) key: SafeText,
    pub(crate) attributes: Vec<(SafeText, SafeText)>,
    /// The payload's beginning, as it was sent; a view makes it safe to show.
    pub(crate) payload: Bytes,
    /// The size of all of it in bytes.
    pub(crate) size: u64,
    pub(crate) states: Vec<LetterState>,
}

/// How a message is in one subscription.
#[derive(Clone, Debug)]
pub(crate) struct LetterState {
    pub(crate) subscription: SafeText,
    pub(crate) state: MessageState,
    pub(crate) failed_attempts: u32,
    /// Times are seconds since the epoch by the broker's clock.
    pub(crate) lease_deadline: Option<f64>,
    pub(crate) retry_time: Option<f64>,
    pub(crate) due_time: Option<f64>,
    pub(crate) consumer: SafeText,
    pub(crate) death: Option<Death>,
}

/// Why a message is dead.
#[derive(Clone, Debug)]
pub(crate) struct Death {
    pub(crate) reason: SafeText,
    pub(crate) class: SafeText,
    pub(crate) attempts: u32,
    pub(crate) first_failure: Option<f64>,
    pub(crate) last_failure: Option<f64>,
    pub(crate) consumer: SafeText,
}

/// The life of one message.
#[derive(Clone, Debug)]
pub(crate) struct Biography {
    pub(crate) topic: SafeText,
    pub(crate) letter: Letter,
    /// What changed it besides consumers, the oldest first.
    pub(crate) operations: Vec<Operation>,
}

impl Letters {
    /// Takes a page over from the wire.
    pub(crate) fn new(response: &PeekResponse) -> Self {
        Self {
            letters: response.messages.iter().map(Letter::new).collect(),
            has_more: !response.next_page_token.is_empty(),
        }
    }

    /// The one with an id.
    pub(crate) fn get(&self, id: &str) -> Option<&Letter> {
        self.letters.iter().find(|one| one.id.as_str() == id)
    }
}

impl Letter {
    fn new(peeked: &PeekedMessage) -> Self {
        let message = peeked.message.clone().unwrap_or_default();
        let size = message.payload.len();
        // Copied, so that a letter does not keep the whole answer it came in.
        let kept = &message.payload[..size.min(PAYLOAD_CAP_BYTES)];
        let mut attributes: Vec<_> = message
            .attributes
            .iter()
            .map(|(name, value)| (safe_name(name), safe_name(value)))
            .collect();
        attributes.sort_by(|one, two| one.0.as_str().cmp(two.0.as_str()));
        Self {
            id: safe_name(&peeked.message_id),
            partition: peeked.partition,
            offset: peeked.offset,
            published: peeked.publish_time.map(broker_seconds),
            key: safe_name(&message.ordering_key),
            attributes,
            payload: Bytes::copy_from_slice(kept),
            size: size as u64,
            states: peeked.states.iter().map(LetterState::new).collect(),
        }
    }

    /// Why it is dead, in the first subscription in which it is.
    pub(crate) fn death(&self) -> Option<&Death> {
        self.states.iter().find_map(|state| state.death.as_ref())
    }
}

impl LetterState {
    fn new(state: &SubscriptionMessageState) -> Self {
        Self {
            subscription: safe_name(&state.subscription),
            state: state.state(),
            failed_attempts: state.failed_attempts,
            lease_deadline: state.lease_deadline.map(broker_seconds),
            retry_time: state.retry_time.map(broker_seconds),
            due_time: state.due_time.map(broker_seconds),
            consumer: safe_name(&state.consumer),
            death: state.dead_letter.as_ref().map(Death::new),
        }
    }
}

impl Death {
    fn new(letter: &DeadLetter) -> Self {
        Self {
            reason: SafeText::capped(letter.reason.as_bytes(), TEXT_CAP_BYTES),
            class: safe_name(&letter.error_class),
            attempts: letter.attempts,
            first_failure: letter.first_failure_time.map(broker_seconds),
            last_failure: letter.last_failure_time.map(broker_seconds),
            consumer: safe_name(&letter.consumer),
        }
    }
}

impl Biography {
    /// Takes a message over from the wire.
    pub(crate) fn new(response: &GetMessageResponse) -> Self {
        let peeked = response.message.clone().unwrap_or_default();
        Self {
            topic: safe_name(&response.topic),
            letter: Letter::new(&peeked),
            operations: response.operations.iter().map(Operation::new).collect(),
        }
    }
}

impl Biography {
    /// The first subscription that has it, and whether it is dead there: one in which it is comes first.
    pub(crate) fn holder(&self) -> Option<(&SafeText, bool)> {
        let states = &self.letter.states;
        let dead = states.iter().find(|one| one.state == MessageState::Dead);
        let found = dead.or_else(|| states.first())?;
        Some((&found.subscription, dead.is_some()))
    }
}

fn safe_name(text: &str) -> SafeText {
    SafeText::capped(text.as_bytes(), NAME_CAP_BYTES)
}
