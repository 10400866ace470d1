//! Settings of topics and subscriptions, with their defaults and ranges.

use super::{Refusal, Span};

/// The most partitions of a topic.
pub const MAX_PARTITIONS: u32 = 256;
/// How long finished messages stay for replay unless said otherwise.
pub const DEFAULT_RETENTION: Span = Span::from_secs(24 * 3_600);
/// How many bytes of finished messages stay for replay unless said otherwise.
pub const DEFAULT_RETENTION_BYTES: u64 = 1 << 30;
/// The longest any retention may be: ten years.
pub const MAX_RETENTION: Span = Span::from_secs(3_650 * 24 * 3_600);
/// How long a lease lasts unless said otherwise.
pub const DEFAULT_ACK_DEADLINE: Span = Span::from_secs(30);
/// The shortest ack deadline.
pub const MIN_ACK_DEADLINE: Span = Span::from_secs(1);
/// The longest ack deadline, and the longest wait before a redelivery.
pub const MAX_ACK_DEADLINE: Span = Span::from_secs(12 * 3_600);
/// The attempt whose failure makes a message dead unless said otherwise.
pub const DEFAULT_MAX_ATTEMPTS: u32 = 10;
/// The largest such attempt.
pub const MAX_MAX_ATTEMPTS: u32 = 10_000;
/// The wait after the first failure unless said otherwise.
pub const DEFAULT_BACKOFF_MIN: Span = Span::from_millis(100);
/// The longest wait between attempts unless said otherwise.
pub const DEFAULT_BACKOFF_MAX: Span = Span::from_secs(60);
/// How far a wait varies either way, in per cent.
pub const BACKOFF_JITTER_PERCENT: u64 = 20;
/// How long dead messages are kept unless said otherwise.
pub const DEFAULT_DEAD_RETENTION: Span = Span::from_secs(14 * 24 * 3_600);

/// What can be chosen of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopicSettings {
    /// How many partitions it has, 1 to [`MAX_PARTITIONS`]; fixed.
    pub partitions: u32,
    /// How long messages that every subscription has finished stay for replay; zero keeps none.
    pub retention: Span,
    /// How many bytes of them stay at most; zero keeps none.
    pub retention_bytes: u64,
}

impl Default for TopicSettings {
    fn default() -> Self {
        Self {
            partitions: 1,
            retention: DEFAULT_RETENTION,
            retention_bytes: DEFAULT_RETENTION_BYTES,
        }
    }
}

impl TopicSettings {
    /// Checks every range.
    pub fn check(&self) -> Result<(), Refusal> {
        let partitions = u64::from(self.partitions);
        in_range(
            "topic.partition_count",
            partitions,
            1,
            u64::from(MAX_PARTITIONS),
        )?;
        span_in_range(
            "topic.retention_duration",
            self.retention,
            Span::ZERO,
            MAX_RETENTION,
        )
    }
}

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

/// What can be chosen of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
        }
    }
}

impl SubscriptionSettings {
    /// Checks every range.
    pub fn check(&self) -> Result<(), Refusal> {
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
}

/// Refuses a number outside `min..=max`.
pub fn in_range(field: &'static str, value: u64, min: u64, max: u64) -> Result<(), Refusal> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(Refusal::ValueOutOfRange {
        field,
        value: value.to_string(),
        range: format!("{min} to {max}"),
    })
}

/// Refuses a span outside `min..=max`.
pub fn span_in_range(
    field: &'static str,
    value: Span,
    min: Span,
    max: Span,
) -> Result<(), Refusal> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(Refusal::ValueOutOfRange {
        field,
        value: value.to_string(),
        range: format!("{min} to {max}"),
    })
}
