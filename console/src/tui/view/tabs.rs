//! The line below the header: the tabs, or the way from a tab to the page that is seen.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::pen::{Pen, skip_left};
use super::phrase::Phrase;
use crate::tui::look::Meaning;
use crate::tui::state::State;
use crate::tui::state::place::Tab;

/// Draws the tabs at the root of one, else where one is.
pub(crate) fn tabs(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let area = skip_left(area, 1);
    let line = if state.trail().len() > 1 {
        trail(pen, state)
    } else {
        roots(state, usize::from(area.width))
    };
    pen.phrase(area, &line);
}

fn roots(state: &State, width: usize) -> Phrase {
    let long = line_of_roots(state, false);
    if long.width() <= width {
        return long;
    }
    line_of_roots(state, true)
}

/// The tabs with their whole names, or with short ones but for the one that is seen.
fn line_of_roots(state: &State, is_short: bool) -> Phrase {
    let mut line = Phrase::new();
    for (at, tab) in Tab::ALL.into_iter().enumerate() {
        let number = SafeText::new((at + 1).to_string());
        let is_here = tab == state.tab;
        let (open, close) = match (is_here, is_short) {
            (true, _) => ("[", "]"),
            (false, false) => (" ", " "),
            (false, true) => ("", ""),
        };
        if is_short && at > 0 {
            line = line.say(" ", Meaning::Plain);
        }
        let title = if is_short && !is_here {
            tab.short_title()
        } else {
            tab.title()
        };
        let said = if is_here {
            Meaning::Strong
        } else {
            Meaning::Plain
        };
        line = line
            .say(open, Meaning::Strong)
            .add(number, Meaning::Key)
            .say(" ", Meaning::Plain)
            .say(title, said)
            .say(close, Meaning::Strong);
    }
    line
}

fn trail(pen: &Pen<'_>, state: &State) -> Phrase {
    let step = pen.look.pick("›", ">");
    let mut line = Phrase::new().say(pen.look.pick("‹", "<"), Meaning::Key);
    for (at, page) in state.trail().iter().enumerate() {
        let is_here = at + 1 == state.trail().len();
        let said = if is_here {
            Meaning::Strong
        } else {
            Meaning::Plain
        };
        if at > 0 {
            line = line.say(" ", Meaning::Plain).say(step, Meaning::Dim);
        }
        line = line.say(" ", Meaning::Plain).add(page.place.title(), said);
    }
    line
}
