//! What a machine is told: the rules of its subscription, who asks, how much may be granted, how an
//! attempt failed.
//!
//! Promises that the wait after a failure depends on the message, the attempt and the rules only.
//! Reads no clock.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use crate::model::settings::{BACKOFF_JITTER_PERCENT, KeyOrder, SubscriptionSettings};
use crate::model::{
    ConsumerId, Incarnation, LeaseSerial, Mono, Offset, Partition, Position, Span, Time, TopicId,
};

/// The most messages of a subscription that wait behind an earlier one of their key.
pub const MAX_PARKED_MESSAGES: u64 = 1_000_000;
/// The most keys of a subscription that messages wait behind.
pub const MAX_PARKED_KEYS: u64 = 65_536;

/// The settings of a subscription that its machines obey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How long a lease lasts.
    pub ack_deadline: Span,
    /// The attempt whose failure makes a message dead.
    pub max_attempts: u32,
    /// The wait after the first failure.
    pub backoff_min: Span,
    /// The longest wait.
    pub backoff_max: Span,
    /// Order within a key.
    pub key_order: KeyOrder,
    /// How long dead messages are kept.
    pub dead_retention: Span,
    /// Whether messages wait after their backoff until they are woken one by one: see
    /// [`Machine::wake_some`](super::Machine::wake_some).
    pub paces_retries: bool,
    /// The most messages of this partition that wait behind an earlier one of their key.
    pub parked_messages: u64,
    /// The most keys of this partition that messages wait behind.
    pub parked_keys: u64,
    /// No lease ends before this: an ack that was in time may still be on its way. No setting, but what the core
    /// knows at a time.
    pub leases_end_from: Mono,
}

impl Rules {
    /// The rules on each of `partitions` partitions, which share the bounds on parked messages.
    pub fn of(settings: &SubscriptionSettings, partitions: u32) -> Self {
        let share = u64::from(partitions.max(1));
        Self {
            ack_deadline: settings.ack_deadline,
            max_attempts: settings.max_attempts,
            backoff_min: settings.backoff_min,
            backoff_max: settings.backoff_max,
            key_order: settings.key_order,
            dead_retention: settings.dead_retention,
            paces_retries: settings.retry_budget.is_some(),
            parked_messages: (MAX_PARKED_MESSAGES / share).max(1),
            parked_keys: (MAX_PARKED_KEYS / share).max(1),
            leases_end_from: Mono(0),
        }
    }
}

impl From<&SubscriptionSettings> for Rules {
    fn from(settings: &SubscriptionSettings) -> Self {
        Self::of(settings, 1)
    }
}

/// Who takes messages, and under which lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The consumer.
    pub consumer: ConsumerId,
    /// Its name.
    pub name: Arc<str>,
    /// The number that all grants of this take have.
    pub serial: LeaseSerial,
    /// The broker's incarnation.
    pub incarnation: Incarnation,
    /// When the leases end.
    pub deadline: Mono,
    /// When they are granted.
    pub since: Mono,
    /// The position that the `Delivered` entry will have, or an earlier one.
    pub at: Position,
}

/// How much may be granted at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Messages.
    pub messages: u64,
    /// Bytes of encoded messages.
    pub bytes: u64,
    /// Whether a first message that is larger goes all the same, alone: the consumer holds nothing
    /// else.
    pub may_exceed: bool,
}

/// What is wanted after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Wait by the subscription's backoff.
    Backoff,
    /// Wait so long.
    After(Span),
    /// No other attempt.
    Dead,
}

/// A failure to be decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setback {
    /// When it happened.
    pub now: Time,
    /// What is wanted.
    pub retry: Retry,
    /// The topic of the messages: part of their ids, which spread the retries.
    pub topic: TopicId,
    /// The partition of the messages.
    pub partition: Partition,
}

impl Setback {
    /// When a message whose attempt number `attempt` failed is ready again, by the backoff of
    /// `rules`: doubled with each attempt, then varied by a stable hash of message id and attempt.
    pub(super) fn backoff_until(&self, rules: &Rules, offset: Offset, attempt: u32) -> Time {
        let doublings = attempt.saturating_sub(1).min(63);
        let doubled = u128::from(rules.backoff_min.0) << doublings;
        let longest = u128::from(rules.backoff_max.0);
        let wait = u64::try_from(doubled.min(longest)).unwrap_or(u64::MAX);
        let swing = wait / 100 * BACKOFF_JITTER_PERCENT;
        let spread = self.hash(offset, attempt) % (2 * swing + 1);
        self.now.plus(Span(wait - swing + spread))
    }

    fn hash(&self, offset: Offset, attempt: u32) -> u64 {
        let mut id = [0u8; 24];
        id[..8].copy_from_slice(&self.topic.0.to_le_bytes());
        id[8..12].copy_from_slice(&self.partition.0.to_le_bytes());
        id[12..20].copy_from_slice(&offset.0.to_le_bytes());
        id[20..].copy_from_slice(&attempt.to_le_bytes());
        xxh3_64(&id)
    }
}
