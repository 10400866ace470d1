//! One subscription: verdict, lag, drain, advice, consumers.

use ratatui::layout::Rect;

use super::plain;
use crate::tui::state::State;
use crate::tui::state::place::Place;
use crate::tui::view::detail::detail_of;
use crate::tui::view::pen::Pen;

/// Draws it between the tabs and the footer.
pub(crate) fn subscription(pen: &mut Pen<'_>, body: Rect, state: &State) {
    let Place::Subscription { name } = &state.page().place else {
        return;
    };
    let mut rows = state.shown().rows.values();
    match rows.find(|row| row.now.name == *name) {
        Some(row) => detail_of(pen, body, row, state.shown().sampled),
        None => plain(pen, body, state),
    }
}
