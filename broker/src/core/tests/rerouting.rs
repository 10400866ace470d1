//! What operators send elsewhere in random histories: moves to a topic, edits, seeks by plans, and the way back.

use rand::Rng;

use super::acts::{FILTERED, History, PARTITIONS, SUBSCRIPTIONS};
use super::bench::{kinds_by_key, name};
use super::model::{Is, Message};
use super::planning::{At, Begun};
use crate::core::{EditOrder, Edited, Moved, Order, Pace, Start};
use crate::model::entry::{Deed, Marks};
use crate::model::{MessageId, Offset, Partition, Position, Refusal};

/// The topic to which dead messages of the other one are moved, too.
pub(super) const MOVED_TO: &str = "b";

impl Begun {
    /// Whether it has changed a message, and nothing has taken that back.
    pub(super) fn has_changed(&self, at: At) -> bool {
        self.changed.iter().any(|(of, _)| *of == at)
    }
}

impl History {
    /// What others do for a move: the next messages are published, in one partition.
    pub(super) fn move_on(&mut self) {
        let slice = self.bench.core.next_move(self.bench.now);
        self.bench.drain();
        self.follow_operations();
        let Some(slice) = slice else { return };
        let all = &self.operations;
        let index = all.iter().position(|one| one.id == slice.step.operation);
        let index = index.unwrap();
        let source = SUBSCRIPTIONS[all[index].subscription].1;
        let target = all[index].target;
        let partition = self.random.random_range(0..PARTITIONS);
        let (mut marks, mut messages, mut places) = (Vec::new(), Vec::new(), Vec::new());
        for (number, view) in (0..).zip(&slice.messages) {
            let at = (view.id.partition.0, view.id.offset.0);
            let key = self.published[&(source, at.0, at.1)].0.key;
            marks.push(Marks {
                key,
                ..Marks::default()
            });
            let text = view.states[0].dead.unwrap().text;
            messages.push((view.id.offset, text, Partition(partition), number));
            places.push(at);
        }
        let mut body = kinds_by_key(&marks);
        body.sieved = slice
            .route
            .filters
            .sieve(body.columns.messages(&body.bytes));
        let base = self.next.get(&(target, partition)).copied().unwrap_or(0);
        let moved = Moved {
            step: slice.step,
            messages,
            batches: vec![(Partition(partition), body)],
        };
        assert_eq!(self.bench.core.moved(moved, self.bench.now), Ok(true));
        self.bench.drain();
        let copies = places.into_iter().zip((base..).map(|to| (partition, to)));
        self.operations[index].copies.extend(copies);
        self.follow_operations();
        self.stored(target, partition, &marks, None);
    }

    /// A dead message is published anew, for its subscription alone.
    pub(super) fn edit(&mut self) {
        let index = self.some_subscription();
        let (text, topic) = SUBSCRIPTIONS[index];
        let messages = self.subs[index].messages.iter();
        let dead = messages.filter(|(_, message)| matches!(message.is, Is::Dead { .. }));
        let dead: Vec<(At, Message)> = dead.map(|(&at, &message)| (at, message)).collect();
        if dead.is_empty() {
            return;
        }
        let (at, before) = dead[self.random.random_range(0..dead.len())];
        let partition = self.random.random_range(0..PARTITIONS);
        // Of any kind: it is for the subscription whatever a filter says.
        let marks = Marks {
            key: self.random.random_range(0..4),
            ..Marks::default()
        };
        let message = MessageId {
            topic: self.bench.core.route(&name(topic)).unwrap().topic,
            partition: Partition(at.0),
            offset: Offset(at.1),
        };
        let order = Order::Edit(Box::new(EditOrder {
            subscription: name(text),
            message,
            text: self.text_of(message, text),
            edited: Edited {
                content: vec![b'y'; 3].into(),
                key: marks.key,
                partition: Partition(partition),
            },
            changes: Vec::new(),
            warnings: Vec::new(),
        }));
        let now = self.bench.now;
        let plan = self.bench.core.plan(order, now).unwrap();
        assert_eq!((plan.counts.selected, plan.counts.affected), (1, 1));
        let (_, operation) = self.bench.core.edited(plan.id, now).unwrap();
        let body = kinds_by_key(&[marks]);
        let done = self.bench.core.apply_edit(plan.id, (operation, body), now);
        assert_eq!(done.unwrap().unwrap().record.id, operation);
        self.bench.drain();
        let base = self.next.get(&(topic, partition)).copied().unwrap_or(0);
        self.subs[index].set(at.0, Offset(at.1), Is::Dropped);
        self.note_done((operation, Deed::Edit), index, vec![(at, before)]);
        let begun = self.operations.last_mut().unwrap();
        begun.copies.insert(at, (partition, base));
        self.stored(topic, partition, &[marks], Some(index));
    }

