//! Taking an operation back: its before-image, less what has become of the messages since.
//!
//! An undo is an operation itself: planned, counted, on record, and done in steps. What a requeue put back is dead
//! again unless a consumer had it; what was dropped is unfinished again as long as it is stored.

use super::operation::{Operation, Part, within, without};
use super::plan::SkipCause;
use super::state::{Act, Core};
use super::stepping::{Change, step_of};
use crate::delivery::Chosen;
use crate::model::entry::{
    Deed, DropCause, Dropped, Entry, Operated, OperationProgress, Phase, PulledBack, Record,
    Restored,
};
use crate::model::range::normalise;
use crate::model::{Now, OffsetRange, OperationId, Partition, Refusal, Time};

impl Core {
    /// Refuses what cannot be taken back, and says why.
    pub(super) fn check_undo(&self, id: OperationId, now: Now) -> Result<&Operation, Refusal> {
        let operation = self.operation_of(id)?;
        let progress = &operation.state.progress;
        let too_late = |why: String| Refusal::UndoTooLate {
            operation: id,
            detail: why,
        };
        if !progress.phase.is_over() {
            return Err(Refusal::OperationState {
                operation: id,
                detail: "is under way; cancel it first, then it can be undone",
            });
        }
        if progress.undone_by.0 > 0 {
            let by = progress.undone_by;
            return Err(too_late(format!("operation {by} has taken it back")));
        }
        if operation.state.record.grace.0 == 0 {
            return Err(too_late("nothing was put aside for it".to_owned()));
        }
        if progress.undo_until == Time(0) || progress.undo_until <= now.wall {
            let why = match progress.note.as_str() {
                "" => "the time in which it could be undone is over, or it changed nothing",
                note => note,
            };
            return Err(too_late(why.to_owned()));
        }
        let record = &operation.state.record;
        if record.deed.deletes() {
            self.check_bringing_back(id)?;
            return Ok(operation);
        }
        let (all, of) = (&self.objects.subscriptions, record.subscription);
        if all.contains_key(&of) {
            return Ok(operation);
        }
        Err(match self.objects.aside.deletion_of(of) {
            Some(deletion) => Refusal::UndoBlocked {
                operation: id,
                detail: format!(
                    "subscription {} was deleted by operation {deletion}; undo that one first",
                    record.names.1
                ),
            },
            None => too_late("its subscription was deleted".to_owned()),
        })
    }

    /// What of these messages, which a part of an operation changed, can be taken back now.
    pub(super) fn takeable(
        &self,
        operation: &Operation,
        part: &Part,
        ranges: &[OffsetRange],
    ) -> Vec<OffsetRange> {
        let record = &operation.state.record;
        let partition = part.said.partition;
        let Some((subscription, topic)) = self.pair(record.subscription) else {
            return Vec::new();
        };
        let places = subscription.machine(partition).zip(topic.store(partition));
        let Some((machine, store)) = places else {
            return Vec::new();
        };
        let is_same_epoch = machine.epoch() == part.said.epoch;
        let stored = OffsetRange::between(store.log.low(), store.log.next());
        let mut found = Vec::new();
        for &range in ranges {
            match record.deed {
                Deed::Requeue => {
                    for unused in machine.unused(&store.log, range) {
                        found.extend(self.not_requeued_since(operation, partition, unused));
                    }
                }
                _ if !is_same_epoch => {}
                Deed::Seek if part.said.is_back => {
                    found.extend(machine.unfinished(&store.log, range, Chosen::Backlog));
                }
                Deed::Move | Deed::Edit => {
                    for finished in machine.finished_in(range.intersection(stored)) {
                        let recalls = self.recallable(operation, part, finished).into_iter();
                        found.extend(recalls.map(|recall| recall.range));
                    }
                }
                _ => found.extend(machine.finished_in(range.intersection(stored))),
            }
        }
        normalise(&mut found);
        found
    }

