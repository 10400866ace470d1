//! A subscription at this moment, in facts: the ones that matter most first, as many as there is room
//! for, and how long its messages are handled where there is more.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::parts::{below, boxed, fact, now, say_lines, titled};
use crate::tui::look::{Look, Meaning};
use crate::tui::state::State;
use crate::tui::state::consumer::Consumer;
use crate::tui::state::latency::Latency;
use crate::tui::state::subscription::{Drain, Rates, Subscription};
use crate::tui::view::bars::{bars, spread};
use crate::tui::view::columns::drain;
use crate::tui::view::facts;
use crate::tui::view::figures;
use crate::tui::view::pen::Pen;
use crate::tui::view::phrase::Phrase;

/// A spread of handling times is drawn in so many lines at least, with its title.
const SPREAD_LEAST: u16 = 5;

/// Draws it.
pub(super) fn now_panel(pen: &mut Pen<'_>, area: Rect, one: &Subscription, state: &State) {
    let remark = one.fast.map_or_else(Phrase::new, |rates| {
        Phrase::new().add(
            SafeText::new(format!("last {:.0}s", rates.window)),
            Meaning::Label,
        )
    });
    let inner = boxed(pen, area, &titled("Now"), &remark);
    let said = facts_of(one, now(state), pen.look);
    say_lines(pen, inner, &said);
    let rest = below(inner, said.len() + 1);
    if let Some(handling) = &one.handling
        && rest.height >= SPREAD_LEAST
    {
        let title = Phrase::new().say("Hand-out to ack, share of messages", Meaning::Label);
        pen.phrase(rest, &title);
        let rest = below(rest, 1);
        bars(
            pen,
            rest,
            &spread(handling, usize::from(rest.height)),
            Meaning::Acked,
        );
    }
}

/// The facts, those that matter most first.
pub(super) fn facts_of(one: &Subscription, now: Option<f64>, look: Look) -> Vec<Phrase> {
    let rate = |pick: fn(&Rates) -> Option<f64>| one.fast.as_ref().and_then(pick);
    let plain = |text| Phrase::new().add(text, Meaning::Plain);
    let mut said = vec![
        fact("backlog", backlog(one)),
        fact("oldest", oldest(one, now)),
        fact("drain", drain_range(one)),
        fact(
            "in",
            Phrase::new().add(figures::rate(rate(|r| r.publish)), Meaning::Inflow),
        ),
        fact("acked", acked(one)),
        fact("in flight", in_flight(one)),
        fact("failing", failing(one)),
        fact("dead", dead(one)),
        fact("handling", percentiles(one.handling.as_ref())),
        fact("waited", percentiles(one.queueing.as_ref())),
        fact(
            "waiting",
            plain(figures::count(one.waiting)).say(" in backoff", Meaning::Label),
        ),
        fact("scheduled", plain(figures::count(one.scheduled))),
        fact(
            "limits",
            plain(figures::count(one.max_attempts.into()))
                .say(" attempts, ", Meaning::Label)
                .add(figures::age(one.ack_deadline), Meaning::Plain)
                .say(" each", Meaning::Label),
        ),
    ];
    if !one.filter.is_empty() {
        said.push(fact("filter", plain(one.filter.clone())));
    }
    said.push(facts::books(one, look));
    said
}

fn backlog(one: &Subscription) -> Phrase {
    let phrase = Phrase::new().add(figures::count(one.backlog), Meaning::Strong);
    match one.net() {
        Some(net) if net.abs() >= 0.005 => phrase
            .say("  ", Meaning::Plain)
            .add(figures::net(Some(net)), net_meaning(net))
            .say("/s", net_meaning(net)),
        _ => phrase,
    }
}

fn net_meaning(net: f64) -> Meaning {
    if net > 0.0 {
        Meaning::Backlog
    } else {
        Meaning::Progress
    }
}

