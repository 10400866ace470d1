//! The entry of a key that an operator released, with its bytes.

use super::bytes::{DecodeError, Reader, Writer};
use super::record_codec::{read_place, write_place};
use crate::model::{OffsetRange, Partition, SubscriptionId};

/// Dead messages hold their key no longer: it goes on without them. They stay dead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unparked {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The partition.
    pub partition: Partition,
    /// The messages, in order, disjoint; each was dead.
    pub ranges: Vec<OffsetRange>,
}

impl Unparked {
    /// Writes the fields; gives the kind.
    pub(super) fn write(&self, out: &mut Writer) -> u8 {
        write_place(out, self.subscription, self.partition).ranges(&self.ranges);
        27
    }

    pub(super) fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (subscription, partition) = read_place(input)?;
        Ok(Self {
            subscription,
            partition,
            ranges: input.ranges("unparked messages")?,
        })
    }
}
