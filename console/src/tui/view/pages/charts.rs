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
use crate::tui::state::timeline::Event;
use crate::tui::view::chart::{Chart, Line, Mark, Quantity, Span, Unit, chart};
use crate::tui::view::clock;
use crate::tui::view::figures;
use crate::tui::view::pen::Pen;
use crate::tui::view::phrase::Phrase;

/// A chart needs so many lines with its box.
const LEAST: u16 = 6;
/// Cells of what happened last in the title of a chart.
const NEWS_CELLS: usize = 34;
/// The cursor is at an event from so many times its reach on.
const NEAR: f64 = 120.0;
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
    let recent = recent_of(series, state);
    let fetched = &state.page().data.past;
    let reader = reader_of(series, state);
    let title = heading(series, state, (area.width, pen.look));
    let remark = match (
        state.cursor(),
        reader.or(recent.as_ref()).or(fetched.value()),
    ) {
        (Some(at), Some(past)) => reading(series, past, at, state),
        _ => remark(series, has_others, state, pen.look),
    };
    let inner = boxed(pen, area, &title, &remark);
    let Some(past) = reader
        .or(recent.as_ref())
        .or_else(|| loaded(pen, inner, fetched, state))
    else {
        return;
    };
    // All charts of a page have one axis.
    let Some(span) = span(fetched.value().unwrap_or(past), state) else {
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
        cursor: state.cursor(),
    };
    chart(pen, inner, &chart_of);
}

/// What a chart shows, of what, what happened there, and what its owner accepts.
fn heading(series: &Series, state: &State, (width, look): (u16, Look)) -> Phrase {
    let title = match state.selected() {
        Some(row) if series.is_of_selected => Phrase::new()
            .say(series.title, Meaning::Strong)
            .add(row.now.name.clone(), Meaning::Strong),
        _ if width >= NEWS_FROM => title(series, state, look),
        _ => Phrase::new().say(series.title, Meaning::Strong),
    };
    match series.limit {
        Some(limit) => title
            .say("  SLO ", Meaning::Slo)
            .add(figures::age(Some(limit)), Meaning::Plain),
        None => title,
    }
}

/// The names of the lines, and the keys that change the chart.
fn remark(series: &Series, has_others: bool, state: &State, look: Look) -> Phrase {
    let mut remark = legend(series, look);
    if has_others {
        remark = remark.say("t", Meaning::Key).say(" next  ", Meaning::Label);
    }
    remark
        .say("[ ]", Meaning::Key)
        .say(" ", Meaning::Plain)
        .say(range_word(state.page().chart.range), Meaning::Plain)
}

/// The past of the selected subscription as the broker remembers it, for a chart of that.
fn reader_of<'a>(series: &Series, state: &'a State) -> Option<&'a Past> {
    let selected = state.selected().filter(|_| series.is_of_selected)?;
    let (name, past) = state.page().data.reader.value()?;
    (*name == selected.now.name).then_some(past)
}

/// The same as this console saw it, until the broker has told.
fn recent_of(series: &Series, state: &State) -> Option<Past> {
    let selected = state.selected().filter(|_| series.is_of_selected);
    selected.zip(now(state)).map(|(row, now)| recent(row, now))
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
            sample_time: Some(UNIX_EPOCH.checked_add(then)?.into()),
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
    let range = f64::from(state.page().chart.range.seconds());
    let (until, seconds) = past.reach(now(state), range)?;
    Some(Span { until, seconds })
}

/// What lines say at a moment: `14:00:38  in 412/s  acked 160/s`.
fn reading(series: &Series, past: &Past, at: f64, state: &State) -> Phrase {
    let phrase = Phrase::new().add(clock::time_of_day(Some(at), now(state)), Meaning::Key);
    let Some(point) = past.at(at) else {
        return phrase.say("  not known", Meaning::Dim);
    };
    let mut phrase = phrase;
    for (place, line) in series.lines.iter().enumerate() {
        phrase = phrase.say("  ", Meaning::Plain);
        if let Some(name) = series.names.get(place) {
            phrase = phrase.say(name, line.meaning).say(" ", Meaning::Plain);
        }
        let value = Some(line.of.of(point));
        let said = match series.unit {
            Unit::Count => figures::bare_rate(value),
            Unit::Rate => figures::rate(value),
            Unit::Seconds => figures::age(value),
        };
        phrase = phrase.add(said, Meaning::Strong);
    }
    phrase
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
    if let Some(at) = state.cursor() {
        return title.then(happened_at(at, reach, state, look));
    }
    let news = events(state).rev().find(|event| {
        let is_near = now(state).is_none_or(|now| now - event.time < reach);
        let (_, meaning) = event_glyph(event, look);
        is_near && matches!(meaning, Meaning::Act | Meaning::Watch)
    });
    let Some(news) = news else {
        return title;
    };
    title.then(told(news, state, look))
}

/// What happened nearest to a moment, if that is about where a mark of it stands.
fn happened_at(at: f64, reach: f64, state: &State, look: Look) -> Phrase {
    let away = |event: &Event| (event.time - at).abs();
    let near = events(state).filter(|event| away(event) <= reach / NEAR);
    let nearest = near.min_by(|one, other| away(one).total_cmp(&away(other)));
    nearest.map_or_else(Phrase::new, |event| told(event, state, look))
}

/// An event: its sign, when, and what.
fn told(news: &Event, state: &State, look: Look) -> Phrase {
    let (glyph, meaning) = event_glyph(news, look);
    Phrase::new()
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
