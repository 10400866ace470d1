//! The objects of a shard: the broker's own numbers, topics with their logs, subscriptions with their machines.
//!
//! What entries change is changed in `apply` only; the other fields are derived and say so.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::agenda::Agenda;
use super::alike::Alike;
use super::bucket::Bucket;
use super::counts::Meters;
use super::dedup::Known;
use super::measures::Measures;
use super::operation::Operations;
use super::producers::Producers;
use super::remembered::Requests;
use super::sieves::Sieves;
use super::totals::Totals;
use super::trail::Trail;
use crate::delivery::{Log, Machine, Rules};
use crate::insight::top_keys::TopKeys;
use crate::model::entry::{BrokerState, PartitionState, SubscriptionRecord, TopicRecord};
use crate::model::settings::TopicSettings;
use crate::model::{
    ConsumerId, Epoch, Mono, Name, Offset, OperationId, Partition, Position, SubscriptionId, Time,
    TopicId,
};

/// All objects.
#[derive(Debug)]
pub(super) struct Objects {
    pub(super) broker: BrokerState,
    /// The newest statement of the broker's state in the log.
    pub(super) broker_stated: Position,
    // In boxes: a tree that grows at its end leaves its nodes half empty.
    pub(super) topics: BTreeMap<TopicId, Box<Topic>>,
    pub(super) subscriptions: BTreeMap<SubscriptionId, Box<Subscription>>,
    /// Derived: what subscriptions share.
    pub(super) alike: Alike,
    /// Derived: ids by name.
    pub(super) topic_names: BTreeMap<Name, TopicId>,
    /// Derived: ids by name.
    pub(super) subscription_names: BTreeMap<Name, SubscriptionId>,
    /// Derived: topics that hold messages, which retention looks at.
    pub(super) stocked: BTreeSet<TopicId>,
    /// Derived: subscriptions with a dead-letter topic.
    pub(super) forwarding: BTreeSet<SubscriptionId>,
    /// Derived: topics that remember producers, or did a moment ago.
    pub(super) remembering: BTreeSet<TopicId>,
    /// Derived: sums over all subscriptions.
    pub(super) totals: Totals,
    /// What requests with ids were answered.
    pub(super) requests: Requests,
    /// Acts on many messages.
    pub(super) operations: Operations,
    /// What deletions have put aside.
    pub(super) aside: Aside,
    /// Who did what.
    pub(super) trail: Trail,
    /// Derived: when which partition has a scheduled message due.
    pub(super) agenda: Agenda,
    /// Derived: when which partition has a message that has lived long enough.
    pub(super) expiries: Agenda,
    /// Derived: the scans under way.
    pub(super) scans: BTreeSet<(SubscriptionId, Partition)>,
    /// Volatile: the newest generation of a topic's filters.
    pub(super) generation: u64,
    /// Effect: topics whose filters have changed.
    pub(super) rerouted: BTreeSet<TopicId>,
    /// Effect: frames that must stay readable.
    pub(super) keep: Vec<(Position, u64)>,
    /// Effect: frames that are needed no more.
    pub(super) release: Vec<(Position, u64)>,
}

/// What deletions have put aside: it is among nothing else that there is, until it is brought back.
#[derive(Debug, Default)]
pub(super) struct Aside {
    /// By deletion.
    pub(super) deletions: BTreeMap<OperationId, PutAside>,
    pub(super) topics: BTreeMap<TopicId, Box<Topic>>,
    pub(super) subscriptions: BTreeMap<SubscriptionId, Box<Subscription>>,
    /// Derived: these subscriptions by topic, which may be aside itself or not.
    pub(super) by_topic: BTreeSet<(TopicId, SubscriptionId)>,
}

/// What one deletion has put aside.
#[derive(Debug, Default)]
pub(super) struct PutAside {
    /// The topic; 0 if it is not aside.
    pub(super) topic: TopicId,
    pub(super) subscriptions: BTreeSet<SubscriptionId>,
    /// Where each partition of their topic ended.
    pub(super) ends: Vec<Offset>,
    /// The newest statement of it in the log.
    pub(super) stated: Position,
}

