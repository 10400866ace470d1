//! Disjoint ranges of offsets, each with a value; what leases, waits and the ready ones are kept
//! in.
//!
//! Promises that a range with one value costs one entry, that neighbours of equal value become one,
//! and that the indexes by deadline and by consumer agree with the ranges. Knows no states.

use std::collections::{BTreeMap, BTreeSet};

pub(super) use crate::model::range::push_joined;
use crate::model::{ConsumerId, Mono, Offset, OffsetRange};

/// What a range is found by besides its place.
pub(super) trait Indexed: Clone + PartialEq {
    /// When something is to be done about it.
    fn deadline(&self) -> Option<Mono> {
        None
    }

    /// Who holds it.
    fn holder(&self) -> Option<ConsumerId> {
        None
    }
}

/// Ranges with values.
#[derive(Debug, Clone)]
pub(super) struct Spans<T> {
    map: BTreeMap<u64, (u64, T)>,
    deadlines: BTreeSet<(Mono, u64)>,
    holders: BTreeSet<(ConsumerId, u64)>,
}

impl<T> Default for Spans<T> {
    fn default() -> Self {
        Self {
            map: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            holders: BTreeSet::new(),
        }
    }
}

impl<T: Indexed> Spans<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// Adds a range that shares no offset with any other.
    pub(super) fn insert(&mut self, range: OffsetRange, value: T) {
        if range.is_empty() {
            return;
        }
        let (mut end, start) = (range.end.0, range.start.0);
        if self.map.get(&end).is_some_and(|(_, next)| *next == value) {
            end = self.remove(end).map_or(end, |(end, _)| end);
        }
        let before = self.map.range_mut(..start).next_back();
        if let Some((_, (before_end, before_value))) = before
            && *before_end == start
            && *before_value == value
        {
            *before_end = end;
            return;
        }
        self.put(start, end, value);
    }

    /// Takes `range` out; gives the parts that were there.
    pub(super) fn cut(&mut self, range: OffsetRange) -> Vec<(OffsetRange, T)> {
        let mut pieces = Vec::new();
        if self.map.is_empty() || range.is_empty() {
            return pieces;
        }
        let mut from = self.first_key(range.start.0);
        while let Some((&start, _)) = self.map.range(from..range.end.0).next() {
            let Some((end, value)) = self.remove(start) else {
                break;
            };
            let piece = between(start, end).intersection(range);
            if start < piece.start.0 {
                self.put(start, piece.start.0, value.clone());
            }
            if piece.end.0 < end {
                self.put(piece.end.0, end, value.clone());
            }
            pieces.push((piece, value));
            if end >= range.end.0 {
                break;
            }
            from = end;
        }
        pieces
    }

    /// The parts of `range` that are there, in order.
    pub(super) fn within(&self, range: OffsetRange) -> impl Iterator<Item = (OffsetRange, &T)> {
        let from = self.first_key(range.start.0);
        // An empty range may begin after it ends for a map.
        let spans = self.map.range(from..range.end.0.max(from));
        spans.map(move |(&start, (end, value))| (between(start, *end).intersection(range), value))
    }

    /// The whole span that has `offset`.
    pub(super) fn find(&self, offset: u64) -> Option<(OffsetRange, &T)> {
        let (&start, (end, value)) = self.map.range(..=offset).next_back()?;
        (*end > offset).then(|| (between(start, *end), value))
    }

    /// The span with the lowest offsets.
    pub(super) fn first(&self) -> Option<(OffsetRange, &T)> {
        let (&start, (end, value)) = self.map.first_key_value()?;
        Some((between(start, *end), value))
    }

    /// One past the highest offset.
    pub(super) fn end(&self) -> Option<u64> {
        self.map.last_key_value().map(|(_, (end, _))| *end)
    }

    /// All spans in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (OffsetRange, &T)> {
        let spans = self.map.iter();
        spans.map(|(&start, (end, value))| (between(start, *end), value))
    }

    /// The spans whose deadline is `now` or earlier, earliest first.
    pub(super) fn due(&self, now: Mono) -> impl Iterator<Item = (OffsetRange, &T)> {
        let due = self.deadlines.range(..=(now, u64::MAX));
        due.filter_map(|(_, start)| self.starting_at(*start))
    }

    /// The earliest deadline.
    pub(super) fn next_deadline(&self) -> Option<Mono> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// The spans of a consumer, in order.
    pub(super) fn of(&self, holder: ConsumerId) -> impl Iterator<Item = (OffsetRange, &T)> {
        let starts = self.holders.range((holder, 0)..=(holder, u64::MAX));
        starts.filter_map(|(_, start)| self.starting_at(*start))
    }

    fn starting_at(&self, start: u64) -> Option<(OffsetRange, &T)> {
        let (end, value) = self.map.get(&start)?;
        Some((between(start, *end), value))
    }

    /// The start of the span that has `offset`, or `offset`.
    fn first_key(&self, offset: u64) -> u64 {
        self.find(offset).map_or(offset, |(span, _)| span.start.0)
    }

    fn put(&mut self, start: u64, end: u64, value: T) {
        if let Some(deadline) = value.deadline() {
            self.deadlines.insert((deadline, start));
        }
        if let Some(holder) = value.holder() {
            self.holders.insert((holder, start));
        }
        self.map.insert(start, (end, value));
    }

    fn remove(&mut self, start: u64) -> Option<(u64, T)> {
        let (end, value) = self.map.remove(&start)?;
        if let Some(deadline) = value.deadline() {
            self.deadlines.remove(&(deadline, start));
        }
        if let Some(holder) = value.holder() {
            self.holders.remove(&(holder, start));
        }
        Some((end, value))
    }
}

/// A range of plain numbers.
pub(super) fn between(start: u64, end: u64) -> OffsetRange {
    OffsetRange::between(Offset(start), Offset(end))
}

/// Calls `free` for each part of `range` that is in none of the `taken` ones, which are in order.
pub(super) fn gaps(
    range: OffsetRange,
    taken: impl Iterator<Item = OffsetRange>,
    mut free: impl FnMut(OffsetRange),
) {
    let mut at = range.start;
    for taken in taken {
        let gap = OffsetRange::between(at, taken.start.min(range.end));
        if !gap.is_empty() {
            free(gap);
        }
        at = at.max(taken.end);
    }
    let rest = OffsetRange::between(at, range.end);
    if !rest.is_empty() {
        free(rest);
    }
}
