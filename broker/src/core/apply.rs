//! Applies entries: the only code that changes durable state, live and in recovery alike.
//!
//! It interprets nothing: no settings, no clock, no hash. Live, an entry about an object that does not exist is an
//! error, found before its bytes leave; in recovery a provisional object is made for it, which a later statement of
//! the object replaces.

use super::limits::{MAX_TOMBSTONES, TEXT_BYTES};
use super::objects::{Objects, Subscription, Topic};
pub use super::places::ApplyError;
pub(super) use super::places::{Mode, entered, machine};
use super::totals::settling;
use crate::delivery::Machine;
use crate::model::entry::{
    Acked, Columns, Delivered, Dropped, Entry, Failed, Outcome, SubscriptionRecord, TopicRecord,
};
use crate::model::{
    Epoch, Now, Offset, OffsetRange, OperationId, Position, SubscriptionId, TopicId,
};

impl Objects {
    /// Applies an entry; `columns` describe the body of a published batch.
    pub(super) fn apply(
        &mut self,
        entry: &Entry,
        columns: Option<&Columns>,
        at: Position,
        mode: Mode,
    ) -> Result<(), ApplyError> {
        if self.is_restated_aside(entry, at, mode) {
            return Ok(());
        }
        self.veil(entry, mode);
        match entry {
            Entry::Started(incarnation) => {
                self.broker.incarnation = self.broker.incarnation.max(*incarnation);
            }
            Entry::Stopped(_) => {}
            Entry::TopicCreated(record) => self.topic_created(record, at),
            Entry::TopicDeleted(topic) => self.topic_deleted(*topic, at),
            Entry::SubscriptionCreated { record, starts } => {
                self.subscription_created(record, starts, at, mode)?;
            }
            Entry::SubscriptionDeleted(id) => self.subscription_deleted(*id),
            Entry::Published(published) => {
                let columns = columns.ok_or(ApplyError::NoMessages)?;
                self.published(published, columns, at, mode)?;
            }
            Entry::Trimmed(trimmed) => self.trimmed(trimmed, mode)?,
            Entry::Delivered(delivered) => self.delivered(delivered, at, mode)?,
            Entry::Failed(failed) => self.failed(failed, at, mode)?,
            Entry::Acked(acked) => self.acked(acked, at, mode)?,
            Entry::Released(released) => {
                let subscription = self.place(released.subscription, released.partition, mode)?;
                machine(subscription, released.partition)?.released(&released.ranges, at);
            }
            Entry::Requeued(requeued) => self.requeued(requeued, at, mode)?,
            Entry::Dropped(dropped) => self.dropped(dropped, at, mode)?,
            Entry::BrokerState(state) => self.broker_stated(state, at),
            Entry::TopicState(state) => self.topic_stated(state, at, mode)?,
            Entry::SubscriptionState(state) => self.subscription_stated(state, at, mode)?,
            Entry::PageState(state) => self.page_stated(state, at, mode)?,
            Entry::TopicUpdated(record) => self.topic_updated(record, at, mode)?,
            Entry::SubscriptionUpdated(record) => self.subscription_updated(record, mode)?,
            Entry::Sought(sought) => self.sought(sought, mode)?,
            Entry::Requested(requested) => self.requests.requested(requested, at),
            Entry::Unparked(unparked) => self.unparked(unparked, at, mode)?,
            Entry::Jumped(jumped) => self.jumped(jumped, mode)?,
            Entry::Sequenced(entry) => self.sequenced(entry, at, mode)?,
            Entry::ProducerState(state) => self.producer_stated(state, at, mode)?,
            Entry::Filtered(filtered) => self.filtered(filtered, at, mode)?,
            Entry::Scanned(scanned) => self.scanned(scanned, at, mode)?,
            Entry::Operated(operated) => self.operated_on(operated, at, mode)?,
            Entry::Audited(audited) => self.trail.audited(audited, at),
        }
        Ok(())
    }

    fn dropped(&mut self, dropped: &Dropped, at: Position, mode: Mode) -> Result<(), ApplyError> {
        self.operated(dropped.operation);
        let subscription = self.place(dropped.subscription, dropped.partition, mode)?;
        let machine = machine(subscription, dropped.partition)?;
        let (before, after) = settling(machine, |one| {
            one.dropped(dropped.cause, &dropped.ranges, at);
        });
        let freed = machine.freed_texts();
        self.totals.settle(before, after);
        self.release_texts(freed);
        Ok(())
    }

    fn topic_created(&mut self, record: &TopicRecord, at: Position) {
        let next = &mut self.broker.next_topic;
        *next = (*next).max(TopicId(record.id.0 + 1));
        self.topic_names.insert(record.name.clone(), record.id);
        self.topics
            .insert(record.id, Box::new(Topic::new(record.clone(), at)));
    }

    fn topic_deleted(&mut self, id: TopicId, at: Position) {
        let tombstones = &mut self.broker.tombstones;
        tombstones.push((id, at));
        if tombstones.len() > MAX_TOMBSTONES {
            tombstones.remove(0);
        }
        let (there, aside) = (self.take_topic(id), self.aside.give_up_topic(id));
        let Some(topic) = there.or(aside) else {
            return;
        };
        for store in &topic.partitions {
            self.release.extend(store.log.positions());
        }
    }

