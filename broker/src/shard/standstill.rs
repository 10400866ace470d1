//! Whether this process stood still: it was stopped, or had no processor for long.
//!
//! What others said meanwhile waits in their connections. It is heard before what they can prevent counts
//! as overdue, so that a lease does not expire whose ack was there in time. A machine that is always late
//! puts nothing off for ever: after each such while there is one without. Decides when; reads no clock.

use std::time::Duration;

use crate::model::{Mono, Span};

/// Waking so much later than was meant is standing still.
const LATE: Span = Span::from_millis(50);
/// So is a round of work that takes so long: much for one round, little for a process that was stopped.
const LONG: Span = Span::from_millis(500);
/// How long what was said meanwhile may take to arrive.
const GRACE: Span = Span::from_secs(1);

/// Watches for it.
#[derive(Debug)]
pub(super) struct Standstill {
    /// When the last round, or the wait after it, began.
    seen: Mono,
    /// Nothing that others can prevent is overdue before this.
    until: Mono,
}

impl Standstill {
    /// Nothing has stood still yet.
    pub(super) fn begin(now: Mono) -> Self {
        Self {
            seen: now,
            until: Mono(0),
        }
    }

    /// A round of work ends, and a wait begins.
    pub(super) fn rest(&mut self, now: Mono) {
        self.pass(now, LONG);
    }

    /// A round begins, after a wait that was to take so long at most.
    pub(super) fn wake(&mut self, now: Mono, patience: Duration) {
        self.pass(now, Span::from(patience.saturating_add(LATE.as_duration())));
    }

    fn pass(&mut self, now: Mono, meant: Span) {
        if now > self.seen.plus(meant) && now >= self.until.plus(GRACE) {
            self.until = now.plus(GRACE);
        }
        self.seen = now;
    }

    /// Nothing that a word of others prevents is overdue before this.
    pub(super) fn until(&self) -> Mono {
        self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(millis: u64) -> Mono {
        Mono(0).plus(Span::from_millis(millis))
    }

    #[test]
    fn nothing_is_put_off_while_it_wakes_about_when_it_meant_to() {
        let mut standstill = Standstill::begin(at(0));
        for millis in [1_000, 2_000, 3_040, 4_000] {
            standstill.wake(at(millis), SECOND);
            assert_eq!(standstill.until(), at(0));
        }
    }

    #[test]
    fn a_long_round_of_work_is_no_standstill_and_a_stop_within_one_is() {
        let mut standstill = Standstill::begin(at(0));
        standstill.rest(at(300));
        standstill.wake(at(310), SECOND);
        assert_eq!(standstill.until(), at(0));
        standstill.rest(at(1_400));
        assert_eq!(standstill.until(), at(2_400));
    }

    #[test]
    fn after_a_standstill_others_are_heard_before_anything_is_overdue() {
        let mut standstill = Standstill::begin(at(0));
        standstill.wake(at(5_000), SECOND);
        assert_eq!(standstill.until(), at(6_000));
        standstill.wake(at(5_010), SECOND);
        assert_eq!(standstill.until(), at(6_000));
    }

    #[test]
    fn a_machine_that_is_always_late_puts_nothing_off_for_ever() {
        let mut standstill = Standstill::begin(at(0));
        let mut overdue = 0;
        for millis in (2_000..60_000).step_by(200) {
            standstill.wake(at(millis), Duration::from_millis(20));
            overdue += u32::from(standstill.until() <= at(millis));
        }
        assert!((100..200).contains(&overdue), "{overdue} of 290 looks");
    }
}
