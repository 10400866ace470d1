//! What deletions put aside: applies their entries, and answers for what is aside.
//!
//! What is aside is among nothing else that there is: no name leads to it, nothing is published or handed out, no rule
//! looks at it. Its messages stay stored, and it is restated like everything. A subscription that comes back has what
//! it had, and what was published to its topic meanwhile, as if it had never been away.

use super::apply::{ApplyError, Mode, entered};
use super::bucket::Bucket;
use super::counts::Meters;
use super::objects::{Aside, Objects, PutAside, Subscription, Topic};
use crate::delivery::Machine;
use crate::model::entry::{BroughtBack, Entry, SetAside};
use crate::model::{Now, Offset, OperationId, Partition, Position, SubscriptionId, Time, TopicId};

impl Objects {
    /// A topic, aside or not.
    pub(super) fn any_topic(&self, id: TopicId) -> Option<&Topic> {
        let there = self.topics.get(&id);
        let found = there.or_else(|| self.aside.topics.get(&id));
        found.map(Box::as_ref)
    }

    /// A subscription, aside or not.
    pub(super) fn any_subscription(&self, id: SubscriptionId) -> Option<&Subscription> {
        let there = self.subscriptions.get(&id);
        let found = there.or_else(|| self.aside.subscriptions.get(&id));
        found.map(Box::as_ref)
    }

    /// All topics, those that are aside included.
    pub(super) fn all_topics(&self) -> impl Iterator<Item = &Topic> {
        let all = self.topics.values().chain(self.aside.topics.values());
        all.map(Box::as_ref)
    }

    /// All subscriptions, those that are aside included.
    pub(super) fn all_subscriptions(&self) -> impl Iterator<Item = &Subscription> {
        let aside = self.aside.subscriptions.values();
        self.subscriptions.values().chain(aside).map(Box::as_ref)
    }

    /// From where on what is aside needs the messages of a partition.
    pub(super) fn aside_from(&self, topic: TopicId, partition: Partition) -> Option<Offset> {
        let machines = self.aside_machines(topic, partition);
        machines.map(Machine::floor).min()
    }

    /// The machines of a partition of subscriptions of a topic that are aside.
    pub(super) fn aside_machines(
        &self,
        topic: TopicId,
        partition: Partition,
    ) -> impl Iterator<Item = &Machine> {
        let ids = self.aside_ids(topic);
        let found = ids.filter_map(|id| self.aside.subscriptions.get(&id));
        found.filter_map(move |one| one.machine(partition))
    }

    /// The subscriptions of a topic that are aside.
    pub(super) fn aside_ids(&self, topic: TopicId) -> impl Iterator<Item = SubscriptionId> {
        let (first, last) = (SubscriptionId(0), SubscriptionId(u64::MAX));
        let ids = self.aside.by_topic.range((topic, first)..=(topic, last));
        ids.map(|&(_, id)| id)
    }

    pub(super) fn set_aside(&mut self, entry: &SetAside, at: Position, mode: Mode) {
        let put = PutAside {
            topic: entry.topic,
            subscriptions: entry.subscriptions.iter().copied().collect(),
            ends: entry.ends.clone(),
            stated: at,
        };
        let known = self.aside.deletions.insert(entry.operation, put);
        if let (Mode::Live(_), None) = (mode, known) {
            self.put_away(entry.operation);
        }
    }

    /// In recovery, what comes back was never away.
    pub(super) fn brought_back(
        &mut self,
        entry: BroughtBack,
        mode: Mode,
    ) -> Result<(), ApplyError> {
        self.operated(entry.operation);
        let put = self.aside.deletions.remove(&entry.deletion);
        let (Mode::Live(now), Some(put)) = (mode, put) else {
            return Ok(());
        };
        if let Some(topic) = self.aside.topics.remove(&put.topic) {
            self.topic_came_back(topic, now);
        }
        for id in put.subscriptions {
            if let Some(subscription) = self.aside.subscriptions.remove(&id) {
                let of = subscription.record.topic;
                self.aside.by_topic.remove(&(of, id));
                self.subscription_came_back(subscription, now)?;
            }
        }
        Ok(())
    }

    /// Live, an entry that restates something that is aside changes nothing else.
    pub(super) fn is_restated_aside(&mut self, entry: &Entry, at: Position, mode: Mode) -> bool {
        if matches!(mode, Mode::Recovery) || self.aside.deletions.is_empty() {
            return false;
        }
        let Aside {
            topics,
            subscriptions,
            ..
        } = &mut self.aside;
        match entry {
            Entry::TopicState(state) => topics
                .get_mut(&state.record.id)
                .map(|topic| topic.stated = at),
            Entry::Jumped(jumped) => topics.get(&jumped.topic).map(drop),
            Entry::ProducerState(state) => topics
                .get_mut(&state.topic)
                .map(|topic| topic.producers.stated(state.producer, at)),
            Entry::SubscriptionState(state) => {
                subscriptions.get_mut(&state.record.id).map(|found| {
                    for machine in &mut found.machines {
                        machine.cursor_stated(at);
                    }
                })
            }
            Entry::PageState(state) => subscriptions.get_mut(&state.subscription).map(|found| {
                let machine = found.machines.get_mut(state.partition.0 as usize);
                if let Some(machine) = machine {
                    machine.page_stated(state.page, at);
                }
            }),
            Entry::Scanned(scanned) => subscriptions.get(&scanned.subscription).map(drop),
            _ => None,
        }
        .is_some()
    }

