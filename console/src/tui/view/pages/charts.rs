//! Charts of a page: some quantities over the same span, one below the other, with what happened.

use std::time::{Duration, UNIX_EPOCH};

use ratatui::layout::Rect;
use weir_proto::v1::{HistoryPoint, HistoryResponse};

use super::happened::{event_glyph, events};
use super::parts::{boxed, loaded, now};
use crate::tui::look::{Look, Meaning, Script};
use crate::tui::state::State;
use crate::tui::state::history::{POINTS, Series as Ring};
use crate::tui::state::page::Range;
use crate::tui::state::past::Past;
use crate::tui::state::picture::Row;
use crate::tui::view::chart::{Chart, Line, Mark, Quantity, Span, Unit, chart};
use crate::tui::view::clock;
use crate::tui::view::figures;
use crate::tui::view::pen::Pen;
use crate::tui::view::phrase::Phrase;

/// A chart needs so many lines with its box.
const LEAST: u16 = 6;
/// A history that ends this much before the numbers is only slow to come, in seconds.
const SLOW: f64 = 5.0;
/// The axis of a past that is still young, in seconds: a chart is full from the first minute on.
const YOUNG: [f64; 4] = [60.0, 120.0, 300.0, 600.0];
/// Cells of what happened last in the title of a chart.
const NEWS_CELLS: usize = 34;
/// Narrower charts have no room for it.
const NEWS_FROM: u16 = 70;

/// What a page can show over time.
pub(super) struct Series {
    pub(super) title: &'static str,
    pub(super) lines: &'static [Line],
    /// The names of the lines, if there are several.
    pub(super) names: &'static [&'static str],
    pub(super) unit: Unit,
    pub(super) limit: Option<f64>,
    /// Whether it is of the selected subscription, as far as this console saw it, and not of what the
    /// page is about.
    pub(super) is_of_selected: bool,
}

const FLOW_LINES: [Line; 2] = [
    Line {
        of: Quantity::Published,
        meaning: Meaning::Inflow,
    },
    Line {
        of: Quantity::Acked,
        meaning: Meaning::Acked,
    },
];

/// Messages in and acknowledged per second.
pub(super) const FLOW: Series = Series {
    title: "Messages/s",
    lines: &FLOW_LINES,
    names: &["in", "acked"],
    unit: Unit::Rate,
    limit: None,
    is_of_selected: false,
};

/// Messages in per second, of a topic.
pub(super) const INFLOW: Series = Series {
    title: "In, messages/s",
    lines: &[FLOW_LINES[0]],
    names: &[],
    unit: Unit::Rate,
    limit: None,
    is_of_selected: false,
};

/// Messages waiting.
pub(super) const BACKLOG: Series = Series {
    title: "Backlog",
    lines: &[Line {
        of: Quantity::Backlog,
        meaning: Meaning::Backlog,
    }],
    names: &[],
    unit: Unit::Count,
    limit: None,
    is_of_selected: false,
};

/// The age of the oldest of them.
pub(super) const AGE: Series = Series {
    title: "Oldest unacked",
    lines: &[Line {
        of: Quantity::Age,
        meaning: Meaning::Age,
    }],
    names: &[],
    unit: Unit::Seconds,
    limit: None,
    is_of_selected: false,
};

/// Messages that a topic stores.
pub(super) const STORED: Series = Series {
    title: "Stored",
    lines: &[Line {
        of: Quantity::Stored,
        meaning: Meaning::Backlog,
    }],
    names: &[],
    unit: Unit::Count,
    limit: None,
    is_of_selected: false,
};

/// Messages waiting in the selected subscription.
pub(super) const SELECTED_BACKLOG: Series = Series {
    title: "Backlog of ",
    is_of_selected: true,
    ..BACKLOG
};

/// Draws as many series as there is room for, from the one on that the operator chose.
pub(super) fn charts(pen: &mut Pen<'_>, area: Rect, state: &State, series: &[Series]) {
    let count = usize::from(area.height / LEAST).clamp(1, series.len().max(1));
    let each = area.height / u16::try_from(count).unwrap_or(1);
    let mut top = area.y;
    for at in 0..count {
        let is_last = at + 1 == count;
        let height = if is_last { area.bottom() - top } else { each };
        let place = Rect {
            y: top,
            height,
            ..area
        };
        top += height;
        if let Some(one) = series.get((state.page().chart.series + at) % series.len().max(1)) {
            boxed_chart(pen, place, state, (one, at == 0 && count < series.len()));
        }
    }
}

