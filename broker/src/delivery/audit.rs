//! The audit: the second count of the books, some pages at a time, while the first goes on.
//!
//! Promises that what it counts comes from bits, records and leases and never from the running
//! numbers, that a call costs at most the pages it is given, and that a difference it finds is real
//! and remembered. A sweep goes over the pages in order; what changes before its place is told to it
//! by `Progress`, so that at its end it holds the count of one moment, and only then is compared.

use super::progress::Progress;
use super::spans::between;
use super::tally::{Sweep, Tally};
use super::{Counts, Log, Machine};
use crate::model::OffsetRange;

/// How far an audit came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audited {
    /// Pages that it looked at.
    pub pages: usize,
    /// It came to the end and compared; the next one begins anew.
    pub is_whole: bool,
}

/// What a sweep meets next.
enum Stop {
    Page(u64),
    /// Finished pages up to this one.
    Finished(u64),
}

impl Machine {
    /// Goes on with the second count, over at most `pages` pages.
    pub fn audit(&mut self, log: &Log, pages: usize) -> Audited {
        let mut sweep = self.progress.sweep.take().unwrap_or_default();
        let mut looked = 0;
        while let Some(stop) = self.progress.next_stop(&mut sweep, log) {
            if looked == pages {
                self.progress.sweep = Some(sweep);
                return Audited {
                    pages: looked,
                    is_whole: false,
                };
            }
            looked += 1;
            match stop {
                Stop::Page(number) => {
                    let (tally, torn) = self.tally(number, log);
                    sweep.sum.add(tally);
                    sweep.torn += torn;
                    let offsets = self.progress.offsets(number);
                    let parts = log.scheduled_in(offsets);
                    let veiled = parts.map(|part| part.count() - self.open_in(part));
                    sweep.veiled += veiled.sum::<u64>();
                    self.audit_error = self.audit_error.max(sweep.torn);
                    sweep.page = number + 1;
                }
                Stop::Finished(end) => {
                    sweep.sum.finished += self.progress.count_entered(sweep.page, end);
                    self.progress
                        .veil_up_to(&mut sweep, log, end * self.progress.size);
                    sweep.page = end;
                }
            }
        }
        self.progress
            .veil_up_to(&mut sweep, log, self.progress.floor);
        let counted = self.counted(&sweep, log);
        let books = self.counts(log);
        // Where nothing is ready this number could be wrong unseen.
        let progress = &self.progress;
        let finished = (progress.floor - progress.start) + progress.finished_above;
        let error = books.difference(&counted)
            + books.sum_error()
            + sweep.torn
            + finished.abs_diff(sweep.sum.finished)
            + self.veiled.abs_diff(sweep.veiled);
        self.audit_error = self.audit_error.max(error);
        Audited {
            pages: looked,
            is_whole: true,
        }
    }

    /// By how much the books were ever found to differ from the second count; never smaller again,
    /// since what was wrong once cannot be trusted.
    pub fn audit_error(&self) -> u64 {
        self.audit_error
    }

    /// Makes a running number wrong, so that a test sees it found.
    #[cfg(test)]
    pub(crate) fn spoil(&mut self) {
        self.leased += 1;
    }

    /// The books as a sweep has them. What is dropped cannot be told from what is acknowledged by
    /// looking at a message, so `acked` is what is finished less what was dropped.
    fn counted(&self, sweep: &Sweep, log: &Log) -> Counts {
        let sum = &sweep.sum;
        let progress = &self.progress;
        let entered = log.next().0.max(progress.start) - progress.start;
        let unjudged = progress.unjudged_count;
        let scheduled = log.scheduled().saturating_sub(sweep.veiled);
        let held = [sum.dead, unjudged, scheduled];
        let busy = [sum.finished, sum.leased, sum.waiting];
        let busy = busy.into_iter().chain(held);
        let busy = busy.fold(0, u64::wrapping_add);
        let dropped: u64 = progress.dropped.iter().sum();
        Counts {
            entered,
            unjudged,
            scheduled,
            ready: entered.saturating_sub(busy),
            leased: sum.leased,
            waiting: sum.waiting,
            dead: sum.dead,
            acked: sum.finished.saturating_sub(dropped),
            dropped: progress.dropped,
        }
    }

