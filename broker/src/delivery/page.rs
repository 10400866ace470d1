//! A page: what is durable about a run of consecutive offsets of one subscription on one partition.
//!
//! Promises word-wise work on the finished bits and one record for a stretch of equal histories.
//! Indexes are relative to the page. Does not know leases, nor which page it is.

use super::tally::Tally;
use crate::model::entry::{DeadRecord, Record};
use crate::model::{Fingerprint, Offset, Position, Time};

/// How many offsets a page has. Part of the format: a restated page is named by its number.
pub const PAGE: u64 = 4_096;

/// What kind of record a stretch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Ready or leased after failed attempts.
    Tried,
    /// In backoff.
    Waiting,
    /// Dead.
    Dead,
    /// Dead, and its key goes on without it.
    Passed,
}

impl Kind {
    pub(super) fn is_dead(self) -> bool {
        matches!(self, Self::Dead | Self::Passed)
    }
}

/// Consecutive messages with the same record, in 48 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) first: u16,
    pub(super) count: u16,
    pub(super) attempts: u32,
    pub(super) group: u32,
    pub(super) kind: Kind,
    pub(super) first_failure: Time,
    /// Waiting: until when. Dead: when the last attempt failed. Tried: zero.
    pub(super) at: Time,
    pub(super) text: Position,
    /// Dead: what tells the failure from others, if that is known.
    pub(super) fingerprint: Option<Fingerprint>,
}

impl Stretch {
    /// A record of the format for `count` messages from index `first` on.
    pub(super) fn new(first: u16, count: u16, record: Record) -> Self {
        let plain = |attempts, kind, first_failure, at| Self {
            first,
            count,
            attempts,
            group: 0,
            kind,
            first_failure,
            at,
            text: Position::START,
            fingerprint: None,
        };
        match record {
            Record::Tried {
                attempts,
                first_failure,
            } => plain(attempts, Kind::Tried, first_failure, Time(0)),
            Record::Waiting {
                attempts,
                first_failure,
                until,
            } => plain(attempts, Kind::Waiting, first_failure, until),
            Record::Dead(dead) | Record::Passed(dead) => Self {
                group: dead.group,
                text: dead.text,
                fingerprint: dead.fingerprint,
                ..plain(
                    dead.attempts,
                    match record {
                        Record::Passed(_) => Kind::Passed,
                        _ => Kind::Dead,
                    },
                    dead.first_failure,
                    dead.last_failure,
                )
            },
        }
    }

    /// The record of each of its messages.
    pub(super) fn record(&self) -> Record {
        let (attempts, first_failure) = (self.attempts, self.first_failure);
        match self.kind {
            Kind::Tried => Record::Tried {
                attempts,
                first_failure,
            },
            Kind::Waiting => Record::Waiting {
                attempts,
                first_failure,
                until: self.at,
            },
            Kind::Dead => Record::Dead(self.dead_record()),
            Kind::Passed => Record::Passed(self.dead_record()),
        }
    }

    /// As a dead record, whatever its kind.
    pub(super) fn dead_record(&self) -> DeadRecord {
        DeadRecord {
            first_failure: self.first_failure,
            last_failure: self.at,
            text: self.text,
            attempts: self.attempts,
            group: self.group,
            fingerprint: self.fingerprint,
        }
    }

    pub(super) fn start(&self) -> usize {
        usize::from(self.first)
    }

    pub(super) fn end(&self) -> usize {
        usize::from(self.first) + usize::from(self.count)
    }

    /// The same record for another part of the page.
    pub(super) fn over(mut self, start: usize, end: usize) -> Self {
        self.first = index(start);
        self.count = index(end - start);
        self
    }

    fn follows(&self, before: &Self) -> bool {
        before.end() == self.start() && *self == before.over(self.start(), self.end())
    }
}

/// An index or a length within a page; a page has far fewer than 2^16 offsets.
pub(super) fn index(value: usize) -> u16 {
    u16::try_from(value).unwrap_or(u16::MAX)
}

/// A page.
#[derive(Debug, Clone)]
pub(super) struct Page {
    /// Replay from here on rebuilds the page.
    pub(super) stated: Position,
    bits: Box<[u64]>,
    finished: usize,
    pub(super) stretches: Vec<Stretch>,
    dead: usize,
    waiting: usize,
    /// Which had died and were requeued; empty if none.
    pub(super) requeued: Box<[u64]>,
}

impl Page {
    /// One of which nothing is to be said; `size` is a multiple of 64.
    pub(super) fn new(size: u64, stated: Position) -> Self {
        Self {
            stated,
            bits: (0..size / 64).map(|_| 0).collect(),
            finished: 0,
            stretches: Vec::new(),
            dead: 0,
            waiting: 0,
            requeued: Box::default(),
        }
    }

    /// What it holds, by numbers that change with it; it knows no leases.
    pub(super) fn tally(&self) -> Tally {
        Tally {
            finished: self.finished as u64,
            leased: 0,
            waiting: self.waiting as u64,
            dead: self.dead as u64,
        }
    }

    /// How many are finished.
    pub(super) fn finished(&self) -> usize {
        self.finished
    }

    /// How many are dead.
    pub(super) fn dead(&self) -> usize {
        self.dead
    }

    pub(super) fn is_full(&self) -> bool {
        self.finished == self.len()
    }

    pub(super) fn len(&self) -> usize {
        self.bits.len() * 64
    }

