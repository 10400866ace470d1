//! Changing settings while messages flow.
//!
//! A change is decided on the settings as they are at that moment, so that two changes at once never undo one another.

use super::state::{Act, Core};
use super::views::{SubscriptionView, TopicView};
use crate::model::entry::{Entry, SubscriptionRecord, TopicRecord};
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{Name, Now, Refusal};

/// Makes the new settings of the present ones.
pub type Change<'a, S> = dyn FnOnce(&S) -> Result<S, Refusal> + Send + 'a;

impl Core {
    /// Changes the settings of a topic. With an etag, only if it still names them. A change that changes nothing
    /// writes nothing.
    pub fn update_topic(
        &mut self,
        name: &Name,
        etag: Option<&str>,
        change: Box<Change<'_, TopicSettings>>,
        now: Now,
    ) -> Result<TopicView, Refusal> {
        let record = &self.topic_of(name)?.record;
        let id = record.id;
        check_etag(name, etag, &record.etag())?;
        let settings = change(&record.settings)?;
        settings.check()?;
        if settings.partitions != record.settings.partitions {
            return Err(Refusal::FieldImmutable {
                field: "topic.partition_count",
            });
        }
        if settings != record.settings {
            let record = TopicRecord {
                settings,
                revision: record.revision + 1,
                updated: now.wall,
                ..record.clone()
            };
            self.enact(vec![Act::eager(Entry::TopicUpdated(record))], now);
            self.make_room(id, now);
        }
        self.topic(name)
    }

    /// Changes the settings of a subscription. With an etag, only if it still names them. A change that changes
    /// nothing writes nothing.
    pub fn update_subscription(
        &mut self,
        name: &Name,
        etag: Option<&str>,
        change: Box<Change<'_, SubscriptionSettings>>,
        now: Now,
    ) -> Result<SubscriptionView, Refusal> {
        let record = &self.subscription_of(name)?.record;
        check_etag(name, etag, &record.etag())?;
        let settings = change(&record.settings)?;
        settings.check()?;
        if settings.filter != record.settings.filter {
            return Err(Refusal::FieldImmutable {
                field: "subscription.filter",
            });
        }
        let id = record.id;
        if settings.dead_letter_topic != record.settings.dead_letter_topic {
            let own = self.topic_name(record.topic)?;
            self.check_dead_letters(&own, &settings)?;
        }
        if settings != *record.settings {
            let record = SubscriptionRecord {
                settings: settings.into(),
                revision: record.revision + 1,
                updated: now.wall,
                ..record.clone()
            };
            self.enact(vec![Act::eager(Entry::SubscriptionUpdated(record))], now);
            self.note_deadline(id, now);
            self.stir(id);
        }
        self.subscription(name)
    }
}

/// Refuses an etag that names another state than the present one.
pub(super) fn check_etag(name: &Name, given: Option<&str>, current: &str) -> Result<(), Refusal> {
    match given {
        Some(given) if given != current => Err(Refusal::EtagMismatch {
            name: name.clone(),
            given: given.chars().take(40).collect(),
            current: current.to_owned(),
        }),
        _ => Ok(()),
    }
}
