//! What the numbers were, as the broker remembers them: points by the second or by the minute.
//!
//! It promises that points are in order of time and at most a day of minutes; what is not known is
//! a gap and never a zero. It does not fetch anything.

use std::collections::VecDeque;

use weir_proto::v1::{HistoryPoint, HistoryResponse};

use super::reading::{broker_seconds, measured};

/// A day of minutes, or fifteen minutes of seconds and to spare.
pub(crate) const POINTS_CAP: usize = 1_440;

/// A quantity that has a past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Quantity {
    Backlog,
    Leased,
    Waiting,
    Dead,
    /// The age in seconds of the oldest message of the backlog.
    Age,
    Consumers,
    /// Messages that a topic stores.
    Stored,
    Published,
    Delivered,
    Redelivered,
    Acked,
    Failed,
    Died,
}

/// How points are put together where a column of a chart is wider than one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pooling {
    /// The highest: no peak of a gauge is lost.
    Highest,
    /// What was counted over the time it took: a mean rate, so that the area stays true.
    Mean,
}

/// The stretch of time that a chart shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Span {
    /// Its end: seconds since the epoch by the broker's clock.
    pub(crate) until: f64,
    /// Its length.
    pub(crate) seconds: f64,
}

/// The points of one subscription, of one topic, or of the broker as a whole.
#[derive(Clone, Debug, Default)]
pub(crate) struct Past {
    points: VecDeque<Reading>,
}

/// One point. Counts are of `span` seconds up to `at`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Reading {
    at: f64,
    span: f64,
    gauges: [f32; GAUGES],
    counts: [f32; COUNTS],
}

const GAUGES: usize = 7;
const COUNTS: usize = 6;

/// Where a quantity is kept.
enum Place {
    Gauge(usize),
    Count(usize),
}

impl Quantity {
    /// How its points are put together.
    pub(crate) fn pooling(self) -> Pooling {
        match self.place() {
            Place::Gauge(_) => Pooling::Highest,
            Place::Count(_) => Pooling::Mean,
        }
    }

    fn place(self) -> Place {
        match self {
            Self::Backlog => Place::Gauge(0),
            Self::Leased => Place::Gauge(1),
            Self::Waiting => Place::Gauge(2),
            Self::Dead => Place::Gauge(3),
            Self::Age => Place::Gauge(4),
            Self::Consumers => Place::Gauge(5),
            Self::Stored => Place::Gauge(6),
            Self::Published => Place::Count(0),
            Self::Delivered => Place::Count(1),
            Self::Redelivered => Place::Count(2),
            Self::Acked => Place::Count(3),
            Self::Failed => Place::Count(4),
            Self::Died => Place::Count(5),
        }
    }
}

impl Past {
    /// Takes an answer of the broker in: points that are newer than the newest one are added.
    pub(crate) fn take(&mut self, answer: &HistoryResponse) {
        self.extend(&answer.points);
    }

    /// Adds points that are newer than the newest one.
    pub(crate) fn extend(&mut self, points: &[HistoryPoint]) {
        for point in points.iter().filter_map(Reading::new) {
            if self.newest().is_some_and(|newest| point.at <= newest) {
                continue;
            }
            if self.points.len() >= POINTS_CAP {
                self.points.pop_front();
            }
            self.points.push_back(point);
        }
    }

    /// When the newest point was taken: seconds since the epoch by the broker's clock.
    pub(crate) fn newest(&self) -> Option<f64> {
        self.points.back().map(|point| point.at)
    }

    /// Whether nothing is known.
    pub(crate) fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// A quantity over a span in a number of equal columns, the newest last; a column in which
    /// nothing was measured is a gap.
    ///
    /// Columns begin at fixed times, so that a chart moves to the left as a whole and its peaks do
    /// not flicker while it does.
    pub(crate) fn columns(&self, of: Quantity, span: Span, columns: usize) -> Vec<Option<f64>> {
        let mut sums = vec![Sum::default(); columns];
        let width = span.seconds / columns.max(1) as f64;
        if columns == 0 || width <= 0.0 || !span.until.is_finite() {
            return vec![None; columns];
        }
        let end = (span.until / width).ceil() * width;
        let start = end - width * columns as f64;
        for point in &self.points {
            if point.at <= start || point.at - point.span >= end {
                continue;
            }
            let value = point.value(of);
            let (from, to) = (
                (point.at - point.span - start) / width,
                (point.at - start) / width,
            );
            for at in column(from, columns)..=column(to - 1e-6, columns) {
                let overlap = (to.min(at as f64 + 1.0) - from.max(at as f64)).max(0.0);
                sums[at].add(value, overlap);
            }
        }
        sums.iter().map(|sum| sum.value(of.pooling())).collect()
    }

    /// The newest value of a quantity that is known.
    pub(crate) fn last(&self, of: Quantity) -> Option<f64> {
        self.points.back().and_then(|point| point.value(of))
    }
}

/// What fell into one column.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    highest: Option<f64>,
    weighted: f64,
    weight: f64,
}

impl Sum {
    fn add(&mut self, value: Option<f64>, weight: f64) {
        let Some(value) = value else { return };
        if weight <= 0.0 {
            return;
        }
        self.highest = Some(self.highest.map_or(value, |highest| highest.max(value)));
        self.weighted += value * weight;
        self.weight += weight;
    }

