//! A clean stop: consumers end with DRAINING, no lease is left, and the last entry says so.

use super::state::{Act, Core};
use crate::model::entry::Entry;
use crate::model::range::normalise;
use crate::model::{Now, OffsetRange, Partition, Refusal, SubscriptionId};

impl Core {
    /// Stops cleanly: released leases count no attempt. Nothing may be asked of the core afterwards.
    pub fn stop(&mut self, now: Now) {
        self.end_all(&Refusal::Draining, now);
        let ids: Vec<SubscriptionId> = self.objects.subscriptions.keys().copied().collect();
        for id in ids {
            let Some(subscription) = self.objects.subscriptions.get(&id) else {
                continue;
            };
            let mut leases: Vec<(Partition, Vec<OffsetRange>)> = Vec::new();
            for (partition, machine) in subscription.parts() {
                let mut ranges = machine.leases().map(|lease| lease.range).collect();
                normalise(&mut ranges);
                if !ranges.is_empty() {
                    leases.push((partition, ranges));
                }
            }
            self.release_leases(id, leases, now);
        }
        let stopped = Entry::Stopped(self.incarnation);
        self.enact(vec![Act::eager(stopped)], now);
    }
}
