//! The first page: what flows, what wants attention, the subscriptions, what happened.

use ratatui::layout::Rect;

use super::attention::attention;
use super::charts::{BACKLOG, FLOW, charts};
use super::timeline::timeline;
use crate::tui::state::State;
use crate::tui::state::areas::areas;
use crate::tui::view::list::list;
use crate::tui::view::pen::Pen;

/// Draws it between the tabs and the footer.
pub(crate) fn overview(pen: &mut Pen<'_>, body: Rect, state: &State) {
    let areas = areas(&state.page().place, body);
    charts(pen, areas.chart, state, &[FLOW, BACKLOG]);
    attention(pen, areas.side, state);
    list(pen, areas.list, state);
    timeline(pen, areas.foot, state);
}
