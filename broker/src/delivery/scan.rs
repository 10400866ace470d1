//! What a filter has not judged yet: messages that were published before the filter could be asked.
//!
//! Promises that none of them is handed out, nor counted as ready, before the scan has passed it. They can be dropped
//! for another cause meanwhile; the scan then leaves them alone.

use super::page::Kind;
use super::progress::Progress;
use super::{Log, Machine};
use crate::model::entry::{DropCause, Scanned};
use crate::model::{OffsetRange, Position};

impl Machine {
    /// A part of a scan was done, or one begins. Live, what is left out was not judged before.
    pub fn scanned(&mut self, scanned: &Scanned, at: Position) {
        self.dropped(DropCause::Filtered, &scanned.left_out, at);
        let progress = &mut self.progress;
        let old = std::mem::replace(&mut progress.unjudged, scanned.rest);
        if !progress.live {
            return;
        }
        let goes_on = !old.is_empty() && old.end == scanned.rest.end;
        if goes_on {
            let passed = OffsetRange::between(old.start, scanned.rest.start);
            progress.unjudged_count -= progress.count_open(passed);
        } else {
            progress.unjudged_count = progress.count_open(scanned.rest);
        }
    }

    /// Where the scan is, and where it ends; empty if there is none.
    pub fn unjudged(&self) -> OffsetRange {
        self.progress.unjudged
    }

    /// The first messages that are to be judged, at most up to the end of their page; none if there are none.
    pub fn next_unjudged(&self) -> Option<OffsetRange> {
        let OffsetRange { start, end } = self.progress.unjudged;
        let mut from = start.0;
        loop {
            let run = self.progress.next_unfinished(from, end.0)?;
            let dead = self.progress.dead_in(run).next().map(|(part, _)| part);
            match dead {
                Some(dead) if dead.start == run.start => from = dead.end.0,
                Some(dead) => return Some(OffsetRange::between(run.start, dead.start)),
                None => return Some(run),
            }
        }
    }

    /// The part of `range` that is open to a filter: neither finished nor dead. It has not been handed out.
    pub fn open_to_filter(&self, range: OffsetRange) -> Vec<OffsetRange> {
        let mut open = Vec::new();
        self.progress.each_open(range, |part| open.push(part));
        open
    }

    /// The parts of a range that a filter has not still to be asked about.
    pub(super) fn judged(&self, range: OffsetRange) -> [OffsetRange; 2] {
        let unjudged = self.progress.unjudged;
        if unjudged.is_empty() {
            return [range, OffsetRange::between(range.end, range.end)];
        }
        let before = OffsetRange::between(range.start, range.end.min(unjudged.start));
        let after = OffsetRange::between(range.start.max(unjudged.end), range.end);
        [before, after]
    }

    /// Beyond this nothing is handed out.
    pub(super) fn frontier(&self, log: &Log) -> u64 {
        let unjudged = self.progress.unjudged;
        if unjudged.is_empty() {
            log.next().0
        } else {
            unjudged.start.0.min(log.next().0)
        }
    }
}

impl Progress {
    /// How many messages of a range are neither finished nor dead.
    pub(super) fn count_open(&self, range: OffsetRange) -> u64 {
        let mut count = 0;
        self.each_open(range, |part| count += part.count());
        count
    }

    fn each_open(&self, range: OffsetRange, mut each: impl FnMut(OffsetRange)) {
        let mut from = range.start.0;
        while let Some(run) = self.next_unfinished(from, range.end.0) {
            from = run.end.0;
            let mut start = run.start;
            let dead = self.records(run);
            let dead = dead.filter(|(_, stretch)| stretch.kind == Kind::Dead);
            for (part, _) in dead {
                if start < part.start {
                    each(OffsetRange::between(start, part.start));
                }
                start = part.end;
            }
            if start < run.end {
                each(OffsetRange::between(start, run.end));
            }
        }
    }

    /// Messages are about to be finished: those of them that were not judged are to be judged no more.
    pub(super) fn leave_unjudged(&mut self, range: OffsetRange) {
        let part = range.intersection(self.unjudged);
        if !part.is_empty() {
            self.unjudged_count -= self.count_open(part);
        }
    }

    /// Dead messages are about to be ready again: those of them that the scan has still to pass are to be judged.
    pub(super) fn join_unjudged(&mut self, range: OffsetRange) {
        self.unjudged_count += range.intersection(self.unjudged).count();
    }
}
