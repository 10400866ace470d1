//! Recovery and restatement: a machine from what was stated of it and the entries after that, and
//! what is to be stated of it.
//!
//! Promises that replay from `state_floor` on, whatever came before it, gives the same machine, its
//! leases armed anew. Before `resume` nothing is derived.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::holding::{Lease, Wait};
use super::keys::Keys;
use super::page::{Kind, Page, Stretch};
use super::progress::{Progress, relative};
use super::spans::{Spans, between, gaps};
use super::{Log, Machine, Rules};
use crate::model::entry::{
    DeadRecord, Delivered, OutstandingLease, PageState, PartitionCursor, Record,
};
use crate::model::settings::KeyOrder;
use crate::model::{Mono, Now, Offset, OffsetRange, Position};

impl Machine {
    /// In recovery only: leases were granted; `resume` arms them.
    pub fn delivered(&mut self, delivered: &Delivered, at: Position) {
        let name: Arc<str> = Arc::from(delivered.consumer.as_str());
        for grant in &delivered.grants {
            self.progress.touch(grant.range, at, |_, _, _| ());
            self.settle(grant.range);
            self.leases.cut(grant.range);
            let lease = Lease {
                attempt: grant.attempt,
                serial: grant.serial,
                incarnation: delivered.incarnation,
                consumer: None,
                name: Arc::clone(&name),
                deadline: Mono(0),
                since: Mono(0),
            };
            self.leases.insert(grant.range, lease);
        }
    }

    /// In recovery only: the cursor was restated; it replaces all that was known of it.
    pub fn restate_cursor(&mut self, cursor: &PartitionCursor, at: Position) {
        let progress = &mut self.progress;
        progress.epoch = cursor.epoch;
        progress.start = cursor.start.0;
        progress.floor = cursor.floor.0;
        progress.finished_pages = cursor.finished_pages.iter().copied().collect();
        progress.acked = cursor.acked;
        progress.dropped = cursor.dropped;
        progress.unjudged = OffsetRange::default();
        self.cursor_stated(at);
    }

    /// In recovery only: a page was restated; it replaces all that was known of it.
    pub fn restate_page(&mut self, state: &PageState, at: Position) {
        let offsets = self.progress.offsets(state.page);
        let mut page = Page::new(self.progress.size, at);
        let base = offsets.start.0;
        for range in &state.finished {
            let range = range.intersection(offsets);
            page.finish(relative(range.start.0.max(base), base), {
                relative(range.end.0.max(base), base)
            });
        }
        for range in &state.requeued {
            let range = range.intersection(offsets);
            page.note_requeued(relative(range.start.0.max(base), base), {
                relative(range.end.0.max(base), base)
            });
        }
        for &(offset, record) in &state.records {
            if offsets.contains(offset) {
                page.put(Stretch::new(self.index_of(offset), 1, record));
            }
        }
        self.progress.pages.insert(state.page, Arc::new(page));
        self.leases.cut(offsets);
        for outstanding in &state.outstanding {
            let lease = Lease {
                attempt: outstanding.attempt,
                serial: outstanding.serial,
                incarnation: outstanding.incarnation,
                consumer: None,
                name: Arc::from(outstanding.consumer.as_str()),
                deadline: Mono(0),
                since: Mono(0),
            };
            self.leases
                .insert(outstanding.range.intersection(offsets), lease);
        }
    }

    /// Ends recovery: derives all that is not durable. Leases last a full ack deadline from now on.
    pub fn resume(&mut self, log: &Log, rules: &Rules, now: Now) {
        self.progress.resume();
        self.arm(rules, now);
        self.resume_waits(rules, now);
        let progress = &self.progress;
        let records = progress.pages.iter().filter_map(|(number, page)| {
            // Dead ones are met by a take: after a seek they may lie far ahead of it.
            let mut met = page.stretches().iter().rev();
            let last = met.find(|stretch| !stretch.kind.is_dead())?;
            Some(number * progress.size + last.end() as u64)
        });
        let met = records.max().max(self.leases.end());
        self.fresh = progress.floor.max(met.unwrap_or(0));
        self.key_order = rules.key_order;
        self.is_stalled = false;
        self.resume_ready(log);
        self.resume_keys(log);
        self.revise_scheduled(log);
    }

