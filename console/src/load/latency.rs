//! How long something took, over a run: a histogram of high dynamic range with three significant digits.

use std::time::Duration;

use hdrhistogram::Histogram;

/// The longest that is told apart, in nanoseconds: an hour.
const LONGEST: u64 = 3_600_000_000_000;
/// Significant digits.
const DIGITS: u8 = 3;

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
