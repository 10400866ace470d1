//! The programs that are connected, and what the selected one does.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::consumers::state_of;
use super::parts::{boxed, cell, filtered_out, loaded, now, say_lines, say_middle, seen, titled};
use crate::tui::look::{Look, Meaning};
use crate::tui::state::State;
use crate::tui::state::areas::areas;
use crate::tui::state::client::{Client, ClientConsumer, Clients};
use crate::tui::state::row_id::RowId;
use crate::tui::view::clock;
use crate::tui::view::figures;
use crate::tui::view::grid::{Field, grid};
use crate::tui::view::list::remark;
use crate::tui::view::pen::Pen;
use crate::tui::view::phrase::Phrase;

/// The columns.
const FIELDS: &[Field<Client>] = &[
    Field::<Client>::words("CLIENT", (14, 40), |one, _| (name(one), Meaning::Plain)).by("name"),
    Field::<Client>::words("ADDRESS", (16, 28), |one, _| {
        (one.peer.clone(), Meaning::Plain)
    })
    .rank(2),
    Field::<Client>::words("VERSION", (12, 32), |one, _| {
        if one.version.is_empty() {
            (figures::unknown(), Meaning::Dim)
        } else {
            (one.version.clone(), Meaning::Plain)
        }
    })
    .rank(6),
    Field::<Client>::figures("SINCE", 7, |one, cell| {
        (clock::since(one.connected, cell.now), Meaning::Plain)
    })
    .rank(4),
    Field::<Client>::figures("CONS", 4, |one, _| {
        (figures::count(one.consumers.len() as u64), Meaning::Plain)
    })
    .rank(3),
    Field::<Client>::figures("IN FLIGHT", 9, |one, _| {
        (figures::count(one.leased()), Meaning::Plain)
    })
    .by("leased"),
    Field::<Client>::figures("PUBLISHES", 9, |one, _| {
        (figures::rate(one.publish_rate), Meaning::Inflow)
    })
    .by("publish_rate"),
    Field::<Client>::words("WHAT", (16, 80), |one, _| (what(one), Meaning::Label)).rank(5),
];

/// Draws it between the tabs and the footer.
pub(crate) fn clients(pen: &mut Pen<'_>, state: &State) {
    let areas = areas(&state.page().place, &state.layout());
    let inner = boxed(pen, areas.list, &titled("Clients"), &remark(state));
    let Some(all) = loaded(pen, inner, &state.page().data.clients, state) else {
        boxed(pen, areas.foot, &Phrase::new(), &Phrase::new());
        return;
    };
    if all.clients.is_empty() {
        let nobody = Phrase::new().say("Nobody is connected", Meaning::Strong);
        say_middle(pen, inner, &[nobody]);
    } else if state.listing().matched == 0 {
        say_middle(pen, inner, &filtered_out(state));
    } else {
        let look = pen.look;
        let rows = seen(
            state,
            inner.height,
            |id| find(all, id),
            |one| sign(one, now(state), look),
        );
        let fields = (FIELDS, Some(state.listing()));
        let cell = cell(state, look, 0);
        grid(pen, inner, fields, rows.into_iter(), cell);
    }
    let selected = state
        .listing()
        .selected
        .as_ref()
        .and_then(|id| find(all, id));
    doings(pen, areas.foot, selected, state);
}

fn find<'a>(all: &'a Clients, id: &RowId) -> Option<&'a Client> {
    all.get(id.number()?)
}

/// A client is as well as the worst of its consumers.
fn sign(one: &Client, now: Option<f64>, look: Look) -> (&'static str, Meaning) {
    let states = || {
        one.consumers
            .iter()
            .map(|each| state_of(&each.consumer, now).1)
    };
    if states().any(|meaning| meaning == Meaning::Act) {
        (look.pick("✖", "x"), Meaning::Act)
    } else if states().any(|meaning| meaning == Meaning::Watch) {
        (look.pick("▲", "!"), Meaning::Watch)
    } else if one.consumers.is_empty() && one.publish_rate.unwrap_or(0.0) <= 0.0 {
        (look.pick("○", "-"), Meaning::Dim)
    } else {
        (look.pick("●", "o"), Meaning::Fine)
    }
}

fn name(one: &Client) -> SafeText {
    if one.name.is_empty() {
        let mut name = SafeText::literal("client ");
        name.push(&figures::count(one.id));
        name
    } else {
        one.name.clone()
    }
}

/// What it reads and publishes to, in one line.
fn what(one: &Client) -> SafeText {
    let separator = SafeText::literal(", ");
    let reads = SafeText::join(
        &separator,
        one.consumers.iter().map(|each| &each.subscription),
    );
    let writes = SafeText::join(&separator, one.topics.iter());
    let mut text = SafeText::default();
    if !reads.is_empty() {
        text.push(&SafeText::literal("reads "));
        text.push(&reads);
    }
    if !writes.is_empty() {
        text.push(&SafeText::literal(if text.is_empty() {
            "writes "
        } else {
            "; writes "
        }));
        text.push(&writes);
    }
    text
}

/// What the selected client does, consumer by consumer.
fn doings(pen: &mut Pen<'_>, area: Rect, one: Option<&Client>, state: &State) {
    let Some(one) = one else {
        boxed(pen, area, &Phrase::new(), &Phrase::new());
        return;
    };
    let title = Phrase::new()
        .add(name(one), Meaning::Strong)
        .say(" since ", Meaning::Label)
        .add(
            clock::time_of_day(one.connected, now(state)),
            Meaning::Plain,
        );
    let inner = boxed(pen, area, &title, &Phrase::new());
    let mut said: Vec<Phrase> = one
        .consumers
        .iter()
        .map(|each| consumer_line(each, now(state)))
        .collect();
    if one.publish_streams > 0 || !one.topics.is_empty() {
        said.push(
            Phrase::new()
                .say("publishes ", Meaning::Label)
                .add(figures::rate(one.publish_rate), Meaning::Inflow)
                .say(" on ", Meaning::Label)
                .add(figures::count(one.publish_streams.into()), Meaning::Plain)
                .say(" streams to ", Meaning::Label)
                .add(
                    SafeText::join(&SafeText::literal(", "), one.topics.iter()),
                    Meaning::Plain,
                ),
        );
    }
    if said.is_empty() {
        said.push(Phrase::new().say("is connected, and does nothing", Meaning::Dim));
    }
    say_lines(pen, inner, &said);
}

fn consumer_line(each: &ClientConsumer, now: Option<f64>) -> Phrase {
    let (word, meaning) = state_of(&each.consumer, now);
    Phrase::new()
        .say("reads ", Meaning::Label)
        .add(each.subscription.clone(), Meaning::Strong)
        .say(" of ", Meaning::Label)
        .add(each.topic.clone(), Meaning::Plain)
        .say(": ", Meaning::Label)
        .say(word, meaning)
        .say(", holds ", Meaning::Label)
        .add(figures::count(each.consumer.leased), Meaning::Plain)
        .say(", acks ", Meaning::Label)
        .add(figures::rate(each.consumer.ack_rate), Meaning::Acked)
}
