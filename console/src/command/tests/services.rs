//! What the broker in memory answers. What no test asks is not offered.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::watch;
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status, Streaming, async_trait};
use weir_proto::server::*;

use super::answers::{Answer, absent, checked_subscription, stale};
use super::broker::Memory;

pub(super) type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[derive(Clone)]
pub(super) struct Services {
    pub(super) memory: Arc<Mutex<Memory>>,
    pub(super) die: Arc<watch::Sender<bool>>,
}

impl Services {
    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory
            .lock()
            .expect("no test panics while it holds the lock")
    }
}

#[async_trait]
impl publisher_server::Publisher for Services {
    type PublishStreamStream = Answers<PublishStreamResponse>;

    async fn publish(&self, _: Request<PublishRequest>) -> Answer<PublishResponse> {
        absent()
    }

    async fn publish_stream(
        &self,
        request: Request<Streaming<PublishStreamRequest>>,
    ) -> Answer<Self::PublishStreamStream> {
        let services = self.clone();
        let answers = request.into_inner().map(move |request| {
            let request = request?;
            let count = request.messages.len();
            let mut memory = services.memory();
            if memory.dies_after_batches == Some(memory.batches.len()) {
                services.die.send_replace(true);
                return Err(Status::unavailable("the broker is gone"));
            }
            let first_offset = memory.batches.iter().sum::<usize>() as u64;
            memory.batches.push(count);
            let message_count = u32::try_from(count).expect("a batch");
            let run = PublishedRun {
                partition: 0,
                first_offset,
                message_count,
            };
            let batch_id = request.batch_id;
            let result = PublishResult {
                batch_id,
                topic_id: 7,
                runs: vec![run],
                ..PublishResult::default()
            };
            Ok(PublishStreamResponse {
                results: vec![result],
            })
        });
        Ok(Response::new(Box::pin(answers)))
    }
}

#[async_trait]
impl subscriber_server::Subscriber for Services {
    type SubscribeStream = Answers<SubscribeResponse>;

    async fn subscribe(
        &self,
        _: Request<Streaming<SubscribeRequest>>,
    ) -> Answer<Self::SubscribeStream> {
        absent()
    }

    async fn pull(&self, request: Request<PullRequest>) -> Answer<PullResponse> {
        let request = request.into_inner();
        checked_subscription(&request.subscription)?;
        let deliveries = self.memory().lease(request.max_messages);
        Ok(Response::new(PullResponse { deliveries }))
    }

    async fn acknowledge(
        &self,
        request: Request<AcknowledgeRequest>,
    ) -> Answer<AcknowledgeResponse> {
        let mut memory = self.memory();
        let mut answer = AcknowledgeResponse::default();
        for ack_id in request.into_inner().ack_ids {
            if memory.end_lease(&ack_id) {
                memory.acked.push(ack_id);
            } else {
                answer.errors.push(stale(ack_id));
            }
        }
        Ok(Response::new(answer))
    }

    async fn nack(&self, request: Request<NackRequest>) -> Answer<NackResponse> {
        let mut memory = self.memory();
        let mut answer = NackResponse::default();
        for change in request.into_inner().changes {
            let options = change.options.expect("how it is given back");
            if memory.end_lease(&change.ack_id) {
                let action = options.action();
                memory.nacked.push((change.ack_id, action, options.reason));
            } else {
                answer.errors.push(stale(change.ack_id));
            }
        }
        Ok(Response::new(answer))
    }

    async fn extend(&self, _: Request<ExtendRequest>) -> Answer<ExtendResponse> {
        Ok(Response::new(ExtendResponse::default()))
    }

    type ReadStream = Answers<ReadResponse>;

    async fn read(&self, _: Request<ReadRequest>) -> Answer<Self::ReadStream> {
        Err(Status::unimplemented("not in this test"))
    }
}
