//! Topics: creating, deleting, showing.

use std::ops::Bound;

use super::limits::{ENTRY_BYTES, MAX_TOPICS};
use super::objects::Topic;
use super::output::FRAME_OVERHEAD;
use super::state::{Act, Core};
use super::views::{Deleted, TopicView};
use crate::model::entry::{Entry, TopicRecord};
use crate::model::settings::TopicSettings;
use crate::model::{Name, Now, Refusal};

impl Core {
    /// Creates a topic.
    pub fn create_topic(
        &mut self,
        name: Name,
        settings: TopicSettings,
        now: Now,
    ) -> Result<TopicView, Refusal> {
        settings.check()?;
        if self.objects.topic_names.contains_key(&name) {
            return Err(Refusal::TopicAlreadyExists { topic: name });
        }
        if self.objects.topics.len() as u64 >= MAX_TOPICS {
            return Err(Refusal::LimitReached {
                what: "topics",
                limit: MAX_TOPICS,
            });
        }
        let record = TopicRecord {
            id: self.objects.broker.next_topic,
            name: name.clone(),
            settings,
            created: now.wall,
            revision: 0,
            updated: now.wall,
        };
        self.enact(vec![Act::eager(Entry::TopicCreated(record))], now);
        self.topic(&name)
    }

    /// Deletes a topic and all that it stores, with its subscriptions if `with_subscriptions`.
    pub fn delete_topic(
        &mut self,
        name: &Name,
        with_subscriptions: bool,
        now: Now,
    ) -> Result<Deleted, Refusal> {
        let topic = self.topic_of(name)?;
        let (id, subscriptions) = (topic.record.id, topic.subscriptions.clone());
        self.check_topic_deletion(topic, with_subscriptions)?;
        let mut deleted = Deleted::default();
        let first = self.output.groups.len();
        for deletion in self.objects.aside.deletions_on(id) {
            self.close_undo(deletion, "its topic was deleted for good", now);
        }
        let mut acts = Vec::new();
        for &subscription in &subscriptions {
            deleted.add(self.prepare_deletion(subscription));
            acts.push(Act::eager(Entry::SubscriptionDeleted(subscription)));
        }
        acts.push(Act::eager(Entry::TopicDeleted(id)));
        self.enact(acts, now);
        self.join_groups(first);
        Ok(deleted)
    }

    /// Refuses to delete a topic with subscriptions that are not to go with it, or that are too many to go at once.
    pub(super) fn check_topic_deletion(
        &self,
        topic: &Topic,
        with_subscriptions: bool,
    ) -> Result<(), Refusal> {
        let count = topic.subscriptions.len() as u64;
        // All go in one commit group, so one that is too large is refused: they must be deleted before.
        let is_too_much = count * (FRAME_OVERHEAD as u64 + ENTRY_BYTES) > self.group_bytes;
        if count > 0 && (!with_subscriptions || is_too_much) {
            return Err(Refusal::TopicHasSubscriptions {
                topic: topic.record.name.clone(),
                subscriptions: count,
            });
        }
        Ok(())
    }

    /// Shows a topic.
    pub fn topic(&self, name: &Name) -> Result<TopicView, Refusal> {
        self.topic_of(name).map(Topic::view)
    }

    /// Lists topics in order of name, those after a name, at most `limit`.
    pub fn topics(&self, after: Option<&Name>, limit: usize) -> Vec<TopicView> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let names = self.objects.topic_names.range((start, Bound::Unbounded));
        names
            .filter_map(|(_, id)| self.objects.topics.get(id))
            .take(limit)
            .map(|topic| topic.view())
            .collect()
    }
}

impl Topic {
    /// The bytes of all that it stores.
    pub(super) fn stored_bytes(&self) -> u64 {
        let stores = self.partitions.iter();
        stores.map(|store| store.log.stored_bytes()).sum()
    }

    fn view(&self) -> TopicView {
        TopicView {
            id: self.record.id,
            name: self.record.name.clone(),
            settings: self.record.settings,
            created: self.record.created,
            updated: self.record.updated,
            etag: self.record.etag(),
            subscriptions: u32::try_from(self.subscriptions.len()).unwrap_or(u32::MAX),
        }
    }
}

impl Deleted {
    fn add(&mut self, other: Self) {
        self.subscriptions += other.subscriptions;
        self.backlog += other.backlog;
        self.dead += other.dead;
    }
}
