//! What no take has met yet: ready, with failed attempts or without, or dead or in backoff.
//!
//! After a seek back, or when an undo restores messages after a restart, messages with histories may lie ahead of the
//! next take. It counts on where their attempts ended, and goes past those that it cannot have.

use super::page::Kind;
use super::{Log, Machine};
use crate::model::OffsetRange;
use crate::model::settings::KeyOrder;

/// What a take meets next.
pub(super) enum Fresh {
    /// Dead, or in backoff.
    Held(OffsetRange),
    /// Ready, after so many failed attempts.
    Ready(OffsetRange, u32),
}

impl Machine {
    /// The first run from `from` on that no take has met and that is due: of messages that are dead or in backoff,
    /// which a take goes past, or of ready ones with as many failed attempts each.
    pub(super) fn next_fresh(&self, log: &Log, from: u64) -> Option<Fresh> {
        let run = self.next_due_fresh(log, from)?;
        let told = self.progress.records(run).next();
        Some(match told {
            None => Fresh::Ready(run, 0),
            Some((told, _)) if told.start > run.start => {
                Fresh::Ready(OffsetRange::between(run.start, told.start), 0)
            }
            Some((told, stretch)) if stretch.kind == Kind::Tried => {
                Fresh::Ready(told, stretch.attempts)
            }
            Some((held, _)) => Fresh::Held(held),
        })
    }

    fn next_due_fresh(&self, log: &Log, from: u64) -> Option<OffsetRange> {
        let mut from = from;
        loop {
            let run = self.progress.next_unfinished(from, self.frontier(log))?;
            if log.scheduled() == 0 {
                return Some(run);
            }
            if let Some(free) = log.schedule.first_free(run) {
                return Some(free);
            }
            from = run.end.0;
        }
    }

    /// The first run that is ready and that no take has met, and how many attempts of each of its messages failed.
    pub(super) fn next_fresh_ready(&self, log: &Log) -> Option<(OffsetRange, u32)> {
        let mut from = self.fresh;
        loop {
            match self.next_fresh(log, from)? {
                Fresh::Ready(run, attempts) => return Some((run, attempts)),
                Fresh::Held(held) => from = held.end.0,
            }
        }
    }

    /// A take goes past messages that are dead or in backoff: their keys are held or go on as the order says.
    pub(super) fn pass_held(&mut self, log: &Log, held: OffsetRange) {
        for offset in held.offsets() {
            let key = log.key(offset);
            let kind = self.progress.record(offset.0).map(|record| record.kind);
            let is_dead = kind.is_some_and(Kind::is_dead);
            let is_passed = kind == Some(Kind::Passed);
            match self.key_order {
                _ if key == 0 => {}
                KeyOrder::Off => {}
                KeyOrder::Block if is_passed => self.keys.remember(offset.0, key),
                KeyOrder::Skip if is_dead => self.keys.remember(offset.0, key),
                KeyOrder::Block | KeyOrder::Skip => self.keys.meet(offset.0, key),
            }
        }
        self.fresh = held.end.0;
    }
}
