//! What leaves the console at a key: texts for the clipboard, rows for a file.

use weir_proto::safe_text::SafeText;

use super::message::{Draw, Effect, Outcome};
use super::state::State;
use super::state::notices::Level;

/// Hands a text to the terminal's clipboard.
pub(super) fn copy(state: &mut State, text: Option<String>) -> Outcome {
    let Some(text) = text else {
        state.say(Level::Note, SafeText::literal("nothing to copy here"));
        return Outcome::draw(Draw::Now);
    };
    let shown: String = text.chars().take(60).collect();
    let said = format!(
        "{} bytes sent to the terminal's clipboard (OSC 52): {shown}",
        text.len()
    );
    state.say(Level::Done, SafeText::new(said));
    Outcome::effect(Effect::Copy(text))
}

pub(super) fn export(state: &mut State, path: Option<String>) -> Outcome {
    let Some(text) = state.json_lines() else {
        state.say(Level::Note, SafeText::literal("no row to export here"));
        return Outcome::draw(Draw::Now);
    };
    Outcome::effect(Effect::Export {
        path,
        text,
        replaces: false,
    })
}
