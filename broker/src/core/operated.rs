//! Applies entries about operations.

use std::sync::Arc;

use super::apply::{ApplyError, Mode, machine};
use super::limits::MAX_OPERATION_PARTS;
use super::objects::Objects;
use super::operation::{Part, texts};
use super::totals::settling;
use crate::model::entry::{
    Deed, Failed, Operated, OperationPart, OperationState, OperationStep, Outcome, PulledBack,
    Requeued, Restored,
};
use crate::model::{OffsetRange, OperationId, Partition, Position};

impl Objects {
    pub(super) fn operated_on(
        &mut self,
        entry: &Operated,
        at: Position,
        mode: Mode,
    ) -> Result<(), ApplyError> {
        match entry {
            Operated::Started(state) | Operated::State(state) => self.operation_stated(state, at),
            Operated::Part(part) => self.part_stated(part, at)?,
            Operated::Step(step) => self.stepped(step, mode),
            Operated::Forgotten(id) => self.operation_forgotten(*id, mode),
            Operated::PulledBack(entry) => self.pulled_back(entry, at, mode)?,
            Operated::Restored(entry) => self.restored(entry, at, mode)?,
            Operated::SetAside(entry) => self.set_aside(entry, at, mode),
            Operated::BroughtBack(entry) => self.brought_back(*entry, mode)?,
        }
        Ok(())
    }

    pub(super) fn requeued(
        &mut self,
        requeued: &Requeued,
        at: Position,
        mode: Mode,
    ) -> Result<(), ApplyError> {
        self.operated(requeued.operation);
        let subscription = self.place(requeued.subscription, requeued.partition, mode)?;
        let machine = machine(subscription, requeued.partition)?;
        let (before, after) = settling(machine, |one| {
            if requeued.keeps_attempts {
                one.retried(&requeued.ranges, at);
            } else {
                one.requeued(&requeued.ranges, at);
            }
        });
        let freed = machine.freed_texts();
        self.totals.settle(before, after);
        self.release_texts(freed);
        Ok(())
    }

    fn operation_stated(&mut self, state: &OperationState, at: Position) {
        let id = state.record.id;
        self.operated(id);
        let operation = self.operations.all.entry(id).or_default();
        operation.state = state.clone();
        operation.is_known = true;
        operation.stated = at;
        operation.died = operation.died.max(state.progress.died);
        self.operations.index(id);
    }

    fn part_stated(&mut self, part: &OperationPart, at: Position) -> Result<(), ApplyError> {
        let index = part.index as usize;
        if index >= MAX_OPERATION_PARTS {
            return Err(ApplyError::NoPart(part.operation));
        }
        let operation = self.operations.all.entry(part.operation);
        let operation = operation.or_default();
        if operation.parts.len() <= index {
            operation.parts.resize_with(index + 1, Part::default);
        }
        let Some(place) = operation.parts.get_mut(index) else {
            return Ok(());
        };
        let gone: Vec<Position> = texts(&place.said.image).collect();
        *place = Part {
            said: Arc::new(part.clone()),
            stated: at,
        };
        let come = texts(&part.image).collect();
        // What is restated is held before and after.
        self.operations.count_texts(come, Vec::new());
        self.operations.count_texts(Vec::new(), gone);
        Ok(())
    }

    fn stepped(&mut self, step: &OperationStep, mode: Mode) {
        let operation = self.operations.all.entry(step.operation).or_default();
        operation.state.progress = step.progress.clone();
        let mut come = Vec::new();
        if let Some(one) = &step.part
            && let Some(part) = operation.parts.get_mut(one.index as usize)
        {
            part.step(one);
            come = texts(&one.image).collect();
        }
        self.operations.count_texts(come, Vec::new());
        self.operations.index(step.operation);
        self.let_go(step.operation, mode);
    }

    /// What an operation has put aside goes once it can no longer be taken back: live, a part at a time.
    fn let_go(&mut self, id: OperationId, mode: Mode) {
        let Some(operation) = self.operations.all.get_mut(&id) else {
            return;
        };
        if operation.is_open() || operation.parts.is_empty() {
            return;
        }
        let parts = std::mem::take(&mut operation.parts);
        let subscription = operation.state.record.subscription;
        // In recovery the texts are counted at its end.
        if let Mode::Live(_) = mode {
            let parts = parts.into_iter().map(|part| (subscription, part.said));
            self.operations.fading.extend(parts);
        }
    }

