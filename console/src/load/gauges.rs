//! What producers and consumers of a run write down, and what is read of it while it goes on.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::latency::Latency;
use super::ledger::Ledger;
use super::offered::Offered;
use super::plan::Plan;
use super::second::Second;
use super::shape::Shape;
use crate::clock;

/// Different errors that are told apart.
const MOST_ERRORS: usize = 20;

/// All that a run has counted and measured.
#[derive(Debug)]
pub(crate) struct Gauges {
    /// Tells the messages of this run from others.
    pub(crate) run: u64,
    pub(crate) plan: Plan,
    started: Instant,
    /// The rate that is asked for, which can be changed.
    pub(crate) offered: Offered,
    pub(crate) published: AtomicU64,
    pub(crate) confirmed: AtomicU64,
    pub(crate) consumed: AtomicU64,
    pub(crate) acked: AtomicU64,
    /// Failed on purpose.
    pub(crate) failed: AtomicU64,
    /// Confirmed, of those that are measured.
    pub(crate) measured_confirmed: AtomicU64,
    /// Acknowledged, of those that are measured.
    pub(crate) measured_acked: AtomicU64,
    /// Sent long after they were due, while the broker had room.
    pub(crate) late: AtomicU64,
    /// How long producers waited for room, in microseconds.
    pub(crate) held_micros: AtomicU64,
    ledger: Mutex<Ledger>,
    confirm: Mutex<Latency>,
    consume: Mutex<Latency>,
    ack: Mutex<Latency>,
    confirm_since_sent: Mutex<Latency>,
    consume_since_sent: Mutex<Latency>,
    errors: Mutex<BTreeMap<String, u64>>,
    seconds: Mutex<Vec<Second>>,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// From when a message was due until it was confirmed.
    Confirm,
    /// From when it was due until a consumer had it.
    Consume,
    /// From when a consumer had it until it said that it is done.
    Ack,
    /// From when it was sent until it was confirmed: what a stall held up before it was sent is not seen.
    ConfirmSinceSent,
    /// From when it was sent until a consumer had it.
    ConsumeSinceSent,
}

impl Gauges {
    /// A run that begins now.
    pub(crate) fn begin(run: u64, plan: Plan) -> Self {
        let ledger = Ledger::new(plan.producers.max(1), plan.keys);
        let offered = Offered::of(&plan);
        Self {
            run,
            plan,
            started: clock::now(),
            offered,
            published: AtomicU64::new(0),
            confirmed: AtomicU64::new(0),
            consumed: AtomicU64::new(0),
            acked: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            measured_confirmed: AtomicU64::new(0),
            measured_acked: AtomicU64::new(0),
            late: AtomicU64::new(0),
            held_micros: AtomicU64::new(0),
            ledger: Mutex::new(ledger),
            confirm: Mutex::new(Latency::new()),
            consume: Mutex::new(Latency::new()),
            ack: Mutex::new(Latency::new()),
            confirm_since_sent: Mutex::new(Latency::new()),
            consume_since_sent: Mutex::new(Latency::new()),
            errors: Mutex::default(),
            seconds: Mutex::default(),
        }
    }

    /// How long the run goes on.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Whether a message is measured: its time is after the warm-up.
    pub(crate) fn is_measured(&self, due: Duration) -> bool {
        due >= self.plan.warm_up
    }

    /// What became of each message.
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        locked(&self.ledger)
    }

    /// The durations of one kind.
    pub(crate) fn latency(&self, way: Way) -> MutexGuard<'_, Latency> {
        locked(match way {
            Way::Confirm => &self.confirm,
            Way::Consume => &self.consume,
            Way::Ack => &self.ack,
            Way::ConfirmSinceSent => &self.confirm_since_sent,
            Way::ConsumeSinceSent => &self.consume_since_sent,
        })
    }

    /// A copy of the durations of one kind, to look through while more come.
    pub(crate) fn copy(&self, way: Way) -> Latency {
        self.latency(way).clone()
    }

    /// Counts an error that `count` messages met.
    pub(crate) fn error(&self, what: String, count: u64) {
        let mut errors = locked(&self.errors);
        if errors.len() < MOST_ERRORS || errors.contains_key(&what) {
            *errors.entry(what).or_default() += count;
        } else {
            *errors.entry("others".to_owned()).or_default() += count;
        }
    }

    /// The errors so far, with how many messages met each.
    pub(crate) fn errors(&self) -> BTreeMap<String, u64> {
        locked(&self.errors).clone()
    }

    /// The seconds so far.
    pub(crate) fn seconds(&self) -> MutexGuard<'_, Vec<Second>> {
        locked(&self.seconds)
    }

    /// How long producers waited for room, all of them together.
    pub(crate) fn held(&self) -> Duration {
        Duration::from_micros(self.held_micros.load(Ordering::Relaxed))
    }

    /// Which part of the time of all producers they waited for room, in a run that has taken so long.
    pub(crate) fn held_part(&self, took: Duration) -> f64 {
        let producing = took.as_secs_f64() * f64::from(self.plan.producers.max(1));
        self.held().as_secs_f64() / producing.max(1e-9)
    }

    /// Whether messages went out late although there was room, in a run that has taken so long: it was not the
    /// broker that was slow.
    pub(crate) fn is_generator_limited(&self, took: Duration) -> bool {
        let published = self.published.load(Ordering::Relaxed) as f64;
        let late = self.late.load(Ordering::Relaxed) as f64 / published.max(1.0);
        self.plan.shape != Shape::Most && late > 0.01 && self.held_part(took) < 0.1
    }

    /// What waits for consumers; 0 without consumers.
    pub(crate) fn backlog(&self) -> u64 {
        if self.plan.consumers == 0 {
            return 0;
        }
        self.on_the_way()
    }

    /// How many messages are published and not acknowledged.
    pub(crate) fn on_the_way(&self) -> u64 {
        let published = self.published.load(Ordering::Relaxed);
        published.saturating_sub(self.acked.load(Ordering::Relaxed))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
