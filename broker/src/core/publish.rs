//! Publishing: batches get offsets and become entries. Touches the partitions and the topic's hungry subscriptions,
//! nothing else: the cost does not grow with idle subscriptions.

use super::state::{Act, Core};
use super::views::{Receipt, Route};
use crate::model::entry::{Body, Entry, Published};
use crate::model::{Name, Now, Offset, Partition, Refusal, TopicId};

impl Core {
    /// What a publisher needs to make bodies for a topic.
    pub fn route(&self, topic: &Name) -> Result<Route, Refusal> {
        let topic = self.topic_of(topic)?;
        Ok(Route {
            topic: topic.record.id,
            partitions: topic.record.settings.partitions,
        })
    }

    /// Stores batches, all or nothing, in one commit group. A partition may occur more than once. An id of a topic
    /// that was deleted since it was routed is `TOPIC_NOT_FOUND`.
    pub fn publish(
        &mut self,
        topic: TopicId,
        batches: Vec<(Partition, Body)>,
        now: Now,
    ) -> Result<Receipt, Refusal> {
        let acts = self.decide_batches(topic, batches, now)?;
        let runs = acts.iter().filter_map(|act| match &act.entry {
            Entry::Published(entry) => Some((entry.partition, entry.base, entry.count)),
            _ => None,
        });
        let runs = runs.collect();
        self.enact(acts, now);
        let position = self.last_position();
        self.after_publish(topic, now);
        Ok(Receipt {
            topic,
            runs,
            position,
        })
    }

    /// What a publish brings about: limits on backlogs are kept, hungry consumers are served.
    pub(super) fn after_publish(&mut self, topic: TopicId, now: Now) {
        self.shed_after_publish(topic, now);
        if let Some(topic) = self.objects.topics.get(&topic) {
            self.stirred.extend(&topic.hungry);
        }
    }

    pub(super) fn decide_batches(
        &self,
        id: TopicId,
        batches: Vec<(Partition, Body)>,
        now: Now,
    ) -> Result<Vec<Act>, Refusal> {
        let topic = self.objects.topics.get(&id);
        let topic = topic.ok_or(Refusal::TopicGone { topic: id })?;
        if batches.is_empty() {
            return Err(Refusal::FieldRequired { field: "messages" });
        }
        self.check_held(topic)?;
        let mut next: Vec<Option<Offset>> = vec![None; topic.partitions.len()];
        let mut acts = Vec::with_capacity(batches.len());
        for (partition, body) in batches {
            let store = topic.store(partition);
            let (Some(store), Some(next)) = (store, next.get_mut(partition.0 as usize)) else {
                return Err(Refusal::Internal {
                    detail: format!("a batch is for partition {partition} of topic {id}"),
                });
            };
            let base = next.unwrap_or_else(|| store.log.next());
            *next = Some(base.plus(body.columns.count.into()));
            let published = Published {
                topic: id,
                partition,
                base,
                count: body.columns.count,
                time: now.wall.max(store.newest),
            };
            acts.push(Act {
                entry: Entry::Published(published),
                body: Some(body),
                eager: true,
            });
        }
        Ok(acts)
    }
}
