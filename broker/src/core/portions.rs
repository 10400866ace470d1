//! As much of an operation as one step does, as one part tells, and as is let go of at one time: whatever is selected,
//! each piece of work is short, and what it says fits into a frame.
//!
//! What is told of messages follows what was to be told apart among them: a part of ten million that nobody has met is
//! a few bytes, one of as many that had died is many megabytes. So a part ends once it is heavy.

use std::sync::Arc;

use super::limits::{PART_RECORDS, STEP_DEAD, STEP_PIECES};
use super::objects::Objects;
use super::operation::{texts, within};
use super::output::entry_bytes;
use super::state::{Act, Core};
use crate::model::entry::{Entry, Operated, OperationPart, PartStep};
use crate::model::{Now, Offset, OffsetRange, OperationId, Partition, Position};

/// Histories that are let go of at one time.
const FADED: usize = 5_000;
/// What a history takes in an entry, generously.
const HISTORY_BYTES: u64 = 56;

impl Core {
    /// As much of a slice as one step does, and says in its entries.
    pub(super) fn in_short(
        &self,
        id: OperationId,
        ranges: Vec<OffsetRange>,
        step: PartStep,
    ) -> (Vec<OffsetRange>, PartStep) {
        let all = &self.objects.operations.all;
        let Some(operation) = all.get(&id) else {
            return (ranges, step);
        };
        let record = &operation.state.record;
        let part = operation.parts.get(step.index as usize);
        let partition = part.map_or(Partition(0), |part| part.said.partition);
        let pair = self.pair(record.subscription);
        let place = pair.and_then(|(found, topic)| {
            let machine = found.machine(partition)?;
            Some((machine, topic.store(partition)?))
        });
        let mut short = match place {
            Some((machine, store)) => machine.front(&store.log, &ranges, STEP_PIECES),
            None => ranges,
        };
        if let Some(undone) = all.get(&record.undoes) {
            let parts = undone.parts.iter();
            let here = parts.filter(|part| part.said.partition == partition);
            let most = usize::try_from(STEP_DEAD).unwrap_or(usize::MAX);
            let ends = here.map(|part| part.end_of_histories(&short, most));
            if let Some(end) = ends.min() {
                let before = OffsetRange::between(Offset(0), end);
                short = short
                    .iter()
                    .map(|range| range.intersection(before))
                    .collect();
                short.retain(|range| !range.is_empty());
            }
        }
        let cursor = short.last().map_or(step.cursor, |range| range.end);
        (short, PartStep { cursor, ..step })
    }

    /// A part of which there is too much to be said at once ends where it is, and another goes on with the rest.
    pub(super) fn part_heavy(&mut self, id: OperationId, index: u32, now: Now) {
        let Some(operation) = self.objects.operations.all.get(&id) else {
            return;
        };
        let parts = &operation.parts;
        let part = parts.get(index as usize);
        let heavy = part.filter(|part| part.weight() >= PART_RECORDS && !part.is_done());
        let Some(heavy) = heavy else { return };
        let next = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        let halves = heavy.parted(next).into_iter();
        let acts = halves.map(|half| Act::lazy(Entry::Operated(Operated::Part(half))));
        self.enact(acts.collect(), now);
    }

    /// Lets go of some of what operations had put aside that are taken back, or can be no more.
    pub(super) fn fade_parts(&mut self) {
        let mut left = FADED;
        while left > 0 && self.objects.fade(&mut left) {}
        self.output.release.append(&mut self.objects.release);
    }
}

impl Objects {
    /// Lets go of some of what a part that is no more had put aside; whether there may be more.
    fn fade(&mut self, left: &mut usize) -> bool {
        let Some((subscription, part)) = self.operations.fading.front_mut() else {
            return false;
        };
        let subscription = *subscription;
        let from = part.image.len().saturating_sub(*left);
        let gone: Vec<Position> = texts(part.image.get(from..).unwrap_or(&[])).collect();
        *left = left.saturating_sub(part.image.len() - from);
        Arc::make_mut(part).image.truncate(from);
        if part.image.is_empty() {
            self.operations.fading.pop_front();
        }
        let freed = self.operations.count_texts(Vec::new(), gone);
        let machines = self.any_subscription(subscription);
        let machines = machines.map_or(&[][..], |found| &found.machines);
        let freed = freed.into_iter();
        let needless: Vec<Position> = freed
            .filter(|text| !machines.iter().any(|machine| machine.has_text(*text)))
            .collect();
        self.release_texts(needless);
        true
    }
}

/// What a part takes in the journal, at most.
pub(super) fn told_bytes(part: &OperationPart) -> u64 {
    entry_bytes(&part.ranges) + HISTORY_BYTES * part.image.len() as u64
}

/// A part that is done already, as several of which each is told at once.
pub(super) fn in_portions(part: &OperationPart) -> Vec<OperationPart> {
    let mut portions = Vec::new();
    let (mut from, mut image) = (Offset(0), part.image.as_slice());
    loop {
        let (own, rest) = image.split_at(image.len().min(PART_RECORDS));
        let end = rest
            .first()
            .map_or(Offset(u64::MAX), |(range, _)| range.start);
        let index = part
            .index
            .saturating_add(u32::try_from(portions.len()).unwrap_or(u32::MAX));
        portions.push(OperationPart {
            operation: part.operation,
            index,
            partition: part.partition,
            epoch: part.epoch,
            ranges: within(&part.ranges, OffsetRange::between(from, end)).into(),
            is_back: part.is_back,
            cursor: part.cursor,
            image: own.to_vec(),
            ..OperationPart::default()
        });
        if rest.is_empty() {
            return portions;
        }
        (from, image) = (end, rest);
    }
}
