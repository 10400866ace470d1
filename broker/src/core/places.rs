//! What entries speak of: topics and subscriptions by id, and their partitions.
//!
//! Live, one that does not exist is an error, found before the entry's bytes leave; in recovery a provisional one is
//! made, which a later statement of the object replaces.

use super::objects::{Objects, Subscription, Topic};
use crate::delivery::Machine;
use crate::model::filter::FilterError;
use crate::model::settings::MAX_PARTITIONS;
use crate::model::{Now, Offset, OffsetRange, OperationId, Partition, SubscriptionId, TopicId};

/// When an entry is applied.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mode {
    /// It was just decided.
    Live(Now),
    /// It is replayed.
    Recovery,
}

/// An entry that does not fit the state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// It speaks of a topic that does not exist.
    #[error("topic {0} does not exist")]
    NoTopic(TopicId),
    /// It speaks of a subscription that does not exist.
    #[error("subscription {0} does not exist")]
    NoSubscription(SubscriptionId),
    /// It speaks of a partition that does not exist.
    #[error("partition {0} does not exist")]
    NoPartition(Partition),
    /// A published batch does not begin where the partition ends.
    #[error("a batch begins at offset {base} and the partition ends at {next}")]
    NotNext {
        /// Where it begins.
        base: Offset,
        /// Where the partition ends.
        next: Offset,
    },
    /// A filter cannot be read.
    #[error("a filter cannot be read")]
    Filter(#[from] FilterError),
    /// A part of an operation beyond any there is.
    #[error("operation {0} has no such part")]
    NoPart(OperationId),
    /// A published batch has no columns.
    #[error("a batch has no messages")]
    NoMessages,
}

impl Objects {
    /// The topic with this partition; in recovery, made up if need be.
    pub(super) fn topic(
        &mut self,
        id: TopicId,
        partition: Partition,
        mode: Mode,
    ) -> Result<&mut Topic, ApplyError> {
        if let Mode::Live(_) = mode {
            let topic = self.topics.get_mut(&id);
            return topic.map(Box::as_mut).ok_or(ApplyError::NoTopic(id));
        }
        let topic = self.topics.entry(id);
        let topic = topic.or_insert_with(|| Box::new(Topic::provisional(id)));
        let needed = needed(partition)?;
        if topic.partitions.len() < needed {
            topic.partitions.resize_with(needed, Default::default);
        }
        Ok(topic)
    }

    /// The subscription with this partition; in recovery, made up if need be.
    pub(super) fn place(
        &mut self,
        id: SubscriptionId,
        partition: Partition,
        mode: Mode,
    ) -> Result<&mut Subscription, ApplyError> {
        if let Mode::Live(_) = mode {
            let subscription = self.subscriptions.get_mut(&id);
            let subscription = subscription.map(Box::as_mut);
            return subscription.ok_or(ApplyError::NoSubscription(id));
        }
        let subscription = self.subscriptions.entry(id);
        let subscription = subscription.or_insert_with(|| Box::new(Subscription::provisional(id)));
        subscription.provide(needed(partition)?);
        Ok(subscription)
    }
}

/// What has entered a subscription: all that was published after its start.
pub(super) fn entered(subscription: &Subscription, topic: &Topic) -> u64 {
    let parts = subscription.machines.iter().zip(&topic.partitions);
    parts
        .map(|(machine, store)| OffsetRange::between(machine.start(), store.log.next()).count())
        .sum()
}

pub(super) fn machine(
    subscription: &mut Subscription,
    partition: Partition,
) -> Result<&mut Machine, ApplyError> {
    let machine = subscription.machines.get_mut(partition.0 as usize);
    machine.ok_or(ApplyError::NoPartition(partition))
}

fn needed(partition: Partition) -> Result<usize, ApplyError> {
    if partition.0 < MAX_PARTITIONS {
        Ok(partition.0 as usize + 1)
    } else {
        Err(ApplyError::NoPartition(partition))
    }
}
