//! Operations under way go on, a slice at a time: each step and what it did is one commit group, so that a crash finds
//! both or neither, and the operation goes on from there.
//!
//! A step looks again at what was selected and leaves what is no longer as it was. Between steps others are served.

use super::bucket::Rate;
use super::limits::{MAX_ENTRY_PARTS, STEP_DEAD, STEP_RANGES};
use super::operation::{Operation, without};
use super::state::{Act, Core};
use crate::delivery::Chosen;
use crate::model::entry::{
    Deed, DropCause, Dropped, Entry, Operated, OperationProgress, OperationStep, PartStep, Phase,
    Record, Requeued,
};
use crate::model::range::normalise;
use crate::model::{Mono, Now, OffsetRange, OperationId, Partition, Span, SubscriptionId, Time};

/// How soon an operation whose canary is out is looked at again.
const CANARY_INTERVAL: Span = Span::from_millis(100);
/// How long news of operations are collected.
const NEWS_INTERVAL: Span = Span::from_millis(100);
/// So many must have been requeued before the brake takes hold.
const BRAKE_LEAST: u64 = 10;

/// How soon a move is looked at again whose messages nobody came back with.
pub(super) const MOVE_INTERVAL: Span = Span::from_secs(1);

/// What a step does to messages.
#[derive(Debug, Default)]
pub(super) struct Change {
    pub(super) acts: Vec<Act>,
    pub(super) taken: Vec<OffsetRange>,
    pub(super) image: Vec<(OffsetRange, Record)>,
}

/// What is next of an operation.
pub(super) enum Next {
    /// Nothing now.
    Later(Mono),
    /// It ends, for a reason if it did not do all.
    End(Phase, String),
    /// A slice of a part, and up to where that is.
    Slice(u32, Vec<OffsetRange>, PartStep),
}

impl Core {
    /// Before this no operation goes on, and nothing fades of what one had put aside: others are served.
    pub fn rest_operations(&mut self, until: Mono) {
        self.steps_from = until;
    }

    /// Whether a tick lets an operation go on, or lets go of what one had put aside.
    pub fn has_step(&self, now: Now) -> bool {
        self.next_step().is_some_and(|due| due <= now.mono)
    }

    /// Lets each operation that is due go on by one step.
    pub(super) fn run_operations(&mut self, now: Now) {
        let operations = &self.objects.operations;
        let ids = operations.under_way.iter();
        let due = ids.filter(|id| {
            operations
                .all
                .get(id)
                .is_some_and(|one| one.due <= now.mono)
        });
        let due: Vec<OperationId> = due.copied().collect();
        for id in due {
            self.step(id, now);
        }
    }

    /// Whether an operation has gone on, or an act was put on record, since this was last told: a few times a second.
    pub fn take_operation_news(&mut self, now: Now) -> bool {
        if !self.told || now.mono < self.tell_at {
            return false;
        }
        self.told = false;
        self.tell_at = now.mono.plus(NEWS_INTERVAL);
        true
    }

    /// When there is something to tell of operations; none if there is nothing.
    pub fn next_operation_news(&self) -> Option<Mono> {
        self.told.then_some(self.tell_at)
    }

    /// When the next operation goes on, or something fades.
    pub(super) fn next_step(&self) -> Option<Mono> {
        let operations = &self.objects.operations;
        let under_way = operations.under_way.iter();
        let due = under_way.filter_map(|id| operations.all.get(id));
        let fades = (!operations.fading.is_empty()).then_some(Mono(0));
        let due = due.map(|one| one.due).chain(fades).min();
        due.filter(|due| *due < Mono(u64::MAX))
            .map(|due| due.max(self.steps_from))
    }

    fn step(&mut self, id: OperationId, now: Now) {
        let next = self.next_of(id, now);
        let Some(operation) = self.objects.operations.all.get_mut(&id) else {
            return;
        };
        match next {
            Next::Later(due) => operation.due = due,
            Next::End(phase, note) => self.end_operation(id, phase, note, now),
            Next::Slice(..) if operation.state.record.deed == Deed::Move => {
                // Somebody else reads the messages and comes back with them.
                operation.due = now.mono.plus(MOVE_INTERVAL);
                self.forward_hint = true;
            }
            Next::Slice(index, ranges, part) => self.take_slice((id, index), &ranges, part, now),
        }
    }

