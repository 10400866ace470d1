//! Dispatch: grants what is ready to hungry consumers, in turn and in chunks, over rotating partitions.
//!
//! Looks only at subscriptions that something happened to. Each consumer gets a share of what is ready, at most
//! `MAX_CHUNK` at a time, so that several share a burst.

use std::sync::Arc;

use super::consumer::{Consumer, Kind};
use super::limits::MAX_CHUNK;
use super::objects::{Store, Subscription, Topic};
use super::output::{GrantEffect, GrantRun};
use super::state::{Act, Core};
use crate::delivery::Ticket;
use crate::model::entry::{Delivered, Entry, Grant};
use crate::model::{ConsumerId, LeaseSerial, Now, Partition, Position, SubscriptionId};

impl Core {
    /// Grants what is ready to hungry consumers. Called once after each drained batch of commands.
    pub fn dispatch(&mut self, now: Now) {
        self.note_unused(now);
        for id in std::mem::take(&mut self.stirred) {
            let mut granted = 0;
            loop {
                let round = self.dispatch_round(id, now);
                granted += round;
                if round == 0 {
                    break;
                }
            }
            let found = self.objects.subscriptions.get(&id);
            let rate = found.and_then(|found| found.record.settings.delivery_rate);
            if granted > 0 || rate.is_some() {
                self.note_deadline(id, now);
            }
        }
        // A consumer that lined up again has had its turn.
        self.stirred.clear();
    }

    /// Gives each consumer in line its share once; returns how many messages were granted.
    fn dispatch_round(&mut self, id: SubscriptionId, now: Now) -> u64 {
        self.pass_over(id);
        let Some((subscription, topic)) = self.pair(id) else {
            return 0;
        };
        let in_line = subscription.hungry.len();
        if in_line == 0 || !subscription.has_ready(topic) {
            return 0;
        }
        let ready = subscription.counts(topic).ready;
        let allowed = self.allowed(id, now);
        if allowed == 0 {
            return 0;
        }
        let share = ready.min(allowed).div_ceil(in_line as u64).max(1);
        let mut granted = 0;
        for _ in 0..in_line {
            let Some((subscription, topic)) = self.pair(id) else {
                break;
            };
            let Some(&consumer) = subscription.hungry.front() else {
                break;
            };
            if !subscription.has_ready(topic) || self.allowed(id, now) == 0 {
                break;
            }
            granted += self.take_turn(consumer, share, now);
        }
        granted
    }

    /// How many messages a subscription may hand out now.
    fn allowed(&mut self, id: SubscriptionId, now: Now) -> u64 {
        let found = self.objects.subscriptions.get_mut(&id);
        found.map_or(0, |subscription| subscription.allowed(now))
    }

    /// Serves the first in line, who stays in line only with room left.
    fn take_turn(&mut self, id: ConsumerId, share: u64, now: Now) -> u64 {
        let Some(consumer) = self.consumers.get_mut(&id) else {
            return 0;
        };
        consumer.is_hungry = false;
        let (kind, of) = (consumer.kind, consumer.subscription);
        if let Some(subscription) = self.objects.subscriptions.get_mut(&of) {
            subscription.hungry.pop_front();
        }
        let granted = match kind {
            Kind::Stream => self.grant(id, share.min(MAX_CHUNK), now),
            Kind::Pull => self.grant(id, share, now),
        };
        if kind == Kind::Pull && granted > 0 {
            self.leave(id);
        } else {
            self.line_up(id);
        }
        self.forget_the_sated(of);
        granted
    }

    /// Answers a Pull, if there is something to answer with; an answered one has left.
    pub(super) fn serve_pull(&mut self, id: ConsumerId, limit: u64, now: Now) -> bool {
        let is_granted = self.grant(id, limit, now) > 0;
        if is_granted {
            self.leave(id);
        }
        is_granted
    }

    /// A topic looks at a publish for its hungry subscriptions only.
    fn forget_the_sated(&mut self, id: SubscriptionId) {
        if let Some(subscription) = self.objects.subscriptions.get(&id)
            && subscription.hungry.is_empty()
            && let Some(topic) = self.objects.topics.get_mut(&subscription.record.topic)
        {
            topic.hungry.remove(&id);
        }
    }

