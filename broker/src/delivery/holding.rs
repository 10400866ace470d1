//! The values of the ranges a machine keeps: a lease, a wait, a turn to be handed out again.

use std::sync::Arc;

use super::spans::Indexed;
use crate::model::{ConsumerId, Incarnation, LeaseSerial, Mono, OffsetRange};

/// The exclusive right of a consumer to a range until a deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) attempt: u32,
    pub(super) serial: LeaseSerial,
    pub(super) incarnation: Incarnation,
    /// None if an earlier incarnation granted it.
    pub(super) consumer: Option<ConsumerId>,
    pub(super) name: Arc<str>,
    pub(super) deadline: Mono,
    /// When it was granted; says nothing if an earlier incarnation did.
    pub(super) since: Mono,
}

impl Indexed for Lease {
    fn deadline(&self) -> Option<Mono> {
        Some(self.deadline)
    }

    fn holder(&self) -> Option<ConsumerId> {
        self.consumer
    }
}

/// A backoff: until when, on the clock that never jumps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wait(pub(super) Mono);

impl Indexed for Wait {
    fn deadline(&self) -> Option<Mono> {
        Some(self.0)
    }
}

/// Ready to be handed out again: how many attempts have failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Again(pub(super) u32);

impl Indexed for Again {}

/// A lease as others see it: that it is past its deadline, or that its consumer left it behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    /// The consumer; none if an earlier incarnation granted it.
    pub consumer: Option<ConsumerId>,
    /// The consumer's name.
    pub consumer_name: Arc<str>,
    /// The messages.
    pub range: OffsetRange,
    /// Which try it was, from 1.
    pub attempt: u32,
    /// The number of the grant.
    pub serial: LeaseSerial,
    /// The incarnation that granted it.
    pub incarnation: Incarnation,
}

impl Expired {
    pub(super) fn of((range, lease): (OffsetRange, &Lease)) -> Self {
        Self {
            consumer: lease.consumer,
            consumer_name: Arc::clone(&lease.name),
            range,
            attempt: lease.attempt,
            serial: lease.serial,
            incarnation: lease.incarnation,
        }
    }
}
