//! Operations as objects: what each acts on, how far it is, and what it has put aside.
//!
//! What entries change is changed in `operated` only. An operation that is over and cannot be undone has no parts: its
//! head is the history.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::bucket::Bucket;
use crate::model::entry::{Operated, OperationPart, OperationState, PartStep, Record};
use crate::model::range::{normalise, push_joined};
use crate::model::{
    Mono, Offset, OffsetRange, OperationId, Partition, PlanId, Position, SubscriptionId,
};

/// All operations that are remembered.
#[derive(Debug, Default)]
pub(super) struct Operations {
    pub(super) all: BTreeMap<OperationId, Operation>,
    /// Derived: by the plan that each carries out.
    pub(super) by_plan: BTreeMap<PlanId, OperationId>,
    /// Derived: those that are not over.
    pub(super) under_way: BTreeSet<OperationId>,
    /// Derived: those that have put something aside, or will.
    pub(super) open: BTreeSet<OperationId>,
    /// Derived: how often what is put aside refers to a `Failed` entry.
    pub(super) texts: BTreeMap<Position, u64>,
    /// Volatile: parts that are no more, and what they had put aside, still counted among the texts.
    pub(super) fading: VecDeque<(SubscriptionId, Arc<OperationPart>)>,
}

/// An operation.
#[derive(Debug, Default)]
pub(super) struct Operation {
    pub(super) state: OperationState,
    /// False only in recovery, until its beginning or a statement was seen.
    pub(super) is_known: bool,
    /// The newest statement of its head in the log, or its beginning.
    pub(super) stated: Position,
    pub(super) parts: Vec<Part>,
    /// Volatile: what its rate lets it change.
    pub(super) bucket: Bucket,
    /// Volatile: when it goes on.
    pub(super) due: Mono,
    /// Volatile: how many of those it requeued have died again.
    pub(super) died: u64,
}

/// A part of an operation.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// Shared with a checkpoint that is being written.
    pub(super) said: Arc<OperationPart>,
    /// The newest statement of it in the log.
    pub(super) stated: Position,
}

impl Operation {
    pub(super) fn id(&self) -> OperationId {
        self.state.record.id
    }

    /// Whether it could still be taken back, or is under way.
    pub(super) fn is_open(&self) -> bool {
        let progress = &self.state.progress;
        !progress.phase.is_over() || progress.undo_until.0 > 0
    }

    /// The part in which it goes on; none if all is done.
    pub(super) fn next_part(&self) -> Option<&Part> {
        self.parts.iter().find(|part| !part.is_done())
    }

    /// Replay must begin here or before to know it.
    pub(super) fn state_floor(&self) -> Position {
        let parts = self.parts.iter().map(|part| part.stated);
        parts.chain([self.stated]).min().unwrap_or(self.stated)
    }

    /// The first thing to be said of it that was last said before a position.
    pub(super) fn next_statement(&self, before: Position) -> Option<Operated> {
        if self.stated < before {
            return Some(Operated::State(self.state.clone()));
        }
        let due = self.parts.iter().find(|part| part.stated < before)?;
        Some(Operated::Part(due.said.as_ref().clone()))
    }

    /// How many of these messages it has changed.
    pub(super) fn changed_of(&self, partition: Partition, range: OffsetRange) -> u64 {
        let parts = self.parts.iter();
        let here = parts.filter(|part| part.said.partition == partition);
        here.map(|part| {
            part.changed_within(range)
                .iter()
                .map(|one| one.count())
                .sum::<u64>()
        })
        .sum()
    }

    /// Whether it has published one of the messages of a range of its target.
    pub(super) fn has_published(&self, partition: Partition, range: OffsetRange) -> bool {
        let copies = self.parts.iter().flat_map(|part| &part.said.copies);
        let here = copies.filter(|copied| copied.partition == partition);
        let mut places = here.map(|copied| OffsetRange::new(copied.base, copied.range.count()));
        places.any(|place| !place.intersection(range).is_empty())
    }

    /// The positions of the texts that it has put aside.
    pub(super) fn texts(&self) -> impl Iterator<Item = Position> + '_ {
        self.parts.iter().flat_map(|part| texts(&part.said.image))
    }
}

