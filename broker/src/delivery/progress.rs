//! The durable half of a machine: floor, finished pages, pages, and the counters that go with them.
//!
//! Promises that what it holds is what the entries said, and that the floor advances over whole
//! finished pages without looking at their messages. Derives nothing before recovery has ended.
//! Leases, waits and the ready ones are not its matter.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::page::{PAGE, Page, Stretch};
use super::spans::between;
use super::tally::Sweep;
use crate::model::entry::DeadRecord;
use crate::model::{Epoch, OffsetRange, Position, Time};

#[derive(Debug, Clone)]
pub(super) struct Progress {
    /// Offsets a page; [`PAGE`] but in tests.
    pub(super) size: u64,
    /// Recovery has ended: the floor advances and the derived numbers are right.
    pub(super) live: bool,
    pub(super) epoch: Epoch,
    pub(super) start: u64,
    pub(super) floor: u64,
    /// Finished as a whole, above the floor, as ranges of page numbers: start to end.
    pub(super) finished_pages: BTreeMap<u64, u64>,
    pub(super) acked: u64,
    pub(super) dropped: [u64; 7],
    pub(super) pages: BTreeMap<u64, Arc<Page>>,
    pub(super) cursor_stated: Position,
    /// A page that is no more was stated here, and no restated cursor speaks of that yet.
    pub(super) ghost: Option<Position>,
    /// What a filter is still to be asked about; empty if nothing.
    pub(super) unjudged: OffsetRange,
    /// Derived: how many of those are neither finished nor dead.
    pub(super) unjudged_count: u64,
    /// Derived: finished ones above the floor.
    pub(super) finished_above: u64,
    /// Derived: dead ones.
    pub(super) dead: u64,
    /// Derived: no dead one failed last before this.
    pub(super) dead_since: Option<Time>,
    /// Derived: how many dead ones refer to a `Failed` entry.
    pub(super) texts: BTreeMap<Position, u64>,
    pub(super) freed_texts: Vec<Position>,
    /// Derived: the second count under way.
    pub(super) sweep: Option<Sweep>,
}

impl Progress {
    pub(super) fn new(epoch: Epoch, start: u64) -> Self {
        Self {
            size: PAGE,
            live: false,
            epoch,
            start,
            floor: start,
            finished_pages: BTreeMap::new(),
            acked: 0,
            dropped: [0; 7],
            pages: BTreeMap::new(),
            cursor_stated: Position::START,
            ghost: None,
            unjudged: OffsetRange::default(),
            unjudged_count: 0,
            finished_above: 0,
            dead: 0,
            dead_since: None,
            texts: BTreeMap::new(),
            freed_texts: Vec::new(),
            sweep: None,
        }
    }

    /// The offsets of a page.
    pub(super) fn offsets(&self, page: u64) -> OffsetRange {
        between(page * self.size, (page + 1) * self.size)
    }

    /// Calls `each` with each page that has a part of `range`, and that part relative to it. Pages
    /// that are not there are made, for an entry at `at`.
    pub(super) fn touch(
        &mut self,
        range: OffsetRange,
        at: Position,
        mut each: impl FnMut(&mut Page, usize, usize),
    ) {
        let mut from = range.start.0;
        while from < range.end.0 {
            let number = from / self.size;
            let base = number * self.size;
            let end = range.end.0.min(base + self.size);
            let (floor, size) = (self.floor, self.size);
            let page = self.pages.entry(number).or_insert_with(|| {
                let mut page = Page::new(size, at);
                page.finish(0, relative(floor.clamp(base, base + size), base));
                Arc::new(page)
            });
            let page = Arc::make_mut(page);
            let before = page.tally();
            each(page, relative(from, base), relative(end, base));
            if let Some(sweep) = self.sweep.as_mut().filter(|sweep| number < sweep.page) {
                sweep.sum.replace(before, page.tally());
            }
            from = end;
        }
    }

    /// Finishes messages; gives how many of them were not.
    pub(super) fn finish(&mut self, range: OffsetRange, at: Position) -> u64 {
        let fresh = self.mark_finished(range, at);
        if self.live {
            self.finished_above += fresh;
            self.advance();
        }
        fresh
    }

    /// The same, where the floor is and what is above it being left to the caller.
    pub(super) fn mark_finished(&mut self, range: OffsetRange, at: Position) -> u64 {
        let (size, start, end) = (self.size, range.start.0, range.end.0);
        let (first, last) = (start.div_ceil(size), end / size);
        if first < last {
            self.finish_part(between(start, first * size), at)
                + self.finish_pages(first, last, at)
                + self.finish_part(between(last * size, end), at)
        } else if start / size == last || end % size == 0 {
            self.finish_part(range, at)
        } else {
            self.finish_part(between(start, last * size), at)
                + self.finish_part(between(last * size, end), at)
        }
    }

