//! What the numbers of something were, as the broker remembers them: what charts are drawn from.

use std::collections::VecDeque;

use weir_proto::v1::{HistoryPoint, HistoryResponse};

use super::reading::{broker_seconds, measured};

/// The most points that are kept: what the broker remembers by the second, and a margin.
const POINTS: usize = 2_048;
/// A past that ends this much before the numbers is only slow to come, in seconds.
const SLOW: f64 = 5.0;
/// The axis of a past that is still young, in seconds: a chart is full from the first minute on.
const YOUNG: [f64; 4] = [60.0, 120.0, 300.0, 600.0];

/// Points in order of time, the newest last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Past {
    points: VecDeque<Point>,
}

/// What was so at one moment, and what happened in the span that ends there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    /// Seconds since the epoch by the broker's clock.
    pub(crate) time: f64,
    /// The span in seconds.
    pub(crate) span: f64,
    pub(crate) backlog: u64,
    pub(crate) leased: u64,
    pub(crate) waiting: u64,
    pub(crate) dead: u64,
    /// Age in seconds of the oldest unfinished message.
    pub(crate) lag: Option<f64>,
    pub(crate) consumers: u64,
    pub(crate) stored: u64,
    /// Counts within the span.
    pub(crate) published: u64,
    pub(crate) delivered: u64,
    pub(crate) redelivered: u64,
    pub(crate) acked: u64,
    pub(crate) failed: u64,
    pub(crate) died: u64,
}

impl Past {
    /// Takes points over from the wire.
    pub(crate) fn new(response: &HistoryResponse) -> Self {
        let points = response.points.iter().filter_map(Point::new);
        Self {
            points: points.collect(),
        }
    }

    /// The same with later points behind; what comes again replaces what was there.
    pub(crate) fn followed_by(mut self, later: Self) -> Self {
        if let Some(first) = later.points.front() {
            while self.last().is_some_and(|last| last.time >= first.time) {
                self.points.pop_back();
            }
        }
        self.points.extend(later.points);
        while self.points.len() > POINTS {
            self.points.pop_front();
        }
        self
    }

    /// What a chart of `range` seconds shows of it: where that ends, and its length in seconds. A past that is still
    /// young fills its chart.
    pub(crate) fn reach(&self, now: Option<f64>, range: f64) -> Option<(f64, f64)> {
        let newest = self.last().map(|point| point.time);
        let until = match (newest, now) {
            (Some(newest), Some(now)) if now - newest > SLOW => now,
            (newest, now) => newest.or(now)?,
        };
        let known = self
            .points()
            .next()
            .map_or(0.0, |oldest| until - oldest.time);
        let young = YOUNG.into_iter().find(|span| known <= *span);
        Some((until, young.map_or(range, |span| span.min(range))))
    }

    /// The point that a moment falls into.
    pub(crate) fn at(&self, moment: f64) -> Option<&Point> {
        let mut later = self.points.iter();
        let point = later.find(|point| point.time >= moment - 0.5)?;
        (point.time - point.span.max(1.0) <= moment + 0.5).then_some(point)
    }

    /// The points in order of time.
    pub(crate) fn points(&self) -> impl DoubleEndedIterator<Item = &Point> + ExactSizeIterator {
        self.points.iter()
    }

    /// The newest point.
    pub(crate) fn last(&self) -> Option<&Point> {
        self.points.back()
    }
}

impl Point {
    fn new(point: &HistoryPoint) -> Option<Self> {
        Some(Self {
            time: broker_seconds(point.sample_time?),
            span: measured(point.span_seconds).filter(|span| *span > 0.0)?,
            backlog: point.backlog,
            leased: point.leased,
            waiting: point.waiting,
            dead: point.dead,
            lag: point.lag_seconds.and_then(measured),
            consumers: point.consumer_count,
            stored: point.stored,
            published: point.publish_count,
            delivered: point.deliver_count,
            redelivered: point.redeliver_count,
            acked: point.ack_count,
            failed: point.fail_count,
            died: point.dead_count,
        })
    }

    /// What happened, per second.
    pub(crate) fn rate(&self, count: u64) -> f64 {
        count as f64 / self.span
    }
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;

    use super::*;

    fn past(times: std::ops::Range<i64>, backlog: u64) -> Past {
        let points = times.map(|seconds| HistoryPoint {
            sample_time: Some(Timestamp { seconds, nanos: 0 }),
            span_seconds: 2.0,
            backlog,
            ack_count: 9,
            ..HistoryPoint::default()
        });
        Past::new(&HistoryResponse {
            points: points.collect(),
            truncated: false,
        })
    }

    #[test]
    fn later_points_follow_and_replace_what_comes_again() {
        let both = past(0..5, 1).followed_by(past(3..7, 2));
        let seen: Vec<(f64, u64)> = both.points().map(|one| (one.time, one.backlog)).collect();
        let expected = [
            (0.0, 1),
            (1.0, 1),
            (2.0, 1),
            (3.0, 2),
            (4.0, 2),
            (5.0, 2),
            (6.0, 2),
        ];
        assert_eq!(seen, expected);
        let last = both.last().unwrap();
        assert!((last.rate(last.acked) - 4.5).abs() < 1e-9);
    }

    #[test]
    fn a_moment_falls_into_one_point_or_into_a_gap() {
        let gone = past(0..5, 1).followed_by(past(20..25, 2));
        let at = |moment: f64| gone.at(moment).map(|point| point.time);
        assert_eq!(at(3.0), Some(3.0));
        assert_eq!(at(3.4), Some(3.0));
        assert_eq!(at(12.0), None);
        assert_eq!(at(24.0), Some(24.0));
        assert_eq!(at(26.0), None);
        assert_eq!(gone.reach(Some(25.0), 900.0), Some((24.0, 60.0)));
        assert_eq!(gone.reach(Some(60.0), 900.0), Some((60.0, 60.0)));
    }

    #[test]
    fn memory_of_a_past_is_bounded() {
        let mut long = past(0..10, 0);
        for hour in 0..4 {
            long = long.followed_by(past(hour * 1_000..hour * 1_000 + 1_000, 0));
        }
        assert_eq!(long.points().len(), POINTS);
    }
}
