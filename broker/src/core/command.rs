//! What callers ask of the core, already parsed and in range where a type can say so.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::views::PeekPlace;
use crate::model::entry::Body;
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{
    Client, Fingerprint, MessageId, Name, Offset, Partition, Position, ProducerSequence, RequestId,
    Span, Time, TopicId,
};

/// Where a new subscription starts, or where one goes on.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub enum Start {
    /// With the next message published.
    #[default]
    Latest,
    /// With the oldest message still stored.
    Earliest,
    /// With the first message published at this time or later.
    Time(Time),
    /// At an offset of each partition that is named; the others of a new subscription start with the next message,
    /// those of one that is sought stay where they are.
    Offsets(Vec<(Partition, Offset)>),
}

/// A subscription that is to go on elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Seek<'a> {
    /// The subscription.
    pub subscription: &'a Name,
    /// Where.
    pub target: &'a Start,
}

/// Dead messages with what is to be published of them to the dead-letter topic.
#[derive(Debug, Clone)]
pub struct Forward<'a> {
    /// The subscription in which they died.
    pub subscription: &'a Name,
    /// The messages, each once, with the position of the failure that killed it.
    pub messages: Vec<(Partition, Offset, Position)>,
    /// The dead-letter topic.
    pub topic: TopicId,
    /// What is published there.
    pub batches: Vec<(Partition, Body)>,
}

/// A subscription to create.
#[derive(Debug, Clone)]
pub struct NewSubscription<'a> {
    /// Its name.
    pub name: Name,
    /// Its topic.
    pub topic: &'a Name,
    /// Its settings.
    pub settings: SubscriptionSettings,
    /// Where it starts.
    pub start: Start,
}

/// A request that its caller has named, so that a repeat of it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestKey {
    /// The name.
    pub id: RequestId,
    /// A hash of the method and all else that is asked.
    pub fingerprint: u64,
}

/// Topics and subscriptions as they are to be.
#[derive(Debug, Default, Clone)]
pub struct Declaration {
    /// The topics.
    pub topics: Vec<DeclaredTopic>,
    /// The subscriptions.
    pub subscriptions: Vec<DeclaredSubscription>,
}

/// A topic as it is to be.
#[derive(Debug, Clone)]
pub struct DeclaredTopic {
    /// Its name.
    pub name: Name,
    /// Its settings, the number of partitions aside.
    pub settings: TopicSettings,
    /// How many partitions; `None` leaves them, and means 1 for a new topic.
    pub partitions: Option<u32>,
    /// The state of the settings that this was decided on.
    pub etag: Option<String>,
}

/// A subscription as it is to be.
#[derive(Debug, Clone)]
pub struct DeclaredSubscription {
    /// Its name.
    pub name: Name,
    /// Its topic.
    pub topic: Name,
    /// Its settings; whether it is paused is left as it is.
    pub settings: SubscriptionSettings,
    /// The state of the settings that this was decided on.
    pub etag: Option<String>,
}

/// What is to be stored together or not at all.
#[derive(Debug)]
pub struct Publication {
    /// For each topic, of which none occurs twice: a batch for each partition that gets messages.
    pub parts: Vec<(TopicId, Vec<(Partition, Body)>)>,
    /// Which batch of which producer it is; the first topic remembers it.
    pub producer: Option<ProducerSequence>,
    /// Whether it is refused if one of the topics has no subscription.
    pub requires_subscription: bool,
}

impl Publication {
    /// Batches for one topic, and nothing else said of them.
    pub fn to(topic: TopicId, batches: Vec<(Partition, Body)>) -> Self {
        Self {
            parts: vec![(topic, batches)],
            producer: None,
            requires_subscription: false,
        }
    }

    /// Bytes of all bodies.
    pub fn bytes(&self) -> usize {
        self.batches().map(|(_, body)| body.bytes.len()).sum()
    }

    /// All batches.
    pub fn batches(&self) -> impl Iterator<Item = &(Partition, Body)> {
        self.parts.iter().flat_map(|(_, batches)| batches)
    }
}

/// How much a consumer may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Messages, 1 to 100,000.
    pub messages: u64,
    /// Bytes, 1 to 1 GiB; a larger message is handed out alone.
    pub bytes: u64,
}

