//! A line chart of some series over the last seconds, one dot a second, the newest at the right.
//!
//! ```text
//!  450 ┤ ⡠⠊⠒⠤⡀     two dots a cell across, four down; gaps are blank
//!      ┤⠊    ⠈⠢
//!    0 └──────────  from nothing to the highest value
//!      -60s    now
//! ```

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::figures;
use super::pen::{Pen, skip_left};
use crate::tui::look::{Meaning, Script};

/// Cells for the figures at the left.
const MARGIN: u16 = 7;
/// A chart below this size says nothing.
const LEAST: (u16, u16) = (MARGIN + 8, 4);

/// A line of the chart, the newest value last.
pub(crate) struct Curve {
    pub(crate) values: Vec<Option<f64>>,
    pub(crate) meaning: Meaning,
}

/// How many seconds a chart of a width shows.
pub(crate) fn seconds(area: Rect) -> usize {
    usize::from(area.width.saturating_sub(MARGIN)) * 2
}

/// Draws curves into a rectangle; later ones are drawn over earlier ones.
pub(crate) fn plot(pen: &mut Pen<'_>, area: Rect, curves: &[Curve]) {
    if area.width < LEAST.0 || area.height < LEAST.1 {
        return;
    }
    let field = Rect {
        x: area.x + MARGIN,
        y: area.y,
        width: area.width - MARGIN,
        height: area.height - 2,
    };
    let highest = curves
        .iter()
        .flat_map(|curve| curve.values.iter().flatten())
        .fold(0.0_f64, |a, b| a.max(*b));
    let scale = round_up(highest);
    axes(pen, area, field, scale);
    for curve in curves {
        match pen.look.script {
            Script::Unicode => braille(pen, field, curve, scale),
            Script::Blocks | Script::Ascii => stars(pen, field, curve, scale),
        }
    }
}

/// The figures and lines at the left and below.
fn axes(pen: &mut Pen<'_>, area: Rect, field: Rect, scale: f64) {
    let row = |y: u16| Rect {
        x: area.x,
        y,
        width: MARGIN - 1,
        height: 1,
    };
    let tick = pen.look.pick("┤", "|");
    for y in field.y..field.bottom() {
        let at = Rect {
            x: field.x - 1,
            y,
            width: 1,
            height: 1,
        };
        pen.say(at, tick, Meaning::Dim);
    }
    let narrow = |area: Rect| Rect {
        width: area.width - 1,
        ..area
    };
    pen.right(
        narrow(row(field.y)),
        &figures::bare_rate(Some(scale)),
        Meaning::Label,
    );
    pen.right(
        narrow(row(field.bottom() - 1)),
        &SafeText::literal("0"),
        Meaning::Label,
    );
    let floor = Rect {
        x: field.x - 1,
        y: field.bottom(),
        width: field.width + 1,
        height: 1,
    };
    pen.say(floor, pen.look.pick("└", "+"), Meaning::Dim);
    for x in 1..floor.width {
        let at = Rect {
            width: 1,
            ..skip_left(floor, x)
        };
        pen.say(at, pen.look.pick("─", "-"), Meaning::Dim);
    }
    let below = Rect {
        y: floor.y + 1,
        ..field
    };
    let since = SafeText::new(format!("-{}s", seconds(area)));
    pen.left(below, &since, Meaning::Label);
    pen.right(below, &SafeText::literal("now"), Meaning::Label);
}

/// Two dots a cell across and four down.
fn braille(pen: &mut Pen<'_>, field: Rect, curve: &Curve, scale: f64) {
    const DOTS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
    let (width, height) = (usize::from(field.width), usize::from(field.height));
    let mut cells = vec![0_u32; width * height];
    for (x, from, to) in strokes(&curve.values, width * 2, height * 4, scale) {
        for y in from..=to {
            cells[y / 4 * width + x / 2] |= DOTS[x % 2][y % 4];
        }
    }
    for (at, dots) in cells.iter().enumerate().filter(|(_, dots)| **dots != 0) {
        let letter = char::from_u32(0x2800 + dots).unwrap_or('·');
        put(pen, field, (at % width, at / width), letter, curve.meaning);
    }
}

/// One star a cell, two seconds each.
fn stars(pen: &mut Pen<'_>, field: Rect, curve: &Curve, scale: f64) {
    let (width, height) = (usize::from(field.width), usize::from(field.height));
    let letter = match curve.meaning {
        Meaning::Acked => 'o',
        _ => '*',
    };
    for (x, from, to) in strokes(&curve.values, width * 2, height, scale) {
        for y in from..=to {
            put(pen, field, (x / 2, y), letter, curve.meaning);
        }
    }
}

/// For each second the column of dots, from the top, that joins its value to the one before.
fn strokes(
    values: &[Option<f64>],
    across: usize,
    down: usize,
    scale: f64,
) -> impl Iterator<Item = (usize, usize, usize)> {
    let values = &values[values.len().saturating_sub(across)..];
    let first = across - values.len();
    let level = move |value: f64| {
        let top = (down - 1) as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the number of dots"
        )]
        let level = ((1.0 - value / scale) * top).round().clamp(0.0, top) as usize;
        level
    };
    let before = std::iter::once(None).chain(values.iter().copied());
    values
        .iter()
        .copied()
        .zip(before)
        .enumerate()
        .filter_map(move |(at, (value, before))| {
            let here = level(value?);
            let there = before.map_or(here, level);
            // Half of the way each, so that a step is one line and not two.
            let (from, to) = (here.min(there), here.max(there));
            let (from, to) = match here {
                _ if from == to => (from, to),
                here if here == from => (from, to - 1),
                _ => (from + 1, to),
            };
            Some((first + at, from, to))
        })
}

fn put(pen: &mut Pen<'_>, field: Rect, at: (usize, usize), letter: char, meaning: Meaning) {
    let offset = |cells: usize| u16::try_from(cells).unwrap_or(u16::MAX);
    let cell = Rect {
        x: field.x.saturating_add(offset(at.0)),
        y: field.y.saturating_add(offset(at.1)),
        width: 1,
        height: 1,
    };
    pen.left(
        cell,
        &SafeText::new(letter.encode_utf8(&mut [0; 4])),
        meaning,
    );
}

/// The next of 1, 2, 3, 4, 5, 6, 8, 10, 20 …, so that the scale does not change with each sample.
fn round_up(value: f64) -> f64 {
    let mut scale = 1.0;
    loop {
        for step in [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0] {
            if value <= scale * step || scale > 1e18 {
                return scale * step;
            }
        }
        scale *= 10.0;
    }
}
