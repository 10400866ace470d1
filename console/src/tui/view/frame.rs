//! One frame: the parts in their places.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::dialog::dialog as draw_dialog;
use super::footer::footer;
use super::header::header;
use super::help::help;
use super::notice;
use super::overlay;
use super::pages;
use super::pen::Pen;
use super::tabs::tabs;
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
    tabs(&mut pen, layout.tabs, state);
    if let Some(said) = notice::notice(state) {
        notice::draw(&mut pen, layout.body(), state, &said);
    } else {
        pages::page(&mut pen, state);
    }
    pen.is_stale = false;
    footer(&mut pen, layout.footer, state);
    let screen = Rect::new(0, 0, state.size.0, state.size.1);
    match state.mode {
        Mode::Page | Mode::Filter | Mode::Command | Mode::Cursor => {}
        Mode::Help => help(&mut pen, screen, state),
        Mode::Columns => overlay::columns(&mut pen, screen, state),
        Mode::Notices => overlay::notices(&mut pen, screen, state),
        Mode::Dialog => {
            if let Some(dialog) = &state.dialog {
                draw_dialog(&mut pen, screen, (dialog, state));
            }
        }
    }
}
