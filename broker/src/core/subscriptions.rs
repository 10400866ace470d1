//! Subscriptions: creating, deleting, showing.

use std::ops::Bound;
use std::sync::Arc;

use super::command::NewSubscription;
use super::limits::MAX_SUBSCRIPTIONS;
use super::objects::{Subscription, Topic};
use super::output::EndedConsumer;
use super::state::{Act, Core};
use super::views::{Deleted, SubscriptionView};
use crate::delivery::Counts;
use crate::model::entry::{Entry, SubscriptionRecord};
use crate::model::{Name, Now, Partition, Refusal, SubscriptionId};

impl Core {
    /// Creates a subscription.
    pub fn create_subscription(
        &mut self,
        new: NewSubscription<'_>,
        now: Now,
    ) -> Result<SubscriptionView, Refusal> {
        new.settings.check()?;
        let topic = self.topic_of(new.topic)?;
        self.check_dead_letters(new.topic, &new.settings)?;
        if let Ok(existing) = self.subscription(&new.name) {
            return Err(Refusal::SubscriptionAlreadyExists {
                subscription: new.name,
                topic: existing.topic_name,
            });
        }
        if self.objects.subscriptions.len() as u64 >= MAX_SUBSCRIPTIONS {
            return Err(Refusal::LimitReached {
                what: "subscriptions",
                limit: MAX_SUBSCRIPTIONS,
            });
        }
        if let Some(filter) = &new.settings.filter {
            topic.sieves.check_room([&**filter])?;
        }
        let starts = topic.places(&new.start)?.into_iter().zip(&topic.partitions);
        let starts = starts.map(|(place, store)| place.unwrap_or(store.log.next()));
        let starts: Vec<_> = starts.collect();
        let id = self.objects.broker.next_subscription;
        let scans = match new.settings.filter {
            Some(_) => topic.scans_from(id, (0..).map(Partition).zip(starts.iter().copied()))?,
            None => Vec::new(),
        };
        let record = SubscriptionRecord {
            id,
            topic: topic.record.id,
            name: new.name.clone(),
            settings: new.settings.into(),
            created: now.wall,
            revision: 0,
            updated: now.wall,
        };
        let created = Entry::SubscriptionCreated { record, starts };
        let mut acts = vec![Act::eager(created)];
        acts.extend(scans);
        self.enact(acts, now);
        self.drop_skipped_of(id, now);
        self.note_deadline(id, now);
        self.subscription(&new.name)
    }

    /// Deletes a subscription with its backlog and dead messages; its consumers end with
    /// `SUBSCRIPTION_DELETED`.
    pub fn delete_subscription(&mut self, name: &Name, now: Now) -> Result<Deleted, Refusal> {
        let id = self.subscription_of(name)?.record.id;
        let deleted = self.prepare_deletion(id);
        self.enact(vec![Act::eager(Entry::SubscriptionDeleted(id))], now);
        Ok(deleted)
    }

    /// Shows a subscription.
    pub fn subscription(&self, name: &Name) -> Result<SubscriptionView, Refusal> {
        let subscription = self.subscription_of(name)?;
        let view = self.subscription_view(subscription.record.id);
        view.ok_or_else(|| Refusal::SubscriptionNotFound {
            subscription: name.to_string(),
        })
    }

    /// Lists subscriptions in order of name, those after a name, at most `limit`; of one topic if it is named.
    pub fn subscriptions(
        &self,
        topic: Option<&Name>,
        after: Option<&Name>,
        limit: usize,
    ) -> Result<Vec<SubscriptionView>, Refusal> {
        if let Some(topic) = topic {
            return Ok(self.subscriptions_on(self.topic_of(topic)?, after, limit));
        }
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let all = &self.objects.subscription_names;
        let ids = all.range((start, Bound::Unbounded)).map(|(_, &id)| id);
        let views = ids.filter_map(|id| self.subscription_view(id));
        Ok(views.take(limit).collect())
    }

    fn subscriptions_on(
        &self,
        topic: &Topic,
        after: Option<&Name>,
        limit: usize,
    ) -> Vec<SubscriptionView> {
        let ids = topic.subscriptions.iter();
        let mut named: Vec<(&Name, SubscriptionId)> = ids
            .filter_map(|id| self.objects.subscriptions.get(id))
            .map(|subscription| (&subscription.record.name, subscription.record.id))
            .filter(|(name, _)| after.is_none_or(|after| *name > after))
            .collect();
        named.sort_unstable();
        let views = named.into_iter().take(limit);
        views
            .filter_map(|(_, id)| self.subscription_view(id))
            .collect()
    }

    fn subscription_view(&self, id: SubscriptionId) -> Option<SubscriptionView> {
        let (subscription, topic) = self.pair(id)?;
        let record = &subscription.record;
        Some(SubscriptionView {
            id,
            name: record.name.clone(),
            topic: record.topic,
            topic_name: topic.record.name.clone(),
            settings: Arc::clone(&record.settings),
            created: record.created,
            updated: record.updated,
            etag: record.etag(),
        })
    }

    /// Ends the consumers of a subscription that is about to be deleted, and says what will be dropped.
    pub(super) fn prepare_deletion(&mut self, id: SubscriptionId) -> Deleted {
        let Some((subscription, topic)) = self.pair(id) else {
            return Deleted::default();
        };
        let counts = subscription.counts(topic);
        let name = subscription.record.name.clone();
        let consumers = subscription.consumers.clone();
        for consumer in consumers {
            self.consumers.remove(&consumer);
            self.output.ended.push(EndedConsumer {
                consumer,
                reason: Refusal::SubscriptionDeleted {
                    subscription: name.clone(),
                },
            });
        }
        self.stirred.remove(&id);
        if let Some(subscription) = self.objects.subscriptions.get_mut(&id)
            && let Some(timer) = subscription.timer.take()
        {
            self.timers.remove(&(timer, id));
        }
        Deleted {
            subscriptions: 1,
            backlog: counts.backlog() + counts.scheduled,
            dead: counts.dead,
        }
    }
}

impl Subscription {
    /// Its books, all partitions together.
    pub(super) fn counts(&self, topic: &Topic) -> Counts {
        let mut sum = Counts::default();
        for (machine, store) in self.machines.iter().zip(&topic.partitions) {
            sum += machine.counts(&store.log);
        }
        sum
    }
}