    /// Messages that a later operation requeued died in between: they are its, not this one's.
    fn not_requeued_since(
        &self,
        operation: &Operation,
        partition: Partition,
        range: OffsetRange,
    ) -> Vec<OffsetRange> {
        let record = &operation.state.record;
        let after = OperationId(record.id.0 + 1);
        let later = self.objects.operations.all.range(after..);
        let later = later.map(|(_, one)| one).filter(|one| {
            let other = &one.state.record;
            other.deed == Deed::Requeue && other.subscription == record.subscription
        });
        let parts = later.flat_map(|one| &one.parts);
        let here = parts.filter(|part| part.said.partition == partition);
        let mut theirs: Vec<OffsetRange> = here.flat_map(|one| one.changed_within(range)).collect();
        normalise(&mut theirs);
        without(range, &theirs)
    }

    /// What a step of an undo does.
    pub(super) fn take_back(
        &self,
        undo: &Operation,
        partition: Partition,
        ranges: &[OffsetRange],
    ) -> Change {
        let Some(original) = self.objects.operations.all.get(&undo.state.record.undoes) else {
            return Change::default();
        };
        let mut change = Change::default();
        let parts = original.parts.iter();
        for part in parts.filter(|part| part.said.partition == partition) {
            let first = part.said.ranges.first().map(|range| range.start);
            let last = part.said.ranges.last().map(|range| range.end);
            let (Some(first), Some(last)) = (first, last) else {
                continue;
            };
            let span = OffsetRange::between(first, last);
            let asked: Vec<OffsetRange> = within(ranges, span)
                .into_iter()
                .flat_map(|range| part.changed_within(range))
                .collect();
            if asked.is_empty() {
                continue;
            }
            let taken = self.takeable(original, part, &asked);
            if !taken.is_empty() {
                change
                    .acts
                    .extend(self.recall(undo, original, part, &taken));
                change
                    .acts
                    .push(Act::lazy(back_entry(undo, original, part, &taken)));
                change.taken.extend(taken);
            }
        }
        normalise(&mut change.taken);
        change
    }

    /// When an undo ends, what it took back can be undone no more; one that ended early leaves the rest.
    pub(super) fn end_of_undone(
        &self,
        undone: OperationId,
        by: OperationId,
        phase: Phase,
    ) -> Option<Act> {
        let operation = self.objects.operations.all.get(&undone)?;
        let progress = operation.state.progress.clone();
        let progress = if phase == Phase::Finished {
            OperationProgress {
                undo_until: Time(0),
                undone_by: by,
                note: format!("operation {by} has taken it back"),
                ..progress
            }
        } else {
            OperationProgress {
                undone_by: OperationId(0),
                ..progress
            }
        };
        Some(step_of(undone, progress))
    }
}

/// Why messages of an operation cannot be taken back.
pub(super) fn why_not(deed: Deed) -> SkipCause {
    match deed {
        Deed::Requeue | Deed::Move | Deed::Edit => SkipCause::Delivered,
        _ => SkipCause::Changed,
    }
}

/// The entry that takes messages back.
fn back_entry(undo: &Operation, original: &Operation, part: &Part, taken: &[OffsetRange]) -> Entry {
    let record = &original.state.record;
    let (subscription, partition) = (record.subscription, part.said.partition);
    let operation = undo.id();
    let ranges = taken.to_vec();
    match record.deed {
        Deed::Requeue => {
            let image = part.image_of(taken).into_iter();
            let dead = image.filter_map(|(range, record)| match record {
                Record::Dead(dead) | Record::Passed(dead) => Some((range, dead)),
                Record::Tried { .. } | Record::Waiting { .. } => None,
            });
            Entry::Operated(Operated::PulledBack(PulledBack {
                subscription,
                partition,
                operation,
                dead: dead.collect(),
            }))
        }
        Deed::Seek if part.said.is_back => Entry::Dropped(Dropped {
            subscription,
            partition,
            cause: DropCause::Skipped,
            operation,
            ranges,
        }),
        deed => Entry::Operated(Operated::Restored(Restored {
            subscription,
            partition,
            operation,
            cause: match deed {
                Deed::Discard => DropCause::Discarded,
                Deed::Seek => DropCause::Skipped,
                Deed::Move | Deed::Edit => DropCause::Moved,
                _ => DropCause::Purged,
            },
            image: part.image_of(taken),
            ranges,
        })),
    }
}
