//! What both ways of publishing share: a batch on its way to the shard, and its answer.

use std::pin::Pin;

use bytes::Bytes;
use futures_util::Stream;
use tonic::Status;
use weir_proto::server::PublishResponse;

use super::batch::{self, Batch};
use crate::core::Receipt;
use crate::model::{Name, Refusal, TopicId};
use crate::shard::Handle;

/// A stream of responses, as tonic takes it.
pub(super) type Responses<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Checks a batch for a topic and makes its bodies.
pub(super) fn prepare(
    handle: &Handle,
    topic: &Name,
    messages: &[Bytes],
    rotation: u32,
) -> Result<(TopicId, Batch), Refusal> {
    let route = handle.route(topic)?;
    let batch = batch::build(messages, route.partitions, rotation, handle.time())?;
    Ok((route.topic, batch))
}

/// Where a batch was stored.
pub(super) fn answer(batch: &Batch, receipt: &Receipt) -> PublishResponse {
    PublishResponse {
        topic_id: receipt.topic.0,
        runs: batch.runs(&receipt.runs),
    }
}
