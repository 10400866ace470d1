//! How long messages take: percentiles of each way they go, and how many took how long.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::super::parts::{boxed, say_middle, titled};
use crate::load::latency::Bin;
use crate::load::summary::Quantiles;
use crate::tui::look::{Look, Meaning};
use crate::tui::state::baseline::{Baseline, Source};
use crate::tui::state::load::{LoadState, Spread};
use crate::tui::view::bars::{Bar, bars};
use crate::tui::view::figures;
use crate::tui::view::pen::{Pen, lines, skip_left};
use crate::tui::view::phrase::Phrase;

/// Cells for the names of the ways.
const NAME_CELLS: u16 = 18;
/// Cells of a column of percentiles at least and at most.
const NARROWEST: u16 = 7;
const WIDEST: u16 = 14;
/// Cells for how many there are, behind the percentiles.
const COUNT_CELLS: u16 = 11;
/// Cells for what they are held against.
const AGAINST_CELLS: u16 = 14;
/// So many times what it was, and beyond, it is worse; so many, and below, better.
const WORSE: f64 = 1.1;
const BETTER: f64 = 0.9;

/// A percentile in the table.
struct Column {
    title: &'static str,
    of: fn(&Quantiles) -> Option<f64>,
    /// Which of them go first where there is no room; 0 stays.
    goes: u8,
}

const COLUMNS: [Column; 7] = [
    column("P50", |of| of.p50, 0),
    column("P90", |of| of.p90, 3),
    column("P95", |of| of.p95, 1),
    column("P99", |of| of.p99, 0),
    column("P99.9", |of| of.p999, 0),
    column("P99.99", |of| of.p9999, 2),
    column("MAX", |of| of.max, 0),
];

const fn column(title: &'static str, of: fn(&Quantiles) -> Option<f64>, goes: u8) -> Column {
    Column { title, of, goes }
}

/// A line of the table.
struct Row<'a> {
    name: &'static str,
    spread: &'a Spread,
    meaning: Meaning,
    /// What its 99th percentile is held against.
    against: Option<f64>,
}

/// How many lines more than usual the table has.
pub(in crate::tui::view) fn more_lines(state: &LoadState) -> u16 {
    if state.shows_uncorrected && state.about.plan.consumers > 0 {
        2
    } else {
        0
    }
}

/// Draws the percentiles.
pub(in crate::tui::view) fn latencies(pen: &mut Pen<'_>, area: Rect, state: &LoadState) {
    let remark = if state.shows_uncorrected {
        Phrase::new()
            .say("uncorrected: ", Meaning::Watch)
            .say("since sent, blind to what waited before", Meaning::Label)
    } else {
        Phrase::new().say("since each was due, without the warm-up", Meaning::Label)
    };
    let inner = boxed(pen, area, &titled("Latency"), &remark);
    let beside = if state.baseline.is_some() {
        AGAINST_CELLS
    } else {
        0
    };
    let room = inner
        .width
        .saturating_sub(NAME_CELLS + COUNT_CELLS + beside);
    let columns = chosen(room);
    let count = u16::try_from(columns.len()).unwrap_or(u16::MAX);
    let width = (room / count.max(1)).min(WIDEST);
    let mut below = lines(inner);
    if let Some(line) = below.next() {
        let titles = columns.iter().map(|column| SafeText::literal(column.title));
        let titles = titles.map(|title| (width, title, Meaning::Label));
        let mut cells: Vec<_> = titles.collect();
        cells.push((COUNT_CELLS, SafeText::literal("COUNT"), Meaning::Label));
        let against = state.baseline.as_ref().map(title_of);
        cells.extend(against.map(|title| (beside, title, Meaning::Label)));
        say_cells(pen, line, &cells);
    }
    for (line, row) in below.zip(rows_of(state, pen.look)) {
        let Row {
            name,
            spread,
            meaning,
            against,
        } = row;
        pen.say(line, name, meaning);
        let of = |column: &&Column| figures::latency((column.of)(&spread.quantiles));
        let values = columns.iter().map(|column| (width, of(column), meaning));
        let mut cells: Vec<_> = values.collect();
        cells.push((COUNT_CELLS, figures::count(spread.count), meaning));
        if state.baseline.is_some() {
            let (text, meaning) = ratio(spread.quantiles.p99, against, pen.look);
            cells.push((beside, text, meaning));
        }
        say_cells(pen, line, &cells);
    }
}

