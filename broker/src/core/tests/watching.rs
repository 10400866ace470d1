//! Canary and brake in random histories: how many of what an operation requeued have died again, and that it goes on
//! or stops as it must.

use rand::Rng;

use super::acts::History;
use crate::core::Pace;
use crate::model::Span;
use crate::model::entry::{Deed, OperationProgress, Phase};

/// As many must have been requeued before a brake takes hold.
const BRAKE_LEAST: u64 = 10;

/// What is watched of an operation.
#[derive(Debug, Default)]
pub(super) struct Watch {
    canary: u64,
    brake: u32,
    /// How many of what it has changed have died since.
    died: u64,
    /// It has gone on beyond its canary.
    is_judged: bool,
}

impl Watch {
    pub(super) fn of(pace: &Pace) -> Self {
        Self {
            canary: pace.canary,
            brake: pace.brake,
            ..Self::default()
        }
    }

    fn is_braked(&self, affected: u64) -> bool {
        let is_beyond = self.died * 10_000 > affected * u64::from(self.brake);
        self.brake > 0 && affected >= BRAKE_LEAST && is_beyond
    }

    /// Holds what the core says against what the model has seen: `affected` is how many were changed when it was last
    /// looked at, and whether it has gone on since.
    pub(super) fn check(&mut self, affected: u64, goes_on: bool, progress: &OperationProgress) {
        assert_eq!(progress.died, self.died, "{self:?} {progress:?}");
        if goes_on {
            assert!(!self.is_braked(affected), "{self:?} after {affected}");
        }
        if self.canary > 0 && goes_on && affected >= self.canary && !self.is_judged {
            assert_eq!(self.died, 0, "the canary of {affected} has died");
            self.is_judged = true;
        }
        match progress.phase {
            Phase::Waiting => assert_eq!(progress.affected, self.canary),
            Phase::Stopped => {
                let is_canary = self.canary > 0 && self.died > 0 && affected <= self.canary;
                let is_gone = progress.note == "its subscription was deleted";
                let is_so = is_gone || is_canary || self.is_braked(affected);
                assert!(is_so, "{self:?} {affected} {}", progress.note);
            }
            _ => {}
        }
        if self.canary > 0 && progress.judged_at.0 == 0 && !progress.phase.is_over() {
            assert!(progress.affected < self.canary, "{self:?} {progress:?}");
        }
    }
}

impl History {
    /// A requeue with a canary, a brake, both or none.
    pub(super) fn be_careful(&mut self, pace: &mut Pace) {
        if self.random.random_bool(0.4) {
            pace.canary = self.random.random_range(1..8);
            pace.canary_wait = Span::from_millis(self.random.random_range(0..8_000));
        }
        if self.random.random_bool(0.4) {
            pace.brake = self.random.random_range(1..4) * 1_000;
        }
    }

    /// What has died since the last look, to those under way that had requeued it.
    pub(super) fn note_deaths(&mut self) {
        for (index, sub) in self.subs.iter_mut().enumerate() {
            for at in std::mem::take(&mut sub.deaths) {
                let all = self.operations.iter_mut();
                let under_way = all.filter(|one| {
                    !one.is_over && one.deed == Deed::Requeue && one.subscription == index
                });
                for begun in under_way {
                    let is_its = begun.has_changed(at);
                    begun.watch.died += u64::from(is_its);
                }
            }
        }
    }

    /// After a start those are counted that are dead, and no fewer than had been written.
    pub(super) fn recount_deaths(&mut self) {
        for begun in self.operations.iter_mut().filter(|one| !one.is_over) {
            let died = self.bench.core.operation(begun.id).unwrap().progress.died;
            assert!(died <= begun.watch.died, "{died} {begun:?}");
            begun.watch.died = died;
        }
    }
}
