//! What the broker advises about the consumers of a subscription, with what it rests on.

use weir_proto::safe_text::SafeText;
use weir_proto::v1::{
    AdviceBound, AdviseResponse, Confidence, Diagnosis as WireDiagnosis, Severity as WireSeverity,
    Verdict as WireVerdict,
};

use super::consumer::Consumer;
use super::reading::{broker_seconds, measured};

const TEXT_CAP_BYTES: usize = 2_048;

/// What is going on in a subscription, as the broker sees it.
#[derive(Clone, Debug)]
pub(crate) struct Diagnosis {
    pub(crate) verdict: WireVerdict,
    pub(crate) severity: WireSeverity,
    /// Seconds since the epoch by the broker's clock.
    pub(crate) since: Option<f64>,
    /// One sentence with the numbers it rests on.
    pub(crate) reason: SafeText,
    /// What to do, in one sentence.
    pub(crate) advice: SafeText,
    /// The message that is stuck; empty if none is.
    pub(crate) message_id: SafeText,
    pub(crate) partition: Option<u32>,
}

/// How many consumers a subscription needs.
#[derive(Clone, Debug)]
pub(crate) struct Advice {
    pub(crate) diagnosis: Option<Diagnosis>,
    pub(crate) consumers: u32,
    pub(crate) recommended: Option<u32>,
    pub(crate) is_lower_bound: bool,
    pub(crate) confidence: Confidence,
    pub(crate) capacity: Option<Capacity>,
    pub(crate) options: Vec<Choice>,
    pub(crate) max_useful: Option<u32>,
    pub(crate) bound: AdviceBound,
    pub(crate) publish_rate: Option<f64>,
    pub(crate) ack_rate: Option<f64>,
    pub(crate) backlog: u64,
    pub(crate) redelivery_ratio: Option<f64>,
    pub(crate) summary: SafeText,
    pub(crate) slow_consumers: Vec<Consumer>,
}

/// What one busy consumer acknowledges per second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capacity {
    pub(crate) p10: Option<f64>,
    pub(crate) median: Option<f64>,
    pub(crate) p90: Option<f64>,
    pub(crate) consumers: u32,
    pub(crate) window: Option<f64>,
}

/// A number of consumers, and how long they would take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    pub(crate) consumers: u32,
    /// Seconds; `None` means never.
    pub(crate) drain: Option<f64>,
    pub(crate) is_recommended: bool,
}

impl Diagnosis {
    /// Takes a diagnosis over from the wire.
    pub(crate) fn new(diagnosis: &WireDiagnosis) -> Self {
        Self {
            verdict: diagnosis.verdict(),
            severity: diagnosis.severity(),
            since: diagnosis.start_time.map(broker_seconds),
            reason: safe(&diagnosis.reason),
            advice: safe(&diagnosis.advice),
            message_id: safe(&diagnosis.message_id),
            partition: diagnosis.partition,
        }
    }
}

impl Advice {
    /// Takes advice over from the wire.
    pub(crate) fn new(response: &AdviseResponse) -> Self {
        let options = response.options.iter().map(|option| Choice {
            consumers: option.consumer_count,
            drain: option.drain_seconds.and_then(measured),
            is_recommended: option.is_recommended,
        });
        Self {
            diagnosis: response.diagnosis.as_ref().map(Diagnosis::new),
            consumers: response.consumer_count,
            recommended: response.recommended,
            is_lower_bound: response.is_lower_bound,
            confidence: response.confidence(),
            capacity: response.capacity.as_ref().map(|capacity| Capacity {
                p10: measured(capacity.p10),
                median: measured(capacity.median),
                p90: measured(capacity.p90),
                consumers: capacity.consumer_count,
                window: measured(capacity.window_seconds),
            }),
            options: options.collect(),
            max_useful: response.max_useful,
            bound: response.bound(),
            publish_rate: measured(response.publish_rate),
            ack_rate: measured(response.ack_rate),
            backlog: response.backlog,
            redelivery_ratio: measured(response.redelivery_ratio),
            summary: safe(&response.summary),
            slow_consumers: response.slow_consumers.iter().map(Consumer::new).collect(),
        }
    }
}

fn safe(text: &str) -> SafeText {
    SafeText::capped(text.as_bytes(), TEXT_CAP_BYTES)
}
