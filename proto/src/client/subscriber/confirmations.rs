//! Who waits until an ack of one stream is durable.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tonic::Code;

use crate::client::error::Error;
use crate::v1::{ErrorReason, ItemError, SequenceRange};

type Waiting = BTreeMap<u64, oneshot::Sender<Result<(), Error>>>;

/// Those who wait, by sequence. Bounded by the allowance: each waits for the one answer to a
/// message.
#[derive(Debug)]
pub(super) struct Confirmations {
    /// Whether the broker was asked to confirm acks.
    is_on: bool,
    /// `None` when the stream has ended.
    waiting: Mutex<Option<Waiting>>,
}

/// What somebody waits for.
#[derive(Debug)]
pub(super) enum Confirmation {
    /// The stream was opened without it.
    Off,
    /// Comes, or never: the stream has ended.
    Coming(oneshot::Receiver<Result<(), Error>>),
}

impl Confirmations {
    pub(super) fn new(is_on: bool) -> Self {
        Self {
            is_on,
            waiting: Mutex::new(Some(Waiting::new())),
        }
    }

    /// Waits for the ack of a sequence; called before it is said.
    pub(super) fn wait(&self, sequence: u64) -> Confirmation {
        if !self.is_on {
            return Confirmation::Off;
        }
        let (sender, coming) = oneshot::channel();
        if let Some(waiting) = &mut *self.lock() {
            waiting.insert(sequence, sender);
        }
        Confirmation::Coming(coming)
    }

    /// These acks are durable.
    pub(super) fn confirm(&self, range: SequenceRange) {
        self.resolve(range, || Ok(()));
    }

    /// These acks changed nothing.
    pub(super) fn refuse(&self, range: SequenceRange) {
        self.resolve(range, || {
            let message = "the lease had ended before the ack: the message is delivered again";
            Err(Error::from_item(ItemError {
                code: Code::FailedPrecondition.into(),
                reason: ErrorReason::LeaseStale.into(),
                message: message.to_owned(),
                ..ItemError::default()
            }))
        });
    }

    /// The stream has ended: whoever waits learns that.
    pub(super) fn end(&self) {
        *self.lock() = None;
    }

    fn resolve(&self, range: SequenceRange, outcome: impl Fn() -> Result<(), Error>) {
        let mut guard = self.lock();
        let Some(waiting) = &mut *guard else { return };
        while let Some((&sequence, _)) = waiting.range(range.first..=range.last).next() {
            if let Some(waiter) = waiting.remove(&sequence) {
                // Whoever waited may have lost interest.
                drop(waiter.send(outcome()));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Confirmation {
    pub(super) async fn outcome(self) -> Result<(), Error> {
        match self {
            Self::Off => Err(Error::usage(
                "acks are confirmed only on a stream opened with `confirm_acks`".to_owned(),
            )),
            Self::Coming(coming) => coming.await.unwrap_or_else(|_ended| {
                let cause = Error::lost("the stream ended before the ack was confirmed");
                Err(Error::outcome_unknown(&cause))
            }),
        }
    }
}
