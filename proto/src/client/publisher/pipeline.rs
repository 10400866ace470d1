//! Which messages wait, which batches are under way, and which are to be sent again. No stream, no
//! clock.
//!
//! A batch is named by the number of submissions before it. Answers come in the order of sending; a
//! batch that was refused for now goes before everything that waits.

use std::collections::VecDeque;

use bytes::Bytes;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::batch::{Batch, Cost, Submission};
use super::limits::{MAX_BATCH_BYTES, MAX_BATCH_MESSAGES};
use super::options::PublisherOptions;
use crate::client::error::Error;
use crate::v1::{ProducerSequence, PublishResult};

/// How many batches of a producer the broker remembers.
const REMEMBERED_BATCHES: u64 = 64;
/// How many submissions are taken over from the publishers' channel before some must be sent.
const WAITING_SUBMISSIONS: usize = 10_000;

/// Who waits for everything before a point.
pub(super) type FlushReply = oneshot::Sender<Result<(), Error>>;

/// What became of a batch.
pub(super) enum Answered {
    /// It is settled: its memory is free.
    Settled(Cost),
    /// It was refused for now and waits to be sent again.
    ForNow(Error),
    /// The answer names no batch that is under way.
    Unasked,
}

pub(super) struct Pipeline {
    options: PublisherOptions,
    waiting: VecDeque<Submission>,
    again: VecDeque<Batch>,
    in_flight: VecDeque<Batch>,
    accepted: u64,
    taken: u64,
    /// Who this is, if batches are numbered.
    producer: Option<Bytes>,
    /// The number of the newest batch.
    sequence: u64,
    paused_until: Option<Instant>,
    flushes: Vec<(u64, FlushReply)>,
    first_failure: Option<Error>,
}

