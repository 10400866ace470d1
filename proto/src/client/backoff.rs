//! Time in the client: the waits between attempts to connect, and the only place that sleeps.
//!
//! Waits grow exponentially, are capped and vary at random, so that clients that lost one broker do
//! not come back all at the same moment. Under tokio's paused clock every wait here is a step of
//! the test.

use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::time::{Instant, Sleep, Timeout};

/// How long a client waits between attempts: twice as long after each failure, up to a cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The wait after the first failure, before jitter.
    pub minimum: Duration,
    /// The longest wait, before jitter.
    pub maximum: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            minimum: Duration::from_millis(100),
            maximum: Duration::from_secs(5),
        }
    }
}

impl Backoff {
    /// The waits of one series of attempts, with jitter from the operating system's randomness.
    pub fn delays(self) -> Delays {
        Delays {
            backoff: self,
            failures: 0,
            random: SmallRng::from_os_rng(),
        }
    }

    /// The waits of one series of attempts, with jitter that `seed` decides.
    pub fn seeded_delays(self, seed: u64) -> Delays {
        Delays {
            backoff: self,
            failures: 0,
            random: SmallRng::seed_from_u64(seed),
        }
    }
}

/// The growing waits of one series of attempts.
#[derive(Debug)]
pub struct Delays {
    backoff: Backoff,
    failures: u32,
    random: SmallRng,
}

impl Delays {
    /// The wait after one more failure: between half and all of `minimum × 2^failures`, capped by
    /// `maximum`.
    pub fn after_failure(&mut self) -> Duration {
        let doubled = self
            .backoff
            .minimum
            .saturating_mul(1 << self.failures.min(30));
        let full = doubled.min(self.backoff.maximum);
        self.failures = self.failures.saturating_add(1);
        full.mul_f64(self.random.random_range(0.5..=1.0))
    }

    /// How many failures there were since the last success.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// An attempt succeeded: the next wait is short again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

/// Now, on the clock that the waits here follow.
pub(super) fn now() -> Instant {
    Instant::now()
}

/// Ends after `delay`.
#[expect(
    clippy::disallowed_methods,
    reason = "the only place in the client that sleeps"
)]
pub(super) fn pause(delay: Duration) -> Sleep {
    tokio::time::sleep(delay)
}

/// Ends at `time`, or never if there is none.
pub(super) async fn at(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// Gives `work` at most `limit`.
pub(super) fn within<W: Future>(limit: Duration, work: W) -> Timeout<W> {
    tokio::time::timeout(limit, work)
}
