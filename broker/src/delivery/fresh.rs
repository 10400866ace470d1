//! What no take has met yet: ready, or dead since an earlier epoch.
//!
//! After a seek back, messages that died may lie ahead of the next take. It goes past them.

use super::page::Kind;
use super::{Log, Machine};
use crate::model::OffsetRange;
use crate::model::settings::KeyOrder;

/// What a take meets next.
pub(super) enum Fresh {
    /// Dead since an earlier epoch.
    Dead(OffsetRange),
    /// Ready.
    Ready(OffsetRange),
}

impl Machine {
    /// The first run from `from` on that no take has met and that is due: of messages that died in
    /// an earlier epoch, which a take goes past, or of ready ones.
    pub(super) fn next_fresh(&self, log: &Log, from: u64) -> Option<Fresh> {
        let run = self.next_due_fresh(log, from)?;
        let dead = self.progress.dead_in(run).next();
        Some(match dead {
            Some((dead, _)) if dead.start == run.start => Fresh::Dead(dead),
            Some((dead, _)) => Fresh::Ready(OffsetRange::between(run.start, dead.start)),
            None => Fresh::Ready(run),
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

    /// The first run that is ready and that no take has met.
    pub(super) fn next_fresh_ready(&self, log: &Log) -> Option<OffsetRange> {
        let mut from = self.fresh;
        loop {
            match self.next_fresh(log, from)? {
                Fresh::Ready(run) => return Some(run),
                Fresh::Dead(dead) => from = dead.end.0,
            }
        }
    }

    /// A take goes past messages that died in an earlier epoch: their keys are held or go on as the order says.
    pub(super) fn pass_dead(&mut self, log: &Log, dead: OffsetRange) {
        for offset in dead.offsets() {
            let key = log.key(offset);
            let record = self.progress.record(offset.0);
            let is_passed = record.is_some_and(|record| record.kind == Kind::Passed);
            match self.key_order {
                _ if key == 0 => {}
                KeyOrder::Off => {}
                KeyOrder::Block if is_passed => self.keys.remember(offset.0, key),
                KeyOrder::Block => self.keys.meet(offset.0, key),
                KeyOrder::Skip => self.keys.remember(offset.0, key),
            }
        }
        self.fresh = dead.end.0;
    }
}
