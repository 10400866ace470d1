//! The first page: what flows, what wants attention, the subscriptions, what happened.

use super::attention::attention;
use super::charts::{BACKLOG, FLOW, charts};
use super::timeline::timeline;
use crate::tui::state::State;
use crate::tui::state::areas::areas;
use crate::tui::view::list::list;
use crate::tui::view::pen::Pen;

/// Draws it between the tabs and the footer.
pub(crate) fn overview(pen: &mut Pen<'_>, state: &State) {
    let areas = areas(&state.page().place, &state.layout());
    charts(pen, areas.chart, state, &[FLOW, BACKLOG]);
    attention(pen, areas.side, state);
    list(pen, areas.list, state);
    timeline(pen, areas.foot, state);
}
