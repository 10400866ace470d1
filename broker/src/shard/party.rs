//! Who is connected: consumers with a mailbox, and Pulls that wait.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::bodies::Tail;
use super::command::Answer;
use super::effects::{Effect, Effects};
use super::handle::Shared;
use super::lease::{Granted, Lease};
use super::mailbox::Mailbox;
use super::parcel::Parcel;
use crate::core::{EndedConsumer, GrantEffect, SequenceRange};
use crate::model::{ConsumerId, Mono, Position, Refusal, SubscriptionId, TopicId};

/// A connected consumer or a Pull.
enum Party {
    Consumer(Arc<Mailbox>),
    Pull(Box<WaitingPull>),
}

/// A Pull that has no messages yet.
pub(super) struct WaitingPull {
    pub(super) subscription: SubscriptionId,
    pub(super) topic: TopicId,
    /// When it is answered without messages.
    pub(super) deadline: Mono,
    pub(super) answer: Answer<Granted>,
}

/// Everyone who is connected.
pub(super) struct Parties {
    by_consumer: HashMap<ConsumerId, Party>,
    deadlines: BTreeSet<(Mono, ConsumerId)>,
    shared: Arc<Shared>,
}

impl Parties {
    /// Nobody.
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            by_consumer: HashMap::new(),
            deadlines: BTreeSet::new(),
            shared,
        }
    }

    /// A consumer has come.
    pub(super) fn connect(&mut self, consumer: ConsumerId, mailbox: Arc<Mailbox>) {
        self.by_consumer.insert(consumer, Party::Consumer(mailbox));
    }

    /// A Pull has come.
    pub(super) fn wait(&mut self, consumer: ConsumerId, pull: WaitingPull) {
        self.deadlines.insert((pull.deadline, consumer));
        self.by_consumer
            .insert(consumer, Party::Pull(Box::new(pull)));
    }

    /// A consumer has left, or a Pull was answered.
    pub(super) fn remove(&mut self, consumer: ConsumerId) {
        if let Some(Party::Pull(pull)) = self.by_consumer.remove(&consumer) {
            self.deadlines.remove(&(pull.deadline, consumer));
        }
    }

    /// Hands grants on: to mailboxes now, in order; to Pulls as one answer each. Returns consumers
    /// that do not keep up with their own deliveries.
    pub(super) fn grant(
        &mut self,
        grants: Vec<GrantEffect>,
        tail: &Tail,
        effects: &mut Effects,
    ) -> Vec<ConsumerId> {
        let mut laggards = Vec::new();
        let mut pulls: Vec<(ConsumerId, Position, Vec<Lease>)> = Vec::new();
        for grant in grants {
            let parcels = parcels(&grant, tail);
            match self.by_consumer.get(&grant.consumer) {
                Some(Party::Consumer(mailbox)) => {
                    if !mailbox.put(parcels) {
                        laggards.push(grant.consumer);
                    }
                    effects.push(grant.needs, Effect::Wake(Arc::clone(mailbox)));
                }
                Some(Party::Pull(_)) => {
                    let leases = parcels.map(|parcel| Lease {
                        parcel,
                        epoch: grant.epoch,
                        incarnation: grant.incarnation,
                    });
                    match pulls.iter_mut().find(|(pull, ..)| *pull == grant.consumer) {
                        Some((_, needs, all)) => {
                            *needs = grant.needs.max(*needs);
                            all.extend(leases);
                        }
                        None => pulls.push((grant.consumer, grant.needs, leases.collect())),
                    }
                }
                // It left after the grant was decided; the core has taken the leases back.
                None => {}
            }
        }
        for (consumer, needs, leases) in pulls {
            self.answer(consumer, needs, leases, effects);
        }
        laggards
    }

    fn answer(
        &mut self,
        consumer: ConsumerId,
        needs: Position,
        leases: Vec<Lease>,
        effects: &mut Effects,
    ) {
        let Some(Party::Pull(pull)) = self.by_consumer.remove(&consumer) else {
            return;
        };
        self.deadlines.remove(&(pull.deadline, consumer));
        let granted = Granted {
            topic: pull.topic,
            subscription: pull.subscription,
            consumer,
            leases,
            doorbell: Arc::clone(&self.shared.doorbell),
        };
        effects.push(needs, Effect::Pulled(pull.answer, granted));
    }

    /// Answers Pulls whose wait is over, or whose callers have gone; they are to be cancelled.
    pub(super) fn give_up(&mut self, until: Mono, effects: &mut Effects) -> Vec<ConsumerId> {
        let over = self.deadlines.range(..=(until, ConsumerId(u64::MAX)));
        let over: Vec<_> = over.map(|(_, consumer)| *consumer).collect();
        for &consumer in &over {
            self.answer(consumer, Position::START, Vec::new(), effects);
        }
        over
    }

    /// Waiting Pulls whose callers have gone.
    pub(super) fn abandoned(&self) -> Vec<ConsumerId> {
        let pulls = self
            .by_consumer
            .iter()
            .filter_map(|(id, party)| match party {
                Party::Pull(pull) if pull.answer.is_closed() => Some(*id),
                _ => None,
            });
        pulls.collect()
    }

    /// When the next Pull gives up.
    pub(super) fn next_deadline(&self) -> Option<Mono> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// Tells a consumer what changed nothing; whether it keeps up.
    pub(super) fn tell_stale(&self, consumer: ConsumerId, ranges: Vec<SequenceRange>) -> bool {
        match self.by_consumer.get(&consumer) {
            Some(Party::Consumer(mailbox)) if !ranges.is_empty() => mailbox.put_stale(ranges),
            _ => true,
        }
    }

    /// The mailbox of a consumer that is told of acks that are durable.
    pub(super) fn confirming(&self, consumer: ConsumerId) -> Option<Arc<Mailbox>> {
        match self.by_consumer.get(&consumer) {
            Some(Party::Consumer(mailbox)) if mailbox.confirms => Some(Arc::clone(mailbox)),
            _ => None,
        }
    }

    /// Ends those that the core has ended.
    pub(super) fn end(&mut self, ended: Vec<EndedConsumer>) {
        for EndedConsumer { consumer, reason } in ended {
            self.end_one(consumer, reason);
        }
    }

    /// Ends one.
    pub(super) fn end_one(&mut self, consumer: ConsumerId, reason: Refusal) {
        match self.by_consumer.remove(&consumer) {
            Some(Party::Consumer(mailbox)) => mailbox.end(reason),
            Some(Party::Pull(pull)) => {
                self.deadlines.remove(&(pull.deadline, consumer));
                // Whoever asked may have gone.
                drop(pull.answer.send(Err(reason)));
            }
            None => {}
        }
    }

    /// Ends all.
    pub(super) fn end_all(&mut self, reason: &Refusal) {
        let everyone: Vec<_> = self.by_consumer.keys().copied().collect();
        for consumer in everyone {
            self.end_one(consumer, reason.clone());
        }
    }

    /// The waiting Pulls.
    pub(super) fn pulls(&self) -> Vec<ConsumerId> {
        self.deadlines
            .iter()
            .map(|(_, consumer)| *consumer)
            .collect()
    }
}

fn parcels(grant: &GrantEffect, tail: &Tail) -> impl Iterator<Item = Parcel> {
    grant.runs.iter().map(|run| Parcel {
        run: *run,
        partition: grant.partition,
        needs: grant.needs,
        body: tail.get(run.position),
    })
}