    /// A range within one page.
    fn finish_part(&mut self, range: OffsetRange, at: Position) -> u64 {
        if range.is_empty() {
            return 0;
        }
        let number = range.start.0 / self.size;
        if self.live && (range.end.0 <= self.floor || self.finished_pages_end(number).is_some()) {
            return 0;
        }
        let (mut fresh, mut full) = (0, false);
        self.touch(range, at, |page, start, end| {
            fresh = page.finish(start, end) as u64;
            full = page.is_full();
        });
        if full && self.live {
            self.dissolve(number, at);
        }
        fresh
    }

    /// Whole pages: those that are not there are never made. The second count is told of those
    /// that it has passed.
    fn finish_pages(&mut self, first: u64, last: u64, at: Position) -> u64 {
        let Some(mut sweep) = self.sweep else {
            return self.fill_pages(first, last, at);
        };
        let place = sweep.page.clamp(first, last);
        let counted = self.fill_pages(first, place, at);
        sweep.sum.finished = sweep.sum.finished.wrapping_add(counted);
        self.sweep = Some(sweep);
        counted + self.fill_pages(place, last, at)
    }

    fn fill_pages(&mut self, first: u64, last: u64, at: Position) -> u64 {
        if first == last {
            return 0;
        }
        let mut fresh = (last - first) * self.size;
        for (start, end) in self.finished_pages_in(first, last) {
            fresh -= (end - start) * self.size;
        }
        let there: Vec<u64> = self.pages.range(first..last).map(|(&n, _)| n).collect();
        for number in there {
            if let Some(page) = self.pages.remove(&number) {
                fresh -= page.finished() as u64;
                self.haunt(page.stated);
            }
        }
        self.haunt(at);
        self.add_finished_pages(first, last);
        fresh
    }

    /// A page that is full becomes part of the finished pages.
    pub(super) fn dissolve(&mut self, number: u64, at: Position) {
        let stated = self.pages.remove(&number).map_or(at, |page| page.stated);
        self.haunt(stated);
        self.add_finished_pages(number, number + 1);
    }

    /// Replay must begin at `stated` or before until the cursor is restated.
    pub(super) fn haunt(&mut self, stated: Position) {
        self.ghost = Some(self.ghost.map_or(stated, |ghost| ghost.min(stated)));
    }

    fn add_finished_pages(&mut self, start: u64, end: u64) {
        let (mut start, mut end) = (start, end);
        while let Some((&s, &e)) = self.finished_pages.range(..=end).next_back() {
            if e < start {
                break;
            }
            (start, end) = (start.min(s), end.max(e));
            self.finished_pages.remove(&s);
        }
        self.finished_pages.insert(start, end);
    }

    /// Where the finished pages that have this one end.
    pub(super) fn finished_pages_end(&self, page: u64) -> Option<u64> {
        let (_, &end) = self.finished_pages.range(..=page).next_back()?;
        (end > page).then_some(end)
    }

    /// The parts of `first..last` that are finished pages.
    pub(super) fn finished_pages_in(&self, first: u64, last: u64) -> Vec<(u64, u64)> {
        let before = self.finished_pages.range(..first).next_back();
        let from = before.map_or(first, |(&start, _)| start);
        let ranges = self.finished_pages.range(from..last);
        ranges
            .map(|(&start, &end)| (start.max(first), end.min(last)))
            .filter(|(start, end)| start < end)
            .collect()
    }

    /// Moves the floor over all that is finished.
    pub(super) fn advance(&mut self) {
        let old = self.floor;
        loop {
            let number = self.floor / self.size;
            if let Some(end) = self.finished_pages_end(number) {
                self.floor = end * self.size;
                self.finished_pages.pop_first();
                continue;
            }
            if let Some(page) = self.pages.get(&number) {
                let base = number * self.size;
                let next = page.next_unfinished(relative(self.floor, base));
                self.floor = base + next as u64;
            }
            break;
        }
        self.finished_above -= self.floor - old;
    }

    /// The first run of unfinished messages in `from..limit`, not always as long as it could be.
    pub(super) fn next_unfinished(&self, from: u64, limit: u64) -> Option<OffsetRange> {
        let mut at = from.max(self.floor);
        while at < limit {
            let number = at / self.size;
            let base = number * self.size;
            if let Some(end) = self.finished_pages_end(number) {
                at = end * self.size;
            } else if let Some(page) = self.pages.get(&number) {
                let start = page.next_unfinished(relative(at, base));
                if start < page.len() {
                    let end = page.next_finished(start) as u64;
                    let run = between(base + start as u64, limit.min(base + end));
                    return (!run.is_empty()).then_some(run);
                }
                at = base + self.size;
            } else {
                return Some(between(at, limit.min(self.end_of_untouched(number))));
            }
        }
        None
    }

