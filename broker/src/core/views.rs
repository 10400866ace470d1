//! What callers see of the core: plain values, computed at the call.

use std::sync::Arc;

use super::counts::{ConsumerCounts, Meters, Standing};
use crate::delivery::Counts;
use crate::insight::Latency;
use crate::model::entry::{DeadRecord, StoredRun};
use crate::model::filter::Filters;
use crate::model::settings::{Durability, SubscriptionSettings, TopicSettings};
use crate::model::{
    ConsumerId, MessageId, Name, Offset, OperationId, Partition, Position, Span, SubscriptionId,
    Time, TopicId,
};

/// A place in a peek's order: time of publishing, then partition, then offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PeekPlace {
    /// When it was published.
    pub time: Time,
    /// The partition.
    pub partition: Partition,
    /// The offset.
    pub offset: Offset,
}

/// A topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicView {
    /// Its id.
    pub id: TopicId,
    /// Its name.
    pub name: Name,
    /// Its settings.
    pub settings: TopicSettings,
    /// When it was created.
    pub created: Time,
    /// When its settings were last changed.
    pub updated: Time,
    /// Names this state of its settings.
    pub etag: String,
    /// How many subscriptions it has.
    pub subscriptions: u32,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionView {
    /// Its id.
    pub id: SubscriptionId,
    /// Its name.
    pub name: Name,
    /// Its topic.
    pub topic: TopicId,
    /// The name of its topic.
    pub topic_name: Name,
    /// Its settings.
    pub settings: Arc<SubscriptionSettings>,
    /// When it was created.
    pub created: Time,
    /// When its settings were last changed.
    pub updated: Time,
    /// Names this state of its settings.
    pub etag: String,
}

/// In what the state differs from a declaration.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Differences {
    /// Topics, in the order of the declaration.
    pub topics: Vec<TopicDifference>,
    /// Subscriptions, in the order of the declaration.
    pub subscriptions: Vec<SubscriptionDifference>,
}

/// A topic that is not as declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicDifference {
    /// Its name.
    pub name: Name,
    /// What there was; `None` if it is created.
    pub before: Option<TopicView>,
    /// The settings it gets.
    pub settings: TopicSettings,
}

/// A subscription that is not as declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionDifference {
    /// Its name.
    pub name: Name,
    /// Its topic.
    pub topic: Name,
    /// What there was; `None` if it is created.
    pub before: Option<SubscriptionView>,
    /// The settings it gets.
    pub settings: SubscriptionSettings,
}

/// What was dropped with a deleted subscription, or with all of a deleted topic.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Deleted {
    /// Subscriptions deleted.
    pub subscriptions: u32,
    /// Messages of their backlogs: ready, leased and waiting.
    pub backlog: u64,
    /// Their dead messages.
    pub dead: u64,
}

/// What a publisher needs to make bodies for a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The topic.
    pub topic: TopicId,
    /// How many partitions it has.
    pub partitions: u32,
    /// What each batch goes through.
    pub filters: Arc<Filters>,
}

/// A subscription with dead messages that can be forwarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forwardable {
    /// The subscription.
    pub subscription: Name,
    /// The dead-letter topic.
    pub route: Route,
}

/// Where published messages are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Where the messages are, in order; those of one batch are in several places if some were stored before.
    pub runs: Vec<StoredRun>,
    /// They are stored when this position is durable.
    pub position: Position,
    /// If their topics are relaxed, since when: once that is durable, they count as stored when they are written.
    pub relaxed_since: Option<Position>,
    /// Whether they were stored before: the producer had sent them already.
    pub is_duplicate: bool,
}

/// A consumer that is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
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
}

/// A Pull that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// Its number: grants name it.
    pub consumer: ConsumerId,
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The subscription's topic.
    pub topic: TopicId,
    /// Whether grants for it are in the output already. If not it waits: the first dispatch that finds messages
    /// answers it, with one or more grants in the same output, and ends it; `cancel_pull` ends it without.
    pub is_granted: bool,
}

/// What an act on many messages did, or would do.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// The act; `None` in a dry run.
    pub operation: Option<OperationId>,
    /// How many messages the selection holds.
    pub selected: u64,
    /// How many were changed.
    pub affected: u64,
    /// How many of the selection were left, because they are leased.
    pub skipped: u64,
}

