//! The dialog that edits one dead message and puts it back: its payload if that is a line of text, its key, an
//! attribute.

use weir_proto::safe_text::SafeText;

use super::state::State;
use super::state::deed::Deed;
use super::state::dialog::Dialog;
use super::state::field::{Field, Name, TEXT_CAP_BYTES, Value};
use super::state::letter::Letter;
use super::state::place::Place;
use super::state::row::Row;

/// A dialog about the message that is selected, or that the page is about, if it is dead.
pub(super) fn edit(state: &mut State) -> Option<Dialog> {
    let (subscription, letter) = selected(state)?;
    let payload = line_of(&letter).map(str::to_owned);
    let key = letter.key.as_str().to_owned();
    let title = {
        let mut title = SafeText::literal("Edit and requeue ");
        title.push(&letter.id);
        title
    };
    let said = if payload.is_some() {
        "It is published anew for this subscription alone; what changes is shown before it is done."
    } else {
        "Its payload is no line of text: the command takes a file for it (--payload-file)."
    };
    let deed = Deed::Edit {
        subscription,
        message: letter.id,
        payload: payload.clone(),
        key: key.clone(),
    };
    let mut dialog = Dialog::new(state.next_serial(), deed, title);
    dialog.said = vec![SafeText::literal(said)];
    let payload = payload.map(|text| Field::new(Name::Payload, Value::Text(text)));
    dialog.fields.extend(payload);
    dialog.fields.extend([
        Field::new(Name::Key, Value::Text(key)),
        Field::new(Name::Attribute, Value::Text(String::new())),
    ]);
    Some(dialog)
}

fn selected(state: &State) -> Option<(SafeText, Letter)> {
    match (&state.page().place, state.selected_row()) {
        (Place::DeadMessages { subscription, .. }, Some(Row::Letter(letter))) => {
            Some((subscription.clone(), letter.clone()))
        }
        (Place::Message { .. }, _) => {
            let one = state.page().data.message.value()?;
            let (subscription, is_dead) = one.holder()?;
            is_dead.then(|| (subscription.clone(), one.letter.clone()))
        }
        _ => None,
    }
}

/// The payload, if all of it is one line that a field can hold.
fn line_of(letter: &Letter) -> Option<&str> {
    let is_whole = letter.size == letter.payload.len() as u64;
    let text = std::str::from_utf8(&letter.payload).ok()?;
    let fits = is_whole && text.len() <= TEXT_CAP_BYTES && !text.contains(char::is_control);
    fits.then_some(text)
}
