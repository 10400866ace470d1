//! What the traffic itself knows: confirmations it got and answers it gave. Compared with the broker's
//! numbers in the end.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::topology::{READERS, TOPICS};

/// The traffic's own counts.
#[derive(Debug)]
pub(crate) struct Tally {
    /// Messages by topic whose confirmation came.
    published: BTreeMap<&'static str, Counter>,
    worked: BTreeMap<&'static str, Worked>,
    /// What went wrong in the traffic itself.
    troubles: Mutex<Vec<String>>,
}

/// What was done on one subscription.
#[derive(Debug, Default)]
pub(crate) struct Worked {
    pub(crate) acked: Counter,
    /// Deliveries that were not the first one of their message.
    pub(crate) retried: Counter,
    /// Failures that killed their message.
    pub(crate) died: Counter,
    /// Dead messages put back.
    pub(crate) requeued: Counter,
    /// Answers that came too late for their lease.
    pub(crate) stale: Counter,
}

/// A count that many tasks add to.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Adds to it.
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// What it is.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Tally {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            published: TOPICS.map(|topic| (topic, Counter::default())).into(),
            worked: READERS
                .map(|reader| (reader.name, Worked::default()))
                .into(),
            troubles: Mutex::default(),
        }
    }

    /// Counts confirmed messages.
    pub(crate) fn publish(&self, topic: &str, messages: u64) {
        if let Some(counter) = self.published.get(topic) {
            counter.add(messages);
        }
    }

    /// How many messages of a topic were confirmed.
    pub(crate) fn published(&self, topic: &str) -> u64 {
        self.published.get(topic).map_or(0, Counter::get)
    }

    /// The counts of a subscription of the demo.
    pub(crate) fn of(&self, subscription: &'static str) -> &Worked {
        static NOWHERE: Worked = Worked {
            acked: Counter(AtomicU64::new(0)),
            retried: Counter(AtomicU64::new(0)),
            died: Counter(AtomicU64::new(0)),
            requeued: Counter(AtomicU64::new(0)),
            stale: Counter(AtomicU64::new(0)),
        };
        self.worked.get(subscription).unwrap_or(&NOWHERE)
    }

    /// A count of all subscriptions.
    pub(crate) fn sum(&self, pick: fn(&Worked) -> &Counter) -> u64 {
        self.worked.values().map(|worked| pick(worked).get()).sum()
    }

    /// Notes that the traffic itself failed; a few are kept.
    pub(crate) fn trouble(&self, what: String) {
        const KEPT: usize = 20;
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        if troubles.len() < KEPT {
            troubles.push(what);
        }
    }

    /// What went wrong in the traffic itself.
    pub(crate) fn troubles(&self) -> Vec<String> {
        self.troubles
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
