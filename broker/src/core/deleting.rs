//! Deletions by a plan: what is deleted is put aside for as long as it can be brought back.
//!
//! Its name is free at once. Streams end and leases are released before, so that nothing of what is aside changes. One
//! commit group: a crash finds all of it or nothing. Once it can be brought back no more, it is deleted for good.

use super::limits::MAX_ENTRY_PARTS;
use super::objects::{Subscription, Topic};
use super::plan::{Plan, PlanCounts, Way};
use super::planned::count_consumers;
use super::state::{Act, Core};
use crate::model::entry::{Deed, Entry, Operated, Released, SetAside};
use crate::model::range::normalise;
use crate::model::{Name, Now, OffsetRange, OperationId, Refusal, Span, SubscriptionId};

impl Core {
    pub(super) fn plan_topic_deletion(
        &self,
        name: &Name,
        with_subscriptions: bool,
        now: Now,
    ) -> Result<Plan, Refusal> {
        let topic = self.topic_of(name)?;
        self.check_topic_deletion(topic, with_subscriptions)?;
        let mut counts = PlanCounts::default();
        for id in &topic.subscriptions {
            if let Some(found) = self.objects.subscriptions.get(id) {
                let one = subscription_counts(found, topic);
                counts.selected += one.selected;
                counts.affected += one.affected;
                counts.ended_leases += one.ended_leases;
                counts.consumers += one.consumers;
            }
        }
        counts.bytes = topic.stored_bytes();
        let what = "brings all of it back if its names are free then; until then it stays stored";
        let (grace, undo_note) = self.kept(counts.bytes, what);
        Ok(Plan {
            deed: Deed::DeleteTopic,
            counts,
            warnings: vec![format!(
                "{} subscriptions go with it",
                topic.subscriptions.len()
            )],
            grace,
            undo_note,
            way: Way::DeleteTopic(with_subscriptions),
            ..self.draft(None, topic, now)
        })
    }

    pub(super) fn plan_subscription_deletion(
        &self,
        name: &Name,
        now: Now,
    ) -> Result<Plan, Refusal> {
        let found = self.subscription_of(name)?;
        let topic = self.topic_by(found.record.topic)?;
        let what = "brings it back, with what is published until then, if its name is free then";
        let (grace, undo_note) = self.kept(self.held_alone(found, topic), what);
        Ok(Plan {
            deed: Deed::DeleteSubscription,
            way: Way::DeleteSubscription,
            counts: subscription_counts(found, topic),
            grace,
            undo_note,
            ..self.draft(Some(found), topic, now)
        })
    }

    /// How long what is deleted can be brought back, and what that does, or why it cannot.
    fn kept(&self, bytes: u64, what: &str) -> (Span, String) {
        if self.undo.grace == Span::ZERO {
            let note = "cannot be undone: this broker puts nothing aside, its undo grace is 0";
            return (Span::ZERO, note.to_owned());
        }
        if bytes > self.undo.bytes {
            let note = format!(
                "cannot be undone: it holds {bytes} bytes, and this broker keeps {} for that",
                self.undo.bytes
            );
            return (Span::ZERO, note);
        }
        (self.undo.grace, what.to_owned())
    }

    /// Bytes of messages that no other subscription of the topic needs.
    fn held_alone(&self, found: &Subscription, topic: &Topic) -> u64 {
        let mut bytes = 0;
        for ((partition, machine), store) in found.parts().zip(&topic.partitions) {
            let others = topic.subscriptions.iter();
            let others = others.filter(|id| **id != found.record.id);
            let others = others.filter_map(|id| self.objects.subscriptions.get(id));
            let floors = others.filter_map(|one| one.machine(partition));
            let end = floors.map(crate::delivery::Machine::floor).min();
            let end = end.unwrap_or(store.log.next());
            let start = machine.floor().max(store.log.low());
            if start < end {
                bytes += store.log.bytes(OffsetRange::between(start, end));
            }
        }
        bytes
    }

    /// Deletes a topic as it was planned.
    pub(super) fn delete_planned_topic(
        &mut self,
        plan: &Plan,
        name: &Name,
        with_subscriptions: bool,
        now: Now,
    ) -> Result<(), Refusal> {
        let topic = self.topic_of(name)?;
        if topic.record.id != plan.topic {
            let topic = name.clone();
            return Err(Refusal::TopicNotFound { topic });
        }
        if plan.grace == Span::ZERO {
            return self.delete_topic(name, with_subscriptions, now).map(drop);
        }
        self.check_topic_deletion(topic, with_subscriptions)?;
        let subscriptions = topic.subscriptions.iter().copied().collect();
        let put = SetAside {
            topic: plan.topic,
            ..self.aside(topic, subscriptions)
        };
        self.put_aside(put, now)
    }

