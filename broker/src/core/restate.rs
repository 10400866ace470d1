//! Restatement: what an object is now, so that older entries about it may go; and what the journal asks about frames.
//!
//! The state floor is the earliest position from which every object can be rebuilt.

use std::ops::RangeInclusive;

use super::objects::Subscription;
use super::operation::Operation;
use super::output::OutFrame;
use super::scanning::scan;
use super::state::{Act, Core};
use crate::delivery::Machine;
use crate::model::entry::{Entry, Operated, SetAside, SubscriptionState};
use crate::model::{Now, OperationId, Partition, Position, SubscriptionId, TopicId};

/// Administrative acts that are restated in one commit group.
const ACTS_AT_ONCE: usize = 100;

impl Core {
    /// Restates objects last stated before `before`, up to about `budget_bytes`; whether all are done. Each statement
    /// is its own commit group and rides along.
    pub fn restate(&mut self, before: Position, budget_bytes: usize) -> bool {
        let mut left = budget_bytes;
        if self.objects.broker_stated < before {
            let state = self.objects.broker.clone();
            left = self.state_one(Entry::BrokerState(state), left);
        }
        for requested in self.objects.requests.stated_before(before) {
            if left == 0 {
                return false;
            }
            left = self.state_one(Entry::Requested(requested), left);
        }
        let topics = self.objects.all_topics();
        let due = topics.filter(|topic| topic.stated < before);
        let topics: Vec<TopicId> = due.map(|topic| topic.record.id).collect();
        for id in topics {
            if left == 0 {
                return false;
            }
            if let Some(topic) = self.objects.any_topic(id) {
                let statement = topic.statement();
                left = self.state_all(statement, left);
            }
        }
        left = self.restate_producers(before, left);
        left = self.restate_operations(before, left);
        left = self.restate_deletions(before, left);
        let all = self.objects.all_subscriptions();
        let due = all.filter(|subscription| subscription.state_floor() < before);
        let due = due.map(|subscription| subscription.record.id);
        let subscriptions: Vec<SubscriptionId> = due.collect();
        for id in subscriptions {
            if left == 0 {
                return false;
            }
            left = self.restate_subscription(id, before, left);
        }
        self.state_floor() >= before
    }

    fn restate_producers(&mut self, before: Position, left: usize) -> usize {
        let mut left = left;
        let topics: Vec<TopicId> = self.objects.remembering.iter().copied().collect();
        for id in topics {
            while left > 0 {
                let topic = self.objects.any_topic(id);
                let state = topic.and_then(|one| one.producers.states(id, Some(before)).next());
                let Some(state) = state else { break };
                left = self.state_one(Entry::ProducerState(state), left);
            }
        }
        left
    }

    fn restate_operations(&mut self, before: Position, left: usize) -> usize {
        let mut left = left;
        let all = self.objects.operations.all.values();
        let due = all.filter(|operation| operation.state_floor() < before);
        let due: Vec<OperationId> = due.map(Operation::id).collect();
        for id in due {
            loop {
                let operation = self.objects.operations.all.get(&id);
                let entry = operation.and_then(|one| one.next_statement(before));
                let Some(entry) = entry else { break };
                if left == 0 {
                    return 0;
                }
                left = self.state_one(Entry::Operated(entry), left);
            }
        }
        let acts = self.objects.trail.stated_before(before);
        let acts: Vec<Entry> = acts.map(Entry::Audited).collect();
        for group in acts.chunks(ACTS_AT_ONCE) {
            if left == 0 {
                return 0;
            }
            left = self.state_all(group.to_vec(), left);
        }
        left
    }

    fn restate_deletions(&mut self, before: Position, left: usize) -> usize {
        let mut left = left;
        let all = self.objects.aside.deletions.iter();
        let due = all.filter(|(_, put)| put.stated < before);
        let due: Vec<SetAside> = due.map(|(&id, put)| put.state(id)).collect();
        for entry in due {
            if left == 0 {
                return 0;
            }
            left = self.state_one(Entry::Operated(Operated::SetAside(entry)), left);
        }
        left
    }

    /// Its pages first: the cursor's statement then speaks of those that have dissolved.
    fn restate_subscription(&mut self, id: SubscriptionId, before: Position, left: usize) -> usize {
        let mut left = left;
        let Some(subscription) = self.objects.any_subscription(id) else {
            return left;
        };
        let mut due: Vec<(Partition, u64)> = Vec::new();
        for (partition, machine) in subscription.parts() {
            let pages = machine.pages().filter(|(_, stated)| *stated < before);
            due.extend(pages.map(|(page, _)| (partition, page)));
        }
        for (partition, page) in due {
            if left == 0 {
                return 0;
            }
            let subscription = self.objects.any_subscription(id);
            let machine = subscription.and_then(|found| found.machine(partition));
            let state = machine.and_then(|machine| machine.page_state(page, id, partition));
            if let Some(state) = state {
                left = self.state_one(Entry::PageState(state), left);
            }
        }
        let subscription = self.objects.any_subscription(id);
        if let Some(subscription) = subscription
            && subscription.state_floor() < before
        {
            left = self.state_all(subscription.whole_state(), left);
        }
        left
    }

