//! The service `Publisher`: checks batches, makes their bodies and hands them to the shard.

use std::sync::atomic::{AtomicU32, Ordering};

use tonic::{Request, Response, Status, Streaming};
use weir_proto::server;
use weir_proto::server::{PublishRequest, PublishResponse, PublishStreamResponse, TopicPlaces};

use super::publish_stream::Pipeline;
use super::storing::{Asked, Responses, Terms, places, prepare, producer};
use crate::api::clients::Connected;
use crate::api::status::status;
use crate::model::Refusal;
use crate::shard::Handle;

/// Takes messages in.
#[derive(Debug)]
pub(crate) struct Publisher {
    handle: Handle,
    /// Spreads batches without keys over the partitions.
    rotation: AtomicU32,
}

impl Publisher {
    pub(crate) fn new(handle: Handle) -> Self {
        Self {
            handle,
            rotation: AtomicU32::new(0),
        }
    }

    async fn store(
        &self,
        request: PublishRequest,
        client: Option<Connected>,
    ) -> Result<PublishResponse, Refusal> {
        let terms = Terms {
            producer: producer(request.producer)?,
            requires_subscription: request.require_subscription,
            rotation: self.rotation.fetch_add(1, Ordering::Relaxed),
        };
        let further = request.additional.iter();
        let further = further.map(|batch| (batch.topic.as_str(), batch.messages.as_slice()));
        let first: Asked<'_> = (&request.topic, &request.messages);
        let asked: Vec<_> = std::iter::once(first).chain(further).collect();
        let prepared = prepare(&self.handle, &asked, terms)?;
        let receipt = self.handle.publish(prepared.publication).await?;
        if let Some(client) = client {
            let now = self.handle.mono();
            for ((topic, _), (_, batch)) in asked.iter().zip(&prepared.batches) {
                client.published(topic, batch.count(), now);
            }
        }
        let mut places = places(&prepared.batches, &receipt)?.into_iter();
        let (topic, runs) = places.next().unwrap_or_default();
        let additional = places.map(|(topic, runs)| TopicPlaces {
            topic_id: topic.0,
            runs,
        });
        Ok(PublishResponse {
            topic_id: topic.0,
            runs,
            additional: additional.collect(),
            duplicate: receipt.is_duplicate,
        })
    }
}

#[tonic::async_trait]
impl server::publisher_server::Publisher for Publisher {
    async fn publish(
        &self,
        request: Request<PublishRequest>,
    ) -> Result<Response<PublishResponse>, Status> {
        let client = request.extensions().get::<Connected>().cloned();
        let stored = self.store(request.into_inner(), client).await;
        stored
            .map(Response::new)
            .map_err(|refusal| status(&refusal))
    }

    type PublishStreamStream = Responses<PublishStreamResponse>;

    async fn publish_stream(
        &self,
        request: Request<Streaming<server::PublishStreamRequest>>,
    ) -> Result<Response<Self::PublishStreamStream>, Status> {
        let rotation = self.rotation.fetch_add(1, Ordering::Relaxed);
        let client = request.extensions().get::<Connected>().cloned();
        let handle = self.handle.clone();
        let pipeline = Pipeline::new(handle, request.into_inner(), rotation, client);
        Ok(Response::new(Box::pin(pipeline.responses())))
    }
}
