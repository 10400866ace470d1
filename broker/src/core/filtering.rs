//! Filters: what a subscription's filter leaves out of a batch is dropped for it in the batch's own commit group, so
//! that its backlog is exact at every moment.
//!
//! The API puts a batch through the topic's filters as it knew them. If they have changed since, it is done again here,
//! which is the only time that this side looks at a message.

use std::sync::Arc;

use super::apply::{ApplyError, Mode, machine};
use super::limits::ENTRY_BYTES;
use super::objects::{Objects, Topic};
use super::state::{Act, Core};
use super::totals::settling;
use crate::model::entry::{Body, DropCause, Entry, Filtered, Published};
use crate::model::filter::FilterError;
use crate::model::{OffsetRange, Partition, Position, Refusal, SubscriptionId, TopicId};

/// What a number of an entry takes at most.
const NUMBER_BYTES: u64 = 10;

impl Topic {
    /// The acts that go with the publish of a batch.
    pub(super) fn left_out(&self, published: &Published, body: &Body) -> Vec<Act> {
        let entries = self.sieves.entries(published, body).into_iter();
        let acts = entries.map(|entry| Act::eager(Entry::Filtered(entry)));
        acts.collect()
    }
}

impl Core {
    /// Tells of topics whose filters have changed.
    pub(super) fn tell_routes(&mut self) {
        for id in std::mem::take(&mut self.objects.rerouted) {
            let topic = self.objects.topics.get(&id);
            let name = topic.map(|topic| topic.record.name.clone());
            if let Some(name) = name
                && let Ok(route) = self.route(&name)
            {
                self.output.routes.push((name, route));
            }
        }
    }

    /// Refuses a publish of which filters leave out more than a commit group has room for beside the messages.
    pub(super) fn check_left_out(&self, acts: &[Act]) -> Result<(), Refusal> {
        let size = acts.iter().map(|act| match &act.entry {
            Entry::Filtered(entry) => entry.bytes_at_most(),
            _ => 0,
        });
        let (size, limit) = (size.sum::<u64>(), self.group_bytes / 2);
        if size <= limit {
            return Ok(());
        }
        Err(Refusal::BatchTooLarge {
            size,
            limit,
            unit: "bytes about what filters leave out",
        })
    }
}

impl Filtered {
    fn bytes_at_most(&self) -> u64 {
        let numbers = self.left_out.iter().map(|left_out| {
            2 + left_out.subscriptions.len() as u64 + 2 * left_out.ranges.len() as u64
        });
        ENTRY_BYTES + NUMBER_BYTES * numbers.sum::<u64>()
    }
}

impl Objects {
    /// Live, what filters leave out does not count as having come in.
    pub(super) fn filtered(
        &mut self,
        filtered: &Filtered,
        at: Position,
        mode: Mode,
    ) -> Result<(), ApplyError> {
        for left_out in &filtered.left_out {
            let count: u64 = left_out.ranges.iter().map(|range| range.count()).sum();
            for &id in &left_out.subscriptions {
                let place = (id, filtered.partition);
                if let (Mode::Live(_), Some(found)) = (mode, self.aside.subscriptions.get_mut(&id))
                {
                    // It does not get it when it comes back either; until then nothing of it counts.
                    let machine = machine(found, filtered.partition)?;
                    machine.dropped(DropCause::Filtered, &left_out.ranges, at);
                    continue;
                }
                let bytes = self.weigh_left_out(place, &left_out.ranges, mode);
                self.veil_ranges(place, &left_out.ranges, mode);
                let subscription = self.place(id, filtered.partition, mode)?;
                subscription.meters.published += count;
                if let Some(sum) = &mut subscription.backlog_bytes {
                    *sum = sum.wrapping_sub(bytes);
                }
                let machine = machine(subscription, filtered.partition)?;
                let (before, after) = settling(machine, |one| {
                    one.dropped(DropCause::Filtered, &left_out.ranges, at);
                });
                self.totals.settle(before, after);
            }
        }
        Ok(())
    }

    /// The bytes of messages in a backlog that is limited in bytes.
    fn weigh_left_out(
        &self,
        (id, partition): (SubscriptionId, Partition),
        ranges: &[OffsetRange],
        mode: Mode,
    ) -> u64 {
        let Mode::Live(_) = mode else { return 0 };
        let weighed = self.subscriptions.get(&id);
        let weighed = weighed.filter(|found| found.backlog_bytes.is_some());
        let Some(subscription) = weighed else {
            return 0;
        };
        let topic = self.topics.get(&subscription.record.topic);
        let store = topic.and_then(|topic| topic.store(partition));
        let (Some(machine), Some(store)) = (subscription.machine(partition), store) else {
            return 0;
        };
        let bytes = ranges.iter();
        bytes
            .map(|range| machine.backlog_bytes(&store.log, *range))
            .sum()
    }

    /// A subscription with a filter has come or gone: publishers are to know.
    pub(super) fn filters_changed(
        &mut self,
        topic: TopicId,
        id: SubscriptionId,
        text: Option<&Arc<str>>,
    ) -> Result<(), FilterError> {
        let Some(found) = self.topics.get_mut(&topic) else {
            return Ok(());
        };
        let before = found.sieves.now().generation;
        match text {
            Some(text) => found.sieves.join(id, text, &mut self.generation)?,
            None => found.sieves.part(id, &mut self.generation),
        }
        if found.sieves.now().generation != before {
            self.rerouted.insert(topic);
        }
        Ok(())
    }
}
