//! Dead messages on their way to a dead-letter topic: read, told where and why they died, published.

use prost::Message as _;
use weir_proto::v1::Message;

use super::{batch, scan};
use crate::core::{Forwardable, State};
use crate::model::entry::{Body, BodyBuilder};
use crate::model::{Name, OperationId, Partition, Refusal};
use crate::shard::{DeadText, ForwardOrder, Handle, Health, OPERATION, PeekPage, ShownMessage};

/// The name of the subscription in which a message died.
const SUBSCRIPTION: &str = "weir.dead.subscription";
/// The id that it had.
const MESSAGE_ID: &str = "weir.dead.message_id";
/// How many attempts failed.
const ATTEMPTS: &str = "weir.dead.attempts";
/// The kind of the last failure.
const ERROR_CLASS: &str = "weir.dead.error_class";
/// Why it failed, in words; left out if nothing was said.
const REASON: &str = "weir.dead.reason";
/// Messages that are forwarded in one step.
const STEP_MESSAGES: usize = 500;
/// Bytes of messages that are forwarded in one step, or one larger message.
const STEP_BYTES: usize = 1 << 20;

/// Forwards dead messages whenever there are some, until the shard has stopped. What cannot be forwarded now stays dead
/// and is tried again when the shard says so next, within a second or so.
pub async fn forward_dead(handle: Handle) {
    let (mut hints, mut health) = (handle.watch_forwarding(), handle.watch_health());
    loop {
        let is_over = |health: &Health| matches!(health, Health::Stopped | Health::Poisoned(_));
        tokio::select! {
            hint = hints.changed() => if hint.is_err() {
                return;
            },
            _over = health.wait_for(is_over) => return,
        }
        if let Err(refusal) = forward_all(&handle).await {
            tracing::debug!(%refusal, "dead messages are not forwarded now");
        }
    }
}

async fn forward_all(handle: &Handle) -> Result<(), Refusal> {
    let mut outcome = Ok(());
    for found in handle.forwardable().await? {
        // One that cannot be forwarded is no reason to leave the others.
        let subscription = found.subscription.clone();
        if let Err(refusal) = forward_from(handle, found).await {
            tracing::debug!(%subscription, %refusal, "its dead messages are not forwarded now");
            outcome = Err(refusal);
        }
    }
    outcome
}

async fn forward_from(handle: &Handle, found: Forwardable) -> Result<(), Refusal> {
    let Forwardable {
        subscription,
        route,
    } = found;
    let mut from = None;
    loop {
        let page = PeekPage {
            from,
            limit: STEP_MESSAGES,
            max_bytes: STEP_BYTES,
        };
        let dead = vec![State::Dead];
        let page = handle
            .peek_subscription(subscription.clone(), dead, None, page)
            .await?;
        if !page.messages.is_empty() {
            let messages = page.messages.iter().filter_map(|shown| {
                let dead = shown.view.states.first()?.dead?;
                Some((shown.view.id.partition, shown.view.id.offset, dead.text))
            });
            let order = ForwardOrder {
                subscription: subscription.clone(),
                messages: messages.collect(),
                topic: route.topic,
                batches: bodies(&page.messages, &subscription, route.partitions)?,
            };
            if !handle.forward(order).await? {
                // Something was requeued or discarded meanwhile: the rest is found by the next round.
                return Ok(());
            }
        }
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(()),
        }
    }
}

/// What is published, in order, by partition.
fn bodies(
    messages: &[ShownMessage],
    subscription: &Name,
    partitions: u32,
) -> Result<Vec<(Partition, Body)>, Refusal> {
    let mut builders: Vec<(Partition, BodyBuilder)> = Vec::new();
    for shown in messages {
        let letter = dead_letter(shown, subscription, None)?;
        let key = scan::key_hash(letter.ordering_key.as_bytes());
        let home = shown.view.id.partition.0;
        let partition = batch::partition_of(key, partitions, home);
        let known = builders.iter().position(|(has, _)| *has == partition);
        let slot = known.unwrap_or_else(|| {
            builders.push((partition, BodyBuilder::default()));
            builders.len() - 1
        });
        if let Some((_, builder)) = builders.get_mut(slot) {
            builder.push(&letter.encode_to_vec(), key);
        }
    }
    let bodies = builders.into_iter();
    Ok(bodies
        .filter_map(|(partition, builder)| Some((partition, builder.finish()?)))
        .collect())
}

/// Whether an attribute says where and why a message died.
pub(super) fn is_of_death(name: &str) -> bool {
    [
        SUBSCRIPTION,
        MESSAGE_ID,
        ATTEMPTS,
        ERROR_CLASS,
        REASON,
        OPERATION,
    ]
    .contains(&name)
}

/// The message as it is forwarded: payload, key and attributes as they were, where and why it died, and by which
/// operation it goes on, if by one.
pub(super) fn dead_letter(
    shown: &ShownMessage,
    subscription: &Name,
    operation: Option<OperationId>,
) -> Result<Message, Refusal> {
    let message = Message::decode(&*shown.content);
    let message = message.map_err(|error| Refusal::DataDamaged {
        detail: format!("{} is no message: {error}", shown.view.id),
    })?;
    let Message {
        payload,
        mut attributes,
        ordering_key,
        ..
    } = message;
    let text = shown.texts.first().cloned().flatten();
    let DeadText { class, reason, .. } = text.unwrap_or_default();
    let attempts = shown
        .view
        .states
        .first()
        .map_or(0, |state| state.failed_attempts);
    attributes.extend([
        (SUBSCRIPTION.to_owned(), subscription.to_string()),
        (MESSAGE_ID.to_owned(), shown.view.id.to_string()),
        (ATTEMPTS.to_owned(), attempts.to_string()),
        (ERROR_CLASS.to_owned(), class),
    ]);
    // What an earlier death said is not to be taken for this one's.
    attributes.remove(REASON);
    attributes.remove(OPERATION);
    if let Some(operation) = operation {
        attributes.insert(OPERATION.to_owned(), operation.to_string());
    }
    if !reason.is_empty() {
        attributes.insert(REASON.to_owned(), reason);
    }
    Ok(Message {
        payload,
        attributes,
        ordering_key,
        ..Message::default()
    })
}
