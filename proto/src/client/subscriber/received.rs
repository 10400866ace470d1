//! Messages as programs receive them, and the handles that answer for them.
//!
//! An answer never waits and never fails: it is sent as soon as the transport has room, as a range
//! with its neighbours. Whatever a program received and dropped without an answer counts as a
//! failed attempt, so that a message whose handler panics or gives up is tried again after its
//! backoff and dies in the end, rather than going round at full speed for ever. What nobody took
//! from a [`Subscriber`](super::Subscriber) before it was closed is released and counts no attempt.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::answers::Answers;
use super::ranges;
use crate::client::error::Error;
use crate::client::message_id::MessageId;
use crate::v1::{DeliveryRun, Message, NackAction, NackOptions, SequenceRange};

/// The kind of failure of a message that was dropped without an answer.
pub const DROPPED_ERROR_CLASS: &str = "dropped_without_answer";

/// One message under a lease.
#[derive(Debug)]
pub struct Received {
    /// Names the message for ever.
    pub id: MessageId,
    /// When the broker accepted it, on the broker's clock.
    pub publish_time: SystemTime,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// The message. A payload kept for long keeps the buffer in which it came: copy what is to
    /// stay.
    pub message: Message,
    /// The right to the message, by which it is answered.
    pub lease: Lease,
}

impl Received {
    /// The message is done.
    pub fn ack(self) {
        self.lease.ack();
    }

    /// The message is done; waits until that is durable: see [`Lease::ack_confirmed`].
    pub async fn ack_confirmed(self) -> Result<(), Error> {
        self.lease.ack_confirmed().await
    }

    /// The message failed: it is tried again or dies, as the options say.
    pub fn nack(self, options: NackOptions) {
        self.lease.nack(options);
    }

    /// Gives the message back as if it had not been delivered.
    pub fn release(self) {
        self.lease.release();
    }

    /// Holds the message until `ack_deadline` (1 s to 12 h) from now.
    pub fn extend(&self, ack_deadline: Duration) {
        self.lease.extend(ack_deadline);
    }
}

/// The right to one message. Dropped without an answer it counts as a failed attempt.
#[derive(Debug)]
#[must_use = "a lease that is dropped without an answer counts as a failed attempt"]
pub struct Lease {
    answers: Arc<Answers>,
    sequence: u64,
    is_answered: bool,
}

impl Lease {
    /// The message is done.
    pub fn ack(mut self) {
        self.is_answered = true;
        self.answers.ack(ranges::single(self.sequence));
    }

    /// The message is done. The ack is said at once, also if nobody waits for what this gives; it
    /// ends when the broker has made it durable. On a stream opened without `confirm_acks` it is a
    /// mistake of usage. `LEASE_STALE` says that the lease had ended before; an unknown outcome,
    /// that the stream ended first: either way the message may be delivered again.
    #[must_use = "the ack is durable only once this has ended"]
    pub fn ack_confirmed(mut self) -> impl Future<Output = Result<(), Error>> + Send + use<> {
        self.is_answered = true;
        self.answers.ack_confirmed(self.sequence).outcome()
    }

    /// The message failed: it is tried again or dies, as the options say.
    pub fn nack(mut self, options: NackOptions) {
        self.is_answered = true;
        self.answers.nack(ranges::single(self.sequence), options);
    }

    /// Gives the message back as if it had not been delivered.
    pub fn release(self) {
        self.nack(released());
    }

    /// Holds the message until `ack_deadline` (1 s to 12 h) from now.
    pub fn extend(&self, ack_deadline: Duration) {
        self.answers
            .extend(ranges::single(self.sequence), ack_deadline);
    }

    /// Whether the stream of this lease is still open. If not, the message is delivered again to
    /// somebody, and an answer changes nothing. An open stream does not prove that the lease has
    /// not expired.
    pub fn is_open(&self) -> bool {
        self.answers.is_open()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.is_answered {
            self.answers
                .forsake(ranges::single(self.sequence), dropped());
        }
    }
}

fn released() -> NackOptions {
    NackOptions {
        action: NackAction::Release.into(),
        ..NackOptions::default()
    }
}

fn dropped() -> NackOptions {
    NackOptions {
        action: NackAction::Retry.into(),
        error_class: DROPPED_ERROR_CLASS.to_owned(),
        ..NackOptions::default()
    }
}

/// What one response brought, as it lies in the subscriber's channel: nobody has received it yet.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) topic_id: u64,
    pub(super) runs: Vec<DeliveryRun>,
    pub(super) answers: Arc<Answers>,
}

/// Messages that came together. An iterator over [`Received`]; or answered as a whole, which is one
/// range and costs next to nothing a message.
#[derive(Debug)]
#[must_use = "a batch that is dropped without an answer counts as failed attempts"]
pub struct ReceivedBatch {
    topic_id: u64,
    runs: VecDeque<Run>,
    answers: Arc<Answers>,
}