impl Part {
    pub(super) fn is_done(&self) -> bool {
        let last = self.said.ranges.last();
        last.is_none_or(|range| range.end <= self.said.cursor)
    }

    /// What is still to be done, at most so many ranges and messages; and up to where that is.
    pub(super) fn next_ranges(&self, ranges: usize, messages: u64) -> (Vec<OffsetRange>, Offset) {
        let next = ahead(&self.said.ranges, self.said.cursor, ranges, messages);
        let end = next.last().map_or(self.said.cursor, |range| range.end);
        (next, end)
    }

    /// How much there is to be said of it beside what it acts on.
    pub(super) fn weight(&self) -> usize {
        self.said.image.len() + self.said.skipped.len() + self.said.copies.len()
    }

    /// What is done of it, and the rest as a part of its own.
    pub(super) fn parted(&self, index: u32) -> [OperationPart; 2] {
        let cut = self.said.cursor;
        let all = OffsetRange::between(Offset(0), cut);
        let rest = OffsetRange::between(cut, Offset(u64::MAX));
        let done = OperationPart {
            ranges: within(&self.said.ranges, all).into(),
            ..self.said.as_ref().clone()
        };
        let rest = OperationPart {
            operation: done.operation,
            index,
            partition: done.partition,
            epoch: done.epoch,
            ranges: within(&self.said.ranges, rest).into(),
            is_back: done.is_back,
            ..OperationPart::default()
        };
        [done, rest]
    }

    /// Whether a message of a range may be among those that it acts on.
    fn may_have(&self, range: OffsetRange) -> bool {
        let (first, last) = (self.said.ranges.first(), self.said.ranges.last());
        let span = first.zip(last);
        span.is_some_and(|(first, last)| first.start < range.end && range.start < last.end)
    }

    /// What of a range was changed: selected, done, and not skipped.
    pub(super) fn changed_within(&self, range: OffsetRange) -> Vec<OffsetRange> {
        if !self.may_have(range) {
            return Vec::new();
        }
        let done = OffsetRange::between(range.start, range.end.min(self.said.cursor));
        let chosen = within(&self.said.ranges, done);
        chosen
            .into_iter()
            .flat_map(|part| without(part, &within(&self.said.skipped, part)))
            .collect()
    }

    /// All that was changed.
    pub(super) fn changed(&self) -> Vec<OffsetRange> {
        self.changed_within(OffsetRange::between(Offset(0), Offset(u64::MAX)))
    }

    /// Up to where some messages, which are in order, have at most so many histories here.
    pub(super) fn end_of_histories(&self, ranges: &[OffsetRange], most: usize) -> Offset {
        let none = Offset(u64::MAX);
        let Some(start) = ranges.first().map(|range| range.start) else {
            return none;
        };
        let image = &self.said.image;
        let first = image.partition_point(|(part, _)| part.end <= start);
        let next = image.get(first.saturating_add(most));
        next.map_or(none, |(part, _)| part.start.max(start.plus(1)))
    }

    /// The histories that messages had.
    pub(super) fn image_of(&self, ranges: &[OffsetRange]) -> Vec<(OffsetRange, Record)> {
        let mut found = Vec::new();
        for &range in ranges {
            let image = &self.said.image;
            let first = image.partition_point(|(part, _)| part.end <= range.start);
            let parts = image.iter().skip(first);
            let parts = parts.take_while(|(part, _)| part.start < range.end);
            found.extend(parts.map(|&(part, record)| (part.intersection(range), record)));
        }
        found
    }

    /// Those of some messages, which are in order, that it selected are as they were before it.
    pub(super) fn leave(&mut self, ranges: &[OffsetRange]) {
        let left = ranges.iter();
        let left: Vec<OffsetRange> = left
            .flat_map(|&range| within(&self.said.ranges, range))
            .collect();
        if !left.is_empty() {
            self.skip(&left);
        }
    }

    fn skip(&mut self, ranges: &[OffsetRange]) {
        let (last, first) = (self.said.skipped.last(), ranges.first());
        let is_later = last
            .zip(first)
            .is_none_or(|(last, first)| last.end <= first.start);
        let said = Arc::make_mut(&mut self.said);
        for &range in ranges {
            push_joined(&mut said.skipped, range);
        }
        if !is_later {
            normalise(&mut said.skipped);
        }
    }

