//! Forwarding dead messages to another topic: published there and finished here as moved, in one commit group, so that
//! a crash finds a message in one of the two places.
//!
//! The core says which subscriptions have something to forward; others read the messages, which the owner never does,
//! and come back with what is to be published. A message stays dead where nobody would read it: as long as the topic
//! does not exist or has no subscription.

use std::collections::BTreeMap;

use super::command::Forward;
use super::limits::MAX_FORWARDING;
use super::state::{Act, Core};
use super::views::{Forwardable, Route};
use crate::delivery::State;
use crate::model::entry::{DropCause, Dropped, Entry};
use crate::model::range::normalise;
use crate::model::settings::SubscriptionSettings;
use crate::model::{Name, Now, OffsetRange, OperationId, Partition, Refusal, SubscriptionId};

impl Core {
    /// Whether there may be something to forward that was not there when this was last asked.
    pub fn take_forward_hint(&mut self) -> bool {
        std::mem::take(&mut self.forward_hint)
    }

    /// Subscriptions with dead messages that can be forwarded now.
    pub fn forwardable(&self) -> Vec<Forwardable> {
        let ids = self.objects.forwarding.iter();
        let found = ids.filter_map(|&id| {
            let (subscription, _) = self.pair(id)?;
            let route = self.dead_letter_route(id)?;
            let is_dead = subscription
                .machines
                .iter()
                .any(|one| one.settled().dead > 0);
            is_dead.then(|| Forwardable {
                subscription: subscription.record.name.clone(),
                route,
            })
        });
        found.take(MAX_FORWARDING).collect()
    }

    /// Publishes dead messages to the dead-letter topic and finishes them; false, and nothing is done, if one of them
    /// is no longer dead from the failure it is named with.
    pub fn forward(&mut self, forward: Forward<'_>, now: Now) -> Result<bool, Refusal> {
        let id = self.subscription_of(forward.subscription)?.record.id;
        let route = self.dead_letter_route(id);
        if route.map(|route| route.topic) != Some(forward.topic) || !self.are_dead(id, &forward) {
            return Ok(false);
        }
        let mut acts = self.decide_batches(forward.topic, forward.batches, now)?;
        let mut places: BTreeMap<Partition, Vec<OffsetRange>> = BTreeMap::new();
        for (partition, offset, _) in forward.messages {
            let ranges = places.entry(partition).or_default();
            ranges.push(OffsetRange::one(offset));
        }
        for (partition, mut ranges) in places {
            normalise(&mut ranges);
            acts.push(Act::eager(Entry::Dropped(Dropped {
                subscription: id,
                partition,
                cause: DropCause::Moved,
                operation: OperationId(0),
                ranges,
            })));
        }
        self.enact(acts, now);
        self.note_deadline(id, now);
        self.stir(id);
        self.after_publish(forward.topic, now);
        Ok(true)
    }

    /// Looks whether something is to be forwarded: deaths tell at once, all else is found here.
    pub(super) fn look_for_forwarding(&mut self) {
        if !self.objects.forwarding.is_empty() && !self.forward_hint {
            self.forward_hint = !self.forwardable().is_empty();
        }
    }

    /// Refuses a dead-letter topic that does not exist or that is the subscription's own.
    pub(super) fn check_dead_letters(
        &self,
        own: &Name,
        settings: &SubscriptionSettings,
    ) -> Result<(), Refusal> {
        match &settings.dead_letter_topic {
            Some(topic) if topic == own => Err(Refusal::ValueOutOfRange {
                field: "subscription.dead_letter_topic",
                value: topic.to_string(),
                range:
                    "another topic than its own, to which dead messages would come back for ever"
                        .to_owned(),
            }),
            Some(topic) if !self.objects.topic_names.contains_key(topic) => {
                Err(Refusal::DeadLetterTopicMissing {
                    topic: topic.clone(),
                })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Whether dead messages of a subscription wait, since nobody would read them where they are to go.
    pub(super) fn are_dead_letters_held(&self, id: SubscriptionId) -> bool {
        let subscription = self.objects.subscriptions.get(&id);
        subscription.is_some_and(|subscription| {
            let is_dead = subscription
                .machines
                .iter()
                .any(|one| one.settled().dead > 0);
            let forwards = subscription.record.settings.dead_letter_topic.is_some();
            forwards && is_dead && self.dead_letter_route(id).is_none()
        })
    }

    /// Where dead messages of a subscription go; none while there is no such topic with a reader.
    fn dead_letter_route(&self, id: SubscriptionId) -> Option<Route> {
        let subscription = self.objects.subscriptions.get(&id)?;
        let topic = subscription.record.settings.dead_letter_topic.as_ref()?;
        let id = *self.objects.topic_names.get(topic)?;
        self.read_route(id)
            .filter(|_| id != subscription.record.topic)
    }

    fn are_dead(&self, id: SubscriptionId, forward: &Forward<'_>) -> bool {
        let Some((subscription, topic)) = self.pair(id) else {
            return false;
        };
        let mut messages = forward.messages.iter();
        messages.all(|&(partition, offset, text)| {
            let machine = subscription.machine(partition);
            let Some((machine, store)) = machine.zip(topic.store(partition)) else {
                return false;
            };
            let (state, _) = machine.state_of(offset, &store.log);
            matches!(state, State::Dead(dead) if dead.text == text)
        })
    }
}
