//! Messages by state as pages hold them, and a count of pages that is under way while they change.
//!
//! Promises that what a sweep has counted stays right: whoever changes a page or a lease before the
//! sweep's place says so here. Knows none of the running numbers that the sweep is to check.

/// Messages by state; those of none of these are ready.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) finished: u64,
    pub(super) leased: u64,
    pub(super) waiting: u64,
    pub(super) dead: u64,
}

impl Tally {
    /// Puts `new` in the place of `old`, which is a part of this. Wraps where the books are wrong:
    /// a difference is to be shown, not to stop the broker.
    pub(super) fn replace(&mut self, old: Self, new: Self) {
        let mine = [
            (&mut self.finished, old.finished, new.finished),
            (&mut self.leased, old.leased, new.leased),
            (&mut self.waiting, old.waiting, new.waiting),
            (&mut self.dead, old.dead, new.dead),
        ];
        for (count, old, new) in mine {
            *count = count.wrapping_add(new).wrapping_sub(old);
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.replace(Self::default(), other);
    }

    /// By how much these differ, summed over the states.
    pub(super) fn difference(&self, other: &Self) -> u64 {
        self.finished.abs_diff(other.finished)
            + self.leased.abs_diff(other.leased)
            + self.waiting.abs_diff(other.waiting)
            + self.dead.abs_diff(other.dead)
    }
}

/// A second count of all pages, some at a time.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Sweep {
    /// Every page before this one is counted.
    pub(super) page: u64,
    /// What they hold now.
    pub(super) sum: Tally,
    /// Scheduled ones of the partition that are finished here, or before the start.
    pub(super) veiled: u64,
    /// Messages found in two states at once, and pages' own numbers that were wrong.
    pub(super) torn: u64,
}
