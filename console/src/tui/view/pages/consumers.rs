//! The consumers of a subscription, and who left.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;
use weir_proto::v1::EventKind;

use super::happened::events;
use super::parts::{boxed, cell, now, say_lines, say_middle, seen};
use crate::tui::look::{Look, Meaning};
use crate::tui::state::State;
use crate::tui::state::consumer::Consumer;
use crate::tui::state::row_id::RowId;
use crate::tui::state::subscription::Subscription;
use crate::tui::state::timeline::Event;
use crate::tui::view::clock;
use crate::tui::view::figures;
use crate::tui::view::grid::{Cell, Field, grid};
use crate::tui::view::list::remark;
use crate::tui::view::pen::Pen;
use crate::tui::view::phrase::Phrase;

/// Who left within this many seconds is told.
const GONE_WITHIN: f64 = 15.0 * 60.0;
/// A consumer that acknowledged nothing for this long while it holds messages is silent, in seconds.
const SILENT_AFTER: f64 = 30.0;
/// A consumer this many times as slow as the others is worth a word.
const SLOW_FROM: f64 = 2.0;

/// The columns.
pub(super) const FIELDS: &[Field<Consumer>] = &[
    Field::<Consumer>::words("CONSUMER", (14, 40), |one, _| plain(one.name.clone())).by("name"),
    Field::<Consumer>::words("ADDRESS", (15, 24), |one, _| plain(one.peer.clone())).rank(8),
    Field::<Consumer>::words("VERSION", (10, 18), |one, _| {
        if one.version.is_empty() {
            unknown()
        } else {
            plain(one.version.clone())
        }
    })
    .rank(9),
    Field::<Consumer>::figures("SINCE", 7, |one, cell| {
        plain(clock::since(one.connected, cell.now))
    })
    .rank(7),
    Field::<Consumer>::figures("IN FLIGHT", 11, in_flight).by("leased"),
    Field::<Consumer>::figures("ACKED", 7, |one, _| plain(figures::rate(one.ack_rate)))
        .by("ack_rate"),
    Field::<Consumer>::figures("P50", 6, |one, _| {
        plain(figures::age(one.handling.as_ref().and_then(|all| all.p50)))
    })
    .rank(4),
    Field::<Consumer>::figures("P99", 6, |one, _| {
        plain(figures::age(one.handling.as_ref().and_then(|all| all.p99)))
    })
    .by("p99_seconds")
    .rank(2),
    Field::<Consumer>::figures("FAILED", 7, |one, _| {
        let meaning = if one.fail_rate.unwrap_or(0.0) > 0.0 {
            Meaning::Watch
        } else {
            Meaning::Plain
        };
        (figures::rate(one.fail_rate), meaning)
    })
    .rank(3),
    Field::<Consumer>::figures("REDELIV", 7, |one, _| {
        plain(figures::rate(one.redeliver_rate))
    })
    .rank(6),
    Field::<Consumer>::figures("LAST ACK", 8, |one, cell| {
        if one.last_ack.is_none() {
            (SafeText::literal("never"), Meaning::Dim)
        } else {
            plain(clock::since(one.last_ack, cell.now))
        }
    })
    .rank(1),
    Field::<Consumer>::words("STATE", (7, 12), |one, cell| {
        let (word, meaning) = state_of(one, cell.now);
        (SafeText::literal(word), meaning)
    }),
];

/// Draws the consumers that are seen.
pub(super) fn consumers(pen: &mut Pen<'_>, area: Rect, one: &Subscription, state: &State) {
    let gone: Vec<&Event> = gone(state).collect();
    let mut title = Phrase::new()
        .say("Consumers ", Meaning::Strong)
        .add(figures::count(one.consumers.len() as u64), Meaning::Plain);
    if !gone.is_empty() {
        title = title
            .say(", ", Meaning::Label)
            .add(figures::count(gone.len() as u64), Meaning::Watch)
            .say(" left in the last 15m", Meaning::Label);
    }
    let inner = boxed(pen, area, &title, &remark(state));
    if one.consumers.is_empty() {
        say_middle(pen, inner, &nobody(one));
    }
    let find = |id: &RowId| {
        let number = id.number()?;
        one.consumers.iter().find(|each| each.id == number)
    };
    let sign = |each: &Consumer| sign(each, now(state), pen.look);
    let rows = seen(state, inner.height, find, sign);
    let used = rows.len() + 1;
    if !one.consumers.is_empty() {
        let fields = (FIELDS, Some(state.listing()));
        let cell = cell(state, pen.look, 0);
        grid(pen, inner, fields, rows.into_iter(), cell);
    }
    // Who left stands at the bottom, as far as nobody who is there needs the room.
    let room = usize::from(inner.height)
        .saturating_sub(used)
        .min(gone.len());
    let said: Vec<Phrase> = gone[..room]
        .iter()
        .map(|event| farewell(event, state, pen.look))
        .collect();
    let top = inner.bottom() - u16::try_from(room).unwrap_or(0).min(inner.height);
    let foot = Rect {
        y: top,
        height: inner.bottom() - top,
        ..inner
    };
    say_lines(pen, foot, &said);
}

