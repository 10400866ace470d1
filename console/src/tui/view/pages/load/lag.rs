//! How the run's subscription lags, as the broker says: depth, oldest message, when it is drained.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::super::now::facts_of;
use super::super::parts::{below, boxed, fact, say_behind, say_lines, say_middle, titled};
use crate::tui::look::{Look, Meaning};
use crate::tui::state::load::{LoadState, Series};
use crate::tui::state::past::Past;
use crate::tui::state::standing::Standing;
use crate::tui::view::chart::{Chart, Line, Quantity, Span, Unit, chart};
use crate::tui::view::list::loading;
use crate::tui::view::pen::Pen;
use crate::tui::view::phrase::Phrase;
use crate::tui::view::spark::steps;

/// Seconds that the chart shows at most.
const RANGE: f64 = 900.0;
/// Seconds of a trend in one line, a cell each.
const TREND: usize = 20;
/// Facts before the trend: depth, oldest message, drain.
const FIRST: usize = 3;

/// Draws the facts; with a trend in a line where there is no chart.
pub(in crate::tui::view) fn lag(pen: &mut Pen<'_>, area: Rect, state: &LoadState, has_trend: bool) {
    let remark = Phrase::new().say("by the broker", Meaning::Label);
    let inner = boxed(pen, area, &titled("Lag"), &remark);
    if inner.is_empty() {
        return;
    }
    let lag = &state.shown().lag;
    let Some(one) = &lag.now else {
        return say_middle(pen, inner, &[nothing(state, pen.look)]);
    };
    let standing = Standing::of(one);
    let (sign, meaning) = pen.look.standing(&standing);
    let most = if inner.height >= 8 { 2 } else { 1 };
    // Half a reason says less than a word.
    let room = usize::from(inner.width.saturating_sub(2)) * most;
    let reason = if standing.reason.width() > room {
        SafeText::literal(standing.word)
    } else {
        standing.reason
    };
    let used = say_behind(pen, inner, (sign, meaning), &reason, most);
    let mut facts = facts_of(one, state.base.shown().sampled, pen.look);
    if has_trend {
        facts.insert(
            FIRST,
            fact("trend", trend(&lag.past, state.series, pen.look)),
        );
    }
    say_lines(pen, below(inner, used), &facts);
}

/// Why nothing is here.
fn nothing(state: &LoadState, look: Look) -> Phrase {
    if state.about.subscription.is_some() {
        loading(look)
    } else {
        Phrase::new().say("no consumers: nothing waits for any", Meaning::Dim)
    }
}

fn quantity(series: Series) -> Quantity {
    match series {
        Series::Depth => Quantity::Backlog,
        Series::Age => Quantity::Age,
    }
}

fn trend(past: &Past, series: Series, look: Look) -> Phrase {
    let of = quantity(series);
    let skip = past.points().len().saturating_sub(TREND);
    let values: Vec<Option<f64>> = past
        .points()
        .skip(skip)
        .map(|point| Some(of.of(point)))
        .collect();
    let drawn = steps(values.iter().copied(), look);
    Phrase::new().add(drawn, meaning_of(series))
}

fn meaning_of(series: Series) -> Meaning {
    match series {
        Series::Depth => Meaning::Backlog,
        Series::Age => Meaning::Age,
    }
}

/// Draws the depth or the age over time.
pub(in crate::tui::view) fn lag_chart(pen: &mut Pen<'_>, area: Rect, state: &LoadState) {
    let (title, unit) = match state.series {
        Series::Depth => ("Depth", Unit::Count),
        Series::Age => ("Oldest message", Unit::Seconds),
    };
    let remark = Phrase::new()
        .say("t", Meaning::Key)
        .say(" next", Meaning::Label);
    let inner = boxed(pen, area, &titled(title), &remark);
    if inner.is_empty() {
        return;
    }
    let past = &state.shown().lag.past;
    let now = state.base.shown().sampled;
    let Some((until, seconds)) = past.last().and(past.reach(now, RANGE)) else {
        return say_middle(pen, inner, &[nothing(state, pen.look)]);
    };
    let lines = [Line {
        of: quantity(state.series),
        meaning: meaning_of(state.series),
    }];
    let is_now = state.base.freshness().is_live() && state.frozen.is_none();
    let chart_of = Chart {
        past,
        span: Span { until, seconds },
        lines: &lines,
        unit,
        limit: None,
        marks: &[],
        end: if is_now { "now" } else { "last known" },
        cursor: None,
    };
    chart(pen, inner, &chart_of);
}
