//! One frame: the parts in their places.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::detail::{detail, glance};
use super::footer::footer;
use super::header::header;
use super::help::help;
use super::list::list;
use super::notice;
use super::pen::Pen;
use crate::tui::look::Look;
use crate::tui::state::State;
use crate::tui::state::screen::Mode;

/// Draws the state. The state was laid out for a size; if the terminal has another one by now,
/// what does not fit is cut, and the next frame is right.
pub(crate) fn draw(frame: &mut Frame<'_>, state: &State, look: Look) {
    let layout = state.layout();
    let mut pen = Pen::new(frame.buffer_mut(), look);
    pen.is_stale = !state.freshness().is_live();
    header(&mut pen, layout.header, state);
    if let Some(said) = notice::notice(state) {
        notice::draw(&mut pen, layout.body(), state, &said);
    } else {
        list(&mut pen, layout.list, state);
        if let Some(area) = layout.detail {
            detail(&mut pen, area, state);
        }
        if let Some(area) = layout.glance {
            glance(&mut pen, area, state);
        }
    }
    pen.is_stale = false;
    footer(&mut pen, layout.footer, state);
    if state.mode == Mode::Help {
        help(&mut pen, Rect::new(0, 0, state.size.0, state.size.1));
    }
}
