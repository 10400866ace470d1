//! Sums over all topics and subscriptions, kept where entries are applied, so that the broker's own numbers cost the
//! same however many subscriptions there are.
//!
//! Derived, never stated: recovery counts them once at its end. A sum that is wrong wraps instead of stopping the
//! broker; the audit looks at what it is made of.

use crate::delivery::{Machine, Settled};

/// The sums.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Totals {
    /// Messages that belong to subscriptions; one that belongs to two counts twice.
    pub(super) entered: u64,
    /// Those of them acknowledged or dropped.
    pub(super) finished: u64,
    /// Those of them dead.
    pub(super) dead: u64,
    /// Those of them scheduled.
    pub(super) scheduled: u64,
    /// Those of them not judged by a filter yet.
    pub(super) unjudged: u64,
    /// Messages accepted since the start.
    pub(super) published: u64,
    /// Messages handed out since the start.
    pub(super) delivered: u64,
    /// Messages acknowledged since the start.
    pub(super) acked: u64,
}

impl Totals {
    /// Ready, leased and waiting messages of all subscriptions.
    pub(super) fn backlog(&self) -> u64 {
        self.entered
            .saturating_sub(self.finished)
            .saturating_sub(self.dead)
            .saturating_sub(self.scheduled)
            .saturating_sub(self.unjudged)
    }

    /// A subscription has come, with what entered it.
    pub(super) fn join(&mut self, entered: u64, machines: &[Machine]) {
        self.entered = self.entered.wrapping_add(entered);
        for machine in machines {
            self.settle(Settled::default(), machine.settled());
        }
    }

    /// A subscription goes, with what entered it.
    pub(super) fn part(&mut self, entered: u64, machines: &[Machine]) {
        self.entered = self.entered.wrapping_sub(entered);
        for machine in machines {
            self.settle(machine.settled(), Settled::default());
        }
    }

    /// Messages were published to a topic with so many subscriptions.
    pub(super) fn publish(&mut self, count: u64, subscriptions: usize) {
        self.published += count;
        self.entered = self.entered.wrapping_add(count * subscriptions as u64);
    }

    /// So many messages are scheduled, summed over subscriptions.
    pub(super) fn schedule(&mut self, count: u64) {
        self.scheduled = self.scheduled.wrapping_add(count);
    }

    /// So many are scheduled no more: due, finished, or gone with their subscription.
    pub(super) fn came_due(&mut self, count: u64) {
        self.scheduled = self.scheduled.wrapping_sub(count);
    }

    /// A machine has changed.
    pub(super) fn settle(&mut self, before: Settled, after: Settled) {
        let replaced = |sum: u64, old: u64, new: u64| sum.wrapping_add(new).wrapping_sub(old);
        self.finished = replaced(self.finished, before.finished, after.finished);
        self.dead = replaced(self.dead, before.dead, after.dead);
        self.unjudged = replaced(self.unjudged, before.unjudged, after.unjudged);
    }
}

/// Does something to a machine, and says what of it was settled before and after.
pub(super) fn settling(
    machine: &mut Machine,
    act: impl FnOnce(&mut Machine),
) -> (Settled, Settled) {
    let before = machine.settled();
    act(machine);
    (before, machine.settled())
}
