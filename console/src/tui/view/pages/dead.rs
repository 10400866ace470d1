//! The dead messages of a subscription: by reason, and those of one reason.

use ratatui::layout::Rect;

use super::plain;
use crate::tui::state::State;
use crate::tui::view::pen::Pen;

/// Draws it between the tabs and the footer.
pub(crate) fn dead(pen: &mut Pen<'_>, body: Rect, state: &State) {
    plain(pen, body, state);
}
