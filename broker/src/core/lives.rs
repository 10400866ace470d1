//! Messages that have lived long enough: each subscription that has not finished one drops it as expired.
//!
//! What is leased is left until its lease ends, what is dead until it is requeued; then it goes at once. One entry for
//! each subscription that still has some, a bounded slice of messages a tick, all topics together.

use super::limits::{MAX_ENDED, MAX_ENTRY_PARTS};
use super::objects::Objects;
use super::state::{Act, Core};
use crate::delivery::Chosen;
use crate::model::entry::{DropCause, Dropped, Entry, Operated};
use crate::model::range::normalise;
use crate::model::{
    Mono, Now, Offset, OffsetRange, OperationId, Partition, SubscriptionId, Time, TopicId,
};

/// Messages that a subscription has got back, or anew.
pub(super) type Loosened = (SubscriptionId, Partition, Vec<OffsetRange>);

impl Core {
    /// Drops what has lived long enough, a slice of it; what is left goes at once again.
    pub(super) fn end_lives(&mut self, now: Now) {
        let mut left = if self.is_suspended() { 0 } else { MAX_ENDED };
        while left > 0 {
            let next = self.objects.expiries.first();
            let Some((_, topic, partition)) = next.filter(|(end, ..)| *end <= now.wall) else {
                return;
            };
            let place = (topic, partition);
            let found = self.objects.topics.get(&topic);
            let ids = found.map(|topic| topic.subscriptions.clone());
            let ids = ids.unwrap_or_default();
            let each = (left / (ids.len() as u64).max(1)).max(1);
            let ended = self.objects.take_ended(place, now.wall, each);
            let count: u64 = ended.iter().map(|range| range.count()).sum();
            left = left.saturating_sub((count * ids.len() as u64).max(1));
            for id in ids {
                self.drop_ended(&(id, partition, ended.clone()), now);
            }
        }
    }

    /// When the next message has lived long enough.
    pub(super) fn next_end(&self, now: Now) -> Option<Mono> {
        if self.is_suspended() {
            return None;
        }
        let (end, ..) = self.objects.expiries.first()?;
        Some(now.mono.plus(end.since(now.wall)))
    }

    /// Drops those of some messages, all of which have ended, that a subscription has neither finished nor handed out.
    pub(super) fn drop_ended(&mut self, (id, partition, ended): &Loosened, now: Now) {
        let Some((subscription, topic)) = self.pair(*id) else {
            return;
        };
        let (Some(machine), Some(store)) =
            (subscription.machine(*partition), topic.store(*partition))
        else {
            return;
        };
        let mut ranges = Vec::new();
        for &range in ended {
            for part in store.log.messages(range) {
                ranges.extend(machine.unfinished(&store.log, part, Chosen::Backlog));
            }
        }
        normalise(&mut ranges);
        for part in ranges.chunks(MAX_ENTRY_PARTS) {
            let dropped = Dropped {
                subscription: *id,
                partition: *partition,
                cause: DropCause::Expired,
                operation: OperationId(0),
                ranges: part.to_vec(),
            };
            self.enact(vec![Act::lazy(Entry::Dropped(dropped))], now);
        }
        // Messages that stood behind dropped ones of their keys may have their turn.
        self.stir(*id);
    }
}

impl Objects {
    /// Takes at most `limit` messages of a partition that have lived long enough.
    fn take_ended(
        &mut self,
        (topic, partition): (TopicId, Partition),
        now: Time,
        limit: u64,
    ) -> Vec<OffsetRange> {
        let Some(found) = self.topics.get_mut(&topic) else {
            return Vec::new();
        };
        let life = found.record.settings.time_to_live;
        let store = found.partitions.get_mut(partition.0 as usize);
        let ended = store.map(|store| store.log.take_ended(now, life, limit));
        self.note_end((topic, partition));
        ended.unwrap_or_default()
    }

    /// Notes when the next message of a partition has lived long enough.
    pub(super) fn note_end(&mut self, place: (TopicId, Partition)) {
        let Some(topic) = self.topics.get_mut(&place.0) else {
            return;
        };
        let life = topic.record.settings.time_to_live;
        if let Some(store) = topic.partitions.get_mut(place.1.0 as usize) {
            let next = store.log.next_end(life);
            self.expiries.note(place, &mut store.end_noted, next);
        }
    }

    /// Notes it for every partition of a topic, whose messages live shorter or longer from now on.
    pub(super) fn lives_changed(&mut self, id: TopicId) {
        let topic = self.topics.get_mut(&id);
        let stores = topic.map_or(&mut [][..], |topic| &mut topic.partitions);
        let count = stores.len();
        for store in stores {
            store.log.end_anew();
        }
        for partition in (0..).map(Partition).take(count) {
            self.note_end((id, partition));
        }
    }

    /// Ends recovery: whatever has ended is looked at again, since what is told of it may be from before.
    pub(super) fn resume_lives(&mut self) {
        let ids: Vec<TopicId> = self.topics.keys().copied().collect();
        for id in ids {
            self.lives_changed(id);
        }
    }

    /// What a subscription has got back by an entry, or anew, of that which has ended.
    pub(super) fn loosened(&self, entry: &Entry) -> Vec<Loosened> {
        let everything = OffsetRange::between(Offset(0), Offset(u64::MAX));
        let all = std::slice::from_ref(&everything);
        match entry {
            Entry::Failed(failed) => {
                let ranges: Vec<_> = failed.failures.iter().map(|one| one.range).collect();
                self.ended_of(failed.subscription, failed.partition, &ranges)
            }
            Entry::Released(released) => {
                self.ended_of(released.subscription, released.partition, &released.ranges)
            }
            Entry::Requeued(requeued) => {
                self.ended_of(requeued.subscription, requeued.partition, &requeued.ranges)
            }
            Entry::Operated(Operated::Restored(restored)) => {
                self.ended_of(restored.subscription, restored.partition, &restored.ranges)
            }
            Entry::Sought(sought) => self.ended_of(sought.subscription, sought.partition, all),
            Entry::SubscriptionCreated { record, .. } => return self.ended_of_all(record.id),
            _ => None,
        }
        .into_iter()
        .collect()
    }

    /// What has ended of all that a subscription has.
    pub(super) fn ended_of_all(&self, id: SubscriptionId) -> Vec<Loosened> {
        let all = OffsetRange::between(Offset(0), Offset(u64::MAX));
        let subscription = self.subscriptions.get(&id);
        let count = subscription.map_or(0, |one| one.partition_count());
        let partitions = (0..count).map(Partition);
        let ended = partitions.map(|partition| self.ended_of(id, partition, &[all]));
        ended.flatten().collect()
    }

    fn ended_of(
        &self,
        id: SubscriptionId,
        partition: Partition,
        ranges: &[OffsetRange],
    ) -> Option<Loosened> {
        let subscription = self.subscriptions.get(&id)?;
        let topic = self.topics.get(&subscription.record.topic)?;
        let log = &topic.store(partition)?.log;
        let ended: Vec<_> = ranges
            .iter()
            .flat_map(|&range| log.ended_in(range))
            .collect();
        (!ended.is_empty()).then_some((id, partition, ended))
    }
}
