//! What programs hold: a publisher, and the confirmations of what they published.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc, oneshot};

use super::batch::{self, Cost, PublishedBatch, Reply, Submission};
use super::limits;
use super::link::Link;
use super::options::PublisherOptions;
use super::pipeline::Pipeline;
use super::task::{Command, Task};
use crate::client::connection::Client;
use crate::client::error::Error;
use crate::client::message_id::MessageId;
use crate::v1::Message;

/// How many commands wait for the task.
const COMMANDS_WAITING: usize = 1024;

/// Publishes to one topic over one stream. Cheap to clone; clones share the stream.
///
/// What waits is sent at once, in batches that grow while earlier ones are under way. `publish`
/// waits only while too much is unconfirmed. Messages of one task are sent in its order. When the
/// last clone is dropped, what was published is still sent, but nobody waits for it: call
/// [`Publisher::close`].
///
/// A batch that the broker refuses with `BACKPRESSURE` is sent again after the delay it asks for; a
/// client that reconnects does the same for `DISK_FULL` and `DRAINING`. A lost stream is opened
/// again by a client that reconnects, and what was under way is sent again and stored once; see
/// [`PublisherOptions::deduplicate`].
#[derive(Debug, Clone)]
pub struct Publisher {
    commands: mpsc::Sender<Command>,
    budget: Arc<Budget>,
    ended: Arc<OnceLock<Error>>,
}

impl Publisher {
    /// Opens a publisher to `topic`. Returns at once; whether the topic exists is known with the
    /// first confirmation. Must be called within a tokio runtime.
    pub fn open(client: &Client, topic: impl Into<String>, options: PublisherOptions) -> Self {
        let (sender, commands) = mpsc::channel(COMMANDS_WAITING);
        let ended = Arc::new(OnceLock::new());
        let budget = Arc::new(Budget::new(Cost {
            messages: options.unconfirmed_messages.max(1),
            bytes: options.unconfirmed_bytes.max(1),
        }));
        let client = client.for_stream();
        let task = Task {
            client: client.clone(),
            commands,
            link: Link::open(client.clone(), topic.into(), options.require_subscription),
            budget: budget.clone(),
            ended: ended.clone(),
            resend: options.resend || options.deduplicate,
            reopening: client.options().backoff.delays(),
            retrying: client.options().backoff.delays(),
            is_closing: false,
            pipeline: Pipeline::new(options),
        };
        drop(tokio::spawn(task.run()));
        Self {
            commands: sender,
            budget,
            ended,
        }
    }

    /// Publishes one message. Returns when there is room for it; the confirmation says when it is
    /// durable. A message above the limits is refused here.
    pub async fn publish(&self, message: Message) -> Result<Confirmation, Error> {
        limits::check_message(&message)?;
        let (sender, answer) = oneshot::channel();
        let encoded = batch::encode_one(&message);
        drop(message);
        self.submit(encoded, 1, Reply::Single(sender)).await?;
        Ok(Confirmation { answer })
    }

    /// Publishes 1 to 10,000 messages, 16 MiB at most, that are stored together or not at all.
    /// Returns when there is room for them; the confirmation says when they are durable.
    pub async fn publish_batch(&self, messages: Vec<Message>) -> Result<BatchConfirmation, Error> {
        let bytes = limits::check_batch(&messages)?;
        let (sender, answer) = oneshot::channel();
        let encoded = batch::encode_all(&messages, bytes);
        let message_count = u32::try_from(messages.len()).unwrap_or(u32::MAX);
        drop(messages);
        self.submit(encoded, message_count, Reply::Batch(sender))
            .await?;
        Ok(BatchConfirmation { answer })
    }

