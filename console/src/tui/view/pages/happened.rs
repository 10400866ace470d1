//! What happened, as pages tell it: on the axis of charts, in the timeline, in the list of events.

use weir_proto::safe_text::SafeText;
use weir_proto::v1::{EventKind, Severity};

use crate::tui::look::{Look, Meaning};
use crate::tui::state::State;
use crate::tui::state::timeline::{Event, Timeline};

/// The events of the page, the oldest first.
pub(super) fn events(state: &State) -> impl DoubleEndedIterator<Item = &Event> {
    let events = state.page().data.events.value();
    events.into_iter().flat_map(Timeline::events)
}

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
