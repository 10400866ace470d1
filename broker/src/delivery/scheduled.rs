//! Scheduled messages as one subscription has them: those of the partition, but those before its
//! start and those that it finished before they were due.
//!
//! Promises that a publish costs the same however many subscriptions there are: a machine counts only
//! what it does *not* have of the scheduled ones. A scheduled message of a key takes its place in the
//! order of its key when it becomes due: by its offset among those not handed out yet. Later ones of
//! the key do not wait for it before.

use super::fresh::Fresh;
use super::spans::between;
use super::{Log, Machine};
use crate::model::settings::KeyOrder;
use crate::model::{Offset, OffsetRange};

impl Machine {
    /// How many messages are scheduled for this subscription.
    pub fn scheduled(&self, log: &Log) -> u64 {
        log.scheduled().saturating_sub(self.veiled)
    }

    /// Scheduled messages of `ranges` are about to be finished; gives how many there are.
    pub fn veil(&mut self, log: &Log, ranges: &[OffsetRange]) -> u64 {
        if log.scheduled() == 0 {
            return 0;
        }
        let mut count = 0;
        for &range in ranges {
            for part in log.schedule.within(range) {
                count += part.count();
                self.progress.note_veiled(part);
            }
        }
        self.veiled += count;
        count
    }

    /// Finished messages of `ranges` are so no more: those that are due later are scheduled again.
    pub fn unveil(&mut self, log: &Log, ranges: &[OffsetRange]) {
        let again: u64 = ranges
            .iter()
            .map(|&range| log.schedule.count_in(range))
            .sum();
        self.veiled = self.veiled.saturating_sub(again);
    }

    /// Messages are scheduled no more: due, or gone. Those that a take has passed by are ready now.
    /// Gives how many were scheduled for this subscription.
    pub fn came_due(&mut self, log: &Log, range: OffsetRange) -> u64 {
        let mut open = 0;
        let mut from = range.start.0;
        let mut veiled = range.start;
        while let Some(run) = self.progress.next_unfinished(from, range.end.0) {
            from = run.end.0;
            open += run.count();
            let finished = OffsetRange::between(veiled, run.start);
            self.progress.note_unveiled(finished);
            veiled = run.end;
            let passed = run.intersection(between(0, self.fresh));
            if !passed.is_empty() {
                self.meet_due(log, passed);
            }
        }
        let finished = OffsetRange::between(veiled, range.end);
        self.progress.note_unveiled(finished);
        self.veiled = self.veiled.saturating_sub(range.count() - open);
        open
    }

    /// What a take has passed by gets its turn.
    fn meet_due(&mut self, log: &Log, range: OffsetRange) {
        if self.key_order != KeyOrder::Off {
            for offset in range.offsets() {
                let key = log.key(offset);
                if key != 0 {
                    self.keys.meet(offset.0, key);
                }
            }
        }
        self.make_ready(range);
    }

    /// Steps over scheduled messages at the front of what no take has met, so that no other look
    /// steps over them again.
    pub fn pass_over(&mut self, log: &Log) {
        if log.scheduled() > 0 && !self.is_stalled {
            let next = match self.next_fresh(log, self.fresh) {
                Some(Fresh::Ready(run, _) | Fresh::Held(run)) => run.start,
                None => Offset(self.frontier(log)),
            };
            self.fresh = self.fresh.max(next.0);
        }
    }

    /// Counts anew what it does not have of the scheduled messages: after recovery, and when its
    /// start or much of what it has finished has changed.
    pub fn revise_scheduled(&mut self, log: &Log) {
        let mut hidden = 0;
        for part in log.schedule.within(between(0, log.next().0)) {
            hidden += part.count() - self.open_in(part);
        }
        self.veiled = hidden;
        // A second count under way has seen other ones.
        self.progress.sweep = None;
    }

    /// How many messages of a range are unfinished.
    pub(super) fn open_in(&self, range: OffsetRange) -> u64 {
        let (mut open, mut from) = (0, range.start.0);
        while let Some(run) = self.progress.next_unfinished(from, range.end.0) {
            open += run.count();
            from = run.end.0;
        }
        open
    }

    /// The parts of a range that are not scheduled.
    pub(super) fn due_parts(log: &Log, range: OffsetRange, mut each: impl FnMut(OffsetRange)) {
        let mut at = range.start;
        for part in log.schedule.within(range) {
            each(OffsetRange::between(at, part.start));
            at = part.end;
        }
        each(OffsetRange::between(at, range.end));
    }
}
