//! What is going on in a subscription, in one word and two sentences.
//!
//! - [`signs`]: what a sample knows. [`trend`]: whether a backlog grows.
//! - [`rules`]: what the signs mean, one row of the table each.
//! - [`judge`]: who keeps a verdict until the next one is sure.
//! - [`words`]: the sentences.

pub mod signs;

mod trend;

mod rules;

pub mod judge;

pub(in crate::insight) mod words;

#[cfg(test)]
mod tests;

pub use judge::{Change, Diagnosis, Judge};
pub use signs::{Crew, HoldUp, Limits, Pace, Part, Signs, Stock};

/// What is going on, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Consumers keep up.
    Ok,
    /// There is no backlog, and nothing came for long.
    Idle,
    /// The backlog shrinks.
    Draining,
    /// The backlog grows, and no cause is sure.
    Growing,
    /// An operator holds it.
    Paused,
    /// One message fails again and again, and others wait for it.
    Stuck,
    /// There is a backlog, and no consumer is connected.
    NoConsumers,
    /// The consumers are too few: all are busy, and few messages fail.
    UnderCapacity,
    /// The consumers are busy and take longer for each message than they did.
    Slowed,
    /// The consumers could take more, and do not.
    ConsumersIdle,
    /// Many attempts fail.
    Failing,
    /// Few keys hold most of the backlog, and the others have none.
    Skewed,
}

impl Verdict {
    /// Every one.
    pub const ALL: [Self; 12] = [
        Self::Ok,
        Self::Idle,
        Self::Draining,
        Self::Growing,
        Self::Paused,
        Self::Stuck,
        Self::NoConsumers,
        Self::UnderCapacity,
        Self::Slowed,
        Self::ConsumersIdle,
        Self::Failing,
        Self::Skewed,
    ];

    /// As it is read in a sentence.
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Idle => "idle",
            Self::Draining => "draining",
            Self::Growing => "growing",
            Self::Paused => "paused",
            Self::Stuck => "stuck",
            Self::NoConsumers => "no consumers",
            Self::UnderCapacity => "under capacity",
            Self::Slowed => "slowed",
            Self::ConsumersIdle => "consumers idle",
            Self::Failing => "failing",
            Self::Skewed => "skewed",
        }
    }
}
