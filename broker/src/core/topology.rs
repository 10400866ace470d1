//! A declared topology: topics and subscriptions are made to be as a declaration says.
//!
//! What is declared and does not exist is created, what differs is changed, what is not declared is left alone. All of
//! it is one commit group. Every declaration is checked against the state and the others before the first act, so that
//! a refusal finds nothing done; the same declaration again changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::command::{
    Declaration, DeclaredSubscription, DeclaredTopic, DryRun, NewSubscription, Start,
};
use super::limits::{DECLARED_BYTES, MAX_DECLARED, MAX_SUBSCRIPTIONS, MAX_TOPICS};
use super::sieves::Sieves;
use super::state::Core;
use super::updates::check_etag;
use super::views::{Differences, SubscriptionDifference, TopicDifference};
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{Name, Now, Refusal};

impl Core {
    /// Makes topics and subscriptions be as declared, or only says what would change. What is as declared already is
    /// not in the answer.
    pub fn apply_topology(
        &mut self,
        declaration: &Declaration,
        dry_run: DryRun,
        now: Now,
    ) -> Result<Differences, Refusal> {
        self.check_size(declaration)?;
        let topics = self.differing_topics(&declaration.topics)?;
        let subscriptions = self.differing_subscriptions(declaration)?;
        let differences = Differences {
            topics,
            subscriptions,
        };
        self.check_room(&differences)?;
        self.check_filters(&differences)?;
        if dry_run == DryRun::No {
            let first = self.output.groups.len();
            self.make(&differences, now)?;
            self.join_groups(first);
        }
        Ok(differences)
    }

    /// One commit group holds it all.
    fn check_size(&self, declaration: &Declaration) -> Result<(), Refusal> {
        let (topics, subscriptions) = (&declaration.topics, &declaration.subscriptions);
        let refused = |size, limit, unit| Err(Refusal::BatchTooLarge { size, limit, unit });
        let count = topics.len() as u64 + subscriptions.len() as u64;
        if count > MAX_DECLARED {
            return refused(count, MAX_DECLARED, "topics and subscriptions");
        }
        let names = topics.iter().map(|topic| topic.name.as_str().len());
        let texts = subscriptions.iter().map(|one| {
            let filter = one
                .settings
                .filter
                .as_ref()
                .map_or(0, |filter| filter.len());
            let topic = one.settings.dead_letter_topic.as_ref();
            one.name.as_str().len() + filter + topic.map_or(0, |topic| topic.as_str().len())
        });
        let bytes = count * DECLARED_BYTES + names.chain(texts).sum::<usize>() as u64;
        if bytes > self.group_bytes {
            return refused(bytes, self.group_bytes, "bytes in the journal");
        }
        Ok(())
    }

    fn differing_topics(
        &self,
        declared: &[DeclaredTopic],
    ) -> Result<Vec<TopicDifference>, Refusal> {
        let mut seen = BTreeMap::new();
        let mut differing = Vec::new();
        for (index, topic) in declared.iter().enumerate() {
            let invalid = |detail| invalid("topics", index, &topic.name, detail);
            if let Some(first) = seen.insert(&topic.name, index) {
                return Err(invalid(format!("topics[{first}] has the same name")));
            }
            let view = self.topic(&topic.name).ok();
            let mut settings = TopicSettings {
                partitions: topic.partitions.unwrap_or(1),
                ..topic.settings
            };
            if let Some(view) = &view {
                check_etag(&topic.name, topic.etag.as_deref(), &view.etag)?;
                settings.partitions = view.settings.partitions;
                if topic
                    .partitions
                    .is_some_and(|given| given != settings.partitions)
                {
                    let field = "topic.partition_count";
                    return Err(invalid(Refusal::FieldImmutable { field }.to_string()));
                }
            }
            settings
                .check()
                .map_err(|refusal| invalid(refusal.to_string()))?;
            if view.as_ref().is_none_or(|view| view.settings != settings) {
                differing.push(TopicDifference {
                    name: topic.name.clone(),
                    before: view,
                    settings,
                });
            }
        }
        Ok(differing)
    }

