//! When the messages of a partition are due: those that are scheduled, and those that were.
//!
//! Promises that a run of messages with one due time costs one entry, that the next due one is found
//! without a look at the others, and that nothing becomes due unless it is taken. Knows no
//! subscriptions: those who passed a message by are told when it is taken.

use super::spans::{Indexed, Spans, between, push_joined};
use crate::model::{Mono, Offset, OffsetRange, Time};

/// A point of wall time, by which a span is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At(pub(super) Time);

impl Indexed for At {
    /// A number of microseconds to the spans; here of wall time.
    fn deadline(&self) -> Option<Mono> {
        Some(Mono(self.0.0))
    }
}

/// A due time that has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Came(Time);

impl Indexed for Came {}
impl Indexed for () {}

/// The due times of a partition.
#[derive(Debug, Default, Clone)]
pub(super) struct Schedule {
    /// Scheduled, by due time.
    due: Spans<At>,
    /// The same ones, however their due times differ: what a take steps over.
    later: Spans<()>,
    count: u64,
    /// Stored ones that were scheduled once.
    came: Spans<Came>,
}

impl Schedule {
    /// Adds the messages from `base` on that are due later than they were published.
    pub(super) fn insert(&mut self, base: u64, dues: &[u64], published: Time) {
        let mut at = base;
        for run in dues.chunk_by(|one, other| one == other) {
            let end = at + run.len() as u64;
            let due = run.first().map_or(Time(0), |&due| Time(due));
            if due > published {
                self.due.insert(between(at, end), At(due));
                self.later.insert(between(at, end), ());
                self.count += end - at;
            }
            at = end;
        }
    }

    /// How many are scheduled.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The earliest due time.
    pub(super) fn next(&self) -> Option<Time> {
        self.due.next_deadline().map(|due| Time(due.0))
    }

    /// Takes at most `limit` messages that are due by now, those due first first; gives them in
    /// order.
    pub(super) fn take(&mut self, now: Time, limit: u64) -> Vec<OffsetRange> {
        let (mut taken, mut left) = (Vec::new(), limit);
        while left > 0 {
            let first = self.due.due(Mono(now.0)).next();
            let Some((span, _)) = first else { break };
            let range = OffsetRange::new(span.start, span.count().min(left));
            left -= range.count();
            for (part, due) in self.due.cut(range) {
                self.came.insert(part, Came(due.0));
            }
            self.later.cut(range);
            self.count -= range.count();
            taken.push(range);
        }
        taken.sort_unstable();
        let mut joined = Vec::with_capacity(taken.len());
        for range in taken {
            push_joined(&mut joined, range);
        }
        joined
    }

    /// Forgets everything below an offset.
    pub(super) fn trim(&mut self, low: u64) {
        let gone = between(0, low);
        self.due.cut(gone);
        self.came.cut(gone);
        let gone = self.later.cut(gone);
        self.count -= gone.iter().map(|(part, ())| part.count()).sum::<u64>();
    }

    /// The scheduled parts of a range, in order.
    pub(super) fn within(&self, range: OffsetRange) -> impl Iterator<Item = OffsetRange> + '_ {
        self.later
            .within(range)
            .map(|(part, ())| part)
            .filter(|part| !part.is_empty())
    }

    /// How many messages of a range are scheduled.
    pub(super) fn count_in(&self, range: OffsetRange) -> u64 {
        if self.count == 0 {
            return 0;
        }
        self.within(range).map(OffsetRange::count).sum()
    }

    /// Where the scheduled ones that have `offset` among them end.
    pub(super) fn end_of(&self, offset: u64) -> Option<u64> {
        self.later.find(offset).map(|(span, ())| span.end.0)
    }

    /// The first part of a range that is not scheduled.
    pub(super) fn first_free(&self, range: OffsetRange) -> Option<OffsetRange> {
        let mut at = range.start;
        for part in self.within(range) {
            if at < part.start {
                return Some(OffsetRange::between(at, part.start));
            }
            at = part.end;
        }
        let rest = OffsetRange::between(at, range.end);
        (!rest.is_empty()).then_some(rest)
    }

    /// Whether a message of a range is scheduled, or was once.
    pub(super) fn has_any(&self, range: OffsetRange) -> bool {
        let mut came = self.came.within(range).filter(|(part, _)| !part.is_empty());
        self.within(range).next().is_some() || came.next().is_some()
    }

    /// When a scheduled message is due.
    pub(super) fn due(&self, offset: Offset) -> Option<Time> {
        self.due.find(offset.0).map(|(_, due)| due.0)
    }

    /// The parts of a range that became due at a time or later.
    pub(super) fn came_from(
        &self,
        range: OffsetRange,
        time: Time,
    ) -> impl Iterator<Item = OffsetRange> + '_ {
        let came = self.came.within(range);
        came.filter(move |(_, came)| came.0 >= time)
            .map(|(part, _)| part)
    }

    /// The parts of a range that were scheduled once, in order, and when they became due.
    pub(super) fn came_in(
        &self,
        range: OffsetRange,
    ) -> impl Iterator<Item = (OffsetRange, Time)> + '_ {
        let came = self.came.within(range);
        came.filter(|(part, _)| !part.is_empty())
            .map(|(part, came)| (part, came.0))
    }

    /// When a message became due that was scheduled once, and where those end that are together with
    /// it and have the same due time.
    pub(super) fn came(&self, offset: Offset) -> Option<(Time, Offset)> {
        let (span, came) = self.came.find(offset.0)?;
        Some((came.0, span.end))
    }
}
