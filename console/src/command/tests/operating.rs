//! What the broker in memory answers to who looks, acts and measures.

use tokio_stream::StreamExt as _;
use tonic::{Request, Response, Status, async_trait};
use weir_proto::server::*;

use super::answers::{Answer, SUBSCRIPTIONS, absent, checked_subscription};
use super::planning;
use super::services::{Answers, Services};

#[async_trait]
impl operator_server::Operator for Services {
    type WatchOperationStream = Answers<WatchOperationResponse>;
    type WatchAuditStream = Answers<WatchAuditResponse>;

    async fn plan(&self, request: Request<PlanRequest>) -> Answer<PlanResponse> {
        planning::plan(&mut self.memory(), request.into_inner())
    }

    async fn apply(&self, request: Request<ApplyRequest>) -> Answer<ApplyResponse> {
        if self.memory().is_forbidden {
            let message = "dana may not operate on billing";
            return Err(Status::permission_denied(message));
        }
        planning::apply(&mut self.memory(), request.into_inner())
    }

    async fn undo(&self, _: Request<UndoRequest>) -> Answer<UndoResponse> {
        absent()
    }

    async fn list_operations(
        &self,
        _: Request<ListOperationsRequest>,
    ) -> Answer<ListOperationsResponse> {
        let mut operations = self.memory().operations.clone();
        operations.reverse();
        Ok(Response::new(ListOperationsResponse {
            operations,
            next_page_token: String::new(),
        }))
    }

    async fn get_operation(
        &self,
        request: Request<GetOperationRequest>,
    ) -> Answer<GetOperationResponse> {
        let operation = Some(planning::found(
            &self.memory(),
            &request.into_inner().operation,
        )?);
        Ok(Response::new(GetOperationResponse { operation }))
    }

    async fn pause_operation(
        &self,
        _: Request<PauseOperationRequest>,
    ) -> Answer<PauseOperationResponse> {
        absent()
    }

    async fn resume_operation(
        &self,
        _: Request<ResumeOperationRequest>,
    ) -> Answer<ResumeOperationResponse> {
        absent()
    }

    async fn cancel_operation(
        &self,
        _: Request<CancelOperationRequest>,
    ) -> Answer<CancelOperationResponse> {
        absent()
    }

    async fn list_audit(&self, _: Request<ListAuditRequest>) -> Answer<ListAuditResponse> {
        absent()
    }

    async fn watch_operation(
        &self,
        request: Request<WatchOperationRequest>,
    ) -> Answer<Self::WatchOperationStream> {
        let ended = planning::found(&self.memory(), &request.into_inner().operation)?;
        let under_way = Operation {
            state: OperationState::Running.into(),
            affected: 0,
            ..ended.clone()
        };
        let states = [under_way, ended].map(|operation| {
            Ok(WatchOperationResponse {
                operation: Some(operation),
            })
        });
        Ok(Response::new(Box::pin(tokio_stream::iter(states))))
    }

    async fn watch_audit(&self, _: Request<WatchAuditRequest>) -> Answer<Self::WatchAuditStream> {
        let records = super::answers::audit();
        let answer = [Ok(WatchAuditResponse { records })];
        Ok(Response::new(Box::pin(tokio_stream::iter(answer))))
    }

    async fn add_mark(&self, request: Request<AddMarkRequest>) -> Answer<AddMarkResponse> {
        let request = request.into_inner();
        let event = Event {
            sequence: 9,
            kind: EventKind::Mark.into(),
            text: request.text,
            topic: request.topic,
            subscription: request.subscription,
            actor: request.actor,
            merged_count: 1,
            ..Event::default()
        };
        Ok(Response::new(AddMarkResponse { event: Some(event) }))
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
        _: Request<RequeueDeadLettersRequest>,
    ) -> Answer<RequeueDeadLettersResponse> {
        absent()
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

    async fn seek(&self, _: Request<SeekRequest>) -> Answer<SeekResponse> {
        absent()
    }

    async fn purge_backlog(&self, _: Request<PurgeBacklogRequest>) -> Answer<PurgeBacklogResponse> {
        absent()
    }
}

#[async_trait]
impl stats_server::Stats for Services {
    type WatchStream = Answers<WatchResponse>;
    type WatchEventsStream = Answers<WatchEventsResponse>;

    async fn advise(&self, request: Request<AdviseRequest>) -> Answer<AdviseResponse> {
        let request = request.into_inner();
        checked_subscription(&request.subscription)?;
        let within = request.drain_within.unwrap_or_default().seconds;
        Ok(Response::new(AdviseResponse {
            summary: format!("Run 5 consumers to end the backlog within {within} s."),
            consumer_count: 2,
            recommended: Some(5.min(request.max_consumers.max(1))),
            confidence: Confidence::Medium.into(),
            bound: AdviceBound::Keys.into(),
            max_useful: Some(8),
            ..AdviseResponse::default()
        }))
    }

    async fn watch_events(
        &self,
        request: Request<WatchEventsRequest>,
    ) -> Answer<Self::WatchEventsStream> {
        let request = request.into_inner();
        let first = tokio_stream::iter([Ok(super::answers::events(&request))]);
        let rest = tokio_stream::pending();
        let stream: Self::WatchEventsStream = if request.follow {
            Box::pin(first.chain(rest))
        } else {
            Box::pin(first)
        };
        Ok(Response::new(stream))
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
