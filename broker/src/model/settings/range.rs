//! The defaults and ranges of settings, and the refusal of a value outside its range.

use crate::model::{Refusal, Span};

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

/// How long messages of a new subscription's backlog are kept unless said otherwise.
pub const DEFAULT_BACKLOG_RETENTION: Span = Span::from_secs(7 * 24 * 3_600);
/// An ephemeral subscription is deleted once it had no consumer for so long: one that reconnects is back before.
pub const EPHEMERAL_GRACE: Span = Span::from_secs(10);
/// The longest filter, in bytes.
pub const MAX_FILTER_BYTES: u64 = 256;
/// The largest rate of a subscription, in messages per second.
pub const MAX_DELIVERY_RATE: u64 = 10_000_000;
/// The most messages that a subscription may have leased, all consumers together.
pub const MAX_OUTSTANDING: u64 = 100_000_000;
/// The largest limit on stored messages or bytes: more than any disk has.
pub const MAX_STORED: u64 = 1 << 60;

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
