//! The service `Stats`: the numbers at a call, and live: the full state first, then each second what has changed.
//!
//! A Watch holds what it sent last and compares; the shard keeps nothing for it. The newest sample wins: what a slow
//! reader misses is counted, not kept.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::Stream;
use futures_util::stream;
use tokio::sync::watch;
use tonic::{Request, Response, Status};
use weir_proto::server;
use weir_proto::server::{GetStatsRequest, GetStatsResponse, WatchRequest, WatchResponse};

use super::admin::reply;
use super::storing::Responses;
use super::{convert, numbers};
use crate::api::status::status;
use crate::model::{Refusal, SubscriptionId, TopicId};
use crate::shard::{Handle, Sample, SubscriptionSample, TopicSample};

/// Shows the numbers.
#[derive(Debug)]
pub(crate) struct Stats(pub(crate) Handle);

impl Stats {
    async fn get(&self, request: GetStatsRequest) -> Result<GetStatsResponse, Refusal> {
        let name = |field, text: &str| match text {
            "" => Ok(None),
            text => convert::name(field, text).map(Some),
        };
        let topic = name("topic", &request.topic)?;
        let subscription = name("subscription", &request.subscription)?;
        let sample = self.0.sample(topic, subscription).await?;
        Ok(GetStatsResponse {
            sample_time: Some(convert::timestamp(sample.time)),
            broker: Some(numbers::broker(&sample.broker)),
            topics: sample
                .topics
                .iter()
                .map(|topic| numbers::topic(topic))
                .collect(),
            subscriptions: sample
                .subscriptions
                .iter()
                .map(|subscription| numbers::subscription(subscription))
                .collect(),
        })
    }
}

#[tonic::async_trait]
impl server::stats_server::Stats for Stats {
    async fn get_stats(
        &self,
        request: Request<GetStatsRequest>,
    ) -> Result<Response<GetStatsResponse>, Status> {
        reply(self.get(request.into_inner()).await)
    }

    type WatchStream = Responses<WatchResponse>;

    async fn watch(
        &self,
        _request: Request<WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        // Samples that come while the full state is computed are newer than it.
        let samples = self.0.watch_samples();
        let full = self
            .0
            .sample(None, None)
            .await
            .map_err(|refusal| status(&refusal))?;
        Ok(Response::new(Box::pin(
            Watching::new(samples, full).responses(),
        )))
    }
}

/// One Watch: what its reader knows.
struct Watching {
    samples: watch::Receiver<Arc<Sample>>,
    /// The full state, until it was sent.
    full: Option<Sample>,
    sequence: u64,
    /// The number of the newest sample sent; unset before the first.
    newest: Option<u64>,
    dropped: u64,
    topics: HashMap<TopicId, Arc<TopicSample>>,
    subscriptions: HashMap<SubscriptionId, Arc<SubscriptionSample>>,
}

impl Watching {
    fn new(mut samples: watch::Receiver<Arc<Sample>>, full: Sample) -> Self {
        samples.mark_unchanged();
        Self {
            samples,
            full: Some(full),
            sequence: 0,
            newest: None,
            dropped: 0,
            topics: HashMap::new(),
            subscriptions: HashMap::new(),
        }
    }

    fn responses(self) -> impl Stream<Item = Result<WatchResponse, Status>> + Send {
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
        let topics: HashMap<_, _> = sample
            .topics
            .iter()
            .map(|topic| (topic.counts.id, Arc::clone(topic)))
            .collect();
        let subscriptions: HashMap<_, _> = sample
            .subscriptions
            .iter()
            .map(|subscription| (subscription.counts.id, Arc::clone(subscription)))
            .collect();
        let response = WatchResponse {
            sequence: self.sequence,
            sample_time: Some(convert::timestamp(sample.time)),
            full,
            dropped_updates: self.dropped,
            broker: Some(numbers::broker(&sample.broker)),
            topics: sample
                .topics
                .iter()
                .filter(|topic| is_news(self.topics.get(&topic.counts.id), topic))
                .map(|topic| numbers::topic(topic))
                .collect(),
            subscriptions: sample
                .subscriptions
                .iter()
                .filter(|new| is_news(self.subscriptions.get(&new.counts.id), new))
                .map(|new| numbers::subscription(new))
                .collect(),
            removed_topic_ids: gone(&self.topics, &topics).map(|id| id.0).collect(),
            removed_subscription_ids: gone(&self.subscriptions, &subscriptions)
                .map(|id| id.0)
                .collect(),
        };
        self.topics = topics;
        self.subscriptions = subscriptions;
        response
    }
}

/// Whether the reader does not know this yet. The shard gives the same `Arc` for what did not change.
fn is_news<T: PartialEq>(known: Option<&Arc<T>>, new: &Arc<T>) -> bool {
    known.is_none_or(|known| !Arc::ptr_eq(known, new) && known != new)
}

fn gone<K: Copy + Eq + std::hash::Hash, T>(
    known: &HashMap<K, T>,
    now: &HashMap<K, T>,
) -> impl Iterator<Item = K> {
    known.keys().copied().filter(|id| !now.contains_key(id))
}
