//! The service `Publisher`: checks batches, makes their bodies and hands them to the shard.

use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use tonic::{Request, Response, Status, Streaming};
use weir_proto::server;
use weir_proto::server::{PublishRequest, PublishResponse, PublishStreamResponse};

use super::convert;
use super::publish_stream::Pipeline;
use super::storing::{Responses, answer, prepare};
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

    async fn store(&self, topic: &str, messages: &[Bytes]) -> Result<PublishResponse, Refusal> {
        let topic = convert::name("topic", topic)?;
        let rotation = self.rotation.fetch_add(1, Ordering::Relaxed);
        let (topic, mut batch) = prepare(&self.handle, &topic, messages, rotation)?;
        let bodies = std::mem::take(&mut batch.bodies);
        let receipt = self.handle.publish(topic, bodies).await?;
        Ok(answer(&batch, &receipt))
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
