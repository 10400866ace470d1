//! How many consumers a subscription needs, by its numbers of this moment.

use std::sync::Arc;

use super::{Handle, SubscriptionSample};
use crate::insight::advice::{Advice, Load, Wish};
use crate::model::{Name, Refusal, Time};

/// What was advised, and on what.
#[derive(Debug, Clone)]
pub struct Advised {
    /// When.
    pub time: Time,
    /// The number, and what others would do.
    pub advice: Advice,
    /// What it rests on.
    pub load: Load,
    /// The subscription.
    pub sample: Arc<SubscriptionSample>,
}

impl Handle {
    /// How many consumers a subscription needs.
    pub async fn advise(
        &self,
        topic: Option<Name>,
        subscription: Name,
        wish: Wish,
    ) -> Result<Advised, Refusal> {
        let asked = subscription.to_string();
        let sample = self.sample(topic, Some(subscription)).await?;
        let found = sample.subscriptions.first().cloned();
        let found = found.ok_or(Refusal::SubscriptionNotFound {
            subscription: asked,
        })?;
        let load = found.details.as_ref().map(|details| details.load.clone());
        let load = load.unwrap_or_default();
        let now = self.shared.clock.mono();
        let advice = self
            .shared
            .holds
            .settle(found.counts.id, (&load, &wish), now);
        Ok(Advised {
            time: sample.time,
            advice,
            load,
            sample: found,
        })
    }
}
