//! How much a subscription wants attention, as the number that lists are put in order by: first how much what is going
//! on matters, then how old the oldest message is. The one rule, for the broker's windows and for lists of the console.

/// How much what is going on matters, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// There is nothing to do, and nothing comes in.
    Idle,
    /// Too little was seen to judge.
    Unknown,
    /// As it should be. A backlog that shrinks is, so that rows do not change places whenever one turns round.
    Fine,
    /// To be watched.
    Watch,
    /// Somebody must act.
    Act,
}

/// `VERDICT_IDLE` and the values of `Severity`, which has the same numbers on both sides of the contract.
const IDLE: i32 = 2;
const FINE: i32 = 1;
const WATCH: i32 = 2;
const ACT: i32 = 3;

impl Rank {
    /// The rank of a diagnosis: its `Verdict` and its `Severity` by their numbers on the wire.
    pub fn of(verdict: impl Into<i32>, severity: impl Into<i32>) -> Self {
        match (severity.into(), verdict.into()) {
            (ACT, _) => Self::Act,
            (WATCH, _) => Self::Watch,
            (FINE, IDLE) => Self::Idle,
            (FINE, _) => Self::Fine,
            _ => Self::Unknown,
        }
    }

    /// The number: hundreds for the rank, and below that the age of the oldest message, in seconds. Ages count in
    /// steps, the first one of a second and each twice as long as the one before, so that rows of about the same age
    /// keep their places.
    pub fn urgency(self, age: Option<f64>) -> u64 {
        let mut step = 0;
        let mut bound = 1.0;
        while age.unwrap_or(0.0) >= bound && step < 64 {
            step += 1;
            bound *= 2.0;
        }
        self as u64 * 100 + step
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::{Severity, Verdict};

    #[test]
    fn what_matters_more_leads_and_then_what_is_older() {
        let of = |verdict, severity, age| Rank::of(verdict, severity).urgency(age);
        let falling = [
            of(Verdict::Stuck, Severity::Act, Some(600.0)),
            of(Verdict::NoConsumers, Severity::Act, Some(2.0)),
            of(Verdict::Paused, Severity::Watch, Some(1e9)),
            of(Verdict::Draining, Severity::Fine, Some(50.0)),
            of(Verdict::Ok, Severity::Fine, None),
            of(Verdict::Unspecified, Severity::Unspecified, Some(1e30)),
            of(Verdict::Idle, Severity::Fine, None),
        ];
        assert!(falling.is_sorted_by(|one, next| one > next), "{falling:?}");
    }

    #[test]
    fn rows_of_about_the_same_age_are_alike() {
        assert_eq!(
            Rank::Watch.urgency(Some(130.0)),
            Rank::Watch.urgency(Some(250.0))
        );
        assert!(Rank::Watch.urgency(Some(130.0)) < Rank::Watch.urgency(Some(260.0)));
        assert_eq!(Rank::Fine.urgency(Some(f64::NAN)), Rank::Fine.urgency(None));
    }
}
