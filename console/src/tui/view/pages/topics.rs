//! The list of topics, and the subscriptions of the selected one.

use std::cmp::Reverse;

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::parts::{boxed, cell, filtered_out, say_lines, say_middle, seen, titled};
use crate::tui::look::{Look, Meaning};
use crate::tui::state::State;
use crate::tui::state::areas::areas;
use crate::tui::state::picture::{Row, TopicRow};
use crate::tui::state::row_id::RowId;
use crate::tui::state::standing::Standing;
use crate::tui::view::figures;
use crate::tui::view::grid::{Field, grid};
use crate::tui::view::list::{loading, remark};
use crate::tui::view::pen::Pen;
use crate::tui::view::phrase::Phrase;

/// The columns.
const FIELDS: &[Field<TopicRow>] = &[
    Field::<TopicRow>::words("NAME", (16, 60), |row, _| {
        let meaning = if row.now.is_relaxed {
            Meaning::Act
        } else {
            Meaning::Plain
        };
        let mut name = row.now.name.clone();
        if row.now.is_relaxed {
            name.push(&SafeText::literal(" (relaxed)"));
        }
        (name, meaning)
    })
    .by("name"),
    Field::<TopicRow>::figures("IN", 8, |row, _| {
        (figures::rate(row.now.fast_rate), Meaning::Inflow)
    })
    .by("publish_rate"),
    Field::<TopicRow>::figures("IN 5M", 8, |row, _| {
        (figures::rate(row.now.slow_rate), Meaning::Plain)
    })
    .rank(4),
    Field::<TopicRow>::figures("STORED", 10, |row, _| count(row.now.stored)).by("stored"),
    Field::<TopicRow>::figures("SIZE", 9, |row, _| {
        (figures::bytes(Some(row.now.stored_bytes)), Meaning::Plain)
    })
    .by("stored_bytes")
    .rank(1),
    Field::<TopicRow>::figures("PUBLISHED", 10, |row, _| count(row.now.published)).rank(3),
    Field::<TopicRow>::figures("PARTS", 5, |row, _| count(row.now.partition_count.into())).rank(2),
    Field::<TopicRow>::figures("SUBS", 4, |row, _| {
        let subscriptions = row.now.subscription_count;
        let meaning = if subscriptions == 0 {
            Meaning::Dim
        } else {
            Meaning::Plain
        };
        (figures::count(subscriptions.into()), meaning)
    })
    .by("subscription_count"),
];

/// Draws it between the tabs and the footer.
pub(crate) fn topics(pen: &mut Pen<'_>, state: &State) {
    let areas = areas(&state.page().place, &state.layout());
    let inner = boxed(pen, areas.list, &titled("Topics"), &remark(state));
    let picture = state.shown();
    let broker = picture.broker.as_ref();
    let is_none = broker.is_none_or(|broker| broker.topic_count == 0) && picture.topics.is_empty();
    let listing = state.listing();
    let is_late = listing.matched == 0 && listing.filter.is_empty() && !is_none;
    if listing.is_coming || is_late {
        say_middle(pen, inner, &[loading(pen.look)]);
    } else if is_none {
        say_middle(pen, inner, &empty());
    } else if state.listing().matched == 0 && !state.listing().filter.is_empty() {
        say_middle(pen, inner, &filtered_out(state));
    } else {
        let find = |id: &RowId| picture.topics.get(&id.number()?);
        let look = pen.look;
        let rows = seen(state, inner.height, find, |row| sign(row, state, look));
        let fields = (FIELDS, Some(state.listing()));
        let cell = cell(state, look, 0);
        grid(pen, inner, fields, rows.into_iter(), cell);
    }
    readers(pen, areas.foot, state);
}

/// A topic is as well as the worst of its subscriptions.
fn sign(row: &TopicRow, state: &State, look: Look) -> (&'static str, Meaning) {
    let worst = readers_of(row, state)
        .map(|reader| Standing::of(&reader.now))
        .min_by_key(|standing| Reverse(standing.severity.rank()));
    worst.map_or((look.pick("○", "-"), Meaning::Dim), |worst| {
        look.standing(&worst)
    })
}

fn readers_of<'a>(row: &'a TopicRow, state: &'a State) -> impl Iterator<Item = &'a Row> {
    let rows = state.shown().rows.values();
    rows.filter(|reader| reader.now.topic_name == row.now.name)
}

/// Who reads the selected topic, the worst first.
fn readers(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let id = state.listing().selected.as_ref().and_then(RowId::number);
    let Some(row) = id.and_then(|id| state.shown().topics.get(&id)) else {
        boxed(pen, area, &Phrase::new(), &Phrase::new());
        return;
    };
    let title = Phrase::new()
        .say("Who reads ", Meaning::Label)
        .add(row.now.name.clone(), Meaning::Strong);
    let mut readers: Vec<(&Row, Standing)> = readers_of(row, state)
        .map(|reader| (reader, Standing::of(&reader.now)))
        .collect();
    readers.sort_by_key(|(_, standing)| Reverse(standing.severity.rank()));
    let inner = boxed(pen, area, &title, &Phrase::new());
    let mut said: Vec<Phrase> = readers
        .iter()
        .map(|(reader, standing)| reader_line(reader, standing, pen.look))
        .collect();
    if said.is_empty() {
        said.push(Phrase::new().say("nobody: there is no subscription", Meaning::Dim));
        if row.now.unrouted > 0 {
            said.push(
                Phrase::new()
                    .add(figures::count(row.now.unrouted), Meaning::Watch)
                    .say(" messages were published to nobody", Meaning::Plain),
            );
        }
    }
    say_lines(pen, inner, &said);
}

fn reader_line(reader: &Row, standing: &Standing, look: Look) -> Phrase {
    const NAME_CELLS: usize = 24;
    let (sign, meaning) = look.standing(standing);
    let name = reader.now.name.clamp(NAME_CELLS);
    Phrase::new()
        .say(sign, meaning)
        .say(" ", Meaning::Plain)
        .add(
            SafeText::new(format!("{name:<NAME_CELLS$} ")),
            Meaning::Plain,
        )
        .add(
            SafeText::new(format!("{:>10}", figures::count(reader.now.backlog))),
            Meaning::Plain,
        )
        .say(" waiting  ", Meaning::Label)
        .add(standing.reason.clone(), Meaning::Plain)
}

fn empty() -> Vec<Phrase> {
    vec![
        Phrase::new().say("No topics yet", Meaning::Strong),
        Phrase::new()
            .say("weir topic create orders", Meaning::Key)
            .say("  makes one", Meaning::Plain),
    ]
}

fn count(value: u64) -> (SafeText, Meaning) {
    (figures::count(value), Meaning::Plain)
}
