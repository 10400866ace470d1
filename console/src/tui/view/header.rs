//! The top of the screen: who answers and how fresh it is, what flows, what the process takes.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;
use weir_proto::v1::BrokerHealth;

use super::figures;
use super::pen::{Pen, lines, skip_left};
use super::phrase::Phrase;
use crate::tui::look::{Look, Meaning};
use crate::tui::state::State;
use crate::tui::state::badge::Badge;
use crate::tui::state::broker::Broker;
use crate::tui::state::link::Freshness;
use crate::tui::state::picture::Picture;

/// The delay of the connection is told from this width on.
const DELAY_FROM: u16 = 100;
/// Between two figures.
const GAP: &str = "  ";

/// Draws as many of its lines as there is room for.
pub(crate) fn header(pen: &mut Pen<'_>, area: Rect, state: &State) {
    header_saying(pen, area, state, writing(state));
}

/// The same, with another word at the right than whether keys may change the broker.
pub(crate) fn header_saying(pen: &mut Pen<'_>, area: Rect, state: &State, word: Phrase) {
    let picture = state.shown();
    let mut rows = lines(area);
    if let Some(row) = rows.next() {
        identity(pen, row, state, word);
    }
    let Some(broker) = &picture.broker else {
        return;
    };
    if let Some(row) = rows.next() {
        let long = totals(broker, pen.look, "books error");
        let needed: usize = long[..6]
            .iter()
            .map(|phrase| phrase.width() + GAP.len())
            .sum();
        if needed <= usize::from(row.width) {
            row_of(pen, row, long);
        } else {
            row_of(pen, row, totals(broker, pen.look, "error"));
        }
    }
    if let Some(row) = rows.next() {
        if is_serving(broker.health) {
            row_of(pen, row, process(broker));
        } else {
            let trouble = Phrase::new()
                .say(" ", Meaning::Plain)
                .then(health(broker.health, pen.look))
                .say(": ", Meaning::Plain)
                .add(broker.health_detail.clone(), Meaning::Act);
            pen.phrase(row, &trouble);
        }
    }
}

/// Program, address and health at the left; connection and lock at the right, which go last when width
/// is short: they say whether to believe the rest, and what keys may do.
fn identity(pen: &mut Pen<'_>, row: Rect, state: &State, word: Phrase) {
    let right = word
        .say("  ", Meaning::Plain)
        .then(connection(state, pen.look));
    let room = usize::from(row.width).saturating_sub(right.width() + 3);
    let was_stale = std::mem::replace(&mut pen.is_stale, false);
    let picture = state.shown();
    let mut left = vec![Phrase::new().say("weir", Meaning::Strong)];
    if let Some(badge) = &state.badge {
        left[0] = std::mem::take(&mut left[0]).then(self::badge(badge, pen.look));
    }
    if let Some(broker) = &picture.broker {
        left[0] = std::mem::take(&mut left[0])
            .say(" ", Meaning::Plain)
            .add(broker.version.clone(), Meaning::Plain);
        left.push(health(broker.health, pen.look));
    }
    left.push(Phrase::new().add(state.server.clone(), Meaning::Plain));
    left.extend(remarks(picture, pen.look));
    pen.phrase(skip_left(row, 1), &Phrase::fitting(left, "  ", room));
    if let Some(badge) = state.badge.as_ref().filter(|badge| badge.is_loud()) {
        // Behind the program's name and the edge of the badge.
        let width = u16::try_from(badge.word().len()).unwrap_or(u16::MAX);
        let at = skip_left(row, 6);
        pen.select(Rect {
            width: width.min(at.width),
            ..at
        });
    }
    let row = Rect {
        width: row.width.saturating_sub(1),
        ..row
    };
    pen.phrase_right(row, &right);
    pen.is_stale = was_stale;
}

