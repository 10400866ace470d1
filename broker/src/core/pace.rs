//! How much a subscription may hand out at a moment: nothing while it is paused, no more than its consumers together
//! may hold, and no faster than its rate. Volatile: a start begins with a full bucket.

use super::bucket::Rate;
use super::objects::{Subscription, Topic};
use crate::delivery::Machine;
use crate::model::{Mono, Now};

impl Subscription {
    /// How many messages may be handed out now.
    pub(super) fn allowed(&mut self, now: Now) -> u64 {
        let settings = &self.record.settings;
        if settings.is_paused {
            return 0;
        }
        let mut allowed = u64::MAX;
        if let Some(most) = settings.max_outstanding {
            let leased: u64 = self.machines.iter().map(Machine::leased).sum();
            allowed = most.saturating_sub(leased);
        }
        if let Some(rate) = settings.delivery_rate {
            let rate = Rate::per_second(rate);
            self.bucket.fill(rate, now.mono);
            allowed = allowed.min(self.bucket.tokens(rate));
        }
        allowed
    }

    /// Messages were handed out.
    pub(super) fn note_handed_out(&mut self, count: u64) {
        if let Some(rate) = self.record.settings.delivery_rate {
            self.bucket.spend(Rate::per_second(rate), count);
        }
    }

    /// When more may be handed out only because time has passed; none if something else holds it.
    pub(super) fn next_token(&mut self, topic: &Topic, now: Now) -> Option<Mono> {
        let rate = Rate::per_second(self.record.settings.delivery_rate?);
        self.bucket.fill(rate, now.mono);
        let is_held = self.record.settings.is_paused || self.hungry.is_empty();
        if is_held || self.bucket.tokens(rate) > 0 || !self.has_ready(topic) {
            return None;
        }
        Some(self.bucket.next(rate))
    }
}
