//! Which moments there were: tick n was at this time, and this long after the one before.
//!
//! Ticks are counted and not taken from a clock, so that a broker that was down, a second that was
//! missed and a clock that was set need no rule: the times say what happened.

use std::collections::VecDeque;

use super::varint;
use crate::model::{Span, Time};

/// The moments of one resolution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Calendar {
    /// The number of the next tick; the first one ever is 1.
    next: u64,
    kept: usize,
    moments: VecDeque<Moment>,
}

/// A tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// When it was.
    pub(super) time: Time,
    /// What its counts span.
    pub(super) span: Span,
}

impl Calendar {
    /// Keeps the newest `kept` moments.
    pub(super) fn new(kept: usize) -> Self {
        Self {
            next: 1,
            kept,
            moments: VecDeque::new(),
        }
    }

    /// A new tick.
    pub(super) fn tick(&mut self, moment: Moment) -> u64 {
        if self.moments.len() == self.kept {
            self.moments.pop_front();
        }
        self.moments.push_back(moment);
        self.next += 1;
        self.next - 1
    }

    /// The oldest tick that is kept.
    pub(super) fn oldest(&self) -> u64 {
        self.next - self.moments.len() as u64
    }

    /// The number of the next tick.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// When a tick was.
    pub(super) fn moment(&self, tick: u64) -> Option<Moment> {
        let at = usize::try_from(tick.checked_sub(self.oldest())?).ok()?;
        self.moments.get(at).copied()
    }

    /// Appends all of it.
    pub(super) fn put(&self, bytes: &mut Vec<u8>) {
        varint::put(bytes, self.next);
        varint::put(bytes, self.moments.len() as u64);
        for moment in &self.moments {
            varint::put(bytes, moment.time.0);
            varint::put(bytes, moment.span.0);
        }
    }

    /// What was put, of which the newest `kept` stay; `None` for bytes that nobody puts.
    pub(super) fn take(bytes: &mut &[u8], kept: usize) -> Option<Self> {
        let mut calendar = Self::new(kept);
        let next = varint::take(bytes)?;
        let count = varint::take(bytes)?;
        if count >= next {
            return None;
        }
        calendar.next = next - count;
        for _ in 0..count {
            calendar.tick(Moment {
                time: Time(varint::take(bytes)?),
                span: Span(varint::take(bytes)?),
            });
        }
        Some(calendar)
    }
}