/// `▐PROD▌ prod-eu`, or a plain word.
fn badge(badge: &Badge, look: Look) -> Phrase {
    let meaning = if badge.is_production() {
        Meaning::Act
    } else {
        Meaning::Watch
    };
    let phrase = if badge.is_loud() {
        Phrase::new()
            .say(look.pick("▐", "["), meaning)
            .say(badge.word(), meaning)
            .say(look.pick("▌", "]"), meaning)
    } else {
        Phrase::new()
            .say(" ", Meaning::Plain)
            .say(badge.word(), Meaning::Watch)
    };
    match badge {
        Badge::Demo => phrase,
        Badge::Context { name, .. } => phrase
            .say(" ", Meaning::Plain)
            .add(name.clone(), Meaning::Strong),
    }
}

/// `RO`, or `RW 14m59s` while keys may change the broker.
fn writing(state: &State) -> Phrase {
    match state.lock.left(state.now) {
        None => Phrase::new().say("RO", Meaning::Dim),
        Some(left) => Phrase::new()
            .say("RW ", Meaning::Act)
            .add(figures::whole_seconds(left), Meaning::Act),
    }
}

/// `● live`, `◌ stale 12s · retry in 3s`, and whether the screen is frozen.
fn connection(state: &State, look: Look) -> Phrase {
    let phrase = match state.freshness() {
        Freshness::Connecting => Phrase::new()
            .say(look.pick("◌", "~"), Meaning::Dim)
            .say(" connecting", Meaning::Plain),
        Freshness::NoBroker { retry_in, .. } => Phrase::new()
            .say(look.pick("✖", "x"), Meaning::Act)
            .say(" no broker", Meaning::Act)
            .then(retry(retry_in)),
        Freshness::Live => Phrase::new()
            .say(look.pick("●", "o"), Meaning::Fine)
            .say(" live", Meaning::Plain)
            .then(round_trip(state)),
        Freshness::Stale { age, retry_in } => {
            let phrase = Phrase::new()
                .say(look.pick("◌", "~"), Meaning::Watch)
                .say(" stale ", Meaning::Watch)
                .add(figures::whole_seconds(age), Meaning::Watch);
            retry_in.map_or_else(
                || phrase.clone(),
                |retry_in| phrase.clone().then(retry(retry_in)),
            )
        }
    };
    match &state.frozen {
        Some(frozen) => Phrase::new()
            .say(look.pick("‖", "="), Meaning::Watch)
            .say(" frozen ", Meaning::Watch)
            .add(
                figures::whole_seconds(state.now.saturating_sub(frozen.since)),
                Meaning::Watch,
            )
            .say("  ", Meaning::Plain)
            .then(phrase),
        None => phrase,
    }
}

/// `· rtt 12ms`, where there is room for it.
fn round_trip(state: &State) -> Phrase {
    let Some(delay) = state.delay.shown().filter(|_| state.size.0 >= DELAY_FROM) else {
        return Phrase::new();
    };
    let phrase = Phrase::new().say(" · rtt ", Meaning::Label);
    if delay.is_zero() {
        phrase.say("<5ms", Meaning::Plain)
    } else {
        phrase.add(figures::age(Some(delay.as_secs_f64())), Meaning::Plain)
    }
}

fn retry(wait: std::time::Duration) -> Phrase {
    let text = if wait.is_zero() {
        SafeText::literal("retrying")
    } else {
        let mut text = SafeText::literal("retry in ");
        // Rounded up: a wait of half a second is not over.
        text.push(&figures::whole_seconds(
            wait + std::time::Duration::from_millis(999),
        ));
        text
    };
    Phrase::new()
        .say(" · ", Meaning::Plain)
        .add(text, Meaning::Plain)
}

/// What is rare and worth a word.
fn remarks(picture: &Picture, look: Look) -> Vec<Phrase> {
    let mut remarks = Vec::new();
    if picture.dropped_updates > 0 {
        remarks.push(
            Phrase::new()
                .say(look.pick("▲", "!"), Meaning::Watch)
                .say(" ", Meaning::Plain)
                .value(
                    "samples missed",
                    figures::count(picture.dropped_updates),
                    Meaning::Watch,
                ),
        );
    }
    let uptime = picture
        .broker
        .as_ref()
        .and_then(|broker| Some((picture.sampled? - broker.started?).max(0.0)));
    if uptime.is_some() {
        remarks.push(Phrase::new().value("up", figures::age(uptime), Meaning::Plain));
    }
    remarks
}

