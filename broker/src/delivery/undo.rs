//! Taking back: what an act put aside, and putting it in place again.
//!
//! Promises that a message that was handed out since is never dead again by an undo, that only finished messages are
//! restored, and that the books add up. Costs follow the number of ranges and of pages that are there, not of
//! messages, but for those whose keys are in order.

use std::sync::Arc;

use super::holding::Wait;
use super::page::{Kind, Page, Stretch};
use super::progress::{Progress, relative};
use super::spans::{between, gaps, push_joined};
use super::{Log, Machine};
use crate::model::entry::{DeadRecord, Record, Restored};
use crate::model::settings::KeyOrder;
use crate::model::{Now, OffsetRange, Position, Time};

impl Machine {
    /// The histories of messages, in order.
    pub fn image(&self, ranges: &[OffsetRange]) -> Vec<(OffsetRange, Record)> {
        let parts = ranges
            .iter()
            .flat_map(|&range| self.progress.records(range));
        parts
            .map(|(part, stretch)| (part, stretch.record()))
            .collect()
    }

    /// The parts of a range that are ready and have no history: a requeue that was not used yet.
    pub fn unused(&self, log: &Log, range: OffsetRange) -> Vec<OffsetRange> {
        let mut found = Vec::new();
        let within = range.intersection(self.open(log.next()));
        let mut from = within.start.0;
        while let Some(run) = self.progress.next_unfinished(from, within.end.0) {
            from = run.end.0;
            let leased = self.leases.within(run).map(|(part, _)| part);
            gaps(run, leased, |free| {
                let told = self.progress.records(free).map(|(part, _)| part);
                gaps(free, told, |part| push_joined(&mut found, part));
            });
        }
        found
    }

    /// The parts of a range that are finished.
    pub fn finished_in(&self, range: OffsetRange) -> Vec<OffsetRange> {
        let mut found = Vec::new();
        let range = OffsetRange::between(range.start.max(self.start()), range.end);
        let (mut at, mut from) = (range.start, range.start.0.max(self.progress.floor));
        while let Some(run) = self.progress.next_unfinished(from, range.end.0) {
            push_joined(&mut found, OffsetRange::between(at, run.start));
            (at, from) = (run.end, run.end.0);
        }
        push_joined(&mut found, OffsetRange::between(at, range.end));
        found
    }

    /// How many messages of these are dead and died after a moment.
    pub fn dead_within(&self, ranges: &[OffsetRange], after: Time) -> u64 {
        let dead = ranges
            .iter()
            .flat_map(|&range| self.progress.dead_in(range));
        let dead = dead.filter(|(_, dead)| dead.last_failure > after);
        dead.map(|(part, _)| part.count()).sum()
    }

    /// Whether a dead message refers to this text.
    pub fn has_text(&self, text: Position) -> bool {
        self.progress.texts.contains_key(&text)
    }

    /// Dead messages are ready again, and their attempts go on counting.
    pub fn retried(&mut self, ranges: &[OffsetRange], at: Position) {
        for &range in ranges {
            self.progress.join_unjudged(range);
            let was_dead = self.erase(range, at, |earlier| {
                earlier.map(|earlier| Stretch {
                    kind: Kind::Tried,
                    ..Stretch::new(0, 1, tried(earlier))
                })
            });
            assert!(
                was_dead == range.count() || !self.progress.live,
                "only a dead message is requeued"
            );
            self.progress.note_requeued(range, at);
            self.rejoin(range);
        }
        self.promote();
    }

    /// What was dead takes its place in the order of its key, and is ready.
    pub(super) fn rejoin(&mut self, range: OffsetRange) {
        self.keys.join(range, &mut self.eased);
        self.give_back(range);
        self.tidy(range);
    }

    /// Requeued messages are dead again, as they had died.
    pub fn pulled_back(&mut self, dead: &[(OffsetRange, DeadRecord)], at: Position) {
        for &(range, dead) in dead {
            self.progress.leave_unjudged(range);
            self.ready.cut(range);
            assert!(
                self.leases.within(range).next().is_none() || !self.progress.live,
                "a leased message is not pulled back"
            );
            let stretch = Stretch::new(0, 1, Record::Dead(dead));
            self.erase(range, at, |_| Some(stretch));
            if self.key_order == KeyOrder::Skip {
                self.keys.leave(range, &mut self.eased);
            }
            self.is_stalled = false;
        }
        self.promote();
    }

