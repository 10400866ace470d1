//! The live numbers: one task holds a `Stats.Watch` stream, merges its deltas into a full state and
//! publishes the newest on a watch channel, with what is known of the connection.
//!
//! A reader that is slow sees the newest state and misses what was between. After a lost stream the
//! last state stays readable and is marked stale; the task connects again until the watcher is
//! dropped.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;
use tonic::{Code, Streaming};

use super::backoff::{self, Delays};
use super::connection::Client;
use super::error::Error;
use crate::v1::{
    BrokerStats, SubscriptionStats, TopicStats, WatchRequest, WatchResponse, WatchedRows,
};

/// A stream that has sent nothing for this long is lost: the broker sends a sample each second.
pub const SILENCE_LIMIT: Duration = Duration::from_secs(5);

/// Watches a broker's live numbers until it is dropped.
#[derive(Debug)]
pub struct Watcher {
    observed: watch::Receiver<Observed>,
}

/// What a watcher knows: the newest numbers, and whether they are still being renewed.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// How the stream is.
    pub connection: ConnectionState,
    /// The newest numbers; empty until the first sample.
    pub numbers: Arc<Numbers>,
}

/// How the watcher's stream is.
#[derive(Debug, Clone, Default)]
pub enum ConnectionState {
    /// The first connection is being made.
    #[default]
    Connecting,
    /// The numbers are renewed each second.
    Live,
    /// The stream is lost, or the first connection failed; another attempt follows.
    Stale {
        /// When the stream was lost; several attempts do not change it.
        since: Instant,
        /// When the next attempt is made.
        retry_at: Instant,
        /// Why the stream or the last attempt failed.
        error: Error,
    },
    /// No attempt follows: the client fails fast and the stream is lost, or the broker refuses the
    /// windows.
    Ended {
        /// Why.
        error: Error,
    },
}

impl ConnectionState {
    /// Whether the numbers are being renewed.
    pub fn is_live(&self) -> bool {
        matches!(self, Self::Live)
    }

    /// How long until the next attempt, seen at `now`; `None` unless the state is stale.
    pub fn retry_in(&self, now: Instant) -> Option<Duration> {
        match self {
            Self::Stale { retry_at, .. } => Some(retry_at.saturating_duration_since(now)),
            Self::Connecting | Self::Live | Self::Ended { .. } => None,
        }
    }

    /// Why the stream is not live, if it was lost.
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Stale { error, .. } | Self::Ended { error } => Some(error),
            Self::Connecting | Self::Live => None,
        }
    }
}

/// The full state: the last full sample with all later deltas merged in. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Numbers {
    /// When the newest sample was taken, on the broker's clock. `None` before the first.
    pub sample_time: Option<SystemTime>,
    /// The number of the newest sample on its stream.
    pub sequence: u64,
    /// How many samples the stream has missed since it began.
    pub dropped_updates: u64,
    /// The broker as a whole.
    pub broker: BrokerStats,
    /// The topics by id.
    pub topics: BTreeMap<u64, Arc<TopicStats>>,
    /// The subscriptions by id.
    pub subscriptions: BTreeMap<u64, Arc<SubscriptionStats>>,
    /// Which of the subscriptions a window shows, in its order; `None` without one.
    pub subscription_rows: Option<WatchedRows>,
    /// Which of the topics a window shows; `None` without one.
    pub topic_rows: Option<WatchedRows>,
}

impl Numbers {
    /// Merges one sample: a full one replaces everything, a delta replaces what changed.
    pub fn merge(&mut self, sample: WatchResponse) {
        if sample.full {
            self.topics.clear();
            self.subscriptions.clear();
        }
        self.sample_time = sample
            .sample_time
            .and_then(|time| SystemTime::try_from(time).ok());
        self.sequence = sample.sequence;
        self.dropped_updates = sample.dropped_updates;
        self.subscription_rows = sample.subscription_rows;
        self.topic_rows = sample.topic_rows;
        if let Some(broker) = sample.broker {
            self.broker = broker;
        }
        let topics = sample.topics.into_iter();
        self.topics
            .extend(topics.map(|topic| (topic.topic_id, Arc::new(topic))));
        let subscriptions = sample.subscriptions.into_iter();
        self.subscriptions
            .extend(subscriptions.map(|stats| (stats.subscription_id, Arc::new(stats))));
        for id in &sample.removed_topic_ids {
            self.topics.remove(id);
        }
        for id in &sample.removed_subscription_ids {
            self.subscriptions.remove(id);
        }
    }
}

