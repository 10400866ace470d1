//! What there is to say about one subscription, in lines: states, rates, attempts, books.

use weir_proto::safe_text::SafeText;
use weir_proto::v1::DropCause;

use super::columns::drain;
use super::figures;
use super::phrase::Phrase;
use crate::tui::look::{Look, Meaning};
use crate::tui::state::standing::Standing;
use crate::tui::state::subscription::{Rates, Subscription};

/// Cells of a column of the table of rates.
const RATE_CELLS: usize = 8;
/// Cells of the names of its lines.
const TITLE_CELLS: usize = 9;

/// The glyph, the name and what the verdict means.
pub(crate) fn verdict(one: &Subscription, look: Look) -> Phrase {
    let standing = Standing::of(one);
    let (glyph, meaning) = look.standing(&standing);
    Phrase::new()
        .say(glyph, meaning)
        .say(" ", Meaning::Plain)
        .add(standing.reason, Meaning::Plain)
}

/// `backlog 1,204 = ready 900 + leased 64 + waiting 240`.
pub(crate) fn states(one: &Subscription) -> Phrase {
    Phrase::new()
        .value("backlog", figures::count(one.backlog), Meaning::Strong)
        .say(" = ", Meaning::Label)
        .value("ready", figures::count(one.ready), Meaning::Plain)
        .say(" + ", Meaning::Label)
        .value("leased", figures::count(one.leased), Meaning::Plain)
        .say(" + ", Meaning::Label)
        .value("waiting", figures::count(one.waiting), Meaning::Plain)
}

/// What becomes of the backlog, and what is not due yet if there is any.
pub(crate) fn outlook(one: &Subscription) -> Phrase {
    let (left, meaning) = drain(one);
    let phrase = Phrase::new().value("drain", left, meaning);
    if one.scheduled == 0 {
        return phrase;
    }
    phrase.say(" · ", Meaning::Label).value(
        "scheduled",
        figures::count(one.scheduled),
        Meaning::Plain,
    )
}

/// `oldest 4.2s (ready 3.1s) · drain 12s · scheduled 0`.
pub(crate) fn ages(one: &Subscription, sampled: Option<f64>) -> Phrase {
    let (left, meaning) = drain(one);
    let mut phrase =
        Phrase::new().value("oldest", figures::age(one.lag_at(sampled)), Meaning::Strong);
    if one.oldest_ready.is_some() {
        phrase = phrase
            .say(" (", Meaning::Label)
            .value("ready", figures::age(one.oldest_ready), Meaning::Plain)
            .say(")", Meaning::Label);
    }
    phrase
        .say(" · ", Meaning::Label)
        .value("drain", left, meaning)
        .say(" · ", Meaning::Label)
        .value("scheduled", figures::count(one.scheduled), Meaning::Plain)
}

/// `dead 31 · max attempts 5 · ack deadline 10s`.
pub(crate) fn attempts(one: &Subscription) -> Phrase {
    let meaning = if one.dead > 0 {
        Meaning::Watch
    } else {
        Meaning::Plain
    };
    Phrase::new()
        .value("dead", figures::count(one.dead), meaning)
        .say(" · ", Meaning::Label)
        .value(
            "max attempts",
            figures::count(one.max_attempts.into()),
            Meaning::Plain,
        )
        .say(" · ", Meaning::Label)
        .value(
            "ack deadline",
            figures::age(one.ack_deadline),
            Meaning::Plain,
        )
}

/// The books: everything that came in is somewhere.
pub(crate) fn books(one: &Subscription, look: Look) -> Phrase {
    let error = match one.conservation_error {
        0 => Phrase::new().value("error", figures::count(0), Meaning::Plain),
        error => Phrase::new()
            .say(look.pick("✖", "x"), Meaning::Act)
            .say(" ", Meaning::Plain)
            .value("error", figures::count(error), Meaning::Act),
    };
    Phrase::new()
        .say("books ", Meaning::Label)
        .then(error)
        .say(" · ", Meaning::Label)
        .value("entered", figures::count(one.entered), Meaning::Plain)
        .say(" · ", Meaning::Label)
        .value("acked", figures::count(one.acked), Meaning::Plain)
        .say(" · ", Meaning::Label)
        .value(
            "dropped",
            figures::count(one.dropped_total()),
            Meaning::Plain,
        )
        .then(causes(&one.dropped))
}

