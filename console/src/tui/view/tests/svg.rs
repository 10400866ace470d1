//! A frame as a picture: SVG with a text for each run of cells that look alike.
//!
//! The colours are those of a dark terminal. Each run says how wide it is, so that letters stay in their
//! cells whatever font there is; lines, blocks and dots of braille are drawn and need none.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr as _;

const CELL: (f64, f64) = (8.4, 18.0);
const PADDING: f64 = 12.0;
const PAPER: &str = "#15181c";
const INK: &str = "#d5d9de";
const FONTS: &str = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace";

/// A frame as a whole document.
pub(super) fn svg(buffer: &Buffer) -> String {
    let area = buffer.area;
    let width = f64::from(area.width) * CELL.0 + 2.0 * PADDING;
    let height = f64::from(area.height) * CELL.1 + 2.0 * PADDING;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         font-family=\"{FONTS}\" font-size=\"14\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{PAPER}\"/>\n"
    );
    for y in 0..area.height {
        for (x, run, cell) in runs(buffer, y) {
            text(&mut svg, (x, y), &run, cell);
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// The runs of a line that look alike, without blanks that nobody sees.
fn runs(buffer: &Buffer, y: u16) -> Vec<(u16, String, &Cell)> {
    let mut runs: Vec<(u16, String, &Cell)> = Vec::new();
    let mut covered = 0;
    for x in 0..buffer.area.width {
        if x < covered {
            continue;
        }
        let cell = &buffer[(x, y)];
        covered = x + u16::try_from(cell.symbol().width().max(1)).unwrap();
        match runs.last_mut() {
            Some((_, run, of)) if of.style() == cell.style() => run.push_str(cell.symbol()),
            _ => runs.push((x, cell.symbol().to_owned(), cell)),
        }
    }
    runs.retain(|(_, run, cell)| {
        !run.trim().is_empty() || cell.modifier.contains(Modifier::REVERSED)
    });
    runs
}

fn text(svg: &mut String, (x, y): (u16, u16), run: &str, cell: &Cell) {
    let left = f64::from(x) * CELL.0 + PADDING;
    let top = f64::from(y) * CELL.1 + PADDING;
    let cells = u32::try_from(run.width()).unwrap();
    let width = f64::from(cells) * CELL.0;
    let mut ink = hex(cell.fg);
    if cell.modifier.contains(Modifier::REVERSED) {
        let height = CELL.1;
        writeln!(
            svg,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height}\" \
             fill=\"{ink}\"/>"
        )
        .unwrap();
        ink = PAPER;
    }
    let weight = if cell.modifier.contains(Modifier::BOLD) {
        " font-weight=\"bold\""
    } else {
        ""
    };
    let opacity = if cell.modifier.contains(Modifier::DIM) {
        " opacity=\"0.6\""
    } else {
        ""
    };
    let shapes: String = run
        .chars()
        .zip(0_u32..)
        .map(|(letter, at)| shape(letter, (left + f64::from(at) * CELL.0, top)))
        .collect();
    if !shapes.is_empty() {
        writeln!(svg, "<path fill=\"{ink}\"{opacity} d=\"{shapes}\"/>").unwrap();
    }
    let run: String = run
        .chars()
        .map(|letter| if is_shape(letter) { ' ' } else { letter })
        .collect();
    if run.trim().is_empty() {
        return;
    }
    let base = top + CELL.1 - 4.5;
    writeln!(
        svg,
        "<text x=\"{left:.1}\" y=\"{base:.1}\" textLength=\"{width:.1}\" \
         lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\" fill=\"{ink}\"{weight}{opacity}>\
         {}</text>",
        escaped(&run)
    )
    .unwrap();
}

/// Whether a letter is drawn and not written.
fn is_shape(letter: char) -> bool {
    !shape(letter, (0.0, 0.0)).is_empty()
}

/// A letter that is drawn, as parts of a path; empty for all others.
fn shape(letter: char, at: (f64, f64)) -> String {
    let code = u32::from(letter);
    match code {
        0x2800..=0x28ff => (0..8)
            .filter(|bit| (code - 0x2800) >> bit & 1 == 1)
            .map(|bit| dot(bit, at))
            .collect(),
        0x2581..=0x2588 => {
            let height = f64::from(code - 0x2580) / 8.0;
            part(at, (0.0, 1.0 - height), (1.0, height))
        }
        0x2589..=0x258f => part(at, (0.0, 0.0), (f64::from(0x2590 - code) / 8.0, 1.0)),
        _ => strokes(letter)
            .iter()
            .map(|stroke| match stroke {
                'l' => part(at, (0.0, 0.47), (0.56, 0.06)),
                'r' => part(at, (0.44, 0.47), (0.56, 0.06)),
                'u' => part(at, (0.44, 0.0), (0.12, 0.53)),
                _ => part(at, (0.44, 0.47), (0.12, 0.53)),
            })
            .collect(),
    }
}

/// To which sides of its cell a line goes: left, right, up, down.
fn strokes(letter: char) -> &'static [char] {
    match letter {
        '─' => &['l', 'r'],
        '│' => &['u', 'd'],
        '┌' => &['r', 'd'],
        '┐' => &['l', 'd'],
        '└' => &['r', 'u'],
        '┘' => &['l', 'u'],
        '┤' => &['l', 'u', 'd'],
        _ => &[],
    }
}

/// One of the eight dots of braille.
fn dot(bit: u32, at: (f64, f64)) -> String {
    let (column, row) = match bit {
        0..=2 => (0, bit),
        3..=5 => (1, bit - 3),
        6 => (0, 3),
        _ => (1, 3),
    };
    let place = (f64::from(column) * 0.5 + 0.12, f64::from(row) * 0.25 + 0.07);
    part(at, place, (0.26, 0.12))
}

/// A part of a cell, from a place on and of a size, both as parts of the cell.
fn part(at: (f64, f64), place: (f64, f64), size: (f64, f64)) -> String {
    let (x, y) = (at.0 + place.0 * CELL.0, at.1 + place.1 * CELL.1);
    let (width, height) = (size.0 * CELL.0, size.1 * CELL.1);
    format!("M{x:.1} {y:.1}h{width:.1}v{height:.1}h-{width:.1}z")
}

fn hex(color: Color) -> &'static str {
    match color {
        Color::Red | Color::LightRed => "#ff6b68",
        Color::Green | Color::LightGreen => "#7ec97e",
        Color::Yellow | Color::LightYellow => "#e5c04b",
        Color::Blue | Color::LightBlue => "#6ea8fe",
        Color::Magenta | Color::LightMagenta => "#d38aea",
        Color::Cyan | Color::LightCyan => "#56c7d6",
        _ => INK,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
