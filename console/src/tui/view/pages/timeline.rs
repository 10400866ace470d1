//! What happened, the newest first: a line each.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::happened::{about, event_glyph, events};
use super::parts::{boxed, loaded, now, say_middle, titled};
use crate::tui::look::{Look, Meaning};
use crate::tui::state::State;
use crate::tui::state::timeline::Event;
use crate::tui::view::clock;
use crate::tui::view::pen::{Pen, lines};
use crate::tui::view::phrase::Phrase;

/// Cells of what an event is about, by the width there is.
const ABOUT_CELLS: [usize; 3] = [16, 26, 40];

/// Draws the newest events in a box.
pub(super) fn timeline(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let inner = boxed(pen, area, &titled("Timeline"), &Phrase::new());
    let Some(all) = loaded(pen, inner, &state.page().data.events, state) else {
        return;
    };
    if all.events().len() == 0 {
        let nothing = Phrase::new().say("nothing has happened since the start", Meaning::Dim);
        say_middle(pen, inner, &[nothing]);
    }
    for (line, event) in lines(inner).zip(events(state).rev()) {
        pen.phrase(line, &line_of(event, inner.width, now(state), pen.look));
    }
}

fn line_of(event: &Event, width: u16, now: Option<f64>, look: Look) -> Phrase {
    let (glyph, meaning) = event_glyph(event, look);
    let about_cells = ABOUT_CELLS[match width {
        ..90 => 0,
        90..150 => 1,
        _ => 2,
    }];
    let time = clock::time_of_day(Some(event.time), now);
    let about = about(event).clamp(about_cells);
    let text = match meaning {
        Meaning::Act | Meaning::Watch => Meaning::Strong,
        _ => Meaning::Plain,
    };
    Phrase::new()
        .add(time, Meaning::Label)
        .say("  ", Meaning::Plain)
        .say(glyph, meaning)
        .say(" ", Meaning::Plain)
        .add(
            SafeText::new(format!("{:<12}", event.kind_word())),
            Meaning::Plain,
        )
        .say(" ", Meaning::Plain)
        .add(
            SafeText::new(format!("{about:<about_cells$}")),
            Meaning::Plain,
        )
        .say("  ", Meaning::Plain)
        .add(event.text.clone(), text)
}
