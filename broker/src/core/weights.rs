//! The bytes of backlogs that are limited in bytes, kept where entries are applied: what an entry speaks of is weighed
//! before and after.
//!
//! Derived, never stated: recovery weighs them once at its end. Other subscriptions are not weighed, since it costs
//! a step for each range.

use super::objects::{Objects, Subscription, Topic};
use crate::model::entry::{Entry, Operated};
use crate::model::{Offset, OffsetRange, Partition, SubscriptionId, TopicId};

/// What a scale shows before an entry is applied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weighed {
    subscription: SubscriptionId,
    bytes: u64,
}

impl Objects {
    /// Weighs what an entry speaks of, if that is to be weighed at all.
    pub(super) fn weigh(&self, entry: &Entry) -> Option<Weighed> {
        let (subscription, bytes) = match entry {
            Entry::Acked(one) => self.weigh_parts(one.subscription, one.partition, &one.ranges),
            Entry::Dropped(one) => self.weigh_parts(one.subscription, one.partition, &one.ranges),
            Entry::Requeued(one) => self.weigh_parts(one.subscription, one.partition, &one.ranges),
            Entry::Operated(Operated::Restored(one)) => {
                self.weigh_parts(one.subscription, one.partition, &one.ranges)
            }
            Entry::Operated(Operated::PulledBack(one)) => {
                let ranges: Vec<_> = one.dead.iter().map(|(range, _)| *range).collect();
                self.weigh_parts(one.subscription, one.partition, &ranges)
            }
            Entry::Failed(one) => {
                let ranges: Vec<_> = one.failures.iter().map(|failure| failure.range).collect();
                self.weigh_parts(one.subscription, one.partition, &ranges)
            }
            Entry::Sought(one) => {
                let all = OffsetRange::between(Offset(0), Offset(u64::MAX));
                self.weigh_parts(one.subscription, one.partition, &[all])
            }
            _ => None,
        }?;
        Some(Weighed {
            subscription,
            bytes,
        })
    }

    /// The entry was applied.
    pub(super) fn weigh_again(&mut self, entry: &Entry, before: Option<Weighed>) {
        let Some((before, after)) = before.zip(self.weigh(entry)) else {
            return;
        };
        let subscription = self.subscriptions.get_mut(&before.subscription);
        if let Some(bytes) = subscription.and_then(|found| found.backlog_bytes.as_mut()) {
            *bytes = bytes.wrapping_add(after.bytes).wrapping_sub(before.bytes);
        }
    }

    /// Messages of so many bytes were published.
    pub(super) fn weigh_published(&mut self, topic: TopicId, bytes: u64) {
        let Some(topic) = self.topics.get(&topic) else {
            return;
        };
        for id in &topic.limited {
            let subscription = self.subscriptions.get_mut(id);
            if let Some(sum) = subscription.and_then(|found| found.backlog_bytes.as_mut()) {
                *sum = sum.wrapping_add(bytes);
            }
        }
    }

    /// The settings of a subscription are new: whether its dead messages are forwarded, whether its backlog is limited,
    /// and what it weighs.
    pub(super) fn note_limits(&mut self, id: SubscriptionId) {
        let Some(subscription) = self.subscriptions.get_mut(&id) else {
            return;
        };
        let Some(topic) = self.topics.get_mut(&subscription.record.topic) else {
            return;
        };
        let settings = &subscription.record.settings;
        if settings.dead_letter_topic.is_some() {
            self.forwarding.insert(id);
        } else {
            self.forwarding.remove(&id);
        }
        let is_weighed = settings.max_backlog_bytes.is_some();
        if is_weighed || settings.max_backlog_messages.is_some() {
            topic.limited.insert(id);
        } else {
            topic.limited.remove(&id);
        }
        subscription.backlog_bytes = is_weighed.then(|| subscription.weigh(topic));
    }

    fn weigh_parts(
        &self,
        id: SubscriptionId,
        partition: Partition,
        ranges: &[OffsetRange],
    ) -> Option<(SubscriptionId, u64)> {
        let subscription = self.subscriptions.get(&id)?;
        subscription.backlog_bytes?;
        let machine = subscription.machine(partition)?;
        let topic = self.topics.get(&subscription.record.topic)?;
        let log = &topic.store(partition)?.log;
        let bytes = ranges
            .iter()
            .map(|&range| machine.backlog_bytes(log, range));
        Some((id, bytes.sum()))
    }
}

impl Subscription {
    /// The bytes of its backlog, by looking at all of it.
    pub(super) fn weigh(&self, topic: &Topic) -> u64 {
        let parts = self.machines.iter().zip(&topic.partitions);
        let all = OffsetRange::between(Offset(0), Offset(u64::MAX));
        parts
            .map(|(machine, store)| machine.backlog_bytes(&store.log, all))
            .sum()
    }
}
