//! What a Pull asks for, and its leases on their way to who asked.
//!
//! Leases that nobody took (the caller has gone) are given back and count no attempt.

use std::fmt;
use std::sync::Arc;

use super::doorbell::{Doorbell, Note};
use super::parcel::Parcel;
use crate::core::AckId;
use crate::model::{ConsumerId, Epoch, Incarnation, Name, Span, SubscriptionId, TopicId};

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

/// Leases on their way to who pulled; dropped on the way, they are given back.
pub(crate) struct Granted {
    pub(super) topic: TopicId,
    pub(super) subscription: SubscriptionId,
    pub(super) consumer: ConsumerId,
    pub(super) leases: Vec<Lease>,
    pub(super) doorbell: Arc<Doorbell>,
}

/// A run of leases.
#[derive(Debug, Clone)]
pub(crate) struct Lease {
    pub(super) parcel: Parcel,
    pub(super) epoch: Epoch,
    pub(super) incarnation: Incarnation,
}

impl Granted {
    /// The ack ids of a run of leases, in order.
    pub(super) fn ack_ids(&self, lease: &Lease) -> impl Iterator<Item = AckId> + use<> {
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
            self.doorbell.leave(untaken);
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