/// A consumer that connects.
#[derive(Debug, Clone)]
pub struct Attach<'a> {
    /// The subscription.
    pub subscription: &'a Name,
    /// The consumer's name as operators see it.
    pub name: String,
    /// Its address.
    pub peer: String,
    /// Its connection.
    pub client: Client,
    /// How much it may hold.
    pub allowance: Allowance,
}

/// Messages asked for once.
#[derive(Debug, Clone)]
pub struct Pull<'a> {
    /// The subscription.
    pub subscription: &'a Name,
    /// The consumer's name as operators see it.
    pub name: String,
    /// Its address.
    pub peer: String,
    /// At most this many messages, 1 to 10,000.
    pub max_messages: u64,
    /// At most this many bytes, or one larger message.
    pub max_bytes: u64,
}

/// How a consumer leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// It said so: its leases are released and count no attempt.
    Clean,
    /// Its connection broke: each lease counts a failed attempt of class `consumer_lost`.
    Lost,
    /// An operator has ended its connection: the same.
    Disconnected,
    /// It did not read what was delivered to it: the same.
    TooSlow,
    /// The broker stops: its leases are released.
    Draining,
}

/// Sequences of a stream from `first` to `last`, both inclusive, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SequenceRange {
    /// The first.
    pub first: u64,
    /// The last, at least `first`.
    pub last: u64,
}

/// What becomes of a message that is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NackAction {
    /// Counts an attempt; waits this long (`None`: by the subscription's backoff) and is tried again, or dies.
    Retry(Option<Span>),
    /// Counts an attempt; dead now.
    Dead,
    /// Counts no attempt; ready now.
    Release,
}

/// How messages are given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nack {
    /// What becomes of them.
    pub action: NackAction,
    /// Why, in the consumer's words.
    pub reason: String,
    /// The kind of failure.
    pub class: String,
}

/// Whether an act only counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DryRun {
    /// It changes nothing.
    Yes,
    /// It acts.
    No,
}

/// What a purge drops.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum PurgeScope {
    /// Ready, waiting and scheduled messages.
    #[default]
    Backlog,
    /// Dead messages.
    Dead,
}

/// Messages to drop; leased ones stay.
#[derive(Debug, Clone, Copy)]
pub struct Purge<'a> {
    /// The subscription.
    pub subscription: &'a Name,
    /// Which of its messages.
    pub selection: &'a Selection,
    /// Of its backlog, or dead ones.
    pub scope: PurgeScope,
}

/// Which messages an act is for: all that is set must hold, and something must be set.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Every message.
    pub all: bool,
    /// Only these, if any are named.
    pub message_ids: Vec<MessageId>,
    /// Only those published (dead ones: died) longer ago than this.
    pub older_than: Option<Span>,
    /// All but the newest this many of each partition.
    pub keep_newest: Option<u64>,
    /// Only dead messages of this class of failure.
    pub error_class: Option<String>,
    /// Only dead messages of one of these groups, if any are named.
    pub fingerprints: BTreeSet<Fingerprint>,
    /// Only messages with this hash of an ordering key. For plans only.
    pub key: Option<u64>,
    /// Only messages for which this filter is true. For plans only.
    pub filter: Option<Arc<str>>,
    /// Only dead messages that were not requeued before. For plans only.
    pub skips_requeued: bool,
}

/// A look at a subscription's messages, the oldest first.
#[derive(Debug, Clone, Copy)]
pub struct PeekSubscription<'a> {
    /// The subscription.
    pub subscription: &'a Name,
    /// Only messages in one of these states; empty: every unfinished state.
    pub states: &'a [super::views::State],
    /// Only dead messages of this group.
    pub fingerprint: Option<Fingerprint>,
    /// Only messages after this place.
    pub after: Option<PeekPlace>,
    /// At most this many, 1 to 1,000.
    pub limit: usize,
}

/// A look at a topic's stored messages, the newest first.
#[derive(Debug, Clone, Copy)]
pub struct PeekTopic<'a> {
    /// The topic.
    pub topic: &'a Name,
    /// Only messages before this place.
    pub before: Option<PeekPlace>,
    /// At most this many, 1 to 1,000.
    pub limit: usize,
}
