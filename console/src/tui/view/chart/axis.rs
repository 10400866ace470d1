//! The two axes of a chart: round figures at the left, times below, and events where they happened.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::pool::Span;
use super::scale::Scale;
use crate::tui::look::Meaning;
use crate::tui::view::pen::{Pen, skip_left};

/// Cells for the figures at the left, with the axis.
pub(crate) const MARGIN: u16 = 7;
/// Cells between two times at least.
const CELLS_A_TIME: f64 = 12.0;

const TIMES: [f64; 15] = [
    5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 10_800.0,
    14_400.0, 21_600.0,
];

/// An event on the axis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    /// Seconds since the epoch by the broker's clock.
    pub(crate) at: f64,
    pub(crate) glyph: &'static str,
    pub(crate) meaning: Meaning,
    /// Of two in one cell, the one with the higher rank is seen.
    pub(crate) rank: u8,
}

/// The figures at the left of a field.
pub(crate) fn figures(pen: &mut Pen<'_>, field: Rect, scale: &Scale) {
    let tick = pen.look.pick("┤", "|");
    for y in field.y..field.bottom() {
        pen.say(cell(field.x.saturating_sub(1), y), tick, Meaning::Dim);
    }
    let rows = field.height.saturating_sub(1);
    for (part, label) in scale.ticks() {
        let y = field.y + row(part, rows);
        let place = Rect {
            x: field.x.saturating_sub(MARGIN),
            y,
            width: MARGIN - 2,
            height: 1,
        };
        pen.right(place, &label, Meaning::Label);
    }
}

/// The line below a field with its events.
pub(crate) fn floor(pen: &mut Pen<'_>, field: Rect, span: Span, marks: &[Mark]) {
    let line = Rect {
        x: field.x.saturating_sub(1),
        y: field.bottom(),
        width: field.width + 1,
        height: 1,
    };
    pen.say(line, pen.look.pick("└", "+"), Meaning::Dim);
    let stroke = pen.look.pick("─", "-").repeat(usize::from(field.width));
    pen.left(skip_left(line, 1), &SafeText::new(stroke), Meaning::Dim);
    let mut sorted: Vec<&Mark> = marks.iter().collect();
    sorted.sort_by_key(|mark| mark.rank);
    for mark in sorted {
        let Some(column) = span.place(mark.at, usize::from(field.width)) else {
            continue;
        };
        let x = field.x + u16::try_from(column).unwrap_or(u16::MAX);
        pen.say(cell(x, field.bottom()), mark.glyph, mark.meaning);
    }
}

/// The times below the line: how long ago, and `end` at the right.
pub(crate) fn times(pen: &mut Pen<'_>, line: Rect, span: Span, end: &'static str) {
    let width = f64::from(line.width);
    let step = TIMES
        .into_iter()
        .find(|step| width * step / span.seconds.max(1.0) >= CELLS_A_TIME)
        .unwrap_or(span.seconds);
    let mut used = 0;
    let mut ago = (span.seconds / step).floor() * step;
    while ago > step * 0.5 {
        let label = SafeText::new(format!("-{}", in_words(ago)));
        let label_width = u16::try_from(label.width()).unwrap_or(u16::MAX);
        let center = row(1.0 - ago / span.seconds.max(1.0), line.width);
        let center = line.width - center.min(line.width);
        let x = center.saturating_sub(label_width / 2);
        let is_free = x >= used || used == 0;
        if is_free && x + label_width + 5 < line.width {
            pen.left(skip_left(line, x), &label, Meaning::Label);
            used = x + label_width + 1;
        }
        ago -= step;
    }
    pen.right(line, &SafeText::literal(end), Meaning::Label);
}

fn cell(x: u16, y: u16) -> Rect {
    Rect {
        x,
        y,
        width: 1,
        height: 1,
    }
}

/// The row from the top, of so many below the first, that a part of the height is on.
fn row(part: f64, rows: u16) -> u16 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the number of rows"
    )]
    let row = ((1.0 - part) * f64::from(rows))
        .round()
        .clamp(0.0, f64::from(rows)) as u16;
    row
}

fn in_words(seconds: f64) -> String {
    match seconds {
        ..60.0 => format!("{seconds:.0}s"),
        ..3_600.0 if seconds % 60.0 < 0.5 => format!("{:.0}m", seconds / 60.0),
        ..3_600.0 => format!("{:.0}m{:02.0}s", (seconds / 60.0).floor(), seconds % 60.0),
        _ if seconds % 3_600.0 < 30.0 => format!("{:.0}h", seconds / 3_600.0),
        _ => format!("{:.1}h", seconds / 3_600.0),
    }
}
