//! Whether a backlog grows: what it was over the last half minute, every five seconds.

use crate::insight::chance::noise;
use crate::model::{Mono, Span};

/// How far apart what is kept lies.
const STEP: Span = Span::from_secs(5);
/// How many are kept: half a minute of them, and the one where it began.
const KEPT: usize = 7;
/// Less is too short to tell.
const LEAST: Span = Span::from_secs(10);

/// Backlogs of the last half minute.
#[derive(Debug, Default, Clone)]
pub(super) struct Trend {
    /// The newest last: when, and what it was.
    kept: [(Mono, u64); KEPT],
    count: usize,
}

/// What a backlog does.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct Course {
    /// What it grew by.
    pub(super) grown: f64,
    /// Within so many seconds.
    pub(super) seconds: f64,
    /// What chance alone may have made of it.
    pub(super) noise: f64,
}

impl Trend {
    /// Takes note of a backlog.
    pub(super) fn note(&mut self, now: Mono, backlog: u64) {
        let newest = self.count.checked_sub(1).and_then(|at| self.kept.get(at));
        if newest.is_some_and(|(at, _)| now.since(*at) < STEP) {
            return;
        }
        if self.count == KEPT {
            self.kept.rotate_left(1);
        } else {
            self.count += 1;
        }
        if let Some(last) = self.kept.get_mut(self.count - 1) {
            *last = (now, backlog);
        }
    }

    /// What the backlog did up to now, `moved` messages per second coming or going; `None` while it is not known for
    /// long enough.
    pub(super) fn course(&self, now: Mono, backlog: u64, moved: f64) -> Option<Course> {
        let (since, before) = self.kept.first().filter(|_| self.count > 0)?;
        let span = now.since(*since);
        if span < LEAST {
            return None;
        }
        let seconds = span.as_seconds();
        let turnover = moved * seconds;
        Some(Course {
            grown: backlog as f64 - *before as f64,
            seconds,
            noise: noise(turnover),
        })
    }
}

impl Course {
    /// By how much it grows, in messages per second.
    pub(super) fn growth(&self) -> f64 {
        self.grown / self.seconds.max(1.0)
    }
}