fn sign(one: &Consumer, now: Option<f64>, look: Look) -> (&'static str, Meaning) {
    match state_of(one, now).1 {
        Meaning::Act => (look.pick("✖", "x"), Meaning::Act),
        Meaning::Watch => (look.pick("▲", "!"), Meaning::Watch),
        Meaning::Dim => (look.pick("○", "-"), Meaning::Dim),
        _ => (look.pick("●", "o"), Meaning::Fine),
    }
}

/// What a consumer does, in a word; `now` is the broker's time.
pub(super) fn state_of(one: &Consumer, now: Option<f64>) -> (&'static str, Meaning) {
    let works = one.ack_rate.unwrap_or(0.0) > 0.0;
    let since = now.zip(one.last_ack.or(one.connected));
    let is_silent = since.is_some_and(|(now, then)| now - then >= SILENT_AFTER);
    match one {
        _ if !works && one.fail_rate.unwrap_or(0.0) > 0.0 => ("failing", Meaning::Act),
        _ if one.leased > 0 && !works && is_silent => ("silent", Meaning::Act),
        _ if one.slowness.is_some_and(|slowness| slowness >= SLOW_FROM) => ("slow", Meaning::Watch),
        _ if one.is_full() => ("busy", Meaning::Strong),
        _ if one.leased > 0 || works => ("working", Meaning::Plain),
        _ => ("idle", Meaning::Dim),
    }
}

fn in_flight(one: &Consumer, _: &Cell) -> (SafeText, Meaning) {
    let mut text = figures::count(one.leased);
    text.push(&SafeText::literal("/"));
    if one.allowance > 0 {
        text.push(&figures::count(one.allowance));
    } else {
        text.push(&SafeText::literal("?"));
    }
    let meaning = if one.is_full() {
        Meaning::Strong
    } else {
        Meaning::Plain
    };
    (text, meaning)
}

/// Who left of late, the last one first.
fn gone(state: &State) -> impl Iterator<Item = &Event> {
    let now = now(state);
    events(state).rev().filter(move |event| {
        event.kind == EventKind::ConsumerLeft
            && now.is_none_or(|now| now - event.time < GONE_WITHIN)
    })
}

fn farewell(event: &Event, state: &State, look: Look) -> Phrase {
    Phrase::new()
        .say("  ", Meaning::Plain)
        .say(look.pick("✖", "x"), Meaning::Dim)
        .say(" gone ", Meaning::Label)
        .add(
            clock::time_of_day(Some(event.time), now(state)),
            Meaning::Plain,
        )
        .say("  ", Meaning::Plain)
        .add(event.actor.clone(), Meaning::Plain)
        .say(
            if event.actor.is_empty() { "" } else { "  " },
            Meaning::Plain,
        )
        .add(event.text.clone(), Meaning::Label)
}

fn nobody(one: &Subscription) -> Vec<Phrase> {
    let mut said = vec![Phrase::new().say("No consumer is connected", Meaning::Strong)];
    if one.backlog > 0 {
        said.push(
            Phrase::new()
                .add(figures::count(one.backlog), Meaning::Watch)
                .say(" messages wait for one", Meaning::Plain),
        );
    }
    said
}

fn plain(text: SafeText) -> (SafeText, Meaning) {
    (text, Meaning::Plain)
}

fn unknown() -> (SafeText, Meaning) {
    (figures::unknown(), Meaning::Dim)
}
