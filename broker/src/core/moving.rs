//! Moving dead messages to a topic, another one or their own: published there and finished here, in one commit group
//! with the step that says so, so that a crash finds a message in one of the two places.
//!
//! The owner reads no message: this says which come next, others read them and come back with what is to be published.
//! A move whose topic is gone, or has nobody who reads it, stops: what is left stays dead.

use std::collections::BTreeMap;

use super::limits::{MOVE_BYTES, MOVE_MESSAGES};
use super::operation::within;
use super::peek::{place_of, state_view, view};
use super::state::{Act, Core};
use super::stepping::{Change, MOVE_INTERVAL, Next};
use super::views::{MessageView, Route};
use crate::delivery::{Chosen, State};
use crate::model::entry::{
    Body, Copied, Deed, DropCause, Dropped, Entry, PartStep, Phase, Published,
};
use crate::model::range::normalise;
use crate::model::{
    Mono, Name, Now, Offset, OffsetRange, OperationId, Partition, Position, Refusal, Span, TopicId,
};

/// Steps of which nothing was left that one look passes.
const EMPTY_STEPS: usize = 8;

/// Messages of a move that come next.
#[derive(Debug)]
pub struct MoveSlice {
    /// Which step it is.
    pub step: MoveStep,
    /// The subscription.
    pub subscription: Name,
    /// Where they go.
    pub route: Route,
    /// The messages: dead ones, in order.
    pub messages: Vec<MessageView>,
}

/// A step of a move.
#[derive(Debug, Clone)]
pub struct MoveStep {
    /// The operation.
    pub operation: OperationId,
    part: PartStep,
    ranges: Vec<OffsetRange>,
    /// Where the part stood.
    from: Offset,
}

/// Messages of a move with what is to be published of them.
#[derive(Debug)]
pub struct Moved {
    /// The step.
    pub step: MoveStep,
    /// The messages, in order, with the failure that killed each, and which one it is of the batch of which partition.
    pub messages: Vec<(Offset, Position, Partition, u32)>,
    /// What is published.
    pub batches: Vec<(Partition, Body)>,
}

impl Core {
    /// The next messages to be moved, of the operation that is due longest.
    pub fn next_move(&mut self, now: Now) -> Option<MoveSlice> {
        let operations = &self.objects.operations;
        let under_way = operations.under_way.iter();
        let moves = under_way.filter(|id| {
            let found = operations.all.get(id);
            found.is_some_and(|one| one.state.record.deed == Deed::Move)
        });
        let moves: Vec<OperationId> = moves.copied().collect();
        moves.into_iter().find_map(|id| self.move_of(id, now))
    }

    fn move_of(&mut self, id: OperationId, now: Now) -> Option<MoveSlice> {
        for _ in 0..EMPTY_STEPS {
            match self.next_of(id, now) {
                Next::Later(due) => {
                    self.operation_due(id, due);
                    return None;
                }
                Next::End(phase, note) => {
                    self.end_operation(id, phase, note, now);
                    return None;
                }
                Next::Slice(_, ranges, part) => {
                    let found = self.slice_of_move(id, (&ranges, part), now);
                    if found.is_some() {
                        self.operation_due(id, now.mono.plus(MOVE_INTERVAL));
                        return found;
                    }
                }
            }
        }
        None
    }

    pub(super) fn operation_due(&mut self, id: OperationId, due: Mono) {
        if let Some(operation) = self.objects.operations.all.get_mut(&id) {
            operation.due = due;
        }
    }

    /// What of a slice is dead still, as much as one step publishes. Nothing: the slice is done, or the move over.
    fn slice_of_move(
        &mut self,
        id: OperationId,
        (ranges, mut part): (&[OffsetRange], PartStep),
        now: Now,
    ) -> Option<MoveSlice> {
        let Some(route) = self.target_of(id) else {
            let operation = self.objects.operations.all.get(&id)?;
            let target = &operation.state.record.target.1;
            let note = format!("nobody reads topic {target} any more");
            self.end_operation(id, Phase::Stopped, note, now);
            return None;
        };
        let operation = self.objects.operations.all.get(&id)?;
        let said = &operation.parts.get(part.index as usize)?.said;
        let (partition, from) = (said.partition, said.cursor);
        let pair = self.pair(operation.state.record.subscription);
        let found = pair.and_then(|(subscription, topic)| {
            let machine = subscription.machine(partition)?;
            Some((subscription, topic, machine, topic.store(partition)?))
        });
        let (subscription, topic, machine, store) = found?;
        let (mut messages, mut bytes) = (Vec::new(), 0);
        let dead = ranges.iter();
        let dead = dead.flat_map(|&range| machine.unfinished(&store.log, range, Chosen::Dead));
        for offset in dead.flat_map(OffsetRange::offsets) {
            let size = u64::from(store.log.size(offset));
            if messages.len() == MOVE_MESSAGES || (bytes > 0 && bytes + size > MOVE_BYTES) {
                // The rest of the slice is for the next step.
                part.cursor = offset;
                break;
            }
            bytes += size;
            let place = place_of(store, partition, offset);
            let state = state_view(subscription, topic, place, now);
            messages.push(view(topic, place, state.into_iter().collect()));
        }
        let ranges = within(ranges, OffsetRange::between(Offset(0), part.cursor));
        if messages.is_empty() {
            self.put_step(id, (&ranges, part), Change::default(), now);
            return None;
        }
        Some(MoveSlice {
            subscription: subscription.record.name.clone(),
            route,
            messages,
            step: MoveStep {
                operation: id,
                part,
                ranges,
                from,
            },
        })
    }

