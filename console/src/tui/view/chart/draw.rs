//! A chart in a rectangle: the field, its axes, its lines and marks.
//!
//! ```text
//!  450 ┤ ⡠⠊⠒⠤⡀     gaps are blank
//!      ┤⠊    ⠈⠢
//!    0 ┤
//!      └────▲─────  what happened
//!      -60s    now
//! ```

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::axis::{self, MARGIN, Mark};
use super::pool::{self, Quantity, Span};
use super::raster::{Letters, Raster, Trace};
use super::scale::{Scale, Unit};
use crate::tui::look::{Meaning, Script};
use crate::tui::state::past::Past;
use crate::tui::view::pen::{Pen, skip_left};

/// A field below this size says nothing.
const LEAST_WIDTH: u16 = 8;
const LEAST_HEIGHT: u16 = 2;
/// The times below the axis from this height on.
const TIMES_FROM: u16 = 5;
/// A limit is drawn as long as it is at most so many times as high as the rest; beyond that it would
/// press the lines to the floor, and is far away.
const LIMIT_REACH: f64 = 3.0;

/// A chart of some quantities over one span.
pub(crate) struct Chart<'a> {
    pub(crate) past: &'a Past,
    pub(crate) span: Span,
    pub(crate) lines: &'a [Line],
    pub(crate) unit: Unit,
    /// What its owner still accepts.
    pub(crate) limit: Option<f64>,
    pub(crate) marks: &'a [Mark],
    /// What the right end is: `now`, or else the last that is known.
    pub(crate) end: &'static str,
    /// The moment at which a line stands across it.
    pub(crate) cursor: Option<f64>,
}

/// A line of a chart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) of: Quantity,
    pub(crate) meaning: Meaning,
}

/// Draws a chart; later lines lie over earlier ones.
pub(crate) fn chart(pen: &mut Pen<'_>, area: Rect, chart: &Chart<'_>) {
    let below = if area.height >= TIMES_FROM { 2 } else { 1 };
    let field = Rect {
        height: area.height.saturating_sub(below),
        ..skip_left(area, MARGIN)
    };
    if field.width < LEAST_WIDTH || field.height < LEAST_HEIGHT {
        return;
    }
    let letters = letters(pen);
    let columns = usize::from(field.width) * letters.across();
    let values: Vec<Vec<Option<f64>>> = chart
        .lines
        .iter()
        .map(|line| pool::columns(chart.past, line.of, chart.span, columns))
        .collect();
    let scale = scale(chart, &values, field.height);
    axis::figures(pen, field, &scale);
    axis::floor(pen, field, chart.span, chart.marks);
    if below == 2 {
        let line = Rect {
            y: field.bottom() + 1,
            height: 1,
            ..field
        };
        axis::times(pen, line, chart.span, chart.end);
    }
    if let Some(column) = chart
        .cursor
        .and_then(|at| chart.span.place(at, usize::from(field.width)))
    {
        upright(
            pen,
            skip_left(field, u16::try_from(column).unwrap_or(u16::MAX)),
        );
    }
    let raster = rasterize(chart, values, (letters, scale.top, field));
    for ((x, y), run, meaning) in raster.runs() {
        let offset = |cells: usize| u16::try_from(cells).unwrap_or(u16::MAX);
        let line = Rect {
            y: field.y + offset(y),
            height: 1,
            ..skip_left(field, offset(x))
        };
        pen.left(line, &SafeText::new(run), meaning);
    }
}

/// A line from the top of a field to its axis, at its left; the lines of the chart lie over it.
fn upright(pen: &mut Pen<'_>, field: Rect) {
    for y in field.y..=field.bottom() {
        let cell = Rect {
            y,
            width: field.width.min(1),
            height: 1,
            ..field
        };
        pen.say(cell, pen.look.pick("│", "|"), Meaning::Key);
    }
}

fn letters(pen: &Pen<'_>) -> Letters {
    match pen.look.script {
        Script::Unicode => Letters::Braille,
        Script::Blocks => Letters::Blocks,
        Script::Ascii => Letters::Ascii,
    }
}

fn scale(chart: &Chart<'_>, values: &[Vec<Option<f64>>], rows: u16) -> Scale {
    let highest = values
        .iter()
        .flat_map(|values| values.iter().flatten())
        .fold(0.0_f64, |a, b| a.max(*b));
    let limit = chart.limit.filter(|limit| *limit <= highest * LIMIT_REACH);
    Scale::fit(
        highest.max(limit.unwrap_or(0.0)),
        chart.unit,
        usize::from(rows),
    )
}

fn rasterize(
    chart: &Chart<'_>,
    values: Vec<Vec<Option<f64>>>,
    (letters, top, field): (Letters, f64, Rect),
) -> Raster {
    let mut raster = Raster::new(letters, usize::from(field.width), usize::from(field.height));
    for (at, (line, values)) in chart.lines.iter().zip(values).enumerate() {
        let levels: Vec<Option<f64>> = values
            .into_iter()
            .map(|value| value.map(|value| value / top))
            .collect();
        raster.trace(&Trace {
            levels: &levels,
            meaning: line.meaning,
            letter: letter(at),
            is_filled: letters == Letters::Blocks && at == 0,
        });
    }
    if let Some(limit) = chart.limit.filter(|limit| *limit <= top) {
        let letter = if letters == Letters::Ascii {
            '-'
        } else {
            '╌'
        };
        raster.dash(limit / top, letter, Meaning::Slo);
    }
    raster
}

/// The letter of a line where there is no braille; legends name it.
pub(crate) fn letter(line: usize) -> char {
    ['*', 'o', '+', '#'][line % 4]
}
