//! The broker's one clock: a moment of wall time and of the monotonic clock.
//!
//! Promises that neither ever goes back within a process. Does not detect jumps of the wall clock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::model::{Mono, Now, Time};

/// Tells the time; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    started: Instant,
    /// The newest wall time told, in microseconds: a clock set back stands still instead.
    newest_wall: Arc<AtomicU64>,
}

impl Clock {
    /// A clock whose monotonic time begins now and whose wall time is at least `not_before`, which
    /// is the newest time that the journal has seen.
    #[expect(clippy::disallowed_methods, reason = "this is the one clock")]
    pub(crate) fn start(not_before: Time) -> Self {
        Self {
            started: Instant::now(),
            newest_wall: Arc::new(AtomicU64::new(not_before.0)),
        }
    }

    /// Both times at this moment.
    #[expect(clippy::disallowed_methods, reason = "this is the one clock")]
    pub(crate) fn now(&self) -> Now {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH);
        let wall = wall.map_or(0, |since| {
            u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
        });
        let before = self.newest_wall.fetch_max(wall, Ordering::Relaxed);
        Now {
            wall: Time(wall.max(before)),
            mono: self.mono(),
        }
    }

    /// Time since the process began to serve.
    pub(crate) fn mono(&self) -> Mono {
        let elapsed = self.started.elapsed().as_micros();
        Mono(u64::try_from(elapsed).unwrap_or(u64::MAX))
    }
}

/// Microseconds of the monotonic clock since it was first asked: for the journal, which measures
/// its syncs and knows no clock.
#[expect(clippy::disallowed_methods, reason = "this is the one clock")]
pub fn process_micros() -> u64 {
    static STARTED: OnceLock<Instant> = OnceLock::new();
    let started = STARTED.get_or_init(Instant::now);
    u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_clock_behind_the_journal_stands_still() {
        let ahead = Time(u64::MAX - 1);
        let clock = Clock::start(ahead);
        assert_eq!(clock.now().wall, ahead);
        assert_eq!(clock.now().wall, ahead);
    }

    #[test]
    fn the_monotonic_clock_does_not_go_back() {
        let clock = Clock::start(Time(0));
        let first = clock.now().mono;
        assert!(clock.now().mono >= first);
    }
}
