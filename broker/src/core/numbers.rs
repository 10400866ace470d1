//! The numbers of topics, subscriptions and consumers, computed at the call.

use std::ops::Bound;
use std::sync::Arc;

use super::apply::entered;
use super::consumer::{Consumer, Kind};
use super::counts::{BrokerCounts, ConsumerCounts, Meters};
use super::objects::Store;
use super::state::Core;
use super::views::{SubscriptionCounts, TopicCounts};
use crate::delivery::Counts;
use crate::model::{ConsumerId, Now, Refusal, Span, SubscriptionId, Time, TopicId};
use crate::model::{Name, OffsetRange};

impl Core {
    /// How much there is of everything.
    pub fn broker_counts(&self, now: Now) -> BrokerCounts {
        let streams = self.consumers.values();
        let streams = streams.filter(|consumer| consumer.kind == Kind::Stream);
        let totals = &self.objects.totals;
        BrokerCounts {
            topics: number(self.objects.topics.len()),
            subscriptions: number(self.objects.subscriptions.len()),
            consumers: number(streams.count()),
            backlog: totals.backlog(),
            dead: totals.dead,
            conservation_error: self.known_error(),
            suspended: self.suspended_for(now),
            published: totals.published,
            delivered: totals.delivered,
            acked: totals.acked,
        }
    }

    /// The ids of topics after one, in order, at most `limit`.
    pub fn topic_ids(&self, after: Option<TopicId>, limit: usize) -> Vec<TopicId> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let topics = self.objects.topics.range((start, Bound::Unbounded));
        topics.map(|(&id, _)| id).take(limit).collect()
    }

    /// The numbers of a topic.
    pub fn topic_counts(&self, id: TopicId) -> Option<TopicCounts> {
        let topic = self.objects.topics.get(&id)?;
        let stores = || topic.partitions.iter();
        let range = |store: &Store| OffsetRange::between(store.log.low(), store.log.next());
        Some(TopicCounts {
            id,
            name: topic.record.name.clone(),
            published: topic.published(),
            unrouted: topic.unrouted,
            stored: stores().map(|store| store.log.count(range(store))).sum(),
            stored_bytes: stores().map(|store| store.log.stored_bytes()).sum(),
            partitions: topic.record.settings.partitions,
            subscriptions: number(topic.subscriptions.len()),
            durability: topic.record.settings.durability,
        })
    }

    /// The ids of subscriptions after one, in order, at most `limit`.
    pub fn subscription_ids(
        &self,
        after: Option<SubscriptionId>,
        limit: usize,
    ) -> Vec<SubscriptionId> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let all = &self.objects.subscriptions;
        let ids = all.range((start, Bound::Unbounded)).map(|(&id, _)| id);
        ids.take(limit).collect()
    }

    /// The ids of the subscriptions of a topic, in order.
    pub fn subscription_ids_of(&self, topic: TopicId) -> Vec<SubscriptionId> {
        let topic = self.objects.topics.get(&topic);
        topic.map_or_else(Vec::new, |topic| {
            topic.subscriptions.iter().copied().collect()
        })
    }

    /// By how much the books of a subscription differ from a recount of everything: looks at each of its pages.
    pub fn recount_error(&self, id: SubscriptionId) -> Option<u64> {
        let (subscription, topic) = self.pair(id)?;
        let parts = subscription.machines.iter().zip(&topic.partitions);
        let errors = parts.map(|(machine, store)| {
            let books = machine.counts(&store.log);
            books.difference(&machine.recount(&store.log)) + books.sum_error()
        });
        Some(errors.sum())
    }

    /// The numbers of a subscription, from counters that change with it: costs nothing by backlog.
    pub fn subscription_counts(&self, id: SubscriptionId, now: Now) -> Option<SubscriptionCounts> {
        let (subscription, topic) = self.pair(id)?;
        let mut counts = Counts::default();
        let mut conservation_error = 0;
        let (mut oldest_due, mut oldest_ready) = (None, None);
        for (machine, store) in subscription.machines.iter().zip(&topic.partitions) {
            let books = machine.counts(&store.log);
            conservation_error += machine.audit_error().max(books.sum_error());
            counts += books;
            oldest_due = earlier(oldest_due, machine.due_since(&store.log));
            oldest_ready = earlier(oldest_ready, machine.ready_since(&store.log));
        }
        let measures = &subscription.measures;
        let age = |time: Option<Time>| -> Option<Span> { time.map(|time| now.wall.since(time)) };
        let ids = subscription.consumers.iter();
        let consumers = ids.filter_map(|&id| Some((id, self.consumers.get(&id)?)));
        let streams = consumers.filter(|(_, consumer)| consumer.kind == Kind::Stream);
        Some(SubscriptionCounts {
            id,
            name: subscription.record.name.clone(),
            topic: topic.record.name.clone(),
            settings: Arc::clone(&subscription.record.settings),
            topic_durability: topic.record.settings.durability,
            counts: subscription.shown(topic, counts),
            conservation_error,
            lag: age(oldest_due),
            oldest_ready: age(oldest_ready),
            are_dead_letters_held: self.are_dead_letters_held(id),
            is_budget_spent: subscription.is_budget_spent(now),
            meters: Meters {
                published: entered(subscription, topic)
                    .saturating_sub(subscription.meters.published),
                ..subscription.meters
            },
            standing: subscription.standing(topic),
            handling: measures.handling(now.mono),
            queueing: measures.queueing(now.mono),
            consumers: streams
                .map(|(id, consumer)| ConsumerCounts {
                    handling: measures.handling_of(id, now.mono),
                    ..consumer.counts(id)
                })
                .collect(),
        })
    }

    pub(super) fn topic_name(&self, id: TopicId) -> Result<Name, Refusal> {
        let topic = self.objects.topics.get(&id);
        let topic = topic.ok_or(Refusal::TopicGone { topic: id })?;
        Ok(topic.record.name.clone())
    }
}

impl Consumer {
    fn counts(&self, id: ConsumerId) -> ConsumerCounts {
        ConsumerCounts {
            id,
            name: self.name.to_string(),
            peer: self.peer.clone(),
            client: self.client.clone(),
            connected: self.connected,
            leased: self.credit.messages(),
            max_outstanding_messages: self.credit.allowance().messages,
            is_full: !self.credit.has_room(),
            delivered: self.delivered,
            redelivered: self.redelivered,
            handling: None,
            acked: self.acked,
            failed: self.failed,
            last_ack: self.last_ack,
        }
    }
}

fn earlier(one: Option<Time>, other: Option<Time>) -> Option<Time> {
    one.into_iter().chain(other).min()
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
