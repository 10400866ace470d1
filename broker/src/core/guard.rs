//! Whether the wall clock is trusted enough to destroy by it.
//!
//! A jump against the monotonic clock, or a long pause between two starts, suspends everything that ends by time: lives
//! of messages, retention, what is known of ids. It goes on after ten minutes without another jump. What is only late
//! then was never early. Leases and waits do not ask: they run on the monotonic clock.

use super::limits::{MAX_CLOCK_JUMP, MAX_PAUSE, STABLE_FOR};
use crate::model::{Mono, Now, Time};

/// What is known of the clock.
#[derive(Debug, Default)]
pub(super) struct Guard {
    /// The moment against which jumps are told.
    reference: Option<Now>,
    is_suspended: bool,
}

impl Guard {
    /// Looks at the clock; gives whether it is trusted again.
    pub(super) fn look(&mut self, now: Now) -> bool {
        let reference = *self.reference.get_or_insert(now);
        let passed = now.mono.since(reference.mono);
        let expected = reference.wall.plus(passed);
        if now.wall.0.abs_diff(expected.0) > MAX_CLOCK_JUMP.0 {
            self.suspend(now);
            return false;
        }
        if passed < STABLE_FOR {
            return false;
        }
        self.reference = Some(now);
        std::mem::take(&mut self.is_suspended)
    }

    /// The broker starts, and has written last at a time; 0 if it never has.
    pub(super) fn begin(&mut self, last_written: Time, now: Now) {
        self.reference = Some(now);
        if last_written != Time(0) && now.wall.since(last_written) > MAX_PAUSE {
            self.suspend(now);
        }
    }

    /// Whether nothing may be destroyed by time.
    pub(super) fn is_suspended(&self) -> bool {
        self.is_suspended
    }

    fn suspend(&mut self, now: Now) {
        (self.reference, self.is_suspended) = (Some(now), true);
    }

    /// When it is trusted again, unless it jumps once more; none if it is trusted.
    pub(super) fn until(&self) -> Option<Mono> {
        let reference = self.reference.filter(|_| self.is_suspended)?;
        Some(reference.mono.plus(STABLE_FOR))
    }
}
