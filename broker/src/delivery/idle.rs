//! What a limit on a backlog looks at: due messages that are neither leased nor dead, the oldest first,
//! and the bytes of a backlog.
//!
//! Decides nothing and changes nothing.

use super::decide::Chosen;
use super::spans::push_joined;
use super::{Log, Machine};
use crate::model::{Offset, OffsetRange};

impl Machine {
    /// The oldest due messages before `end` that are neither leased nor dead, at most `limit` of them,
    /// as ranges in order.
    pub fn oldest_idle(&self, log: &Log, end: Offset, limit: u64) -> Vec<OffsetRange> {
        let mut found = Vec::new();
        let mut left = limit;
        let mut from = self.progress.floor;
        while left > 0
            && let Some(run) = self.progress.next_unfinished(from, end.min(log.next()).0)
        {
            from = run.end.0;
            let parts = self.judged(run).into_iter();
            for part in parts.flat_map(|part| self.unfinished(log, part, Chosen::Backlog)) {
                Self::due_parts(log, part, |part| {
                    let count = part.count().min(left);
                    push_joined(&mut found, OffsetRange::new(part.start, count));
                    left -= count;
                });
            }
        }
        found
    }

    /// Whether there may be such messages before `end`: costs nothing by backlog.
    pub fn may_have_idle(&self, log: &Log, end: Offset) -> bool {
        if !self.keys.is_empty() || !self.unjudged().is_empty() {
            return self.floor() < end;
        }
        let again = self.ready.first().map(|(range, _)| range.start);
        let waiting = self.waits.first().map(|(range, _)| range.start);
        let fresh = self.next_fresh_ready(log).map(|(run, _)| run.start);
        let oldest = [again, waiting, fresh].into_iter().flatten().min();
        oldest.is_some_and(|oldest| oldest < end)
    }

    /// The bytes of the messages of `within` that belong to the backlog.
    pub fn backlog_bytes(&self, log: &Log, within: OffsetRange) -> u64 {
        let within = within.intersection(self.open(log.next()));
        let parts = self.judged(within).into_iter();
        let idle = parts.flat_map(|part| self.unfinished(log, part, Chosen::Backlog));
        let leased = self.leases.within(within).map(|(part, _)| part);
        let mut bytes: u64 = leased.map(|part| log.bytes(part)).sum();
        for part in idle {
            Self::due_parts(log, part, |part| bytes += log.bytes(part));
        }
        bytes
    }
}
