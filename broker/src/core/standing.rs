//! What stands in the way of a subscription, and which ordering keys a topic is sent: for verdicts and advice. Looks at
//! nothing that grows with a backlog.

use super::counts::Standing;
use super::objects::{Objects, Subscription, Topic};
use super::state::Core;
use crate::insight::top_keys::{TopKey, TopKeys};
use crate::insight::verdict::{HoldUp, Part};
use crate::model::entry::Body;
use crate::model::filter::ordering_key;
use crate::model::settings::KeyOrder;
use crate::model::{MessageId, Mono, TopicId};

impl Subscription {
    /// What stands in its way.
    pub(super) fn standing(&self, topic: &Topic) -> Standing {
        let parts = || self.parts().zip(&topic.partitions);
        let backlogs = parts().map(|((partition, machine), store)| {
            let backlog = machine.counts(&store.log).backlog();
            (backlog, partition)
        });
        let largest =
            backlogs.max_by_key(|(backlog, partition)| (*backlog, u32::MAX - partition.0));
        let largest = largest.filter(|(backlog, _)| *backlog > 0);
        let oldest = parts()
            .filter_map(|part| Some((part.0.1.due_since(&part.1.log)?, part)))
            .min_by_key(|(since, _)| *since);
        let hold_up = oldest.and_then(|(_, ((partition, machine), store))| {
            let (offset, attempts, is_dead) = machine.hold_up(&store.log)?;
            let message = MessageId {
                topic: self.record.topic,
                partition,
                offset,
            };
            Some(HoldUp {
                message,
                attempts,
                is_dead,
            })
        });
        let is_ordered = self.record.settings.key_order != KeyOrder::Off;
        let top_keys = topic.top_keys.as_ref().filter(|_| is_ordered);
        let newest = topic.partitions.iter().map(|store| store.newest).max();
        Standing {
            parked: self.machines.iter().map(|one| one.parked().0).sum(),
            parked_keys: self.machines.iter().map(|one| one.parked().1).sum(),
            hold_up,
            largest: largest
                .filter(|_| self.machines.len() > 1)
                .map(|(backlog, partition)| Part {
                    partition,
                    backlog,
                    partitions: self.machines.len() as u64,
                }),
            top_key: top_keys.and_then(|keys| keys.share()),
            newest: newest.unwrap_or_default().max(self.record.created),
        }
    }
}

impl Objects {
    /// Counts the keys of a batch that is published.
    pub(super) fn count_keys(&mut self, id: TopicId, body: &Body, now: Mono) {
        let Some(keys) = body.columns.keys.as_deref() else {
            return;
        };
        let Some(topic) = self.topics.get_mut(&id) else {
            return;
        };
        let top_keys = topic
            .top_keys
            .get_or_insert_with(|| Box::new(TopKeys::begin(now)));
        top_keys.count(keys, now, |index| {
            ordering_key(body.bytes.get(body.columns.message(index))?)
        });
    }
}

impl Core {
    /// The most frequent ordering keys of a topic since the start, the most frequent first, and how many messages with
    /// a key were counted.
    pub fn top_keys(&self, id: TopicId, limit: usize) -> (Vec<TopKey>, u64) {
        let topic = self.objects.topics.get(&id);
        let keys = topic.and_then(|topic| topic.top_keys.as_ref());
        keys.map_or((Vec::new(), 0), |keys| (keys.top(limit), keys.total()))
    }
}