    fn subscription_created(
        &mut self,
        record: &SubscriptionRecord,
        starts: &[Offset],
        at: Position,
        mode: Mode,
    ) -> Result<(), ApplyError> {
        let next = &mut self.broker.next_subscription;
        *next = (*next).max(SubscriptionId(record.id.0 + 1));
        let machines = starts.iter().map(|&start| Machine::new(Epoch(0), start));
        let mut own = record.clone();
        self.alike.share(&mut own.settings);
        let mut subscription = Subscription::new(own, machines.collect());
        for machine in &mut subscription.machines {
            machine.cursor_stated(at);
        }
        if let Mode::Live(now) = mode {
            let topic = self.topics.get_mut(&record.topic);
            let topic = topic.ok_or(ApplyError::NoTopic(record.topic))?;
            for (machine, store) in subscription.machines.iter_mut().zip(&topic.partitions) {
                machine.resume(&store.log, &subscription.rules, now);
            }
            topic.subscriptions.insert(record.id);
            let entered = entered(&subscription, topic);
            subscription.meters.published = entered;
            subscription.unused_since = Some(now.mono);
            self.totals.join(entered, &subscription.machines);
            self.totals.schedule(subscription.scheduled(topic));
        }
        self.subscription_names
            .insert(record.name.clone(), record.id);
        self.subscriptions.insert(record.id, Box::new(subscription));
        if let Mode::Live(_) = mode {
            self.note_limits(record.id);
            if let Some(text) = &record.settings.filter {
                self.filters_changed(record.topic, record.id, Some(text))?;
            }
        }
        Ok(())
    }

    fn subscription_deleted(&mut self, id: SubscriptionId) {
        let there = self.take_subscription(id);
        let aside = self.aside.give_up_subscription(id);
        let Some(subscription) = there.or(aside) else {
            return;
        };
        for machine in &subscription.machines {
            self.release_texts(machine.texts().collect());
        }
    }

    fn delivered(
        &mut self,
        delivered: &Delivered,
        at: Position,
        mode: Mode,
    ) -> Result<(), ApplyError> {
        let subscription = self.place(delivered.subscription, delivered.partition, mode)?;
        let mut total = 0;
        for grant in &delivered.grants {
            let count = grant.range.count();
            total += count;
            subscription.meters.delivered += count;
            if grant.attempt > 1 {
                subscription.meters.redelivered += count;
            }
        }
        // Live, the machine has changed when it granted.
        if let Mode::Recovery = mode {
            machine(subscription, delivered.partition)?.delivered(delivered, at);
        }
        self.totals.delivered += total;
        Ok(())
    }

    fn acked(&mut self, acked: &Acked, at: Position, mode: Mode) -> Result<(), ApplyError> {
        let subscription = self.place(acked.subscription, acked.partition, mode)?;
        let count = total(&acked.ranges);
        subscription.meters.acked += count;
        let machine = machine(subscription, acked.partition)?;
        let (before, after) = settling(machine, |one| one.acked(&acked.ranges, at));
        let handled = machine.take_handled();
        if let Mode::Live(now) = mode {
            let consumers = &subscription.consumers;
            let is_connected = |id| consumers.contains(&id);
            subscription
                .measures
                .handled(&handled, is_connected, now.mono);
        }
        self.totals.acked += count;
        self.totals.settle(before, after);
        Ok(())
    }

    fn failed(&mut self, failed: &Failed, at: Position, mode: Mode) -> Result<(), ApplyError> {
        let now = match mode {
            Mode::Live(now) => now,
            Mode::Recovery => Now::default(),
        };
        let subscription = self.place(failed.subscription, failed.partition, mode)?;
        let mut died = 0;
        for failure in &failed.failures {
            subscription.meters.failed += failure.range.count();
            if failure.outcome == Outcome::Dead {
                died += failure.range.count();
            }
        }
        subscription.meters.dead += died;
        subscription.last_failed = at;
        let machine = machine(subscription, failed.partition)?;
        let (before, after) = settling(machine, |one| one.failed(failed, at, now));
        let freed = machine.freed_texts();
        self.totals.settle(before, after);
        if died > 0 {
            self.keep.push((at, TEXT_BYTES));
            if let Mode::Live(_) = mode {
                self.note_deaths(failed);
            }
        }
        self.release_texts(freed);
        Ok(())
    }

    pub(super) fn operated(&mut self, operation: OperationId) {
        let next = &mut self.broker.next_operation;
        *next = (*next).max(OperationId(operation.0 + 1));
    }

    pub(super) fn release_texts(&mut self, texts: Vec<Position>) {
        // What an operation has put aside may be needed again.
        let needless = texts.into_iter();
        let needless = needless.filter(|text| !self.operations.texts.contains_key(text));
        let released: Vec<_> = needless.map(|text| (text, TEXT_BYTES)).collect();
        self.release.extend(released);
    }
}

fn total(ranges: &[OffsetRange]) -> u64 {
    ranges.iter().map(|range| range.count()).sum()
}
