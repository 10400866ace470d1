//! What the broker says is going on in a subscription, why, and what to do.

use weir_proto::safe_text::SafeText;
use weir_proto::v1;

use super::reading::broker_seconds;

/// How many bytes of a sentence are kept.
const TEXT_CAP_BYTES: usize = 512;

/// A diagnosis of the broker.
#[derive(Clone, Debug)]
pub(crate) struct Diagnosis {
    pub(crate) verdict: v1::Verdict,
    pub(crate) severity: v1::Severity,
    /// Seconds since the epoch by the broker's clock.
    pub(crate) since: Option<f64>,
    pub(crate) reason: SafeText,
    /// Empty if there is nothing to do.
    pub(crate) advice: SafeText,
    /// The message that all wait for; empty if there is none.
    pub(crate) message: SafeText,
    pub(crate) partition: Option<u32>,
}

impl Diagnosis {
    /// Takes a diagnosis over from the wire.
    pub(crate) fn new(diagnosis: &v1::Diagnosis) -> Self {
        let text = |text: &str| SafeText::capped(text.as_bytes(), TEXT_CAP_BYTES);
        Self {
            verdict: diagnosis.verdict(),
            severity: diagnosis.severity(),
            since: diagnosis.since.map(broker_seconds),
            reason: text(&diagnosis.reason),
            advice: text(&diagnosis.advice),
            message: text(&diagnosis.message_id),
            partition: diagnosis.partition,
        }
    }

    /// The verdict in words.
    pub(crate) fn words(&self) -> &'static str {
        match self.verdict {
            v1::Verdict::Unspecified => "not known yet",
            v1::Verdict::Ok => "ok",
            v1::Verdict::Idle => "idle",
            v1::Verdict::Draining => "draining",
            v1::Verdict::Growing => "growing",
            v1::Verdict::Paused => "paused",
            v1::Verdict::Stuck => "stuck",
            v1::Verdict::NoConsumers => "nobody listens",
            v1::Verdict::UnderCapacity => "under capacity",
            v1::Verdict::Slowed => "consumers slowed",
            v1::Verdict::ConsumersIdle => "consumers idle",
            v1::Verdict::Failing => "failing",
            v1::Verdict::Skewed => "skewed",
        }
    }
}