    /// A step was done.
    pub(super) fn step(&mut self, step: &PartStep) {
        self.skip(&step.skipped);
        let said = Arc::make_mut(&mut self.said);
        said.cursor = said.cursor.max(step.cursor);
        said.image.extend_from_slice(&step.image);
        said.copies.extend_from_slice(&step.copies);
    }
}

impl Operations {
    /// Those on a subscription that are not over.
    pub(super) fn under_way_on(&self, id: SubscriptionId) -> impl Iterator<Item = OperationId> {
        let ids = self.under_way.iter();
        ids.filter_map(move |of| self.all.get(of))
            .filter(move |one| one.state.record.subscription == id)
            .map(Operation::id)
    }

    /// Takes note of what follows from the state of one.
    pub(super) fn index(&mut self, id: OperationId) {
        self.under_way.remove(&id);
        self.open.remove(&id);
        let Some(operation) = self.all.get(&id) else {
            return;
        };
        let plan = operation.state.record.plan;
        if plan.number > 0 {
            self.by_plan.insert(plan, id);
        }
        if !operation.state.progress.phase.is_over() {
            self.under_way.insert(id);
        }
        if operation.is_open() {
            self.open.insert(id);
        }
    }

    /// Counts what refers to texts; gives those to which nothing refers any more.
    pub(super) fn count_texts(
        &mut self,
        come: Vec<Position>,
        gone: Vec<Position>,
    ) -> Vec<Position> {
        for text in come {
            *self.texts.entry(text).or_default() += 1;
        }
        let mut freed = Vec::new();
        for text in gone {
            if let Some(count) = self.texts.get_mut(&text) {
                *count -= 1;
                if *count == 0 {
                    self.texts.remove(&text);
                    freed.push(text);
                }
            }
        }
        freed
    }

    /// Ends recovery: drops what has no head, and derives the rest.
    pub(super) fn resume(&mut self) {
        self.all.retain(|_, operation| operation.is_known);
        self.by_plan.clear();
        self.under_way.clear();
        self.open.clear();
        self.texts.clear();
        self.fading.clear();
        let ids: Vec<OperationId> = self.all.keys().copied().collect();
        for id in ids {
            self.index(id);
            let texts = self.all.get(&id).map(|one| one.texts().collect());
            self.count_texts(texts.unwrap_or_default(), Vec::new());
        }
    }
}

/// The texts of dead ones among histories.
pub(super) fn texts(image: &[(OffsetRange, Record)]) -> impl Iterator<Item = Position> + '_ {
    image.iter().filter_map(|(_, record)| match record {
        Record::Dead(dead) | Record::Passed(dead) => Some(dead.text),
        Record::Tried { .. } | Record::Waiting { .. } => None,
    })
}

/// The messages of a list, which is in order and disjoint, from an offset on: at most so many ranges and messages.
pub(super) fn ahead(
    list: &[OffsetRange],
    from: Offset,
    ranges: usize,
    messages: u64,
) -> Vec<OffsetRange> {
    let (mut next, mut left) = (Vec::new(), messages);
    let first = list.partition_point(|range| range.end <= from);
    for range in list.iter().skip(first).take(ranges) {
        if left == 0 {
            break;
        }
        let start = range.start.max(from);
        let most = OffsetRange::between(start, range.end).count().min(left);
        next.push(OffsetRange::new(start, most));
        left -= most;
    }
    next
}

/// The parts of a range that are in a list, which is in order and disjoint.
pub(super) fn within(list: &[OffsetRange], range: OffsetRange) -> Vec<OffsetRange> {
    let first = list.partition_point(|one| one.end <= range.start);
    let parts = list.iter().skip(first);
    let parts = parts.take_while(|one| one.start < range.end);
    parts
        .map(|one| one.intersection(range))
        .filter(|one| !one.is_empty())
        .collect()
}

/// A range without the parts in a list, which is in order and disjoint.
pub(super) fn without(range: OffsetRange, list: &[OffsetRange]) -> Vec<OffsetRange> {
    let mut left = Vec::new();
    let mut at = range.start;
    for one in list {
        left.push(OffsetRange::between(at, one.start.min(range.end)));
        at = at.max(one.end);
    }
    left.push(OffsetRange::between(at, range.end));
    left.retain(|one| !one.is_empty());
    left
}
