//! The numbers of single partitions: where a topic stands, and a subscription in it.

use super::state::Core;
use super::views::{SubscriptionPartition, TopicPartition};
use crate::model::{Now, SubscriptionId, TopicId};

impl Core {
    /// The partitions of a topic, in order.
    pub fn topic_partitions(&self, id: TopicId) -> Vec<TopicPartition> {
        let topic = self.objects.topics.get(&id);
        let stores = topic.into_iter().flat_map(|topic| &topic.partitions);
        let partitions = stores.map(|store| TopicPartition {
            low: store.log.low(),
            next: store.log.next(),
            stored_bytes: store.log.stored_bytes(),
        });
        partitions.collect()
    }

    /// A subscription on each partition, in order.
    pub fn subscription_partitions(
        &self,
        id: SubscriptionId,
        now: Now,
    ) -> Vec<SubscriptionPartition> {
        let Some((subscription, topic)) = self.pair(id) else {
            return Vec::new();
        };
        let pairs = subscription.machines.iter().zip(&topic.partitions);
        let partitions = pairs.map(|(machine, store)| {
            let since = machine.due_since(&store.log);
            SubscriptionPartition {
                counts: machine.counts(&store.log),
                lag: since.map(|time| now.wall.since(time)),
                floor: machine.floor(),
            }
        });
        partitions.collect()
    }
}
