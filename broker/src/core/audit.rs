//! The audit of all books: each call goes on where the last one stopped, round after round.
//!
//! Promises that a call costs at most the steps it is given, whatever the backlog, so that a difference is found after
//! as many calls as all pages and machines take; and that what was found stays known until the subscription is gone.

use std::ops::Bound;

use super::limits::AUDIT_PAGE_STEPS;
use super::state::Core;
use crate::model::{Name, Partition, SubscriptionId};

/// Books that an independent recount found wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BooksError {
    /// The subscription.
    pub subscription: Name,
    /// Its partition.
    pub partition: Partition,
    /// By how many messages.
    pub error: u64,
}

impl Core {
    /// Goes on with the recount of all books: a machine takes a step, a page of it [`AUDIT_PAGE_STEPS`]. At most once
    /// around. Gives what was newly found wrong.
    pub fn audit(&mut self, steps: usize) -> Vec<BooksError> {
        let (mut left, mut found) = (steps, Vec::new());
        for _ in 0..self.objects.subscriptions.len() {
            let Some((id, first)) = self.next_audited() else {
                break;
            };
            let stopped = self.audit_subscription(id, first, &mut left, &mut found);
            if let Some(partition) = stopped {
                self.audit_at = (id, partition);
                break;
            }
            self.audit_at = (SubscriptionId(id.0 + 1), 0);
        }
        found
    }

    /// Makes the books of a subscription wrong, so that a test sees it found.
    #[cfg(test)]
    pub(crate) fn spoil_books(&mut self, id: SubscriptionId) {
        if let Some(subscription) = self.objects.subscriptions.get_mut(&id)
            && let Some(machine) = subscription.machines.last_mut()
        {
            machine.spoil();
        }
    }

    /// The sum of all differences that are known.
    pub(super) fn known_error(&self) -> u64 {
        let wrong = self.wrong_books.iter();
        let wrong = wrong.filter_map(|id| self.objects.subscriptions.get(id));
        let machines = wrong.flat_map(|subscription| &subscription.machines);
        machines.map(crate::delivery::Machine::audit_error).sum()
    }

    /// The subscription to go on with, and at which of its partitions.
    fn next_audited(&self) -> Option<(SubscriptionId, usize)> {
        let (at, partition) = self.audit_at;
        let all = &self.objects.subscriptions;
        let mut after = all.range((Bound::Included(at), Bound::Unbounded));
        let (&id, _) = after.next().or_else(|| all.first_key_value())?;
        Some((id, if id == at { partition } else { 0 }))
    }

    /// From a partition on; gives the one at which the steps were used up.
    fn audit_subscription(
        &mut self,
        id: SubscriptionId,
        first: usize,
        left: &mut usize,
        found: &mut Vec<BooksError>,
    ) -> Option<usize> {
        let subscription = self.objects.subscriptions.get_mut(&id)?;
        let topic = self.objects.topics.get(&subscription.record.topic)?;
        let name = &subscription.record.name;
        let parts = subscription.machines.iter_mut().zip(&topic.partitions);
        for (index, (machine, store)) in parts.enumerate().skip(first) {
            if *left == 0 {
                return Some(index);
            }
            let known = machine.audit_error();
            let audited = machine.audit(&store.log, *left / AUDIT_PAGE_STEPS);
            let error = machine.audit_error();
            if error > known {
                self.wrong_books.insert(id);
                found.push(BooksError {
                    subscription: name.clone(),
                    partition: Partition(u32::try_from(index).unwrap_or(u32::MAX)),
                    error,
                });
            }
            if !audited.is_whole {
                return Some(index);
            }
            *left = left.saturating_sub(1 + audited.pages * AUDIT_PAGE_STEPS);
        }
        None
    }
}
