//! The grace within which operations can be undone, and the room that this takes: what is put aside stays stored until
//! then, within a budget of bytes. Beyond it, or when the disk is full, the oldest operations lose their undo, and say
//! why. Also what is remembered of operations at all.

use std::collections::{BTreeMap, BTreeSet};

use super::kept::KeptForUndo;
use super::limits::MAX_OPERATIONS;
use super::operation::{Operation, Operations};
use super::plan::UndoLimits;
use super::state::{Act, Core};
use crate::model::entry::{Deed, Entry, Operated, OperationProgress, OperationStep};
use crate::model::{Now, Offset, OffsetRange, OperationId, Partition, Span, Time, TopicId};

impl Core {
    /// From now on operations can be undone for so long, and so many bytes are held for it.
    pub fn limit_undo(&mut self, limits: UndoLimits) {
        self.undo = limits;
    }

    /// The disk is full: the oldest operation that holds bytes can be undone no more. Whether there was one.
    pub fn give_up_undo(&mut self, now: Now) -> bool {
        let note = "the disk is full, so that what was put aside was given up";
        self.close_oldest(note, now)
    }

    /// What stays stored only so that operations can be undone, as it was counted last: once a second.
    pub fn kept_for_undo(&self) -> KeptForUndo {
        KeptForUndo {
            limits: self.undo,
            ..self.kept
        }
    }

    /// Whether something is kept, or was when it was counted last, so that somebody must look after it.
    pub(super) fn has_undo(&self) -> bool {
        let objects = &self.objects;
        let is_kept = !objects.operations.open.is_empty() || !objects.aside.deletions.is_empty();
        is_kept || self.kept != KeptForUndo::default()
    }

    /// Bytes that stay stored only so that operations can be undone.
    pub fn held_bytes(&self, now: Now) -> u64 {
        self.count_kept(now).bytes
    }

    /// Looks at the topics of the operations that keep something, and at no others. What retention would keep in any
    /// case is not kept for undo.
    fn count_kept(&self, now: Now) -> KeptForUndo {
        let mut kept = KeptForUndo::default();
        for one in self.objects.operations.holding() {
            let end = one.state.progress.undo_until;
            if end == Time(0) {
                continue;
            }
            kept.operations += 1;
            kept.last_end = kept.last_end.max(end);
            if kept.first_end == Time(0) || end < kept.first_end {
                kept.first_end = end;
            }
        }
        let held = self.held_for_undo();
        for topic in held.topics().filter_map(|id| self.objects.topics.get(&id)) {
            for (partition, low) in self.new_lows(topic, &self.floors(topic), now.wall) {
                let from = held.from(topic.record.id, partition);
                let Some((from, store)) = from.zip(topic.store(partition)) else {
                    continue;
                };
                let range = OffsetRange::between(from.max(store.log.low()), low);
                kept.messages += store.log.count(range);
                kept.bytes += store.log.bytes(range);
            }
        }
        for topic in self.objects.aside.topics.values() {
            kept.messages += topic.stored().messages;
            kept.bytes += topic.stored_bytes();
        }
        kept
    }

    /// What must stay stored so that operations can be undone, in one walk.
    pub(super) fn held_for_undo(&self) -> Held {
        let mut held = Held::default();
        for one in self.objects.operations.holding() {
            for part in &one.parts {
                if let Some(first) = part.said.ranges.first() {
                    held.note((one.state.record.topic, part.said.partition), first.start);
                }
            }
        }
        for subscription in self.objects.aside.subscriptions.values() {
            for (partition, machine) in subscription.parts() {
                held.note((subscription.record.topic, partition), machine.floor());
            }
        }
        held
    }

    /// Ends what grace is over, keeps to the budget, and forgets the oldest. Once a second.
    pub(super) fn look_after_undo(&mut self, now: Now) {
        self.plans.forget(now.wall);
        self.objects.trail.forget(now.wall);
        if !self.is_suspended() {
            let open = self.objects.operations.open.iter();
            let open = open.filter_map(|id| self.objects.operations.all.get(id));
            let over = open.filter(|one| one.is_over_at(now.wall));
            let over: Vec<OperationId> = over.map(Operation::id).collect();
            for id in over {
                self.close_undo(id, GRACE_OVER, now);
            }
        }
        self.give_up_forsaken(now);
        self.forget_operations(MAX_OPERATIONS, now);
        self.kept = self.count_kept(now);
        while self.kept.bytes > self.undo.bytes {
            let note = "newer operations needed the room in which it was kept";
            if !self.close_oldest(note, now) {
                break;
            }
            self.kept = self.count_kept(now);
        }
    }

