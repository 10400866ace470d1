//! How long the broker takes to answer a small call: the delay that everything else has at least.

use std::time::Duration;

use super::reading::Moment;

/// How often it is measured.
const PERIOD: Duration = Duration::from_secs(5);
/// Below this one is as good as another, and much of it is the console's own.
const SHORT: Duration = Duration::from_millis(5);

/// What is known of the delay.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Delay {
    /// When the call that is under way was made.
    asked: Option<Moment>,
    /// When the last one ended.
    ended: Option<Moment>,
    shown: Option<Duration>,
}

impl Delay {
    /// What is shown of it: zero stands for less than can be told, and a delay that is about the same is left as it
    /// was, so that nothing is drawn while nothing changes.
    pub(crate) fn shown(&self) -> Option<Duration> {
        self.shown
    }

    /// Whether it is time for another call.
    pub(crate) fn is_due(&self, now: Moment) -> bool {
        let rests = self.ended.is_some_and(|ended| now < ended + PERIOD);
        self.asked.is_none() && !rests
    }

    /// A call is made.
    pub(crate) fn ask(&mut self, now: Moment) {
        self.asked = Some(now);
    }

    /// The call has ended; without an answer nothing is known any more.
    pub(crate) fn end(&mut self, now: Moment, is_answered: bool) {
        self.ended = Some(now);
        let took = self.asked.take().map(|asked| now.saturating_sub(asked));
        let took = took.filter(|_| is_answered);
        let took = took.map(|took| if took < SHORT { Duration::ZERO } else { took });
        let is_alike = self.shown.zip(took).is_some_and(|(shown, took)| {
            let (less, more) = (shown.min(took), shown.max(took));
            more <= less * 2
        });
        if !is_alike {
            self.shown = took;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_that_is_about_the_same_stays_as_it_was() {
        let mut delay = Delay::default();
        let mut now = Duration::ZERO;
        let mut measure = |millis: u64, is_answered: bool| {
            now += PERIOD;
            assert!(delay.is_due(now));
            delay.ask(now);
            assert!(!delay.is_due(now), "one is under way");
            now += Duration::from_millis(millis);
            delay.end(now, is_answered);
            assert!(!delay.is_due(now), "it rests");
            delay.shown().map(|shown| shown.as_millis())
        };
        assert_eq!(measure(1, true), Some(0));
        assert_eq!(measure(4, true), Some(0));
        assert_eq!(measure(40, true), Some(40));
        assert_eq!(measure(70, true), Some(40));
        assert_eq!(measure(90, true), Some(90));
        assert_eq!(measure(90, false), None);
    }
}
