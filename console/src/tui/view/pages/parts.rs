//! What several pages are made of.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use crate::tui::look::Meaning;
use crate::tui::state::State;
use crate::tui::view::detail::{detail, glance};
use crate::tui::view::list::{self, list};
use crate::tui::view::pen::{Pen, lines, skip_left};

/// The list of subscriptions, and the selected one below it as far as there is room.
pub(super) fn list_and_pane(pen: &mut Pen<'_>, state: &State) {
    let layout = state.layout();
    list(pen, layout.list, state);
    if let Some(area) = layout.detail {
        detail(pen, area, state);
    }
    if let Some(area) = layout.glance {
        glance(pen, area, state);
    }
}

/// A list in which each row is its name.
pub(super) fn plain(pen: &mut Pen<'_>, body: Rect, state: &State) {
    let inner = list::frame(pen, body, state);
    let listing = state.listing();
    let visible = listing.visible(usize::from(inner.height));
    for (line, id) in lines(inner).zip(visible) {
        let Some(row) = state.rows().find(|row| row.id() == *id) else {
            continue;
        };
        pen.left(
            skip_left(line, 3),
            &SafeText::new(row.name()),
            Meaning::Plain,
        );
        if listing.selected.as_ref() == Some(id) {
            pen.select(line);
            pen.say(line, pen.look.pick("›", ">"), Meaning::Strong);
        }
    }
}
