//! Something that is asked for while a page is open: not there yet, there since when, or refused why.
//!
//! What was there stays there when a later call fails: it only grows old.

use std::time::Duration;

use weir_proto::safe_text::SafeText;

use super::reading::Moment;

/// What a call last gave.
#[derive(Clone, Debug)]
pub(crate) struct Fetch<T> {
    value: Option<T>,
    /// When it came.
    arrived: Option<Moment>,
    /// Why the last call gave nothing, if it did not.
    failure: Option<Failure>,
    /// Since when a call is under way.
    asked: Option<Moment>,
    /// When the last call ended.
    ended: Option<Moment>,
}

/// Why a call gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) cause: Cause,
    pub(crate) text: SafeText,
}

/// What sort of failure it is: each looks different.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The broker does not let this operator see it.
    NotAllowed,
    /// There is no such thing, or no longer.
    NotFound,
    /// The broker is of a version that cannot say.
    NotSupported,
    /// The broker cannot be reached at the moment.
    Unreachable,
    Other,
}

/// How something that was asked for is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shown<'a, T> {
    /// The first call is under way, or will be.
    Loading,
    /// It is this old.
    Loaded { value: &'a T, age: Duration },
    /// It never came.
    Failed(&'a Failure),
}

impl<T> Default for Fetch<T> {
    fn default() -> Self {
        Self {
            value: None,
            arrived: None,
            failure: None,
            asked: None,
            ended: None,
        }
    }
}

impl<T> Fetch<T> {
    /// How it is to be shown.
    pub(crate) fn shown(&self, now: Moment) -> Shown<'_, T> {
        match (&self.value, self.arrived, &self.failure) {
            (Some(value), Some(arrived), _) => Shown::Loaded {
                value,
                age: now.saturating_sub(arrived),
            },
            (_, _, Some(failure)) => Shown::Failed(failure),
            _ => Shown::Loading,
        }
    }

    /// What came last, however old it is.
    pub(crate) fn value(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// The same, to be changed by what the operator does.
    pub(crate) fn value_mut(&mut self) -> Option<&mut T> {
        self.value.as_mut()
    }

    /// Why the last call gave nothing.
    pub(crate) fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// Whether it is time for another call: none is under way, and the last one ended long ago.
    pub(crate) fn is_due(&self, now: Moment, period: Duration) -> bool {
        let rests = self.ended.is_some_and(|ended| now < ended + period);
        self.asked.is_none() && !rests
    }

    /// Notes that a call is under way.
    pub(crate) fn ask(&mut self, now: Moment) {
        self.asked = Some(now);
    }

    /// Whether a call is under way.
    pub(crate) fn is_asked(&self) -> bool {
        self.asked.is_some()
    }

    /// Takes what a call gave: `merge` puts it together with what was there before.
    pub(crate) fn end(
        &mut self,
        now: Moment,
        result: Result<T, Failure>,
        merge: impl FnOnce(Option<T>, T) -> T,
    ) {
        self.asked = None;
        self.ended = Some(now);
        match result {
            Ok(new) => {
                self.value = Some(merge(self.value.take(), new));
                self.arrived = Some(now);
                self.failure = None;
            }
            Err(failure) => self.failure = Some(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn refused() -> Failure {
        Failure {
            cause: Cause::NotAllowed,
            text: SafeText::literal("not for you"),
        }
    }

    #[test]
    fn what_was_there_stays_and_grows_old_when_a_later_call_fails() {
        let mut fetch = Fetch::default();
        assert!(matches!(fetch.shown(SECOND), Shown::Loading));
        fetch.ask(SECOND);
        fetch.end(SECOND, Err(refused()), |_, new| new);
        assert!(matches!(fetch.shown(SECOND), Shown::Failed(_)));
        fetch.end(2 * SECOND, Ok(7), |_, new| new);
        fetch.end(3 * SECOND, Err(refused()), |_, new| new);
        let Shown::Loaded { value, age } = fetch.shown(5 * SECOND) else {
            panic!("it was there");
        };
        assert_eq!((*value, age), (7, 3 * SECOND));
        assert_eq!(fetch.failure(), Some(&refused()));
    }

    #[test]
    fn one_call_at_a_time_and_then_a_rest() {
        let mut fetch: Fetch<u32> = Fetch::default();
        assert!(fetch.is_due(SECOND, SECOND));
        fetch.ask(SECOND);
        assert!(!fetch.is_due(9 * SECOND, SECOND), "one is under way");
        fetch.end(10 * SECOND, Ok(1), |_, new| new);
        assert!(!fetch.is_due(10 * SECOND, SECOND));
        assert!(fetch.is_due(11 * SECOND, SECOND));
    }
}
