//! Requests that carry an id: a repeat within ten minutes gets the first answer, whatever became of it since.
//!
//! The answer is in the journal beside what was done, in one commit group, so that no crash parts them. A request that
//! was refused is not remembered: a repeat of it is decided anew.

use super::command::{NewSubscription, RequestKey};
use super::limits::MAX_REQUESTS;
use super::state::{Act, Core};
use super::views::{SubscriptionView, TopicView};
use crate::model::entry::{Entry, FirstAnswer, Requested, SubscriptionRecord, TopicRecord};
use crate::model::settings::TopicSettings;
use crate::model::{Name, Now, Refusal};

impl Core {
    /// Creates a topic, or gives the answer that the same request got before.
    pub fn create_topic_once(
        &mut self,
        key: RequestKey,
        name: Name,
        settings: TopicSettings,
        now: Now,
    ) -> Result<TopicView, Refusal> {
        match self.answered(key, now)? {
            Some(FirstAnswer::Topic(record)) => return Ok(first_topic(record)),
            Some(FirstAnswer::Subscription(..)) => return Err(reused(key)),
            None => {}
        }
        let first = self.output.groups.len();
        let view = self.create_topic(name, settings, now)?;
        let record = self.topic_of(&view.name)?.record.clone();
        self.remember(key, FirstAnswer::Topic(record), now);
        self.join_groups(first);
        Ok(view)
    }

    /// Creates a subscription, or gives the answer that the same request got before.
    pub fn create_subscription_once(
        &mut self,
        key: RequestKey,
        new: NewSubscription<'_>,
        now: Now,
    ) -> Result<SubscriptionView, Refusal> {
        match self.answered(key, now)? {
            Some(FirstAnswer::Subscription(record, topic)) => {
                return Ok(first_subscription(record, topic));
            }
            Some(FirstAnswer::Topic(_)) => return Err(reused(key)),
            None => {}
        }
        let first = self.output.groups.len();
        let view = self.create_subscription(new, now)?;
        let record = self.subscription_of(&view.name)?.record.clone();
        let answer = FirstAnswer::Subscription(record, view.topic_name.clone());
        self.remember(key, answer, now);
        self.join_groups(first);
        Ok(view)
    }

    /// Forgets the answers whose ten minutes have passed.
    pub fn forget_requests(&mut self, now: Now) {
        self.objects.requests.forget(now.wall);
    }

    /// What the same request was answered before, if it was asked before.
    fn answered(&mut self, key: RequestKey, now: Now) -> Result<Option<FirstAnswer>, Refusal> {
        let requests = &mut self.objects.requests;
        requests.forget(now.wall);
        match requests.answer(key.id) {
            Some((fingerprint, answer)) if fingerprint == key.fingerprint => {
                Ok(Some(answer.clone()))
            }
            Some(_other) => Err(reused(key)),
            None if requests.len() as u64 >= MAX_REQUESTS => Err(Refusal::LimitReached {
                what: "request ids of the last 10 minutes",
                limit: MAX_REQUESTS,
            }),
            None => Ok(None),
        }
    }

    fn remember(&mut self, key: RequestKey, answer: FirstAnswer, now: Now) {
        let requested = Requested {
            id: key.id,
            fingerprint: key.fingerprint,
            time: now.wall,
            answer,
        };
        self.enact(vec![Act::eager(Entry::Requested(requested))], now);
    }
}

fn reused(key: RequestKey) -> Refusal {
    Refusal::RequestIdReused {
        request_id: key.id.to_string(),
    }
}

/// A topic as its creation was answered.
fn first_topic(record: TopicRecord) -> TopicView {
    TopicView {
        etag: record.etag(),
        id: record.id,
        name: record.name,
        settings: record.settings,
        created: record.created,
        updated: record.updated,
        subscriptions: 0,
    }
}

/// A subscription as its creation was answered.
fn first_subscription(record: SubscriptionRecord, topic: Name) -> SubscriptionView {
    SubscriptionView {
        etag: record.etag(),
        id: record.id,
        name: record.name,
        topic: record.topic,
        topic_name: topic,
        settings: record.settings,
        created: record.created,
        updated: record.updated,
    }
}