    /// Dropped messages are unfinished again, with the histories they had.
    pub fn restored(&mut self, restored: &Restored, at: Position) {
        for &range in &restored.ranges {
            self.progress.unfinish(range, at);
            if let Some(count) = self.progress.dropped.get_mut(restored.cause.index()) {
                *count = count.saturating_sub(range.count());
            }
        }
        for &(range, record) in &restored.image {
            let stretch = Stretch::new(0, 1, record);
            self.erase(range, at, |_| Some(stretch));
        }
        for &range in &restored.ranges {
            self.progress.state_early(range);
        }
        self.progress.sweep = None;
        if self.progress.live {
            self.progress.advance();
        }
    }

    /// Live only, after [`Machine::restored`]: what of it is ready, waits, or stands behind others is found.
    pub fn take_up(&mut self, log: &Log, restored: &Restored, now: Now) {
        for &(range, record) in &restored.image {
            if let Record::Waiting { until, .. } = record {
                let until = now.mono.plus(until.since(now.wall));
                self.waits.insert(range, Wait(until));
                self.waiting += range.count();
            }
        }
        for &range in &restored.ranges {
            let unjudged = self.progress.unjudged.intersection(range);
            self.progress.unjudged_count += self.progress.count_open(unjudged);
            let met = range.intersection(between(0, self.fresh));
            self.stand(log, met);
            let mut free = Vec::new();
            for judged in self.judged(met) {
                let records = self.progress.records(judged);
                let held = records.filter(|(_, stretch)| stretch.kind != Kind::Tried);
                gaps(judged, held.map(|(part, _)| part), |gap| {
                    Self::due_parts(log, gap, |part| free.push(part));
                });
            }
            for part in free {
                self.make_ready(part);
            }
        }
        self.is_stalled = false;
        self.promote();
    }
}

/// A dead one's history without its death.
fn tried(earlier: &Stretch) -> Record {
    Record::Tried {
        attempts: earlier.attempts,
        first_failure: earlier.first_failure,
    }
}

impl Log {
    /// Whether one of the first `most` messages of a range has this key.
    pub fn has_key_within(&self, range: OffsetRange, key: u64, most: u64) -> bool {
        let mut offsets = range
            .offsets()
            .take(usize::try_from(most).unwrap_or(usize::MAX));
        offsets.any(|offset| self.key(offset) == key)
    }
}

impl Progress {
    /// Messages that are finished are so no more. The floor goes back to the first of them; what lies between them and
    /// where it was stays finished.
    fn unfinish(&mut self, range: OffsetRange, at: Position) {
        if range.is_empty() {
            return;
        }
        let (first, last) = (range.start.0 / self.size, (range.end.0 - 1) / self.size);
        for (start, end) in self.finished_pages_in(first, last + 1) {
            self.part_finished_pages(start, end);
            for number in [first, last] {
                let is_whole = range.intersection(self.offsets(number)) == self.offsets(number);
                if (start..end).contains(&number) && !is_whole {
                    let mut page = Page::new(self.size, at);
                    page.finish(0, page.len());
                    self.pages.entry(number).or_insert_with(|| Arc::new(page));
                }
            }
        }
        for (&number, page) in self.pages.range_mut(first..=last) {
            let base = number * self.size;
            let (start, end) = (range.start.0.max(base), range.end.0.min(base + self.size));
            Arc::make_mut(page).unfinish(relative(start, base), relative(end, base));
        }
        let (old, new) = (self.floor, self.floor.min(range.start.0));
        self.floor = new;
        if self.live {
            self.finished_above = (self.finished_above + (old - new)).saturating_sub(range.count());
        }
        if new < old && range.end.0 < old {
            self.mark_finished(between(range.end.0, old), at);
        }
    }

    /// The finished pages `start..end` are so no more.
    fn part_finished_pages(&mut self, start: u64, end: u64) {
        let before = self.finished_pages.range(..=start).next_back();
        let Some((&from, &to)) = before else { return };
        self.finished_pages.remove(&from);
        if from < start {
            self.finished_pages.insert(from, start);
        }
        if end < to {
            self.finished_pages.insert(end, to);
        }
    }

    /// Replay must begin before what was said of these pages and of the cursor last: what they hold follows from where
    /// the floor was.
    fn state_early(&mut self, range: OffsetRange) {
        let stated = self.cursor_stated;
        let (first, last) = (range.start.0 / self.size, range.end.0 / self.size);
        for page in self.pages.range_mut(first..=last).map(|(_, page)| page) {
            if page.stated > stated {
                Arc::make_mut(page).stated = stated;
            }
        }
        self.haunt(stated);
    }
}
