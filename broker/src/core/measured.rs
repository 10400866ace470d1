//! What was measured of subscriptions, on request, and letting go of it.

use std::ops::Bound;

use super::limits::MAX_FORGOTTEN_MEASURES;
use super::measures::{DepartedConsumer, Distributions};
use super::state::Core;
use crate::model::{ClientId, Now, SubscriptionId};

impl Core {
    /// All durations of a subscription within the window; `None` if nothing was measured.
    pub fn distributions(&self, id: SubscriptionId, now: Now) -> Option<Distributions> {
        let subscription = self.objects.subscriptions.get(&id)?;
        subscription.measures.distributions(now.mono)
    }

    /// The consumers that have left a subscription, the newest first, at most 20.
    pub fn departures(&self, id: SubscriptionId) -> Vec<DepartedConsumer> {
        let subscription = self.objects.subscriptions.get(&id);
        subscription.map_or_else(Vec::new, |found| found.measures.departures())
    }

    /// The subscriptions that some connections consume, in order of id; the connections are in order, too. Looks at
    /// every consumer.
    pub fn subscriptions_of(&self, clients: &[ClientId]) -> Vec<SubscriptionId> {
        let consumers = self.consumers.values();
        let is_asked = |id: ClientId| clients.binary_search(&id).is_ok();
        let consumers = consumers.filter(|consumer| is_asked(consumer.client.id));
        let mut found: Vec<_> = consumers.map(|consumer| consumer.subscription).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Lets go of what was measured too long ago, of some subscriptions at a time, in turn.
    pub fn forget_measures(&mut self, now: Now) {
        let after = (Bound::Excluded(self.forget_after), Bound::Unbounded);
        let mut last = None;
        let subscriptions = self.objects.subscriptions.range_mut(after);
        let mut count = 0;
        for (&id, subscription) in subscriptions.take(MAX_FORGOTTEN_MEASURES) {
            subscription.measures.forget(now.mono);
            (last, count) = (Some(id), count + 1);
        }
        let is_whole = count < MAX_FORGOTTEN_MEASURES;
        self.forget_after = last.filter(|_| !is_whole).unwrap_or_default();
    }
}