    /// Publishes messages of a move and finishes the dead ones; false, and nothing is done, if it does not go on from
    /// there any more.
    pub fn moved(&mut self, moved: Moved, now: Now) -> Result<bool, Refusal> {
        let Moved {
            step,
            messages,
            batches,
        } = moved;
        let id = step.operation;
        let Some(route) = self
            .target_of(id)
            .filter(|_| self.is_next(&step, &messages))
        else {
            return Ok(false);
        };
        let Some(operation) = self.objects.operations.all.get(&id) else {
            return Ok(false);
        };
        let record = &operation.state.record;
        let (subscription, is_undoable) = (record.subscription, record.grace > Span::ZERO);
        let said = operation.parts.get(step.part.index as usize);
        let partition = said.map_or(Partition(0), |part| part.said.partition);
        let mut taken: Vec<OffsetRange> = messages
            .iter()
            .map(|&(offset, ..)| OffsetRange::one(offset))
            .collect();
        normalise(&mut taken);
        let target = route.topic;
        let topic = self.routed(target)?;
        self.check_limits(topic, &batches)?;
        let mut acts = if batches.is_empty() {
            Vec::new()
        } else {
            self.decide_batches(target, batches, now)?
        };
        let mut part = step.part;
        part.copies = copies(&acts, &messages);
        acts.push(Act::eager(Entry::Dropped(Dropped {
            subscription,
            partition,
            cause: DropCause::Moved,
            operation: id,
            ranges: taken.clone(),
        })));
        let found = self.objects.subscriptions.get(&subscription);
        let machine = found.and_then(|found| found.machine(partition));
        let image = machine.filter(|_| is_undoable);
        let image = image.map_or_else(Vec::new, |machine| machine.image(&taken));
        let change = Change { acts, taken, image };
        self.put_step(id, (&step.ranges, part), change, now);
        self.after_publish(target, now);
        Ok(true)
    }

    /// A message of a move cannot be read: what is left stays dead.
    pub fn stop_move(&mut self, step: &MoveStep, note: String, now: Now) {
        let operation = self.objects.operations.all.get(&step.operation);
        if operation.is_some_and(|one| !one.state.progress.phase.is_over()) {
            self.end_operation(step.operation, Phase::Stopped, note, now);
        }
    }

    /// Where an operation publishes to; none while there is no such topic with a reader.
    fn target_of(&self, id: OperationId) -> Option<Route> {
        let operation = self.objects.operations.all.get(&id)?;
        self.read_route(operation.state.record.target.0)
    }

    /// The way to a topic that somebody reads.
    pub(super) fn read_route(&self, topic: TopicId) -> Option<Route> {
        let topic = self.objects.topics.get(&topic)?;
        (!topic.subscriptions.is_empty()).then(|| Route {
            topic: topic.record.id,
            partitions: topic.record.settings.partitions,
            filters: std::sync::Arc::clone(topic.sieves.now()),
        })
    }

    /// Whether the operation stands where the step begins, and each message is dead from that failure.
    fn is_next(&self, step: &MoveStep, messages: &[(Offset, Position, Partition, u32)]) -> bool {
        let Some(operation) = self.objects.operations.all.get(&step.operation) else {
            return false;
        };
        let phase = operation.state.progress.phase;
        let part = operation.parts.get(step.part.index as usize);
        let part = part.filter(|part| part.said.cursor == step.from);
        let pair = self.pair(operation.state.record.subscription);
        let (Some(part), Some((subscription, topic))) = (part, pair) else {
            return false;
        };
        let partition = part.said.partition;
        let places = subscription.machine(partition).zip(topic.store(partition));
        let Some((machine, store)) = places else {
            return false;
        };
        matches!(phase, Phase::Running | Phase::Waiting)
            && messages.iter().all(|&(offset, text, ..)| {
                let (state, _) = machine.state_of(offset, &store.log);
                matches!(state, State::Dead(dead) if dead.text == text)
            })
    }
}

/// Where messages are published to by these entries.
pub(super) fn copies(acts: &[Act], messages: &[(Offset, Position, Partition, u32)]) -> Vec<Copied> {
    let published = acts.iter().filter_map(|act| match &act.entry {
        Entry::Published(Published {
            partition, base, ..
        }) => Some((*partition, *base)),
        _ => None,
    });
    let bases: BTreeMap<Partition, Offset> = published.collect();
    let mut copies: Vec<Copied> = Vec::new();
    for &(offset, _, partition, index) in messages {
        let Some(base) = bases.get(&partition) else {
            continue;
        };
        let base = base.plus(index.into());
        match copies.last_mut() {
            Some(last)
                if last.partition == partition
                    && last.range.end == offset
                    && last.base.plus(last.range.count()) == base =>
            {
                last.range.end = offset.plus(1);
            }
            _ => copies.push(Copied {
                range: OffsetRange::one(offset),
                partition,
                base,
            }),
        }
    }
    copies
}