    /// Forgets operations that are over until there are at most so many.
    pub(super) fn forget_operations(&mut self, most: usize, now: Now) {
        while self.objects.operations.all.len() > most {
            let all = self.objects.operations.all.values();
            let closed = all.clone().find(|one| !one.is_open());
            let over = || {
                let mut all = all.clone();
                all.find(|one| one.state.progress.phase.is_over() && !one.is_being_undone())
            };
            let Some(id) = closed.or_else(over).map(Operation::id) else {
                return;
            };
            if self.objects.aside.deletions.contains_key(&id) {
                self.close_undo(id, "it is too old to be remembered", now);
            }
            let entry = Entry::Operated(Operated::Forgotten(id));
            self.enact(vec![Act::lazy(entry)], now);
        }
    }

    fn close_oldest(&mut self, note: &str, now: Now) -> bool {
        let oldest = {
            let mut holding = self.objects.operations.holding();
            let is_free =
                |one: &&Operation| one.state.progress.phase.is_over() && !one.is_being_undone();
            holding.find(is_free).map(Operation::id)
        };
        let Some(id) = oldest else {
            return false;
        };
        self.close_undo(id, note, now);
        true
    }

    /// An operation can be undone no more.
    pub(super) fn close_undo(&mut self, id: OperationId, note: &str, now: Now) {
        self.give_up_dependent(id, now);
        let Some(operation) = self.objects.operations.all.get(&id) else {
            return;
        };
        let progress = OperationProgress {
            undo_until: Time(0),
            note: note.to_owned(),
            ..operation.state.progress.clone()
        };
        let step = OperationStep {
            operation: id,
            progress,
            part: None,
        };
        let mut acts = vec![Act::lazy(Entry::Operated(Operated::Step(step)))];
        acts.extend(self.giving_up(id));
        self.enact(acts, now);
    }
}

/// Why an operation whose grace has passed is not undone.
const GRACE_OVER: &str = "the time in which it could be undone is over";

/// From where on messages must stay stored, since an operation may restore them, or a subscription that may come back
/// has them still to finish.
#[derive(Debug, Default)]
pub(super) struct Held(BTreeMap<(TopicId, Partition), Offset>);

impl Held {
    fn note(&mut self, place: (TopicId, Partition), from: Offset) {
        let known = self.0.entry(place).or_insert(from);
        *known = from.min(*known);
    }

    /// The first message of a partition that must stay; none if none must.
    pub(super) fn from(&self, topic: TopicId, partition: Partition) -> Option<Offset> {
        self.0.get(&(topic, partition)).copied()
    }

    /// Each topic of which some must.
    fn topics(&self) -> impl Iterator<Item = TopicId> {
        let topics: BTreeSet<TopicId> = self.0.keys().map(|(topic, _)| *topic).collect();
        topics.into_iter()
    }
}

impl Operations {
    /// Those that have put messages aside, or will, the oldest first.
    fn holding(&self) -> impl Iterator<Item = &Operation> {
        let open = self.open.iter().filter_map(|id| self.all.get(id));
        open.filter(|one| one.holds())
    }
}

impl Operation {
    /// Whether it drops messages that it may restore: their bytes stay stored.
    fn holds(&self) -> bool {
        let record = &self.state.record;
        let drops = matches!(record.deed, Deed::Discard | Deed::Purge | Deed::Seek);
        let drops = drops || record.deed.publishes() || record.deed.deletes();
        drops && record.grace > Span::ZERO
    }

    /// Whether another one takes it back now.
    pub(super) fn is_being_undone(&self) -> bool {
        self.state.progress.undone_by.0 > 0 && self.state.progress.undo_until.0 > 0
    }

    fn is_over_at(&self, now: Time) -> bool {
        let progress = &self.state.progress;
        progress.phase.is_over()
            && progress.undo_until.0 > 0
            && progress.undo_until <= now
            && progress.undone_by.0 == 0
    }
}