    /// Where the pages of which nothing is to be said end, from `number`, which is one, on.
    fn end_of_untouched(&self, number: u64) -> u64 {
        let page = self.pages.range(number..).next().map(|(&n, _)| n);
        let finished = self.finished_pages.range(number..).next().map(|(&n, _)| n);
        let end = page.unwrap_or(u64::MAX).min(finished.unwrap_or(u64::MAX));
        end.saturating_mul(self.size)
    }

    /// Whether a message is finished.
    pub(super) fn is_finished(&self, offset: u64) -> bool {
        let number = offset / self.size;
        let page = self.pages.get(&number);
        offset < self.floor
            || self.finished_pages_end(number).is_some()
            || page.is_some_and(|page| page.is_finished(relative(offset, number * self.size)))
    }

    /// The record of a message.
    pub(super) fn record(&self, offset: u64) -> Option<&Stretch> {
        let number = offset / self.size;
        let page = self.pages.get(&number)?;
        page.stretch_at(relative(offset, number * self.size))
    }

    /// How many attempts of a message have failed.
    pub(super) fn attempts(&self, offset: u64) -> u32 {
        self.record(offset).map_or(0, |record| record.attempts)
    }

    /// The pages that have a part of `range`, with their first offset.
    pub(super) fn pages_in(&self, range: OffsetRange) -> impl Iterator<Item = (u64, &Page)> {
        let from = range.start.0 / self.size;
        let to = range.end.0.div_ceil(self.size).max(from);
        let pages = self.pages.range(from..to);
        pages.map(|(number, page)| (number * self.size, &**page))
    }

    /// The records that have a part in `range`: that part, and the record.
    pub(super) fn records(
        &self,
        range: OffsetRange,
    ) -> impl Iterator<Item = (OffsetRange, &Stretch)> {
        self.pages_in(range).flat_map(move |(base, page)| {
            let start = relative(range.start.0.max(base), base);
            let end = relative(range.end.0.min(base + self.size), base);
            page.touching(start, end).iter().map(move |stretch| {
                let (s, e) = (base + stretch.start() as u64, base + stretch.end() as u64);
                (between(s, e).intersection(range), stretch)
            })
        })
    }

    /// Drops pages of `range` of which nothing is to be said any more; `leased` tells whether a
    /// part of such a range is.
    pub(super) fn tidy(&mut self, range: OffsetRange, leased: impl Fn(OffsetRange) -> bool) {
        let from = range.start.0 / self.size;
        let to = range.end.0.div_ceil(self.size);
        let mut empty = Vec::new();
        for (&number, page) in self.pages.range(from..to) {
            let base = number * self.size;
            let before_start = self.start.clamp(base, base + self.size) - base;
            let is_blank = page.finished() as u64 == before_start
                && page.stretches().is_empty()
                && !page.has_requeued();
            if is_blank && !leased(self.offsets(number)) {
                empty.push(number);
            }
        }
        for number in empty {
            self.pages.remove(&number);
        }
    }

    /// Counts a part of a record that came.
    pub(super) fn count_in(&mut self, stretch: &Stretch) {
        if !stretch.kind.is_dead() {
            return;
        }
        let count = u64::from(stretch.count);
        self.dead += count;
        *self.texts.entry(stretch.text).or_default() += count;
        let since = self.dead_since.map_or(stretch.at, |at| at.min(stretch.at));
        self.dead_since = Some(since);
    }

    /// Counts a part of a record that went.
    pub(super) fn count_out(&mut self, stretch: &Stretch) {
        if !stretch.kind.is_dead() || !self.live {
            return;
        }
        let count = u64::from(stretch.count);
        self.dead -= count;
        if let Some(left) = self.texts.get_mut(&stretch.text) {
            *left -= count;
            if *left == 0 {
                self.texts.remove(&stretch.text);
                self.freed_texts.push(stretch.text);
            }
        }
    }

    /// The dead ones of a range, in order.
    pub(super) fn dead_in(
        &self,
        range: OffsetRange,
    ) -> impl Iterator<Item = (OffsetRange, DeadRecord)> + '_ {
        let records = self.records(range);
        records
            .filter(|(_, stretch)| stretch.kind.is_dead())
            .map(|(part, stretch)| (part, stretch.dead_record()))
    }
}

/// An offset relative to the first of its page.
pub(super) fn relative(offset: u64, base: u64) -> usize {
    usize::try_from(offset - base).unwrap_or(usize::MAX)
}