    /// Waits until everything published before is settled. Fails with the first failure since the
    /// last flush, so that confirmations may be dropped.
    pub async fn flush(&self) -> Result<(), Error> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Flush(reply)).await?;
        answer.await.unwrap_or_else(|_| Err(self.end()))
    }

    /// Flushes and ends the stream; further publishes, of clones too, fail. Waits as long as the
    /// broker is away if the client reconnects.
    pub async fn close(self) -> Result<(), Error> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Close(reply)).await?;
        answer.await.unwrap_or_else(|_| Err(self.end()))
    }

    /// May be dropped while it waits: what it took from the budget then goes back.
    async fn submit(&self, encoded: Bytes, message_count: u32, reply: Reply) -> Result<(), Error> {
        let cost = Cost {
            messages: message_count as usize,
            bytes: encoded.len(),
        };
        let (charge, permits) = self.budget.take(cost).await.ok_or_else(|| self.end())?;
        let submission = Submission {
            encoded,
            message_count,
            charge,
            reply,
        };
        self.send(Command::Publish(submission)).await?;
        permits.into_iter().for_each(SemaphorePermit::forget);
        Ok(())
    }

    async fn send(&self, command: Command) -> Result<(), Error> {
        self.commands
            .send(command)
            .await
            .map_err(|_closed| self.end())
    }

    fn end(&self) -> Error {
        self.ended
            .get()
            .cloned()
            .unwrap_or_else(|| Error::closed("publisher"))
    }
}

/// The answer to one published message: a future of its id, once it is durable. Dropping it drops
/// the answer, not the message.
#[derive(Debug)]
#[must_use = "a message is stored only when its confirmation says so"]
pub struct Confirmation {
    answer: oneshot::Receiver<Result<MessageId, Error>>,
}

impl Future for Confirmation {
    type Output = Result<MessageId, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.answer).poll(context).map(flatten)
    }
}

/// The answer to a batch: a future of its messages' places, once they are durable.
#[derive(Debug)]
#[must_use = "a batch is stored only when its confirmation says so"]
pub struct BatchConfirmation {
    answer: oneshot::Receiver<Result<PublishedBatch, Error>>,
}

impl Future for BatchConfirmation {
    type Output = Result<PublishedBatch, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.answer).poll(context).map(flatten)
    }
}

/// A task that vanished with its runtime answered nobody.
fn flatten<T>(answer: Result<Result<T, Error>, oneshot::error::RecvError>) -> Result<T, Error> {
    answer.unwrap_or_else(|_vanished| Err(Error::closed("publisher")))
}

/// How much a publisher may hold unconfirmed.
#[derive(Debug)]
pub(super) struct Budget {
    limit: Cost,
    messages: Semaphore,
    bytes: Semaphore,
}

impl Budget {
    fn new(limit: Cost) -> Self {
        let limit = Cost {
            messages: limit.messages.min(MOST_PERMITS),
            bytes: limit.bytes.min(MOST_PERMITS),
        };
        Self {
            limit,
            messages: Semaphore::new(limit.messages),
            bytes: Semaphore::new(limit.bytes),
        }
    }

    /// Waits for room and returns what was charged; `None` when the publisher has ended.
    async fn take(&self, cost: Cost) -> Option<(Cost, [SemaphorePermit<'_>; 2])> {
        let charge = self.capped(cost);
        let messages = self
            .messages
            .acquire_many(permits_of(charge.messages))
            .await
            .ok()?;
        let bytes = self
            .bytes
            .acquire_many(permits_of(charge.bytes))
            .await
            .ok()?;
        Some((charge, [messages, bytes]))
    }

    /// What is larger than all there is takes all there is.
    fn capped(&self, cost: Cost) -> Cost {
        Cost {
            messages: cost.messages.min(self.limit.messages),
            bytes: cost.bytes.min(self.limit.bytes),
        }
    }

    pub(super) fn give_back(&self, cost: Cost) {
        self.messages.add_permits(cost.messages);
        self.bytes.add_permits(cost.bytes);
    }

    pub(super) fn close(&self) {
        self.messages.close();
        self.bytes.close();
    }
}

/// More than any budget needs, and no more than one `acquire_many` can ask for.
const MOST_PERMITS: usize = 1 << 28;

fn permits_of(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
