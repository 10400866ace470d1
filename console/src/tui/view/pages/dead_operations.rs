//! What was done about the dead messages of a subscription: the operations on them, the newest first, and which one
//! a key takes back. A few lines of a page that is about something else; the list of operations shows the rest.

use ratatui::layout::Rect;

use super::operations::{ON_DEAD, sign, what};
use super::parts::{boxed, cell, fact, loaded, now, say_middle, titled};
use crate::tui::look::Meaning;
use crate::tui::state::State;
use crate::tui::state::operation::Operation;
use crate::tui::view::figures;
use crate::tui::view::grid::{Line, grid};
use crate::tui::view::pen::Pen;
use crate::tui::view::phrase::Phrase;

/// Draws them in a box of their own.
pub(super) fn dead_operations(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let title = titled("Operations on these dead messages");
    let inner = boxed(pen, area, &title, &remark(state));
    let Some(all) = loaded(pen, inner, &state.page().data.operations, state) else {
        return;
    };
    let mut rows = all.on_dead().peekable();
    if rows.peek().is_none() {
        let none = "None yet: nobody has requeued, moved, edited or discarded any of them";
        say_middle(pen, inner, &[Phrase::new().say(none, Meaning::Dim)]);
        return;
    }
    let look = pen.look;
    let rows = rows.take(usize::from(inner.height.saturating_sub(1)));
    let rows = rows.map(|row| {
        let (glyph, meaning) = sign(row, look);
        Line {
            row,
            glyph,
            meaning,
            is_selected: false,
            is_marked: false,
            is_new: false,
        }
    });
    grid(pen, inner, (ON_DEAD, None), rows, cell(state, look, 0));
}

/// Which one the key takes back, while writing is unlocked, and where the rest is.
fn remark(state: &State) -> Phrase {
    let all = state.page().data.operations.value();
    let newest = all.and_then(|all| all.undoable_on_dead(now(state)));
    let mut remark = Phrase::new();
    if let Some(one) = newest.filter(|_| state.may_write()) {
        remark = remark
            .say("U", Meaning::Key)
            .say(" takes ", Meaning::Label)
            .add(one.id.clone(), Meaning::Plain)
            .say(" back · ", Meaning::Label);
    }
    remark
        .say("7", Meaning::Key)
        .say(" lists all", Meaning::Label)
}

/// The newest one in a line, where there is no room for the box.
pub(super) fn newest(state: &State) -> Option<Phrase> {
    let one = state.page().data.operations.value()?.on_dead().next()?;
    Some(fact("last done", brief(one)))
}

/// `requeue smtp · group 00d1…, 118 of 118, finished`.
fn brief(one: &Operation) -> Phrase {
    Phrase::new()
        .add(one.id.clone(), Meaning::Strong)
        .say(" ", Meaning::Plain)
        .say(one.state_word(), Meaning::Plain)
        .say(" ", Meaning::Plain)
        .add(figures::count(one.affected), Meaning::Strong)
        .say(" of ", Meaning::Label)
        .add(figures::count(one.selected), Meaning::Plain)
        .say(": ", Meaning::Label)
        .add(what(one), Meaning::Label)
}
