//! The second count of the books: page by page, offset by offset, without the running numbers.
//!
//! Promises to share no counter with `Machine::counts`, so that the two agree only if both are
//! right.

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
    /// In two states at once; counted in none, so that the sums differ.
    Torn,
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
            for mark in self.marks(page, base, (from, to)) {
                match mark {
                    Mark::Ready => counts.ready += 1,
                    Mark::Finished => finished += 1,
                    Mark::Leased => counts.leased += 1,
                    Mark::Waiting => counts.waiting += 1,
                    Mark::Dead => counts.dead += 1,
                    Mark::Torn => {}
                }
            }
        }
        let whole: u64 = progress.finished_pages.iter().map(|(s, e)| e - s).sum();
        let above = next.saturating_sub(progress.floor);
        counts.ready += above.saturating_sub(seen + whole * progress.size);
        counts.acked = finished.saturating_sub(counts.dropped_sum());
        counts
    }

    /// What each offset of `from..to` is, by its bit, its record and the leases.
    fn marks(&self, page: &Page, base: u64, (from, to): (u64, u64)) -> Vec<Mark> {
        let mut marks = vec![Mark::Ready; relative(to.max(from), from)];
        for (at, mark) in (relative(from, base)..).zip(&mut marks) {
            if page.is_finished(at) {
                *mark = Mark::Finished;
            }
        }
        let mut paint = |start: u64, end: u64, new: Mark| {
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
                Kind::Dead => paint(start, end, Mark::Dead),
            }
        }
        let range = between(from, to);
        for (part, _) in self.leases.within(range) {
            paint(part.start.0, part.end.0, Mark::Leased);
        }
        marks
    }
}
