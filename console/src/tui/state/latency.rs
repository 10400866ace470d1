//! How long something took, over a window.

use weir_proto::v1::LatencySummary;

use super::reading::measured;

/// Percentiles in seconds; the buckets only where one thing was asked for by name.
#[derive(Clone, Debug)]
pub(crate) struct Latency {
    pub(crate) window: Option<f64>,
    pub(crate) count: u64,
    pub(crate) p50: Option<f64>,
    pub(crate) p90: Option<f64>,
    pub(crate) p99: Option<f64>,
    pub(crate) max: Option<f64>,
    /// The upper end of a bucket in seconds, and how many were in it.
    pub(crate) buckets: Vec<(f64, u64)>,
}

impl Latency {
    /// Takes a summary over from the wire; `None` if nothing was measured.
    pub(crate) fn new(summary: &LatencySummary) -> Option<Self> {
        (summary.count > 0).then(|| Self {
            window: measured(summary.window_seconds),
            count: summary.count,
            p50: measured(summary.p50_seconds),
            p90: measured(summary.p90_seconds),
            p99: measured(summary.p99_seconds),
            max: measured(summary.max_seconds),
            buckets: summary
                .buckets
                .iter()
                .filter_map(|bucket| Some((measured(bucket.up_to_seconds)?, bucket.count)))
                .collect(),
        })
    }
}
