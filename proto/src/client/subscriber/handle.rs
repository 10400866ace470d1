//! What programs hold: a subscriber.

use std::sync::{Arc, OnceLock};

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::answers::{Counters, Counts};
use super::options::SubscribeOptions;
use super::received::{Received, ReceivedBatch};
use super::task::Task;
use crate::client::connection::Client;
use crate::client::error::Error;
use crate::client::subscriber::received::Arrived;

/// How many responses wait for the program. The allowance bounds them in messages and bytes.
const RESPONSES_WAITING: usize = 16;

/// Receives from one subscription over one stream.
///
/// The broker hands out messages within the allowance; each is held under a lease that is
/// lengthened until the message is answered (see [`SubscribeOptions::auto_extend`]). Answers on a
/// stream are not confirmed: after a crash of the broker the last of them may be lost and their
/// messages come again. Answers to leases that had ended change nothing and are counted
/// ([`Counters::stale`]).
///
/// A client that reconnects opens a lost stream again, for ever; what was held is then delivered
/// anew, and what lay unread is not given out. Dropping a subscriber closes it without waiting;
/// [`Subscriber::close`] waits until the broker has taken every answer. Either way leases still
/// held are released and count no attempt.
#[derive(Debug)]
pub struct Subscriber {
    arrived: mpsc::Receiver<Arrived>,
    current: Option<ReceivedBatch>,
    counts: Arc<Counts>,
    ended: Arc<OnceLock<Error>>,
    /// Dropped or used to close the stream.
    close: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<Result<(), Error>>>,
}

impl Subscriber {
    /// Subscribes and waits until the broker has taken the subscriber on; a client that reconnects
    /// waits as long as the broker is away. Must be called within a tokio runtime.
    pub async fn open(client: &Client, options: SubscribeOptions) -> Result<Self, Error> {
        let (sender, arrived) = mpsc::channel(RESPONSES_WAITING);
        let (close, closing) = oneshot::channel();
        let (ready, started) = oneshot::channel();
        let counts = Arc::new(Counts::default());
        let ended = Arc::new(OnceLock::new());
        let task = Task {
            client: client.for_stream(),
            options,
            arrived: sender,
            counts: counts.clone(),
            ended: ended.clone(),
            closing,
            ready: Some(ready),
            delays: client.options().backoff.delays(),
        };
        let task = Some(tokio::spawn(task.run()));
        let subscriber = Self {
            arrived,
            current: None,
            counts,
            ended,
            close: Some(close),
            task,
        };
        match started.await {
            Ok(()) => Ok(subscriber),
            Err(_ended) => Err(subscriber.end()),
        }
    }

    /// Waits for the next message. An error is final: further calls give the same.
    pub async fn next(&mut self) -> Result<Received, Error> {
        loop {
            if let Some(received) = self.current.as_mut().and_then(Iterator::next) {
                return Ok(received);
            }
            self.current = Some(self.next_batch().await?);
        }
    }

    /// Waits for the next messages, as they came together; what is left of a batch that
    /// [`Self::next`] has begun comes first. An error is final: further calls give the same.
    pub async fn next_batch(&mut self) -> Result<ReceivedBatch, Error> {
        if let Some(rest) = self.current.take().filter(|batch| !batch.is_empty()) {
            if rest.is_open() {
                return Ok(rest);
            }
            rest.forget();
        }
        loop {
            let arrived = self.arrived.recv().await.ok_or_else(|| self.end())?;
            // What came on a stream that is lost is delivered again: its leases have ended.
            if arrived.answers.is_open() {
                return Ok(arrived.into());
            }
        }
    }

    /// What was counted since the subscriber was opened.
    pub fn counters(&self) -> Counters {
        self.counts.read()
    }

    /// Sends every answer, ends the stream and waits until the broker has taken both. Leases still
    /// held are released and count no attempt; answers given later are stale.
    pub async fn close(mut self) -> Result<(), Error> {
        self.close = None;
        match self.task.take() {
            Some(task) => task.await.unwrap_or_else(|_vanished| Err(self.end())),
            None => Ok(()),
        }
    }

    fn end(&self) -> Error {
        self.ended
            .get()
            .cloned()
            .unwrap_or_else(|| Error::closed("subscriber"))
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        if let Some(batch) = self.current.take() {
            batch.forget();
        }
    }
}