/// The rest of one delivery run.
#[derive(Debug)]
struct Run {
    next_sequence: u64,
    next_offset: u64,
    partition: u32,
    publish_time: SystemTime,
    attempt: u32,
    messages: std::vec::IntoIter<Message>,
}

impl From<DeliveryRun> for Run {
    fn from(run: DeliveryRun) -> Self {
        let publish_time = run
            .publish_time
            .and_then(|time| SystemTime::try_from(time).ok());
        Self {
            next_sequence: run.first_sequence,
            next_offset: run.first_offset,
            partition: run.partition,
            publish_time: publish_time.unwrap_or(SystemTime::UNIX_EPOCH),
            attempt: run.delivery_attempt,
            messages: run.messages.into_iter(),
        }
    }
}

impl From<Arrived> for ReceivedBatch {
    fn from(arrived: Arrived) -> Self {
        Self {
            topic_id: arrived.topic_id,
            runs: arrived.runs.into_iter().map(Run::from).collect(),
            answers: arrived.answers,
        }
    }
}

impl ReceivedBatch {
    /// How many messages are left in the batch.
    pub fn len(&self) -> usize {
        self.runs.iter().map(|run| run.messages.len()).sum()
    }

    /// Whether every message was taken out.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The messages left in the batch, in order.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.runs.iter().flat_map(|run| run.messages.as_slice())
    }

    /// The ids of the messages left in the batch, in order.
    pub fn ids(&self) -> impl Iterator<Item = MessageId> + '_ {
        self.runs.iter().flat_map(|run| {
            (0..run.messages.len() as u64).map(|index| MessageId {
                topic_id: self.topic_id,
                partition: run.partition,
                offset: run.next_offset.saturating_add(index),
            })
        })
    }

    /// Which try each of the messages left in the batch is, from 1, in order.
    pub fn attempts(&self) -> impl Iterator<Item = u32> + '_ {
        let runs = self.runs.iter();
        runs.flat_map(|run| std::iter::repeat_n(run.attempt, run.messages.len()))
    }

    /// The messages left are done.
    pub fn ack_all(mut self) {
        for range in self.take_ranges() {
            self.answers.ack(range);
        }
    }

    /// The messages left failed: they are tried again or die, as the options say.
    pub fn nack_all(mut self, options: &NackOptions) {
        for range in self.take_ranges() {
            self.answers.nack(range, options.clone());
        }
    }

    /// Gives the messages left back as if they had not been delivered.
    pub fn release_all(self) {
        self.nack_all(&released());
    }

    /// Holds the messages left until `ack_deadline` (1 s to 12 h) from now.
    pub fn extend_all(&self, ack_deadline: Duration) {
        for range in self.ranges() {
            self.answers.extend(range, ack_deadline);
        }
    }

    /// Whether the stream of these messages is still open; see [`Lease::is_open`].
    pub fn is_open(&self) -> bool {
        self.answers.is_open()
    }

    /// Forgets the messages left; their stream releases them when it is closed.
    pub(super) fn forget(mut self) {
        self.runs.clear();
    }

    fn ranges(&self) -> Vec<SequenceRange> {
        let mut ranges = Vec::new();
        for run in &self.runs {
            let count = run.messages.len() as u64;
            if count > 0 {
                let first = run.next_sequence;
                let last = first.saturating_add(count - 1);
                ranges::push(&mut ranges, SequenceRange { first, last });
            }
        }
        ranges
    }

    fn take_ranges(&mut self) -> Vec<SequenceRange> {
        let ranges = self.ranges();
        self.runs.clear();
        ranges
    }
}

impl Iterator for ReceivedBatch {
    type Item = Received;

    fn next(&mut self) -> Option<Received> {
        while self.runs.front()?.messages.len() == 0 {
            self.runs.pop_front();
        }
        let run = self.runs.front_mut()?;
        let message = run.messages.next()?;
        let (sequence, offset) = (run.next_sequence, run.next_offset);
        // A broker may say any number.
        run.next_sequence = run.next_sequence.saturating_add(1);
        run.next_offset = run.next_offset.saturating_add(1);
        Some(Received {
            id: MessageId {
                topic_id: self.topic_id,
                partition: run.partition,
                offset,
            },
            publish_time: run.publish_time,
            attempt: run.attempt,
            message,
            lease: Lease {
                answers: self.answers.clone(),
                sequence,
                is_answered: false,
            },
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len(), Some(self.len()))
    }
}

impl Drop for ReceivedBatch {
    fn drop(&mut self) {
        for range in self.take_ranges() {
            self.answers.forsake(range, dropped());
        }
    }
}
