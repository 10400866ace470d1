//! Encoded messages, the batches made of them, and the answers dealt out to those who wait.
//!
//! A message is encoded once, by whoever publishes it; sending it again copies no more than a
//! reference.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::sync::oneshot;

use super::limits;
use crate::client::error::Error;
use crate::client::message_id::MessageId;
use crate::v1::{Message, ProducerSequence, PublishResult, PublishedRun};

/// The field number of messages in a publish request.
const MESSAGES_FIELD: u32 = 2;

/// Where a batch was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedBatch {
    /// The id of the topic: the first part of the message ids.
    pub topic_id: u64,
    /// The places of the messages, in the order of the batch.
    pub runs: Vec<PublishedRun>,
    /// Whether the broker had stored the batch when it was sent before.
    pub is_duplicate: bool,
}

impl PublishedBatch {
    /// The ids of the messages, in the order of the batch.
    pub fn ids(&self) -> impl Iterator<Item = MessageId> + '_ {
        self.runs.iter().flat_map(|run| {
            (0..u64::from(run.message_count)).map(|index| MessageId {
                topic_id: self.topic_id,
                partition: run.partition,
                offset: run.first_offset.saturating_add(index),
            })
        })
    }

    /// How many messages were stored.
    pub fn message_count(&self) -> u64 {
        self.runs
            .iter()
            .map(|run| u64::from(run.message_count))
            .sum()
    }
}

/// Who waits for the answer.
#[derive(Debug)]
pub(super) enum Reply {
    /// One message.
    Single(oneshot::Sender<Result<MessageId, Error>>),
    /// All messages of a batch.
    Batch(oneshot::Sender<Result<PublishedBatch, Error>>),
}

/// Messages that were published together and must be stored together.
#[derive(Debug)]
pub(super) struct Submission {
    pub(super) encoded: Bytes,
    pub(super) message_count: u32,
    /// What was taken from the publisher's budget, and goes back when this is settled.
    pub(super) charge: Cost,
    pub(super) reply: Reply,
}

/// Messages and bytes, as a publisher's budget counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cost {
    pub(super) messages: usize,
    pub(super) bytes: usize,
}

/// Encodes one message as it stands in a request.
pub(super) fn encode_one(message: &Message) -> Bytes {
    let mut encoded = BytesMut::with_capacity(limits::wire_bytes(message));
    prost::encoding::message::encode(MESSAGES_FIELD, message, &mut encoded);
    encoded.freeze()
}

/// Encodes messages as they stand in a request; `bytes` is their length on the wire.
pub(super) fn encode_all(messages: &[Message], bytes: usize) -> Bytes {
    let mut encoded = BytesMut::with_capacity(bytes);
    for message in messages {
        prost::encoding::message::encode(MESSAGES_FIELD, message, &mut encoded);
    }
    encoded.freeze()
}

/// One batch on the wire: whole submissions, one or many.
#[derive(Debug)]
pub(super) struct Batch {
    /// Chosen by this client; answers name it. The number of submissions before this batch.
    pub(super) id: u64,
    /// Kept when it is sent again.
    pub(super) producer: Option<ProducerSequence>,
    pub(super) chunks: Arc<[Bytes]>,
    pub(super) charge: Cost,
    replies: Vec<(u32, Reply)>,
}

impl Batch {
    pub(super) fn of(
        id: u64,
        producer: Option<ProducerSequence>,
        submissions: impl Iterator<Item = Submission>,
    ) -> Self {
        let mut charge = Cost::default();
        let mut chunks = Vec::new();
        let mut replies = Vec::new();
        for submission in submissions {
            charge.messages += submission.charge.messages;
            charge.bytes += submission.charge.bytes;
            chunks.push(submission.encoded);
            replies.push((submission.message_count, submission.reply));
        }
        Self {
            id,
            producer,
            chunks: chunks.into(),
            charge,
            replies,
        }
    }

    /// Deals out the places to those who wait, in order.
    pub(super) fn confirm(self, result: PublishResult) -> Result<(), Error> {
        let mut places = Places {
            topic_id: result.topic_id,
            runs: result.runs,
            is_duplicate: result.duplicate,
            next: 0,
        };
        let mut outcome = Ok(());
        for (count, reply) in self.replies {
            let dealt = match reply {
                Reply::Single(sender) => {
                    let place = places.take_one();
                    answer(sender, place)
                }
                Reply::Batch(sender) => {
                    let batch = places.take(count);
                    answer(sender, batch)
                }
            };
            outcome = outcome.and(dealt);
        }
        outcome
    }

    /// Tells all who wait that their messages were not confirmed.
    pub(super) fn fail(self, error: &Error) {
        for (_, reply) in self.replies {
            reply.fail(error);
        }
    }
}

impl Reply {
    pub(super) fn fail(self, error: &Error) {
        match self {
            Self::Single(sender) => drop(sender.send(Err(error.clone()))),
            Self::Batch(sender) => drop(sender.send(Err(error.clone()))),
        }
    }
}

/// Sends the answer; who dropped the confirmation does not want it.
fn answer<T>(sender: oneshot::Sender<Result<T, Error>>, value: Option<T>) -> Result<(), Error> {
    let value = value.ok_or_else(|| Error::bad_answer("it names fewer places than messages"));
    let outcome = value.as_ref().map(|_| ()).map_err(Error::clone);
    drop(sender.send(value));
    outcome
}

/// The places of an answer, dealt out from the front.
struct Places {
    topic_id: u64,
    runs: Vec<PublishedRun>,
    is_duplicate: bool,
    next: usize,
}

impl Places {
    fn take_one(&mut self) -> Option<MessageId> {
        let topic_id = self.topic_id;
        let run = self.front()?;
        let id = MessageId {
            topic_id,
            partition: run.partition,
            offset: run.first_offset,
        };
        // A broker may say any number.
        run.first_offset = run.first_offset.saturating_add(1);
        run.message_count -= 1;
        Some(id)
    }

    fn take(&mut self, mut count: u32) -> Option<PublishedBatch> {
        let mut runs = Vec::new();
        while count > 0 {
            let run = self.front()?;
            let part = count.min(run.message_count);
            runs.push(PublishedRun {
                message_count: part,
                ..*run
            });
            run.first_offset = run.first_offset.saturating_add(u64::from(part));
            run.message_count -= part;
            count -= part;
        }
        Some(PublishedBatch {
            topic_id: self.topic_id,
            runs,
            is_duplicate: self.is_duplicate,
        })
    }

    fn front(&mut self) -> Option<&mut PublishedRun> {
        while self.runs.get(self.next)?.message_count == 0 {
            self.next += 1;
        }
        self.runs.get_mut(self.next)
    }
}