    /// Whether an operation changes dead messages, or takes back one that did.
    fn is_on_dead(&self, id: OperationId) -> bool {
        let all = &self.objects.operations.all;
        let record = |id| all.get(&id).map(|one| &one.state.record);
        record(id).is_some_and(|own| {
            own.deed.is_on_dead()
                || record(own.undoes).is_some_and(|undone| undone.deed.is_on_dead())
        })
    }

    pub(super) fn next_of(&mut self, id: OperationId, now: Now) -> Next {
        let is_on_dead = self.is_on_dead(id);
        let Some(operation) = self.objects.operations.all.get_mut(&id) else {
            return Next::Later(Mono(u64::MAX));
        };
        let (record, progress) = (&operation.state.record, &operation.state.progress);
        if !self
            .objects
            .subscriptions
            .contains_key(&record.subscription)
        {
            let note = "its subscription was deleted".to_owned();
            return Next::End(Phase::Stopped, note);
        }
        if progress.phase == Phase::Paused {
            return Next::Later(Mono(u64::MAX));
        }
        let died = operation.died;
        if progress.phase == Phase::Waiting {
            if died > 0 {
                let note = format!("{died} of the canary of {} died again", progress.affected);
                return Next::End(Phase::Stopped, note);
            }
            if now.wall < progress.judged_at {
                let left = progress.judged_at.since(now.wall).min(CANARY_INTERVAL);
                return Next::Later(now.mono.plus(left));
            }
        }
        let affected = progress.affected;
        if record.brake > 0
            && affected >= BRAKE_LEAST
            && died.saturating_mul(10_000) > affected.saturating_mul(record.brake.into())
        {
            let note = format!("{died} of {affected} died again, more than the brake lets pass");
            return Next::End(Phase::Stopped, note);
        }
        let mut most = if is_on_dead { STEP_DEAD } else { u64::MAX };
        if record.canary > 0 && progress.judged_at == Time(0) {
            most = most.min(record.canary.saturating_sub(affected).max(1));
        }
        if record.rate > 0 {
            let rate = Rate::per_second(record.rate);
            operation.bucket.fill(rate, now.mono);
            most = most.min(operation.bucket.tokens(rate));
            if most == 0 {
                return Next::Later(operation.bucket.next(rate));
            }
        }
        let Some(part) = operation.next_part() else {
            return Next::End(Phase::Finished, String::new());
        };
        let (ranges, cursor) = part.next_ranges(STEP_RANGES, most);
        let step = PartStep {
            index: part.said.index,
            cursor,
            ..PartStep::default()
        };
        let index = part.said.index;
        let (ranges, step) = self.in_short(id, ranges, step);
        Next::Slice(index, ranges, step)
    }

    fn take_slice(
        &mut self,
        (id, index): (OperationId, u32),
        ranges: &[OffsetRange],
        part: PartStep,
        now: Now,
    ) {
        let change = self.change(id, index, ranges);
        self.put_step(id, (ranges, part), change, now);
    }

    /// A slice of a part is done, with this change.
    pub(super) fn put_step(
        &mut self,
        id: OperationId,
        (ranges, mut part): (&[OffsetRange], PartStep),
        change: Change,
        now: Now,
    ) {
        let Change {
            mut acts,
            taken,
            image,
        } = change;
        part.skipped = ranges
            .iter()
            .flat_map(|&range| without(range, &taken))
            .collect();
        part.image = image;
        let index = part.index;
        let Some(operation) = self.objects.operations.all.get_mut(&id) else {
            return;
        };
        let record = &operation.state.record;
        let (subscription, rate) = (record.subscription, record.rate);
        let affected: u64 = taken.iter().map(|range| range.count()).sum();
        let skipped: u64 = part.skipped.iter().map(|range| range.count()).sum();
        let before = &operation.state.progress;
        let mut progress = OperationProgress {
            phase: Phase::Running,
            updated: now.wall,
            affected: before.affected + affected,
            skipped: before.skipped + skipped,
            died: operation.died,
            ..before.clone()
        };
        let is_last = operation.is_last(&part);
        if record.canary > 0 && progress.judged_at == Time(0) && !is_last {
            let is_out = progress.affected >= record.canary;
            if is_out {
                progress.phase = Phase::Waiting;
                progress.judged_at = now.wall.plus(record.canary_wait);
            }
        }
        if rate > 0 {
            operation
                .bucket
                .spend(Rate::per_second(rate), affected + skipped);
        }
        operation.due = now.mono;
        // What it puts aside is known before it goes, so that the texts that it refers to are not let go.
        let step = Act::lazy(Entry::Operated(Operated::Step(OperationStep {
            operation: id,
            progress,
            part: Some(part),
        })));
        acts.insert(0, step);
        self.enact(acts, now);
        self.note_deadline(subscription, now);
        self.stir(subscription);
        if is_last {
            self.end_operation(id, Phase::Finished, String::new(), now);
        } else {
            self.part_heavy(id, index, now);
        }
    }

