//! What a column of a chart stands for.
//!
//! A column is the peak of a gauge, so that none is lost, and the mean of a rate, so that the area stays
//! true; where nothing was measured it is a gap, and never a zero.

use crate::tui::state::past::{Past, Point};

/// A quantity that has a past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    Backlog,
    /// The age in seconds of the oldest message of the backlog.
    Age,
    /// Messages that a topic stores.
    Stored,
    Published,
    Acked,
}

/// How points are put together where a column of a chart is wider than one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pooling {
    Highest,
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

impl Quantity {
    fn pooling(self) -> Pooling {
        match self {
            Self::Backlog | Self::Age | Self::Stored => Pooling::Highest,
            Self::Published | Self::Acked => Pooling::Mean,
        }
    }

    /// A gauge as it is, a count per second.
    pub(crate) fn of(self, point: &Point) -> f64 {
        match self {
            Self::Backlog => point.backlog as f64,
            // No backlog has no age, and that is a zero and no gap: it was measured.
            Self::Age => point.lag.unwrap_or(0.0),
            Self::Stored => point.stored as f64,
            Self::Published => point.rate(point.published),
            Self::Acked => point.rate(point.acked),
        }
    }
}

impl Span {
    /// Where the span begins when it is cut into columns, and how long a column is.
    ///
    /// Columns begin at fixed times, so that a chart moves to the left as a whole and its peaks do
    /// not flicker while it does.
    fn grid(self, columns: usize) -> (f64, f64) {
        let width = self.seconds / columns.max(1) as f64;
        let end = (self.until / width).ceil() * width;
        (end - width * columns as f64, width)
    }

    /// The column that a moment falls into, if it is within the span.
    pub(crate) fn place(self, at: f64, columns: usize) -> Option<usize> {
        let (start, width) = self.grid(columns);
        let place = (at - start) / width;
        (columns > 0 && place >= 0.0 && place < columns as f64).then(|| column(place, columns))
    }
}

/// A quantity over a span in a number of equal columns, the newest last.
pub(crate) fn columns(past: &Past, of: Quantity, span: Span, columns: usize) -> Vec<Option<f64>> {
    let mut sums = vec![Sum::default(); columns];
    let (start, width) = span.grid(columns);
    if columns == 0 || width <= 0.0 || !start.is_finite() {
        return vec![None; columns];
    }
    let end = start + width * columns as f64;
    for point in past.points() {
        if point.time <= start || point.time - point.span >= end {
            continue;
        }
        let from = (point.time - point.span - start) / width;
        let to = (point.time - start) / width;
        let first = column(from, columns);
        let last = column(to - 1e-6, columns);
        let within = sums.iter_mut().enumerate().take(last + 1).skip(first);
        for (at, sum) in within {
            let overlap = (to.min(at as f64 + 1.0) - from.max(at as f64)).max(0.0);
            sum.add(of.of(point), overlap);
        }
    }
    sums.iter().map(|sum| sum.value(of.pooling())).collect()
}

/// What fell into one column.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    highest: Option<f64>,
    weighted: f64,
    weight: f64,
}

impl Sum {
    fn add(&mut self, value: f64, weight: f64) {
        if weight <= 0.0 || !value.is_finite() {
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

/// The column that a place falls into, within the chart.
fn column(place: f64, columns: usize) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the number of columns"
    )]
    let column = place.clamp(0.0, columns.saturating_sub(1) as f64) as usize;
    column
}
