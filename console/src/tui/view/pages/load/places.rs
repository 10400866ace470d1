//! Where the boxes of a load test are on a screen of a given size. A box without room has no height.
//!
//! ```text
//! header     a line, or three
//! line       what is run, what it is at, how far
//! rates      run               the chart only where it is wide
//! latencies
//! spread     chart     lag     on large screens; else lag is beside run, with its trend in a line
//! checks
//! footer
//! ```

use ratatui::layout::Rect;

use crate::tui::state::areas::split;

/// The charts are there from this size on.
const LARGE: (u16, u16) = (100, 32);
/// The spread of latencies, too, from this width on.
const SPREAD_FROM: u16 = 116;
/// Titles, four ways and two borders.
const LATENCIES: u16 = 7;
/// Integrity, what is the limit, objectives, an error, and two borders.
const CHECKS: u16 = 6;
/// The checks have more lines from this height on, for more errors.
const TALL: u16 = 50;
/// Cells of the facts of the run beside its chart.
const FACTS: u16 = 44;

/// The parts of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tui::view) struct Places {
    pub(in crate::tui::view) header: Rect,
    pub(in crate::tui::view) line: Rect,
    pub(in crate::tui::view) rates: Rect,
    pub(in crate::tui::view) run: Rect,
    pub(in crate::tui::view) latencies: Rect,
    pub(in crate::tui::view) spread: Rect,
    pub(in crate::tui::view) chart: Rect,
    pub(in crate::tui::view) lag: Rect,
    pub(in crate::tui::view) checks: Rect,
    pub(in crate::tui::view) footer: Rect,
}

/// Divides a screen, with so many lines of latencies more than usual.
pub(in crate::tui::view) fn places((width, height): (u16, u16), more: u16) -> Places {
    let header_height = match height {
        0..6 => 0,
        6..30 => 1,
        _ => 3,
    };
    let line_height = u16::from(height >= 2);
    let footer_height = u16::from(height >= 4);
    let row = |y: u16, height: u16| Rect::new(0, y, width, height);
    let top = header_height + line_height;
    let body = height.saturating_sub(top + footer_height);
    let wanted = LATENCIES + more;
    let latencies = if body >= LATENCIES {
        wanted.min(body)
    } else {
        0
    };
    let checks = match body {
        body if body < latencies + 2 * CHECKS => 0,
        _ if height >= TALL => CHECKS + 3,
        _ => CHECKS,
    };
    let rest = body - latencies - checks;
    let is_large = width >= LARGE.0 && height >= LARGE.1;
    let upper = if is_large { rest / 2 } else { rest };
    let above = row(top, upper);
    let below = row(top + upper + latencies, rest - upper);
    let (rates, run, lag, chart, spread) = if is_large {
        let (rates, run) = split(above, width - FACTS);
        let (charts, lag) = split(below, width - FACTS);
        let (spread, chart) = if width >= SPREAD_FROM {
            split(charts, charts.width * 2 / 5)
        } else {
            split(charts, 0)
        };
        (rates, run, lag, chart, spread)
    } else {
        let (run, lag) = split(above, width / 2);
        (Rect::default(), run, lag, Rect::default(), Rect::default())
    };
    Places {
        header: row(0, header_height),
        line: row(header_height, line_height),
        rates,
        run,
        latencies: row(top + upper, latencies),
        spread,
        chart,
        lag,
        checks: row(top + rest + latencies, checks),
        footer: row(height - footer_height, footer_height),
    }
}
