//! The entries, as the core writes and applies them.

use super::audited::Audited;
use super::drop_cause::DropCause;
use super::filtered::Filtered;
use super::jumped::Jumped;
use super::operation::Operated;
use super::producer::{ProducerState, Sequenced};
use super::record::{SubscriptionRecord, TopicRecord};
use super::requested::Requested;
use super::scanned::Scanned;
use super::sought::Sought;
use super::state::{BrokerState, PageState, SubscriptionState, TopicState};
use super::unparked::Unparked;
use crate::model::{
    Epoch, Incarnation, LeaseSerial, Offset, OffsetRange, OperationId, Partition, SubscriptionId,
    Time, TopicId,
};

/// A durable change.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// The broker started; the first entry of an incarnation.
    Started(Incarnation),
    /// The broker stopped cleanly; no lease was held.
    Stopped(Incarnation),
    /// A topic was created.
    TopicCreated(TopicRecord),
    /// A topic was deleted with everything stored in it. Its subscriptions were deleted before.
    TopicDeleted(TopicId),
    /// A subscription was created.
    SubscriptionCreated {
        /// What it is.
        record: SubscriptionRecord,
        /// The first offset of each partition that belongs to it.
        starts: Vec<Offset>,
    },
    /// A subscription was deleted with its backlog and dead messages.
    SubscriptionDeleted(SubscriptionId),
    /// A batch was published; its body holds the messages.
    Published(Published),
    /// Leases were granted.
    Delivered(Delivered),
    /// Messages were acknowledged.
    Acked(Acked),
    /// Attempts failed.
    Failed(Failed),
    /// Leases ended without counting an attempt.
    Released(Released),
    /// Dead messages became ready again.
    Requeued(Requeued),
    /// Messages were dropped.
    Dropped(Dropped),
    /// Messages that nobody needs any more are gone from a partition.
    Trimmed(Trimmed),
    /// The broker's own state, restated.
    BrokerState(BrokerState),
    /// A topic, restated.
    TopicState(TopicState),
    /// A subscription, restated.
    SubscriptionState(SubscriptionState),
    /// A page of a subscription on a partition, restated.
    PageState(PageState),
    /// A topic's settings were changed.
    TopicUpdated(TopicRecord),
    /// A subscription's settings were changed, or it was paused or resumed.
    SubscriptionUpdated(SubscriptionRecord),
    /// A subscription goes on from elsewhere.
    Sought(Sought),
    /// A request that its caller had named by an id was done.
    Requested(Requested),
    /// A key goes on without its dead messages.
    Unparked(Unparked),
    /// A batch of a producer was stored.
    Sequenced(Sequenced),
    /// A producer, restated.
    ProducerState(ProducerState),
    /// Offsets were skipped after an unclean start.
    Jumped(Jumped),
    /// Filters left messages of a batch out.
    Filtered(Filtered),
    /// Older messages went through a filter.
    Scanned(Scanned),
    /// Something about an operation.
    Operated(Operated),
    /// An administrative act, for the record.
    Audited(Audited),
}

/// A batch of messages with consecutive offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// The topic.
    pub topic: TopicId,
    /// The partition.
    pub partition: Partition,
    /// The offset of the first message.
    pub base: Offset,
    /// How many messages, at least 1.
    pub count: u32,
    /// When they were accepted.
    pub time: Time,
}

/// Leases granted to one consumer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The partition.
    pub partition: Partition,
    /// The seek epoch.
    pub epoch: Epoch,
    /// The incarnation that granted them.
    pub incarnation: Incarnation,
    /// The name of the consumer.
    pub consumer: String,
    /// What was granted.
    pub grants: Vec<Grant>,
}

/// Consecutive messages leased together with the same attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// The messages.
    pub range: OffsetRange,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// The number of the grant.
    pub serial: LeaseSerial,
}

/// Messages acknowledged. Each was unfinished before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acked {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The partition.
    pub partition: Partition,
    /// The messages, in order, disjoint.
    pub ranges: Vec<OffsetRange>,
}

/// Attempts that failed, with what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The partition.
    pub partition: Partition,
    /// When they failed.
    pub time: Time,
    /// The name of the consumer that had them.
    pub consumer: String,
    /// The kind of failure: the consumer's word, or `lease_expired`, `consumer_lost`.
    pub class: String,
    /// Why, in the consumer's words; may be empty.
    pub reason: String,
    /// A stable hash of `class`, by which dead messages are grouped.
    pub group: u32,
    /// The messages.
    pub failures: Vec<Failure>,
}

/// One or more messages whose attempt failed with the same outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// The messages.
    pub range: OffsetRange,
    /// How many attempts have failed by now, at least 1.
    pub attempts: u32,
    /// What follows.
    pub outcome: Outcome,
}

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is ready again from this time on.
    Waiting(Time),
    /// It is dead.
    Dead,
}

/// Leases that ended without counting an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The partition.
    pub partition: Partition,
    /// The messages, in order, disjoint.
    pub ranges: Vec<OffsetRange>,
}

/// Dead messages that became ready again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requeued {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The partition.
    pub partition: Partition,
    /// The act.
    pub operation: OperationId,
    /// The messages, in order, disjoint; each was dead.
    pub ranges: Vec<OffsetRange>,
    /// Whether their attempts go on counting; otherwise they start again at 0.
    pub keeps_attempts: bool,
}

/// Messages dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The partition.
    pub partition: Partition,
    /// Why.
    pub cause: DropCause,
    /// The act; 0 if the broker did it by a rule.
    pub operation: OperationId,
    /// The messages, in order, disjoint; each was unfinished and not leased.
    pub ranges: Vec<OffsetRange>,
}

/// Messages gone from a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trimmed {
    /// The topic.
    pub topic: TopicId,
    /// The partition.
    pub partition: Partition,
    /// The new low watermark: the first offset still stored.
    pub low: Offset,
}
