//! Failed attempts: what follows is decided once, by the delivery machine, and written as `Failed` entries.

use super::limits::MAX_ENTRY_PARTS;
use super::state::{Act, Core};
use crate::delivery::{Retry, Setback};
use crate::model::entry::{Entry, Failed, Outcome};
use crate::model::{Now, OffsetRange, Partition, SubscriptionId};

/// The class of an attempt whose lease ran out.
pub const LEASE_EXPIRED: &str = "lease_expired";
/// The class of an attempt whose consumer's connection broke.
pub const CONSUMER_LOST: &str = "consumer_lost";

/// Why attempts failed, and what is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cause<'a> {
    pub(super) consumer: &'a str,
    pub(super) class: &'a str,
    pub(super) reason: &'a str,
    pub(super) retry: Retry,
    pub(super) eager: bool,
}

impl<'a> Cause<'a> {
    /// The broker's own word for a failure.
    pub(super) fn of(class: &'static str, consumer: &'a str) -> Self {
        Self {
            consumer,
            class,
            reason: "",
            retry: Retry::Backoff,
            eager: false,
        }
    }
}

/// The stable hash by which dead messages are grouped.
pub fn group_of(class: &str) -> u32 {
    crc32c::crc32c(class.as_bytes())
}

impl Core {
    /// Counts a failed attempt of leased messages of one partition.
    pub(super) fn fail(
        &mut self,
        place: (SubscriptionId, Partition),
        ranges: &[OffsetRange],
        cause: &Cause<'_>,
        now: Now,
    ) {
        let (id, partition) = place;
        let Some(subscription) = self.objects.subscriptions.get(&id) else {
            return;
        };
        let Some(machine) = subscription.machine(partition) else {
            return;
        };
        let setback = Setback {
            now: now.wall,
            retry: cause.retry,
            topic: subscription.record.topic,
            partition,
        };
        let failures = machine.failures(ranges, &subscription.rules, &setback);
        let dead = failures.iter();
        let dead = dead.filter(|failure| failure.outcome == Outcome::Dead);
        let died: u64 = dead.map(|failure| failure.range.count()).sum();
        if died > 0 {
            self.forward_hint |= self.objects.forwarding.contains(&id);
            self.tell_deaths(id, died, cause.class, now);
        }
        // Each entry is its own group: failures of different messages need not be counted together, since a lease whose
        // failure is lost in a crash is armed anew.
        for part in failures.chunks(MAX_ENTRY_PARTS) {
            let failed = Failed {
                subscription: id,
                partition,
                time: now.wall,
                consumer: cause.consumer.to_owned(),
                class: cause.class.to_owned(),
                reason: cause.reason.to_owned(),
                group: group_of(cause.class),
                failures: part.to_vec(),
            };
            let mut act = Act::lazy(Entry::Failed(failed));
            act.eager = cause.eager;
            self.enact(vec![act], now);
        }
    }
}
