//! The subscriptions that hold dead messages.

use ratatui::layout::Rect;

use super::list_and_pane;
use crate::tui::state::State;
use crate::tui::view::pen::Pen;

/// Draws it between the tabs and the footer.
pub(crate) fn dead_letters(pen: &mut Pen<'_>, _body: Rect, state: &State) {
    list_and_pane(pen, state);
}
