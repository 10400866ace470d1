//! Consumers come and go: streams attach and detach, Pulls are answered at once or wait.

use std::sync::Arc;

use super::command::{Allowance, Attach, Departure, Pull};
use super::consumer::{Consumer, Kind};
use super::happening::Left;
use super::limits::{
    MAX_CONSUMERS, MAX_OUTSTANDING_BYTES, MAX_OUTSTANDING_MESSAGES, MAX_PULL_MESSAGES,
};
use super::measures::DepartedConsumer;
use super::output::EndedConsumer;
use super::setback::{CONSUMER_LOST, Cause};
use super::state::{Act, Core};
use super::views::{Attached, Pulled};
use crate::delivery::Expired;
use crate::model::entry::{Entry, Released};
use crate::model::settings::in_range;
use crate::model::{ClientId, ConsumerId, Now, OffsetRange, Partition, Refusal, SubscriptionId};

impl Core {
    /// Connects a consumer. Messages come with the next dispatch.
    pub fn attach(&mut self, attach: Attach<'_>, now: Now) -> Result<Attached, Refusal> {
        let Allowance { messages, bytes } = attach.allowance;
        let (most_messages, most_bytes) = (MAX_OUTSTANDING_MESSAGES, MAX_OUTSTANDING_BYTES);
        in_range("start.max_outstanding_messages", messages, 1, most_messages)?;
        in_range("start.max_outstanding_bytes", bytes, 1, most_bytes)?;
        let record = self.subscription_of(attach.subscription)?.record.clone();
        let topic_name = self.topic_name(record.topic)?;
        let consumer = Consumer {
            name: attach.name.as_str().into(),
            peer: attach.peer.clone(),
            client: attach.client,
            connected: now.wall,
            ..Consumer::new(record.id, Kind::Stream, attach.allowance)
        };
        let consumer = self.enter(consumer)?;
        self.tell_joined(record.id, &attach.name, &attach.peer, now);
        Ok(Attached {
            consumer,
            subscription: record.id,
            topic: record.topic,
            topic_name,
            settings: Arc::clone(&record.settings),
        })
    }

    /// Disconnects a consumer; nothing happens if the core has ended it.
    pub fn detach(&mut self, id: ConsumerId, departure: Departure, now: Now) {
        let Some(consumer) = self.leave(id) else {
            return;
        };
        let Some((subscription, _)) = self.pair(consumer.subscription) else {
            return;
        };
        let parts = subscription.parts();
        let leases: Vec<(Partition, Vec<OffsetRange>)> = parts
            .map(|(partition, machine)| (partition, ranges_of(machine.leases_of(id))))
            .filter(|(_, ranges)| !ranges.is_empty())
            .collect();
        let counts = leases.iter().flat_map(|(_, ranges)| ranges);
        let returned = counts.map(|range| range.count()).sum();
        self.note_departure(id, &consumer, (departure, returned), now);
        let left = Left {
            departure,
            returned,
        };
        self.tell_left(consumer.subscription, &consumer.name, left, now);
        match departure {
            Departure::Clean | Departure::Draining => {
                self.release_leases(consumer.subscription, leases, now);
            }
            Departure::Lost | Departure::Disconnected | Departure::TooSlow => {
                for (partition, ranges) in leases {
                    let cause = Cause::of(CONSUMER_LOST, &consumer.name);
                    self.fail((consumer.subscription, partition), &ranges, &cause, now);
                }
                self.note_deadline(consumer.subscription, now);
            }
        }
        self.stir(consumer.subscription);
    }

    /// Ends the consumers of a connection: each lease counts a failed attempt.
    pub fn disconnect(&mut self, client: ClientId, now: Now) {
        let consumers = self.consumers.iter();
        let own = consumers.filter(|(_, consumer)| consumer.client.id == client);
        for consumer in own.map(|(&id, _)| id).collect::<Vec<_>>() {
            self.detach(consumer, Departure::Disconnected, now);
            let reason = Refusal::ClientDisconnected;
            self.output.ended.push(EndedConsumer { consumer, reason });
        }
    }

    /// Leases messages once, or waits for the first.
    pub fn pull(&mut self, pull: Pull<'_>, now: Now) -> Result<Pulled, Refusal> {
        in_range("max_messages", pull.max_messages, 1, MAX_PULL_MESSAGES)?;
        let record = self.subscription_of(pull.subscription)?.record.clone();
        let allowance = Allowance {
            messages: pull.max_messages,
            bytes: pull.max_bytes.max(1),
        };
        let consumer = Consumer {
            name: pull.name.into(),
            peer: pull.peer,
            connected: now.wall,
            ..Consumer::new(record.id, Kind::Pull, allowance)
        };
        let consumer = self.enter(consumer)?;
        let is_granted = self.serve_pull(consumer, u64::MAX, now);
        self.note_deadline(record.id, now);
        Ok(Pulled {
            consumer,
            subscription: record.id,
            topic: record.topic,
            is_granted,
        })
    }

