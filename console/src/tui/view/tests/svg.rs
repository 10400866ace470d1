//! A frame as a picture: SVG with a text for each run of cells that look alike.
//!
//! The colours are those of a dark terminal. Each run says how wide it is, so that letters stay in their
//! cells whatever font there is.

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
    let base = top + CELL.1 - 4.5;
    writeln!(
        svg,
        "<text x=\"{left:.1}\" y=\"{base:.1}\" textLength=\"{width:.1}\" \
         lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\" fill=\"{ink}\"{weight}{opacity}>\
         {}</text>",
        escaped(run)
    )
    .unwrap();
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
