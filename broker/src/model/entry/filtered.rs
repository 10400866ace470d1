//! The entry of what filters leave out of a batch, with its bytes.
//!
//! ```text
//! 24 Filtered  topic, partition, count, each: count, subscriptions, ranges
//! ```

use super::bytes::{DecodeError, Reader, Writer};
use crate::model::{OffsetRange, Partition, SubscriptionId, TopicId};

/// What filters leave out of a batch that was published just before, in the same commit group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filtered {
    /// The topic.
    pub topic: TopicId,
    /// The partition.
    pub partition: Partition,
    /// For each filter that leaves something out.
    pub left_out: Vec<LeftOut>,
}

/// What one filter leaves out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The subscriptions that have the filter, in order.
    pub subscriptions: Vec<SubscriptionId>,
    /// The messages, in order, disjoint; each was unfinished and not leased.
    pub ranges: Vec<OffsetRange>,
}

impl Filtered {
    /// Writes the fields; gives the kind.
    pub(super) fn write(&self, out: &mut Writer) -> u8 {
        out.number(self.topic.0).number(self.partition.0.into());
        out.number(self.left_out.len() as u64);
        for left_out in &self.left_out {
            out.number(left_out.subscriptions.len() as u64);
            for subscription in &left_out.subscriptions {
                out.number(subscription.0);
            }
            out.ranges(&left_out.ranges);
        }
        24
    }

    pub(super) fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let topic = TopicId(input.number("the topic")?);
        let partition = Partition(input.number_u32("the partition")?);
        let mut left_out = Vec::new();
        for _ in 0..input.length("the filters")? {
            let mut subscriptions = Vec::new();
            for _ in 0..input.length("the subscriptions")? {
                subscriptions.push(SubscriptionId(input.number("a subscription")?));
            }
            left_out.push(LeftOut {
                subscriptions,
                ranges: input.ranges("what is left out")?,
            });
        }
        Ok(Self {
            topic,
            partition,
            left_out,
        })
    }
}
