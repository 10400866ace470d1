//! Random numbers of one seed. Each actor of the demo has its own sequence, so that what one draws does
//! not depend on how the others are scheduled.

use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

/// One actor's sequence.
#[derive(Debug)]
pub(crate) struct Chance {
    sequence: SmallRng,
}

impl Chance {
    /// The sequence of an actor.
    pub(crate) fn new(seed: u64, actor: &str) -> Self {
        // FNV-1a: any hash that does not change from build to build would do.
        let own = actor
            .bytes()
            .fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        Self {
            sequence: SmallRng::seed_from_u64(own),
        }
    }

    /// A number that is different each time.
    pub(crate) fn seed() -> u64 {
        SmallRng::from_os_rng().random()
    }

    /// Whether something of this probability happens.
    pub(crate) fn is_hit(&mut self, probability: f64) -> bool {
        self.sequence.random_bool(probability.clamp(0.0, 1.0))
    }

    /// A number from `low` up to and without `high`.
    pub(crate) fn below(&mut self, low: u64, high: u64) -> u64 {
        self.sequence.random_range(low..high.max(low + 1))
    }

    /// A span between two, in milliseconds.
    pub(crate) fn span_ms(&mut self, low: u64, high: u64) -> Duration {
        Duration::from_millis(self.below(low, high))
    }

    /// One of some.
    pub(crate) fn one_of<'a, T>(&mut self, some: &'a [T]) -> &'a T {
        &some[self.sequence.random_range(0..some.len())]
    }

    /// A whole number whose mean is `expected`: so many messages in a tick of a rate.
    pub(crate) fn rounded(&mut self, expected: f64) -> usize {
        let whole = expected.max(0.0).floor();
        let more = usize::from(self.is_hit(expected - whole));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some thousands at most"
        )]
        let whole = whole as usize;
        whole + more
    }
}
