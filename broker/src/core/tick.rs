//! What time brings about: leases expire, waiting messages wake, dead ones go when their retention has passed.

use std::collections::BTreeMap;

use super::limits::MAX_EXPIRIES;
use super::setback::{Cause, LEASE_EXPIRED};
use super::state::{Act, Core};
use crate::delivery::Expired;
use crate::model::entry::{DropCause, Dropped, Entry};
use crate::model::range::normalise;
use crate::model::{Mono, Now, OperationId, Partition, SubscriptionId};

impl Core {
    /// Hands over what is due, drops what has lived long enough, expires leases, wakes what waited, drops dead messages
    /// past their retention, trims. Dispatch afterwards.
    pub fn tick(&mut self, now: Now) {
        self.watch_clock(now);
        self.come_due(now);
        self.end_lives(now);
        let due = self.timers.range(..=(now.mono, SubscriptionId(u64::MAX)));
        let due: Vec<(Mono, SubscriptionId)> = due.copied().collect();
        for timer in due {
            self.timers.remove(&timer);
            let id = timer.1;
            if let Some(subscription) = self.objects.subscriptions.get_mut(&id) {
                subscription.timer = None;
                self.tick_subscription(id, now);
                self.note_deadline(id, now);
                self.stir(id);
            }
        }
        if self.steps_from <= now.mono {
            self.run_operations(now);
            self.fade_parts();
        }
        if self.retention_due <= now.mono {
            self.look_after_undo(now);
            self.shed(now);
            self.look_for_forwarding();
            self.retain(now);
        }
    }

    /// Before this no lease ends and no subscription that nobody uses expires: those who were not heard for
    /// a while, since nobody listened, are heard first. All else goes on.
    pub fn hear_until(&mut self, until: Mono) {
        self.hears_until = until;
    }

    /// When the next tick has something to do.
    pub fn next_deadline(&self, now: Now) -> Option<Mono> {
        let timer = self.timers.first().map(|(due, _)| *due);
        let is_due = !self.objects.stocked.is_empty() || self.has_undo();
        let retention = is_due.then_some(self.retention_due);
        let due = self.next_due(now);
        let moments = [
            timer,
            retention,
            due,
            self.next_end(now),
            self.trusted_from(),
            self.next_step(),
        ];
        moments.into_iter().flatten().min()
    }

    fn tick_subscription(&mut self, id: SubscriptionId, now: Now) {
        let has_heard = self.hears_until <= now.mono;
        if has_heard && self.expire_subscription(id, now) {
            return;
        }
        let is_suspended = self.is_suspended();
        let count = self.objects.subscriptions.get(&id);
        let count = count.map_or(0, |subscription| subscription.machines.len());
        for partition in (0..).map(Partition).take(count) {
            if has_heard {
                self.expire_leases(id, partition, now);
            }
            let subscription = self.objects.subscriptions.get_mut(&id);
            let Some(subscription) = subscription else {
                return;
            };
            let Some(machine) = subscription.machines.get_mut(partition.0 as usize) else {
                return;
            };
            if is_suspended {
                continue;
            }
            let ranges = machine.expired_dead(&subscription.rules, now.wall, MAX_EXPIRIES);
            if !ranges.is_empty() {
                let dropped = Dropped {
                    subscription: id,
                    partition,
                    cause: DropCause::Expired,
                    operation: OperationId(0),
                    ranges,
                };
                self.enact(vec![Act::lazy(Entry::Dropped(dropped))], now);
            }
        }
        self.wake(id, now);
    }

    fn expire_leases(&mut self, id: SubscriptionId, partition: Partition, now: Now) {
        let subscription = self.objects.subscriptions.get(&id);
        let machine = subscription.and_then(|found| found.machine(partition));
        let Some(machine) = machine else { return };
        let mut by_consumer: BTreeMap<_, Vec<Expired>> = BTreeMap::new();
        for expired in machine.expired(now.mono, MAX_EXPIRIES) {
            let holder = (expired.consumer, expired.consumer_name.clone());
            by_consumer.entry(holder).or_default().push(expired);
        }
        for ((consumer, name), expired) in by_consumer {
            let mut ranges = expired.iter().map(|lease| lease.range).collect();
            normalise(&mut ranges);
            let cause = Cause::of(LEASE_EXPIRED, &name);
            self.fail((id, partition), &ranges, &cause, now);
            let Some(consumer) = consumer else { continue };
            let topic = self.pair(id).map(|(_, topic)| topic.record.id);
            let topic = topic.and_then(|topic| self.objects.topics.get(&topic));
            let store = topic.and_then(|topic| topic.store(partition));
            if let Some(found) = self.consumers.get_mut(&consumer)
                && let Some(store) = store
            {
                for lease in &expired {
                    found.credit.end(lease.serial, lease.range, &store.log);
                    found.failed += lease.range.count();
                }
            }
            self.line_up(consumer);
        }
    }
}
