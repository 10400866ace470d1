//! What a plan takes, in parts of a size that an operation states at once, so that it begins without sorting it anew.

use super::limits::{PART_RANGES, PART_RECORDS};
use super::plan::PlannedPart;
use crate::model::entry::Deed;
use crate::model::range::push_joined;
use crate::model::{Epoch, OffsetRange, Partition};

/// Parts of a plan in the making.
#[derive(Debug, Default)]
pub(super) struct Parts {
    all: Vec<PlannedPart>,
    /// Of the part under way.
    ranges: Vec<OffsetRange>,
    messages: u64,
}

impl Parts {
    /// Adds messages that come after those that were added of the partition. Of what is dead each has a history.
    pub(super) fn push(&mut self, place: (Partition, Epoch), range: OffsetRange, deed: Deed) {
        let most = if deed.is_on_dead() {
            PART_RECORDS as u64
        } else {
            u64::MAX
        };
        let mut rest = range;
        while !rest.is_empty() {
            let room = most.saturating_sub(self.messages).max(1);
            let part = OffsetRange::new(rest.start, rest.count().min(room));
            push_joined(&mut self.ranges, part);
            self.messages += part.count();
            rest = OffsetRange::between(part.end, rest.end);
            if self.messages >= most || self.ranges.len() >= PART_RANGES {
                self.close(place);
            }
        }
    }

    /// What comes next is of another part.
    pub(super) fn close(&mut self, place: (Partition, Epoch)) {
        let ranges = std::mem::take(&mut self.ranges);
        self.messages = 0;
        if !ranges.is_empty() {
            self.all.push(PlannedPart::new(place, ranges));
        }
    }

    /// All of them.
    pub(super) fn take(&mut self) -> Vec<PlannedPart> {
        std::mem::take(&mut self.all)
    }
}
