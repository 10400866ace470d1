//! Which messages of a stream are held, and when their leases are lengthened. Pure: time comes in.
//!
//! Messages that came together are looked at together, at half the ack deadline after their
//! delivery and again after each further half, until they are answered or the limit on holding them
//! is met.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::ranges::Ranges;
use crate::v1::SequenceRange;

#[derive(Debug)]
pub(super) struct Leases {
    held: Ranges,
    /// In order of `due`, since every group waits the same time.
    groups: VecDeque<Group>,
    ack_deadline: Duration,
    /// `None` if leases are not lengthened.
    limit: Option<Duration>,
}

/// Messages that came together.
#[derive(Debug, Clone, Copy)]
struct Group {
    due: Instant,
    received: Instant,
    range: SequenceRange,
}

impl Leases {
    pub(super) fn new(ack_deadline: Duration, limit: Option<Duration>) -> Self {
        Self {
            held: Ranges::default(),
            groups: VecDeque::new(),
            ack_deadline,
            limit,
        }
    }

    /// How long a lease lasts after it was lengthened.
    pub(super) fn ack_deadline(&self) -> Duration {
        self.ack_deadline
    }

    /// Messages came.
    pub(super) fn hold(&mut self, range: SequenceRange, now: Instant) {
        self.held.insert(range);
        if self.limit.is_some() {
            let due = now + self.ack_deadline / 2;
            self.groups.push_back(Group {
                due,
                received: now,
                range,
            });
        }
    }

    /// Messages were answered, or their leases have ended.
    pub(super) fn let_go(&mut self, range: SequenceRange) {
        self.held.remove(range);
    }

    /// What of `range` is still held.
    pub(super) fn held_within(&self, range: SequenceRange) -> Vec<SequenceRange> {
        self.held.within(range)
    }

    /// When the next leases are to be lengthened; `None` if nothing is held.
    pub(super) fn next_due(&mut self) -> Option<Instant> {
        if self.held.is_empty() {
            self.groups.clear();
        }
        self.groups.front().map(|group| group.due)
    }

    /// The leases to lengthen at `now`. Those that met the limit are left to expire.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<SequenceRange> {
        let mut extended = Vec::new();
        let limit = self.limit.unwrap_or_default();
        while let Some(group) = self.groups.pop_front_if(|group| group.due <= now) {
            let held = self.held.within(group.range);
            let (Some(first), Some(last)) = (held.first(), held.last()) else {
                continue;
            };
            if now.duration_since(group.received) > limit {
                continue;
            }
            let range = SequenceRange {
                first: first.first,
                last: last.last,
            };
            self.groups.push_back(Group {
                due: now + self.ack_deadline / 2,
                range,
                ..group
            });
            extended.extend(held);
        }
        extended
    }
}
