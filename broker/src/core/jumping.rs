//! Relaxed topics: what is confirmed before it is durable, and which offsets are skipped so that no id is given twice.
//!
//! A relaxed publish is confirmed when it is written. A power cut may then lose it, and its id was told: so after an
//! unclean stop each partition goes on far behind where it seems to end. The offsets between are no messages. They are
//! dropped as skipped wherever a subscription would have them, which its numbers do not show.

use super::apply::{ApplyError, Mode};
use super::command::Publication;
use super::limits::JUMP;
use super::objects::{Objects, Subscription, Topic};
use super::state::{Act, Core};
use crate::delivery::{Chosen, Counts};
use crate::model::entry::{DropCause, Dropped, Entry, Jumped};
use crate::model::settings::Durability;
use crate::model::{
    Name, Now, Offset, OffsetRange, OperationId, Partition, Position, SubscriptionId, TopicId,
};

impl Objects {
    /// Live, what has entered grows by the skipped offsets, which are dropped next; the counters that only grow do not
    /// go by that.
    pub(super) fn jumped(&mut self, jumped: &Jumped, mode: Mode) -> Result<(), ApplyError> {
        let topic = self.topic(jumped.topic, jumped.partition, mode)?;
        let store = topic.partitions.get_mut(jumped.partition.0 as usize);
        let store = store.ok_or(ApplyError::NoPartition(jumped.partition))?;
        let is_new = store.log.next() == jumped.range.start;
        store.log.skip(jumped.range);
        if let (Mode::Live(_), true) = (mode, is_new) {
            let count = jumped.range.count();
            let subscriptions = topic.subscriptions.clone();
            self.totals.entered += count * subscriptions.len() as u64;
            for id in subscriptions {
                if let Some(subscription) = self.subscriptions.get_mut(&id) {
                    subscription.meters.published += count;
                }
            }
        }
        Ok(())
    }
}

impl Core {
    /// If all topics of a publication are relaxed, since when they are.
    pub(super) fn relaxed_since(&self, publication: &Publication) -> Option<Position> {
        let topics = publication.parts.iter();
        let since = topics.map(|(id, _)| {
            let topic = self.objects.topics.get(id)?;
            let is_relaxed = topic.record.settings.durability == Durability::Relaxed;
            is_relaxed.then_some(topic.settled)
        });
        since.collect::<Option<Vec<Position>>>()?.into_iter().max()
    }

    /// After a stop that was not clean: the partitions of relaxed topics go on behind every offset that was ever told.
    /// Gives the names of these topics.
    pub fn jump(&mut self, now: Now) -> Vec<Name> {
        let topics = self.objects.topics.values();
        let relaxed = topics.filter(|one| one.record.settings.durability == Durability::Relaxed);
        let relaxed: Vec<(TopicId, Name)> = relaxed
            .map(|topic| (topic.record.id, topic.record.name.clone()))
            .collect();
        for (id, _) in &relaxed {
            let Some(topic) = self.objects.topics.get(id) else {
                continue;
            };
            let stores = (0..).map(Partition).zip(&topic.partitions);
            let jumps = stores.map(|(partition, store)| Jumped {
                topic: *id,
                partition,
                range: OffsetRange::new(store.log.next(), JUMP),
            });
            let acts = jumps.map(|jumped| Act::eager(Entry::Jumped(jumped)));
            let acts = acts.collect();
            self.enact(acts, now);
        }
        self.drop_skipped(now);
        relaxed.into_iter().map(|(_, name)| name).collect()
    }

    /// Drops the skipped offsets of all subscriptions: at each start, since a crash may have come before that.
    pub(super) fn drop_skipped(&mut self, now: Now) {
        let topics = self.objects.topics.values();
        let with_skipped = topics.filter(|topic| topic.has_skipped());
        let ids = with_skipped.flat_map(|topic| topic.subscriptions.iter().copied());
        for id in ids.collect::<Vec<SubscriptionId>>() {
            self.drop_skipped_of(id, now);
        }
    }

    /// Drops the skipped offsets that a subscription has as messages: after a jump, when it starts before one, and when
    /// it is sought back.
    pub(super) fn drop_skipped_of(&mut self, id: SubscriptionId, now: Now) {
        let Some((subscription, topic)) = self.pair(id) else {
            return;
        };
        let mut acts = Vec::new();
        for ((partition, machine), store) in subscription.parts().zip(&topic.partitions) {
            let all = OffsetRange::between(machine.floor(), store.log.next());
            let skipped = store.log.skipped(all);
            let ranges: Vec<OffsetRange> = skipped
                .flat_map(|range| machine.unfinished(&store.log, range, Chosen::Backlog))
                .collect();
            if !ranges.is_empty() {
                acts.push(Act::eager(Entry::Dropped(Dropped {
                    subscription: id,
                    partition,
                    cause: DropCause::Skipped,
                    operation: OperationId(0),
                    ranges,
                })));
            }
        }
        self.enact(acts, now);
    }
}

impl Topic {
    fn has_skipped(&self) -> bool {
        let mut stores = self.partitions.iter();
        let all = OffsetRange::between(Offset(0), Offset(u64::MAX));
        stores.any(|store| store.log.skipped(all).next().is_some())
    }

    /// How many messages were ever published to it.
    pub(super) fn published(&self) -> u64 {
        let stores = self.partitions.iter();
        let counts = stores.map(|store| {
            let all = OffsetRange::between(Offset(0), store.log.next());
            store.log.count(all)
        });
        counts.sum()
    }

    /// What says all of it: its state, and the offsets that are skipped.
    pub(super) fn statement(&self) -> Vec<Entry> {
        let mut entries = vec![Entry::TopicState(self.state())];
        let all = OffsetRange::between(Offset(0), Offset(u64::MAX));
        for (partition, store) in (0..).map(Partition).zip(&self.partitions) {
            entries.extend(store.log.skipped(all).map(|range| {
                Entry::Jumped(Jumped {
                    topic: self.record.id,
                    partition,
                    range,
                })
            }));
        }
        entries
    }
}

impl Subscription {
    /// The books as they are shown: skipped offsets are no messages.
    pub(super) fn shown(&self, topic: &Topic, counts: Counts) -> Counts {
        let parts = self.machines.iter().zip(&topic.partitions);
        let skipped = parts.map(|(machine, store)| {
            let own = OffsetRange::between(machine.start(), store.log.next());
            own.count() - store.log.count(own)
        });
        let skipped: u64 = skipped.sum();
        let mut shown = counts;
        shown.entered = shown.entered.saturating_sub(skipped);
        if let Some(dropped) = shown.dropped.get_mut(DropCause::Skipped.index()) {
            *dropped = dropped.saturating_sub(skipped);
        }
        shown
    }
}
