//! What has to be done, by how much each consumer can do, and what bounds it.

use super::worker::Measured;
use crate::insight::verdict::Verdict;
use crate::model::Span;

/// A window that is nearly full.
const LONG: Span = Span::from_secs(50);
/// A window that is long enough to go by.
const FAIR: Span = Span::from_secs(25);

/// What a subscription has to do, and who does it.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Load {
    /// What is going on.
    pub verdict: Option<Verdict>,
    /// Ready, leased and waiting messages.
    pub backlog: u64,
    /// Those of them in backoff, which no consumer could take.
    pub waiting: u64,
    /// Messages that come in per second, over a minute.
    pub arrivals: f64,
    /// Messages acknowledged per second, over a minute.
    pub acks: f64,
    /// The part of the deliveries that are redeliveries.
    pub redelivery: f64,
    /// Connected consumers.
    pub consumers: u64,
    /// What the busy ones of them do.
    pub measured: Vec<Measured>,
    /// What one did the last time that one was busy.
    pub remembered: Option<f64>,
    /// What more consumers cannot help.
    pub bounds: Bounds,
}

/// What more consumers cannot help.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// How many messages are handed out per second at most.
    pub delivery_rate: Option<u64>,
    /// How many messages all consumers together may hold.
    pub outstanding: Option<u64>,
    /// How many messages one of them may hold.
    pub allowance: u64,
    /// The part of what comes in that the most frequent key carries, if keys are kept in order.
    pub top_key: Option<f64>,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// Within which time the backlog is to end.
    pub within: Span,
    /// Not more consumers than these.
    pub most: Option<u64>,
}

/// What one busy consumer acknowledges per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Capacity {
    /// One in ten does less.
    pub p10: f64,
    /// Half of them do more.
    pub median: f64,
    /// One in ten does more.
    pub p90: f64,
    /// How many were measured.
    pub consumers: u64,
    /// Over how long.
    pub window: Span,
}

/// How sure a number is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// There is no number.
    #[default]
    None,
    /// Little was seen, or it varies much.
    Low,
    /// Enough was seen, and it varies.
    Medium,
    /// Enough was seen, and it hardly varies.
    High,
}

/// What bounds the number of consumers that are of use.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Nothing that is known.
    #[default]
    None,
    /// Few ordering keys carry most messages.
    Keys,
    /// The delivery rate of the subscription.
    DeliveryRate,
    /// What all its consumers may hold.
    Outstanding,
    /// What was asked for.
    Requested,
}

impl Capacity {
    /// What busy consumers do; `None` if there are none that did anything.
    pub fn of(measured: &[Measured]) -> Option<Self> {
        let mut rates: Vec<f64> = measured.iter().map(|one| one.rate).collect();
        rates.sort_by(f64::total_cmp);
        let last = rates.len().checked_sub(1)?;
        let at = |tenths: usize| {
            let place = (last * tenths).div_ceil(10);
            rates.get(place).copied().unwrap_or(0.0)
        };
        let low = rates.get(last / 2).copied().unwrap_or(0.0);
        let high = rates.get(last.div_ceil(2)).copied().unwrap_or(0.0);
        let median = low.midpoint(high);
        let windows = measured.iter().map(|one| one.window);
        (median > 0.0).then_some(Self {
            p10: rates.get(last / 10).copied().unwrap_or(0.0),
            median,
            p90: at(9),
            consumers: rates.len() as u64,
            window: windows.min()?,
        })
    }

    /// How sure it is, of so many consumers.
    pub fn confidence(&self, consumers: u64) -> Confidence {
        let spread = self.p90 / self.p10.max(f64::MIN_POSITIVE);
        let are_many = self.consumers >= 3 || self.consumers == consumers;
        if are_many && self.window >= LONG && spread <= 1.5 {
            Confidence::High
        } else if self.window >= FAIR && spread <= 3.0 {
            Confidence::Medium
        } else {
            Confidence::Low
        }
    }
}

impl Load {
    /// How many consumers are of use at most, each doing `rate`, and what bounds them.
    pub(super) fn most_useful(&self, rate: f64, wish: &Wish) -> (Option<u64>, Bound) {
        let bounds = &self.bounds;
        let by_rate = bounds.delivery_rate.map(|most| whole(most as f64 / rate));
        let allowance = bounds.allowance.max(1);
        let by_outstanding = bounds.outstanding.map(|most| most.div_ceil(allowance));
        // The messages of a key go one after the other: its part of the work is that of one consumer at most.
        let by_keys = bounds.top_key.filter(|share| *share >= 0.1);
        let by_keys = by_keys.map(|share| whole((1.0 / share).floor()));
        let all = [
            (by_rate, Bound::DeliveryRate),
            (by_outstanding, Bound::Outstanding),
            (by_keys, Bound::Keys),
            (wish.most, Bound::Requested),
        ];
        let known = all
            .into_iter()
            .filter_map(|(most, bound)| Some((most?.max(1), bound)));
        match known.min_by_key(|(most, _)| *most) {
            Some((most, bound)) => (Some(most), bound),
            None => (None, Bound::None),
        }
    }
}

/// The next whole number, at least 1.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast stops at the ends of the range, and nothing here is below zero"
)]
pub(super) fn whole(value: f64) -> u64 {
    (value.ceil() as u64).max(1)
}
