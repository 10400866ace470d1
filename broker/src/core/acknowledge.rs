//! Acks, nacks and extends by ack id, valid on any connection. An ack from before a restart still finishes its message
//! unless it was leased anew; such a nack or extend is stale. A stale one changes nothing and says so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::AckId;
use super::command::{Nack, NackAction};
use super::settle::{Places, acks};
use super::state::{Act, Core};
use crate::delivery::State;
use crate::model::range::normalise;
use crate::model::{Now, Offset, OffsetRange, Partition, Refusal, Span, SubscriptionId};

/// What a nack is to, together with all that are given back in the same way.
type Way = (SubscriptionId, NackAction, String, String, Arc<str>);

impl Core {
    /// Finishes messages; a result for each, in order. Durable when `last_position` is.
    pub fn acknowledge(&mut self, ids: &[AckId], now: Now) -> Vec<Result<(), Refusal>> {
        let mut decided = Decided::default();
        let mut finished: BTreeMap<SubscriptionId, Places> = BTreeMap::new();
        let mut results = Vec::with_capacity(ids.len());
        for id in ids {
            let result = self.check_ack(id).and_then(|()| decided.once(id));
            if result.is_ok() {
                let places = finished.entry(id.subscription).or_default();
                let ranges = places.entry(id.partition).or_default();
                ranges.push(OffsetRange::one(id.offset));
            }
            results.push(result);
        }
        let mut acts = Vec::new();
        let touched: Vec<SubscriptionId> = finished.keys().copied().collect();
        for (subscription, mut places) in finished {
            places.values_mut().for_each(normalise);
            acts.extend(acks(subscription, places, Act::eager));
        }
        self.enact(acts, now);
        for subscription in touched {
            self.stir(subscription);
        }
        results
    }

    /// Gives messages back; a result for each, in order. Durable when `last_position` is.
    pub fn nack(&mut self, changes: &[(AckId, Nack)], now: Now) -> Vec<Result<(), Refusal>> {
        let mut decided = Decided::default();
        let mut ways: BTreeMap<Way, Places> = BTreeMap::new();
        let mut results = Vec::with_capacity(changes.len());
        for (id, nack) in changes {
            let result = self.holder(id);
            let result = result.and_then(|name| decided.once(id).map(|()| name));
            results.push(result.map(|name| {
                let (class, reason) = (nack.class.clone(), nack.reason.clone());
                let way = (id.subscription, nack.action, class, reason, name);
                let ranges = ways
                    .entry(way)
                    .or_default()
                    .entry(id.partition)
                    .or_default();
                ranges.push(OffsetRange::one(id.offset));
            }));
        }
        for ((subscription, action, class, reason, name), mut places) in ways {
            places.values_mut().for_each(normalise);
            let nack = Nack {
                action,
                reason,
                class,
            };
            self.give_back(subscription, places, (&nack, &name), now);
            self.stir(subscription);
        }
        // Their answer waits for durability, so the last of them starts a sync.
        if results.iter().any(Result::is_ok) {
            self.hasten();
        }
        results
    }

    /// Moves deadlines to a span from now; a result for each, in order. Volatile: needs no durability.
    pub fn extend(&mut self, changes: &[(AckId, Span)], now: Now) -> Vec<Result<(), Refusal>> {
        let mut results = Vec::with_capacity(changes.len());
        let mut touched = BTreeSet::new();
        for (id, deadline) in changes {
            let result = self.holder(id).map(|_name| ());
            if result.is_ok() {
                let place = (id.subscription, id.partition);
                self.move_deadline(place, &[OffsetRange::one(id.offset)], *deadline, now);
                touched.insert(id.subscription);
            }
            results.push(result);
        }
        for subscription in touched {
            self.note_deadline(subscription, now);
        }
        results
    }

    /// Whether an ack finishes its message.
    fn check_ack(&self, id: &AckId) -> Result<(), Refusal> {
        let Some((subscription, topic)) = self.pair(id.subscription) else {
            return Err(no_subscription(id));
        };
        let machine = subscription.machine(id.partition);
        let (Some(machine), Some(store)) = (machine, topic.store(id.partition)) else {
            return Err(Refusal::LeaseStale);
        };
        let range = OffsetRange::one(id.offset);
        let is_held = !machine.held(range, id.incarnation, id.serial).is_empty();
        let is_old = id.incarnation < self.incarnation;
        let finishes =
            is_held || is_old && machine.finishable_old(&store.log, id.offset, id.attempt);
        if machine.epoch() == id.epoch && finishes {
            Ok(())
        } else {
            Err(Refusal::LeaseStale)
        }
    }

    /// The name of the consumer that holds the lease, which must be of this incarnation.
    fn holder(&self, id: &AckId) -> Result<Arc<str>, Refusal> {
        let Some((subscription, topic)) = self.pair(id.subscription) else {
            return Err(no_subscription(id));
        };
        let machine = subscription.machine(id.partition);
        let (Some(machine), Some(store)) = (machine, topic.store(id.partition)) else {
            return Err(Refusal::LeaseStale);
        };
        let range = OffsetRange::one(id.offset);
        let is_held = id.incarnation == self.incarnation
            && machine.epoch() == id.epoch
            && !machine.held(range, id.incarnation, id.serial).is_empty();
        match machine.state_of(id.offset, &store.log) {
            (State::Leased { consumer, .. }, _) if is_held => Ok(consumer),
            _ => Err(Refusal::LeaseStale),
        }
    }
}

/// The messages decided on in one call: a second id of the same message is stale.
#[derive(Debug, Default)]
struct Decided(BTreeSet<(SubscriptionId, Partition, Offset)>);

impl Decided {
    fn once(&mut self, id: &AckId) -> Result<(), Refusal> {
        if self.0.insert((id.subscription, id.partition, id.offset)) {
            Ok(())
        } else {
            Err(Refusal::LeaseStale)
        }
    }
}

fn no_subscription(id: &AckId) -> Refusal {
    Refusal::SubscriptionNotFound {
        subscription: id.subscription.to_string(),
    }
}
