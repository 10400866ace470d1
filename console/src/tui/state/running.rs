//! What runs on the broker whatever page is seen: the newest operations, asked for beside what pages ask
//! for.

use std::time::Duration;

use super::ask::{Ask, Reply};
use super::fetch::{Cause, Failure};
use super::operation::Operation;
use super::screen::State;

/// The number of no page: what is asked with it is the console's own.
pub(crate) const NO_PAGE: u64 = 0;
/// How often it is asked while something is under way, and while nothing is.
const OFTEN: Duration = Duration::from_secs(1);
const SELDOM: Duration = Duration::from_secs(3);
/// How often a broker is asked that cannot say or may not.
const RARELY: Duration = Duration::from_mins(1);

impl State {
    /// The call that the console itself makes now, if it is time for one.
    pub(crate) fn own_ask(&mut self) -> Option<Ask> {
        let cause = self.operations.failure().map(|failure| failure.cause);
        let period = match cause {
            Some(Cause::NotSupported | Cause::NotAllowed) => RARELY,
            _ if self.under_way().next().is_some() => OFTEN,
            _ => SELDOM,
        };
        if !self.operations.is_due(self.now, period) {
            return None;
        }
        self.operations.ask(self.now);
        Some(Ask::Operations { on: None })
    }

    /// Takes what that call gave.
    pub(crate) fn own_answer(&mut self, result: Result<Reply, Failure>) {
        let result = match result {
            Ok(Reply::Operations(operations)) => Ok(operations),
            Ok(_) => return,
            Err(failure) => Err(failure),
        };
        self.operations.end(self.now, result, |_, new| new);
    }

    /// Takes in what an answer said of an operation, before they are asked for again.
    pub(crate) fn note(&mut self, one: Operation) {
        let mut all = self.operations.value().cloned().unwrap_or_default();
        all.operations.retain(|other| other.id != one.id);
        all.operations.insert(0, one);
        self.operations.end(self.now, Ok(all), |_, new| new);
    }

    /// The operations that are not over, the newest first.
    pub(crate) fn under_way(&self) -> impl Iterator<Item = &Operation> {
        let operations = self.operations.value().into_iter();
        operations.flat_map(super::operation::Operations::under_way)
    }
}
