//! One subscription: its states, rates, books and consumers, as of the last sample that named it.

use weir_proto::safe_text::SafeText;
use weir_proto::v1::{DrainState, DropCause, Durability, SubscriptionRates, SubscriptionStats};

use super::advice::Diagnosis;
use super::consumer::Consumer;
use super::latency::Latency;
use super::reading::measured;
use super::topic::Share;

/// How many bytes of a name are kept. Names have at most 511 characters with their namespace.
const NAME_CAP_BYTES: usize = 511;
const FILTER_CAP_BYTES: usize = 4_096;

/// The longest window that is shown beside the shortest, in seconds: what is going on, not what was.
const SLOW_WINDOW: f64 = 60.0;

/// One subscription in numbers.
#[derive(Clone, Debug)]
pub(crate) struct Subscription {
    pub(crate) id: u64,
    pub(crate) name: SafeText,
    /// With a word behind it if what is published to it is confirmed before it is durable.
    pub(crate) topic: SafeText,
    /// Only the name.
    pub(crate) topic_name: SafeText,
    pub(crate) is_relaxed: bool,
    pub(crate) entered: u64,
    pub(crate) scheduled: u64,
    pub(crate) ready: u64,
    pub(crate) leased: u64,
    pub(crate) waiting: u64,
    pub(crate) dead: u64,
    pub(crate) acked: u64,
    /// Dropped messages by cause, only causes that occurred.
    pub(crate) dropped: Vec<(DropCause, u64)>,
    pub(crate) backlog: u64,
    /// Age in seconds of the oldest unfinished, due, not dead message.
    pub(crate) lag: Option<f64>,
    /// The same of ready messages only.
    pub(crate) oldest_ready: Option<f64>,
    /// Rates over the shortest window, 10 s.
    pub(crate) fast: Option<Rates>,
    /// Rates over the longest window, 60 s.
    pub(crate) slow: Option<Rates>,
    pub(crate) consumers: Vec<Consumer>,
    pub(crate) conservation_error: u64,
    pub(crate) drain: Drain,
    /// Between how many seconds the drain is, if that is known.
    pub(crate) drain_range: Option<(f64, f64)>,
    /// What the broker says is going on.
    pub(crate) diagnosis: Option<Diagnosis>,
    /// From handing out to the acknowledgement.
    pub(crate) handling: Option<Latency>,
    /// From being due to being handed out.
    pub(crate) queueing: Option<Latency>,
    /// Which messages of the topic it takes; empty for all.
    pub(crate) filter: SafeText,
    /// Only of a subscription that was asked for by name.
    pub(crate) shares: Vec<Share>,
    /// The age of its oldest message in seconds that its owner accepts; only of one that was asked
    /// for by name.
    pub(crate) slo_age: Option<f64>,
    /// Seconds that a lease lasts.
    pub(crate) ack_deadline: Option<f64>,
    pub(crate) max_attempts: u32,
    /// When this was so: seconds since the epoch by the broker's clock.
    pub(crate) sampled: Option<f64>,
}

/// Messages per second over one window; a rate that is unknown is `None`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rates {
    /// The window in seconds.
    pub(crate) window: f64,
    pub(crate) publish: Option<f64>,
    pub(crate) deliver: Option<f64>,
    pub(crate) redeliver: Option<f64>,
    pub(crate) ack: Option<f64>,
    pub(crate) fail: Option<f64>,
    pub(crate) dead: Option<f64>,
}

/// What becomes of the backlog at the present rates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Drain {
    Unknown,
    /// There is no backlog.
    Empty,
    /// It is gone in this many seconds, if that is known.
    Draining(Option<f64>),
    /// It grows.
    Never,
    /// Consumers are connected and nothing is acknowledged.
    Stuck,
    /// No consumer is connected.
    Idle,
    /// It is held.
    Paused,
}

fn topic_text(stats: &SubscriptionStats) -> SafeText {
    if stats.topic_durability() == Durability::Relaxed {
        let text = format!("{} (relaxed)", stats.topic);
        SafeText::capped(text.as_bytes(), NAME_CAP_BYTES)
    } else {
        SafeText::capped(stats.topic.as_bytes(), NAME_CAP_BYTES)
    }
}