    fn state_one(&mut self, entry: Entry, left: usize) -> usize {
        self.state_all(vec![entry], left)
    }

    fn state_all(&mut self, entries: Vec<Entry>, left: usize) -> usize {
        let acts = entries.into_iter().map(Act::lazy).collect();
        self.enact(acts, Now::default());
        let written = self.output.groups.last();
        let size: usize = written.map_or(0, |group| group.frames.iter().map(OutFrame::size).sum());
        left.saturating_sub(size)
    }

    /// Replay need not look before this for state. The start if something was stated in a checkpoint only: a
    /// checkpoint may be lost, so it is no statement.
    pub fn state_floor(&self) -> Position {
        let topics = self.objects.all_topics().map(|topic| topic.stated);
        let remembering = self.objects.remembering.iter();
        let producers = remembering
            .filter_map(|id| self.objects.any_topic(*id))
            .filter_map(|topic| topic.producers.floor());
        let subscriptions = self.objects.all_subscriptions();
        let floors = subscriptions.map(Subscription::state_floor);
        let requests = self.objects.requests.state_floor();
        let operations = self.objects.operations.all.values();
        let operations = operations.map(Operation::state_floor);
        let trail = self.objects.trail.state_floor();
        let all = topics.chain(producers).chain(floors).chain(requests);
        let aside = self.objects.aside.deletions.values().map(|put| put.stated);
        let all = all.chain(operations).chain(trail).chain(aside);
        let floor = all.min();
        floor.map_or(self.objects.broker_stated, |floor| {
            floor.min(self.objects.broker_stated)
        })
    }

    /// Which frames of a range must stay readable, in order: messages that are stored, and texts of dead ones. Costs a
    /// search in each partition that stores something, and what is found.
    pub fn live_positions(&self, range: RangeInclusive<Position>) -> Vec<Position> {
        let mut live = Vec::new();
        let stocked = self.objects.stocked.iter();
        let stocked = stocked.filter_map(|id| self.objects.topics.get(id));
        for topic in stocked.chain(self.objects.aside.topics.values()) {
            for store in &topic.partitions {
                live.extend(store.log.positions_within(range.clone()));
            }
        }
        for subscription in self.objects.all_subscriptions() {
            for machine in &subscription.machines {
                live.extend(machine.texts_within(range.clone()));
            }
        }
        let texts = self.objects.operations.texts.range(range.clone());
        live.extend(texts.map(|(&text, _)| text));
        let first = self.orphans.partition_point(|at| at < range.start());
        let orphans = self.orphans.iter().skip(first);
        live.extend(orphans.take_while(|at| range.contains(at)));
        live.sort_unstable();
        live.dedup();
        live
    }

    /// Forgets deleted topics of which the journal has nothing more: its oldest frame is at `oldest`.
    pub fn forget_tombstones(&mut self, oldest: Position) {
        let tombstones = &mut self.objects.broker.tombstones;
        // In the order of their deletion.
        let gone = tombstones.partition_point(|(_, deleted)| *deleted < oldest);
        tombstones.drain(..gone);
    }
}

#[cfg(test)]
impl Core {
    /// The first offset of a partition that is still stored.
    pub(crate) fn low(
        &self,
        topic: &crate::model::Name,
        partition: Partition,
    ) -> crate::model::Offset {
        let store = self
            .topic_of(topic)
            .ok()
            .and_then(|topic| topic.store(partition));
        store.map_or_else(Default::default, |store| store.log.low())
    }

    /// What the filter of a subscription has still to be asked about.
    pub(crate) fn unjudged(
        &self,
        subscription: &crate::model::Name,
        partition: Partition,
    ) -> crate::model::OffsetRange {
        let found = self.subscription_of(subscription).ok();
        let machine = found.and_then(|found| found.machine(partition));
        machine.map_or_else(Default::default, Machine::unjudged)
    }

    /// How many deleted topics are remembered.
    pub(crate) fn tombstones(&self) -> usize {
        self.objects.broker.tombstones.len()
    }
}

impl Subscription {
    pub(super) fn state(&self) -> SubscriptionState {
        SubscriptionState {
            record: self.record.clone(),
            partitions: self.machines.iter().map(Machine::cursor).collect(),
        }
    }

    /// Its statement, and that of its scans, which belong to it.
    pub(super) fn whole_state(&self) -> Vec<Entry> {
        let mut entries = vec![Entry::SubscriptionState(self.state())];
        for (partition, machine) in self.parts() {
            let rest = machine.unjudged();
            if !rest.is_empty() {
                entries.push(scan(self.record.id, partition, rest, Vec::new()));
            }
        }
        entries
    }

    pub(super) fn state_floor(&self) -> Position {
        let floors = self.machines.iter().map(Machine::state_floor);
        floors.min().unwrap_or(Position::START)
    }
}