impl Pipeline {
    pub(super) fn new(options: PublisherOptions) -> Self {
        Self {
            producer: options.deduplicate.then(random_id),
            sequence: 0,
            options,
            waiting: VecDeque::new(),
            again: VecDeque::new(),
            in_flight: VecDeque::new(),
            accepted: 0,
            taken: 0,
            paused_until: None,
            flushes: Vec::new(),
            first_failure: None,
        }
    }

    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() < WAITING_SUBMISSIONS
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.again.is_empty() && self.in_flight.is_empty()
    }

    /// Whether [`Self::next_batch`] has one to give.
    pub(super) fn can_send(&self) -> bool {
        let has_next = !self.again.is_empty() || (!self.waiting.is_empty() && self.may_number());
        self.paused_until.is_none()
            && self.in_flight.len() < self.options.batches_in_flight.max(1)
            && has_next
    }

    /// Whether the broker would still remember the oldest batch without an answer if one more were
    /// stored.
    fn may_number(&self) -> bool {
        let unanswered = self.in_flight.iter().chain(&self.again);
        let numbers = unanswered.filter_map(|batch| Some(batch.producer.as_ref()?.sequence));
        numbers
            .min()
            .is_none_or(|oldest| self.sequence - oldest + 1 < REMEMBERED_BATCHES)
    }

    pub(super) fn paused_until(&self) -> Option<Instant> {
        self.paused_until
    }

    /// Sends nothing before `time`.
    pub(super) fn pause(&mut self, time: Instant) {
        self.paused_until = Some(self.paused_until.map_or(time, |until| until.max(time)));
    }

    pub(super) fn resume(&mut self) {
        self.paused_until = None;
    }

    pub(super) fn accept(&mut self, submission: Submission) {
        self.accepted += 1;
        self.waiting.push_back(submission);
    }

    /// Answers when all that was accepted so far is settled.
    pub(super) fn flush(&mut self, reply: FlushReply) {
        self.flushes.push((self.accepted, reply));
        self.settle_flushes();
    }

    /// The next batch to send, which is from now on under way.
    pub(super) fn next_batch(&mut self) -> Option<&Batch> {
        let batch = self.again.pop_front().or_else(|| self.pack())?;
        self.in_flight.push_back(batch);
        self.in_flight.back()
    }

    /// Makes a batch of what waits: as many whole submissions as fit, and at least one.
    fn pack(&mut self) -> Option<Batch> {
        let max_messages = self.options.batch_messages.clamp(1, MAX_BATCH_MESSAGES);
        let max_bytes = self.options.batch_bytes.clamp(1, MAX_BATCH_BYTES);
        let (mut messages, mut bytes, mut count) = (0, 0, 0);
        for submission in &self.waiting {
            messages += submission.message_count as usize;
            bytes += submission.encoded.len();
            if count > 0 && (messages > max_messages || bytes > max_bytes) {
                break;
            }
            count += 1;
        }
        if count == 0 {
            return None;
        }
        let id = self.taken;
        self.taken += count as u64;
        self.sequence += 1;
        let producer = self.producer.clone().map(|producer_id| ProducerSequence {
            producer_id,
            sequence: self.sequence,
        });
        Some(Batch::of(id, producer, self.waiting.drain(..count)))
    }

    /// Takes the answer to a batch under way. `is_for_now` says which refusals are tried again.
    pub(super) fn answer(
        &mut self,
        result: PublishResult,
        is_for_now: impl Fn(&Error) -> bool,
    ) -> Answered {
        let place = self
            .in_flight
            .iter()
            .position(|batch| batch.id == result.batch_id);
        let Some(batch) = place.and_then(|place| self.in_flight.remove(place)) else {
            return Answered::Unasked;
        };
        let charge = batch.charge;
        match result.error.clone().map(Error::from_item) {
            None => {
                if let Err(error) = batch.confirm(result) {
                    self.first_failure.get_or_insert(error);
                }
            }
            Some(error) if is_for_now(&error) => {
                self.again.push_back(batch);
                return Answered::ForNow(error);
            }
            Some(error) => {
                batch.fail(&error);
                self.first_failure.get_or_insert(error);
            }
        }
        self.settle_flushes();
        Answered::Settled(charge)
    }

    /// The stream was lost: what was under way is to be sent again, before everything else.
    pub(super) fn send_again(&mut self) {
        while let Some(batch) = self.in_flight.pop_back() {
            self.again.push_front(batch);
        }
    }

    /// The stream was lost: nobody knows what became of what was under way. Returns the memory
    /// freed.
    pub(super) fn forget_in_flight(&mut self, cause: &Error) -> Cost {
        if self.in_flight.is_empty() {
            return Cost::default();
        }
        let error = Error::outcome_unknown(cause);
        let batches = std::mem::take(&mut self.in_flight);
        self.fail_batches(batches, &error)
    }

    /// Nothing more will be sent: all that was not under way was certainly not stored.
    pub(super) fn fail_unsent(&mut self, error: &Error) -> Cost {
        let mut batches = std::mem::take(&mut self.again);
        while let Some(batch) = self.pack() {
            batches.push_back(batch);
        }
        self.fail_batches(batches, error)
    }

    fn fail_batches(&mut self, batches: VecDeque<Batch>, error: &Error) -> Cost {
        let mut freed = Cost::default();
        for batch in batches {
            freed.messages += batch.charge.messages;
            freed.bytes += batch.charge.bytes;
            batch.fail(error);
            self.first_failure.get_or_insert_with(|| error.clone());
        }
        self.settle_flushes();
        freed
    }

    /// Answers the flushes that have nothing unsettled before them, with the first failure since
    /// the last.
    fn settle_flushes(&mut self) {
        if self.flushes.is_empty() {
            return;
        }
        let batches = self
            .in_flight
            .iter()
            .chain(&self.again)
            .map(|batch| batch.id)
            .min();
        let waiting = (!self.waiting.is_empty()).then_some(self.taken);
        let settled = batches.into_iter().chain(waiting).min().unwrap_or(u64::MAX);
        let failure = &mut self.first_failure;
        for (_, reply) in self.flushes.extract_if(.., |(until, _)| *until <= settled) {
            // Who dropped the flush does not want to know.
            drop(reply.send(failure.take().map_or(Ok(()), Err)));
        }
    }
}

/// An id that no other publisher has.
fn random_id() -> Bytes {
    Bytes::copy_from_slice(&SmallRng::from_os_rng().random::<[u8; 16]>())
}
