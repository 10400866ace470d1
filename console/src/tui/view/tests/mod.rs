//! Tests of the screen: snapshots at the usual sizes, and promises about every cell at any size.

mod cells;
mod dialogs;
mod figures;
mod fitting;
mod hostile;
mod loads;
mod pages;
mod pictures;
mod reaches;
mod scale;
mod snapshots;
mod svg;
mod themes;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use unicode_width::UnicodeWidthStr as _;

use super::frame::draw;
use crate::tui::look::{Look, Palette, Script};
use crate::tui::state::State;

pub(crate) const COLORED: Look = Look {
    palette: Palette::Sixteen,
    script: Script::Unicode,
};
pub(crate) const MONO: Look = Look {
    palette: Palette::Mono,
    script: Script::Unicode,
};
pub(crate) const ASCII: Look = Look {
    palette: Palette::Mono,
    script: Script::Ascii,
};

/// The cells of one frame.
pub(crate) fn cells(state: &State, look: Look) -> Buffer {
    let (width, height) = state.size;
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, state, look)).unwrap();
    terminal.backend().buffer().clone()
}

/// The text of one frame, a line for each row.
pub(crate) fn text(state: &State, look: Look) -> String {
    lines_of(&cells(state, look))
}

/// The text of some cells, a line for each row.
pub(crate) fn lines_of(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut covered = 0;
        for x in 0..buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            if x >= covered {
                line.push_str(symbol);
                covered = x + u16::try_from(symbol.width().max(1)).unwrap();
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The text of one frame in the usual look.
pub(crate) fn screen(state: &State) -> String {
    text(state, COLORED)
}
