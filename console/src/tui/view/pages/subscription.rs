//! One subscription: what is going on and since when, over time and now, how many consumers it needs,
//! and the ones it has.

use ratatui::layout::Rect;

use super::advice::advice;
use super::charts::{AGE, BACKLOG, FLOW, Series, charts};
use super::consumers::consumers;
use super::now::now_panel;
use super::parts::{below, boxed, heading, loaded, now, say_behind, say_middle};
use crate::tui::look::Meaning;
use crate::tui::state::State;
use crate::tui::state::areas::areas;
use crate::tui::state::fetch::Shown;
use crate::tui::state::place::Place;
use crate::tui::state::standing::Standing;
use crate::tui::state::subscription::Subscription;
use crate::tui::view::clock;
use crate::tui::view::pen::Pen;
use crate::tui::view::phrase::Phrase;

/// Draws it between the tabs and the footer.
pub(crate) fn subscription(pen: &mut Pen<'_>, state: &State) {
    let areas = areas(&state.page().place, &state.layout());
    let Some(one) = shown(state) else {
        missing(pen, state.layout().body(), state);
        return;
    };
    banner(pen, areas.banner, one, state);
    let age = Series {
        limit: one.slo_age,
        ..AGE
    };
    charts(pen, areas.chart, state, &[BACKLOG, age, FLOW]);
    now_panel(pen, areas.side, one, state);
    advice(pen, areas.middle, state);
    consumers(pen, areas.list, one, state);
}

/// The subscription of the page: as it was asked for by its name, else as the list has it.
fn shown(state: &State) -> Option<&Subscription> {
    if let Some(one) = state.page().data.subscription.value() {
        return Some(one);
    }
    let Place::Subscription { name } = &state.page().place else {
        return None;
    };
    let mut rows = state.shown().rows.values();
    rows.find(|row| row.now.name == *name).map(|row| &row.now)
}

fn missing(pen: &mut Pen<'_>, body: Rect, state: &State) {
    let title = Phrase::new().add(state.page().place.title(), Meaning::Strong);
    let inner = boxed(pen, body, &title, &Phrase::new());
    let fetch = &state.page().data.subscription;
    if matches!(fetch.shown(state.now), Shown::Loaded { .. }) {
        say_middle(pen, inner, &[Phrase::new().say("gone", Meaning::Dim)]);
    } else {
        loaded(pen, inner, fetch, state);
    }
}

/// The verdict in a sentence, and what to do.
fn banner(pen: &mut Pen<'_>, area: Rect, one: &Subscription, state: &State) {
    let standing = Standing::of(one);
    let (sign, meaning) = pen.look.standing(&standing);
    let (title, mut remark) = heading(one, &standing, pen.look);
    if standing.since.is_some() {
        remark = remark
            .say(" since ", Meaning::Label)
            .add(
                clock::time_of_day(standing.since, now(state)),
                Meaning::Plain,
            )
            .say(", ", Meaning::Label)
            .add(clock::since(standing.since, now(state)), Meaning::Plain);
    }
    let inner = boxed(pen, area, &title, &remark);
    let height = usize::from(inner.height);
    if height == 0 {
        return;
    }
    let keep = usize::from(!standing.advice.is_empty() && height > 1);
    let used = say_behind(pen, inner, (sign, meaning), &standing.reason, height - keep);
    let rest = below(inner, used);
    if !standing.advice.is_empty() && rest.height > 0 {
        let sign = (pen.look.pick("→", ">"), Meaning::Key);
        say_behind(pen, rest, sign, &standing.advice, usize::from(rest.height));
    }
}
