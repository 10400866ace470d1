//! The service `Publisher`: checks batches, makes their bodies and hands them to the shard.

use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use futures_util::Stream;
use tonic::{Request, Response, Status, Streaming};
use weir_proto::server;
use weir_proto::server::{PublishRequest, PublishResponse, PublishStreamResponse};

use super::batch::{self, Batch};
use super::convert;
use super::publish_stream::Pipeline;
use crate::api::status::status;
use crate::core::Receipt;
use crate::model::{Name, Refusal, TopicId};
use crate::shard::Handle;

/// A stream of responses, as tonic takes it.
pub(crate) type Responses<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

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

    async fn store(&self, topic: &str, messages: &[Bytes]) -> Result<PublishResponse, Refusal> {
        let topic = convert::name("topic", topic)?;
        let rotation = self.rotation.fetch_add(1, Ordering::Relaxed);
        let (topic, mut batch) = prepare(&self.handle, &topic, messages, rotation)?;
        let bodies = std::mem::take(&mut batch.bodies);
        let receipt = self.handle.publish(topic, bodies).await?;
        Ok(answer(&batch, &receipt))
    }
}

/// Checks a batch for a topic and makes its bodies.
pub(super) fn prepare(
    handle: &Handle,
    topic: &Name,
    messages: &[Bytes],
    rotation: u32,
) -> Result<(TopicId, Batch), Refusal> {
    let route = handle.route(topic)?;
    Ok((
        route.topic,
        batch::build(messages, route.partitions, rotation)?,
    ))
}

/// Where a batch was stored.
pub(super) fn answer(batch: &Batch, receipt: &Receipt) -> PublishResponse {
    PublishResponse {
        topic_id: receipt.topic.0,
        runs: batch.runs(&receipt.runs),
    }
}

#[tonic::async_trait]
impl server::publisher_server::Publisher for Publisher {
    async fn publish(
        &self,
        request: Request<PublishRequest>,
    ) -> Result<Response<PublishResponse>, Status> {
        let PublishRequest { topic, messages } = request.into_inner();
        let stored = self.store(&topic, &messages).await;
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
        let pipeline = Pipeline::new(self.handle.clone(), request.into_inner(), rotation);
        Ok(Response::new(Box::pin(pipeline.responses())))
    }
}
