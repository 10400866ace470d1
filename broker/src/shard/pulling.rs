//! Pull: messages leased once, with or without waiting for the first.
//!
//! Leases that nobody took (the caller has gone) are given back and count no attempt.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::Handle;
use super::command::{Answer, Command};
use super::doorbell::Note;
use super::handle::Shared;
use super::mailbox::Parcel;
use crate::core::AckId;
use crate::model::{
    ConsumerId, Epoch, Incarnation, Name, Refusal, Span, SubscriptionId, Time, TopicId,
};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct PullRequest {
    /// The subscription.
    pub subscription: Name,
    /// The consumer's name as operators see it.
    pub name: String,
    /// Its address.
    pub peer: String,
    /// At most this many messages, 1 to 10,000.
    pub max_messages: u64,
    /// At most this many bytes of messages, or one larger message.
    pub max_bytes: u64,
    /// How long to wait for the first one.
    pub wait: Span,
}

/// A pull on its way to the owner.
pub(crate) struct PullOrder {
    pub(super) request: PullRequest,
    pub(super) answer: Answer<Granted>,
}

/// Messages leased by a pull; may be none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulledBatch {
    /// The topic, for message ids.
    pub topic: TopicId,
    /// The messages.
    pub messages: Vec<PulledMessage>,
}

/// One leased message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulledMessage {
    /// Its lease; says partition, offset and attempt, too.
    pub ack: AckId,
    /// When it was published.
    pub time: Time,
    /// The encoded `Message`.
    pub message: Bytes,
}

/// Leases on their way to who pulled; dropped on the way, they are given back.
pub(crate) struct Granted {
    pub(super) topic: TopicId,
    pub(super) subscription: SubscriptionId,
    pub(super) consumer: ConsumerId,
    pub(super) leases: Vec<Lease>,
    pub(super) shared: Arc<Shared>,
}

/// A run of leases.
#[derive(Debug, Clone)]
pub(crate) struct Lease {
    pub(super) parcel: Parcel,
    pub(super) epoch: Epoch,
    pub(super) incarnation: Incarnation,
}

impl Granted {
    fn ack_ids(&self, lease: &Lease) -> impl Iterator<Item = AckId> + use<> {
        let run = lease.parcel.run;
        let first = AckId {
            subscription: self.subscription,
            epoch: lease.epoch,
            incarnation: lease.incarnation,
            partition: lease.parcel.partition,
            offset: run.range.start,
            attempt: run.attempt,
            serial: run.serial,
        };
        let offsets = run.range.offsets();
        offsets.map(move |offset| AckId { offset, ..first })
    }
}

impl Drop for Granted {
    fn drop(&mut self) {
        if !self.leases.is_empty() {
            let untaken = Note::Untaken(self.subscription, self.consumer);
            self.shared.doorbell.leave(untaken);
        }
    }
}

impl fmt::Debug for Granted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Granted")
            .field("leases", &self.leases)
            .finish_non_exhaustive()
    }
}

impl Handle {
    /// Leases messages and returns them with their bytes.
    pub async fn pull(&self, request: PullRequest) -> Result<PulledBatch, Refusal> {
        if let Some(refusal) = self.refuses_consumers() {
            return Err(refusal);
        }
        let (answer, answered) = oneshot::channel();
        let order = PullOrder { request, answer };
        self.send(Command::Pull(order)).await?;
        let mut granted = answered.await.unwrap_or_else(|_gone| Err(self.gone()))?;
        let mut messages = Vec::new();
        let mut opened = 0;
        while opened < granted.leases.len() {
            let parcels = granted.leases.iter().skip(opened);
            let parcels = parcels.map(|lease| &lease.parcel);
            let bodies = self.shared.bodies.open(parcels).await?;
            for (lease, body) in granted.leases.iter().skip(opened).zip(&bodies) {
                let (columns, run) = (body.columns()?, lease.parcel.run);
                for ack in granted.ack_ids(lease) {
                    let index = ack.offset.0.saturating_sub(run.frame_base.0);
                    let index = usize::try_from(index).unwrap_or(usize::MAX);
                    let message = body.slice(columns.message(index))?;
                    let time = run.time;
                    messages.push(PulledMessage { ack, time, message });
                }
            }
            opened += bodies.len();
        }
        granted.leases.clear();
        let topic = granted.topic;
        Ok(PulledBatch { topic, messages })
    }
}
