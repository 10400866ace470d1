//! One topic: what it stores and takes in, and, where it was asked for by name, its parts.

use weir_proto::safe_text::SafeText;
use weir_proto::v1::{
    Durability, Rate, SubscriptionPartitionStats, TopKey as WireTopKey, TopicPartitionStats,
    TopicStats,
};

use super::reading::measured;

const NAME_CAP_BYTES: usize = 511;

/// One topic in numbers.
#[derive(Clone, Debug)]
pub(crate) struct Topic {
    pub(crate) id: u64,
    pub(crate) name: SafeText,
    pub(crate) is_relaxed: bool,
    pub(crate) published: u64,
    pub(crate) stored: u64,
    pub(crate) stored_bytes: u64,
    /// Messages per second over the shortest and the longest window.
    pub(crate) fast_rate: Option<f64>,
    pub(crate) slow_rate: Option<f64>,
    pub(crate) partition_count: u32,
    pub(crate) subscription_count: u32,
    pub(crate) unrouted: u64,
    /// Only of a topic that was asked for by name.
    pub(crate) partitions: Vec<TopicPart>,
    /// The same.
    pub(crate) top_keys: Vec<TopKey>,
}

/// A partition of a topic.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TopicPart {
    pub(crate) partition: u32,
    pub(crate) low_offset: u64,
    pub(crate) next_offset: u64,
    pub(crate) stored_bytes: u64,
}

/// A key that many messages have.
#[derive(Clone, Debug)]
pub(crate) struct TopKey {
    pub(crate) key: SafeText,
    /// Of all messages with a key, 0 to 1.
    pub(crate) share: Option<f64>,
    pub(crate) count: u64,
    pub(crate) count_error: u64,
    pub(crate) partition: u32,
}

/// What a subscription has in one partition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    pub(crate) partition: u32,
    pub(crate) backlog: u64,
    pub(crate) ready: u64,
    pub(crate) leased: u64,
    pub(crate) waiting: u64,
    pub(crate) dead: u64,
    pub(crate) acked: u64,
    pub(crate) lag: Option<f64>,
}

impl Topic {
    /// Takes a topic over from the wire.
    pub(crate) fn new(stats: &TopicStats) -> Self {
        let rate = |pick: fn(&&Rate, &&Rate) -> std::cmp::Ordering| {
            let rate = stats.publish_rates.iter().max_by(pick)?;
            measured(rate.per_second)
        };
        Self {
            id: stats.topic_id,
            name: SafeText::capped(stats.name.as_bytes(), NAME_CAP_BYTES),
            is_relaxed: stats.durability() == Durability::Relaxed,
            published: stats.published,
            stored: stats.stored,
            stored_bytes: stats.stored_bytes,
            fast_rate: rate(|a, b| b.window_seconds.total_cmp(&a.window_seconds)),
            slow_rate: rate(|a, b| a.window_seconds.total_cmp(&b.window_seconds)),
            partition_count: stats.partition_count,
            subscription_count: stats.subscription_count,
            unrouted: stats.unrouted,
            partitions: stats.partitions.iter().map(TopicPart::new).collect(),
            top_keys: stats.top_keys.iter().map(TopKey::new).collect(),
        }
    }
}

impl TopicPart {
    fn new(stats: &TopicPartitionStats) -> Self {
        Self {
            partition: stats.partition,
            low_offset: stats.low_offset,
            next_offset: stats.next_offset,
            stored_bytes: stats.stored_bytes,
        }
    }
}

impl TopKey {
    fn new(key: &WireTopKey) -> Self {
        Self {
            key: SafeText::capped(key.key.as_bytes(), NAME_CAP_BYTES),
            share: measured(key.share),
            count: key.count,
            count_error: key.count_error,
            partition: key.partition,
        }
    }
}

impl Share {
    /// Takes a share over from the wire.
    pub(crate) fn new(stats: &SubscriptionPartitionStats) -> Self {
        Self {
            partition: stats.partition,
            backlog: stats.backlog,
            ready: stats.ready,
            leased: stats.leased,
            waiting: stats.waiting,
            dead: stats.dead,
            acked: stats.acked,
            lag: stats.lag_seconds.and_then(measured),
        }
    }
}
