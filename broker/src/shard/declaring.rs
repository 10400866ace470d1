//! Topics and subscriptions made once whatever is repeated: by a declaration of the whole, or by a request with an id.

use std::sync::Arc;

use super::handle::Handle;
use crate::core::{
    Declaration, Differences, DryRun, NewSubscription, RequestKey, Start, SubscriptionView,
    TopicView,
};
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{Name, Refusal};

/// A subscription to be created.
#[derive(Debug, Clone)]
pub struct Creation {
    /// Its name.
    pub name: Name,
    /// Its topic.
    pub topic: Name,
    /// Its settings.
    pub settings: SubscriptionSettings,
    /// Where it starts.
    pub start: Start,
}

impl Handle {
    /// Creates a topic, or gives the answer that the same request got before.
    pub async fn create_topic_once(
        &self,
        key: RequestKey,
        name: Name,
        settings: TopicSettings,
    ) -> Result<TopicView, Refusal> {
        let shared = Arc::clone(&self.shared);
        self.act(move |core, now| {
            let created = core.create_topic_once(key, name, settings, now)?;
            // What was created before may have been deleted, and made anew, since.
            shared.add_route(core, &created.name);
            Ok(created)
        })
        .await
    }

    /// Creates a subscription, or gives the answer that the same request got before.
    pub async fn create_subscription_once(
        &self,
        key: RequestKey,
        creation: Creation,
    ) -> Result<SubscriptionView, Refusal> {
        self.act(move |core, now| {
            let new = NewSubscription {
                name: creation.name,
                topic: &creation.topic,
                settings: creation.settings,
                start: creation.start,
            };
            core.create_subscription_once(key, new, now)
        })
        .await
    }

    /// Makes topics and subscriptions be as declared, or only says what would change.
    pub async fn apply_topology(
        &self,
        declaration: Declaration,
        dry_run: DryRun,
    ) -> Result<Differences, Refusal> {
        let shared = Arc::clone(&self.shared);
        self.act(move |core, now| {
            let differences = core.apply_topology(&declaration, dry_run, now)?;
            let created = differences.topics.iter().filter(|one| one.before.is_none());
            // After a dry run there is nothing of these names.
            created.for_each(|one| shared.add_route(core, &one.name));
            Ok(differences)
        })
        .await
    }

    /// Every topic and subscription, each in order of name, at one moment.
    pub async fn topology(&self) -> Result<(Vec<TopicView>, Vec<SubscriptionView>), Refusal> {
        self.act(move |core, _now| {
            let subscriptions = core.subscriptions(None, None, usize::MAX)?;
            Ok((core.topics(None, usize::MAX), subscriptions))
        })
        .await
    }
}