    /// Puts what a deletion names away from what there is.
    fn put_away(&mut self, id: OperationId) {
        let Some(put) = self.aside.deletions.get(&id) else {
            return;
        };
        let (topic, subscriptions) = (put.topic, put.subscriptions.clone());
        for id in subscriptions {
            if let Some(mut subscription) = self.take_subscription(id) {
                subscription.lie_idle();
                let of = subscription.record.topic;
                self.aside.by_topic.insert((of, id));
                self.aside.subscriptions.insert(id, subscription);
            }
        }
        if let Some(mut topic) = self.take_topic(topic) {
            topic.lie_idle();
            self.aside.topics.insert(topic.record.id, topic);
        }
    }

    /// Recovery has ended: what is aside is put away, and what it needs is derived. Gives sentences about what cannot
    /// be.
    pub(super) fn put_all_away(&mut self, now: Now) -> Vec<String> {
        let ids: Vec<OperationId> = self.aside.deletions.keys().copied().collect();
        for id in ids {
            self.put_away(id);
        }
        let topics = &self.topics;
        let mut notes = Vec::new();
        let Aside {
            topics: aside,
            subscriptions,
            by_topic,
            ..
        } = &mut self.aside;
        for topic in aside.values_mut() {
            topic.known.resume(now.wall);
            topic.find_newest();
        }
        subscriptions.retain(|id, subscription| {
            let of = subscription.record.topic;
            let topic = topics.get(&of).or_else(|| aside.get(&of));
            let topic = topic.filter(|one| one.partitions.len() == subscription.machines.len());
            let Some(topic) = topic else {
                by_topic.remove(&(of, *id));
                let name = &subscription.record.name;
                notes.push(format!(
                    "subscription {name} was deleted and is kept, but its topic is gone; it is left out"
                ));
                return false;
            };
            subscription.resume(topic, now);
            true
        });
        notes
    }

    /// Takes a topic out of what there is. Its subscriptions have gone before.
    pub(super) fn take_topic(&mut self, id: TopicId) -> Option<Box<Topic>> {
        self.stocked.remove(&id);
        let topic = self.topics.remove(&id)?;
        if topic.is_known {
            self.topic_names.remove(&topic.record.name);
        }
        for (partition, store) in (0..).map(Partition).zip(&topic.partitions) {
            self.agenda.forget((id, partition), store.due_noted);
            self.expiries.forget((id, partition), store.end_noted);
        }
        Some(topic)
    }

    /// Takes a subscription out of what there is.
    pub(super) fn take_subscription(&mut self, id: SubscriptionId) -> Option<Box<Subscription>> {
        let subscription = self.subscriptions.remove(&id)?;
        if subscription.is_known {
            self.subscription_names.remove(&subscription.record.name);
        }
        if let Some(topic) = self.topics.get_mut(&subscription.record.topic) {
            topic.subscriptions.remove(&id);
            topic.hungry.remove(&id);
            topic.limited.remove(&id);
            self.forwarding.remove(&id);
            let entered = entered(&subscription, topic);
            self.totals.part(entered, &subscription.machines);
            self.totals.came_due(subscription.scheduled(topic));
        }
        self.scans.retain(|(of, _)| *of != id);
        // Nothing is parsed, so nothing can be wrong.
        let _parted = self.filters_changed(subscription.record.topic, id, None);
        Some(subscription)
    }

    fn topic_came_back(&mut self, mut topic: Box<Topic>, now: Now) {
        let id = topic.record.id;
        for store in &mut topic.partitions {
            if store.log.scheduled() > 0 {
                // No machine is resumed yet: none is to be told.
                store.log.take_due(now.wall, u64::MAX);
            }
        }
        let partitions = (0..topic.record.settings.partitions).map(Partition);
        if topic.partitions.iter().any(|store| !store.is_empty()) {
            self.stocked.insert(id);
        }
        self.topic_names.insert(topic.record.name.clone(), id);
        self.topics.insert(id, topic);
        for partition in partitions {
            self.note_due((id, partition));
        }
        self.lives_changed(id);
        // Whoever publishes is to find it.
        self.rerouted.insert(id);
    }

