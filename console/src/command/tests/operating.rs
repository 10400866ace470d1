//! What the broker in memory answers to who looks, acts and measures.

use tokio_stream::StreamExt as _;
use tonic::{Request, Response, async_trait};
use weir_proto::server::*;

use super::answers::{Answer, SUBSCRIPTIONS, absent, checked_subscription};
use super::services::{Answers, Services};

#[async_trait]
impl operator_server::Operator for Services {
    type WatchOperationStream = Answers<WatchOperationResponse>;
    type WatchAuditStream = Answers<WatchAuditResponse>;

    async fn plan(&self, _: Request<PlanRequest>) -> Answer<PlanResponse> {
        absent()
    }

    async fn apply(&self, _: Request<ApplyRequest>) -> Answer<ApplyResponse> {
        absent()
    }

    async fn undo(&self, _: Request<UndoRequest>) -> Answer<UndoResponse> {
        absent()
    }

    async fn list_operations(
        &self,
        _: Request<ListOperationsRequest>,
    ) -> Answer<ListOperationsResponse> {
        absent()
    }

    async fn get_operation(&self, _: Request<GetOperationRequest>) -> Answer<GetOperationResponse> {
        absent()
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
        _: Request<WatchOperationRequest>,
    ) -> Answer<Self::WatchOperationStream> {
        absent()
    }

    async fn watch_audit(&self, _: Request<WatchAuditRequest>) -> Answer<Self::WatchAuditStream> {
        absent()
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
