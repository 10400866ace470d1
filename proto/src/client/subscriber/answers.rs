//! What handles have said and the stream has not sent yet, merged to ranges as it comes.
//!
//! Handles speak at any time and from any thread and never wait; the stream takes everything that
//! is there when the transport has room. What is kept is bounded by the allowance: a message is
//! answered once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::confirmations::{Confirmation, Confirmations};
use super::ranges;
use crate::v1::{NackOptions, SequenceRange, StreamExtend, StreamNack};

/// What was said of messages of one stream.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) acks: Vec<SequenceRange>,
    pub(super) nacks: Vec<StreamNack>,
    pub(super) extends: Vec<StreamExtend>,
}

impl Said {
    pub(super) fn is_empty(&self) -> bool {
        self.acks.is_empty() && self.nacks.is_empty() && self.extends.is_empty()
    }
}

/// Shared by one stream and the handles of its messages.
#[derive(Debug)]
pub(super) struct Answers {
    /// `None` when the stream has ended: its leases have ended with it.
    said: Mutex<Option<Said>>,
    wake: Notify,
    counters: Arc<Counts>,
    confirmations: Confirmations,
}

impl Answers {
    pub(super) fn new(counters: Arc<Counts>, confirm_acks: bool) -> Self {
        Self {
            said: Mutex::new(Some(Said::default())),
            wake: Notify::new(),
            counters,
            confirmations: Confirmations::new(confirm_acks),
        }
    }

    /// The broker has told what became of acks and other answers.
    pub(super) fn note(&self, confirmed: &[SequenceRange], stale: &[SequenceRange]) {
        for range in confirmed {
            self.counters.add_confirmed(*range);
            self.confirmations.confirm(*range);
        }
        for range in stale {
            self.counters.add_stale(*range);
            self.confirmations.refuse(*range);
        }
    }

    /// Acknowledges a message; what it gives comes when that is durable.
    pub(super) fn ack_confirmed(&self, sequence: u64) -> Confirmation {
        let confirmation = self.confirmations.wait(sequence);
        self.ack(ranges::single(sequence));
        confirmation
    }

    /// Nothing more comes on the stream.
    pub(super) fn end(&self) {
        self.confirmations.end();
    }

    pub(super) fn ack(&self, range: SequenceRange) {
        self.say(range, |said| ranges::push(&mut said.acks, range));
    }

    pub(super) fn nack(&self, range: SequenceRange, options: NackOptions) {
        self.say(range, |said| push_nack(&mut said.nacks, range, options));
    }

    /// A handle was dropped without an answer. After the end of the stream there is nothing to say.
    pub(super) fn forsake(&self, range: SequenceRange, options: NackOptions) {
        if self.is_open() {
            self.nack(range, options);
        }
    }

    pub(super) fn extend(&self, range: SequenceRange, ack_deadline: Duration) {
        let extend = StreamExtend {
            range: Some(range),
            ack_deadline: ack_deadline.try_into().ok(),
        };
        self.say(range, |said| said.extends.push(extend));
    }

    pub(super) fn is_open(&self) -> bool {
        self.lock().is_some()
    }

    /// Everything said since the last time.
    pub(super) fn take(&self) -> Said {
        self.lock().as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The stream ends: returns what is still to be sent, and later answers are stale.
    pub(super) fn close(&self) -> Said {
        self.lock().take().unwrap_or_default()
    }

    /// Ends when something was said since it last ended.
    pub(super) async fn changed(&self) {
        self.wake.notified().await;
    }

    fn say(&self, range: SequenceRange, say: impl FnOnce(&mut Said)) {
        match &mut *self.lock() {
            Some(said) => say(said),
            None => return self.counters.add_stale(range),
        }
        self.wake.notify_one();
    }

    /// A handle that panicked in its few lines here left nothing half done.
    fn lock(&self) -> MutexGuard<'_, Option<Said>> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds a nack; as one with the last of them if it follows it and says the same.
fn push_nack(nacks: &mut Vec<StreamNack>, range: SequenceRange, options: NackOptions) {
    if let Some(StreamNack {
        range: Some(last),
        options: Some(said),
    }) = nacks.last_mut()
        && last.last.checked_add(1) == Some(range.first)
        && *said == options
    {
        last.last = range.last;
        return;
    }
    nacks.push(StreamNack {
        range: Some(range),
        options: Some(options),
    });
}

/// What a subscriber has counted since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Messages received.
    pub received: u64,
    /// Answers that changed nothing, because the lease had ended: it had expired, or its stream was
    /// lost.
    pub stale: u64,
    /// How often a lost stream was opened again.
    pub reconnects: u64,
    /// Messages whose acks are durable; 0 without [`SubscribeOptions::confirm_acks`].
    ///
    /// [`SubscribeOptions::confirm_acks`]: super::SubscribeOptions::confirm_acks
    pub confirmed: u64,
}

/// The cells behind [`Counters`].
#[derive(Debug, Default)]
pub(super) struct Counts {
    received: AtomicU64,
    stale: AtomicU64,
    reconnects: AtomicU64,
    confirmed: AtomicU64,
}

impl Counts {
    pub(super) fn read(&self) -> Counters {
        Counters {
            received: self.received.load(Ordering::Relaxed),
            stale: self.stale.load(Ordering::Relaxed),
            reconnects: self.reconnects.load(Ordering::Relaxed),
            confirmed: self.confirmed.load(Ordering::Relaxed),
        }
    }

    pub(super) fn add_received(&self, count: u64) {
        self.received.fetch_add(count, Ordering::Relaxed);
    }

    pub(super) fn add_stale(&self, range: SequenceRange) {
        self.stale.fetch_add(count_of(range), Ordering::Relaxed);
    }

    pub(super) fn add_confirmed(&self, range: SequenceRange) {
        self.confirmed.fetch_add(count_of(range), Ordering::Relaxed);
    }

    pub(super) fn add_reconnect(&self) {
        self.reconnects.fetch_add(1, Ordering::Relaxed);
    }
}

fn count_of(range: SequenceRange) -> u64 {
    range.last.saturating_sub(range.first).saturating_add(1)
}
