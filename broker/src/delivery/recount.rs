//! The second count of the books as a whole: page by page, offset by offset, without the running
//! numbers.
//!
//! Promises to share no counter with `Machine::counts`, so that the two agree only if both are
//! right. Costs a look at every page; the audit does the same some pages at a time.

use super::page::{Kind, Page};
use super::progress::relative;
use super::spans::between;
use super::{Counts, Log, Machine};

/// What an offset of a page is found to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Ready,
    Finished,
    Leased,
    Waiting,
    Dead,
    Scheduled,
    /// In two states at once; counted in none, so that the sums differ.
    Torn,
}

/// How many offsets of a part of a page are what.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Marks {
    pub(super) ready: u64,
    pub(super) finished: u64,
    pub(super) leased: u64,
    pub(super) waiting: u64,
    pub(super) dead: u64,
    pub(super) scheduled: u64,
    /// In two states at once.
    pub(super) torn: u64,
}

impl Marks {
    fn count(marks: &[Mark]) -> Self {
        let mut counted = Self::default();
        for mark in marks {
            *match mark {
                Mark::Ready => &mut counted.ready,
                Mark::Finished => &mut counted.finished,
                Mark::Leased => &mut counted.leased,
                Mark::Waiting => &mut counted.waiting,
                Mark::Dead => &mut counted.dead,
                Mark::Scheduled => &mut counted.scheduled,
                Mark::Torn => &mut counted.torn,
            } += 1;
        }
        counted
    }
}

impl Machine {
    /// The books, counted anew. What is dropped cannot be told from what is acknowledged by looking
    /// at a message, so `acked` is what is finished less what was dropped.
    pub fn recount(&self, log: &Log) -> Counts {
        let progress = &self.progress;
        let next = log.next().0.max(progress.start);
        let mut counts = Counts {
            entered: next - progress.start,
            dropped: progress.dropped,
            ..Counts::default()
        };
        let mut finished = progress.floor - progress.start;
        for (&start, &end) in &progress.finished_pages {
            finished += (end - start) * progress.size;
        }
        let mut seen = 0;
        for (&number, page) in &progress.pages {
            let base = number * progress.size;
            let (from, to) = (
                progress.floor.clamp(base, base + progress.size),
                next.clamp(base, base + progress.size),
            );
            seen += to.saturating_sub(from);
            let marks = self.marks(page, log, (base, from, to));
            finished += marks.finished;
            counts.ready += marks.ready;
            counts.leased += marks.leased;
            counts.waiting += marks.waiting;
            counts.dead += marks.dead;
            counts.scheduled += marks.scheduled;
        }
        let whole: u64 = progress.finished_pages.iter().map(|(s, e)| e - s).sum();
        let above = next.saturating_sub(progress.floor);
        let untouched = self.untouched_scheduled(log);
        counts.scheduled += untouched;
        counts.ready += above.saturating_sub(seen + whole * progress.size + untouched);
        // What is not judged is ready in all else; none of it is scheduled.
        counts.unjudged = progress.count_open(progress.unjudged);
        counts.ready = counts.ready.saturating_sub(counts.unjudged);
        counts.acked = finished.saturating_sub(counts.dropped_sum());
        counts
    }

    /// What the offsets `from..to` are, by their bits, their records and the leases.
    pub(super) fn marks(&self, page: &Page, log: &Log, (base, from, to): (u64, u64, u64)) -> Marks {
        let mut marks = vec![Mark::Ready; relative(to.max(from), from)];
        for (at, mark) in (relative(from, base)..).zip(&mut marks) {
            if page.is_finished(at) {
                *mark = Mark::Finished;
            }
        }
        let mut paint = |start: u64, end: u64, new: Mark| {
            let to = to.max(from);
            let (start, end) = (start.clamp(from, to), end.clamp(from, to));
            for mark in &mut marks[relative(start, from)..relative(end, from)] {
                *mark = if *mark == Mark::Ready {
                    new
                } else {
                    Mark::Torn
                };
            }
        };
        for stretch in page.stretches() {
            let (start, end) = (base + stretch.start() as u64, base + stretch.end() as u64);
            match stretch.kind {
                Kind::Tried => {}
                Kind::Waiting => paint(start, end, Mark::Waiting),
                Kind::Dead | Kind::Passed => paint(start, end, Mark::Dead),
            }
        }
        let range = between(from, to);
        for (part, _) in self.leases.within(range) {
            paint(part.start.0, part.end.0, Mark::Leased);
        }
        for part in log.scheduled_in(range) {
            let (start, end) = (relative(part.start.0, from), relative(part.end.0, from));
            for mark in &mut marks[start..end] {
                *mark = match *mark {
                    Mark::Finished => Mark::Finished,
                    Mark::Ready => Mark::Scheduled,
                    _ => Mark::Torn,
                };
            }
        }
        Marks::count(&marks)
    }

    /// How many messages are scheduled on pages of which nothing is to be said.
    fn untouched_scheduled(&self, log: &Log) -> u64 {
        let progress = &self.progress;
        let mut count = 0;
        for part in log.scheduled_in(between(progress.floor, log.next().0)) {
            let mut at = part.start.0;
            while at < part.end.0 {
                let number = at / progress.size;
                let end = part.end.0.min((number + 1) * progress.size);
                let is_touched = progress.pages.contains_key(&number)
                    || progress.finished_pages_end(number).is_some();
                count += if is_touched { 0 } else { end - at };
                at = end;
            }
        }
        count
    }
}
