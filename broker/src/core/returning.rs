//! Planning an undo, some messages at a time: what of those that an operation changed can be taken back.
//!
//! What is selected cannot change meanwhile: the operation is over. What of it can be taken back is as it was when its
//! slice was looked at, and the plan holds exactly these; whoever is handed one before the undo comes to it keeps it.

use super::limits::{KEY_SLICE, MAX_NAMED, PLAN_SLICE};
use super::operation::{Operation, Part, ahead, within, without};
use super::parts::Parts;
use super::plan::{Plan, PlanCounts};
use super::planned::{NO_SECOND_UNDO, count_consumers};
use super::state::Core;
use super::undoing::why_not;
use crate::model::entry::Deed;
use crate::model::{MessageId, Now, Offset, OffsetRange, OperationId, Refusal};

/// An undo in the making of its plan.
#[derive(Debug)]
pub(super) struct Returning {
    operation: OperationId,
    began: Now,
    /// Which of the operation's parts, and from where on.
    at: (usize, Offset),
    counts: PlanCounts,
    parts: Parts,
}

impl Core {
    /// Begins the plan of an undo.
    pub(super) fn begin_undo(&self, id: OperationId, now: Now) -> Result<Returning, Refusal> {
        self.check_undo(id, now)?;
        Ok(Returning {
            operation: id,
            began: now,
            at: (0, Offset(0)),
            counts: PlanCounts::default(),
            parts: Parts::default(),
        })
    }

    /// Looks at the next slice of what the operation changed; whether there is more.
    pub(super) fn go_on_returning(&self, returning: &mut Returning) -> Result<bool, Refusal> {
        let operation = self.check_undo(returning.operation, returning.began)?;
        let (index, from) = returning.at;
        let Some(part) = operation.parts.get(index) else {
            return Ok(false);
        };
        let slice = self.slice_of_part(operation, part, from);
        let Some(end) = slice.last().map(|range| range.end) else {
            let place = (part.said.partition, part.said.epoch);
            returning.parts.close(place);
            returning.at = (index + 1, Offset(0));
            return Ok(index + 1 < operation.parts.len());
        };
        returning.at.1 = end;
        let changed = slice.iter();
        let changed: Vec<OffsetRange> = changed
            .flat_map(|&range| part.changed_within(range))
            .collect();
        let taken = self.takeable(operation, part, &changed);
        returning.count(operation, part, &changed, &taken);
        let place = (part.said.partition, part.said.epoch);
        for range in taken {
            returning.parts.push(place, range, Deed::Undo);
        }
        Ok(true)
    }

    /// Ends the plan of an undo.
    pub(super) fn finish_returning(
        &self,
        returning: &mut Returning,
        now: Now,
    ) -> Result<Plan, Refusal> {
        let id = returning.operation;
        let record = &self.check_undo(id, now)?.state.record;
        let mut counts = std::mem::take(&mut returning.counts);
        counts.skips.retain(|_, count| *count > 0);
        let found = self.objects.subscriptions.get(&record.subscription);
        let found = found.map(Box::as_ref);
        counts.consumers = found.map_or(0, count_consumers);
        let topic = self.topic_by(record.topic)?;
        Ok(Plan {
            deed: Deed::Undo,
            counts,
            text: format!("operation {id}: {}", record.deed.word()),
            undo_note: NO_SECOND_UNDO.to_owned(),
            undoes: id,
            undone: Some(record.deed),
            parts: returning.parts.take().into(),
            created: returning.began.wall,
            ..self.draft(found, topic, now)
        })
    }

    /// What of a part comes next from an offset on, as much as is looked at in about a millisecond.
    fn slice_of_part(&self, operation: &Operation, part: &Part, from: Offset) -> Vec<OffsetRange> {
        let record = &operation.state.record;
        let messages = if record.deed.publishes() {
            KEY_SLICE
        } else {
            u64::MAX
        };
        let slice = ahead(&part.said.ranges, from, PLAN_SLICE, messages);
        let pair = self.pair(record.subscription);
        let place = pair.and_then(|(found, topic)| {
            let machine = found.machine(part.said.partition)?;
            Some((machine, topic.store(part.said.partition)?))
        });
        match place {
            Some((machine, store)) => machine.front(&store.log, &slice, PLAN_SLICE as u64),
            None => slice,
        }
    }
}

impl Returning {
    /// Counts of a slice what the operation changed, and what of that is taken.
    fn count(
        &mut self,
        operation: &Operation,
        part: &Part,
        changed: &[OffsetRange],
        taken: &[OffsetRange],
    ) {
        let record = &operation.state.record;
        let count = |ranges: &[OffsetRange]| ranges.iter().map(|one| one.count()).sum::<u64>();
        let (all, left) = (count(changed), count(taken));
        let counts = &mut self.counts;
        counts.selected += all;
        counts.affected += left;
        *counts.skips.entry(why_not(record.deed)).or_default() += all - left;
        for range in changed {
            let room = MAX_NAMED.saturating_sub(counts.named.len());
            if room == 0 {
                break;
            }
            let missing = without(*range, &within(taken, *range));
            let offsets = missing.into_iter().flat_map(OffsetRange::offsets);
            let named = offsets.take(room).map(|offset| MessageId {
                topic: record.topic,
                partition: part.said.partition,
                offset,
            });
            counts.named.extend(named);
        }
    }
}
