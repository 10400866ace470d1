//! What a topic and a subscription are: names, settings and times, without anything that moves.

use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{Name, SubscriptionId, Time, TopicId};

/// A topic as it was created.
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
}

/// A subscription as it was created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionRecord {
    /// Its id.
    pub id: SubscriptionId,
    /// Its topic.
    pub topic: TopicId,
    /// Its name.
    pub name: Name,
    /// Its settings.
    pub settings: SubscriptionSettings,
    /// When it was created.
    pub created: Time,
}
