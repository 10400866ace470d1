//! What a sample knows of one subscription: the input of every rule. Plain numbers; no names.

use crate::insight::drain::Flow;
use crate::insight::ticks::WINDOWS;
use crate::model::{MessageId, Partition, Span};

/// What a sample knows.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Signs {
    /// Nothing is handed out by order of an operator.
    pub is_paused: bool,
    /// What there is.
    pub stock: Stock,
    /// Age of the oldest message of the backlog.
    pub lag: Option<Span>,
    /// What moves, over each window.
    pub paces: [Pace; WINDOWS],
    /// The connected consumers.
    pub crew: Crew,
    /// What the subscription allows.
    pub limits: Limits,
    /// The message that is oldest, or that the oldest waits for, if it has failed or is dead.
    pub hold_up: Option<HoldUp>,
    /// The partition with the largest backlog, of several.
    pub largest: Option<Part>,
    /// The part of what comes in that the most frequent ordering key carries, from 0 to 1.
    pub top_key: Option<f64>,
    /// How long nothing came in.
    pub quiet: Span,
}

/// What there is, in messages.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Stock {
    /// Ready, leased and waiting.
    pub backlog: u64,
    /// Deliverable now, or standing behind another of their key.
    pub ready: u64,
    /// Delivered and not yet answered.
    pub leased: u64,
    /// In backoff.
    pub waiting: u64,
    /// Known to stand behind another of their key.
    pub parked: u64,
    /// How many keys have such messages.
    pub parked_keys: u64,
}

/// Messages per second.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Came in.
    pub arrivals: f64,
    /// Handed out, redeliveries included.
    pub deliveries: f64,
    /// Handed out again.
    pub redeliveries: f64,
    /// Acknowledged.
    pub acks: f64,
    /// Attempts failed.
    pub failures: f64,
    /// Died.
    pub deaths: f64,
}

/// The connected consumers.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Crew {
    /// How many.
    pub consumers: u64,
    /// How many of them may take no more.
    pub full: u64,
    /// Messages they hold.
    pub held: u64,
    /// How many they may hold.
    pub allowance: u64,
}

/// What a subscription allows.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many messages all consumers together may hold.
    pub outstanding: Option<u64>,
    /// How many messages are handed out per second at most.
    pub delivery_rate: Option<u64>,
    /// Failed messages whose backoff is over wait for the retry budget.
    pub is_budget_spent: bool,
    /// The age of the oldest message that its owner accepts.
    pub slo_age: Option<Span>,
    /// The backlog that its owner accepts.
    pub slo_backlog: Option<u64>,
}

/// A message that others may wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldUp {
    /// Which.
    pub message: MessageId,
    /// How many of its attempts have failed.
    pub attempts: u32,
    /// It is dead and holds its key.
    pub is_dead: bool,
}

/// The partition with the largest backlog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Which.
    pub partition: Partition,
    /// Its backlog.
    pub backlog: u64,
    /// How many partitions there are.
    pub partitions: u64,
}

impl Part {
    /// How many times its fair part of a backlog it has.
    pub fn share(&self, backlog: u64) -> f64 {
        self.backlog as f64 * self.partitions as f64 / backlog.max(1) as f64
    }
}

impl Signs {
    /// What moves over ten seconds.
    pub fn short(&self) -> &Pace {
        let [short, ..] = &self.paces;
        short
    }

    /// What moves over a minute.
    pub fn long(&self) -> &Pace {
        let [_, long, ..] = &self.paces;
        long
    }

    /// What its end is told by: who says when it ends says whether anybody works on it.
    pub fn flow(&self) -> Flow {
        Flow {
            is_paused: self.is_paused,
            backlog: self.stock.backlog,
            leased: self.stock.leased,
            consumers: self.crew.consumers,
            lag: self.lag,
            arrivals: self.paces.map(|pace| pace.arrivals),
            acks: self.paces.map(|pace| pace.acks),
        }
    }

    /// Age of the oldest message; zero without a backlog.
    pub fn age(&self) -> Span {
        self.lag.unwrap_or(Span::ZERO)
    }
}

impl Pace {
    /// The part of the attempts that fail, from 0 to 1.
    pub fn failing(&self) -> f64 {
        let ended = self.acks + self.failures;
        if ended > 0.0 {
            self.failures / ended
        } else {
            0.0
        }
    }
}

impl Crew {
    /// How full their hands are, from 0 to 1: by messages, or by how many can take no more.
    pub fn fill(&self, outstanding: Option<u64>) -> f64 {
        let allowance = self.allowance.min(outstanding.unwrap_or(u64::MAX));
        let by_messages = self.held as f64 / allowance.max(1) as f64;
        let by_consumers = self.full as f64 / self.consumers.max(1) as f64;
        by_messages.max(by_consumers).min(1.0)
    }
}
