//! Numbers as plain values: what counts up, a consumer's, and the broker's.

use crate::insight::Latency;
use crate::insight::verdict::{HoldUp, Part};
use crate::model::{Client, ConsumerId, Span, Time};

/// Counters that only grow while the broker runs, from 0 at its start; rates are their differences.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Meters {
    /// Messages that came in.
    pub published: u64,
    /// Messages handed out, redeliveries included.
    pub delivered: u64,
    /// Messages handed out again.
    pub redelivered: u64,
    /// Messages acknowledged.
    pub acked: u64,
    /// Attempts failed.
    pub failed: u64,
    /// Messages that died.
    pub dead: u64,
}

/// The numbers of a connected consumer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerCounts {
    /// Its number.
    pub id: ConsumerId,
    /// Its name.
    pub name: String,
    /// Its address.
    pub peer: String,
    /// Its connection.
    pub client: Client,
    /// When it connected.
    pub connected: Time,
    /// Messages it holds.
    pub leased: u64,
    /// How many it may hold.
    pub max_outstanding_messages: u64,
    /// It may take no more, by messages or by bytes.
    pub is_full: bool,
    /// Messages handed to it.
    pub delivered: u64,
    /// Those of them that were handed out before.
    pub redelivered: u64,
    /// From hand-out to ack; `None` while nothing was measured.
    pub handling: Option<Latency>,
    /// Messages it acknowledged.
    pub acked: u64,
    /// Attempts of its that failed.
    pub failed: u64,
    /// When it last acknowledged.
    pub last_ack: Option<Time>,
}

/// How much there is of everything.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct BrokerCounts {
    /// Topics.
    pub topics: u32,
    /// Subscriptions.
    pub subscriptions: u32,
    /// Connected consumers, waiting Pulls not included.
    pub consumers: u32,
    /// Ready, leased and waiting messages of all subscriptions.
    pub backlog: u64,
    /// Dead messages of all subscriptions.
    pub dead: u64,
    /// The sum of all differences between books and recounts that are known.
    pub conservation_error: u64,
    /// How long nothing is destroyed by time yet, because the clock has jumped; `None` if it has not.
    pub suspended: Option<Span>,
    /// Messages accepted since the start.
    pub published: u64,
    /// Messages handed out since the start, redeliveries included.
    pub delivered: u64,
    /// Messages acknowledged since the start.
    pub acked: u64,
}

/// What stands in the way of a subscription.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Messages that are known to stand behind another of their key.
    pub parked: u64,
    /// How many keys have such messages.
    pub parked_keys: u64,
    /// The message that is oldest, or that the oldest waits for, if it has failed or is dead.
    pub hold_up: Option<HoldUp>,
    /// The partition with the largest backlog, of several.
    pub largest: Option<Part>,
    /// The part of what comes in that the most frequent key carries, if keys are kept in order.
    pub top_key: Option<f64>,
    /// When the newest message of its topic came in, or it was created, if that is later.
    pub newest: Time,
}
