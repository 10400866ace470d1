//! The broker's one clock: a moment of wall time and of the monotonic clock, and the owner's alarm.
//!
//! Promises that neither ever goes back, not over a restart either: wall time that the system sets back goes on at half
//! of its pace until the system has caught up. Does not hold back a system that is set forward.

use std::future::Future as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::Context;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::time::Sleep;

use crate::model::{Mono, Now, Time};

/// Tells the time; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    started: Instant,
    anchor: Arc<Mutex<Anchor>>,
}

/// The last moment at which what was told was the system's wall time, or the start.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    wall: Time,
    mono: Mono,
}

impl Anchor {
    /// The wall time to tell when the system says `wall`. To stand still would be enough not to go back, but what waits
    /// for a time would wait for as long as the clock was set back.
    fn tell(&mut self, wall: Time, mono: Mono) -> Time {
        let least = Time(self.wall.0.saturating_add(mono.since(self.mono).0 / 2));
        if wall < least {
            return least;
        }
        *self = Self { wall, mono };
        wall
    }
}

impl Clock {
    /// A clock whose monotonic time begins now and whose wall time is at least `not_before`, which
    /// is the newest time that the journal has seen.
    #[expect(clippy::disallowed_methods, reason = "this is the one clock")]
    pub(crate) fn start(not_before: Time) -> Self {
        let anchor = Anchor {
            wall: not_before,
            mono: Mono(0),
        };
        Self {
            started: Instant::now(),
            anchor: Arc::new(Mutex::new(anchor)),
        }
    }

    /// Both times at this moment.
    #[expect(clippy::disallowed_methods, reason = "this is the one clock")]
    pub(crate) fn now(&self) -> Now {
        let mut anchor = self.anchor.lock().unwrap_or_else(PoisonError::into_inner);
        // Both are read under the lock: a moment read before another is told before it.
        let wall = SystemTime::now().duration_since(UNIX_EPOCH);
        let wall = wall.map_or(0, |since| {
            u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
        });
        let mono = self.mono();
        Now {
            wall: anchor.tell(Time(wall), mono),
            mono,
        }
    }

    /// Time since the process began to serve.
    pub(crate) fn mono(&self) -> Mono {
        let elapsed = self.started.elapsed().as_micros();
        Mono(u64::try_from(elapsed).unwrap_or(u64::MAX))
    }
}

/// What ends the owner's wait. It is moved only when it would be too late: the owner waits thousands of
/// times between two deadlines, and looks at the time by itself, so that ringing too soon costs nothing.
pub(crate) struct Alarm {
    sleep: Pin<Box<Sleep>>,
}

impl Alarm {
    /// Rings at once. Must be called within a tokio runtime.
    pub(crate) fn now() -> Self {
        let sleep = tokio::time::sleep_until(tokio::time::Instant::now());
        Self {
            sleep: Box::pin(sleep),
        }
    }

    /// Rings in `patience` at the latest.
    pub(crate) fn set(&mut self, patience: Duration) {
        let end = tokio::time::Instant::now() + patience;
        if self.sleep.is_elapsed() || end < self.sleep.deadline() {
            self.sleep.as_mut().reset(end);
        }
    }

    /// Whether it has rung; else whoever polls is woken when it does.
    pub(crate) fn has_rung(&mut self, context: &mut Context<'_>) -> bool {
        self.sleep.as_mut().poll(context).is_ready()
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
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    const HOUR: u64 = 3_600_000_000;

    fn anchor(wall: u64) -> Anchor {
        Anchor {
            wall: Time(wall),
            mono: Mono(0),
        }
    }

    #[test]
    fn a_start_before_the_newest_time_of_the_journal_is_at_that_time() {
        let ahead = Time(u64::MAX / 2);
        let clock = Clock::start(ahead);
        let first = clock.now().wall;
        assert!(first >= ahead && first.since(ahead).0 < HOUR);
        assert!(clock.now().wall >= first);
    }

    #[test]
    fn a_wall_clock_set_back_goes_on_at_half_of_its_pace_until_it_is_caught_up() {
        let mut anchor = anchor(10 * HOUR);
        let told =
            |anchor: &mut Anchor, wall: u64, mono: u64| anchor.tell(Time(wall), Mono(mono)).0;
        assert_eq!(told(&mut anchor, 10 * HOUR, 0), 10 * HOUR);
        // Set back by an hour.
        assert_eq!(told(&mut anchor, 9 * HOUR, 0), 10 * HOUR);
        assert_eq!(told(&mut anchor, 10 * HOUR, HOUR), 10 * HOUR + HOUR / 2);
        assert_eq!(told(&mut anchor, 11 * HOUR, 2 * HOUR), 11 * HOUR);
        assert_eq!(told(&mut anchor, 12 * HOUR, 3 * HOUR), 12 * HOUR);
        // Set forward by a day.
        assert_eq!(told(&mut anchor, 36 * HOUR, 3 * HOUR), 36 * HOUR);
    }

    #[test]
    fn wall_time_never_goes_back_however_the_system_sets_it() {
        let seed: u64 = 25;
        println!("seed {seed}");
        let mut random = SmallRng::seed_from_u64(seed);
        // About the ends of 32 bits of seconds, too: the years 2038 and 2106.
        for start in [0, 1 << 31, 1 << 32, u64::MAX / 2_000_000] {
            let mut anchor = anchor(0);
            let (mut system, mut mono, mut before) = (start * 1_000_000, 0, Time(0));
            for _ in 0..10_000 {
                let passed: u64 = random.random_range(0..2_000_000);
                mono += passed;
                system += passed;
                match random.random_range(0..50) {
                    0 => system = system.saturating_sub(24 * HOUR),
                    1 => system += HOUR,
                    2..6 => system = system.saturating_sub(1_000_000),
                    6..10 => system += 1_000_000,
                    _ => {}
                }
                let told = anchor.tell(Time(system), Mono(mono));
                assert!(told >= before && told >= Time(system));
                assert!(
                    told.since(before).0 + 1 >= passed / 2,
                    "it never stands still"
                );
                before = told;
            }
        }
    }

    #[test]
    fn the_monotonic_clock_does_not_go_back() {
        let clock = Clock::start(Time(0));
        let first = clock.now().mono;
        assert!(clock.now().mono >= first);
    }
}
