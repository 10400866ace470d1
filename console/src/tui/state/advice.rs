//! How many consumers a subscription needs, as the broker works it out, and what that rests on.

use weir_proto::safe_text::SafeText;
use weir_proto::v1::{self, AdviceBound, Confidence};

use super::consumer::Consumer;
use super::diagnosis::Diagnosis;
use super::reading::{broker_seconds, measured};

/// How many bytes of a sentence are kept.
const TEXT_CAP_BYTES: usize = 1_024;
/// How many choices are kept; the screen has no room for more.
const OPTIONS_CAP: usize = 16;

/// An advice.
#[derive(Clone, Debug)]
pub(crate) struct Advice {
    /// Seconds since the epoch by the broker's clock.
    pub(crate) computed: Option<f64>,
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
    /// The slowest first.
    pub(crate) slow: Vec<Consumer>,
}

/// What one busy consumer acknowledges per second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capacity {
    pub(crate) low: Option<f64>,
    pub(crate) median: Option<f64>,
    pub(crate) high: Option<f64>,
    pub(crate) consumers: u32,
    pub(crate) window: Option<f64>,
}

/// What a number of consumers would do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    pub(crate) consumers: u32,
    /// `None` means never.
    pub(crate) drain: Option<f64>,
    pub(crate) is_recommended: bool,
}

impl Advice {
    /// Takes an advice over from the wire.
    pub(crate) fn new(advice: &v1::AdviseResponse) -> Self {
        Self {
            computed: advice.computed_time.map(broker_seconds),
            diagnosis: advice.diagnosis.as_ref().map(Diagnosis::new),
            consumers: advice.consumer_count,
            recommended: advice.recommended,
            is_lower_bound: advice.is_lower_bound,
            confidence: advice.confidence(),
            capacity: advice.capacity.as_ref().map(Capacity::new),
            options: advice
                .options
                .iter()
                .take(OPTIONS_CAP)
                .map(choice)
                .collect(),
            max_useful: advice.max_useful,
            bound: advice.bound(),
            publish_rate: measured(advice.publish_rate),
            ack_rate: measured(advice.ack_rate),
            backlog: advice.backlog,
            redelivery_ratio: measured(advice.redelivery_ratio),
            summary: SafeText::capped(advice.summary.as_bytes(), TEXT_CAP_BYTES),
            slow: advice.slow_consumers.iter().map(Consumer::new).collect(),
        }
    }
}

impl Capacity {
    fn new(capacity: &v1::Capacity) -> Self {
        Self {
            low: measured(capacity.p10),
            median: measured(capacity.median),
            high: measured(capacity.p90),
            consumers: capacity.consumer_count,
            window: measured(capacity.window_seconds),
        }
    }
}

fn choice(option: &v1::AdviceOption) -> Choice {
    Choice {
        consumers: option.consumer_count,
        drain: option.drain_seconds.and_then(measured),
        is_recommended: option.is_recommended,
    }
}
