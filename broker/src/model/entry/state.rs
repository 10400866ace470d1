//! Restated objects: what an object is at a position, so that older entries about it may go.
//!
//! An object is the broker itself, a topic, a subscription, or a page of a subscription. A later entry of the same
//! object replaces all that earlier ones said of it.

use super::record::{SubscriptionRecord, TopicRecord};
use crate::model::{
    Epoch, Fingerprint, Incarnation, LeaseSerial, Offset, OffsetRange, OperationId, Partition,
    Position, SubscriptionId, Time, TopicId,
};

/// What the broker itself must remember.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct BrokerState {
    /// The next topic's id.
    pub next_topic: TopicId,
    /// The next subscription's id.
    pub next_subscription: SubscriptionId,
    /// The next operation's id.
    pub next_operation: OperationId,
    /// The newest incarnation.
    pub incarnation: Incarnation,
    /// Deleted topics whose bytes may still be in a segment, with the position of their deletion.
    pub tombstones: Vec<(TopicId, Position)>,
}

/// A topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicState {
    /// What it is.
    pub record: TopicRecord,
    /// Its partitions, in order.
    pub partitions: Vec<PartitionState>,
}

/// A partition of a topic.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct PartitionState {
    /// The low watermark: the first offset still stored.
    pub low: Offset,
    /// The next offset to be given.
    pub next: Offset,
    /// Bytes of all messages ever published to it.
    pub published_bytes: u64,
}

/// A subscription without its pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionState {
    /// What it is.
    pub record: SubscriptionRecord,
    /// Its cursor on each partition, in order.
    pub partitions: Vec<PartitionCursor>,
}

/// A subscription on one partition without its pages.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct PartitionCursor {
    /// The seek epoch.
    pub epoch: Epoch,
    /// The first offset that belongs to the subscription in this epoch.
    pub start: Offset,
    /// The committed offset: everything below it is finished.
    pub floor: Offset,
    /// Pages above the floor that are finished as a whole, as ranges of page numbers (start, end), in order, disjoint.
    pub finished_pages: Vec<(u64, u64)>,
    /// Messages acknowledged in this epoch.
    pub acked: u64,
    /// Messages dropped in this epoch, by [`super::DropCause::index`].
    pub dropped: [u64; 7],
}

/// A page: 4,096 consecutive offsets of a subscription on a partition of which something is to be said.
#[derive(Debug, Clone, PartialEq)]
pub struct PageState {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The partition.
    pub partition: Partition,
    /// The seek epoch.
    pub epoch: Epoch,
    /// The number of the page: offset / 4,096.
    pub page: u64,
    /// The finished messages, in order, disjoint.
    pub finished: Vec<OffsetRange>,
    /// The messages with a history, in order of offset.
    pub records: Vec<(Offset, Record)>,
    /// The leases held, in order of offset.
    pub outstanding: Vec<OutstandingLease>,
    /// Messages that had died and were requeued, finished or not, in order, disjoint.
    pub requeued: Vec<OffsetRange>,
}

/// The durable memory of a message that has failed before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// Ready or leased, after failed attempts.
    Tried {
        /// Attempts failed.
        attempts: u32,
        /// When the first failed.
        first_failure: Time,
    },
    /// In backoff.
    Waiting {
        /// Attempts failed, at least 1.
        attempts: u32,
        /// When the first failed.
        first_failure: Time,
        /// When it is ready again.
        until: Time,
    },
    /// Dead.
    Dead(DeadRecord),
    /// Dead, and its key goes on without it.
    Passed(DeadRecord),
}

/// Why and when a message died, in 40 bytes; the words are in the entry at `text`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeadRecord {
    /// When the first attempt failed.
    pub first_failure: Time,
    /// When the last attempt failed.
    pub last_failure: Time,
    /// The position of the `Failed` entry that holds class, reason and consumer.
    pub text: Position,
    /// Attempts failed.
    pub attempts: u32,
    /// The hash of the class.
    pub group: u32,
    /// What tells its failure from others; `None` if an older release recorded it and nobody has looked since.
    pub fingerprint: Option<Fingerprint>,
}

/// A lease as recovery must know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutstandingLease {
    /// The messages.
    pub range: OffsetRange,
    /// Which try it is, from 1.
    pub attempt: u32,
    /// The number of the grant.
    pub serial: LeaseSerial,
    /// The incarnation that granted it.
    pub incarnation: Incarnation,
    /// The name of the consumer.
    pub consumer: String,
}
