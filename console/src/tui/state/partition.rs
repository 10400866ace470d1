//! One subscription on one partition of its topic.

use weir_proto::v1::SubscriptionPartitionStats;

use super::reading::measured;

/// What a partition holds for a subscription.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Partition {
    pub(crate) partition: u32,
    pub(crate) backlog: u64,
    pub(crate) leased: u64,
    pub(crate) dead: u64,
    /// The age of its oldest message in seconds.
    pub(crate) lag: Option<f64>,
}

impl Partition {
    /// Takes a partition over from the wire.
    pub(crate) fn new(stats: &SubscriptionPartitionStats) -> Self {
        Self {
            partition: stats.partition,
            backlog: stats.backlog,
            leased: stats.leased,
            dead: stats.dead,
            lag: stats.lag_seconds.and_then(measured),
        }
    }
}

/// How many times the mean a share is: 1.0 is even, 2.0 is twice its part.
pub(crate) fn skew(one: u64, all: impl Iterator<Item = u64> + Clone) -> Option<f64> {
    let count = all.clone().count();
    let sum = all.fold(0_u64, u64::saturating_add);
    (sum > 0).then(|| one as f64 * count as f64 / sum as f64)
}
