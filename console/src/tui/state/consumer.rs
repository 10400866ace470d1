//! One connected consumer of a subscription.

use weir_proto::safe_text::SafeText;
use weir_proto::v1::ConsumerStats;

use super::latency::Latency;
use super::reading::{broker_seconds, measured};

/// How many bytes of a consumer's name are kept; the screen never shows more.
const NAME_CAP_BYTES: usize = 255;

/// One connected consumer, as of the last sample that named it.
#[derive(Clone, Debug)]
pub(crate) struct Consumer {
    pub(crate) id: u64,
    /// The connection that it came over; 0 if the broker does not say.
    pub(crate) client_id: u64,
    pub(crate) name: SafeText,
    pub(crate) peer: SafeText,
    pub(crate) version: SafeText,
    /// Seconds since the epoch by the broker's clock.
    pub(crate) connected: Option<f64>,
    /// Messages it holds.
    pub(crate) leased: u64,
    /// How many it may hold.
    pub(crate) allowance: u64,
    /// Messages per second over 10 s.
    pub(crate) deliver_rate: Option<f64>,
    pub(crate) ack_rate: Option<f64>,
    pub(crate) fail_rate: Option<f64>,
    /// Seconds since the epoch by the broker's clock; `None` if it never acknowledged.
    pub(crate) last_ack: Option<f64>,
    pub(crate) redeliver_rate: Option<f64>,
    /// From handing out to the acknowledgement.
    pub(crate) handling: Option<Latency>,
    /// Its median handling over that of all consumers of the subscription.
    pub(crate) slowness: Option<f64>,
}

impl Consumer {
    /// Takes a consumer over from the wire.
    pub(crate) fn new(stats: &ConsumerStats) -> Self {
        let text = |text: &str| SafeText::capped(text.as_bytes(), NAME_CAP_BYTES);
        Self {
            id: stats.consumer_id,
            client_id: stats.client_id,
            name: text(&stats.name),
            peer: text(&stats.peer),
            version: text(&stats.client_version),
            connected: stats.connect_time.map(broker_seconds),
            leased: stats.leased,
            allowance: stats.max_outstanding_messages,
            deliver_rate: measured(stats.deliver_rate),
            ack_rate: measured(stats.ack_rate),
            fail_rate: measured(stats.fail_rate),
            last_ack: stats.last_ack_time.map(broker_seconds),
            redeliver_rate: measured(stats.redeliver_rate),
            handling: stats.handling.as_ref().and_then(Latency::new),
            slowness: stats.slowness.and_then(measured),
        }
    }

    /// Whether it holds all it may hold, so that it, and not the broker, sets the pace.
    pub(crate) fn is_full(&self) -> bool {
        self.allowance > 0 && self.leased >= self.allowance
    }
}