fn oldest(one: &Subscription, now: Option<f64>) -> Phrase {
    let age = one.lag_at(now);
    let is_late = age.zip(one.slo_age).is_some_and(|(age, slo)| age > slo);
    let meaning = if is_late { Meaning::Act } else { Meaning::Age };
    let phrase = Phrase::new().add(figures::age(age), meaning);
    if one.slo_age.is_some() {
        return phrase
            .say(" of SLO ", Meaning::Label)
            .add(figures::age(one.slo_age), Meaning::Plain);
    }
    match one.oldest_ready {
        Some(ready) => phrase
            .say("  ready ", Meaning::Label)
            .add(figures::age(Some(ready)), Meaning::Plain),
        None => phrase,
    }
}

/// `3m27s (2m50s to 4m10s)`, or the word that takes its place.
fn drain_range(one: &Subscription) -> Phrase {
    let (text, meaning) = drain(one);
    let phrase = Phrase::new().add(text, meaning);
    match (one.drain, one.drain_range) {
        (Drain::Draining(_), Some((low, high))) => phrase
            .say("  ", Meaning::Plain)
            .add(figures::age(Some(low)), Meaning::Label)
            .say(" to ", Meaning::Label)
            .add(figures::age(Some(high)), Meaning::Label),
        (Drain::Never, _) => phrase.say(" at this rate", Meaning::Label),
        (Drain::Empty, _) => Phrase::new().say("no backlog", Meaning::Dim),
        _ => phrase,
    }
}

fn acked(one: &Subscription) -> Phrase {
    let rates = one.fast.as_ref();
    let rate = rates.and_then(|rates| rates.ack);
    Phrase::new().add(figures::rate(rate), Meaning::Acked)
}

/// `60 of 60 FULL · 4 consumers`.
fn in_flight(one: &Subscription) -> Phrase {
    let allowance = one
        .consumers
        .iter()
        .fold(0_u64, |sum, each| sum.saturating_add(each.allowance));
    let is_full = !one.consumers.is_empty() && one.consumers.iter().all(Consumer::is_full);
    let mut phrase = Phrase::new().add(figures::count(one.leased), Meaning::Plain);
    if allowance > 0 {
        phrase = phrase
            .say(" of ", Meaning::Label)
            .add(figures::count(allowance), Meaning::Plain);
    }
    if is_full {
        phrase = phrase.say(" FULL", Meaning::Strong);
    }
    phrase
}

/// `12/s, 8% of deliveries come again`.
fn failing(one: &Subscription) -> Phrase {
    let rates = one.fast.as_ref();
    let fail = rates.and_then(|rates| rates.fail);
    let meaning = if fail.unwrap_or(0.0) > 0.0 {
        Meaning::Watch
    } else {
        Meaning::Plain
    };
    let phrase = Phrase::new().add(figures::rate(fail), meaning);
    let again = rates.and_then(|rates| Some(rates.redeliver? / rates.deliver?));
    match again.filter(|share| share.is_finite()) {
        Some(share) => phrase
            .say("  again ", Meaning::Label)
            .add(percent(share), Meaning::Plain),
        None => phrase,
    }
}

fn dead(one: &Subscription) -> Phrase {
    let meaning = if one.dead > 0 {
        Meaning::Watch
    } else {
        Meaning::Plain
    };
    let dies = one.fast.and_then(|rates| rates.dead);
    Phrase::new()
        .add(figures::count(one.dead), meaning)
        .say("  dying ", Meaning::Label)
        .add(figures::rate(dies), Meaning::Plain)
}

/// `p50 121ms p99 910ms`.
fn percentiles(latency: Option<&Latency>) -> Phrase {
    let Some(latency) = latency else {
        return Phrase::new().say("not measured yet", Meaning::Dim);
    };
    Phrase::new()
        .say("p50 ", Meaning::Label)
        .add(figures::age(latency.p50), Meaning::Plain)
        .say("  p99 ", Meaning::Label)
        .add(figures::age(latency.p99), Meaning::Plain)
}

/// A share as a percentage: `0.4%`, `12%`.
pub(super) fn percent(share: f64) -> SafeText {
    let share = share * 100.0;
    let digits = usize::from(share > 0.0 && share < 9.95);
    SafeText::new(format!("{share:.digits$}%"))
}
