//! One connected consumer of a subscription.

use weir_proto::safe_text::SafeText;
use weir_proto::v1::ConsumerStats;

use super::latency::Latency;
use super::reading::{broker_seconds, measured};

/// How many bytes of a consumer's name are kept; the screen never shows more.
const NAME_CAP_BYTES: usize = 255;

/// A consumer that acknowledged nothing for this long while it holds messages is silent, in seconds.
const SILENT_AFTER: f64 = 30.0;
/// A consumer this many times as slow as the others is worth a word.
const SLOW_FROM: f64 = 2.0;

/// One connected consumer, as of the last sample that named it.
#[derive(Clone, Debug)]
pub(crate) struct Consumer {
    pub(crate) id: u64,
    pub(crate) name: SafeText,
    pub(crate) peer: SafeText,
    pub(crate) version: SafeText,
    /// The connection that it uses.
    pub(crate) client: u64,
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
    pub(crate) redeliver_rate: Option<f64>,
    /// Seconds since the epoch by the broker's clock; `None` if it never acknowledged.
    pub(crate) last_ack: Option<f64>,
    /// From hand-out to ack; `None` while nothing was measured.
    pub(crate) handling: Option<Latency>,
    /// How many times as slow as the median of the others.
    pub(crate) slowness: Option<f64>,
}

/// What a consumer does, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activity {
    /// It holds all it may hold: it sets the pace.
    Busy,
    /// It holds messages and has room for more.
    Working,
    /// It holds messages and has acknowledged nothing for long.
    Silent,
    /// Its attempts fail and nothing is acknowledged.
    Failing,
    /// It works, but much slower than the others.
    Slow,
    /// It holds nothing.
    Idle,
}

impl Consumer {
    /// Takes a consumer over from the wire.
    pub(crate) fn new(stats: &ConsumerStats) -> Self {
        let text = |text: &str| SafeText::capped(text.as_bytes(), NAME_CAP_BYTES);
        Self {
            id: stats.consumer_id,
            name: text(&stats.name),
            peer: text(&stats.peer),
            version: text(&stats.client_version),
            client: stats.client_id,
            connected: stats.connect_time.map(broker_seconds),
            leased: stats.leased,
            allowance: stats.max_outstanding_messages,
            deliver_rate: measured(stats.deliver_rate),
            ack_rate: measured(stats.ack_rate),
            fail_rate: measured(stats.fail_rate),
            redeliver_rate: measured(stats.redeliver_rate),
            last_ack: stats.last_ack_time.map(broker_seconds),
            handling: stats.handling.as_ref().and_then(Latency::new),
            slowness: stats.slowness.and_then(measured),
        }
    }

    /// Whether it holds all it may hold, so that it, and not the broker, sets the pace.
    pub(crate) fn is_full(&self) -> bool {
        self.allowance > 0 && self.leased >= self.allowance
    }

    /// What it does; `now` is the broker's time.
    pub(crate) fn activity(&self, now: Option<f64>) -> Activity {
        let works = self.ack_rate.unwrap_or(0.0) > 0.0;
        let since = now.zip(self.last_ack.or(self.connected));
        let is_silent = since.is_some_and(|(now, then)| now - then >= SILENT_AFTER);
        match self {
            _ if !works && self.fail_rate.unwrap_or(0.0) > 0.0 => Activity::Failing,
            _ if self.leased > 0 && !works && is_silent => Activity::Silent,
            _ if self.slowness.is_some_and(|slowness| slowness >= SLOW_FROM) => Activity::Slow,
            _ if self.is_full() => Activity::Busy,
            _ if self.leased > 0 || works => Activity::Working,
            _ => Activity::Idle,
        }
    }
}