    /// Ends a waiting Pull; nothing happens if it was answered.
    pub fn cancel_pull(&mut self, consumer: ConsumerId) {
        let is_pull = |consumer: &Consumer| consumer.kind == Kind::Pull;
        if self.consumers.get(&consumer).is_some_and(is_pull) {
            self.leave(consumer);
        }
    }

    /// Releases what an answered Pull was granted, when its answer cannot be sent: counts no attempt.
    pub fn release_pull(&mut self, subscription: SubscriptionId, id: ConsumerId, now: Now) {
        self.cancel_pull(id);
        let Some((found, _)) = self.pair(subscription) else {
            return;
        };
        let parts = found.parts();
        let leases = parts
            .map(|(partition, machine)| (partition, ranges_of(machine.leases_of(id))))
            .filter(|(_, ranges)| !ranges.is_empty());
        let leases = leases.collect();
        self.release_leases(subscription, leases, now);
        self.stir(subscription);
    }

    /// Ends leases without counting an attempt.
    pub(super) fn release_leases(
        &mut self,
        subscription: SubscriptionId,
        leases: Vec<(Partition, Vec<OffsetRange>)>,
        now: Now,
    ) {
        let acts = leases.into_iter().map(|(partition, ranges)| {
            Act::lazy(Entry::Released(Released {
                subscription,
                partition,
                ranges,
            }))
        });
        let acts = acts.collect();
        self.enact(acts, now);
    }

    /// Ends every consumer.
    pub(super) fn end_all(&mut self, reason: &Refusal, now: Now) {
        let ids: Vec<ConsumerId> = self.consumers.keys().copied().collect();
        for consumer in ids {
            if let Some(left) = self.leave(consumer) {
                let returned = left.credit.messages();
                self.note_departure(consumer, &left, (Departure::Draining, returned), now);
            }
            let reason = reason.clone();
            self.output.ended.push(EndedConsumer { consumer, reason });
        }
    }

    /// Remembers a consumer that has left, and how many messages it held.
    fn note_departure(
        &mut self,
        id: ConsumerId,
        consumer: &Consumer,
        (departure, returned): (Departure, u64),
        now: Now,
    ) {
        let of = self.objects.subscriptions.get_mut(&consumer.subscription);
        if let Some(subscription) = of.filter(|_| consumer.kind == Kind::Stream) {
            subscription.measures.departed(DepartedConsumer {
                id,
                name: Arc::clone(&consumer.name),
                peer: consumer.peer.clone(),
                version: Arc::clone(&consumer.client.version),
                connected: consumer.connected,
                left: now.wall,
                departure,
                returned,
            });
        }
    }

    fn enter(&mut self, consumer: Consumer) -> Result<ConsumerId, Refusal> {
        if self.consumers.len() as u64 >= MAX_CONSUMERS {
            return Err(Refusal::LimitReached {
                what: "consumers",
                limit: MAX_CONSUMERS,
            });
        }
        let id = self.next_consumer;
        self.next_consumer = ConsumerId(id.0 + 1);
        let subscription = consumer.subscription;
        self.consumers.insert(id, consumer);
        if let Some(subscription) = self.objects.subscriptions.get_mut(&subscription) {
            subscription.consumers.insert(id);
            subscription.unused_since = None;
        }
        self.line_up(id);
        Ok(id)
    }

    /// Takes a consumer out of everything but its leases.
    pub(super) fn leave(&mut self, id: ConsumerId) -> Option<Consumer> {
        let consumer = self.consumers.remove(&id)?;
        if let Some(subscription) = self.objects.subscriptions.get_mut(&consumer.subscription) {
            subscription.consumers.remove(&id);
            if subscription.consumers.is_empty() {
                self.left.insert(consumer.subscription);
            }
            if consumer.is_hungry {
                subscription.hungry.retain(|&other| other != id);
            }
            if subscription.hungry.is_empty() {
                let topic = subscription.record.topic;
                if let Some(topic) = self.objects.topics.get_mut(&topic) {
                    topic.hungry.remove(&consumer.subscription);
                }
            }
        }
        Some(consumer)
    }

    /// Puts a consumer with room at the end of its subscription's line, if it is not in it.
    pub(super) fn line_up(&mut self, id: ConsumerId) {
        let Some(consumer) = self.consumers.get_mut(&id) else {
            return;
        };
        if consumer.is_hungry || !consumer.credit.has_room() {
            return;
        }
        consumer.is_hungry = true;
        let of = consumer.subscription;
        if let Some(subscription) = self.objects.subscriptions.get_mut(&of) {
            subscription.hungry.push_back(id);
            if let Some(topic) = self.objects.topics.get_mut(&subscription.record.topic) {
                topic.hungry.insert(of);
            }
        }
        self.stirred.insert(of);
    }
}

fn ranges_of(leases: Vec<Expired>) -> Vec<OffsetRange> {
    let mut ranges = leases.into_iter().map(|lease| lease.range).collect();
    crate::model::range::normalise(&mut ranges);
    ranges
}
