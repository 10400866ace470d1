//! The limits on messages and batches, checked before anything is sent, so that one message that
//! the broker would refuse does not take down those that share its batch.

use std::time::Duration;

use prost::Message as _;

use crate::client::error::Error;
use crate::v1::{ErrorReason, Message};

/// The largest payload.
pub const MAX_PAYLOAD_BYTES: usize = 10 << 20;
/// The most attributes of a message.
pub const MAX_ATTRIBUTES: usize = 100;
/// The longest key of an attribute; it has at least 1 byte.
pub const MAX_ATTRIBUTE_KEY_BYTES: usize = 256;
/// The longest value of an attribute.
pub const MAX_ATTRIBUTE_VALUE_BYTES: usize = 1024;
/// The longest ordering key.
pub const MAX_ORDERING_KEY_BYTES: usize = 1024;
/// The longest id of a message.
pub const MAX_DEDUP_ID_BYTES: usize = 255;
/// The longest span of time that a message may name: ten years of 365 days.
pub const MAX_SPAN: Duration = Duration::from_hours(24 * 3_650);
/// The most messages of a batch.
pub const MAX_BATCH_MESSAGES: usize = 10_000;
/// The most bytes of a batch, counted as the messages are on the wire.
pub const MAX_BATCH_BYTES: usize = 16 << 20;

/// Refuses a message that the broker would refuse.
pub(super) fn check_message(message: &Message) -> Result<(), Error> {
    check("message.payload", message.payload.len(), MAX_PAYLOAD_BYTES)?;
    check(
        "message.ordering_key",
        message.ordering_key.len(),
        MAX_ORDERING_KEY_BYTES,
    )?;
    check(
        "message.dedup_id",
        message.dedup_id.len(),
        MAX_DEDUP_ID_BYTES,
    )?;
    check_due(message)?;
    if message.attributes.len() > MAX_ATTRIBUTES {
        return Err(Error::over_limit(
            ErrorReason::MessageTooLarge,
            "message.attributes",
            format!(
                "the message has {} attributes, at most {MAX_ATTRIBUTES} are taken",
                message.attributes.len()
            ),
        ));
    }
    for (key, value) in &message.attributes {
        if key.is_empty() {
            return Err(Error::over_limit(
                ErrorReason::MessageMalformed,
                "message.attributes",
                "an attribute of the message has an empty key".to_owned(),
            ));
        }
        check("message.attributes.key", key.len(), MAX_ATTRIBUTE_KEY_BYTES)?;
        check(
            "message.attributes.value",
            value.len(),
            MAX_ATTRIBUTE_VALUE_BYTES,
        )?;
    }
    Ok(())
}

/// Whether a time in the future is far enough to be refused only the broker can tell.
fn check_due(message: &Message) -> Result<(), Error> {
    if message.deliver_time.is_some() && message.delay.is_some() {
        return Err(Error::over_limit(
            ErrorReason::MessageMalformed,
            "message.delay",
            "the message is malformed: deliver_time and delay exclude one another".to_owned(),
        ));
    }
    check_span("message.time_to_live", message.time_to_live)?;
    check_span("message.delay", message.delay)
}

fn check_span(field: &str, span: Option<prost_types::Duration>) -> Result<(), Error> {
    let Some(span) = span else { return Ok(()) };
    let given = Duration::try_from(span);
    if given.is_ok_and(|given| given <= MAX_SPAN) && (0..1_000_000_000).contains(&span.nanos) {
        return Ok(());
    }
    Err(Error::over_limit(
        ErrorReason::ValueOutOfRange,
        field,
        format!("{field} is {} s; it must be 0 s to 10 years", span.seconds),
    ))
}

fn check(field: &str, bytes: usize, limit: usize) -> Result<(), Error> {
    if bytes <= limit {
        return Ok(());
    }
    Err(Error::over_limit(
        ErrorReason::MessageTooLarge,
        field,
        format!("{field} has {bytes} bytes; at most {limit} are taken"),
    ))
}

/// Checks each message and the batch as a whole, and returns the length of its messages on the
/// wire.
pub(super) fn check_batch(messages: &[Message]) -> Result<usize, Error> {
    if messages.is_empty() {
        return Err(Error::over_limit(
            ErrorReason::FieldRequired,
            "messages",
            "a batch needs at least one message".to_owned(),
        ));
    }
    if messages.len() > MAX_BATCH_MESSAGES {
        return Err(Error::over_limit(
            ErrorReason::BatchTooLarge,
            "messages",
            format!(
                "the batch has {} messages, at most {MAX_BATCH_MESSAGES} are taken; split it",
                messages.len()
            ),
        ));
    }
    let mut bytes = 0;
    for message in messages {
        check_message(message)?;
        bytes += wire_bytes(message);
    }
    if bytes > MAX_BATCH_BYTES {
        return Err(Error::over_limit(
            ErrorReason::BatchTooLarge,
            "messages",
            format!("the batch has {bytes} bytes, at most {MAX_BATCH_BYTES} are taken; split it"),
        ));
    }
    Ok(bytes)
}

/// The length of a message in a batch: its tag, its length and itself.
pub(super) fn wire_bytes(message: &Message) -> usize {
    let encoded = message.encoded_len();
    1 + prost::length_delimiter_len(encoded) + encoded
}