fn health(health: BrokerHealth, look: Look) -> Phrase {
    let (glyph, word, meaning) = match health {
        BrokerHealth::Serving => (look.pick("●", "o"), "serving", Meaning::Fine),
        BrokerHealth::Draining => (look.pick("▲", "!"), "shutting down", Meaning::Watch),
        BrokerHealth::DiskFull => (look.pick("✖", "x"), "disk full", Meaning::Act),
        BrokerHealth::Poisoned => (look.pick("✖", "x"), "poisoned", Meaning::Act),
        BrokerHealth::Unspecified => ("?", "health not known", Meaning::Dim),
    };
    Phrase::new()
        .say(glyph, meaning)
        .say(" ", Meaning::Plain)
        .say(word, meaning)
}

fn is_serving(health: BrokerHealth) -> bool {
    matches!(health, BrokerHealth::Serving | BrokerHealth::Unspecified)
}

/// What flows through all subscriptions.
///
/// `books_label` is long or short: the error of the books is never the part that does not fit.
fn totals(broker: &Broker, look: Look, books_label: &'static str) -> Vec<Phrase> {
    let books = match broker.conservation_error {
        0 => Phrase::new().value(books_label, figures::count(0), Meaning::Plain),
        error => Phrase::new()
            .say(look.pick("✖", "x"), Meaning::Act)
            .say(" ", Meaning::Plain)
            .value(books_label, figures::count(error), Meaning::Act),
    };
    let dead = if broker.dead > 0 {
        Meaning::Watch
    } else {
        Meaning::Plain
    };
    vec![
        Phrase::new().value("in", figures::rate(broker.publish_rate), Meaning::Inflow),
        Phrase::new().value("out", figures::rate(broker.deliver_rate), Meaning::Plain),
        Phrase::new().value("acked", figures::rate(broker.ack_rate), Meaning::Acked),
        Phrase::new().value("backlog", figures::count(broker.backlog), Meaning::Strong),
        Phrase::new().value("dead", figures::count(broker.dead), dead),
        books,
        Phrase::new().value(
            "consumers",
            figures::count(broker.consumer_count.into()),
            Meaning::Plain,
        ),
    ]
}

/// What the process and its disk are at.
fn process(broker: &Broker) -> Vec<Phrase> {
    let mut cpu = Phrase::new().value("cpu", figures::cores(broker.cpu_cores), Meaning::Plain);
    if let Some(cores) = broker.host_cores {
        cpu = cpu
            .say(" of ", Meaning::Label)
            .add(figures::count(cores.into()), Meaning::Plain)
            .say(" cores", Meaning::Label);
    }
    let mut disk = Phrase::new().value(
        "disk free",
        figures::bytes(broker.disk_free_bytes),
        Meaning::Plain,
    );
    if broker.disk_total_bytes.is_some() {
        disk = disk
            .say(" of ", Meaning::Label)
            .add(figures::bytes(broker.disk_total_bytes), Meaning::Plain);
    }
    vec![
        cpu,
        memory(broker),
        disk,
        Phrase::new().value(
            "journal",
            figures::bytes(Some(broker.journal_bytes)),
            Meaning::Plain,
        ),
        Phrase::new().value("sync", figures::age(broker.sync_seconds), Meaning::Plain),
        Phrase::new().value(
            "topics",
            figures::count(broker.topic_count.into()),
            Meaning::Plain,
        ),
    ]
}

/// `memory 42 MiB of 16 GiB`.
fn memory(broker: &Broker) -> Phrase {
    let used = figures::bytes(broker.rss_bytes);
    let phrase = Phrase::new().value("memory", used, Meaning::Plain);
    if broker.host_memory_bytes.is_none() {
        return phrase;
    }
    phrase
        .say(" of ", Meaning::Label)
        .add(figures::bytes(broker.host_memory_bytes), Meaning::Plain)
}

fn row_of(pen: &mut Pen<'_>, row: Rect, phrases: Vec<Phrase>) {
    let row = skip_left(row, 1);
    let line = Phrase::fitting(phrases, GAP, usize::from(row.width));
    pen.phrase(row, &line);
}
