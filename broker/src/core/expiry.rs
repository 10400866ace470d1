//! Subscriptions that delete themselves once nobody has used them for as long as their expiration says.
//!
//! In use is one that has a consumer, a waiting Pull or a lease. Its creation, a change of its settings and a start of
//! the broker count as use, too: who was cut off by a restart has the whole time to come back. Reads no clock.

use super::objects::Subscription;
use super::state::{Act, Core};
use crate::model::entry::Entry;
use crate::model::{Mono, Now, SubscriptionId};

impl Core {
    /// Takes note of the subscriptions that the last consumer has left since the last time.
    pub(super) fn note_unused(&mut self, now: Now) {
        for id in std::mem::take(&mut self.left) {
            let subscription = self.objects.subscriptions.get_mut(&id);
            if let Some(subscription) = subscription.filter(|found| found.consumers.is_empty()) {
                subscription.unused_since = Some(now.mono);
                self.note_deadline(id, now);
            }
        }
    }

    /// Deletes a subscription whose expiration has passed; whether it is gone.
    pub(super) fn expire_subscription(&mut self, id: SubscriptionId, now: Now) -> bool {
        let Some(subscription) = self.objects.subscriptions.get_mut(&id) else {
            return true;
        };
        if subscription.expires().is_none_or(|at| at > now.mono) {
            return false;
        }
        if subscription.machines.iter().any(|one| one.leased() > 0) {
            subscription.unused_since = Some(now.mono);
            return false;
        }
        self.prepare_deletion(id);
        self.enact(vec![Act::lazy(Entry::SubscriptionDeleted(id))], now);
        true
    }
}

impl Subscription {
    /// When it deletes itself, unless it is used before.
    pub(super) fn expires(&self) -> Option<Mono> {
        let expiration = self.record.settings.expiration?;
        let since = self.unused_since?;
        self.consumers.is_empty().then(|| since.plus(expiration))
    }
}
