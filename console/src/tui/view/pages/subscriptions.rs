//! The list of subscriptions, and how the selected one stands.

use ratatui::layout::Rect;

use super::parts::{below, boxed, heading, now, say_behind, say_lines};
use crate::tui::look::Meaning;
use crate::tui::state::State;
use crate::tui::state::areas::areas;
use crate::tui::state::picture::Row;
use crate::tui::state::standing::Standing;
use crate::tui::view::clock;
use crate::tui::view::detail;
use crate::tui::view::facts;
use crate::tui::view::list::list;
use crate::tui::view::pen::Pen;
use crate::tui::view::phrase::Phrase;

/// Below the list there is a pane with charts from this height on.
const PANE_FROM: u16 = 9;

/// Draws it between the tabs and the footer.
pub(crate) fn subscriptions(pen: &mut Pen<'_>, state: &State) {
    let areas = areas(&state.page().place, &state.layout());
    list(pen, areas.list, state);
    let Some(row) = state.selected() else {
        boxed(pen, areas.foot, &Phrase::new(), &Phrase::new());
        return;
    };
    pane(pen, areas.foot, row, state);
}

/// All there is about a subscription, or some lines where there is no room for it.
pub(super) fn pane(pen: &mut Pen<'_>, area: Rect, row: &Row, state: &State) {
    if area.height >= PANE_FROM {
        detail::detail_of(pen, area, row, now(state));
    } else {
        glance(pen, area, row, state);
    }
}

/// Some lines about a subscription: how it stands, what to do, its states and its flow.
fn glance(pen: &mut Pen<'_>, area: Rect, row: &Row, state: &State) {
    let one = &row.now;
    let standing = Standing::of(one);
    let (sign, meaning) = pen.look.standing(&standing);
    let (title, mut remark) = heading(one, &standing, pen.look);
    if standing.since.is_some() {
        remark = remark
            .say(" for ", Meaning::Label)
            .add(clock::since(standing.since, now(state)), Meaning::Plain);
    }
    let inner = boxed(pen, area, &title, &remark);
    let used = say_behind(pen, inner, (sign, meaning), &standing.reason, 1);
    let rest = below(inner, used);
    let said = [
        facts::states(one)
            .say("  ", Meaning::Plain)
            .then(facts::outlook(one)),
        facts::flow(one),
    ];
    say_lines(pen, rest, &said);
}
