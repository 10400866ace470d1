//! A consumer: a stream that stays connected, or a Pull that waits for one answer.

use std::sync::Arc;

use super::command::Allowance;
use super::credit::Credit;
use crate::model::{Client, SubscriptionId, Time};

/// A connected consumer, or a waiting Pull.
#[derive(Debug)]
pub(super) struct Consumer {
    pub(super) subscription: SubscriptionId,
    pub(super) name: Arc<str>,
    pub(super) peer: String,
    pub(super) client: Client,
    pub(super) connected: Time,
    pub(super) kind: Kind,
    pub(super) credit: Credit,
    /// Whether it stands in its subscription's line.
    pub(super) is_hungry: bool,
    pub(super) delivered: u64,
    pub(super) redelivered: u64,
    pub(super) acked: u64,
    pub(super) failed: u64,
    pub(super) last_ack: Option<Time>,
}

/// How a consumer receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Again and again, within its allowance.
    Stream,
    /// Once.
    Pull,
}

impl Consumer {
    /// One that holds nothing yet.
    pub(super) fn new(subscription: SubscriptionId, kind: Kind, allowance: Allowance) -> Self {
        Self {
            subscription,
            name: Arc::from(""),
            peer: String::new(),
            client: Client::default(),
            connected: Time::default(),
            kind,
            credit: Credit::new(allowance),
            is_hungry: false,
            delivered: 0,
            redelivered: 0,
            acked: 0,
            failed: 0,
            last_ack: None,
        }
    }
}
