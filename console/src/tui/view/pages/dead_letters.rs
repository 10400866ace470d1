//! The subscriptions that hold dead messages, and how the selected one stands.

use super::parts::{boxed, say_middle};
use super::subscriptions::pane;
use crate::tui::look::Meaning;
use crate::tui::state::State;
use crate::tui::state::areas::areas;
use crate::tui::view::list::list;
use crate::tui::view::pen::Pen;
use crate::tui::view::phrase::Phrase;

/// Draws it between the tabs and the footer.
pub(crate) fn dead_letters(pen: &mut Pen<'_>, state: &State) {
    let areas = areas(&state.page().place, &state.layout());
    list(pen, areas.list, state);
    let listing = state.listing();
    if listing.total == 0 && !listing.is_coming {
        let well = [
            Phrase::new()
                .say(pen.look.pick("●", "o"), Meaning::Fine)
                .say(" No message is dead", Meaning::Strong),
            Phrase::new().say(
                "one that fails too often, or is refused for good, comes here",
                Meaning::Label,
            ),
        ];
        say_middle(pen, areas.list, &well);
    }
    match state.selected() {
        Some(row) => pane(pen, areas.foot, row, state),
        None => drop(boxed(pen, areas.foot, &Phrase::new(), &Phrase::new())),
    }
}