    fn operation_forgotten(&mut self, id: OperationId, mode: Mode) {
        if let Some(operation) = self.operations.all.get_mut(&id) {
            let progress = &mut operation.state.progress;
            (progress.undo_until, progress.undone_by) = Default::default();
        }
        self.let_go(id, mode);
        if let Some(operation) = self.operations.all.remove(&id) {
            self.operations.by_plan.remove(&operation.state.record.plan);
        }
        self.operations.index(id);
    }

    fn pulled_back(
        &mut self,
        entry: &PulledBack,
        at: Position,
        mode: Mode,
    ) -> Result<(), ApplyError> {
        self.operated(entry.operation);
        let subscription = self.place(entry.subscription, entry.partition, mode)?;
        let machine = machine(subscription, entry.partition)?;
        let (before, after) = settling(machine, |one| one.pulled_back(&entry.dead, at));
        self.totals.settle(before, after);
        let ranges = entry.dead.iter().map(|(range, _)| *range);
        self.taken_back(entry.operation, entry.partition, ranges);
        Ok(())
    }

    /// What an undo has taken back, the other operation has no longer changed: an undo that ends early and is begun
    /// anew leaves it alone, whatever has become of it.
    fn taken_back(
        &mut self,
        undo: OperationId,
        partition: Partition,
        ranges: impl Iterator<Item = OffsetRange>,
    ) {
        let undo = self.operations.all.get(&undo);
        let Some(undone) = undo.map(|undo| undo.state.record.undoes) else {
            return;
        };
        let Some(operation) = self.operations.all.get_mut(&undone) else {
            return;
        };
        let ranges: Vec<OffsetRange> = ranges.collect();
        let parts = operation.parts.iter_mut();
        for part in parts.filter(|part| part.said.partition == partition) {
            part.leave(&ranges);
        }
    }

    fn restored(&mut self, entry: &Restored, at: Position, mode: Mode) -> Result<(), ApplyError> {
        self.operated(entry.operation);
        let subscription = self.place(entry.subscription, entry.partition, mode)?;
        let of = subscription.record.topic;
        let Mode::Live(now) = mode else {
            machine(subscription, entry.partition)?.restored(entry, at);
            let ranges = entry.ranges.iter().copied();
            self.taken_back(entry.operation, entry.partition, ranges);
            return Ok(());
        };
        let id = entry.subscription;
        let subscription = self.subscriptions.get_mut(&id);
        let subscription = subscription.ok_or(ApplyError::NoSubscription(id))?;
        let machine = machine(subscription, entry.partition)?;
        let topic = self.topics.get(&of).ok_or(ApplyError::NoTopic(of))?;
        let store = topic.store(entry.partition);
        let store = store.ok_or(ApplyError::NoPartition(entry.partition))?;
        let scheduled = machine.scheduled(&store.log);
        let (before, after) = settling(machine, |one| {
            one.restored(entry, at);
            one.take_up(&store.log, entry, now);
        });
        machine.unveil(&store.log, &entry.ranges);
        self.totals.came_due(scheduled);
        self.totals.schedule(machine.scheduled(&store.log));
        self.totals.settle(before, after);
        let ranges = entry.ranges.iter().copied();
        self.taken_back(entry.operation, entry.partition, ranges);
        Ok(())
    }

    /// Live: counts those that an operation requeued and that have died again.
    pub(super) fn note_deaths(&mut self, failed: &Failed) {
        let ids: Vec<OperationId> = self.operations.under_way_on(failed.subscription).collect();
        for id in ids {
            let Some(operation) = self.operations.all.get_mut(&id) else {
                continue;
            };
            if operation.state.record.deed != Deed::Requeue {
                continue;
            }
            let failures = failed.failures.iter();
            let dead = failures.filter(|failure| failure.outcome == Outcome::Dead);
            let died: u64 = dead
                .map(|failure| operation.changed_of(failed.partition, failure.range))
                .sum();
            operation.died += died;
        }
    }

    /// Recovery has ended: how many of those that operations requeued are dead again.
    pub(super) fn recount_deaths(&mut self) {
        let operations = &mut self.operations;
        for id in &operations.under_way {
            let Some(operation) = operations.all.get_mut(id) else {
                continue;
            };
            let record = &operation.state.record;
            let subscription = self.subscriptions.get(&record.subscription);
            let (Some(found), Deed::Requeue) = (subscription, record.deed) else {
                continue;
            };
            let mut died = 0;
            for part in &operation.parts {
                let machine = found.machine(part.said.partition);
                let ranges = part.changed();
                died += machine.map_or(0, |machine| machine.dead_within(&ranges, record.started));
            }
            operation.died = died.max(operation.state.progress.died);
        }
    }
}
