//! Messages that are looked into: the list of dead ones, a payload in its box, what happened to one.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::parts::{boxed, cell, fact, filtered_out, loaded, say_middle, seen, sentence, titled};
use crate::tui::look::Meaning;
use crate::tui::state::State;
use crate::tui::state::letter::{Letter, Letters};
use crate::tui::state::row_id::RowId;
use crate::tui::view::clock;
use crate::tui::view::figures;
use crate::tui::view::grid::{Field, grid};
use crate::tui::view::list::remark;
use crate::tui::view::payload::viewer::{self, Viewer, payload};
use crate::tui::view::pen::Pen;
use crate::tui::view::phrase::Phrase;

/// The columns.
const FIELDS: &[Field<Letter>] = &[
    Field::<Letter>::words("ID", (12, 18), |one, _| (one.id.clone(), Meaning::Plain)),
    Field::<Letter>::words("KEY", (6, 16), |one, _| (key(one), Meaning::Plain))
        .by("ordering_key")
        .rank(3),
    Field::<Letter>::figures("FAILED", 9, |one, cell| {
        let failed = one.death().and_then(|death| death.last_failure);
        (clock::time_of_day(failed, cell.now), Meaning::Plain)
    })
    .by("last_failure_time")
    .rank(1),
    Field::<Letter>::figures("TRIES", 5, |one, _| {
        let tries = one.death().map(|death| death.attempts);
        let text = tries.map_or_else(figures::unknown, |tries| figures::count(tries.into()));
        (text, Meaning::Plain)
    })
    .by("attempts")
    .rank(2),
    Field::<Letter>::figures("SIZE", 8, |one, _| {
        (figures::bytes(Some(one.size)), Meaning::Plain)
    })
    .by("size")
    .rank(4),
    Field::<Letter>::words("REASON", (10, 80), |one, _| {
        let reason = one.death().map(|death| death.reason.clone());
        (reason.unwrap_or_default(), Meaning::Label)
    })
    .rank(5),
];

/// Draws the list of dead messages; returns the selected one.
pub(super) fn letters<'a>(pen: &mut Pen<'_>, area: Rect, state: &'a State) -> Option<&'a Letter> {
    let title = Phrase::new().add(state.page().place.title(), Meaning::Strong);
    let inner = boxed(pen, area, &title, &remark(state));
    let all = loaded(pen, inner, &state.page().data.letters, state)?;
    if all.letters.is_empty() {
        let none = Phrase::new().say("no message, or no longer", Meaning::Dim);
        say_middle(pen, inner, &[none]);
    } else if state.listing().matched == 0 {
        say_middle(pen, inner, &filtered_out(state));
    } else {
        let look = pen.look;
        let dead = (look.pick("·", "."), Meaning::Dim);
        let rows = seen(state, inner.height, |id| find(all, id), |_| dead);
        let fields = (FIELDS, Some(state.listing()));
        let cell = cell(state, look, 0);
        grid(pen, inner, fields, rows.into_iter(), cell);
    }
    let id = state.listing().selected.as_ref()?;
    find(all, id)
}

fn find<'a>(all: &'a Letters, id: &RowId) -> Option<&'a Letter> {
    match id {
        RowId::Text(id) => all.get(id),
        RowId::Number(_) => None,
    }
}

/// The payload of a message in the shape that was chosen.
pub(super) fn payload_box(pen: &mut Pen<'_>, area: Rect, letter: &Letter, state: &State) {
    let viewer = Viewer {
        payload: &letter.payload,
        size: letter.size,
        view: state.page().payload,
        folded: &state.page().folded,
        scroll: state.page().scroll,
    };
    let title = titled("Payload ").then(viewer::remark(&viewer));
    let keys = Phrase::new()
        .say("v", Meaning::Key)
        .say(" shape ", Meaning::Label)
        .say("f", Meaning::Key)
        .say(" fold ", Meaning::Label)
        .say(", .", Meaning::Key)
        .say(" scroll", Meaning::Label);
    let inner = boxed(pen, area, &title, &keys);
    payload(pen, inner, &viewer);
}

/// What happened to a message in the subscription in which it died.
pub(super) fn history(letter: &Letter, now: Option<f64>, width: u16) -> Vec<Phrase> {
    let time = |at| Phrase::new().add(clock::time_of_day(at, now), Meaning::Plain);
    let mut said = vec![fact("published", time(letter.published))];
    let Some(death) = letter.death() else {
        return said;
    };
    if death.attempts > 1 {
        said.push(fact("first failed", time(death.first_failure)));
    }
    said.push(fact(
        "died",
        time(death.last_failure)
            .say("  after ", Meaning::Label)
            .add(figures::count(death.attempts.into()), Meaning::Strong)
            .say(
                if death.attempts == 1 {
                    " try"
                } else {
                    " tries"
                },
                Meaning::Label,
            ),
    ));
    if !death.consumer.is_empty() {
        said.push(fact(
            "consumer",
            Phrase::new().add(death.consumer.clone(), Meaning::Plain),
        ));
    }
    if !death.class.is_empty() {
        said.push(fact(
            "class",
            Phrase::new().add(death.class.clone(), Meaning::Plain),
        ));
    }
    said.extend(sentence(&death.reason, width, 3, Meaning::Strong));
    said
}

/// The same in one line and the reason, for where there is little room.
pub(super) fn brief(letter: &Letter, now: Option<f64>, width: u16) -> Vec<Phrase> {
    let at = |phrase: Phrase, what: &'static str, at| {
        phrase
            .say(what, Meaning::Label)
            .add(clock::time_of_day(at, now), Meaning::Plain)
    };
    let line = at(Phrase::new(), "published ", letter.published);
    let Some(death) = letter.death() else {
        return vec![line];
    };
    let line = at(line, "  first failed ", death.first_failure);
    let line = at(line, "  died ", death.last_failure)
        .say("  tries ", Meaning::Label)
        .add(figures::count(death.attempts.into()), Meaning::Strong);
    let mut said = vec![line];
    said.extend(sentence(&death.reason, width, 2, Meaning::Strong));
    said
}

/// What a message carries besides its payload.
pub(super) fn letter_facts(letter: &Letter, width: u16) -> Vec<Phrase> {
    const NAME_CELLS: usize = 24;
    let mut said = Vec::new();
    if !letter.key.is_empty() {
        said.push(fact(
            "key",
            Phrase::new().add(letter.key.clone(), Meaning::Plain),
        ));
    }
    if letter.attributes.is_empty() {
        said.push(Phrase::new().say("no attributes", Meaning::Dim));
        return said;
    }
    let widest = letter.attributes.iter().map(|(name, _)| name.width()).max();
    let cells = widest
        .unwrap_or(0)
        .min(NAME_CELLS)
        .min(usize::from(width) / 2);
    for (name, value) in &letter.attributes {
        let name = SafeText::new(format!("{:<cells$} ", name.clamp(cells)));
        said.push(
            Phrase::new()
                .add(name, Meaning::Label)
                .add(value.clone(), Meaning::Plain),
        );
    }
    said
}

/// The key of a message, or that it has none.
fn key(letter: &Letter) -> SafeText {
    if letter.key.is_empty() {
        figures::unknown()
    } else {
        letter.key.clone()
    }
}
