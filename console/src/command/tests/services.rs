//! What the broker in memory answers. What no test asks is not offered.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::watch;
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status, Streaming, async_trait};
use weir_proto::server::*;

use super::answers::{Answer, SUBSCRIPTIONS, absent, checked_subscription, stale};
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

#[async_trait]
impl operator_server::Operator for Services {
    async fn add_mark(&self, _: Request<AddMarkRequest>) -> Answer<AddMarkResponse> {
        absent()
    }

    async fn peek(&self, request: Request<PeekRequest>) -> Answer<PeekResponse> {
        let request = request.into_inner();
        checked_subscription(&request.subscription)?;
        let first = request.page_token.parse().unwrap_or(0);
        let count = usize::try_from(request.page_size).expect("a page has a size");
        let messages = self.memory().dead_from(first, count);
        let next_page_token = if messages.len() == count {
            (first + count).to_string()
        } else {
            String::new()
        };
        Ok(Response::new(PeekResponse {
            messages,
            next_page_token,
        }))
    }

    async fn get_message(&self, _: Request<GetMessageRequest>) -> Answer<GetMessageResponse> {
        absent()
    }

    async fn requeue_dead_letters(
        &self,
        request: Request<RequeueDeadLettersRequest>,
    ) -> Answer<RequeueDeadLettersResponse> {
        let request = request.into_inner();
        let selection = request.selection.unwrap_or_default();
        let operation = Some(summary(request.dry_run, &selection));
        self.memory()
            .acts
            .push(("requeue", request.dry_run, selection));
        Ok(Response::new(RequeueDeadLettersResponse { operation }))
    }

    async fn group_dead_letters(
        &self,
        request: Request<GroupDeadLettersRequest>,
    ) -> Answer<GroupDeadLettersResponse> {
        super::answers::groups(&request.into_inner().subscription)
    }

    async fn release_key(&self, request: Request<ReleaseKeyRequest>) -> Answer<ReleaseKeyResponse> {
        self.memory().released.push(request.into_inner());
        Ok(Response::new(ReleaseKeyResponse { passed: 3 }))
    }

    async fn seek(&self, request: Request<SeekRequest>) -> Answer<SeekResponse> {
        let request = request.into_inner();
        let dry_run = request.dry_run;
        self.memory().seeks.push(request);
        Ok(Response::new(SeekResponse {
            skipped: 1_200,
            restored: 0,
            ended_leases: if dry_run { 3 } else { 4 },
        }))
    }

    async fn purge_backlog(
        &self,
        request: Request<PurgeBacklogRequest>,
    ) -> Answer<PurgeBacklogResponse> {
        let request = request.into_inner();
        assert_eq!(
            request.scope(),
            PurgeScope::Dead,
            "dlq purge touches dead messages only"
        );
        let selection = request.selection.unwrap_or_default();
        let operation = Some(summary(request.dry_run, &selection));
        self.memory()
            .acts
            .push(("purge", request.dry_run, selection));
        Ok(Response::new(PurgeBacklogResponse { operation }))
    }
}

/// As many as were named, or three.
fn summary(dry_run: bool, selection: &Selection) -> OperationSummary {
    let named = selection.message_ids.len() as u64;
    let selected = if named > 0 { named } else { 3 };
    let (operation, state) = if dry_run {
        (String::new(), OperationState::Planned)
    } else {
        ("op-1".to_owned(), OperationState::Finished)
    };
    OperationSummary {
        operation,
        state: state.into(),
        selected,
        affected: selected,
        skipped: 0,
    }
}

#[async_trait]
impl stats_server::Stats for Services {
    type WatchStream = Answers<WatchResponse>;
    type WatchEventsStream = Answers<WatchEventsResponse>;

    async fn advise(&self, _: Request<AdviseRequest>) -> Answer<AdviseResponse> {
        absent()
    }

    async fn watch_events(
        &self,
        _: Request<WatchEventsRequest>,
    ) -> Answer<Self::WatchEventsStream> {
        absent()
    }

    async fn get_stats(&self, request: Request<GetStatsRequest>) -> Answer<GetStatsResponse> {
        let only = request.into_inner().subscription;
        let ready = self.memory().ready.len() as u64;
        let stats = |name: &&str| SubscriptionStats {
            name: (*name).to_owned(),
            topic: "orders".to_owned(),
            ready,
            backlog: ready,
            dead: u64::from(*name == "billing") * 3,
            ..SubscriptionStats::default()
        };
        let asked = |name: &&&str| only.is_empty() || **name == only;
        let subscriptions = SUBSCRIPTIONS.iter().filter(asked).map(stats).collect();
        Ok(Response::new(GetStatsResponse {
            subscriptions,
            ..GetStatsResponse::default()
        }))
    }

    async fn history(&self, _: Request<HistoryRequest>) -> Answer<HistoryResponse> {
        absent()
    }

    async fn watch(&self, _: Request<WatchRequest>) -> Answer<Self::WatchStream> {
        absent()
    }
}