    fn differing_subscriptions(
        &self,
        declaration: &Declaration,
    ) -> Result<Vec<SubscriptionDifference>, Refusal> {
        let mut seen = BTreeMap::new();
        let mut differing = Vec::new();
        for (index, subscription) in declaration.subscriptions.iter().enumerate() {
            let DeclaredSubscription {
                name,
                topic,
                settings,
                etag,
            } = subscription;
            let invalid = |detail| invalid("subscriptions", index, name, detail);
            if let Some(first) = seen.insert(name, index) {
                return Err(invalid(format!("subscriptions[{first}] has the same name")));
            }
            let view = self.subscription(name).ok();
            let mut settings = settings.clone();
            if let Some(view) = &view {
                check_etag(name, etag.as_deref(), &view.etag)?;
                if view.topic_name != *topic {
                    let field = "subscription.topic";
                    return Err(invalid(Refusal::FieldImmutable { field }.to_string()));
                }
                if settings.filter != view.settings.filter {
                    let field = "subscription.filter";
                    return Err(invalid(Refusal::FieldImmutable { field }.to_string()));
                }
                // Whether it is paused is no matter of how it is declared.
                settings.is_paused = view.settings.is_paused;
            }
            settings
                .check()
                .map_err(|refusal| invalid(refusal.to_string()))?;
            if view.as_ref().is_none_or(|view| *view.settings != settings) {
                differing.push(SubscriptionDifference {
                    name: name.clone(),
                    topic: topic.clone(),
                    before: view,
                    settings,
                });
            }
        }
        self.check_topics(declaration)?;
        Ok(differing)
    }

    /// Every topic that a subscription names exists or is declared, too: its own, and a new one for its dead messages.
    fn check_topics(&self, declaration: &Declaration) -> Result<(), Refusal> {
        let declared = declaration.topics.iter().map(|topic| &topic.name);
        let declared: BTreeSet<_> = declared.collect();
        let is_there = |topic: &Name| declared.contains(topic) || self.topic_of(topic).is_ok();
        for (index, subscription) in declaration.subscriptions.iter().enumerate() {
            let DeclaredSubscription {
                name,
                topic,
                settings,
                ..
            } = subscription;
            let invalid = |detail| Err(invalid("subscriptions", index, name, detail));
            if !is_there(topic) {
                return invalid(format!("its topic {topic} neither exists nor is declared"));
            }
            let before = self.subscription_of(name).ok();
            let before = before.and_then(|one| one.record.settings.dead_letter_topic.as_ref());
            match &settings.dead_letter_topic {
                Some(letters) if before == Some(letters) => {}
                Some(letters) if letters == topic => {
                    return invalid(format!("its dead-letter topic is its own, {topic}"));
                }
                Some(letters) if !is_there(letters) => {
                    let text = "neither exists nor is declared";
                    return invalid(format!("its dead-letter topic {letters} {text}"));
                }
                Some(_) | None => {}
            }
        }
        Ok(())
    }

    fn check_room(&self, differences: &Differences) -> Result<(), Refusal> {
        let topics = differences.topics.iter().filter(|one| one.before.is_none());
        let topics = self.objects.topics.len() + topics.count();
        let subscriptions = differences.subscriptions.iter();
        let subscriptions = subscriptions.filter(|one| one.before.is_none()).count();
        let subscriptions = self.objects.subscriptions.len() + subscriptions;
        for (what, count, limit) in [
            ("topics", topics, MAX_TOPICS),
            ("subscriptions", subscriptions, MAX_SUBSCRIPTIONS),
        ] {
            if count as u64 > limit {
                return Err(Refusal::LimitReached { what, limit });
            }
        }
        Ok(())
    }

    /// No topic gets more different filters than it may have.
    fn check_filters(&self, differences: &Differences) -> Result<(), Refusal> {
        let mut by_topic: BTreeMap<&Name, BTreeSet<&str>> = BTreeMap::new();
        for one in &differences.subscriptions {
            if let (None, Some(filter)) = (&one.before, &one.settings.filter) {
                by_topic.entry(&one.topic).or_default().insert(filter);
            }
        }
        let new = Sieves::default();
        for (topic, filters) in by_topic {
            let sieves = self.topic_of(topic).map_or(&new, |topic| &topic.sieves);
            sieves.check_room(filters)?;
        }
        Ok(())
    }

    fn make(&mut self, differences: &Differences, now: Now) -> Result<(), Refusal> {
        for topic in &differences.topics {
            let settings = topic.settings;
            if topic.before.is_none() {
                self.create_topic(topic.name.clone(), settings, now)?;
            } else {
                let change = Box::new(move |_: &TopicSettings| Ok(settings));
                self.update_topic(&topic.name, None, change, now)?;
            }
        }
        for subscription in &differences.subscriptions {
            let settings = subscription.settings.clone();
            if subscription.before.is_none() {
                let new = NewSubscription {
                    name: subscription.name.clone(),
                    topic: &subscription.topic,
                    settings,
                    start: Start::Latest,
                };
                self.create_subscription(new, now)?;
            } else {
                let change = Box::new(move |_: &SubscriptionSettings| Ok(settings));
                self.update_subscription(&subscription.name, None, change, now)?;
            }
        }
        Ok(())
    }
}

fn invalid(list: &'static str, index: usize, name: &Name, detail: String) -> Refusal {
    Refusal::TopologyInvalid {
        list,
        index,
        name: name.to_string(),
        detail,
    }
}
