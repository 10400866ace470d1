//! What can be chosen of a topic.

use super::range::{
    DEFAULT_RETENTION, DEFAULT_RETENTION_BYTES, MAX_PARTITIONS, MAX_RETENTION, MAX_STORED,
    in_range, span_in_range,
};
use crate::model::{Refusal, Span};

/// What happens to a publish beyond a limit on stored messages or bytes.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum LimitPolicy {
    /// It is refused; a pipelined stream waits.
    #[default]
    Reject,
    /// The oldest unfinished messages are dropped as overflow.
    DropOldest,
}

/// When a publish is confirmed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// When it is on the disk.
    #[default]
    Durable,
    /// When it is written to the operating system: a power cut may lose what was confirmed in the last moments.
    Relaxed,
}

/// What can be chosen of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopicSettings {
    /// How many partitions it has, 1 to [`MAX_PARTITIONS`]; fixed.
    pub partitions: u32,
    /// How long messages that every subscription has finished stay for replay; zero keeps none.
    pub retention: Span,
    /// How many bytes of them stay at most; zero keeps none.
    pub retention_bytes: u64,
    /// How long a message lives that says nothing of it; `None` for ever.
    pub time_to_live: Option<Span>,
    /// How many messages that some subscription has not finished may be stored; `None` without a limit.
    pub max_messages: Option<u64>,
    /// How many bytes of them may be stored; `None` without a limit.
    pub max_bytes: Option<u64>,
    /// What happens beyond these limits.
    pub limit_policy: LimitPolicy,
    /// When a publish is confirmed.
    pub durability: Durability,
}

impl Default for TopicSettings {
    fn default() -> Self {
        Self {
            partitions: 1,
            retention: DEFAULT_RETENTION,
            retention_bytes: DEFAULT_RETENTION_BYTES,
            time_to_live: None,
            max_messages: None,
            max_bytes: None,
            limit_policy: LimitPolicy::Reject,
            durability: Durability::Durable,
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
        )?;
        if let Some(life) = self.time_to_live {
            let least = Span::from_millis(1);
            span_in_range("topic.message_time_to_live", life, least, MAX_RETENTION)?;
        }
        if let Some(messages) = self.max_messages {
            in_range("topic.max_messages", messages, 1, MAX_STORED)?;
        }
        if let Some(bytes) = self.max_bytes {
            in_range("topic.max_bytes", bytes, 1, MAX_STORED)?;
        }
        Ok(())
    }
}
