//! What a run is to do.

use std::time::Duration;

use super::shape::{Burst, Shape};

/// A run in all its settings.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    /// Its name, if it is one of the profiles.
    pub(crate) profile: Option<&'static str>,
    /// How the rate of all producers together goes.
    pub(crate) shape: Shape,
    pub(crate) burst: Option<Burst>,
    /// How long producers publish, the warm-up included.
    pub(crate) length: Duration,
    /// What is due before this is not measured.
    pub(crate) warm_up: Duration,
    /// Published before the run and drained by it; then `shape` does not matter.
    pub(crate) backlog: Option<u64>,
    /// Producers wait while so many messages are published and not acknowledged.
    pub(crate) backlog_limit: Option<u64>,
    pub(crate) producers: u32,
    pub(crate) consumers: u32,
    /// Bytes of a payload.
    pub(crate) size: usize,
    /// Messages in one publish at most.
    pub(crate) batch: usize,
    /// What a consumer may hold.
    pub(crate) outstanding: u32,
    /// Ordering keys of each producer; 0 means none.
    pub(crate) keys: u64,
    /// The part of messages whose first attempt fails on purpose, 0 to 1.
    pub(crate) fail: f64,
    /// How long a consumer takes for each message, one after the other.
    pub(crate) handle: Duration,
    /// Whether the topic is made relaxed.
    pub(crate) is_relaxed: bool,
    /// Whether a message counts as acknowledged once the broker has said that its ack is durable.
    pub(crate) confirms_acks: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            profile: None,
            shape: Shape::Constant(1_000.0),
            burst: None,
            length: Duration::from_secs(30),
            warm_up: Duration::ZERO,
            backlog: None,
            backlog_limit: None,
            producers: 1,
            consumers: 1,
            size: 128,
            batch: 1_000,
            outstanding: 10_000,
            keys: 0,
            fail: 0.0,
            handle: Duration::ZERO,
            is_relaxed: false,
            confirms_acks: false,
        }
    }
}

impl Plan {
    /// Whether the first attempt of a message fails on purpose: decided by its number, so that two runs agree.
    pub(crate) fn fails(&self, producer: u32, sequence: u64) -> bool {
        if self.fail <= 0.0 {
            return false;
        }
        let mixed = (u64::from(producer) << 40 ^ sequence).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let part = (mixed >> 11) as f64 / (1_u64 << 53) as f64;
        part < self.fail
    }

    /// The ordering key of a message; empty if there are none.
    pub(crate) fn key(&self, producer: u32, sequence: u64) -> String {
        match self.keys {
            0 => String::new(),
            keys => format!("{producer}-{}", sequence % keys),
        }
    }

    /// Whether messages have due times of their own, so that they may be sent later; else each is due when it can be
    /// sent.
    pub(crate) fn has_due_times(&self) -> bool {
        self.shape != Shape::Most && self.backlog.is_none()
    }

    /// The rate of all producers together, if it is one and the same all the time.
    pub(crate) fn constant_rate(&self) -> Option<f64> {
        match self.shape {
            Shape::Constant(rate) if self.backlog.is_none() => Some(rate),
            _ => None,
        }
    }

    /// Whether a consumer may take a batch as a whole.
    pub(crate) fn takes_batches(&self) -> bool {
        self.handle.is_zero() && self.fail <= 0.0 && !self.confirms_acks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_the_part_that_was_asked_for_fails_and_the_same_each_time() {
        let plan = Plan {
            fail: 0.01,
            ..Plan::default()
        };
        let failing = || (0..100_000).filter(|sequence| plan.fails(2, *sequence));
        let count = failing().count();
        assert!((800..1_200).contains(&count), "{count}");
        assert!(failing().eq(failing()));
        let none = Plan::default();
        assert!((0..1_000).all(|sequence| !none.fails(0, sequence)));
        let all = Plan { fail: 1.0, ..plan };
        assert!((0..1_000).all(|sequence| all.fails(0, sequence)));
    }
}
