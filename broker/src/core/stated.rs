//! Applies restatements. Live, an object is already what is stated of it, and only the position is new; in recovery the
//! statement replaces all that was known of its object.

use super::apply::{ApplyError, Mode, machine};
use super::objects::{Objects, Subscription, Topic};
use crate::model::Position;
use crate::model::entry::{BrokerState, PageState, SubscriptionState, TopicState};

impl Objects {
    pub(super) fn broker_stated(&mut self, state: &BrokerState, at: Position) {
        self.broker = state.clone();
        self.broker_stated = at;
    }

    pub(super) fn topic_stated(
        &mut self,
        state: &TopicState,
        at: Position,
        mode: Mode,
    ) -> Result<(), ApplyError> {
        let id = state.record.id;
        if let Mode::Live(_) = mode {
            let topic = self.topics.get_mut(&id).ok_or(ApplyError::NoTopic(id))?;
            topic.stated = at;
            return Ok(());
        }
        let mut topic = Topic::new(state.record.clone(), at);
        let mut stores = Vec::new();
        if let Some(found) = self.topics.remove(&id) {
            stores = found.partitions;
            // They are objects of their own.
            topic.producers = found.producers;
            topic.known = found.known;
        }
        stores.resize_with(topic.partitions.len(), Default::default);
        for (store, stated) in stores.iter_mut().zip(&state.partitions) {
            store.log.reset(stated.low, stated.next);
            store.published_bytes = stated.published_bytes;
        }
        topic.partitions = stores;
        self.topics.insert(id, Box::new(topic));
        Ok(())
    }

    pub(super) fn subscription_stated(
        &mut self,
        state: &SubscriptionState,
        at: Position,
        mode: Mode,
    ) -> Result<(), ApplyError> {
        let id = state.record.id;
        if let Mode::Live(_) = mode {
            let subscription = self.subscriptions.get_mut(&id);
            let subscription = subscription.ok_or(ApplyError::NoSubscription(id))?;
            for machine in &mut subscription.machines {
                machine.cursor_stated(at);
            }
            return Ok(());
        }
        let known = self.subscriptions.remove(&id);
        let mut machines = known.map_or_else(Vec::new, |known| known.machines);
        machines.truncate(state.partitions.len());
        let mut record = state.record.clone();
        self.alike.share(&mut record.settings);
        let mut subscription = Subscription::new(record.clone(), machines);
        subscription.provide(state.partitions.len());
        for (machine, cursor) in subscription.machines.iter_mut().zip(&state.partitions) {
            machine.restate_cursor(cursor, at);
        }
        let machines = std::mem::take(&mut subscription.machines);
        let subscription = Subscription::new(record, machines);
        self.subscriptions.insert(id, Box::new(subscription));
        Ok(())
    }

    pub(super) fn page_stated(
        &mut self,
        state: &PageState,
        at: Position,
        mode: Mode,
    ) -> Result<(), ApplyError> {
        let subscription = self.place(state.subscription, state.partition, mode)?;
        let machine = machine(subscription, state.partition)?;
        match mode {
            Mode::Live(_) => machine.page_stated(state.page, at),
            Mode::Recovery => machine.restate_page(state, at),
        }
        Ok(())
    }
}
