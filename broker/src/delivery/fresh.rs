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
        self.stand(log, held);
        self.fresh = held.end.0;
    }

    /// With key order, unfinished messages take their places in the order of their keys: behind those before them, or,
    /// where its key goes on without a dead one, in none. It is no message's turn before it is due.
    pub(super) fn stand(&mut self, log: &Log, range: OffsetRange) {
        if self.key_order == KeyOrder::Off {
            return;
        }
        for offset in range.offsets() {
            let key = log.key(offset);
            if key == 0 || log.schedule.end_of(offset.0).is_some() {
                continue;
            }
            let kind = self.progress.record(offset.0).map(|record| record.kind);
            let is_skipped = self.key_order == KeyOrder::Skip && kind.is_some_and(Kind::is_dead);
            if is_skipped || kind == Some(Kind::Passed) {
                self.keys.remember(offset.0, key);
            } else {
                self.keys.meet(offset.0, key);
            }
        }
    }
}
