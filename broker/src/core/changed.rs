//! Applies changes to what a topic or a subscription is: its settings, where it goes on, what its dead ones hold.

use super::apply::{ApplyError, Mode, entered, machine};
use super::objects::Objects;
use super::totals::settling;
use crate::delivery::Rules;
use crate::model::Position;
use crate::model::entry::{Sought, SubscriptionRecord, TopicRecord, Unparked};

impl Objects {
    /// In recovery, of a topic that is restated later on, nothing is known yet and nothing need be.
    pub(super) fn topic_updated(
        &mut self,
        record: &TopicRecord,
        at: Position,
        mode: Mode,
    ) -> Result<(), ApplyError> {
        match (self.topics.get_mut(&record.id), mode) {
            (Some(topic), _) => {
                let life = topic.record.settings.time_to_live;
                topic.record = record.clone();
                topic.settled = at;
                let is_other = life != record.settings.time_to_live;
                if let (true, Mode::Live(_)) = (is_other, mode) {
                    self.lives_changed(record.id);
                }
            }
            (None, Mode::Recovery) => {}
            (None, Mode::Live(_)) => return Err(ApplyError::NoTopic(record.id)),
        }
        Ok(())
    }

    pub(super) fn subscription_updated(
        &mut self,
        record: &SubscriptionRecord,
        mode: Mode,
    ) -> Result<(), ApplyError> {
        let Some(subscription) = self.subscriptions.get_mut(&record.id) else {
            return match mode {
                Mode::Recovery => Ok(()),
                Mode::Live(_) => Err(ApplyError::NoSubscription(record.id)),
            };
        };
        subscription.record = record.clone();
        self.alike.share(&mut subscription.record.settings);
        if let (Mode::Live(now), Some(since)) = (mode, &mut subscription.unused_since) {
            *since = now.mono;
        }
        subscription.rules = Rules::of(&record.settings, subscription.partition_count());
        if let Mode::Live(_) = mode {
            let topic = self.topics.get(&record.topic);
            let topic = topic.ok_or(ApplyError::NoTopic(record.topic))?;
            for (machine, store) in subscription.machines.iter_mut().zip(&topic.partitions) {
                machine.obey(&store.log, &subscription.rules);
            }
            self.note_limits(record.id);
        }
        Ok(())
    }

    pub(super) fn unparked(
        &mut self,
        unparked: &Unparked,
        at: Position,
        mode: Mode,
    ) -> Result<(), ApplyError> {
        let subscription = self.place(unparked.subscription, unparked.partition, mode)?;
        machine(subscription, unparked.partition)?.unparked(&unparked.ranges, at);
        Ok(())
    }

    /// Live, what has entered changes with the start; the counters that only grow do not go by that.
    pub(super) fn sought(&mut self, sought: &Sought, mode: Mode) -> Result<(), ApplyError> {
        let subscription = self.place(sought.subscription, sought.partition, mode)?;
        let Mode::Live(now) = mode else {
            machine(subscription, sought.partition)?.sought(sought);
            return Ok(());
        };
        subscription.measures.begun = now.wall;
        let (id, of) = (sought.subscription, subscription.record.topic);
        let topic = self.topics.get(&of).ok_or(ApplyError::NoTopic(of))?;
        let subscription = self.subscriptions.get_mut(&id);
        let subscription = subscription.ok_or(ApplyError::NoSubscription(id))?;
        let old = entered(subscription, topic);
        let machine = machine(subscription, sought.partition)?;
        let (before, after) = settling(machine, |one| one.sought(sought));
        if let Some(store) = topic.store(sought.partition) {
            // What was finished before it was due may be scheduled again.
            let scheduled = machine.scheduled(&store.log);
            machine.revise_scheduled(&store.log);
            self.totals.came_due(scheduled);
            self.totals.schedule(machine.scheduled(&store.log));
        }
        let new = entered(subscription, topic);
        let begun = subscription.meters.published;
        subscription.meters.published = begun.wrapping_add(new).wrapping_sub(old);
        self.totals.entered = self.totals.entered.wrapping_add(new).wrapping_sub(old);
        self.totals.settle(before, after);
        Ok(())
    }
}
