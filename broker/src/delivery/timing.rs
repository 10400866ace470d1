//! What is measured of a machine while leases come and go: how long messages were held that were acknowledged, and
//! which of those that are handed out were handed out before without having failed.
//!
//! Promises that it decides nothing, that a grant acknowledged together counts at once, and that nothing is kept of a
//! message but while it was given back and waits. Measures nothing in recovery.

use super::Log;
use super::holding::Lease;
use super::spans::Spans;
use crate::model::{ConsumerId, Mono, OffsetRange, Time};

/// Messages that were acknowledged together under one lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handled {
    /// Who held them.
    pub consumer: ConsumerId,
    /// When they were handed out.
    pub since: Mono,
    /// How many.
    pub count: u64,
}

/// What is measured and not yet asked for.
#[derive(Debug, Default, Clone)]
pub(super) struct Timing {
    pub(super) handled: Vec<Handled>,
    /// Given back or requeued, not handed out since.
    returned: Spans<()>,
    pub(super) repeated: Vec<OffsetRange>,
}

impl Timing {
    /// A lease, or a part of it, was acknowledged.
    pub(super) fn acked(&mut self, count: u64, lease: &Lease) {
        // What an earlier incarnation granted was handed out at a time that is not known.
        let Some(consumer) = lease.consumer else {
            return;
        };
        match self.handled.last_mut() {
            Some(last) if last.consumer == consumer && last.since == lease.since => {
                last.count += count;
            }
            _ => self.handled.push(Handled {
                consumer,
                since: lease.since,
                count,
            }),
        }
    }

    /// Messages wait again that were handed out before; no attempt of theirs counts.
    pub(super) fn returned(&mut self, range: OffsetRange) {
        self.returned.cut(range);
        self.returned.insert(range, ());
    }

    /// Messages without a failed attempt are handed out.
    pub(super) fn handed_out(&mut self, range: OffsetRange) {
        let repeated = self.returned.cut(range).into_iter().map(|(part, ())| part);
        self.repeated.extend(repeated);
    }

    /// Messages are finished.
    pub(super) fn finished(&mut self, range: OffsetRange) {
        self.returned.cut(range);
    }
}

impl Log {
    /// Since when the messages of a range could be handed out that were published at one time: how many since when.
    pub fn since_in(&self, range: OffsetRange, published: Time) -> Vec<(u64, Time)> {
        let mut found = Vec::new();
        let mut at = range.start;
        for (part, due) in self.schedule.came_in(range) {
            found.push((part.start.0 - at.0, published));
            found.push((part.count(), due.max(published)));
            at = part.end;
        }
        found.push((range.end.0 - at.0, published));
        found.retain(|(count, _)| *count > 0);
        found
    }
}
