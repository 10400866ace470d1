//! The entries of deletions that can be undone: what was put aside, and what was brought back.
//!
//! ```text
//! 48 SetAside     operation, topic (0: subscriptions only), count, subscriptions, count, ends
//! 49 BroughtBack  operation, the operation that it takes back
//! ```
//!
//! What is put aside is stated as ever, topic by topic and subscription by subscription; that it is aside is stated by
//! the first of these entries, again and again as long as it is so.

use super::bytes::{DecodeError, Reader, Writer};
use crate::model::{Offset, OperationId, SubscriptionId, TopicId};

/// What a deletion put aside: nobody sees it, and nothing of it changes, until it is brought back or deleted for good.
/// None of its messages is leased.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// The deletion.
    pub operation: OperationId,
    /// The topic, with all that it stores; 0 if it is still there and only subscriptions of it are aside.
    pub topic: TopicId,
    /// The subscriptions.
    pub subscriptions: Vec<SubscriptionId>,
    /// Where each partition of their topic ended, in order.
    pub ends: Vec<Offset>,
}

/// What a deletion had put aside is there again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BroughtBack {
    /// The act.
    pub operation: OperationId,
    /// The deletion.
    pub deletion: OperationId,
}

impl SetAside {
    /// Writes the fields; gives the kind.
    pub(super) fn write(&self, out: &mut Writer) -> u8 {
        out.number(self.operation.0).number(self.topic.0);
        out.number(self.subscriptions.len() as u64);
        for id in &self.subscriptions {
            out.number(id.0);
        }
        out.number(self.ends.len() as u64);
        for end in &self.ends {
            out.number(end.0);
        }
        48
    }

    pub(super) fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let operation = OperationId(input.number("the operation")?);
        let topic = TopicId(input.number("the topic")?);
        let (mut subscriptions, mut ends) = (Vec::new(), Vec::new());
        for _ in 0..input.length("the subscriptions")? {
            subscriptions.push(SubscriptionId(input.number("a subscription")?));
        }
        for _ in 0..input.length("the ends")? {
            ends.push(Offset(input.number("an end")?));
        }
        Ok(Self {
            operation,
            topic,
            subscriptions,
            ends,
        })
    }
}

impl BroughtBack {
    /// Writes the fields; gives the kind.
    pub(super) fn write(self, out: &mut Writer) -> u8 {
        out.number(self.operation.0).number(self.deletion.0);
        49
    }

    pub(super) fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            operation: OperationId(input.number("the operation")?),
            deletion: OperationId(input.number("the deletion")?),
        })
    }
}