/// The ways that messages go, each with what is measured of it.
fn rows_of(state: &LoadState, look: Look) -> Vec<Row<'_>> {
    let sight = &state.shown().sight;
    let has_consumers = state.about.plan.consumers > 0;
    let row = |name, spread, meaning, against| Row {
        name,
        spread,
        meaning,
        against,
    };
    let base = state.baseline.as_ref();
    let [confirm, consume, ack] = [
        base.and_then(|base| base.confirm),
        base.and_then(|base| base.consume),
        base.and_then(|base| base.ack),
    ];
    let uncorrected = |spread| {
        let shown = state.shows_uncorrected;
        shown.then_some(row("  uncorrected", spread, Meaning::Dim, None))
    };
    let name = look.pick("publish → confirm", "publish -> confirm");
    let mut rows = vec![row(name, &sight.confirm, Meaning::Plain, confirm)];
    rows.extend(uncorrected(&sight.confirm_since_sent));
    if has_consumers {
        let name = look.pick("publish → consume", "publish -> consume");
        rows.push(row(name, &sight.consume, Meaning::Strong, consume));
        rows.extend(uncorrected(&sight.consume_since_sent));
    }
    let against = if has_consumers { consume } else { confirm };
    let lately = row("  of it, last 5s", &sight.lately, Meaning::Label, against);
    rows.push(lately);
    if has_consumers {
        let name = look.pick("consume → ack", "consume -> ack");
        rows.push(row(name, &sight.ack, Meaning::Plain, ack));
    }
    rows
}

/// The columns for which there is room.
fn chosen(room: u16) -> Vec<&'static Column> {
    let fitting = usize::from(room / NARROWEST);
    let last = COLUMNS.iter().map(|column| column.goes).max();
    let mut columns: Vec<&Column> = COLUMNS.iter().collect();
    for goes in 1..=last.unwrap_or(0) {
        if columns.len() > fitting {
            columns.retain(|column| column.goes != goes);
        }
    }
    columns
}

/// What latencies are held against, as a title.
fn title_of(baseline: &Baseline) -> SafeText {
    let mut title = SafeText::literal("P99 vs ");
    match &baseline.source {
        Source::File(name) => title.push(name),
        Source::Moment(at) => title.push(&figures::whole_seconds(*at)),
    }
    title.clamp(usize::from(AGAINST_CELLS) - 1)
}

/// A percentile against that of the baseline: `±0%`, `-4%`, `+12% ▲`, `x28 ▲`.
fn ratio(now: Option<f64>, before: Option<f64>, look: Look) -> (SafeText, Meaning) {
    let known = now.zip(before.filter(|before| *before > 0.0));
    let Some((now, before)) = known else {
        return (figures::unknown(), Meaning::Dim);
    };
    let times = now / before;
    let percent = (times - 1.0) * 100.0;
    let text = match times {
        10.0.. => format!("x{times:.0}"),
        2.0.. => format!("x{times:.1}"),
        _ if percent.abs() < 0.5 => look.pick("±0%", "0%").to_owned(),
        _ => format!("{percent:+.0}%"),
    };
    let (sign, meaning) = match times {
        WORSE.. => (look.pick(" ▲", " !"), Meaning::Watch),
        ..BETTER => ("", Meaning::Fine),
        _ => ("", Meaning::Plain),
    };
    (SafeText::new(format!("{text}{sign}")), meaning)
}

/// Draws texts of some width each, side by side.
fn say_cells(pen: &mut Pen<'_>, line: Rect, cells: &[(u16, SafeText, Meaning)]) {
    let mut room = skip_left(line, NAME_CELLS);
    for (width, text, meaning) in cells {
        let cell = Rect {
            width: (*width).min(room.width),
            ..room
        };
        pen.right(cell, text, *meaning);
        room = skip_left(room, *width);
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
    fn what_became_slower_or_faster_is_told_as_a_share_or_as_times() {
        let look = Look::default();
        let said = |now: f64, before: f64| {
            let (text, meaning) = ratio(Some(now), Some(before), look);
            (text.as_str().to_owned(), meaning)
        };
        for (now, before, text, meaning) in [
            (0.96, 1.0, "-4%", Meaning::Plain),
            (1.002, 1.0, "±0%", Meaning::Plain),
            (1.12, 1.0, "+12% ▲", Meaning::Watch),
            (2.5, 1.0, "x2.5 ▲", Meaning::Watch),
            (28.2, 1.0, "x28 ▲", Meaning::Watch),
            (0.004, 0.008, "-50%", Meaning::Fine),
        ] {
            assert_eq!(said(now, before), (text.to_owned(), meaning));
        }
        assert_eq!(ratio(None, Some(1.0), look).0.as_str(), "-");
        assert_eq!(ratio(Some(1.0), Some(0.0), look).0.as_str(), "-");
    }

    #[test]
    fn where_there_is_no_room_the_columns_between_go_first() {
        let titles = |room| {
            let columns = chosen(room);
            columns
                .iter()
                .map(|column| column.title)
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(titles(49), "P50 P90 P95 P99 P99.9 P99.99 MAX");
        assert_eq!(titles(48), "P50 P90 P99 P99.9 P99.99 MAX");
        assert_eq!(titles(35), "P50 P90 P99 P99.9 MAX");
        assert_eq!(titles(3), "P50 P99 P99.9 MAX");
    }

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