    fn value(&self, pooling: Pooling) -> Option<f64> {
        match pooling {
            Pooling::Highest => self.highest,
            Pooling::Mean => (self.weight > 0.0).then(|| self.weighted / self.weight),
        }
    }
}

impl Reading {
    fn new(point: &HistoryPoint) -> Option<Self> {
        let at = broker_seconds(point.sample_time?);
        let span = measured(point.span_seconds).filter(|span| *span > 0.0)?;
        let lag = point.lag_seconds.and_then(measured);
        // No backlog has no age, and that is a zero and no gap: the point was measured.
        let age = lag.map_or(0.0, narrow);
        Some(Self {
            at,
            span,
            gauges: [
                narrow(point.backlog as f64),
                narrow(point.leased as f64),
                narrow(point.waiting as f64),
                narrow(point.dead as f64),
                age,
                narrow(point.consumer_count as f64),
                narrow(point.stored as f64),
            ],
            counts: [
                narrow(point.publish_count as f64),
                narrow(point.deliver_count as f64),
                narrow(point.redeliver_count as f64),
                narrow(point.ack_count as f64),
                narrow(point.fail_count as f64),
                narrow(point.dead_count as f64),
            ],
        })
    }

    /// A gauge as it is, a count per second.
    fn value(&self, of: Quantity) -> Option<f64> {
        let value = match of.place() {
            Place::Gauge(at) => f64::from(self.gauges[at]),
            Place::Count(at) => f64::from(self.counts[at]) / self.span,
        };
        value.is_finite().then_some(value)
    }
}

/// The column that a place in time falls into, within the chart.
fn column(place: f64, columns: usize) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the number of columns"
    )]
    let column = place.clamp(0.0, columns.saturating_sub(1) as f64) as usize;
    column
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a chart has some hundred steps; single precision has millions"
)]
fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;

    use super::*;

    fn point(second: i64, backlog: u64, publish_count: u64) -> HistoryPoint {
        HistoryPoint {
            sample_time: Some(Timestamp {
                seconds: second,
                nanos: 0,
            }),
            span_seconds: 1.0,
            backlog,
            publish_count,
            ..HistoryPoint::default()
        }
    }

    fn past(points: impl IntoIterator<Item = HistoryPoint>) -> Past {
        let mut past = Past::default();
        past.extend(&points.into_iter().collect::<Vec<_>>());
        past
    }

    const MINUTE: Span = Span {
        until: 1_060.0,
        seconds: 60.0,
    };

    #[test]
    fn a_column_of_a_gauge_is_its_peak_and_of_a_rate_its_mean() {
        let past = past((1_001..=1_060).map(|at| {
            let spike = u64::from(at == 1_005);
            point(at, 10 + 90 * spike, 60 * spike)
        }));
        let backlog = past.columns(Quantity::Backlog, MINUTE, 6);
        assert_eq!(backlog[0], Some(100.0));
        assert_eq!(backlog[1..], [Some(10.0); 5]);
        let published = past.columns(Quantity::Published, MINUTE, 6);
        assert!((published[0].unwrap() - 6.0).abs() < 1e-6, "{published:?}");
        assert_eq!(published[1], Some(0.0));
    }

    #[test]
    fn what_was_not_measured_is_a_gap_and_not_a_zero() {
        let known = (1_001..=1_020).chain(1_041..=1_060);
        let past = past(known.map(|at| point(at, 5, 1)));
        let columns = past.columns(Quantity::Backlog, MINUTE, 6);
        let five = Some(5.0);
        assert_eq!(columns, [five, five, None, None, five, five]);
        assert_eq!(Past::default().columns(Quantity::Age, MINUTE, 3), [None; 3]);
    }

    #[test]
    fn columns_finer_than_points_are_filled_by_the_point_that_covers_them() {
        let past = past((1_001..=1_060).map(|at| point(at, at.unsigned_abs(), 1)));
        let columns = past.columns(Quantity::Backlog, MINUTE, 240);
        assert!(columns.iter().all(Option::is_some));
        assert_eq!(columns[239], Some(1_060.0));
        assert_eq!(columns[236], Some(1_060.0));
        assert_eq!(columns[235], Some(1_059.0));
    }

    #[test]
    fn a_chart_moves_as_a_whole() {
        let past = past((0..=1_060).map(|at| point(at + 1, (at % 7).unsigned_abs(), 1)));
        let at = |until: f64| {
            let span = Span {
                until,
                seconds: 60.0,
            };
            past.columns(Quantity::Backlog, span, 6)
        };
        assert_eq!(at(1_051.0), at(1_060.0));
        assert_eq!(at(1_050.0)[1..], at(1_060.0)[..5]);
    }

    #[test]
    fn an_older_or_double_point_changes_nothing_and_the_oldest_go_first() {
        let mut past = past((1..=2_000).map(|at| point(at, 1, 1)));
        past.extend(&[point(1_500, 9, 9), point(2_000, 9, 9), point(2_001, 3, 1)]);
        assert_eq!(past.newest(), Some(2_001.0));
        assert_eq!(past.points.len(), POINTS_CAP);
        assert_eq!(past.last(Quantity::Backlog), Some(3.0));
        assert!(past.points.iter().all(|point| point.gauges[0] < 9.0));
    }
}
