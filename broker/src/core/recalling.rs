//! What a move or an edit has published, on its way back: dropped where nobody was handed it.
//!
//! A copy can be taken back as long as each subscription to which it belongs has it ready and unused. One that somebody
//! has, or had, stays: its message would be done twice otherwise. A subscription whose filter leaves a copy out has
//! finished it, which cannot be told from an ack: that copy stays, too; and so does one that a subscription has
//! finished, or would find, that was deleted and can be brought back. Only an edit is finished at once for all others:
//! theirs does not hold it back.

use super::operation::{Operation, Part};
use super::state::{Act, Core};
use crate::model::entry::{Deed, DropCause, Dropped, Entry};
use crate::model::range::normalise;
use crate::model::{Offset, OffsetRange, Partition};

/// A copy that can be taken back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recall {
    /// The messages of which it was made.
    pub(super) range: OffsetRange,
    partition: Partition,
    /// Where it is.
    copy: OffsetRange,
}

impl Core {
    /// What of these messages can be taken back from where it was published.
    pub(super) fn recallable(
        &self,
        operation: &Operation,
        part: &Part,
        range: OffsetRange,
    ) -> Vec<Recall> {
        let copies = &part.said.copies;
        let first = copies.partition_point(|copied| copied.range.end <= range.start);
        let mut found = Vec::new();
        for copied in copies.iter().skip(first) {
            if copied.range.start >= range.end {
                break;
            }
            let made = copied.range.intersection(range);
            let ahead = made.start.0 - copied.range.start.0;
            let place = OffsetRange::new(copied.base.plus(ahead), made.count());
            for copy in self.untouched(operation, copied.partition, place) {
                let ahead = copy.start.0 - place.start.0;
                found.push(Recall {
                    range: OffsetRange::new(made.start.plus(ahead), copy.count()),
                    partition: copied.partition,
                    copy,
                });
            }
        }
        found
    }

    /// The parts of copies that nobody was handed.
    fn untouched(
        &self,
        operation: &Operation,
        partition: Partition,
        range: OffsetRange,
    ) -> Vec<OffsetRange> {
        let record = &operation.state.record;
        let Some(topic) = self.objects.topics.get(&record.target.0) else {
            return Vec::new();
        };
        let Some(store) = topic.store(partition) else {
            return Vec::new();
        };
        let stored = OffsetRange::between(store.log.low(), store.log.next());
        let mut left = vec![range.intersection(stored)];
        let is_edit = record.deed == Deed::Edit;
        for id in &topic.subscriptions {
            let found = self.objects.subscriptions.get(id);
            let Some(machine) = found.and_then(|found| found.machine(partition)) else {
                continue;
            };
            let is_left_out = is_edit && *id != record.subscription;
            let mut free = Vec::new();
            for part in left {
                let early = OffsetRange::between(Offset(0), machine.start());
                free.push(part.intersection(early));
                free.extend(machine.unused(&store.log, part));
                if is_left_out {
                    free.extend(machine.finished_in(part));
                }
            }
            normalise(&mut free);
            left = free;
        }
        // Whoever is deleted and may come back would find what was taken back with the rest, or had it before.
        for machine in self.objects.aside_machines(record.target.0, partition) {
            let mut free = Vec::new();
            for part in left {
                let early = OffsetRange::between(Offset(0), machine.start());
                free.push(part.intersection(early));
                if is_edit {
                    free.extend(machine.finished_in(part));
                }
            }
            normalise(&mut free);
            left = free;
        }
        left.retain(|part| !part.is_empty());
        left
    }

    /// The entries that drop what was published of these messages.
    pub(super) fn recall(
        &self,
        undo: &Operation,
        original: &Operation,
        part: &Part,
        taken: &[OffsetRange],
    ) -> Vec<Act> {
        let record = &original.state.record;
        let topic = self.objects.topics.get(&record.target.0);
        let (true, Some(topic)) = (record.deed.publishes(), topic) else {
            return Vec::new();
        };
        let recalls = taken.iter();
        let recalls: Vec<Recall> = recalls
            .flat_map(|&range| self.recallable(original, part, range))
            .collect();
        let mut acts = Vec::new();
        for &id in &topic.subscriptions {
            let Some(found) = self.objects.subscriptions.get(&id) else {
                continue;
            };
            for ((partition, machine), store) in found.parts().zip(&topic.partitions) {
                let here = recalls
                    .iter()
                    .filter(|recall| recall.partition == partition);
                let mut ranges: Vec<OffsetRange> = here
                    .flat_map(|recall| machine.unused(&store.log, recall.copy))
                    .collect();
                normalise(&mut ranges);
                if !ranges.is_empty() {
                    acts.push(Act::lazy(Entry::Dropped(Dropped {
                        subscription: id,
                        partition,
                        cause: DropCause::Moved,
                        operation: undo.id(),
                        ranges,
                    })));
                }
            }
        }
        acts
    }
}