    fn subscription_came_back(
        &mut self,
        mut subscription: Box<Subscription>,
        now: Now,
    ) -> Result<(), ApplyError> {
        let (id, of) = (subscription.record.id, subscription.record.topic);
        let topic = self.topics.get_mut(&of).ok_or(ApplyError::NoTopic(of))?;
        subscription.resume(topic, now);
        topic.subscriptions.insert(id);
        let entered = entered(&subscription, topic);
        subscription.meters = Meters {
            published: entered,
            ..Meters::default()
        };
        subscription.unused_since = Some(now.mono);
        self.totals.join(entered, &subscription.machines);
        self.totals.schedule(subscription.scheduled(topic));
        for (partition, machine) in subscription.parts() {
            if !machine.unjudged().is_empty() {
                self.scans.insert((id, partition));
            }
        }
        let name = subscription.record.name.clone();
        let filter = subscription.record.settings.filter.clone();
        self.subscription_names.insert(name, id);
        self.subscriptions.insert(id, subscription);
        self.note_limits(id);
        if let Some(text) = filter {
            self.filters_changed(of, id, Some(&text))?;
        }
        Ok(())
    }
}

impl Aside {
    /// A topic goes for good, and is aside no more if it was.
    pub(super) fn give_up_topic(&mut self, id: TopicId) -> Option<Box<Topic>> {
        for put in self.deletions.values_mut().filter(|put| put.topic == id) {
            put.topic = TopicId(0);
        }
        self.deletions.retain(|_, put| !put.is_empty());
        self.topics.remove(&id)
    }

    /// A subscription goes for good, and is aside no more if it was.
    pub(super) fn give_up_subscription(&mut self, id: SubscriptionId) -> Option<Box<Subscription>> {
        if let Some(deletion) = self.deletion_of(id)
            && let Some(put) = self.deletions.get_mut(&deletion)
        {
            put.subscriptions.remove(&id);
            if put.is_empty() {
                self.deletions.remove(&deletion);
            }
        }
        let subscription = self.subscriptions.remove(&id)?;
        self.by_topic.remove(&(subscription.record.topic, id));
        Some(subscription)
    }

    /// The deletion that put a topic aside.
    pub(super) fn deletion_of_topic(&self, id: TopicId) -> Option<OperationId> {
        let mut all = self.deletions.iter();
        all.find(|(_, put)| put.topic == id).map(|(&id, _)| id)
    }

    /// The deletion that put a subscription aside.
    pub(super) fn deletion_of(&self, id: SubscriptionId) -> Option<OperationId> {
        let mut all = self.deletions.iter();
        let found = all.find(|(_, put)| put.subscriptions.contains(&id));
        found.map(|(&id, _)| id)
    }

    /// The deletions of subscriptions of a topic that were deleted without it.
    pub(super) fn deletions_on(&self, topic: TopicId) -> Vec<OperationId> {
        let alone = self.deletions.iter().filter(|(_, put)| put.topic.0 == 0);
        let on = alone.filter(|(_, put)| {
            let first = put.subscriptions.first();
            let found = first.and_then(|id| self.subscriptions.get(id));
            found.is_some_and(|found| found.record.topic == topic)
        });
        on.map(|(&id, _)| id).collect()
    }
}

impl PutAside {
    fn is_empty(&self) -> bool {
        self.topic.0 == 0 && self.subscriptions.is_empty()
    }

    /// What says it.
    pub(super) fn state(&self, operation: OperationId) -> SetAside {
        SetAside {
            operation,
            topic: self.topic,
            subscriptions: self.subscriptions.iter().copied().collect(),
            ends: self.ends.clone(),
        }
    }
}

impl Topic {
    /// The times of its newest messages, which the next may not precede.
    pub(super) fn find_newest(&mut self) {
        for store in &mut self.partitions {
            let last = Offset(store.log.next().0.saturating_sub(1));
            store.newest = store.log.time(last).unwrap_or_default();
        }
    }

    /// Lets go of what is volatile.
    fn lie_idle(&mut self) {
        self.hungry.clear();
        self.limited.clear();
        self.top_keys = None;
        for store in &mut self.partitions {
            (store.due_noted, store.end_noted) = (None::<Time>, None::<Time>);
        }
    }
}

impl Subscription {
    /// Derives what its machines do not hold durably.
    pub(super) fn resume(&mut self, topic: &Topic, now: Now) {
        let rules = self.rules;
        for (machine, store) in self.machines.iter_mut().zip(&topic.partitions) {
            machine.resume(&store.log, &rules, now);
            // Texts that went while replaying were kept nowhere yet.
            drop(machine.freed_texts());
        }
    }

    /// Lets go of what is volatile.
    fn lie_idle(&mut self) {
        self.consumers.clear();
        self.hungry.clear();
        (self.bucket, self.retries) = (Bucket::default(), Bucket::default());
        (self.backlog_bytes, self.timer) = (None, None);
        (self.unused_since, self.last_death) = (None, None);
    }
}
