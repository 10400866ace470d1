//! The service `Stats`: the numbers at a call, and live: the full state first, then each second what has changed.
//!
//! A Watch of everything begins with the numbers of its moment. One with windows begins with the newest sample, so
//! that nobody who scrolls makes the owner look at all there is.

use std::sync::Arc;

use tonic::{Request, Response, Status};
use weir_proto::server;
use weir_proto::server::{AdviseRequest, AdviseResponse, HistoryRequest, HistoryResponse};
use weir_proto::server::{GetStatsRequest, GetStatsResponse, WatchRequest, WatchResponse};
use weir_proto::server::{WatchEventsRequest, WatchEventsResponse};

use super::admin::reply;
use super::events::Following;
use super::storing::Responses;
use super::watching::{Views, Watching};
use super::{advice, convert, history, numbers};
use crate::api::status::status;
use crate::model::Refusal;
use crate::shard::Handle;

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

    async fn begin(&self, request: &WatchRequest) -> Result<Watching, Refusal> {
        let views = Views::read(request)?;
        // Samples that come while the full state is computed are newer than it.
        let mut samples = self.0.watch_samples();
        samples.mark_unchanged();
        let full = if views.is_all() {
            Arc::new(self.0.sample(None, None).await?)
        } else {
            // Before the first sample there is one without a number.
            let newest = samples.wait_for(|sample| sample.number > 0).await;
            let newest = newest.map_err(|_closed| Refusal::Draining)?;
            Arc::clone(&newest)
        };
        Ok(Watching::new(samples, views, full))
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

    async fn history(
        &self,
        request: Request<HistoryRequest>,
    ) -> Result<Response<HistoryResponse>, Status> {
        reply(history::history(&self.0, request.into_inner()).await)
    }

    async fn advise(
        &self,
        request: Request<AdviseRequest>,
    ) -> Result<Response<AdviseResponse>, Status> {
        reply(advice::advise(&self.0, request.into_inner()).await)
    }

    type WatchEventsStream = Responses<WatchEventsResponse>;

    async fn watch_events(
        &self,
        request: Request<WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        let following = Following::begin(&self.0, &request.into_inner()).await;
        let following = following.map_err(|refusal| status(&refusal))?;
        Ok(Response::new(Box::pin(following.responses())))
    }

    type WatchStream = Responses<WatchResponse>;

    async fn watch(
        &self,
        request: Request<WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let watching = self.begin(&request.into_inner()).await;
        let watching = watching.map_err(|refusal| status(&refusal))?;
        Ok(Response::new(Box::pin(watching.responses())))
    }
}
