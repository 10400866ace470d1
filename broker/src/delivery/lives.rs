//! How long the messages of a partition live: those that say so themselves, and those for which their topic says it.
//!
//! Promises that a run of messages that end together costs one entry, that the next to end is found
//! without a look at the others, and that none ends unless it is taken. Knows no subscriptions: those
//! who have not finished what has ended are told when it is taken, and ask when they get something
//! back.

use super::due::At;
use super::spans::{Spans, between, gaps, push_joined};
use crate::model::{Mono, OffsetRange, Span, Time};

/// The lives of a partition's messages.
#[derive(Debug, Default, Clone)]
pub(super) struct Lives {
    /// Those that say when they end, by that time.
    ends: Spans<At>,
    /// Those of them that have ended.
    ended: Spans<()>,
    /// Below this those that say nothing have ended, too.
    passed: u64,
}

impl Lives {
    /// Adds the messages from `base` on, of which some say how long they live.
    pub(super) fn insert(&mut self, base: u64, lives: &[u64], published: Time) {
        let mut at = base;
        for run in lives.chunk_by(|one, other| one == other) {
            let end = at + run.len() as u64;
            let life = run.first().map_or(Span::ZERO, |&life| Span(life));
            if life != Span::ZERO {
                self.ends.insert(between(at, end), At(published.plus(life)));
            }
            at = end;
        }
    }

    /// When the next one ends that says so.
    pub(super) fn next(&self) -> Option<Time> {
        self.ends.next_deadline().map(|end| Time(end.0))
    }

    /// Takes at most `limit` messages that say that they have ended by now.
    pub(super) fn take(&mut self, now: Time, limit: u64) -> Vec<OffsetRange> {
        let (mut taken, mut left) = (Vec::new(), limit);
        while left > 0 {
            let Some((span, _)) = self.ends.due(Mono(now.0)).next() else {
                break;
            };
            let range = OffsetRange::new(span.start, span.count().min(left));
            left -= range.count();
            self.ends.cut(range);
            self.ended.insert(range, ());
            taken.push(range);
        }
        taken
    }

    /// Up to where those that say nothing have ended.
    pub(super) fn passed(&self) -> u64 {
        self.passed
    }

    /// Those that say nothing have ended up to `to`; gives which of them that are new.
    pub(super) fn pass(&mut self, to: u64) -> Vec<OffsetRange> {
        let range = between(self.passed, to.max(self.passed));
        self.passed = range.end.0;
        self.silent(range)
    }

    /// Their topic says something else: nothing has been passed.
    pub(super) fn begin_anew(&mut self, low: u64) {
        self.passed = low;
    }

    /// The parts of a range that have ended.
    pub(super) fn ended_in(&self, range: OffsetRange) -> Vec<OffsetRange> {
        let silent = range.intersection(between(0, self.passed));
        let mut ended = self.silent(silent);
        ended.extend(self.ended.within(range).map(|(part, ())| part));
        ended.retain(|part| !part.is_empty());
        ended.sort_unstable();
        let mut joined = Vec::with_capacity(ended.len());
        for part in ended {
            push_joined(&mut joined, part);
        }
        joined
    }

    /// The parts of a range that say nothing.
    fn silent(&self, range: OffsetRange) -> Vec<OffsetRange> {
        let ending = self.ends.within(range).map(|(part, _)| part);
        let ended = self.ended.within(range).map(|(part, ())| part);
        let mut saying: Vec<OffsetRange> = ending.chain(ended).collect();
        saying.sort_unstable();
        let mut silent = Vec::new();
        gaps(range, saying.into_iter(), |gap| {
            push_joined(&mut silent, gap);
        });
        silent
    }

    /// Forgets everything below an offset.
    pub(super) fn trim(&mut self, low: u64) {
        let gone = between(0, low);
        self.ends.cut(gone);
        self.ended.cut(gone);
        self.passed = self.passed.max(low);
    }
}
