//! The subscriptions that hold dead messages, and how the selected one stands.

use ratatui::layout::Rect;

use super::parts::{boxed, say_middle};
use super::subscriptions::glance;
use crate::tui::look::Meaning;
use crate::tui::state::State;
use crate::tui::state::areas::areas;
use crate::tui::view::list::list;
use crate::tui::view::pen::Pen;
use crate::tui::view::phrase::Phrase;

/// Draws it between the tabs and the footer.
pub(crate) fn dead_letters(pen: &mut Pen<'_>, body: Rect, state: &State) {
    let areas = areas(&state.page().place, body);
    list(pen, areas.list, state);
    if state.listing().total == 0 {
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
        Some(row) => glance(pen, areas.foot, row, state),
        None => drop(boxed(pen, areas.foot, &Phrase::new(), &Phrase::new())),
    }
}
