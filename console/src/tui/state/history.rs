//! The last minutes of one subscription, collected from samples, for trends and charts.

use std::collections::VecDeque;

use super::past::Past;
use super::subscription::Subscription;

/// How many samples are kept: four minutes at one a second, 3 KiB a subscription.
pub(crate) const POINTS: usize = 240;

/// A quantity that has a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Series {
    Backlog,
    /// Messages in per second.
    Inflow,
    /// Messages acknowledged per second.
    Acked,
}

/// A ring of samples, the newest last. A second without a sample is a gap.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    points: VecDeque<Point>,
    recorded: usize,
}

/// One second. NaN is a gap; single precision is finer than any screen.
#[derive(Clone, Copy, Debug)]
struct Point {
    backlog: f32,
    inflow: f32,
    acked: f32,
}

impl Point {
    const UNKNOWN: Self = Self {
        backlog: f32::NAN,
        inflow: f32::NAN,
        acked: f32::NAN,
    };
}

impl History {
    /// Records how a subscription is now.
    pub(crate) fn push(&mut self, one: &Subscription) {
        let rate = |pick: fn(&super::subscription::Rates) -> Option<f64>| {
            one.fast.as_ref().and_then(pick).map_or(f32::NAN, narrow)
        };
        self.add(Point {
            backlog: narrow(one.backlog as f64),
            inflow: rate(|rates| rates.publish),
            acked: rate(|rates| rates.ack),
        });
    }

    /// Records that a number of seconds are not known.
    pub(crate) fn push_gap(&mut self, seconds: usize) {
        if self.points.is_empty() {
            return;
        }
        for _ in 0..seconds.min(POINTS) {
            self.add(Point::UNKNOWN);
        }
    }

    /// Puts what was before the first recorded second in front of it; `newest` is the time of the last one.
    pub(crate) fn precede(&mut self, past: &Past, newest: f64) {
        let here = self.points.len().saturating_sub(1);
        let mut first = newest - here as f64;
        for point in past.points().rev() {
            // Not a whole second earlier: it is here already.
            if first - point.time < 0.5 {
                continue;
            }
            let gap = missing_seconds(Some(point.time), Some(first));
            let unknown = std::iter::repeat_n(Point::UNKNOWN, gap);
            let known = Point {
                backlog: narrow(point.backlog as f64),
                inflow: narrow(point.rate(point.published)),
                acked: narrow(point.rate(point.acked)),
            };
            for one in unknown.chain([known]) {
                if self.points.len() >= POINTS {
                    return;
                }
                self.points.push_front(one);
            }
            first = point.time;
        }
    }

    /// The last `count` seconds of a series, the newest last; fewer if there are not so many.
    pub(crate) fn last(
        &self,
        series: Series,
        count: usize,
    ) -> impl DoubleEndedIterator<Item = Option<f64>> + ExactSizeIterator {
        let skip = self.points.len().saturating_sub(count);
        self.points.iter().skip(skip).map(move |point| {
            let value = match series {
                Series::Backlog => point.backlog,
                Series::Inflow => point.inflow,
                Series::Acked => point.acked,
            };
            (!value.is_nan()).then_some(f64::from(value))
        })
    }

    /// How many seconds were ever recorded, gaps included.
    pub(crate) fn recorded(&self) -> usize {
        self.recorded
    }

    fn add(&mut self, point: Point) {
        self.recorded = self.recorded.wrapping_add(1);
        if self.points.len() >= POINTS {
            self.points.pop_front();
        }
        self.points.push_back(point);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a chart has some hundred steps; single precision has millions"
)]
fn narrow(value: f64) -> f32 {
    value as f32
}

/// How many seconds passed between two samples without one of their own.
pub(super) fn missing_seconds(before: Option<f64>, now: Option<f64>) -> usize {
    let (Some(before), Some(now)) = (before, now) else {
        return 0;
    };
    let missing = (now - before).round() - 1.0;
    if missing < 1.0 {
        return 0;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the length of a history first"
    )]
    let missing = missing.min(POINTS as f64) as usize;
    missing
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;
    use weir_proto::v1::{HistoryPoint, HistoryResponse};

    use super::*;

    fn past(times: impl Iterator<Item = i64>) -> Past {
        let points = times.map(|seconds| HistoryPoint {
            sample_time: Some(Timestamp { seconds, nanos: 0 }),
            span_seconds: 1.0,
            backlog: seconds.unsigned_abs(),
            ..HistoryPoint::default()
        });
        Past::new(&HistoryResponse {
            points: points.collect(),
            truncated: false,
        })
    }

    fn backlogs(history: &History) -> Vec<Option<f64>> {
        history.last(Series::Backlog, POINTS).collect()
    }

    #[test]
    fn what_was_before_a_row_came_stands_in_front_of_what_was_seen_of_it() {
        let mut history = History::default();
        for _ in 0..2 {
            history.add(Point {
                backlog: 7.0,
                ..Point::UNKNOWN
            });
        }
        // The samples are of seconds 102 and 103; there is no point of 100.
        history.precede(&past([98, 99, 101, 102, 103].into_iter()), 103.0);
        let expected = [
            Some(98.0),
            Some(99.0),
            None,
            Some(101.0),
            Some(7.0),
            Some(7.0),
        ];
        assert_eq!(backlogs(&history), expected);
    }

    #[test]
    fn memory_of_a_trend_is_bounded() {
        let mut history = History::default();
        history.precede(&past(0..5_000), 5_000.0);
        assert_eq!(backlogs(&history).len(), POINTS);
        assert_eq!(backlogs(&history)[POINTS - 1], Some(4_999.0));
        history.precede(&past(std::iter::once(-1_000_000)), 5_000.0);
        assert_eq!(backlogs(&history).len(), POINTS);
    }
}
