//! All dead messages of a subscription as they are at a moment, for whoever groups them elsewhere; and what is learnt
//! there of failures that an older release recorded without a fingerprint.

use std::collections::HashMap;

use super::state::Core;
use crate::delivery::DeadSet;
use crate::model::{
    Fingerprint, Name, Now, Partition, Position, Refusal, SubscriptionId, Time, TopicId,
};

/// The dead messages of a subscription.
#[derive(Debug, Clone)]
pub struct DeadMessages {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// Its topic.
    pub topic: TopicId,
    /// The moment.
    pub now: Time,
    /// They, by partition.
    pub parts: Vec<(Partition, DeadSet)>,
}

impl Core {
    /// The dead messages of a subscription, which must be of `topic` if one is named.
    pub fn dead_messages(
        &self,
        subscription: &Name,
        topic: Option<&Name>,
        now: Now,
    ) -> Result<DeadMessages, Refusal> {
        let id = self.subscription_of(subscription)?.record.id;
        let Some((found, of)) = self.pair(id) else {
            return Err(Refusal::SubscriptionNotFound {
                subscription: subscription.to_string(),
            });
        };
        if let Some(topic) = topic.filter(|topic| **topic != of.record.name) {
            return Err(Refusal::TopicMismatch {
                subscription: subscription.clone(),
                topic: of.record.name.clone(),
                asked: topic.to_string(),
            });
        }
        let parts = found.parts().zip(&of.partitions);
        let parts =
            parts.map(|((partition, machine), store)| (partition, machine.dead_set(&store.log)));
        Ok(DeadMessages {
            subscription: id,
            topic: of.record.id,
            now: now.wall,
            parts: parts.collect(),
        })
    }

    /// Takes over fingerprints by the position of the failure's text, where they are missing. They are durable once
    /// their pages are stated again; lost before that, they are found again.
    pub fn name_dead(&mut self, id: SubscriptionId, known: &HashMap<Position, Fingerprint>) {
        let found = self.objects.subscriptions.get_mut(&id);
        for machine in found.into_iter().flat_map(|found| &mut found.machines) {
            machine.name_dead(known);
        }
    }
}
