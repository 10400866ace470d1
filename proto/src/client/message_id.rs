//! The id of a message, as the broker writes it and as people type it.

use std::fmt;
use std::str::FromStr;

use super::error::Error;

/// Names one stored message for ever: `topic id.partition.offset`, for example `7.0.123`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId {
    /// The id of the topic, never used again.
    pub topic_id: u64,
    /// The partition of the topic, from 0.
    pub partition: u32,
    /// The position in the partition, from 0.
    pub offset: u64,
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.topic_id, self.partition, self.offset)
    }
}

impl FromStr for MessageId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parse(text).ok_or_else(|| {
            Error::usage(format!(
                "{text:?} is no message id; one is TOPIC_ID.PARTITION.OFFSET, for example 7.0.123"
            ))
        })
    }
}

fn parse(text: &str) -> Option<MessageId> {
    let mut parts = text.split('.');
    let id = MessageId {
        topic_id: number(parts.next()?)?,
        partition: number(parts.next()?)?,
        offset: number(parts.next()?)?,
    };
    parts.next().is_none().then_some(id)
}

/// Digits only: an id has one spelling, so neither a sign nor leading zeros are taken.
fn number<N: FromStr>(text: &str) -> Option<N> {
    let is_plain =
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if is_plain { text.parse().ok() } else { None }
}