/// What a seek did, or would do, in messages.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Sought {
    /// Unfinished ones that are dropped as skipped, leased ones included.
    pub skipped: u64,
    /// Finished ones that are ready again.
    pub restored: u64,
    /// Leases that end.
    pub ended_leases: u64,
}

/// A message and where its bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageView {
    /// Its id.
    pub id: MessageId,
    /// When it was published.
    pub time: Time,
    /// Bytes of the encoded message.
    pub size: u32,
    /// The frame that holds it.
    pub position: Position,
    /// The offset of the frame's first message.
    pub frame_base: Offset,
    /// Its state in the subscription asked for, or in each of the topic's.
    pub states: Vec<StateView>,
}

/// What a message is for one subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateView {
    /// The subscription.
    pub subscription: Name,
    /// The state.
    pub state: State,
    /// Attempts failed.
    pub failed_attempts: u32,
    /// If it is leased: when the lease ends.
    pub lease_deadline: Option<Time>,
    /// If it is leased: the consumer.
    pub consumer: Option<String>,
    /// If it waits: when it is ready.
    pub retry_time: Option<Time>,
    /// If it is scheduled: when it is due.
    pub due_time: Option<Time>,
    /// If it is dead: why; class, reason and consumer are in the `Failed` entry at `text`.
    pub dead: Option<DeadRecord>,
}

/// A page of messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peeked {
    /// The messages.
    pub messages: Vec<MessageView>,
    /// Where the next page goes on; `None` at the end. A page may be short, even empty, and still have a next one.
    pub next: Option<PeekPlace>,
}

/// The numbers of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicCounts {
    /// Its id.
    pub id: TopicId,
    /// Its name.
    pub name: Name,
    /// Messages accepted since it was created.
    pub published: u64,
    /// Messages published since the broker started while it had no subscription.
    pub unrouted: u64,
    /// Messages stored now.
    pub stored: u64,
    /// Bytes of the messages stored now.
    pub stored_bytes: u64,
    /// How many partitions it has.
    pub partitions: u32,
    /// How many subscriptions it has.
    pub subscriptions: u32,
    /// When a publish to it is confirmed.
    pub durability: Durability,
}

/// The numbers of a subscription, all partitions together.
#[derive(Debug, Clone, PartialEq)]
pub struct SubscriptionCounts {
    /// Its id.
    pub id: SubscriptionId,
    /// Its name.
    pub name: Name,
    /// The name of its topic.
    pub topic: Name,
    /// Its settings.
    pub settings: Arc<SubscriptionSettings>,
    /// When a publish to its topic is confirmed.
    pub topic_durability: Durability,
    /// Its books.
    pub counts: Counts,
    /// By how much an independent recount was found to differ from the books, or `entered` differs from the sum of the
    /// states now.
    pub conservation_error: u64,
    /// Now minus the publish time of the oldest unfinished message that is due and not dead, or minus its due time if
    /// it was scheduled; `None` without a backlog.
    pub lag: Option<Span>,
    /// The same for ready messages only.
    pub oldest_ready: Option<Span>,
    /// Whether messages whose backoff is over wait for the retry budget.
    pub is_budget_spent: bool,
    /// Whether dead messages wait, since their dead-letter topic does not exist or has no subscription.
    pub are_dead_letters_held: bool,
    /// What it has done since the broker started.
    pub meters: Meters,
    /// What stands in its way.
    pub standing: Standing,
    /// From hand-out to ack; `None` while nothing was measured.
    pub handling: Option<Latency>,
    /// From when messages are due to their first hand-out; `None` while nothing was measured.
    pub queueing: Option<Latency>,
    /// Its connected consumers, in order of id.
    pub consumers: Vec<ConsumerCounts>,
}

/// One partition of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopicPartition {
    /// The offset of the oldest message that is stored.
    pub low: Offset,
    /// The offset that the next message gets.
    pub next: Offset,
    /// Bytes of the messages stored now.
    pub stored_bytes: u64,
}

/// One subscription on one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubscriptionPartition {
    /// Its books.
    pub counts: Counts,
    /// Since when the oldest message of its backlog could be handed out; `None` without a backlog.
    pub lag: Option<Span>,
    /// Everything before it is finished or dead.
    pub floor: Offset,
}

/// What a message is for a subscription, without the details.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Due later.
    Scheduled,
    /// Deliverable now.
    Ready,
    /// Delivered and not yet given back.
    Leased,
    /// In backoff.
    Waiting,
    /// Dead.
    Dead,
    /// Acknowledged or dropped.
    Finished,
}