    /// What an operation does to messages, as far as they are as they were.
    pub(super) fn change(&self, id: OperationId, index: u32, ranges: &[OffsetRange]) -> Change {
        let Some(operation) = self.objects.operations.all.get(&id) else {
            return Change::default();
        };
        let record = &operation.state.record;
        let part = operation.parts.get(index as usize);
        let Some((part, (subscription, topic))) = part.zip(self.pair(record.subscription)) else {
            return Change::default();
        };
        let partition = part.said.partition;
        if record.deed == Deed::Undo {
            return self.take_back(operation, partition, ranges);
        }
        let chosen = match record.deed {
            Deed::Purge => Chosen::Backlog,
            _ => Chosen::Dead,
        };
        let places = subscription.machine(partition).zip(topic.store(partition));
        let Some((machine, store)) = places else {
            return Change::default();
        };
        let taken = ranges.iter();
        let mut taken: Vec<OffsetRange> = taken
            .flat_map(|&range| machine.unfinished(&store.log, range, chosen))
            .collect();
        normalise(&mut taken);
        let image = if record.grace > Span::ZERO {
            machine.image(&taken)
        } else {
            Vec::new()
        };
        Change {
            acts: deed_acts(operation, partition, &taken),
            taken,
            image,
        }
    }

    /// An operation does nothing more.
    pub(super) fn end_operation(&mut self, id: OperationId, phase: Phase, note: String, now: Now) {
        let Some(operation) = self.objects.operations.all.get_mut(&id) else {
            return;
        };
        operation.due = Mono(u64::MAX);
        let record = &operation.state.record;
        let mut progress = OperationProgress {
            phase,
            updated: now.wall,
            died: operation.died,
            note,
            ..operation.state.progress.clone()
        };
        if record.deed != Deed::Undo && record.grace > Span::ZERO && progress.affected > 0 {
            progress.undo_until = now.wall.plus(record.grace);
        }
        let (subscription, undoes) = (record.subscription, record.undoes);
        let mut acts = vec![step_of(id, progress)];
        acts.extend(self.end_of_undone(undoes, id, phase));
        self.enact(acts, now);
        self.after_operation(subscription, now);
    }

    fn after_operation(&mut self, id: SubscriptionId, now: Now) {
        self.note_deadline(id, now);
        self.stir(id);
    }
}

impl Operation {
    /// Whether all is done after a step.
    fn is_last(&self, step: &PartStep) -> bool {
        self.parts.iter().all(|part| {
            let last = part.said.ranges.last();
            let is_reached = |end| part.said.index == step.index && end <= step.cursor;
            part.is_done() || last.is_none_or(|range| is_reached(range.end))
        })
    }
}

/// A step that changes no messages; somebody waits for it.
pub(super) fn step_of(operation: OperationId, progress: OperationProgress) -> Act {
    Act::eager(Entry::Operated(Operated::Step(OperationStep {
        operation,
        progress,
        part: None,
    })))
}

/// The entries that requeue or drop.
fn deed_acts(operation: &Operation, partition: Partition, taken: &[OffsetRange]) -> Vec<Act> {
    let record = &operation.state.record;
    let (subscription, id) = (record.subscription, record.id);
    let entry = |ranges: Vec<OffsetRange>| match record.deed {
        Deed::Discard | Deed::Purge => Entry::Dropped(Dropped {
            subscription,
            partition,
            cause: match record.deed {
                Deed::Purge => DropCause::Purged,
                _ => DropCause::Discarded,
            },
            operation: id,
            ranges,
        }),
        _ => Entry::Requeued(Requeued {
            subscription,
            partition,
            operation: id,
            ranges,
            keeps_attempts: record.keeps_attempts,
        }),
    };
    let chunks = taken.chunks(MAX_ENTRY_PARTS);
    chunks
        .map(|ranges| Act::lazy(entry(ranges.to_vec())))
        .collect()
}
