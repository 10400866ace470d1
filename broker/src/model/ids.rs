//! Ids and positions: numbers that cannot be mistaken for each other.

use std::fmt;
use std::str::FromStr;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident, $inner:ty) => {
        $(#[$doc])*
        #[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number! {
    /// A topic, for ever: never used again after the topic is deleted. The first is 1.
    TopicId, u64
}
number! {
    /// A subscription, for ever: never used again after it is deleted. The first is 1.
    SubscriptionId, u64
}
number! {
    /// A partition of a topic, from 0.
    Partition, u32
}
number! {
    /// A place in a partition, from 0, dense.
    Offset, u64
}
number! {
    /// A frame of the journal: dense, from 1. Not a byte offset. 0 is before the first frame.
    Position, u64
}
number! {
    /// Counts the seeks of a subscription, from 0: a lease from before a seek is stale.
    Epoch, u32
}
number! {
    /// Counts the starts of the broker on its data directory, from 1.
    Incarnation, u64
}
number! {
    /// A connected consumer, or a Pull; from 1 in each incarnation.
    ConsumerId, u64
}
number! {
    /// A connection to the broker; from 1 in each incarnation.
    ClientId, u64
}
number! {
    /// A batch of leases granted together; from 1 in each incarnation, never reused in it.
    LeaseSerial, u64
}
number! {
    /// An operator's act on many messages, for ever. The first is 1.
    OperationId, u64
}

impl Offset {
    /// The offset `count` messages further on.
    pub fn plus(self, count: u64) -> Self {
        Self(self.0 + count)
    }
}

impl Position {
    /// Before the first frame.
    pub const START: Self = Self(0);

    /// The position of the next frame.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// A message, for ever: written `topic id.partition.offset`. A requeue keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId {
    /// The topic.
    pub topic: TopicId,
    /// The partition of the topic.
    pub partition: Partition,
    /// The place in the partition.
    pub offset: Offset,
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.topic, self.partition, self.offset)
    }
}

/// The text is no message id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a message id is `topic id.partition.offset`, three decimal numbers")]
pub struct MessageIdError;

impl FromStr for MessageId {
    type Err = MessageIdError;

    fn from_str(text: &str) -> Result<Self, MessageIdError> {
        let mut parts = text.split('.');
        let mut number = || decimal(parts.next()?);
        let (topic, partition, offset) = (number(), number(), number());
        let (Some(topic), Some(partition), Some(offset), None) =
            (topic, partition, offset, parts.next())
        else {
            return Err(MessageIdError);
        };
        let partition = u32::try_from(partition).map_err(|_too_large| MessageIdError)?;
        Ok(Self {
            topic: TopicId(topic),
            partition: Partition(partition),
            offset: Offset(offset),
        })
    }
}

/// A decimal number without sign or leading zeros, as this broker writes them.
fn decimal(text: &str) -> Option<u64> {
    let plain = !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text.len() == 1 || !text.starts_with('0'));
    plain.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_id_survives_text() {
        let id = MessageId {
            topic: TopicId(7),
            partition: Partition(3),
            offset: Offset(u64::MAX),
        };
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn text_that_is_no_message_id_is_refused() {
        for text in [
            "",
            "1",
            "1.2",
            "1.2.3.4",
            "1.2.x",
            "+1.2.3",
            "01.2.3",
            "1.4294967296.3",
            "1..3",
        ] {
            assert_eq!(text.parse::<MessageId>(), Err(MessageIdError), "{text}");
        }
    }
}
