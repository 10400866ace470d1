//! Scheduled messages: which partition has one due next, and handing over those that are.
//!
//! Becoming due is no entry: it is derived from what was published and the clock. A publish notes one moment of its
//! partition, however many subscriptions there are; those due are handed to the machines in bounded slices, so that a
//! million of one second do not hold up others.

use super::apply::Mode;
use super::limits::MAX_DUE;
use super::objects::Objects;
use super::state::Core;
use crate::model::entry::Entry;
use crate::model::{Mono, Now, OffsetRange, Partition, SubscriptionId, Time, TopicId};

impl Core {
    /// Hands over scheduled messages that are due, a slice of them; what is left is due at once again.
    pub(super) fn come_due(&mut self, now: Now) {
        let mut left = MAX_DUE;
        while left > 0 {
            let next = self.objects.agenda.first();
            let Some((_, topic, partition)) = next.filter(|(due, ..)| *due <= now.wall) else {
                return;
            };
            let cost = self.objects.hand_over((topic, partition), now.wall, left);
            left = left.saturating_sub(cost.max(1));
            if let Some(topic) = self.objects.topics.get(&topic) {
                self.stirred.extend(&topic.hungry);
            }
        }
    }

    /// Lets a hungry subscription step over what is scheduled, once for all looks that follow.
    pub(super) fn pass_over(&mut self, id: SubscriptionId) {
        let Some(subscription) = self.objects.subscriptions.get_mut(&id) else {
            return;
        };
        let topic = self.objects.topics.get(&subscription.record.topic);
        let stores = topic.map_or(&[][..], |topic| &topic.partitions);
        if !subscription.hungry.is_empty() {
            for (machine, store) in subscription.machines.iter_mut().zip(stores) {
                machine.pass_over(&store.log);
            }
        }
    }

    /// When the next scheduled message is due.
    pub(super) fn next_due(&self, now: Now) -> Option<Mono> {
        let (due, ..) = self.objects.agenda.first()?;
        Some(now.mono.plus(due.since(now.wall)))
    }
}

impl Objects {
    /// Tells the machines of a partition which of its messages are due; gives how many it told, over all machines,
    /// which is about `limit` at most.
    fn hand_over(&mut self, place: (TopicId, Partition), now: Time, limit: u64) -> u64 {
        let Some(topic) = self.topics.get_mut(&place.0) else {
            return 0;
        };
        let machines = (topic.subscriptions.len() as u64).max(1);
        let Some(store) = topic.partitions.get_mut(place.1.0 as usize) else {
            return 0;
        };
        let ranges = store.log.take_due(now, (limit / machines).max(1));
        let count: u64 = ranges.iter().map(|range| range.count()).sum();
        self.no_longer_scheduled(place, &ranges);
        self.note_due(place);
        count * machines
    }

    /// Tells every machine of a partition that messages are scheduled no more: due, or gone.
    pub(super) fn no_longer_scheduled(
        &mut self,
        (topic, partition): (TopicId, Partition),
        ranges: &[OffsetRange],
    ) {
        let Some(topic) = self.topics.get(&topic).filter(|_| !ranges.is_empty()) else {
            return;
        };
        let Some(store) = topic.store(partition) else {
            return;
        };
        for id in &topic.subscriptions {
            let Some(subscription) = self.subscriptions.get_mut(id) else {
                continue;
            };
            let machine = subscription.machines.get_mut(partition.0 as usize);
            let Some(machine) = machine else { continue };
            for &range in ranges {
                self.totals.came_due(machine.came_due(&store.log, range));
                if let Some(bytes) = &mut subscription.backlog_bytes {
                    *bytes += machine.backlog_bytes(&store.log, range);
                }
            }
        }
    }

    /// Puts the next due moment of a partition into the agenda.
    pub(super) fn note_due(&mut self, place: (TopicId, Partition)) {
        let topic = self.topics.get_mut(&place.0);
        let store = topic.and_then(|topic| topic.partitions.get_mut(place.1.0 as usize));
        if let Some(store) = store {
            let next = store.log.next_due();
            self.agenda.note(place, &mut store.due_noted, next);
        }
    }

    /// An entry is about to be applied: what it finishes of the scheduled messages leaves their books.
    pub(super) fn veil(&mut self, entry: &Entry, mode: Mode) {
        match entry {
            Entry::Acked(acked) => {
                self.veil_ranges((acked.subscription, acked.partition), &acked.ranges, mode);
            }
            Entry::Dropped(dropped) => {
                let place = (dropped.subscription, dropped.partition);
                self.veil_ranges(place, &dropped.ranges, mode);
            }
            _ => {}
        }
    }

    /// The same for messages of a subscription that are about to be finished.
    pub(super) fn veil_ranges(
        &mut self,
        (id, partition): (SubscriptionId, Partition),
        ranges: &[OffsetRange],
        mode: Mode,
    ) {
        let Mode::Live(_) = mode else { return };
        let Some(subscription) = self.subscriptions.get_mut(&id) else {
            return;
        };
        let topic = self.topics.get(&subscription.record.topic);
        let Some(store) = topic.and_then(|topic| topic.store(partition)) else {
            return;
        };
        if let Some(machine) = subscription.machines.get_mut(partition.0 as usize) {
            self.totals.came_due(machine.veil(&store.log, ranges));
        }
    }

    /// Ends recovery: what is due by now is due, and the rest is in the agenda.
    pub(super) fn resume_schedule(&mut self, now: Now) {
        let mut places = Vec::new();
        for (&id, topic) in &mut self.topics {
            for (partition, store) in (0..).map(Partition).zip(&mut topic.partitions) {
                if store.log.scheduled() > 0 {
                    // No machine is resumed yet: none is to be told.
                    store.log.take_due(now.wall, u64::MAX);
                    places.push((id, partition));
                }
            }
        }
        for place in places {
            self.note_due(place);
        }
    }
}