/// The titles of the table of rates, and a line for each window.
pub(crate) fn rates(one: &Subscription) -> Vec<Phrase> {
    let titles = ["in", "out", "again", "acked", "failed", "died"];
    let mut head = Phrase::new().add(cell_left("rate/s"), Meaning::Label);
    for title in titles {
        head = head.add(cell_right(&SafeText::literal(title)), Meaning::Label);
    }
    let mut lines = vec![head];
    let windows = [one.fast, one.slow];
    for rates in windows.into_iter().flatten() {
        lines.push(window(&rates));
    }
    lines.truncate(if same_window(&windows) { 2 } else { 3 });
    lines
}

/// One line about the flow, for where there is no table.
pub(crate) fn flow(one: &Subscription) -> Phrase {
    let of = |pick: fn(&Rates) -> Option<f64>| figures::rate(one.fast.as_ref().and_then(pick));
    Phrase::new()
        .value("in", of(|r| r.publish), Meaning::Inflow)
        .say("  ", Meaning::Plain)
        .value("out", of(|r| r.deliver), Meaning::Plain)
        .say("  ", Meaning::Plain)
        .value("acked", of(|r| r.ack), Meaning::Acked)
        .say("  ", Meaning::Plain)
        .value("failed", of(|r| r.fail), Meaning::Plain)
        .say("  ", Meaning::Plain)
        .value("died", of(|r| r.dead), Meaning::Plain)
        .say("  ", Meaning::Plain)
        .value(
            "consumers",
            figures::count(one.consumers.len() as u64),
            Meaning::Plain,
        )
}

fn same_window(windows: &[Option<Rates>; 2]) -> bool {
    match windows {
        [Some(fast), Some(slow)] => (fast.window - slow.window).abs() < f64::EPSILON,
        _ => true,
    }
}

fn window(rates: &Rates) -> Phrase {
    let title = format!("last {:.0}s", rates.window);
    let mut line = Phrase::new().add(cell_left(&title), Meaning::Label);
    let troubled = |value: Option<f64>| match value {
        Some(value) if value > 0.0 => Meaning::Watch,
        _ => Meaning::Plain,
    };
    for (value, meaning) in [
        (rates.publish, Meaning::Inflow),
        (rates.deliver, Meaning::Plain),
        (rates.redeliver, Meaning::Plain),
        (rates.ack, Meaning::Acked),
        (rates.fail, troubled(rates.fail)),
        (rates.dead, troubled(rates.dead)),
    ] {
        line = line.add(cell_right(&figures::bare_rate(value)), meaning);
    }
    line
}

fn causes(dropped: &[(DropCause, u64)]) -> Phrase {
    let mut phrase = Phrase::new();
    for (at, (cause, count)) in dropped.iter().enumerate() {
        phrase = phrase
            .say(if at == 0 { " (" } else { ", " }, Meaning::Label)
            .value(cause_name(*cause), figures::count(*count), Meaning::Plain);
    }
    if dropped.is_empty() {
        phrase
    } else {
        phrase.say(")", Meaning::Label)
    }
}

fn cause_name(cause: DropCause) -> &'static str {
    match cause {
        DropCause::Unspecified => "other",
        DropCause::Expired => "expired",
        DropCause::Purged => "purged",
        DropCause::Discarded => "discarded",
        DropCause::Overflow => "overflow",
        DropCause::Filtered => "filtered",
        DropCause::Skipped => "skipped",
        DropCause::Moved => "moved",
    }
}

fn cell_left(text: &str) -> SafeText {
    SafeText::new(format!("{text:<TITLE_CELLS$}"))
}

fn cell_right(text: &SafeText) -> SafeText {
    SafeText::new(format!("{text:>RATE_CELLS$}"))
}
