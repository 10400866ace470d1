//! An edit of a dead message as it is asked for: the message is read, changed, checked as a publish is, and compared.

use prost::Message as _;
use weir_proto::server::{MessageEdit, PlanRequest};
use weir_proto::v1::Message;

use super::{batch, convert, forwarding, scan};
use crate::core::{EditOrder, Edited, FieldChange, Order, Selection, State};
use crate::model::filter::{Attributes, Filter};
use crate::model::{MessageId, Name, Refusal, Time};
use crate::shard::{Handle, OPERATION, ShownMessage};

/// What is shown of a value that changes, in characters.
const SHOWN_CHARS: usize = 200;

/// What is to be planned.
pub(super) async fn order(
    handle: &Handle,
    request: PlanRequest,
    selection: Option<Selection>,
) -> Result<Order, Refusal> {
    let name = convert::name("subscription", &request.subscription)?;
    let id = single(&selection.ok_or(Refusal::SelectionRequired)?)?;
    let edit = request.edit.unwrap_or_default();
    if edit == MessageEdit::default() {
        return Err(Refusal::FieldRequired { field: "edit" });
    }
    let found = handle.subscription(name.clone()).await?;
    let topic = handle.topic(found.topic_name.clone()).await?;
    let (mut shown, _) = handle.message(id).await?;
    let text = only_state(&mut shown, &name)?;
    let before = Message::decode(&*shown.content).map_err(|error| Refusal::DataDamaged {
        detail: format!("{id} is no message: {error}"),
    })?;
    let mut letter = forwarding::dead_letter(&shown, &name, None)?;
    letter.attributes.remove(OPERATION);
    take_over(&mut letter, &edit);
    let after = Message {
        attributes: wanted(&before, &edit),
        ..letter.clone()
    };
    // The limits are those of a publish; what says where it died comes on top.
    scan::scan(0, &after.encode_to_vec(), Time(0))?;
    let key = scan::key_hash(letter.ordering_key.as_bytes());
    let content = letter.encode_to_vec();
    let mut warnings = Vec::new();
    if let Some(filter) = &found.settings.filter
        && let Ok(filter) = Filter::parse(filter)
        && !filter.selects(&Attributes::of(&content))
    {
        warnings.push(
            "the subscription's filter would leave the edited message out; it gets it all the same"
                .to_owned(),
        );
    }
    let changes = changes(&before, &after);
    if changes.is_empty() {
        return Err(Refusal::ValueOutOfRange {
            field: "edit",
            value: "what the message has already".to_owned(),
            range: "something that differs; requeue it to have it handed out as it is".to_owned(),
        });
    }
    Ok(Order::Edit(Box::new(EditOrder {
        subscription: name,
        message: id,
        text,
        edited: Edited {
            content: content.into(),
            key,
            partition: batch::partition_of(key, topic.settings.partitions, id.partition.0),
        },
        changes,
        warnings,
    })))
}

/// The one message that is selected.
fn single(selection: &Selection) -> Result<MessageId, Refusal> {
    let ids = selection.message_ids.clone();
    let only_ids = Selection {
        message_ids: ids.clone(),
        ..Selection::default()
    };
    match ids.as_slice() {
        [id] if *selection == only_ids => Ok(*id),
        _ => Err(Refusal::ValueOutOfRange {
            field: "selection",
            value: format!("{} ids, or more than ids", ids.len()),
            range: "one message by its id, and nothing else".to_owned(),
        }),
    }
}

/// Leaves the state in the one subscription, in which the message must be dead; gives where it is said why it died.
fn only_state(
    shown: &mut ShownMessage,
    subscription: &Name,
) -> Result<crate::model::Position, Refusal> {
    let mut states = shown.view.states.iter();
    let at = states.position(|state| state.subscription == *subscription);
    let found = at.and_then(|at| {
        let state = shown.view.states.get(at)?.clone();
        let text = shown.texts.get(at)?.clone();
        Some((state, text))
    });
    let dead = found.as_ref().and_then(|(state, _)| state.dead);
    let (Some((state, words)), Some(dead)) = (found, dead) else {
        return Err(Refusal::ValueOutOfRange {
            field: "selection.message_ids",
            value: shown.view.id.to_string(),
            range: format!("a message that is dead in {subscription}"),
        });
    };
    debug_assert_eq!(state.state, State::Dead, "it has a death");
    (shown.view.states, shown.texts) = (vec![state], vec![words]);
    Ok(dead.text)
}

/// Changes what is to be published; what says where it died stays.
fn take_over(letter: &mut Message, edit: &MessageEdit) {
    if let Some(payload) = &edit.payload {
        letter.payload = payload.clone();
    }
    if let Some(key) = &edit.ordering_key {
        letter.ordering_key.clone_from(key);
    }
    let is_ours = |name: &str| forwarding::is_of_death(name);
    for name in edit.remove_attributes.iter().filter(|name| !is_ours(name)) {
        letter.attributes.remove(name);
    }
    let set = edit.set_attributes.iter();
    let set = set.filter(|(name, _)| !is_ours(name));
    letter
        .attributes
        .extend(set.map(|(name, value)| (name.clone(), value.clone())));
}

/// The attributes that the message is to have, without what is said of its death.
fn wanted(before: &Message, edit: &MessageEdit) -> std::collections::HashMap<String, String> {
    let mut attributes = before.attributes.clone();
    for name in &edit.remove_attributes {
        attributes.remove(name);
    }
    attributes.extend(edit.set_attributes.clone());
    attributes
}

fn changes(before: &Message, after: &Message) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    let mut note = |field: String, before: Option<String>, after: Option<String>| {
        changes.push(FieldChange {
            field,
            before,
            after,
        });
    };
    if before.payload != after.payload {
        let [old, new] = [&before.payload, &after.payload].map(|bytes| Some(excerpt(bytes)));
        note("payload".to_owned(), old, new);
    }
    if before.ordering_key != after.ordering_key {
        let [old, new] = [&before.ordering_key, &after.ordering_key]
            .map(|key| Some(key).filter(|key| !key.is_empty()))
            .map(|key| key.map(|key| excerpt(key.as_bytes())));
        note("ordering_key".to_owned(), old, new);
    }
    let mut names: Vec<&String> = before.attributes.keys().collect();
    names.extend(after.attributes.keys());
    names.sort_unstable();
    names.dedup();
    for name in names {
        let [old, new] = [before, after].map(|message| message.attributes.get(name));
        if old != new {
            let [old, new] = [old, new].map(|value| value.map(|value| excerpt(value.as_bytes())));
            note(format!("attributes.{name}"), old, new);
        }
    }
    changes
}

/// The beginning of a value as text, or how many bytes it is.
fn excerpt(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) if text.chars().nth(SHOWN_CHARS).is_none() => text.to_owned(),
        Ok(text) => {
            let start: String = text.chars().take(SHOWN_CHARS).collect();
            format!("{start}… ({} bytes)", value.len())
        }
        Err(_binary) => format!("{} bytes that are no text", value.len()),
    }
}