fn boxed_chart(
    pen: &mut Pen<'_>,
    area: Rect,
    state: &State,
    (series, has_others): (&Series, bool),
) {
    let range = state.page().chart.range;
    let title = if area.width >= NEWS_FROM {
        title(series, state, pen.look)
    } else {
        Phrase::new().say(series.title, Meaning::Strong)
    };
    let mut remark = legend(series, pen.look);
    if has_others {
        remark = remark.say("t", Meaning::Key).say(" next  ", Meaning::Label);
    }
    remark = remark
        .say("[ ]", Meaning::Key)
        .say(" ", Meaning::Plain)
        .say(range_word(range), Meaning::Plain);
    let title = match state.selected() {
        Some(row) if series.is_of_selected => Phrase::new()
            .say(series.title, Meaning::Strong)
            .add(row.now.name.clone(), Meaning::Strong),
        _ => title,
    };
    let title = match series.limit {
        Some(limit) => title
            .say("  SLO ", Meaning::Slo)
            .add(figures::age(Some(limit)), Meaning::Plain),
        None => title,
    };
    let inner = boxed(pen, area, &title, &remark);
    let recent = if series.is_of_selected {
        state
            .selected()
            .zip(now(state))
            .map(|(row, now)| recent(row, now))
    } else {
        None
    };
    let fetched = &state.page().data.past;
    let Some(past) = recent
        .as_ref()
        .or_else(|| loaded(pen, inner, fetched, state))
    else {
        return;
    };
    let Some(span) = span(past, state) else {
        return;
    };
    let marks = marks(state, pen.look);
    let end = if state.freshness().is_live() && state.frozen.is_none() {
        "now"
    } else {
        "last known"
    };
    let chart_of = Chart {
        past,
        span,
        lines: series.lines,
        unit: series.unit,
        limit: series.limit,
        marks: &marks,
        end,
    };
    chart(pen, inner, &chart_of);
}

/// The backlog of a subscription in the minutes that this console has watched it.
fn recent(row: &Row, now: f64) -> Past {
    let values: Vec<Option<f64>> = row.history.last(Ring::Backlog, POINTS).collect();
    let count = values.len();
    let point = |(at, value): (usize, Option<f64>)| {
        let ago = Duration::from_secs((count - 1 - at) as u64);
        let then = Duration::try_from_secs_f64(now).ok()?.checked_sub(ago)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it was a count before the ring took it"
        )]
        let backlog = value? as u64;
        Some(HistoryPoint {
            sample_time: Some((UNIX_EPOCH + then).into()),
            span_seconds: 1.0,
            backlog,
            ..HistoryPoint::default()
        })
    };
    Past::new(&HistoryResponse {
        points: values.into_iter().enumerate().filter_map(point).collect(),
        truncated: false,
    })
}

fn span(past: &Past, state: &State) -> Option<Span> {
    let newest = past.last().map(|point| point.time);
    let until = match (newest, now(state)) {
        (Some(newest), Some(now)) if now - newest > SLOW => now,
        (newest, now) => newest.or(now)?,
    };
    let range = f64::from(state.page().chart.range.seconds());
    let known = past
        .points()
        .next()
        .map_or(0.0, |oldest| until - oldest.time);
    Some(Span {
        until,
        seconds: YOUNG
            .into_iter()
            .find(|span| known <= *span)
            .map_or(range, |span| span.min(range)),
    })
}

/// What happened within reach of the page's charts.
fn marks(state: &State, look: Look) -> Vec<Mark> {
    events(state)
        .map(|event| {
            let (glyph, meaning) = event_glyph(event, look);
            let rank = match meaning {
                Meaning::Act => 4,
                Meaning::Watch => 3,
                Meaning::Dim => 0,
                _ => 2,
            };
            Mark {
                at: event.time,
                glyph,
                meaning,
                rank,
            }
        })
        .collect()
}

/// `Backlog  ▲ 14:00:38 three consumers left`.
fn title(series: &Series, state: &State, look: Look) -> Phrase {
    let title = Phrase::new().say(series.title, Meaning::Strong);
    let reach = f64::from(state.page().chart.range.seconds());
    let news = events(state).rev().find(|event| {
        let is_near = now(state).is_none_or(|now| now - event.time < reach);
        let (_, meaning) = event_glyph(event, look);
        is_near && matches!(meaning, Meaning::Act | Meaning::Watch)
    });
    let Some(news) = news else {
        return title;
    };
    let (glyph, meaning) = event_glyph(news, look);
    title
        .say("  ", Meaning::Plain)
        .say(glyph, meaning)
        .say(" ", Meaning::Plain)
        .add(
            clock::time_of_day(Some(news.time), now(state)),
            Meaning::Plain,
        )
        .say(" ", Meaning::Plain)
        .add(news.text.clamp(NEWS_CELLS), Meaning::Plain)
}

fn legend(series: &Series, look: Look) -> Phrase {
    let mut phrase = Phrase::new();
    for (at, (name, line)) in series.names.iter().zip(series.lines).enumerate() {
        if look.script == Script::Ascii {
            phrase = phrase.say(["* ", "o "][at % 2], line.meaning);
        }
        phrase = phrase.say(name, line.meaning).say("  ", Meaning::Plain);
    }
    phrase
}

fn range_word(range: Range) -> &'static str {
    match range {
        Range::FiveMinutes => "5m",
        Range::FifteenMinutes => "15m",
        Range::Day => "24h",
    }
}