    /// Finishes `start..end`; gives how many of them were not.
    pub(super) fn finish(&mut self, start: usize, end: usize) -> usize {
        let mut fresh = 0;
        let mut at = start;
        while at < end {
            let (word, bit) = (at / 64, at % 64);
            let count = (64 - bit).min(end - at);
            let mask = (u64::MAX >> (64 - count)) << bit;
            fresh += (mask & !self.bits[word]).count_ones() as usize;
            self.bits[word] |= mask;
            at += count;
        }
        self.finished += fresh;
        fresh
    }

    /// Makes `start..end` unfinished; gives how many of them were finished.
    pub(super) fn unfinish(&mut self, start: usize, end: usize) -> usize {
        let mut gone = 0;
        let mut at = start;
        while at < end {
            let (word, bit) = (at / 64, at % 64);
            let count = (64 - bit).min(end - at);
            let mask = (u64::MAX >> (64 - count)) << bit;
            gone += (mask & self.bits[word]).count_ones() as usize;
            self.bits[word] &= !mask;
            at += count;
        }
        self.finished -= gone;
        gone
    }

    pub(super) fn is_finished(&self, at: usize) -> bool {
        self.bits[at / 64] & (1 << (at % 64)) != 0
    }

    /// The first unfinished one from `at` on; the page's length if there is none.
    pub(super) fn next_unfinished(&self, at: usize) -> usize {
        self.scan(at, |word| !word)
    }

    /// The first finished one from `at` on; the page's length if there is none.
    pub(super) fn next_finished(&self, at: usize) -> usize {
        self.scan(at, |word| word)
    }

    fn scan(&self, at: usize, wanted: impl Fn(u64) -> u64) -> usize {
        let mut mask = u64::MAX << (at % 64);
        for (word, bits) in self.bits.iter().enumerate().skip(at / 64) {
            let found = wanted(*bits) & mask;
            if found != 0 {
                return word * 64 + found.trailing_zeros() as usize;
            }
            mask = u64::MAX;
        }
        self.len()
    }

    /// The records, in order.
    pub(super) fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }

    /// The record of a message.
    pub(super) fn stretch_at(&self, at: usize) -> Option<&Stretch> {
        let found = self.stretches.partition_point(|s| s.end() <= at);
        self.stretches.get(found).filter(|s| s.start() <= at)
    }

    /// The records that have a part in `start..end`, whole.
    pub(super) fn touching(&self, start: usize, end: usize) -> &[Stretch] {
        let from = self.stretches.partition_point(|s| s.end() <= start);
        let to = self.stretches.partition_point(|s| s.start() < end);
        self.stretches.get(from..to).unwrap_or(&[])
    }

    /// Takes the records of `start..end` out; gives the parts that were there.
    pub(super) fn erase(&mut self, start: usize, end: usize) -> Vec<Stretch> {
        let from = self.stretches.partition_point(|s| s.end() <= start);
        let to = self.stretches.partition_point(|s| s.start() < end);
        if from >= to {
            return Vec::new();
        }
        let mut removed = Vec::with_capacity(to - from);
        let mut kept = Vec::new();
        for at in from..to {
            let stretch = self.stretches[at];
            let (s, e) = (stretch.start(), stretch.end());
            if s < start {
                kept.push(stretch.over(s, start));
            }
            let part = stretch.over(s.max(start), e.min(end));
            if let Some(count) = self.count_of(part.kind) {
                *count -= usize::from(part.count);
            }
            removed.push(part);
            if end < e {
                kept.push(stretch.over(end, e));
            }
        }
        self.stretches.splice(from..to, kept);
        removed
    }

    fn count_of(&mut self, kind: Kind) -> Option<&mut usize> {
        match kind {
            Kind::Tried => None,
            Kind::Waiting => Some(&mut self.waiting),
            Kind::Dead | Kind::Passed => Some(&mut self.dead),
        }
    }

    /// Adds a record for messages that have none; joins it to equal neighbours.
    pub(super) fn put(&mut self, stretch: Stretch) {
        if let Some(count) = self.count_of(stretch.kind) {
            *count += usize::from(stretch.count);
        }
        let mut stretch = stretch;
        let mut at = self
            .stretches
            .partition_point(|s| s.start() < stretch.start());
        if let Some(next) = self.stretches.get(at)
            && next.follows(&stretch)
        {
            stretch = stretch.over(stretch.start(), next.end());
            self.stretches.remove(at);
        }
        if let Some(before) = at.checked_sub(1).and_then(|i| self.stretches.get(i))
            && stretch.follows(before)
        {
            stretch = stretch.over(before.start(), stretch.end());
            at -= 1;
            self.stretches.remove(at);
        }
        self.stretches.insert(at, stretch);
    }

    /// The finished ones as ranges, `base` being the page's first offset.
    pub(super) fn finished_ranges(&self, base: u64) -> Vec<crate::model::OffsetRange> {
        let mut ranges = Vec::new();
        let mut at = self.next_finished(0);
        while at < self.len() {
            let end = self.next_unfinished(at);
            ranges.push(super::spans::between(base + at as u64, base + end as u64));
            at = self.next_finished(end);
        }
        ranges
    }

    /// The records one by one, `base` being the page's first offset.
    pub(super) fn records(&self, base: u64) -> impl Iterator<Item = (Offset, Record)> {
        self.stretches.iter().flat_map(move |stretch| {
            let record = stretch.record();
            (stretch.start()..stretch.end()).map(move |at| (Offset(base + at as u64), record))
        })
    }
}
