//! How long something took, as it is spread.

use weir_proto::v1::LatencySummary;

use super::reading::measured;

/// A spread of spans, in seconds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Latency {
    /// Over how long it was measured.
    pub(crate) window: f64,
    pub(crate) count: u64,
    pub(crate) p50: Option<f64>,
    pub(crate) p90: Option<f64>,
    pub(crate) p99: Option<f64>,
    pub(crate) highest: Option<f64>,
    /// Upper bound and count of each bucket, the shortest first.
    pub(crate) buckets: Vec<(f64, u64)>,
}

impl Latency {
    /// Takes a summary over from the wire; `None` if nothing was measured.
    pub(crate) fn new(summary: &LatencySummary) -> Option<Self> {
        if summary.count == 0 {
            return None;
        }
        Some(Self {
            window: measured(summary.window_seconds).unwrap_or(0.0),
            count: summary.count,
            p50: measured(summary.p50_seconds),
            p90: measured(summary.p90_seconds),
            p99: measured(summary.p99_seconds),
            highest: measured(summary.max_seconds),
            buckets: summary
                .buckets
                .iter()
                .filter_map(|bucket| Some((measured(bucket.up_to_seconds)?, bucket.count)))
                .collect(),
        })
    }

    /// The buckets put together into those that end at `bounds` and one for all beyond.
    pub(crate) fn within(&self, bounds: &[f64]) -> Vec<u64> {
        let mut counts = vec![0_u64; bounds.len() + 1];
        for (up_to, count) in &self.buckets {
            let at = bounds.iter().position(|bound| up_to <= bound);
            let slot = &mut counts[at.unwrap_or(bounds.len())];
            *slot = slot.saturating_add(*count);
        }
        counts
    }
}