    /// What a page holds, counted anew, and how much of it is amiss: messages in two states, and
    /// what the page's own numbers are off.
    fn tally(&self, number: u64, log: &Log) -> (Tally, u64) {
        let progress = &self.progress;
        let Some(page) = progress.pages.get(&number) else {
            return (Tally::default(), 0);
        };
        let offsets = progress.offsets(number);
        let (base, end) = (offsets.start.0, offsets.end.0);
        let from = progress.floor.clamp(base, end);
        let marks = self.marks(page, log, (base, from, log.next().0.clamp(from, end)));
        let mut torn = marks.torn;
        let mut tally = Tally {
            finished: marks.finished,
            leased: marks.leased,
            waiting: marks.waiting,
            dead: marks.dead,
        };
        let own = Tally {
            finished: tally.finished + (from - base),
            leased: 0,
            ..tally
        };
        if torn == 0 {
            torn = page.tally().difference(&own);
        }
        tally.finished += from.saturating_sub(progress.start.max(base));
        (tally, torn)
    }
}

impl Progress {
    /// Moves a sweep over what needs no look, to the next page or range of finished ones; none if
    /// there is no other.
    fn next_stop(&self, sweep: &mut Sweep, log: &Log) -> Option<Stop> {
        let first = self.floor / self.size;
        if sweep.page < first {
            sweep.sum.finished += self.count_entered(sweep.page, first);
            self.veil_up_to(sweep, log, first * self.size);
            sweep.page = first;
        }
        if let Some(end) = self.finished_pages_end(sweep.page) {
            return Some(Stop::Finished(end));
        }
        let page = self.pages.range(sweep.page..).next().map(|(&n, _)| n);
        if page == Some(sweep.page) {
            return page.map(Stop::Page);
        }
        // Pages of which nothing is to be said: the floor may stand in the first of them.
        let below = self
            .floor
            .saturating_sub(self.start.max(sweep.page * self.size));
        let finished = self.finished_pages.range(sweep.page..).next();
        let next = page.into_iter().chain(finished.map(|(&n, _)| n)).min()?;
        sweep.sum.finished += below;
        self.veil_up_to(sweep, log, self.floor);
        sweep.page = next;
        self.next_stop(sweep, log)
    }

    /// How many messages the pages `first..last` have, those before the start left out.
    fn count_entered(&self, first: u64, last: u64) -> u64 {
        (last * self.size).saturating_sub(self.start.max(first * self.size))
    }

    /// The part of a range that the sweep under way has counted.
    fn swept(&self, range: OffsetRange) -> u64 {
        let end = self.sweep.map_or(0, |sweep| sweep.page * self.size);
        range.intersection(between(0, end)).count()
    }

    /// Counts the scheduled messages from a sweep's place up to `end`, all of which are finished or
    /// before the start.
    fn veil_up_to(&self, sweep: &mut Sweep, log: &Log, end: u64) {
        sweep.veiled += log.schedule.count_in(between(sweep.page * self.size, end));
    }

    /// Scheduled messages are finished.
    pub(super) fn note_veiled(&mut self, range: OffsetRange) {
        let counted = self.swept(range);
        if let Some(sweep) = &mut self.sweep {
            sweep.veiled = sweep.veiled.wrapping_add(counted);
        }
    }

    /// Finished messages are scheduled no more.
    pub(super) fn note_unveiled(&mut self, range: OffsetRange) {
        let counted = self.swept(range);
        if let Some(sweep) = &mut self.sweep {
            sweep.veiled = sweep.veiled.wrapping_sub(counted);
        }
    }

    /// Messages were leased.
    pub(super) fn note_leased(&mut self, range: OffsetRange) {
        let counted = self.swept(range);
        if let Some(sweep) = &mut self.sweep {
            sweep.sum.leased = sweep.sum.leased.wrapping_add(counted);
        }
    }

    /// Messages are leased no more.
    pub(super) fn note_unleased(&mut self, range: OffsetRange) {
        let counted = self.swept(range);
        if let Some(sweep) = &mut self.sweep {
            sweep.sum.leased = sweep.sum.leased.wrapping_sub(counted);
        }
    }
}