/// A topic.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) record: TopicRecord,
    /// False only in recovery, until its creation or a statement was seen.
    pub(super) is_known: bool,
    pub(super) partitions: Vec<Store>,
    /// What it remembers of those that publish to it.
    pub(super) producers: Producers,
    /// The newest statement of it in the log, or its creation.
    pub(super) stated: Position,
    /// Derived: its subscriptions.
    pub(super) subscriptions: BTreeSet<SubscriptionId>,
    /// Derived: those whose backlog is limited in messages or bytes; a publish looks at them.
    pub(super) limited: BTreeSet<SubscriptionId>,
    /// Volatile: those with a consumer that has room; a publish looks at these only.
    pub(super) hungry: BTreeSet<SubscriptionId>,
    /// Volatile: its settings are as they are since then; known to be durable after a start.
    pub(super) settled: Position,
    /// Volatile: messages published since the start while it had no subscription.
    pub(super) unrouted: u64,
    /// Volatile: its most frequent ordering keys, once there was one.
    pub(super) top_keys: Option<Box<TopKeys>>,
    /// Derived: ids of its messages within the window.
    pub(super) known: Known,
    /// Derived: their filters.
    pub(super) sieves: Sieves,
}

/// What a partition stores.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) log: Log,
    /// Bytes of all messages ever published to it.
    pub(super) published_bytes: u64,
    /// Derived: the time of its newest message, which the next may not precede.
    pub(super) newest: Time,
    /// Derived: its moment in the agenda.
    pub(super) due_noted: Option<Time>,
    /// Derived: its moment among the expiries.
    pub(super) end_noted: Option<Time>,
}

/// A subscription.
#[derive(Debug)]
pub(super) struct Subscription {
    pub(super) record: SubscriptionRecord,
    /// False only in recovery, until its creation or a statement was seen.
    pub(super) is_known: bool,
    /// One for each partition.
    pub(super) machines: Vec<Machine>,
    /// Derived from the settings.
    pub(super) rules: Rules,
    /// Derived: the bytes of its backlog, if that is limited in bytes.
    pub(super) backlog_bytes: Option<u64>,
    /// Volatile: what it has done since the start; `published` is what had entered before.
    pub(super) meters: Meters,
    /// Volatile: how long things take, and who has left.
    pub(super) measures: Measures,
    /// Volatile: its connected consumers and waiting Pulls.
    pub(super) consumers: BTreeSet<ConsumerId>,
    /// Volatile: those with room, in the order of their turns.
    pub(super) hungry: VecDeque<ConsumerId>,
    /// Volatile: the partition whose turn it is.
    pub(super) next_partition: usize,
    /// Volatile: what its rate lets it hand out.
    pub(super) bucket: Bucket,
    /// Volatile: what its retry budget lets it wake.
    pub(super) retries: Bucket,
    /// Volatile: the partition whose turn it is to be woken.
    pub(super) next_woken: usize,
    /// Volatile: since when it has no consumer; none from the moment one comes until a dispatch has seen that the last
    /// one has left.
    pub(super) unused_since: Option<Mono>,
    /// Volatile: its entry in the timers; never later than its machines' earliest deadline.
    pub(super) timer: Option<Mono>,
    /// Volatile: when a message of it died last since the start.
    pub(super) last_death: Option<Mono>,
    /// Volatile: its newest failed attempt. A redelivery waits until this is durable, so that no crash makes a consumer
    /// see a lower attempt after a higher one.
    pub(super) last_failed: Position,
}

impl Default for Objects {
    fn default() -> Self {
        let broker = BrokerState {
            next_topic: TopicId(1),
            next_subscription: SubscriptionId(1),
            next_operation: OperationId(1),
            ..BrokerState::default()
        };
        Self {
            broker,
            broker_stated: Position::START,
            topics: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            topic_names: BTreeMap::new(),
            subscription_names: BTreeMap::new(),
            stocked: BTreeSet::new(),
            forwarding: BTreeSet::new(),
            remembering: BTreeSet::new(),
            alike: Alike::default(),
            totals: Totals::default(),
            requests: Requests::default(),
            operations: Operations::default(),
            aside: Aside::default(),
            trail: Trail::default(),
            agenda: Agenda::default(),
            expiries: Agenda::default(),
            scans: BTreeSet::new(),
            generation: 0,
            rerouted: BTreeSet::new(),
            keep: Vec::new(),
            release: Vec::new(),
        }
    }
}

