//! The record of administrative acts, as a list, and whether it is as it was written.

use weir_proto::safe_text::SafeText;

use super::parts::{boxed, cell, filtered_out, loaded, say_middle, seen, titled};
use crate::tui::look::{Look, Meaning};
use crate::tui::state::State;
use crate::tui::state::areas::areas;
use crate::tui::state::audit::{Act, Record};
use crate::tui::view::clock;
use crate::tui::view::figures;
use crate::tui::view::grid::{Field, grid};
use crate::tui::view::list::remark;
use crate::tui::view::pen::Pen;
use crate::tui::view::phrase::Phrase;

/// The columns.
const FIELDS: &[Field<Act>] = &[
    Field::<Act>::words("TIME", (8, 11), |one, cell| {
        (clock::short_time(Some(one.time), cell.now), Meaning::Plain)
    })
    .by("sequence"),
    Field::<Act>::words("WHO", (8, 12), |one, _| (who(one), Meaning::Plain)).rank(1),
    Field::<Act>::words("FROM", (15, 21), |one, _| {
        (one.peer.clone(), Meaning::Label)
    })
    .rank(5),
    Field::<Act>::words("VERB", (19, 20), |one, _| {
        (one.verb.clone(), Meaning::Strong)
    }),
    Field::<Act>::words("WHERE", (10, 16), |one, _| {
        (one.about().clone(), Meaning::Plain)
    })
    .rank(2),
    Field::<Act>::words("OP", (3, 8), |one, _| {
        (one.operation.clone(), Meaning::Plain)
    })
    .rank(4),
    Field::<Act>::figures("COUNT", 9, |one, _| (count(one), Meaning::Plain)).rank(3),
    Field::<Act>::words("DETAIL", (12, 400), |one, _| {
        (one.detail.clone(), Meaning::Label)
    }),
];

/// Draws it between the tabs and the footer.
pub(crate) fn audit(pen: &mut Pen<'_>, state: &State) {
    let areas = areas(&state.page().place, &state.layout());
    let record = &state.page().data.audit;
    let title = titled("Audit").then(trust(record.value(), pen.look));
    let inner = boxed(pen, areas.list, &title, &remark(state));
    let Some(all) = loaded(pen, inner, record, state) else {
        return;
    };
    if all.acts().len() == 0 {
        let nothing = Phrase::new().say("Nobody has administered anything yet", Meaning::Strong);
        say_middle(pen, inner, &[nothing]);
    } else if state.listing().matched == 0 {
        say_middle(pen, inner, &filtered_out(state));
    } else {
        let look = pen.look;
        let rows = seen(
            state,
            inner.height,
            |id| all.get(id.number()?),
            |one| sign(one, look),
        );
        let fields = (FIELDS, Some(state.listing()));
        let cell = cell(state, look, 0);
        grid(pen, inner, fields, rows.into_iter(), cell);
    }
}

/// Whether the chain of acts holds together.
fn trust(record: Option<&Record>, look: Look) -> Phrase {
    let phrase = Phrase::new();
    match record.and_then(|record| record.is_intact) {
        None => phrase,
        Some(true) => phrase
            .say("  ", Meaning::Plain)
            .say(look.pick("●", "o"), Meaning::Fine)
            .say(" as it was written", Meaning::Label),
        Some(false) => phrase
            .say("  ", Meaning::Plain)
            .say(look.pick("✖", "x"), Meaning::Act)
            .say(" an act was changed or is missing", Meaning::Act),
    }
}

/// What lost messages or a thing stands out.
fn sign(one: &Act, look: Look) -> (&'static str, Meaning) {
    let verb = one.verb.as_str();
    let loses = ["delete", "purge", "discard"];
    if loses.iter().any(|word| verb.contains(word)) {
        (look.pick("▲", "!"), Meaning::Watch)
    } else if one.operation.is_empty() {
        (look.pick("·", "."), Meaning::Dim)
    } else {
        (look.pick("◆", "*"), Meaning::Strong)
    }
}

/// Who did it; what the broker does by a rule is nobody's.
fn who(one: &Act) -> SafeText {
    if !one.actor.is_empty() {
        return one.actor.clone();
    }
    SafeText::literal(if one.peer.is_empty() { "broker" } else { "?" })
}

fn count(one: &Act) -> SafeText {
    if one.selected == 0 && one.affected == 0 {
        return SafeText::default();
    }
    // What begins has changed nothing yet: it says what it is for.
    figures::count(if one.affected == 0 {
        one.selected
    } else {
        one.affected
    })
}
