//! Unlocks what changes the broker, or locks it, and says to keys that are not there how they come to be.

use weir_proto::safe_text::SafeText;

use super::answering;
use super::message::{Draw, Outcome};
use super::state::State;
use super::state::badge::Badge;
use super::state::deed::Deed;
use super::state::dialog::Dialog;
use super::state::field::{Field, Name, Value};
use super::state::mode::Mode;
use super::state::notices::Level;

/// Locks writing, or unlocks it: where people depend on the broker, once its name is typed.
pub(super) fn lock(state: &mut State) {
    if state.may_write() {
        state.lock.close();
        state.say(Level::Done, SafeText::literal("writing is locked"));
        return;
    }
    let Some(Badge::Context { name, .. }) = state.badge.clone().filter(Badge::is_production) else {
        answering::unlock(state);
        return;
    };
    let serial = state.next_serial();
    let mut dialog = Dialog::new(serial, Deed::Unlock, SafeText::literal("Unlock writing"));
    let mut said = SafeText::literal("People depend on ");
    said.push(&name);
    said.push(&SafeText::literal("."));
    dialog.said = vec![
        said,
        SafeText::literal("Writing is unlocked for 15 minutes, once its name is typed."),
    ];
    let typed = String::new();
    let value = Value::Exactly {
        wanted: name,
        typed,
    };
    dialog.fields = vec![Field::new(Name::Confirm, value)];
    dialog.focus_on_cancel();
    state.dialog = Some(dialog);
    state.mode = Mode::Dialog;
}

/// Says how a key that changes the broker comes to be there.
pub(super) fn refuse(state: &mut State, does: &'static str) -> Outcome {
    let text = format!(
        "writing is locked, so this key does nothing ({does}): w unlocks it for 15 minutes"
    );
    state.say(Level::Note, SafeText::new(text));
    Outcome::draw(Draw::Now)
}
