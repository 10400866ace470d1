//! What can be chosen of a subscription.

use std::sync::Arc;

use super::range::{
    DEFAULT_ACK_DEADLINE, DEFAULT_BACKOFF_MAX, DEFAULT_BACKOFF_MIN, DEFAULT_DEAD_RETENTION,
    DEFAULT_MAX_ATTEMPTS, MAX_ACK_DEADLINE, MAX_DELIVERY_RATE, MAX_FILTER_BYTES, MAX_MAX_ATTEMPTS,
    MAX_OUTSTANDING, MAX_RETENTION, MAX_STORED, MIN_ACK_DEADLINE, in_range, span_in_range,
};
use crate::model::filter::Filter;
use crate::model::{Name, Refusal, Span};

/// Whether messages of one key are handed out one after the other, and what a dead one does to its key.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum KeyOrder {
    /// No order.
    #[default]
    Off,
    /// In order; a dead message holds the later ones of its key.
    Block,
    /// In order; after a dead message its key goes on.
    Skip,
}

/// What happens beyond a limit on a subscription's backlog.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum BacklogPolicy {
    /// The oldest messages that are not leased are dropped as overflow.
    #[default]
    DropOldest,
    /// Publishing to the topic is refused until the backlog is within the limit again.
    HoldPublishers,
}

/// What can be chosen of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionSettings {
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
    /// Which messages it is for: an expression over attributes, already checked; `None` for all.
    pub filter: Option<Arc<str>>,
    /// How many messages all its consumers together may hold; `None` without a limit.
    pub max_outstanding: Option<u64>,
    /// How many messages are handed out per second at most; `None` without a limit.
    pub delivery_rate: Option<u64>,
    /// How long messages of its backlog are kept; then they are dropped as expired. `None` for ever.
    pub backlog_retention: Option<Span>,
    /// How many messages its backlog may have; `None` without a limit.
    pub max_backlog_messages: Option<u64>,
    /// How many bytes its backlog may have; `None` without a limit.
    pub max_backlog_bytes: Option<u64>,
    /// What happens beyond these two limits.
    pub backlog_policy: BacklogPolicy,
    /// It is deleted once it had no consumer for so long; `None` for never.
    pub expiration: Option<Span>,
    /// It is handed to no consumer until it is resumed.
    pub is_paused: bool,
    /// Dead messages are moved to this topic; `None` keeps them.
    pub dead_letter_topic: Option<Name>,
    /// How many redeliveries per minute it may make; beyond it, failed messages wait. `None` without a limit.
    pub retry_budget: Option<u64>,
    /// The age of its oldest message that its owner still accepts.
    pub slo_age: Option<Span>,
    /// The backlog that its owner still accepts.
    pub slo_backlog: Option<u64>,
}

impl Default for SubscriptionSettings {
    fn default() -> Self {
        Self {
            ack_deadline: DEFAULT_ACK_DEADLINE,
            max_attempts: DEFAULT_MAX_ATTEMPTS,
            backoff_min: DEFAULT_BACKOFF_MIN,
            backoff_max: DEFAULT_BACKOFF_MAX,
            key_order: KeyOrder::Off,
            dead_retention: DEFAULT_DEAD_RETENTION,
            filter: None,
            max_outstanding: None,
            delivery_rate: None,
            backlog_retention: None,
            max_backlog_messages: None,
            max_backlog_bytes: None,
            backlog_policy: BacklogPolicy::DropOldest,
            expiration: None,
            is_paused: false,
            dead_letter_topic: None,
            retry_budget: None,
            slo_age: None,
            slo_backlog: None,
        }
    }
}

impl SubscriptionSettings {
    /// Checks every range.
    pub fn check(&self) -> Result<(), Refusal> {
        self.check_delivery()?;
        self.check_limits()
    }

    fn check_delivery(&self) -> Result<(), Refusal> {
        let deadline = self.ack_deadline;
        span_in_range(
            "subscription.ack_deadline",
            deadline,
            MIN_ACK_DEADLINE,
            MAX_ACK_DEADLINE,
        )?;
        let attempts = u64::from(self.max_attempts);
        in_range(
            "subscription.max_attempts",
            attempts,
            1,
            u64::from(MAX_MAX_ATTEMPTS),
        )?;
        let (min, max) = (self.backoff_min, self.backoff_max);
        span_in_range(
            "subscription.minimum_backoff",
            min,
            Span::ZERO,
            MAX_ACK_DEADLINE,
        )?;
        span_in_range("subscription.maximum_backoff", max, min, MAX_ACK_DEADLINE)?;
        let (least, most) = (Span::from_secs(1), MAX_RETENTION);
        span_in_range(
            "subscription.dead_letter_retention",
            self.dead_retention,
            least,
            most,
        )
    }

    fn check_limits(&self) -> Result<(), Refusal> {
        let (least, most) = (Span::from_secs(1), MAX_RETENTION);
        let spans = [
            ("subscription.backlog_retention", self.backlog_retention),
            ("subscription.expiration", self.expiration),
            ("subscription.slo_age", self.slo_age),
        ];
        for (field, value) in spans {
            if let Some(value) = value {
                span_in_range(field, value, least, most)?;
            }
        }
        let numbers = [
            (
                "subscription.max_outstanding_messages",
                self.max_outstanding,
                MAX_OUTSTANDING,
            ),
            (
                "subscription.delivery_rate",
                self.delivery_rate,
                MAX_DELIVERY_RATE,
            ),
            (
                "subscription.max_backlog_messages",
                self.max_backlog_messages,
                MAX_STORED,
            ),
            (
                "subscription.max_backlog_bytes",
                self.max_backlog_bytes,
                MAX_STORED,
            ),
            (
                "subscription.retry_budget",
                self.retry_budget,
                MAX_DELIVERY_RATE,
            ),
        ];
        for (field, value, most) in numbers {
            if let Some(value) = value {
                in_range(field, value, 1, most)?;
            }
        }
        if let Some(filter) = &self.filter {
            let length = filter.len() as u64;
            in_range("subscription.filter (bytes)", length, 1, MAX_FILTER_BYTES)?;
            Filter::parse(filter).map_err(|error| Refusal::FilterInvalid {
                field: "subscription.filter",
                detail: error.to_string(),
            })?;
        }
        Ok(())
    }
}
