//! One Watch: what its reader knows, and so what is news to it.
//!
//! It holds what it sent last and compares; the shard keeps nothing for it. The newest sample wins:
//! what a slow reader misses is counted, not kept.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::Stream;
use futures_util::stream;
use tokio::sync::watch;
use tonic::Status;
use weir_proto::server::{WatchRequest, WatchResponse, WatchedRows};

use super::rows::Row;
use super::window::{Names, Window};
use super::{convert, numbers};
use crate::model::Refusal;
use crate::shard::{Sample, SubscriptionSample, TopicSample};

/// What a Watch shows of one noun.
#[derive(Debug)]
enum View<R> {
    All,
    Nothing,
    Window(Box<Window<R>>),
}

impl<R: Row> View<R> {
    /// The rows to show, and the window if there is one.
    fn choose(&self, rows: &[Arc<R>]) -> (Vec<Arc<R>>, Option<WatchedRows>) {
        match self {
            Self::All => (rows.to_vec(), None),
            Self::Nothing => (Vec::new(), None),
            Self::Window(window) => {
                let (shown, told) = window.choose(rows);
                (shown, Some(told))
            }
        }
    }
}

/// What a Watch asks for.
#[derive(Debug)]
pub(super) struct Views {
    topics: View<TopicSample>,
    subscriptions: View<SubscriptionSample>,
}

impl Views {
    /// What a request says, or what is wrong with it.
    pub(super) fn read(request: &WatchRequest) -> Result<Self, Refusal> {
        if request.topics.is_none() && request.subscriptions.is_none() {
            return Ok(Self {
                topics: View::All,
                subscriptions: View::All,
            });
        }
        let topics = request.topics.as_ref().map(|window| -> Result<_, Refusal> {
            let names = Names {
                filter: "topics.filter",
                order_by: "topics.order_by",
                limit: "topics.limit",
            };
            let window = Window::read(window, &names)?;
            Ok(View::Window(Box::new(window)))
        });
        let subscriptions = request
            .subscriptions
            .as_ref()
            .map(|window| -> Result<_, Refusal> {
                let names = Names {
                    filter: "subscriptions.filter",
                    order_by: "subscriptions.order_by",
                    limit: "subscriptions.limit",
                };
                let window = Window::read(window, &names)?;
                Ok(View::Window(Box::new(window)))
            });
        Ok(Self {
            topics: topics.transpose()?.unwrap_or(View::Nothing),
            subscriptions: subscriptions.transpose()?.unwrap_or(View::Nothing),
        })
    }

    /// Whether everything is shown.
    pub(super) fn is_all(&self) -> bool {
        matches!(self.subscriptions, View::All)
    }
}

/// The rows of one noun that the reader knows.
struct Known<R> {
    rows: HashMap<u64, Arc<R>>,
}

impl<R: Row + PartialEq> Known<R> {
    /// Those that it does not know, and the ids of those that are no longer shown; then it knows
    /// what is shown. The shard gives the same `Arc` for what did not change.
    fn renew(&mut self, shown: Vec<Arc<R>>) -> (Vec<Arc<R>>, Vec<u64>) {
        let is_news = |new: &&Arc<R>| {
            let known = self.rows.get(&new.id());
            known.is_none_or(|known| !Arc::ptr_eq(known, new) && known != *new)
        };
        let news = shown.iter().filter(is_news).map(Arc::clone).collect();
        let now: HashMap<_, _> = shown.into_iter().map(|row| (row.id(), row)).collect();
        let before = self.rows.keys().copied();
        let gone = before.filter(|id| !now.contains_key(id)).collect();
        self.rows = now;
        (news, gone)
    }
}

/// One Watch.
pub(super) struct Watching {
    samples: watch::Receiver<Arc<Sample>>,
    views: Views,
    /// The full state, until it was sent.
    full: Option<Arc<Sample>>,
    sequence: u64,
    /// The number of the newest sample sent; unset before the first.
    newest: Option<u64>,
    dropped: u64,
    topics: Known<TopicSample>,
    subscriptions: Known<SubscriptionSample>,
}

impl Watching {
    /// Begins with `full`, which is not newer than what `samples` gives next.
    pub(super) fn new(
        samples: watch::Receiver<Arc<Sample>>,
        views: Views,
        full: Arc<Sample>,
    ) -> Self {
        Self {
            samples,
            views,
            full: Some(full),
            sequence: 0,
            newest: None,
            dropped: 0,
            topics: Known {
                rows: HashMap::new(),
            },
            subscriptions: Known {
                rows: HashMap::new(),
            },
        }
    }

    /// The full state, then what is new with each sample, until the broker stops.
    pub(super) fn responses(self) -> impl Stream<Item = Result<WatchResponse, Status>> + Send {
        stream::unfold(self, |mut watching| async move {
            if let Some(full) = watching.full.take() {
                return Some((Ok(watching.response(&full, true)), watching));
            }
            // The owner is gone: the broker has stopped.
            watching.samples.changed().await.ok()?;
            let sample = Arc::clone(&watching.samples.borrow_and_update());
            if let Some(newest) = watching.newest {
                watching.dropped += sample.number.saturating_sub(newest + 1);
            }
            watching.newest = Some(sample.number);
            Some((Ok(watching.response(&sample, false)), watching))
        })
    }

    /// What is new in a sample, which then is known.
    fn response(&mut self, sample: &Sample, full: bool) -> WatchResponse {
        self.sequence += 1;
        let (topics, topic_rows) = self.views.topics.choose(&sample.topics);
        let (subscriptions, subscription_rows) =
            self.views.subscriptions.choose(&sample.subscriptions);
        let (topics, removed_topic_ids) = self.topics.renew(topics);
        let (subscriptions, removed_subscription_ids) = self.subscriptions.renew(subscriptions);
        WatchResponse {
            sequence: self.sequence,
            sample_time: Some(convert::timestamp(sample.time)),
            full,
            dropped_updates: self.dropped,
            broker: Some(numbers::broker(&sample.broker)),
            topics: topics.iter().map(|row| numbers::topic(row)).collect(),
            subscriptions: subscriptions
                .iter()
                .map(|row| numbers::subscription(row))
                .collect(),
            removed_topic_ids,
            removed_subscription_ids,
            subscription_rows,
            topic_rows,
        }
    }
}
