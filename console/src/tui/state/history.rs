//! The last minutes of one subscription, collected from samples, for trends and charts.

use std::collections::VecDeque;

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
            self.add(Point {
                backlog: f32::NAN,
                inflow: f32::NAN,
                acked: f32::NAN,
            });
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
