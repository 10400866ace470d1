//! All the numbers: what the samples of a watch stream add up to.

use std::collections::BTreeMap;
use std::sync::Arc;

use weir_proto::client::Numbers;
use weir_proto::safe_text::SafeText;
use weir_proto::v1::{SubscriptionStats, TopicStats, WatchedRows};

use super::broker::Broker;
use super::history::{History, missing_seconds};
use super::past::Past;
use super::reading::{Moment, epoch_seconds};
use super::subscription::Subscription;
use super::topic::Topic;
use super::window::Windows;

/// The numbers as of the last sample.
#[derive(Clone, Debug, Default)]
pub(crate) struct Picture {
    /// `None` before the first sample.
    pub(crate) broker: Option<Broker>,
    /// By id, so that a row keeps its identity whatever the order on the screen.
    pub(crate) rows: BTreeMap<u64, Row>,
    /// The topics, by id.
    pub(crate) topics: BTreeMap<u64, TopicRow>,
    /// Which rows the samples have, and their order in the list.
    pub(crate) windows: Windows,
    /// Which rows the next sample will have, if they are others.
    pub(crate) coming: Option<Windows>,
    pub(crate) subscription_rows: Option<WatchedRows>,
    pub(crate) topic_rows: Option<WatchedRows>,
    /// When the last sample arrived.
    pub(crate) arrived: Option<Moment>,
    /// When the last sample was taken: seconds since the epoch by the broker's clock.
    pub(crate) sampled: Option<f64>,
    /// How many samples the broker could not send because this side was slow.
    pub(crate) dropped_updates: u64,
    /// The widest name and topic, in cells: columns must not jump while one scrolls.
    pub(crate) widest_name: usize,
    pub(crate) widest_topic: usize,
}

/// A subscription and its last minutes.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) now: Subscription,
    pub(crate) history: History,
    /// The broker was asked for what was before.
    pub(crate) has_past: bool,
    /// What `now` was made from: the same allocation as long as nothing changed.
    source: Arc<SubscriptionStats>,
}

/// A topic as of the last sample.
#[derive(Clone, Debug)]
pub(crate) struct TopicRow {
    pub(crate) now: Topic,
    /// What `now` was made from.
    source: Arc<TopicStats>,
}

impl Picture {
    /// Takes a sample in. Only rows that changed since the last one are read.
    pub(crate) fn apply(&mut self, numbers: &Numbers, at: Moment) {
        let sampled = numbers.sample_time.and_then(epoch_seconds);
        let gap = missing_seconds(self.sampled, sampled);
        self.rows
            .retain(|id, _| numbers.subscriptions.contains_key(id));
        for (id, source) in &numbers.subscriptions {
            self.take(*id, source, sampled);
        }
        self.topics.retain(|id, _| numbers.topics.contains_key(id));
        for (id, source) in &numbers.topics {
            let is_same = |row: &TopicRow| Arc::ptr_eq(&row.source, source);
            if !self.topics.get(id).is_some_and(is_same) {
                let row = TopicRow {
                    now: Topic::new(source),
                    source: Arc::clone(source),
                };
                self.topics.insert(*id, row);
            }
        }
        for row in self.rows.values_mut() {
            row.history.push_gap(gap);
            row.history.push(&row.now);
        }
        if let Some(windows) = self.coming.take() {
            self.windows = windows;
        }
        self.broker = Some(Broker::new(&numbers.broker));
        self.subscription_rows
            .clone_from(&numbers.subscription_rows);
        self.topic_rows.clone_from(&numbers.topic_rows);
        self.arrived = Some(at);
        self.sampled = sampled;
        self.dropped_updates = numbers.dropped_updates;
        self.widest_name = self.widest(|row| &row.now.name);
        self.widest_topic = self.widest(|row| &row.now.topic);
    }

    /// Takes what rows did before they came.
    pub(crate) fn remember(&mut self, pasts: &[(u64, Past)]) {
        let Some(sampled) = self.sampled else {
            return;
        };
        for (id, past) in pasts {
            if let Some(row) = self.rows.get_mut(id) {
                row.history.precede(past, sampled);
            }
        }
    }

    fn take(&mut self, id: u64, source: &Arc<SubscriptionStats>, sampled: Option<f64>) {
        let old = self.rows.get_mut(&id);
        if let Some(row) = old {
            if Arc::ptr_eq(&row.source, source) {
                return;
            }
            let now = Subscription::new(source, sampled);
            // An id with another name is another broker's: its past is not this one's.
            if row.now.name != now.name {
                row.history = History::default();
                row.has_past = false;
            }
            row.now = now;
            row.source = Arc::clone(source);
            return;
        }
        let row = Row {
            now: Subscription::new(source, sampled),
            history: History::default(),
            has_past: false,
            source: Arc::clone(source),
        };
        self.rows.insert(id, row);
    }

    fn widest(&self, of: fn(&Row) -> &SafeText) -> usize {
        self.rows
            .values()
            .map(|row| of(row).width())
            .max()
            .unwrap_or(0)
    }
}
