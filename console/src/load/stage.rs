//! How far a run is, and what is measured of it as a whole at that moment: the same for its result and for
//! what is shown or written while it goes on.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::gauges::Gauges;

/// What there is to see of a run while it goes on.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    pub(crate) gauges: Arc<Gauges>,
    pub(crate) stage: Stage,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stage {
    /// Messages are published, and taken if there are consumers.
    Publishing,
    /// Nothing is published any more, and only what there is is taken. What is taken now was not taken at this rate.
    Settling(Reached),
    /// A backlog that was published before is taken, so long after the start of the run.
    Draining {
        /// Since when.
        since: Duration,
    },
}

/// What a run has reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reached {
    /// How long was measured.
    pub(crate) took: Duration,
    /// Messages per second in that time; none before anything is measured.
    pub(crate) rate: Option<f64>,
    pub(crate) ended_early: bool,
}

impl Stage {
    /// Publishing has ended at this moment, early or in time.
    pub(crate) fn settling(gauges: &Gauges, ended_early: bool) -> Self {
        let now = Self::Publishing.reached(gauges, gauges.elapsed());
        Self::Settling(Reached { ended_early, ..now })
    }

    /// Whether more is published.
    pub(crate) fn is_publishing(self) -> bool {
        self == Self::Publishing
    }

    /// What is reached so long after the start of the run.
    pub(crate) fn reached(self, gauges: &Gauges, elapsed: Duration) -> Reached {
        let (took, counted) = match self {
            Self::Settling(reached) => return reached,
            Self::Publishing if gauges.plan.consumers > 0 => (
                elapsed.saturating_sub(gauges.plan.warm_up),
                &gauges.measured_acked,
            ),
            Self::Publishing => (
                elapsed.saturating_sub(gauges.plan.warm_up),
                &gauges.measured_confirmed,
            ),
            Self::Draining { since } => (elapsed.saturating_sub(since), &gauges.acked),
        };
        // While a backlog is filled nothing is measured.
        let is_filling = self.is_publishing() && gauges.plan.backlog.is_some();
        let is_measured = !took.is_zero() && !is_filling;
        let rate = is_measured.then(|| counted.load(Relaxed) as f64 / took.as_secs_f64());
        Reached {
            took,
            rate,
            ended_early: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan::Plan;
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn gauges(plan: Plan) -> Gauges {
        let gauges = Gauges::begin(7, plan);
        for counter in [&gauges.acked, &gauges.measured_acked] {
            counter.store(600, Relaxed);
        }
        gauges.measured_confirmed.store(900, Relaxed);
        gauges
    }

    #[test]
    fn a_rate_is_of_what_was_measured_since_the_warm_up() {
        for (consumers, rate) in [(1, 200.0), (0, 300.0)] {
            let gauges = gauges(Plan {
                consumers,
                warm_up: 2 * SECOND,
                ..Plan::default()
            });
            let reached = Stage::Publishing.reached(&gauges, 5 * SECOND);
            assert_eq!((reached.took, reached.rate), (3 * SECOND, Some(rate)));
            assert_eq!(Stage::Publishing.reached(&gauges, SECOND).rate, None);
        }
    }

    #[test]
    fn what_is_taken_after_publishing_changes_no_rate() {
        let gauges = gauges(Plan {
            warm_up: Duration::ZERO,
            ..Plan::default()
        });
        let stage = Stage::settling(&gauges, true);
        let before = stage.reached(&gauges, SECOND);
        gauges.measured_acked.store(60_000, Relaxed);
        assert_eq!(stage.reached(&gauges, 90 * SECOND), before);
        assert!(before.ended_early && !stage.is_publishing());
    }

    #[test]
    fn a_backlog_is_measured_from_when_it_is_taken() {
        let gauges = gauges(Plan {
            backlog: Some(1_000),
            ..Plan::default()
        });
        assert_eq!(Stage::Publishing.reached(&gauges, 50 * SECOND).rate, None);
        let stage = Stage::Draining { since: 50 * SECOND };
        let reached = stage.reached(&gauges, 52 * SECOND);
        assert_eq!((reached.took, reached.rate), (2 * SECOND, Some(300.0)));
    }
}
