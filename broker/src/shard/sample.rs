//! The live numbers as they are published: plain values, taken between two commands.

use std::sync::Arc;

use crate::core::{
    DepartedConsumer, Distributions, KeptForUndo, SubscriptionCounts, SubscriptionPartition,
    TopicCounts, TopicPartition,
};
use crate::insight::advice::Load;
use crate::insight::top_keys::TopKey;
use crate::insight::verdict::Diagnosis;
use crate::insight::{Drain, DrainRange, WINDOWS};
use crate::model::{ConsumerId, Incarnation, Position, Span, Time};

use super::Health;

/// All numbers at one moment.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// The number of the sample since the broker started; a Watch counts by it what it missed. The
    /// one of a call is 0.
    pub number: u64,
    /// When it was taken.
    pub time: Time,
    /// The broker as a whole.
    pub broker: BrokerSample,
    /// The topics, in order of name.
    pub topics: Vec<Arc<TopicSample>>,
    /// The subscriptions, in order of name.
    pub subscriptions: Vec<Arc<SubscriptionSample>>,
}

/// The broker as a whole. Rates are over 10 s.
#[derive(Debug, Clone, Default)]
pub struct BrokerSample {
    /// How it is.
    pub health: Health,
    /// When the process began to serve.
    pub started: Time,
    /// How often it has started on its data directory.
    pub incarnation: Incarnation,
    /// Messages accepted per second, all topics.
    pub publish_rate: f64,
    /// Messages handed out per second, all subscriptions.
    pub deliver_rate: f64,
    /// Messages acknowledged per second, all subscriptions.
    pub ack_rate: f64,
    /// Sum of the subscriptions' backlogs.
    pub backlog: u64,
    /// Sum of their dead messages.
    pub dead: u64,
    /// Sum of their conservation errors.
    pub conservation_error: u64,
    /// How long nothing is destroyed by time yet, because the clock has jumped; `None` if it has not.
    pub suspended: Option<Span>,
    /// What is kept only so that operations can be undone.
    pub undo: KeptForUndo,
    /// How many topics there are.
    pub topics: u32,
    /// How many subscriptions.
    pub subscriptions: u32,
    /// How many connected consumers.
    pub consumers: u32,
    /// Everything up to here is durable.
    pub durable: Position,
    /// Bytes that the data directory takes.
    pub journal_bytes: u64,
    /// How long the newest sync took, in seconds; `None` before the first.
    pub sync_seconds: Option<f64>,
    /// Syncs since the start.
    pub syncs: u64,
    /// The process and its machine.
    pub host: HostSample,
}

/// The process and its machine; what was not measured is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct HostSample {
    /// Cores in use by the process.
    pub cpu_cores: Option<f64>,
    /// Resident memory of the process.
    pub rss_bytes: Option<u64>,
    /// Free bytes of the file system of the data directory.
    pub disk_free_bytes: Option<u64>,
    /// Size of that file system.
    pub disk_total_bytes: Option<u64>,
    /// Cores of the machine.
    pub host_cores: Option<u32>,
    /// Memory of the machine.
    pub host_memory_bytes: Option<u64>,
}

/// A topic.
#[derive(Debug, Clone, PartialEq)]
pub struct TopicSample {
    /// Its counts.
    pub counts: TopicCounts,
    /// Messages accepted per second over each window.
    pub publish_rates: [f64; WINDOWS],
    /// Its partitions; empty unless it was asked for.
    pub partitions: Vec<TopicPartition>,
    /// Its most frequent ordering keys, and how many messages with a key were counted; empty unless it was asked for.
    pub top_keys: (Vec<TopKey>, u64),
}

/// A subscription.
#[derive(Debug, Clone, PartialEq)]
pub struct SubscriptionSample {
    /// Its counts, its consumers included.
    pub counts: SubscriptionCounts,
    /// Its rates over each window.
    pub rates: [SubscriptionRates; WINDOWS],
    /// The rates of its consumers, in the order of `counts.consumers`.
    pub consumers: Vec<ConsumerRates>,
    /// What becomes of its backlog.
    pub drain: Drain,
    /// Between which times a backlog that shrinks ends.
    pub drain_range: Option<DrainRange>,
    /// What is going on; `None` until enough was seen.
    pub diagnosis: Option<Arc<Diagnosis>>,
    /// It on each partition; empty unless it was asked for.
    pub partitions: Vec<SubscriptionPartition>,
    /// What is told only to who names the subscription.
    pub details: Option<Box<SubscriptionDetails>>,
}

/// More of a subscription than its numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct SubscriptionDetails {
    /// How long things took; `None` if nothing was measured.
    pub distributions: Option<Distributions>,
    /// The consumers that left last, the newest first.
    pub departed: Vec<DepartedConsumer>,
    /// What it has to do, and who does it.
    pub load: Load,
}

/// Messages per second.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SubscriptionRates {
    /// Came in.
    pub publish: f64,
    /// Handed out, redeliveries included.
    pub deliver: f64,
    /// Handed out again.
    pub redeliver: f64,
    /// Acknowledged.
    pub ack: f64,
    /// Attempts failed.
    pub fail: f64,
    /// Died.
    pub dead: f64,
}

/// A consumer's rates over 10 s, in messages per second.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ConsumerRates {
    /// Whose.
    pub consumer: ConsumerId,
    /// Handed to it.
    pub deliver: f64,
    /// Acknowledged by it.
    pub ack: f64,
    /// Attempts of its that failed.
    pub fail: f64,
    /// Handed out again to it.
    pub redeliver: f64,
    /// How many times as long it takes as the others; `None` if there is nothing to compare.
    pub slowness: Option<f64>,
}