    /// The subscription's rules have changed: takes over the order within a key. What leases it holds stay as they
    /// are; order begins with what is handed out from now on.
    pub fn obey(&mut self, log: &Log, rules: &Rules) {
        if self.key_order == rules.key_order {
            return;
        }
        self.key_order = rules.key_order;
        self.is_stalled = false;
        self.resume_ready(log);
        self.resume_keys(log);
    }

    fn arm(&mut self, rules: &Rules, now: Now) {
        let floor = between(0, self.progress.floor);
        self.leases.cut(floor);
        for (&start, &end) in &self.progress.finished_pages {
            let size = self.progress.size;
            self.leases.cut(between(start * size, end * size));
        }
        let mut armed = Spans::default();
        self.leased = 0;
        for (range, lease) in self.leases.iter() {
            let mut lease = lease.clone();
            lease.deadline = now.mono.plus(rules.ack_deadline);
            self.leased += range.count();
            armed.insert(range, lease);
        }
        self.leases = armed;
    }

    fn resume_waits(&mut self, rules: &Rules, now: Now) {
        (self.waits, self.waiting) = (Spans::default(), 0);
        let mut over = Vec::new();
        for (part, stretch) in self.progress.records(between(0, self.end_of_pages())) {
            if stretch.kind != Kind::Waiting {
                continue;
            }
            if stretch.at <= now.wall && !rules.paces_retries {
                over.push(part);
            } else {
                let until = now.mono.plus(stretch.at.since(now.wall));
                self.waits.insert(part, Wait(until));
                self.waiting += part.count();
            }
        }
        for part in over {
            self.settle(part);
        }
    }

    fn end_of_pages(&self) -> u64 {
        let last = self.progress.pages.last_key_value();
        last.map_or(0, |(number, _)| (number + 1) * self.progress.size)
    }

    /// What lies before `fresh` and is neither leased nor held is ready to be handed out again.
    fn resume_ready(&mut self, log: &Log) {
        self.ready = Spans::default();
        let mut free = Vec::new();
        let mut from = self.progress.floor;
        while let Some(run) = self.progress.next_unfinished(from, self.fresh) {
            from = run.end.0;
            let leased = self.leases.within(run).map(|(part, _)| part);
            gaps(run, leased, |gap| {
                let records = self.progress.records(gap);
                let held = records.filter(|(_, stretch)| stretch.kind != Kind::Tried);
                gaps(gap, held.map(|(part, _)| part), |gap| {
                    Self::due_parts(log, gap, |part| free.push(part));
                });
            });
        }
        for range in free {
            self.make_ready(range);
        }
    }

    fn resume_keys(&mut self, log: &Log) {
        self.keys = Keys::default();
        if self.key_order == KeyOrder::Off {
            return;
        }
        let mut from = self.progress.floor;
        while let Some(run) = self.progress.next_unfinished(from, self.fresh) {
            from = run.end.0;
            self.stand(log, run);
        }
        for (range, _) in self.leases.iter() {
            self.keys.lease(range);
        }
    }

    /// The cursor as it is, to be stated.
    pub fn cursor(&self) -> PartitionCursor {
        let progress = &self.progress;
        let finished_pages = progress.finished_pages.iter();
        PartitionCursor {
            epoch: progress.epoch,
            start: Offset(progress.start),
            floor: Offset(progress.floor),
            finished_pages: finished_pages.map(|(&start, &end)| (start, end)).collect(),
            acked: progress.acked,
            dropped: progress.dropped,
        }
    }

