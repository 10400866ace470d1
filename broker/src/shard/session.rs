//! A consumer's connection as the api holds it: deliveries come out, acks go in.
//!
//! Dropping a session says that the connection broke: each lease counts a failed attempt. `close`
//! ends it cleanly. Deliveries come in the order in which they were granted; a slow reader holds
//! its allowance and nothing more, since what waits for it is positions, not bytes.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::Handle;
use super::command::{Command, Saying, Subscribing};
use super::doorbell::Note;
use super::mailbox::{Letter, Mailbox};
use super::parcel::{DeliveredRun, Parcel};
use crate::core::{Allowance, Departure, Nack, SequenceRange};
use crate::model::settings::SubscriptionSettings;
use crate::model::{Client, ConsumerId, Name, Refusal, Span, SubscriptionId, TopicId};

/// Bytes of messages that one event brings at most, or one larger message: well below what a gRPC
/// client takes at a time.
const EVENT_BYTES: usize = 512 << 10;
/// Runs that one event brings at most.
const EVENT_RUNS: usize = 512;

/// How a consumer connects.
#[derive(Debug, Clone)]
pub struct Subscribe {
    /// The subscription.
    pub subscription: Name,
    /// The consumer's name as operators see it.
    pub name: String,
    /// Its address.
    pub peer: String,
    /// Its connection.
    pub client: Client,
    /// How much it may hold; in range already.
    pub allowance: Allowance,
    /// Whether it is told of acks that are durable.
    pub confirm_acks: bool,
}

/// What a consumer learns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionEvent {
    /// Messages, in order of sequence; never empty.
    Deliver(Vec<DeliveredRun>),
    /// Sequences whose ack, nack or extension changed nothing.
    Stale(Vec<SequenceRange>),
    /// Sequences whose acks are durable; only if the consumer asked for it.
    Confirmed(Vec<SequenceRange>),
    /// The broker has ended the connection. The last event.
    Ended(Refusal),
    /// After [`Session::leave`]: everything that the consumer said is durable. The last event.
    Closed,
}

/// A connected consumer.
#[derive(Debug)]
pub struct Session {
    /// Its number.
    pub consumer: ConsumerId,
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The subscription's topic.
    pub topic: TopicId,
    /// The name of the topic.
    pub topic_name: Name,
    /// The subscription's settings.
    pub settings: Arc<SubscriptionSettings>,
    handle: Handle,
    mailbox: Arc<Mailbox>,
    /// Taken out of the mailbox, bytes not yet read.
    opened: VecDeque<Parcel>,
    /// Read, not yet handed out.
    ready: VecDeque<DeliveredRun>,
    has_left: bool,
}

impl Handle {
    /// Connects a consumer.
    pub async fn subscribe(&self, subscribe: Subscribe) -> Result<Session, Refusal> {
        if let Some(refusal) = self.refuses_consumers() {
            return Err(refusal);
        }
        let (answer, answered) = oneshot::channel();
        let mailbox = Arc::new(Mailbox::new(
            self.shared.watermark.clone(),
            subscribe.confirm_acks,
        ));
        let subscribing = Subscribing {
            subscription: subscribe.subscription,
            name: subscribe.name,
            peer: subscribe.peer,
            client: subscribe.client,
            allowance: subscribe.allowance,
            mailbox: Arc::clone(&mailbox),
            answer,
        };
        self.send(Command::Subscribe(subscribing)).await?;
        let attached = answered.await.unwrap_or_else(|_gone| Err(self.gone()))?;
        Ok(Session {
            consumer: attached.consumer,
            subscription: attached.subscription,
            topic: attached.topic,
            topic_name: attached.topic_name,
            settings: attached.settings,
            handle: self.clone(),
            mailbox,
            opened: VecDeque::new(),
            ready: VecDeque::new(),
            has_left: false,
        })
    }

    /// A full disk does not keep consumers away: they are who makes room.
    pub(super) fn refuses_consumers(&self) -> Option<Refusal> {
        let refusal = self.shared.health.borrow().refusal()?;
        (refusal != Refusal::DiskFull).then_some(refusal)
    }
}

