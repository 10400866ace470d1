//! The entry of a seek, with its bytes.

use super::bytes::{DecodeError, Reader, Writer};
use super::record_codec::{read_place, write_place};
use crate::model::{Epoch, Offset, Partition, SubscriptionId};

/// A subscription goes on in a new epoch: every lease of an earlier one has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sought {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The partition.
    pub partition: Partition,
    /// The new epoch.
    pub epoch: Epoch,
    /// Where it goes on.
    pub target: Offset,
    /// Whether everything from the target on that is not dead is ready again, and nothing before it belongs to the
    /// subscription. Otherwise what is skipped is dropped by entries that follow.
    pub is_anew: bool,
}

impl Sought {
    /// Writes the fields; gives the kind.
    pub(super) fn write(&self, out: &mut Writer) -> u8 {
        let place = write_place(out, self.subscription, self.partition);
        place.number(self.epoch.0.into()).number(self.target.0);
        place.number(self.is_anew.into());
        21
    }

    pub(super) fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (subscription, partition) = read_place(input)?;
        Ok(Self {
            subscription,
            partition,
            epoch: Epoch(input.number_u32("the epoch")?),
            target: Offset(input.number("the target")?),
            is_anew: match input.number("the way of a seek")? {
                0 => false,
                1 => true,
                _ => return Err(DecodeError::Invalid("the way of a seek")),
            },
        })
    }
}