impl Topic {
    /// A new topic, or what a statement says of one.
    pub(super) fn new(record: TopicRecord, stated: Position) -> Self {
        let count = record.settings.partitions;
        Self {
            record,
            is_known: true,
            partitions: (0..count).map(|_| Store::default()).collect(),
            producers: Producers::default(),
            stated,
            settled: stated,
            subscriptions: BTreeSet::new(),
            limited: BTreeSet::new(),
            hungry: BTreeSet::new(),
            unrouted: 0,
            top_keys: None,
            known: Known::default(),
            sieves: Sieves::default(),
        }
    }

    /// Stands for a topic of which recovery has seen messages only.
    pub(super) fn provisional(id: TopicId) -> Self {
        let record = TopicRecord {
            id,
            name: Name::unknown(),
            settings: TopicSettings::default(),
            created: Time::default(),
            revision: 0,
            updated: Time::default(),
        };
        Self {
            is_known: false,
            ..Self::new(record, Position::START)
        }
    }

    pub(super) fn store(&self, partition: Partition) -> Option<&Store> {
        self.partitions.get(partition.0 as usize)
    }

    pub(super) fn state(&self) -> crate::model::entry::TopicState {
        let partitions = self.partitions.iter().map(Store::state).collect();
        crate::model::entry::TopicState {
            record: self.record.clone(),
            partitions,
        }
    }
}

impl Default for Store {
    fn default() -> Self {
        Self {
            log: Log::new(Offset(0), Offset(0)),
            published_bytes: 0,
            newest: Time::default(),
            due_noted: None,
            end_noted: None,
        }
    }
}

impl Store {
    pub(super) fn state(&self) -> PartitionState {
        PartitionState {
            low: self.log.low(),
            next: self.log.next(),
            published_bytes: self.published_bytes,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.log.low() == self.log.next()
    }
}

impl Subscription {
    /// A new subscription; its machines are still to be resumed.
    pub(super) fn new(record: SubscriptionRecord, machines: Vec<Machine>) -> Self {
        let partitions = u32::try_from(machines.len()).unwrap_or(u32::MAX);
        Self {
            rules: Rules::of(&record.settings, partitions),
            measures: Measures::begin(record.created),
            record,
            is_known: true,
            machines,
            backlog_bytes: None,
            meters: Meters::default(),
            consumers: BTreeSet::new(),
            hungry: VecDeque::new(),
            next_partition: 0,
            bucket: Bucket::default(),
            retries: Bucket::default(),
            next_woken: 0,
            unused_since: None,
            timer: None,
            last_death: None,
            last_failed: Position::START,
        }
    }

    /// Stands for a subscription of which recovery has not seen the record yet.
    pub(super) fn provisional(id: SubscriptionId) -> Self {
        let record = SubscriptionRecord {
            id,
            topic: TopicId(0),
            name: Name::unknown(),
            settings: Arc::default(),
            created: Time::default(),
            revision: 0,
            updated: Time::default(),
        };
        Self {
            is_known: false,
            ..Self::new(record, Vec::new())
        }
    }

    pub(super) fn partition_count(&self) -> u32 {
        u32::try_from(self.machines.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn machine(&self, partition: Partition) -> Option<&Machine> {
        self.machines.get(partition.0 as usize)
    }

    /// Makes room for `count` partitions with machines of which nothing is known.
    pub(super) fn provide(&mut self, count: usize) {
        while self.machines.len() < count {
            self.machines.push(Machine::new(Epoch(0), Offset(0)));
        }
    }

    /// How many messages are scheduled for it.
    pub(super) fn scheduled(&self, topic: &Topic) -> u64 {
        let parts = self.machines.iter().zip(&topic.partitions);
        parts
            .map(|(machine, store)| machine.scheduled(&store.log))
            .sum()
    }

    /// Its machines with their partitions.
    pub(super) fn parts(&self) -> impl Iterator<Item = (Partition, &Machine)> {
        (0..).map(Partition).zip(&self.machines)
    }
}