impl Watcher {
    /// Starts watching in a task that ends when the watcher and all its receivers are dropped. The
    /// request says whether everything is watched, which is the default, or what windows show; one
    /// that the broker refuses ends the watcher. Must be called within a
    /// tokio runtime.
    pub fn start(client: &Client, request: WatchRequest) -> Self {
        let (publish, observed) = watch::channel(Observed::default());
        let delays = client.options().backoff.delays();
        let task = Task {
            client: client.for_stream(),
            request,
            publish,
            delays,
            since: None,
        };
        drop(tokio::spawn(task.run()));
        Self { observed }
    }

    /// What is known now.
    pub fn observed(&self) -> Observed {
        self.observed.borrow().clone()
    }

    /// A receiver that wakes with each sample and each change of the connection.
    pub fn subscribe(&self) -> watch::Receiver<Observed> {
        self.observed.clone()
    }

    /// Waits for the next sample or change of the connection, and returns what is then known.
    /// `None` when the watcher has ended: the client fails fast, or its windows are refused.
    pub async fn changed(&mut self) -> Option<Observed> {
        self.observed.changed().await.ok()?;
        Some(self.observed.borrow_and_update().clone())
    }
}

struct Task {
    client: Client,
    request: WatchRequest,
    publish: watch::Sender<Observed>,
    delays: Delays,
    /// When the numbers stopped being renewed.
    since: Option<Instant>,
}

impl Task {
    async fn run(mut self) {
        let watched = self.publish.clone();
        tokio::select! {
            () = watched.closed() => {}
            () = self.watch() => {}
        }
    }

    async fn watch(&mut self) {
        loop {
            let error = self.stream().await;
            if !self.client.reconnects() || error.code() == Code::InvalidArgument {
                let ended = ConnectionState::Ended { error };
                self.publish
                    .send_modify(|observed| observed.connection = ended);
                return;
            }
            let delay = self.delays.after_failure();
            let now = backoff::now().into_std();
            let since = *self.since.get_or_insert(now);
            let stale = ConnectionState::Stale {
                since,
                retry_at: now + delay,
                error,
            };
            self.publish
                .send_modify(|observed| observed.connection = stale);
            backoff::pause(delay).await;
        }
    }

    /// Follows one stream to its end and says why it ended.
    async fn stream(&mut self) -> Error {
        let mut stub = self.client.stats().stub();
        let opened = backoff::within(SILENCE_LIMIT, stub.watch(self.request.clone())).await;
        let mut samples = match opened {
            Ok(Ok(response)) => response.into_inner(),
            Ok(Err(status)) => return status.into(),
            Err(_elapsed) => return Error::lost("the broker did not answer"),
        };
        loop {
            match next_sample(&mut samples).await {
                Ok(sample) => self.take(sample),
                Err(error) => return error,
            }
        }
    }

    fn take(&mut self, sample: WatchResponse) {
        self.delays.reset();
        self.since = None;
        self.publish.send_modify(|observed| {
            Arc::make_mut(&mut observed.numbers).merge(sample);
            observed.connection = ConnectionState::Live;
        });
    }
}

async fn next_sample(samples: &mut Streaming<WatchResponse>) -> Result<WatchResponse, Error> {
    match backoff::within(SILENCE_LIMIT, samples.message()).await {
        Ok(Ok(Some(sample))) => Ok(sample),
        Ok(Ok(None)) => Err(Error::lost("the broker ended the stream of numbers")),
        Ok(Err(status)) => Err(status.into()),
        Err(_elapsed) => Err(Error::lost("the broker fell silent")),
    }
}
