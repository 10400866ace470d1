//! How long something took, over a run: a histogram of high dynamic range with three significant digits.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// The longest that is told apart, in nanoseconds: an hour.
const LONGEST: u64 = 3_600_000_000_000;
/// Significant digits.
const DIGITS: u8 = 3;

/// The first bin of [`Latency::bins`] ends here, in nanoseconds; each other one is twice as wide.
const FIRST_BIN: u64 = 125_000;

/// Durations up to a bound, beyond the bound before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bin {
    pub(crate) up_to_seconds: f64,
    pub(crate) count: u64,
}

/// Durations.
#[derive(Clone, Debug)]
pub(crate) struct Latency(Histogram<u64>);

impl Latency {
    /// Nothing measured yet.
    pub(crate) fn new() -> Self {
        #[expect(
            clippy::expect_used,
            reason = "the bounds are constants, and a test makes one"
        )]
        let bounded = Histogram::new_with_bounds(1_000, LONGEST, DIGITS).expect("valid bounds");
        Self(bounded)
    }

    /// Adds `count` that took as long.
    pub(crate) fn add(&mut self, took: Duration, count: u64) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.0.saturating_record_n(nanos.max(1), count);
    }

    /// Within which time the given part of them was done, 0 to 1, in seconds. `None` if nothing was measured.
    pub(crate) fn quantile(&self, part: f64) -> Option<f64> {
        let nanos = self.0.value_at_quantile(part);
        (!self.0.is_empty()).then(|| nanos as f64 / 1e9)
    }

    /// What came since it was `earlier`.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let mut newer = self.clone();
        match newer.0.subtract(&earlier.0) {
            Ok(()) => newer,
            // Only of another histogram there is more than of this one.
            Err(_other) => Self::new(),
        }
    }

    /// How many took how long, in bins that double in width; none beyond the longest.
    pub(crate) fn bins(&self) -> Vec<Bin> {
        let levels = self.0.iter_log(FIRST_BIN, 2.0);
        let bin = |level: hdrhistogram::iterators::IterationValue<u64>| Bin {
            up_to_seconds: (level.value_iterated_to() + 1) as f64 / 1e9,
            count: level.count_since_last_iteration(),
        };
        if self.0.is_empty() {
            return Vec::new();
        }
        levels.map(bin).collect()
    }

    /// All that was measured.
    pub(super) fn histogram(&self) -> &Histogram<u64> {
        &self.0
    }

    /// How many were measured.
    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }

    /// The longest, in seconds.
    pub(crate) fn max(&self) -> Option<f64> {
        (!self.0.is_empty()).then(|| self.0.max() as f64 / 1e9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_a_thousandth() {
        let mut latency = Latency::new();
        for micros in 1..=1_000 {
            latency.add(Duration::from_micros(micros * 10), 1);
        }
        for (part, expected) in [(0.5, 0.005), (0.99, 0.0099), (1.0, 0.01)] {
            let found = latency.quantile(part).unwrap();
            assert!(
                (found - expected).abs() / expected < 0.002,
                "{part}: {found}"
            );
        }
    }

    #[test]
    fn what_came_since_is_the_difference_and_bins_hold_all_of_it() {
        let mut latency = Latency::new();
        latency.add(Duration::from_millis(1), 10);
        let earlier = latency.clone();
        latency.add(Duration::from_millis(8), 5);
        let newer = latency.since(&earlier);
        assert!((newer.quantile(0.0).unwrap() - 0.008).abs() < 1e-5);
        let bins = latency.bins();
        assert_eq!(bins.iter().map(|bin| bin.count).sum::<u64>(), 15);
        let full: Vec<_> = bins.iter().filter(|bin| bin.count > 0).collect();
        assert_eq!((full[0].count, full[1].count), (10, 5));
        assert!(full[0].up_to_seconds >= 0.001 && full[1].up_to_seconds >= 0.008);
        assert!(Latency::new().bins().is_empty());
        assert_eq!((latency.count(), newer.count()), (15, 5));
    }

    #[test]
    fn nothing_measured_has_no_quantiles() {
        let none = Latency::new();
        assert_eq!((none.quantile(0.5), none.max()), (None, None));
    }

    #[test]
    fn what_takes_longer_than_an_hour_counts_as_an_hour() {
        let mut latency = Latency::new();
        latency.add(Duration::from_hours(5), 1);
        assert!(latency.max().unwrap() < 3_700.0);
    }
}
