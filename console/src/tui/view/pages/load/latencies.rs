//! How long messages take: percentiles of each way they go, and how many took how long.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::super::parts::{boxed, say_middle, titled};
use crate::load::latency::Bin;
use crate::tui::look::Meaning;
use crate::tui::state::load::{LoadState, Spread};
use crate::tui::view::bars::{Bar, bars};
use crate::tui::view::figures;
use crate::tui::view::pen::{Pen, lines, skip_left};
use crate::tui::view::phrase::Phrase;

/// Cells for the names of the ways.
const NAME_CELLS: u16 = 18;
/// Cells of a column at most.
const WIDEST: u16 = 14;
/// Cells for how many there are, behind the quantiles.
const COUNT_CELLS: u16 = 11;
/// Columns of quantiles.
const QUANTILES: u16 = 5;

/// Draws the percentiles.
pub(in crate::tui::view) fn latencies(pen: &mut Pen<'_>, area: Rect, state: &LoadState) {
    let remark = Phrase::new().say("since each was due, without the warm-up", Meaning::Label);
    let inner = boxed(pen, area, &titled("Latency"), &remark);
    let sight = &state.shown().sight;
    let has_consumers = state.about.plan.consumers > 0;
    let look = pen.look;
    let confirm = look.pick("publish → confirm", "publish -> confirm");
    let mut rows = vec![(confirm, &sight.confirm, Meaning::Plain)];
    if has_consumers {
        let consume = look.pick("publish → consume", "publish -> consume");
        rows.push((consume, &sight.consume, Meaning::Strong));
    }
    rows.push(("  of it, last 5s", &sight.lately, Meaning::Label));
    if has_consumers {
        let ack = look.pick("consume → ack", "consume -> ack");
        rows.push((ack, &sight.ack, Meaning::Plain));
    }
    let mut below = lines(inner);
    if let Some(line) = below.next() {
        let titles = ["P50", "P90", "P99", "P99.9", "MAX", "COUNT"].map(SafeText::literal);
        columns(pen, line, &titles, Meaning::Label);
    }
    for (line, (name, spread, meaning)) in below.zip(rows) {
        pen.say(line, name, meaning);
        columns(pen, line, &cells(spread), meaning);
    }
}

fn cells(spread: &Spread) -> [SafeText; 6] {
    let of = spread.quantiles;
    let [p50, p90, p99, p999, max] =
        [of.p50, of.p90, of.p99, of.p999, of.max].map(figures::latency);
    [p50, p90, p99, p999, max, figures::count(spread.count)]
}

fn columns(pen: &mut Pen<'_>, line: Rect, texts: &[SafeText], meaning: Meaning) {
    let room = skip_left(line, NAME_CELLS);
    let width = (room.width.saturating_sub(COUNT_CELLS) / QUANTILES).min(WIDEST);
    for (at, text) in (0_u16..).zip(texts) {
        let cell = skip_left(room, width.saturating_mul(at));
        let wanted = if at < QUANTILES { width } else { COUNT_CELLS };
        let cell = Rect {
            width: wanted.min(cell.width),
            ..cell
        };
        pen.right(cell, text, meaning);
    }
}

/// Draws how many took how long, of the longest way that there is.
pub(in crate::tui::view) fn spread(pen: &mut Pen<'_>, area: Rect, state: &LoadState) {
    let title = if state.about.plan.consumers > 0 {
        "Publish to consume"
    } else {
        "Publish to confirm"
    };
    let inner = boxed(pen, area, &titled(title), &Phrase::new());
    if inner.is_empty() {
        return;
    }
    let all = shares(&state.shown().sight.bins, usize::from(inner.height));
    if all.is_empty() {
        let said = Phrase::new().say("not measured yet", Meaning::Dim);
        return say_middle(pen, inner, &[said]);
    }
    bars(pen, inner, &all, Meaning::Acked);
}

/// Bars of bins, in at most so many lines: neighbours are put together, and none that holds something is left out.
fn shares(bins: &[Bin], rows: usize) -> Vec<Bar> {
    let is_full = |bin: &Bin| bin.count > 0;
    let Some(first) = bins.iter().position(is_full) else {
        return Vec::new();
    };
    let last = bins.iter().rposition(is_full).unwrap_or(first);
    let bins = &bins[first..=last];
    let total: u64 = bins.iter().map(|bin| bin.count).sum();
    let each = bins.len().div_ceil(rows.max(1));
    let bar = |some: &[Bin]| {
        let count: u64 = some.iter().map(|bin| bin.count).sum();
        let share = count as f64 / total.max(1) as f64;
        let up_to = some.last().map(|bin| bin.up_to_seconds);
        let mut label = SafeText::literal("<");
        label.push(&figures::latency(up_to));
        Bar {
            label,
            value: share,
            text: percent(share),
        }
    };
    bins.chunks(each).map(bar).collect()
}

/// A share in three or four cells; what is not nothing is not said to be.
fn percent(share: f64) -> SafeText {
    match share * 100.0 {
        share if share > 0.0 && share < 0.5 => SafeText::literal("<1%"),
        share => SafeText::new(format!("{share:.0}%")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_become_as_many_bars_as_there_is_room_and_lose_nothing() {
        let bin = |(at, count): (i32, u64)| Bin {
            up_to_seconds: 0.000_125 * 2_f64.powi(at),
            count,
        };
        let bins: Vec<Bin> = [0, 5, 900, 0, 90, 1, 0]
            .into_iter()
            .zip(0..)
            .map(|(count, at)| bin((at, count)))
            .collect();
        for rows in 1..10 {
            let all = shares(&bins, rows);
            assert!(all.len() <= rows);
            let sum: f64 = all.iter().map(|bar| bar.value).sum();
            assert!((sum - 1.0).abs() < 1e-9);
        }
        let all = shares(&bins, 9);
        let said: Vec<String> = all
            .iter()
            .map(|bar| format!("{} {}", bar.label, bar.text))
            .collect();
        assert_eq!(
            said,
            [
                "<0.25ms 1%",
                "<0.50ms 90%",
                "<1.0ms 0%",
                "<2.0ms 9%",
                "<4.0ms <1%"
            ]
        );
        assert!(shares(&bins[..1], 4).is_empty());
    }
}