impl Subscription {
    /// Takes a subscription over from the wire; `sampled` is the broker's time of the sample.
    pub(crate) fn new(stats: &SubscriptionStats, sampled: Option<f64>) -> Self {
        let drain = Drain::new(stats.drain(), stats.drain_seconds);
        Self {
            id: stats.subscription_id,
            name: SafeText::capped(stats.name.as_bytes(), NAME_CAP_BYTES),
            topic: topic_text(stats),
            topic_name: SafeText::capped(stats.topic.as_bytes(), NAME_CAP_BYTES),
            is_relaxed: stats.topic_durability() == Durability::Relaxed,
            entered: stats.entered,
            scheduled: stats.scheduled,
            ready: stats.ready,
            leased: stats.leased,
            waiting: stats.waiting,
            dead: stats.dead,
            acked: stats.acked,
            dropped: stats
                .dropped
                .iter()
                .filter(|one| one.count > 0)
                .map(|one| (one.cause(), one.count))
                .collect(),
            backlog: stats.backlog,
            lag: stats.lag_seconds.and_then(measured),
            oldest_ready: stats.oldest_ready_seconds.and_then(measured),
            fast: by_window(&stats.rates, |a, b| a < b),
            slow: by_window(&stats.rates, |a, b| a > b && a <= SLOW_WINDOW),
            consumers: stats.consumers.iter().map(Consumer::new).collect(),
            conservation_error: stats.conservation_error,
            drain,
            drain_range: stats
                .drain_low_seconds
                .and_then(measured)
                .zip(stats.drain_high_seconds.and_then(measured)),
            diagnosis: stats.diagnosis.as_ref().map(Diagnosis::new),
            handling: stats.handling.as_ref().and_then(Latency::new),
            queueing: stats.queueing.as_ref().and_then(Latency::new),
            filter: SafeText::capped(stats.filter.as_bytes(), FILTER_CAP_BYTES),
            shares: stats.partitions.iter().map(Share::new).collect(),
            slo_age: None,
            ack_deadline: measured(stats.ack_deadline_seconds),
            max_attempts: stats.max_attempts,
            sampled,
        }
    }

    /// Arrivals less acks per second over the short window: how fast the backlog grows.
    pub(crate) fn net(&self) -> Option<f64> {
        let rates = self.fast?;
        Some(rates.publish? - rates.ack?)
    }

    /// All dropped messages, whatever the cause.
    pub(crate) fn dropped_total(&self) -> u64 {
        self.dropped
            .iter()
            .fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// The age of its oldest message at `now` (the broker's time of the newest sample): a row
    /// that did not change since is not sent again, but its oldest message has aged.
    pub(crate) fn lag_at(&self, now: Option<f64>) -> Option<f64> {
        let since = match (now, self.sampled) {
            (Some(now), Some(then)) => (now - then).max(0.0),
            _ => 0.0,
        };
        self.lag.map(|lag| lag + since)
    }
}

impl Drain {
    /// Its number on the wire.
    pub(crate) fn number(self) -> i32 {
        let state = match self {
            Self::Unknown => DrainState::Unspecified,
            Self::Empty => DrainState::Empty,
            Self::Draining(_) => DrainState::Draining,
            Self::Never => DrainState::Never,
            Self::Stuck => DrainState::Stuck,
            Self::Idle => DrainState::Idle,
            Self::Paused => DrainState::Paused,
        };
        state.into()
    }

    fn new(state: DrainState, seconds: Option<f64>) -> Self {
        match state {
            DrainState::Unspecified => Self::Unknown,
            DrainState::Empty => Self::Empty,
            DrainState::Draining => Self::Draining(seconds.and_then(measured)),
            DrainState::Never => Self::Never,
            DrainState::Stuck => Self::Stuck,
            DrainState::Idle => Self::Idle,
            DrainState::Paused => Self::Paused,
        }
    }
}

/// The rates of the window that no other one beats.
fn by_window(rates: &[SubscriptionRates], beats: fn(f64, f64) -> bool) -> Option<Rates> {
    let mut best: Option<&SubscriptionRates> = None;
    for one in rates {
        if best.is_none_or(|best| beats(one.window_seconds, best.window_seconds)) {
            best = Some(one);
        }
    }
    best.map(|one| Rates {
        window: one.window_seconds,
        publish: measured(one.publish),
        deliver: measured(one.deliver),
        redeliver: measured(one.redeliver),
        ack: measured(one.ack),
        fail: measured(one.fail),
        dead: measured(one.dead),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_stands_beside_the_shortest_window_however_many_there_are() {
        let rates = [10.0, 60.0, 300.0].map(|window_seconds| SubscriptionRates {
            window_seconds,
            ..SubscriptionRates::default()
        });
        let stats = SubscriptionStats {
            rates: rates.to_vec(),
            ..SubscriptionStats::default()
        };
        let subscription = Subscription::new(&stats, None);
        let window = |rates: Option<Rates>| rates.map(|rates| rates.window);
        assert_eq!(window(subscription.fast), Some(10.0));
        assert_eq!(window(subscription.slow), Some(60.0));
    }
}
