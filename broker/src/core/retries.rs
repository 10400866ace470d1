//! The retry budget: how many messages that have failed may come back per minute.
//!
//! After its backoff a message is woken; with a budget each waking takes a token of a bucket, and what finds none stays
//! in backoff. So a storm of failures becomes a trickle, while messages that have not failed go on at full speed. The
//! partitions have their turns. The bucket is volatile and holds a tenth of a minute's budget.

use super::bucket::Rate;
use super::objects::Subscription;
use super::state::Core;
use crate::delivery::{Machine, Rules};
use crate::model::{Mono, Now, SubscriptionId};

impl Core {
    /// Wakes what has waited long enough, as far as the budget goes.
    pub(super) fn wake(&mut self, id: SubscriptionId, now: Now) {
        let Some(subscription) = self.objects.subscriptions.get_mut(&id) else {
            return;
        };
        let Some(rate) = subscription.retry_rate() else {
            for machine in &mut subscription.machines {
                machine.wake(now);
            }
            return;
        };
        subscription.retries.fill(rate, now.mono);
        let budget = subscription.retries.tokens(rate);
        let mut left = budget;
        let count = subscription.machines.len().max(1);
        let first = subscription.next_woken;
        for step in 0..count {
            if left == 0 {
                break;
            }
            let index = (first + step) % count;
            if let Some(machine) = subscription.machines.get_mut(index) {
                left -= machine.wake_some(now, left);
            }
            subscription.next_woken = (index + 1) % count;
        }
        subscription.retries.spend(rate, budget - left);
    }
}

impl Subscription {
    fn retry_rate(&self) -> Option<Rate> {
        self.record.settings.retry_budget.map(Rate::per_minute)
    }

    /// When one of its machines has something to do: the end of a wait is none without a token.
    pub(super) fn next_deadline(&mut self, rules: &Rules, now: Now) -> Option<Mono> {
        let machines = self.machines.iter();
        let Some(rate) = self.retry_rate() else {
            return machines
                .filter_map(|machine| machine.next_deadline(rules, now))
                .min();
        };
        let others = machines
            .clone()
            .filter_map(|machine| machine.next_deadline_but_waits(rules, now));
        let (others, wake) = (others.min(), machines.filter_map(Machine::next_wake).min());
        self.retries.fill(rate, now.mono);
        let is_spent = self.retries.tokens(rate) == 0;
        let next = self.retries.next(rate);
        let wake = wake.map(|due| if is_spent { due.max(next) } else { due });
        others.into_iter().chain(wake).min()
    }

    /// Whether messages whose backoff is over wait for the budget.
    pub(super) fn is_budget_spent(&self, now: Now) -> bool {
        let Some(rate) = self.retry_rate() else {
            return false;
        };
        let mut bucket = self.retries;
        bucket.fill(rate, now.mono);
        let mut wakes = self.machines.iter().filter_map(Machine::next_wake);
        bucket.tokens(rate) == 0 && wakes.any(|due| due <= now.mono)
    }
}