    fn text_of(&self, message: MessageId, subscription: &str) -> Position {
        let (view, _) = self.bench.core.message(message, self.bench.now).unwrap();
        let mut states = view.states.iter();
        let state = states.find(|state| state.subscription.as_str() == subscription);
        state.unwrap().dead.unwrap().text
    }

    /// Whether everybody who was to have a copy has it as it was published.
    pub(super) fn is_copy_free(&self, begun: &Begun, at: At) -> bool {
        let Some(&(partition, offset)) = begun.copies.get(&at) else {
            return false;
        };
        let target = begun.target;
        let low = self.bench.core.low(&name(target), Partition(partition));
        let all = self.subs.iter().zip(SUBSCRIPTIONS).enumerate();
        let mut readers = all.filter(|(_, (_, (_, of)))| *of == target);
        let is_free = readers.all(|(index, (sub, _))| {
            let Some(copy) = sub.messages.get(&(partition, offset)) else {
                return true;
            };
            let is_finished = matches!(copy.is, Is::Acked | Is::Dropped);
            let is_of_others = begun.deed == Deed::Edit && index != begun.subscription;
            // Who is away would find it on the return.
            let is_there = sub.gone.is_none();
            (is_there && is_unused(copy)) || (is_of_others && is_finished)
        });
        is_free && low.0 <= offset
    }

    /// What an operation has published of a message goes.
    pub(super) fn recall(&mut self, undone: usize, at: At) {
        let begun = &self.operations[undone];
        let Some(copy) = begun.copies.get(&at) else {
            return;
        };
        let target = begun.target;
        for (sub, (_, of)) in self.subs.iter_mut().zip(SUBSCRIPTIONS) {
            let found = sub.messages.get_mut(copy).filter(|_| of == target);
            if let Some(message) = found.filter(|message| is_unused(message)) {
                message.is = Is::Dropped;
            }
        }
    }

    /// To anywhere that is stored, or with what comes next, so that it can be taken back.
    pub(super) fn seek_by_plan(&mut self) {
        let index = self.some_subscription();
        let (text, topic) = SUBSCRIPTIONS[index];
        let partition = self.random.random_range(0..PARTITIONS);
        let next = self.next.get(&(topic, partition)).copied().unwrap_or(0);
        let low = self.bench.core.low(&name(topic), Partition(partition)).0;
        let target = self.random.random_range(low..=next);
        let order = Order::Seek {
            subscription: name(text),
            target: Start::Offsets(vec![(Partition(partition), Offset(target))]),
        };
        let now = self.bench.now;
        let plan = self.bench.core.plan(order, now).unwrap();
        let done = self.bench.core.apply_plan(plan.id, Pace::default(), now);
        if index == FILTERED && matches!(done, Err(Refusal::ValueOutOfRange { .. })) {
            // Back to where messages were delayed.
            return;
        }
        let done = done.unwrap();
        self.bench.drain();
        let sub = &self.subs[index];
        let here = sub.messages.range((partition, 0)..(partition + 1, 0));
        let before: Vec<(At, Message)> = here.map(|(&at, &message)| (at, message)).collect();
        self.reach_back(index, partition, target..next);
        let sub = &mut self.subs[index];
        let (skipped, restored) = sub.seek(partition, (target, next), now.wall);
        let counts = &plan.counts;
        assert_eq!(
            (counts.affected, counts.restored),
            (skipped + restored, restored)
        );
        let finished = |is: Is| matches!(is, Is::Acked | Is::Dropped);
        let changed = before.into_iter().filter(|(at, message)| {
            let after = sub.messages.get(at);
            after.is_some_and(|after| finished(after.is) != finished(message.is))
        });
        let changed = changed.map(|(at, message)| {
            let is = match message.is {
                Is::Leased(_) => Is::Pending,
                is => is,
            };
            (at, Message { is, ..message })
        });
        let changed: Vec<(At, Message)> = changed.collect();
        self.note_done((done.record.id, Deed::Seek), index, changed);
        let begun = self.operations.last_mut().unwrap();
        begun.is_back = restored > 0;
    }
}

/// Whether nobody was handed it, as far as can be told.
fn is_unused(message: &Message) -> bool {
    let is_there = matches!(message.is, Is::Pending | Is::Scheduled(_) | Is::Unjudged);
    is_there && message.failed == 0
}