    /// Deletes a subscription as it was planned.
    pub(super) fn delete_planned_subscription(
        &mut self,
        plan: &Plan,
        name: &Name,
        now: Now,
    ) -> Result<(), Refusal> {
        let found = self.subscription_of(name)?;
        if found.record.id != plan.subscription {
            let subscription = name.to_string();
            return Err(Refusal::SubscriptionNotFound { subscription });
        }
        if plan.grace == Span::ZERO {
            return self.delete_subscription(name, now).map(drop);
        }
        let topic = self.topic_by(found.record.topic)?;
        let put = self.aside(topic, vec![plan.subscription]);
        self.put_aside(put, now)
    }

    fn aside(&self, topic: &Topic, subscriptions: Vec<SubscriptionId>) -> SetAside {
        let stores = topic.partitions.iter();
        SetAside {
            operation: self.objects.broker.next_operation,
            subscriptions,
            ends: stores.map(|store| store.log.next()).collect(),
            ..SetAside::default()
        }
    }

    fn put_aside(&mut self, put: SetAside, now: Now) -> Result<(), Refusal> {
        let subscriptions = put.subscriptions.clone();
        let ids = subscriptions.iter();
        let mut acts: Vec<Act> = ids.flat_map(|&id| self.releasing(id)).collect();
        acts.push(Act::eager(Entry::Operated(Operated::SetAside(put))));
        self.check_commit("plan", &acts)?;
        for id in subscriptions {
            self.prepare_deletion(id);
        }
        self.enact(acts, now);
        Ok(())
    }

    /// The acts that end all leases of a subscription.
    fn releasing(&self, id: SubscriptionId) -> Vec<Act> {
        let found = self.objects.subscriptions.get(&id);
        let parts = found.into_iter().flat_map(|found| found.parts());
        let mut acts = Vec::new();
        for (partition, machine) in parts {
            let mut ranges = machine.leases().map(|lease| lease.range).collect();
            normalise(&mut ranges);
            acts.extend(ranges.chunks(MAX_ENTRY_PARTS).map(|ranges| {
                Act::lazy(Entry::Released(Released {
                    subscription: id,
                    partition,
                    ranges: ranges.to_vec(),
                }))
            }));
        }
        acts
    }

    /// The acts by which what a deletion put aside goes for good.
    pub(super) fn giving_up(&self, id: OperationId) -> Vec<Act> {
        let Some(put) = self.objects.aside.deletions.get(&id) else {
            return Vec::new();
        };
        let ids = put.subscriptions.iter();
        let entries = ids.map(|&id| Entry::SubscriptionDeleted(id));
        let topic = (put.topic.0 > 0).then_some(Entry::TopicDeleted(put.topic));
        entries.chain(topic).map(Act::lazy).collect()
    }

    /// A topic that is aside is about to go for good: so do subscriptions of it that were deleted before.
    pub(super) fn give_up_dependent(&mut self, id: OperationId, now: Now) {
        let aside = &self.objects.aside;
        let topic = aside.deletions.get(&id).map(|put| put.topic);
        let Some(topic) = topic.filter(|topic| topic.0 > 0) else {
            return;
        };
        for deletion in aside.deletions_on(topic) {
            self.close_undo(deletion, "its topic is gone for good", now);
        }
    }

    /// What is aside without an operation that could bring it back goes for good.
    pub(super) fn give_up_forsaken(&mut self, now: Now) {
        let open = &self.objects.operations.open;
        let all = self.objects.aside.deletions.keys();
        let forsaken: Vec<OperationId> = all.filter(|id| !open.contains(id)).copied().collect();
        for id in forsaken {
            let acts = self.giving_up(id);
            self.enact(acts, now);
        }
    }
}

fn subscription_counts(found: &Subscription, topic: &Topic) -> PlanCounts {
    let counts = found.counts(topic);
    let dropped = counts.backlog() + counts.scheduled + counts.dead + counts.unjudged;
    PlanCounts {
        selected: dropped,
        affected: dropped,
        ended_leases: counts.leased,
        consumers: count_consumers(found),
        ..PlanCounts::default()
    }
}