impl Session {
    /// The next event; waits for it. Safe to cancel: nothing is lost.
    pub async fn next(&mut self) -> SessionEvent {
        loop {
            if !self.ready.is_empty() {
                return SessionEvent::Deliver(self.hand_out());
            }
            if self.opened.is_empty() {
                match self.mailbox.next(EVENT_RUNS).await {
                    Letter::Parcels(parcels) => self.opened.extend(parcels),
                    Letter::Stale(ranges) => return SessionEvent::Stale(ranges),
                    Letter::Confirmed(ranges) => return SessionEvent::Confirmed(ranges),
                    Letter::Closed => return SessionEvent::Closed,
                    Letter::Ended(refusal) => {
                        self.has_left = true;
                        return SessionEvent::Ended(refusal);
                    }
                }
            }
            if let Err(refusal) = self.read().await {
                return self.give_up(refusal);
            }
        }
    }

    /// Gets the bytes of the first few deliveries taken out of the mailbox.
    async fn read(&mut self) -> Result<(), Refusal> {
        let bodies = self
            .handle
            .shared
            .bodies
            .open(self.opened.iter().map(Parcel::body))
            .await?;
        for body in bodies {
            if let Some(parcel) = self.opened.pop_front() {
                self.ready.extend(parcel.open(&body, EVENT_BYTES)?);
            }
        }
        Ok(())
    }

    fn hand_out(&mut self) -> Vec<DeliveredRun> {
        let mut weight = 0;
        let fits = self.ready.iter().take_while(|run| {
            let is_first = weight == 0;
            weight += run.messages.len() + 1;
            is_first || weight <= EVENT_BYTES
        });
        let count = fits.count();
        self.ready.drain(..count).collect()
    }

    /// A way to speak for the consumer from another task. Does not keep the session alive.
    pub fn feedback(&self) -> Feedback {
        Feedback {
            consumer: self.consumer,
            handle: self.handle.clone(),
        }
    }

    /// Ends the connection cleanly, after all that was said before: leases still held are released
    /// and count no attempt.
    pub async fn close(mut self) {
        self.leave_cleanly().await;
    }

    /// The same for a consumer that is told of acks that are durable: what it said before is
    /// confirmed yet, then comes [`SessionEvent::Closed`].
    pub async fn leave(&mut self) {
        self.opened.clear();
        self.ready.clear();
        self.leave_cleanly().await;
    }

    async fn leave_cleanly(&mut self) {
        let leave = Command::Leave(self.consumer, Departure::Clean);
        if self.handle.send(leave).await.is_ok() {
            self.has_left = true;
        }
    }

    /// Messages that cannot be read end the connection: the consumer must not miss them silently.
    fn give_up(&mut self, refusal: Refusal) -> SessionEvent {
        self.opened.clear();
        self.depart(Departure::Lost);
        SessionEvent::Ended(refusal)
    }

    fn depart(&mut self, how: Departure) {
        if !std::mem::replace(&mut self.has_left, true) {
            let departed = Note::Departed(self.consumer, how);
            self.handle.shared.doorbell.leave(departed);
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.depart(Departure::Lost);
    }
}

/// Speaks for a consumer; what it says is taken in order.
#[derive(Debug, Clone)]
pub struct Feedback {
    consumer: ConsumerId,
    handle: Handle,
}

impl Feedback {
    /// These messages are done.
    pub async fn ack(&self, ranges: Vec<SequenceRange>) -> Result<(), Refusal> {
        self.say(Saying::Acks(ranges)).await
    }

    /// These messages are given back.
    pub async fn nack(&self, nacks: Vec<(SequenceRange, Nack)>) -> Result<(), Refusal> {
        self.say(Saying::Nacks(nacks)).await
    }

    /// These messages are held for longer, counted from now.
    pub async fn extend(&self, extends: Vec<(SequenceRange, Span)>) -> Result<(), Refusal> {
        self.say(Saying::Extends(extends)).await
    }

    async fn say(&self, saying: Saying) -> Result<(), Refusal> {
        self.handle
            .send(Command::Feedback(self.consumer, saying))
            .await
    }
}
