//! How many messages are in each state: the books of a subscription on one partition.

use std::ops::AddAssign;

/// Messages by state. `entered` is the sum of all others.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// All that belong to the subscription since its start or its last seek.
    pub entered: u64,
    /// Not judged by the filter yet: some of them will be ready, the others dropped.
    pub unjudged: u64,
    /// Due later.
    pub scheduled: u64,
    /// Deliverable now, or once an earlier one of its key is done.
    pub ready: u64,
    /// Delivered, not yet acknowledged.
    pub leased: u64,
    /// In backoff after a failure.
    pub waiting: u64,
    /// Attempts exhausted or refused for good.
    pub dead: u64,
    /// Acknowledged.
    pub acked: u64,
    /// Dropped, by `DropCause::index`.
    pub dropped: [u64; 7],
}

/// What is done with: sums of these change with a machine.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// Acknowledged or dropped.
    pub finished: u64,
    /// Dead.
    pub dead: u64,
    /// Not judged by a filter yet.
    pub unjudged: u64,
}

impl Counts {
    /// What is to be worked off: ready, leased and waiting. A lower bound while a filter has not judged all.
    pub fn backlog(&self) -> u64 {
        self.ready + self.leased + self.waiting
    }

    /// Dropped for any cause.
    pub fn dropped_sum(&self) -> u64 {
        self.dropped.iter().sum()
    }

    /// By how much `entered` differs from the sum of all states; 0 if the books are right.
    pub fn sum_error(&self) -> u64 {
        let unfinished = self.unjudged + self.scheduled + self.backlog() + self.dead;
        let sum = unfinished + self.acked + self.dropped_sum();
        self.entered.abs_diff(sum)
    }

    /// By how much these differ from a second count of the same moment, summed over the states.
    pub fn difference(&self, other: &Self) -> u64 {
        let mine = self.columns();
        let theirs = other.columns();
        mine.zip(theirs).map(|(a, b)| a.abs_diff(b)).sum()
    }

    fn columns(&self) -> impl Iterator<Item = u64> + '_ {
        let states = [
            self.entered,
            self.unjudged,
            self.scheduled,
            self.ready,
            self.leased,
            self.waiting,
            self.dead,
            self.acked,
        ];
        states.into_iter().chain(self.dropped)
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.entered += other.entered;
        self.unjudged += other.unjudged;
        self.scheduled += other.scheduled;
        self.ready += other.ready;
        self.leased += other.leased;
        self.waiting += other.waiting;
        self.dead += other.dead;
        self.acked += other.acked;
        for (mine, theirs) in self.dropped.iter_mut().zip(other.dropped) {
            *mine += theirs;
        }
    }
}
