//! The entry of a scan: what of older messages went through a filter, with its bytes.
//!
//! ```text
//! 28 Scanned  subscription, partition, start and count of the rest, ranges
//! ```

use super::bytes::{DecodeError, Reader, Writer};
use super::record_codec::{read_place, write_place};
use crate::model::{Offset, OffsetRange, Partition, SubscriptionId};

/// A subscription with a filter has messages that were published before the filter could be asked: how far they were
/// put through it since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The partition.
    pub partition: Partition,
    /// What is still to be put through; empty at the end.
    pub rest: OffsetRange,
    /// What the filter leaves out of those put through now, in order, disjoint: it is dropped. Each was unfinished and
    /// not leased.
    pub left_out: Vec<OffsetRange>,
}

impl Scanned {
    /// Writes the fields; gives the kind.
    pub(super) fn write(&self, out: &mut Writer) -> u8 {
        let place = write_place(out, self.subscription, self.partition);
        place.number(self.rest.start.0).number(self.rest.count());
        place.ranges(&self.left_out);
        28
    }

    pub(super) fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (subscription, partition) = read_place(input)?;
        let start = Offset(input.number("the rest of a scan")?);
        let count = input.number("the rest of a scan")?;
        if start.0.checked_add(count).is_none() {
            return Err(DecodeError::Invalid("the rest of a scan"));
        }
        Ok(Self {
            subscription,
            partition,
            rest: OffsetRange::new(start, count),
            left_out: input.ranges("what is left out")?,
        })
    }
}
