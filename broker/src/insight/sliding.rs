//! Durations of about the last minute.
//!
//! Promises that what is told was measured within [`WINDOW`], and that of the last 50 s nothing is left
//! out: six histograms of ten seconds each take turns, the oldest making room for the newest. Reads no
//! clock, and needs none to pass: what is too old is passed over when it is read.

use super::histogram::{Histogram, Latency};
use crate::model::{Mono, Span};

/// What is older is forgotten.
pub const WINDOW: Span = Span::from_secs(60);

const SLOTS: usize = 6;
/// The length of a slot.
const SLOT: Span = Span(WINDOW.0 / SLOTS as u64);

/// A window over durations that ends now.
#[derive(Debug, Clone)]
pub struct Sliding {
    /// The slot with number n, which begins at n times its length, is at n % SLOTS.
    slots: [Slot; SLOTS],
    /// Nothing was measured before.
    begun: Mono,
}

#[derive(Debug, Clone, Default)]
struct Slot {
    number: u64,
    durations: Histogram,
}

impl Sliding {
    /// One that begins to measure.
    pub fn begin(now: Mono) -> Self {
        Self {
            slots: Default::default(),
            begun: now,
        }
    }

    /// Counts `count` durations of one length that ended now.
    pub fn record(&mut self, now: Mono, span: Span, count: u64) {
        let number = now.0 / SLOT.0;
        let place = usize::try_from(number % SLOTS as u64).unwrap_or(0);
        let slot = &mut self.slots[place];
        if slot.number != number {
            slot.number = number;
            slot.durations.clear();
        }
        slot.durations.record(span, count);
    }

    /// All durations of the window that ends now.
    pub fn durations(&self, now: Mono) -> Histogram {
        let mut sum = Histogram::default();
        for slot in self.kept(now) {
            sum.merge(&slot.durations);
        }
        sum
    }

    /// What is said of them; `None` if there are none.
    pub fn latency(&self, now: Mono) -> Option<Latency> {
        self.durations(now).latency(self.window(now))
    }

    /// How long the window is.
    pub fn window(&self, now: Mono) -> Span {
        let first = (now.0 / SLOT.0).saturating_sub(SLOTS as u64 - 1);
        now.since(self.begun.max(Mono(first * SLOT.0)))
    }

    /// Whether there is nothing in it any more.
    pub fn is_over(&self, now: Mono) -> bool {
        self.kept(now).all(|slot| slot.durations.is_empty())
    }

    fn kept(&self, now: Mono) -> impl Iterator<Item = &Slot> {
        let newest = now.0 / SLOT.0;
        let slots = self.slots.iter();
        slots.filter(move |slot| slot.number <= newest && newest < slot.number + SLOTS as u64)
    }
}

#[cfg(test)]
mod tests {
    use rand::rngs::SmallRng;
    use rand::{Rng as _, SeedableRng as _};

    use super::*;

    #[test]
    fn the_window_has_all_of_its_durations_and_no_other() {
        for seed in 0..50 {
            let mut random = SmallRng::seed_from_u64(seed);
            let mut now = Mono(random.random_range(0..200_000_000));
            let begun = now;
            let mut sliding = Sliding::begin(now);
            let mut all = Vec::new();
            for _ in 0..300 {
                now = now.plus(Span(random.random_range(0..2_000_000)));
                if random.random_range(0..40) == 0 {
                    now = now.plus(Span::from_secs(random.random_range(0..150)));
                }
                let span = Span(random.random_range(1..1_000_000));
                sliding.record(now, span, 3);
                all.push((now, span));
                let window = sliding.window(now);
                assert!(window <= WINDOW, "seed {seed}: {window}");
                let is_long = window >= Span::from_secs(50) || window == now.since(begun);
                assert!(is_long, "seed {seed}: {window}");
                let mut kept = Histogram::default();
                for &(at, span) in &all {
                    if now.since(at) <= window {
                        kept.record(span, 3);
                    }
                }
                assert_eq!(sliding.durations(now), kept, "seed {seed}");
            }
        }
    }

    #[test]
    fn what_is_over_says_nothing() {
        let mut sliding = Sliding::begin(Mono(5));
        assert!(sliding.is_over(Mono(5)));
        sliding.record(Mono(5), Span(100), 1);
        let latency = sliding.latency(Mono(1_000_005)).unwrap();
        assert_eq!((latency.count, latency.window), (1, Span::from_secs(1)));
        assert!(!sliding.is_over(Mono(59_999_999)));
        assert!(sliding.is_over(Mono(60_000_000)));
        assert_eq!(sliding.latency(Mono(60_000_000)), None);
    }
}
