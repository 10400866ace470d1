//! One topic: what is published to it and stored, by partition, as of the last sample.

use weir_proto::safe_text::SafeText;
use weir_proto::v1::{Durability, TopicStats};

use super::reading::measured;

/// How many bytes of a name or key are kept.
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
    /// Messages per second over 10 s and over a minute.
    pub(crate) publish_rate: Option<f64>,
    pub(crate) slow_publish_rate: Option<f64>,
    pub(crate) partition_count: u32,
    pub(crate) subscription_count: u32,
    /// Published while there was no subscription.
    pub(crate) unrouted: u64,
    /// In order; empty unless the topic was asked for by its name.
    pub(crate) partitions: Vec<TopicPartition>,
    /// The most frequent first; empty unless the topic was asked for by its name.
    pub(crate) keys: Vec<TopKey>,
}

/// One partition of a topic.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TopicPartition {
    pub(crate) partition: u32,
    pub(crate) low_offset: u64,
    pub(crate) next_offset: u64,
    pub(crate) stored_bytes: u64,
}

/// A key that many messages carry.
#[derive(Clone, Debug)]
pub(crate) struct TopKey {
    pub(crate) key: SafeText,
    /// From 0 to 1.
    pub(crate) share: Option<f64>,
    pub(crate) count: u64,
    pub(crate) partition: u32,
}

impl Topic {
    /// Takes a topic over from the wire.
    pub(crate) fn new(stats: &TopicStats) -> Self {
        let rate = |window: f64| {
            let of = |rate: &&weir_proto::v1::Rate| (rate.window_seconds - window).abs() < 0.5;
            let rate = stats.publish_rates.iter().find(of);
            rate.and_then(|rate| measured(rate.per_second))
        };
        Self {
            id: stats.topic_id,
            name: SafeText::capped(stats.name.as_bytes(), NAME_CAP_BYTES),
            is_relaxed: stats.durability() == Durability::Relaxed,
            published: stats.published,
            stored: stats.stored,
            stored_bytes: stats.stored_bytes,
            publish_rate: rate(10.0),
            slow_publish_rate: rate(60.0),
            partition_count: stats.partition_count,
            subscription_count: stats.subscription_count,
            unrouted: stats.unrouted,
            partitions: stats.partitions.iter().map(partition).collect(),
            keys: stats.top_keys.iter().map(top_key).collect(),
        }
    }
}

impl TopicPartition {
    /// How many messages were published to it.
    pub(crate) fn published(&self) -> u64 {
        self.next_offset
    }
}

fn partition(stats: &weir_proto::v1::TopicPartitionStats) -> TopicPartition {
    TopicPartition {
        partition: stats.partition,
        low_offset: stats.low_offset,
        next_offset: stats.next_offset,
        stored_bytes: stats.stored_bytes,
    }
}

fn top_key(key: &weir_proto::v1::TopKey) -> TopKey {
    TopKey {
        key: SafeText::capped(key.key.as_bytes(), NAME_CAP_BYTES),
        share: measured(key.share),
        count: key.count,
        partition: key.partition,
    }
}
