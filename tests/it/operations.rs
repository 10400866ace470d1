//! Acts on many messages through the API: planned, applied, followed, taken back, and on record.

use tonic::Code;
use weir_proto::v1::{
    ActionPlan, ApplyRequest, ErrorReason, ListAuditRequest, ListOperationsRequest, MessageState,
    NackAction, NackChange, NackOptions, OperationAct, OperationState, PlanRequest, Selection,
};
use weir_tests::broker::{Broker, eager};
use weir_tests::refusals::refused;

use crate::broker;

/// A broker of whose subscription so many messages are dead.
async fn broker_with_dead(count: usize) -> Broker {
    let broker = broker().await;
    broker.pair_with(eager("s", "t", 3)).await;
    let texts: Vec<String> = (0..count).map(|at| format!("{at:03}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    broker.publish_texts("t", &texts).await;
    let pulled = broker.pull_all("s", count).await;
    let changes = pulled.iter().map(|one| NackChange {
        ack_id: one.ack_id.clone(),
        options: Some(NackOptions {
            action: NackAction::Dead.into(),
            reason: "no".to_owned(),
            ..NackOptions::default()
        }),
    });
    let nacked = broker.client().puller().nack(changes.collect()).await;
    assert_eq!(nacked.unwrap().changed_count, count as u64);
    broker
}

fn requeue() -> PlanRequest {
    PlanRequest {
        act: OperationAct::Requeue.into(),
        subscription: "s".to_owned(),
        selection: Some(Selection {
            all: true,
            ..Selection::default()
        }),
        ..PlanRequest::default()
    }
}

fn apply(plan: &ActionPlan) -> ApplyRequest {
    ApplyRequest {
        plan: plan.plan.clone(),
        ..ApplyRequest::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operation_is_planned_applied_followed_taken_back_and_on_record() {
    let mut broker = broker_with_dead(50).await;
    let operator = broker.client().operator().acting_as("dana");
    let plan = operator.plan(requeue()).await.unwrap();
    assert_eq!(
        (plan.selected, plan.affected, plan.is_undoable),
        (50, 50, true)
    );
    assert!(plan.bytes > 0 && plan.expire_time.is_some());
    assert_eq!(broker.stats("s").await.dead, 50, "a plan changes nothing");
    let slowly = ApplyRequest {
        rate: 100,
        ..apply(&plan)
    };
    let begun = operator.apply(slowly.clone()).await.unwrap();
    assert_eq!(
        operator.apply(slowly).await.unwrap().operation,
        begun.operation
    );
    let mut seen = Vec::new();
    let done = operator.follow_operation(&begun.operation, |state| seen.push(state.affected));
    let done = done.await.unwrap();
    assert_eq!(
        (done.state(), done.affected),
        (OperationState::Finished, 50)
    );
    assert!(seen.len() > 1 && seen.is_sorted(), "{seen:?}");
    assert_eq!((done.actor.as_str(), &done.plan), ("dana", &plan.plan));
    // Two are handed out: they cannot be pulled back.
    let pulled = broker.pull_all("s", 2).await;
    broker.acknowledge(&pulled).await;
    let shown = operator
        .get_message(pulled[0].message_id.parse().unwrap())
        .await
        .unwrap();
    assert_eq!(shown.operations[0].operation, done.operation);
    let (undo, counted) = operator.undo(&done.operation).await.unwrap();
    assert_eq!(
        (counted.affected, counted.delivered_message_ids.len()),
        (48, 2)
    );
    let undone = operator
        .follow_operation(&undo.operation, |_| ())
        .await
        .unwrap();
    assert_eq!(
        (undone.affected, undone.undoes.as_str()),
        (48, done.operation.as_str())
    );
    broker.kill();
    broker.start_again().await;
    let operator = broker.client().operator();
    let stats = broker.stats("s").await;
    assert_eq!((stats.dead, stats.ready, stats.acked), (48, 0, 2));
    assert_eq!(broker.peek("s", &[MessageState::Dead]).await.len(), 48);
    let listed = operator
        .list_operations(ListOperationsRequest::default())
        .await
        .unwrap();
    let ids: Vec<_> = listed.operations.iter().map(|one| &one.operation).collect();
    assert_eq!(ids, [&undo.operation, &done.operation]);
    check_record(&broker).await;
}

/// Who requeued, and who took it back, is on record.
async fn check_record(broker: &Broker) {
    let operator = broker.client().operator();
    let audit = operator
        .list_audit(ListAuditRequest::default())
        .await
        .unwrap();
    assert!(audit.is_intact);
    let verbs: Vec<_> = audit
        .records
        .iter()
        .rev()
        .map(|act| act.verb.as_str())
        .collect();
    let expected = [
        "topic.create",
        "subscription.create",
        "requeue.begin",
        "requeue.finish",
        "undo.begin",
        "undo.finish",
    ];
    assert_eq!(verbs, expected);
    assert_eq!(audit.records[3].actor, "dana");
    let peer = &audit.records[3].peer;
    assert!(peer.starts_with("127.0.0.1:"), "{peer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_applied_or_taken_back_says_why() {
    let mut broker = broker_with_dead(5).await;
    let operator = broker.client().operator();
    let unknown = operator.get_operation("99").await;
    refused(unknown, Code::NotFound, ErrorReason::OperationNotFound);
    let foreign = ActionPlan {
        plan: "plan-00000000000000ff-1-1".to_owned(),
        ..ActionPlan::default()
    };
    let foreign = operator.apply(apply(&foreign)).await;
    let (code, reason) = (Code::FailedPrecondition, ErrorReason::PlanOfAnotherBroker);
    refused(foreign, code, reason);
    let plan = operator.plan(requeue()).await.unwrap();
    let discard = PlanRequest {
        act: OperationAct::Discard.into(),
        selection: Some(Selection {
            keep_newest: Some(3),
            ..Selection::default()
        }),
        ..requeue()
    };
    let discard = operator.plan(discard).await.unwrap();
    for (wanted, is_named) in [
        (OperationAct::Requeue, ("t", "s")),
        (OperationAct::Discard, ("t", "another")),
        (OperationAct::Discard, ("another", "s")),
    ] {
        let request = ApplyRequest {
            act: wanted.into(),
            topic: is_named.0.to_owned(),
            subscription: is_named.1.to_owned(),
            ..apply(&discard)
        };
        let (code, reason) = (Code::FailedPrecondition, ErrorReason::PlanMismatch);
        refused(operator.apply(request).await, code, reason);
    }
    let discarded = operator.apply(apply(&discard)).await.unwrap().operation;
    operator.follow_operation(&discarded, |_| ()).await.unwrap();
    let shrunk = operator.apply(apply(&plan)).await;
    refused(shrunk, Code::Aborted, ErrorReason::SelectionShrank);
    let paused = operator.pause_operation(&discarded).await;
    refused(
        paused,
        Code::FailedPrecondition,
        ErrorReason::OperationState,
    );
    let (undo, _) = operator.undo(&discarded).await.unwrap();
    operator
        .follow_operation(&undo.operation, |_| ())
        .await
        .unwrap();
    let again = operator.undo(&discarded).await;
    refused(again, Code::FailedPrecondition, ErrorReason::UndoTooLate);
    assert_eq!(broker.stats("s").await.dead, 5);
    broker.kill();
    broker.start_again().await;
    let late = broker.client().operator().apply(apply(&plan)).await;
    refused(late, Code::FailedPrecondition, ErrorReason::PlanExpired);
}
