//! The last line: the keys that matter now, or the filter being typed.

use ratatui::layout::Rect;

use super::pen::{Pen, skip_left};
use super::phrase::Phrase;
use crate::tui::keys::bindings;
use crate::tui::look::Meaning;
use crate::tui::state::State;
use crate::tui::state::screen::Mode;

/// Draws the hints of the mode, as many as fit.
pub(crate) fn footer(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let mut area = skip_left(area, 1);
    if state.mode == Mode::Filter {
        let filter = &state.listing().filter;
        let typed = Phrase::new()
            .say("/", Meaning::Key)
            .add(filter.typed(), Meaning::Strong)
            .say(pen.look.pick("▏", "_"), Meaning::Key)
            .say("   ", Meaning::Plain);
        let used = pen.phrase(area, &typed);
        area = skip_left(area, used);
        if let Some(problem) = filter.problem() {
            pen.left(area, problem, Meaning::Watch);
            return;
        }
    }
    let hints = bindings(state.mode, &state.page().place)
        .filter_map(|binding| binding.hint)
        .map(|(key, word)| {
            Phrase::new()
                .say(key, Meaning::Key)
                .say(" ", Meaning::Plain)
                .say(word, Meaning::Plain)
        });
    let line = Phrase::fitting(hints, "  ", usize::from(area.width));
    pen.phrase(area, &line);
}
