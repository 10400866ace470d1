//! Plans with a name: work that is done alike by other brokers, so that one run compares them.

use std::time::Duration;

use clap::ValueEnum;

use super::plan::Plan;
use super::shape::Shape;

/// Work that is defined once and for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Profile {
    /// One producer, every message confirmed, as fast as it goes, for 3 s
    W1,
    /// A backlog of a million drained by one consumer with an ack for each message
    W2,
    /// 5,000 single messages a second for 15 s, from when each was due until the consumer had it
    W3,
    /// Four producers and four consumers, as fast as they go, at most 20,000 on the way, for 10 s
    W4,
    /// A start under a backlog of a million: until the first message; memory; bytes on the disk
    W5,
    /// 10,000 topics with a subscription each: made, weighed, and a durable message to each
    W6,
}

/// Topics of [`Profile::W6`].
pub(crate) const TOPICS: u64 = 10_000;

impl Profile {
    /// What it does, with messages of 128 B.
    pub(crate) fn plan(self) -> Plan {
        let second = Duration::from_secs(1);
        let base = Plan::default();
        match self {
            Self::W1 => Plan {
                profile: Some("w1"),
                shape: Shape::Most,
                length: 3 * second + second / 2,
                warm_up: second / 2,
                consumers: 0,
                ..base
            },
            Self::W2 => Plan {
                profile: Some("w2"),
                shape: Shape::Most,
                backlog: Some(1_000_000),
                outstanding: 20_000,
                ..base
            },
            Self::W3 => Plan {
                profile: Some("w3"),
                shape: Shape::Constant(5_000.0),
                length: 16 * second,
                warm_up: second,
                batch: 1,
                ..base
            },
            Self::W4 => Plan {
                profile: Some("w4"),
                shape: Shape::Most,
                length: 11 * second,
                warm_up: second,
                backlog_limit: Some(20_000),
                producers: 4,
                consumers: 4,
                ..base
            },
            Self::W5 => Plan {
                profile: Some("w5"),
                backlog: Some(1_000_000),
                ..base
            },
            Self::W6 => Plan {
                profile: Some("w6"),
                consumers: 0,
                batch: 1,
                ..base
            },
        }
    }
}
