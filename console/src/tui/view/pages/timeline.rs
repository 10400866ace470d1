//! What happened, the newest first: a line each.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;
use weir_proto::v1::{EventKind, Severity};

use super::charts::events;
use super::parts::{boxed, loaded, now, say_middle, titled};
use crate::tui::look::{Look, Meaning};
use crate::tui::state::State;
use crate::tui::state::timeline::Event;
use crate::tui::view::clock;
use crate::tui::view::pen::{Pen, lines};
use crate::tui::view::phrase::Phrase;

/// Cells of what an event is about, by the width there is.
const ABOUT_CELLS: [usize; 3] = [16, 26, 40];

/// The glyph of an event and what it means.
pub(super) fn event_glyph(event: &Event, look: Look) -> (&'static str, Meaning) {
    match (event.severity, event.kind) {
        (Severity::Act, _) => (look.pick("✖", "x"), Meaning::Act),
        (Severity::Watch, _) => (look.pick("▲", "!"), Meaning::Watch),
        (_, EventKind::Operation) => (look.pick("◆", "*"), Meaning::Strong),
        (_, EventKind::Mark) => (look.pick("◇", "+"), Meaning::Key),
        (_, EventKind::Paused) => (look.pick("‖", "="), Meaning::Paused),
        (_, EventKind::VerdictChanged) => (look.pick("●", "o"), Meaning::Fine),
        _ => (look.pick("·", "."), Meaning::Dim),
    }
}

/// What an event is about: the subscription, else the topic, else who.
pub(super) fn about(event: &Event) -> &SafeText {
    [&event.subscription, &event.topic]
        .into_iter()
        .find(|name| !name.is_empty())
        .unwrap_or(&event.actor)
}

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
        ..150 => 1,
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