    /// The pages there are, with the position from which replay rebuilds each.
    pub fn pages(&self) -> impl Iterator<Item = (u64, Position)> + '_ {
        let pages = self.progress.pages.iter();
        pages.map(|(&number, page)| (number, page.stated))
    }

    /// A page was stated at `at`.
    pub fn page_stated(&mut self, page: u64, at: Position) {
        if let Some(page) = self.progress.pages.get_mut(&page) {
            Arc::make_mut(page).stated = at;
        }
    }

    /// The cursor was stated at `at`, or the subscription was created there.
    pub fn cursor_stated(&mut self, at: Position) {
        self.progress.cursor_stated = at;
        self.progress.ghost = None;
    }

    /// Replay from here on, or from before, rebuilds this machine.
    pub fn state_floor(&self) -> Position {
        let pages = self.progress.pages.values().map(|page| page.stated);
        let cursor = self.progress.cursor_stated;
        let all = pages.chain(self.progress.ghost).chain([cursor]);
        all.min().unwrap_or(cursor)
    }

    /// The positions of the `Failed` entries that dead ones refer to, each once, in order.
    pub fn texts(&self) -> impl Iterator<Item = Position> + '_ {
        self.progress.texts.keys().copied()
    }

    /// Those of them within `range`: costs a search and what is found.
    pub fn texts_within(
        &self,
        range: RangeInclusive<Position>,
    ) -> impl Iterator<Item = Position> + '_ {
        let texts = self.progress.texts.range(*range.start()..);
        let positions = texts.map(|(&position, _)| position);
        positions.take_while(move |position| range.contains(position))
    }

    /// Those that no dead one refers to any more, since the last call.
    pub fn freed_texts(&mut self) -> Vec<Position> {
        std::mem::take(&mut self.progress.freed_texts)
    }
}

pub(super) fn outstanding((range, lease): (OffsetRange, &Lease)) -> OutstandingLease {
    OutstandingLease {
        range,
        attempt: lease.attempt,
        serial: lease.serial,
        incarnation: lease.incarnation,
        consumer: lease.name.to_string(),
    }
}

impl Progress {
    /// Ends recovery: drops what the cursor covers, dissolves full pages, counts, moves the floor.
    fn resume(&mut self) {
        let (size, number) = (self.size, self.floor / self.size);
        self.pages = self.pages.split_off(&number);
        self.finished_pages.retain(|_, end| *end > number);
        let finished = self.finished_pages.clone();
        let is_finished = |page: u64| {
            let before = finished.range(..=page).next_back();
            before.is_some_and(|(_, &end)| end > page)
        };
        self.pages.retain(|&page, _| !is_finished(page));
        let below = relative(self.floor, number * size);
        if let Some(page) = self.pages.get_mut(&number) {
            let page = Arc::make_mut(page);
            page.finish(0, below);
            page.erase(0, below);
        }
        let full = self.pages.iter().filter(|(_, page)| page.is_full());
        for (page, at) in full
            .map(|(&page, state)| (page, state.stated))
            .collect::<Vec<_>>()
        {
            self.dissolve(page, at);
        }
        self.count();
        self.unjudged_count = self.count_open(self.unjudged);
        self.live = true;
        self.advance();
    }

    fn count(&mut self) {
        let number = self.floor / self.size;
        let in_pages: u64 = self.pages.values().map(|page| page.finished() as u64).sum();
        let whole: u64 = self.finished_pages.iter().map(|(s, e)| e - s).sum();
        let first = self.finished_pages.first_key_value();
        // The part of the floor's page below the floor, if that page is counted at all; so are
        // pages before it in a range of finished ones.
        let counted_from = match first {
            Some((&start, _)) if start <= number => start * self.size,
            _ if self.pages.contains_key(&number) => number * self.size,
            _ => self.floor,
        };
        self.finished_above = in_pages + whole * self.size - (self.floor - counted_from);
        (self.dead, self.dead_since) = (0, None);
        self.texts.clear();
        let pages: Vec<Arc<Page>> = self.pages.values().cloned().collect();
        for page in &pages {
            for stretch in page.stretches() {
                self.count_in(stretch);
            }
        }
    }
}

/// What a dead record says is part of the format; this keeps it from growing unseen.
const _: () = assert!(size_of::<DeadRecord>() == 40 && size_of::<Record>() == 48);
const _: () = assert!(size_of::<Stretch>() == 48);