    /// Leases up to `limit` messages to a consumer, from the partition whose turn it is on.
    fn grant(&mut self, id: ConsumerId, limit: u64, now: Now) -> u64 {
        let Some(consumer) = self.consumers.get_mut(&id) else {
            return 0;
        };
        let of = consumer.subscription;
        let subscription = self.objects.subscriptions.get_mut(&of);
        let Some(subscription) = subscription else {
            return 0;
        };
        let Some(topic) = self.objects.topics.get(&subscription.record.topic) else {
            return 0;
        };
        let limit = limit.min(subscription.allowed(now));
        if limit == 0 {
            return 0;
        }
        let mut ticket = Ticket {
            consumer: id,
            name: Arc::clone(&consumer.name),
            serial: self.next_serial,
            incarnation: self.incarnation,
            deadline: now.mono.plus(subscription.rules.ack_deadline),
            since: now.mono,
            at: self.next_position,
        };
        let mut basket = Basket {
            now,
            consumer,
            topic,
            left: limit,
            effects: Vec::new(),
            acts: Vec::new(),
        };
        let count = subscription.machines.len().max(1);
        for step in 0..count {
            let index = (subscription.next_partition + step) % count;
            if basket.take(subscription, index, &ticket) {
                ticket.serial = LeaseSerial(ticket.serial.0 + 1);
            }
            if basket.left == 0 || !basket.consumer.credit.has_room() {
                subscription.next_partition = (index + 1) % count;
                break;
            }
        }
        self.next_serial = ticket.serial;
        let (acts, effects, left) = (basket.acts, basket.effects, basket.left);
        subscription.note_handed_out(limit - left);
        self.output.grants.extend(effects);
        self.enact(acts, now);
        limit - left
    }
}

impl Subscription {
    /// Whether something could be granted.
    pub(super) fn has_ready(&self, topic: &Topic) -> bool {
        let mut parts = self.machines.iter().zip(&topic.partitions);
        parts.any(|(machine, store)| machine.has_ready(&store.log))
    }
}

/// What one consumer gets in one turn.
struct Basket<'a> {
    now: Now,
    consumer: &'a mut Consumer,
    topic: &'a Topic,
    /// Messages that may still be granted in this turn.
    left: u64,
    effects: Vec<GrantEffect>,
    acts: Vec<Act>,
}

impl Basket<'_> {
    /// Takes from one partition; whether there was anything to take.
    fn take(&mut self, subscription: &mut Subscription, index: usize, ticket: &Ticket) -> bool {
        let machine = subscription.machines.get_mut(index);
        let (Some(machine), Some(store)) = (machine, self.topic.partitions.get(index)) else {
            return false;
        };
        if !machine.has_ready(&store.log) {
            return false;
        }
        let mut room = self.consumer.credit.room();
        room.messages = room.messages.min(self.left);
        let grants = machine.take(&store.log, &subscription.rules, room, ticket);
        if grants.is_empty() {
            return false;
        }
        let partition = Partition(u32::try_from(index).unwrap_or(u32::MAX));
        let epoch = machine.epoch();
        let repeated = machine.take_repeated();
        let (runs, mut needs) = self.runs(partition, store, &grants);
        subscription
            .measures
            .handed_out(&store.log, &runs, &repeated, self.now);
        if grants.iter().any(|grant| grant.attempt > 1) {
            needs = needs.max(subscription.last_failed);
        }
        self.effects.push(GrantEffect {
            consumer: ticket.consumer,
            subscription: subscription.record.id,
            topic: self.topic.record.id,
            partition,
            epoch,
            incarnation: ticket.incarnation,
            runs,
            needs,
        });
        self.acts.push(Act::lazy(Entry::Delivered(Delivered {
            subscription: subscription.record.id,
            partition,
            epoch,
            incarnation: ticket.incarnation,
            consumer: ticket.name.to_string(),
            grants,
        })));
        true
    }

    /// The granted messages by frame, with sequences, and the newest frame.
    fn runs(
        &mut self,
        partition: Partition,
        store: &Store,
        grants: &[Grant],
    ) -> (Vec<GrantRun>, Position) {
        let mut runs = Vec::with_capacity(grants.len());
        let mut needs = Position::START;
        for grant in grants {
            self.left = self.left.saturating_sub(grant.range.count());
            self.consumer.delivered += grant.range.count();
            if grant.attempt > 1 {
                self.consumer.redelivered += grant.range.count();
            }
            for run in store.log.runs(grant.range) {
                let bytes = store.log.bytes(run.range);
                let credit = &mut self.consumer.credit;
                let first = credit.grant(partition, run.range, grant.serial, bytes);
                needs = needs.max(run.position);
                runs.push(GrantRun {
                    first_sequence: match self.consumer.kind {
                        Kind::Stream => first,
                        Kind::Pull => 0,
                    },
                    range: run.range,
                    attempt: grant.attempt,
                    serial: grant.serial,
                    time: run.time,
                    position: run.position,
                    frame_base: run.frame_base,
                });
            }
        }
        (runs, needs)
    }
}
