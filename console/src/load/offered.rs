//! The rate that a run asks for: it may be changed while the run goes on, if it is one and the same all the time.
//!
//! A change holds from a moment on that is a little later than when it was asked for, so that whoever says when
//! messages are due knows of it before. No due time that has passed ever changes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::plan::Plan;
use super::shape::MOST_RATE;

/// So long after it was asked for a change holds.
pub(super) const LEAD: Duration = Duration::from_millis(200);
/// Changes of one run that are taken.
const MOST_CHANGES: usize = 1_000;
/// The least rate that a run is turned down to.
const LEAST_RATE: f64 = 1.0;
/// The rates of each decade that are gone through.
const RUNGS: [f64; 10] = [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0];

/// Which way a rate is turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Faster,
    Slower,
}

impl Turn {
    /// The next rate in this direction; none beyond the least and the most.
    fn from(self, rate: f64) -> Option<f64> {
        let decade = 10_f64.powf(rate.log10().floor());
        let decades = [decade / 10.0, decade, decade * 10.0];
        let mut rungs = decades
            .into_iter()
            .flat_map(|ten| RUNGS.map(|rung| rung * ten));
        // A rung that is there already is not reached exactly.
        match self {
            Self::Faster => rungs.find(|rung| *rung > rate * 1.001 && *rung <= MOST_RATE),
            Self::Slower => {
                let is_below = |rung: &f64| *rung < rate * 0.999 && *rung >= LEAST_RATE;
                rungs.rfind(is_below)
            }
        }
    }
}

/// The rate that is asked for has changed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RateChange {
    /// From when on, in seconds from the start of the run.
    pub(crate) at: f64,
    /// Messages per second before.
    pub(crate) from: f64,
    /// And from then on.
    pub(crate) to: f64,
}

impl RateChange {
    /// From when on, since the start of the run.
    pub(super) fn moment(&self) -> Duration {
        Duration::try_from_secs_f64(self.at).unwrap_or_default()
    }
}

/// What is asked for of a run.
#[derive(Debug)]
pub(crate) struct Offered {
    /// At first; none if it is no constant rate, which cannot be changed.
    first: Option<f64>,
    length: Duration,
    changes: Mutex<Vec<RateChange>>,
    /// How many there are, so that nobody locks to learn that there is none.
    count: AtomicUsize,
}

impl Offered {
    /// What a plan asks for.
    pub(super) fn of(plan: &Plan) -> Self {
        Self {
            first: plan.constant_rate(),
            length: plan.length,
            changes: Mutex::default(),
            count: AtomicUsize::new(0),
        }
    }

    /// Changes the rate, so long after the start of the run; none if it stays as it is.
    pub(crate) fn turn(&self, turn: Turn, elapsed: Duration) -> Option<RateChange> {
        let mut changes = self.locked();
        let at = elapsed + LEAD;
        let from = changes.last().map(|last| last.to).or(self.first)?;
        let to = turn.from(from)?;
        if self.left(elapsed).is_zero() || changes.len() >= MOST_CHANGES {
            return None;
        }
        let change = RateChange {
            at: at.as_secs_f64(),
            from,
            to,
        };
        changes.push(change);
        self.count.store(changes.len(), Ordering::Release);
        Some(change)
    }

    /// How long the rate can still be changed.
    pub(super) fn left(&self, elapsed: Duration) -> Duration {
        match self.first {
            Some(_) => self.length.saturating_sub(elapsed + LEAD),
            None => Duration::ZERO,
        }
    }

    /// All changes so far, the oldest first.
    pub(crate) fn changes(&self) -> Vec<RateChange> {
        self.locked().clone()
    }

    /// The changes after the first `known` ones.
    pub(super) fn after(&self, known: usize) -> Vec<RateChange> {
        if self.count.load(Ordering::Acquire) <= known {
            return Vec::new();
        }
        self.locked().iter().skip(known).copied().collect()
    }

    fn locked(&self) -> MutexGuard<'_, Vec<RateChange>> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Messages per second that are asked for at a moment of a run with some changes; `None` if there is no bound.
pub(crate) fn rate_at(plan: &Plan, changes: &[RateChange], at: Duration) -> Option<f64> {
    if plan.backlog.is_some() {
        return None;
    }
    let last = changes.iter().rfind(|change| change.moment() <= at);
    last.map_or_else(
        || plan.shape.rate_at(at, plan.length),
        |change| Some(change.to),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::shape::Shape;

    fn offered(rate: f64) -> Offered {
        Offered::of(&Plan {
            shape: Shape::Constant(rate),
            ..Plan::default()
        })
    }

    #[test]
    fn each_turn_is_a_rung_and_back_again_is_where_it_was() {
        let whole = |rate: f64| format!("{rate:.3}");
        let offered = offered(300.0);
        let turn = |turn| offered.turn(turn, Duration::ZERO).unwrap();
        let up: Vec<String> = (0..7).map(|_| whole(turn(Turn::Faster).to)).collect();
        assert_eq!(
            up,
            ["400", "500", "600", "800", "1000", "1200", "1500"].map(|rate| format!("{rate}.000"))
        );
        for _ in 0..7 {
            turn(Turn::Slower);
        }
        let last = *offered.changes().last().unwrap();
        assert_eq!(
            (whole(last.from), whole(last.to)),
            (whole(400.0), whole(300.0))
        );
        assert_eq!(offered.after(13), [last]);
        assert!(offered.after(14).is_empty());
    }

    #[test]
    fn a_rate_between_two_rungs_goes_to_the_next_one() {
        assert_eq!(Turn::Faster.from(17_000.0), Some(20_000.0));
        assert_eq!(Turn::Slower.from(17_000.0), Some(15_000.0));
        assert_eq!(
            Turn::Faster.from(0.5).map(|rate| (rate * 10.0).round()),
            Some(6.0)
        );
        assert_eq!(Turn::Slower.from(1.0), None);
        assert_eq!(Turn::Faster.from(MOST_RATE), None);
    }

    #[test]
    fn only_a_constant_rate_that_is_not_over_can_be_changed() {
        let end = Plan::default().length;
        assert_eq!(offered(300.0).turn(Turn::Faster, end), None);
        for shape in [
            Shape::Most,
            Shape::Ramp { from: 1.0, to: 9.0 },
            Shape::Steps(vec![1.0, 2.0]),
        ] {
            let plan = Plan {
                shape,
                ..Plan::default()
            };
            assert_eq!(Offered::of(&plan).turn(Turn::Faster, Duration::ZERO), None);
        }
        let drained = Plan {
            backlog: Some(10),
            ..Plan::default()
        };
        assert_eq!(
            Offered::of(&drained).turn(Turn::Faster, Duration::ZERO),
            None
        );
    }

    #[test]
    fn what_is_asked_for_is_known_before_and_after_a_change() {
        let plan = Plan::default();
        let change = RateChange {
            at: 4.0,
            from: 1_000.0,
            to: 1_200.0,
        };
        let at = |seconds| rate_at(&plan, &[change], Duration::from_secs(seconds));
        assert_eq!([3, 4, 9].map(at), [1_000.0, 1_200.0, 1_200.0].map(Some));
    }
}
