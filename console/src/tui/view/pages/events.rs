//! Everything that happened, as a list.

use weir_proto::safe_text::SafeText;

use super::happened::{about, event_glyph};
use super::parts::{boxed, cell, filtered_out, loaded, say_middle, seen, titled};
use crate::tui::look::Meaning;
use crate::tui::state::State;
use crate::tui::state::areas::areas;
use crate::tui::state::timeline::Event;
use crate::tui::view::clock;
use crate::tui::view::figures;
use crate::tui::view::grid::{Field, grid};
use crate::tui::view::list::remark;
use crate::tui::view::pen::Pen;
use crate::tui::view::phrase::Phrase;

/// The columns.
const FIELDS: &[Field<Event>] = &[
    Field::<Event>::words("TIME", (8, 16), |one, cell| {
        (clock::time_of_day(Some(one.time), cell.now), Meaning::Plain)
    })
    .by("sequence"),
    Field::<Event>::words("KIND", (8, 12), |one, _| {
        (SafeText::literal(one.kind_word()), Meaning::Plain)
    })
    .rank(1),
    Field::<Event>::words("WHERE", (14, 32), |one, _| {
        (about(one).clone(), Meaning::Plain)
    })
    .rank(2),
    Field::<Event>::words("WHO", (10, 24), |one, _| {
        (one.actor.clone(), Meaning::Label)
    })
    .rank(3),
    Field::<Event>::words("WHAT", (24, 400), |one, _| (text(one), Meaning::Plain)),
];

/// Draws it between the tabs and the footer.
pub(crate) fn events(pen: &mut Pen<'_>, state: &State) {
    let areas = areas(&state.page().place, &state.layout());
    let inner = boxed(pen, areas.list, &titled("Events"), &remark(state));
    let Some(all) = loaded(pen, inner, &state.page().data.events, state) else {
        return;
    };
    if all.events().len() == 0 {
        let nothing = Phrase::new().say("Nothing has happened since the start", Meaning::Strong);
        say_middle(pen, inner, &[nothing]);
    } else if state.listing().matched == 0 {
        say_middle(pen, inner, &filtered_out(state));
    } else {
        let look = pen.look;
        let rows = seen(
            state,
            inner.height,
            |id| all.get(id.number()?),
            |one| event_glyph(one, look),
        );
        let fields = (FIELDS, Some(state.listing()));
        let cell = cell(state, look, 0);
        grid(pen, inner, fields, rows.into_iter(), cell);
    }
}

/// What happened, with how many messages and which operation if it was one.
fn text(one: &Event) -> SafeText {
    let mut text = one.text.clone();
    if one.count > 0 {
        text.push(&SafeText::literal("  "));
        text.push(&figures::count(one.count));
        text.push(&SafeText::literal(" messages"));
    }
    if !one.operation.is_empty() {
        text.push(&SafeText::literal("  "));
        text.push(&one.operation);
    }
    text
}
