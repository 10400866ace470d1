//! What a topic and a subscription are: names, settings and times, without anything that moves.

use std::sync::Arc;

use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{Name, SubscriptionId, Time, TopicId};

/// A topic as it was created or last changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicRecord {
    /// Its id.
    pub id: TopicId,
    /// Its name.
    pub name: Name,
    /// Its settings.
    pub settings: TopicSettings,
    /// When it was created.
    pub created: Time,
    /// How often its settings were changed since.
    pub revision: u64,
    /// When they were last changed; `created` if never.
    pub updated: Time,
}

/// A subscription as it was created or last changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionRecord {
    /// Its id.
    pub id: SubscriptionId,
    /// Its topic.
    pub topic: TopicId,
    /// Its name.
    pub name: Name,
    /// Its settings; shared, since most have the same.
    pub settings: Arc<SubscriptionSettings>,
    /// When it was created.
    pub created: Time,
    /// How often its settings were changed since.
    pub revision: u64,
    /// When they were last changed; `created` if never.
    pub updated: Time,
}

impl TopicRecord {
    /// Names this state of its settings: another after each change, never the same for another topic.
    pub fn etag(&self) -> String {
        format!("{}.{}", self.id.0, self.revision)
    }
}

impl SubscriptionRecord {
    /// Names this state of its settings: another after each change, never the same for another subscription.
    pub fn etag(&self) -> String {
        format!("{}.{}", self.id.0, self.revision)
    }
}
