//! Waiting in tests: for a condition with a limit, or for a random while that a seed decides. The only place of the
//! tests that sleeps.

#![expect(
    clippy::disallowed_methods,
    reason = "the one place of the tests that may look at a clock and sleep"
)]

use std::time::{Duration, Instant, SystemTime};

use rand::Rng as _;
use rand::rngs::SmallRng;

/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(5);

/// The wall clock, which the broker has, too.
pub fn wall() -> SystemTime {
    SystemTime::now()
}

/// Waits until `condition` gives a value, at most for `limit`; then panics with `what`.
pub async fn until<T, F>(what: &str, limit: Duration, mut condition: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let start = Instant::now();
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(start.elapsed() < limit, "{what}: not within {limit:?}");
        tokio::time::sleep(POLL).await;
    }
}

/// Blocks this thread until `condition` gives a value, at most for `limit`.
pub fn until_blocking<T>(limit: Duration, mut condition: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        if let Some(value) = condition() {
            return Some(value);
        }
        if start.elapsed() >= limit {
            return None;
        }
        std::thread::sleep(POLL);
    }
}

/// Waits for a while between `least` and `most`, as the seed of `random` decides.
pub async fn pause_random(random: &mut SmallRng, least: Duration, most: Duration) {
    let micros = random.random_range(least.as_micros()..=most.as_micros());
    tokio::time::sleep(Duration::from_micros(
        u64::try_from(micros).unwrap_or(u64::MAX),
    ))
    .await;
}

/// How long `work` took.
pub async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let start = Instant::now();
    let value = work.await;
    (value, start.elapsed())
}

/// Says true until `limit` has passed since this call: for work that takes as long as it may.
pub fn for_a_while(limit: Duration) -> impl FnMut() -> bool {
    let start = Instant::now();
    move || start.elapsed() < limit
}

/// Lets `limit` pass, for what may happen in it: there is no condition that says it did not.
pub async fn pass(limit: Duration) {
    tokio::time::sleep(limit).await;
}

/// Blocks this thread for `limit`.
pub fn pass_blocking(limit: Duration) {
    std::thread::sleep(limit);
}

/// Whether `condition` comes true within `limit`.
pub async fn happens(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while start.elapsed() < limit {
        if condition() {
            return true;
        }
        tokio::time::sleep(POLL).await;
    }
    condition()
}
