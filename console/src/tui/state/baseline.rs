//! What a load test is held against: another result, or itself at an earlier moment.

use std::time::Duration;

use weir_proto::safe_text::SafeText;

use crate::load::summary::Summary;

/// Where the figures are from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Source {
    /// A result that was stored, by the name of its file.
    File(SafeText),
    /// The run itself, so long after its start.
    Moment(Duration),
}

/// How long nearly all messages took, each way, in seconds: the 99th percentiles.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Baseline {
    pub(crate) source: Source,
    pub(crate) confirm: Option<f64>,
    pub(crate) consume: Option<f64>,
    pub(crate) ack: Option<f64>,
}

impl Baseline {
    /// A result that was stored.
    pub(crate) fn of(name: SafeText, result: &Summary) -> Self {
        let has_consumers = result.consumers > 0;
        Self {
            source: Source::File(name),
            confirm: result.confirm_seconds.p99,
            consume: result.latency_seconds.p99.filter(|_| has_consumers),
            ack: result.ack_seconds.p99,
        }
    }
}
