//! Dead messages on their way elsewhere by an operator's plan: to another topic, or back with another content.

use tonic::Code;
use weir_proto::v1::{
    ActionPlan, ApplyRequest, ErrorReason, Message, MessageEdit, MessageState, NackAction,
    NackChange, NackOptions, Operation, OperationAct, OperationState, PlanRequest, Selection,
};
use weir_tests::broker::{Broker, eager, message, subscription};
use weir_tests::refusals::refused;

use crate::broker;

/// A broker of whose subscription `s` these messages are dead, and a topic `parked` that `p` reads.
async fn broker_with_dead(texts: &[&str]) -> Broker {
    let broker = broker().await;
    broker.pair_with(eager("s", "t", 3)).await;
    broker.topic("parked").await;
    broker.subscription(subscription("p", "parked")).await;
    let messages = texts.iter().map(|text| Message {
        attributes: [("kind".to_owned(), text.chars().take(1).collect())].into(),
        ..message(text)
    });
    let client = broker.client();
    client.publish("t", messages.collect()).await.unwrap();
    kill(&broker, texts.len()).await;
    broker
}

async fn kill(broker: &Broker, count: usize) {
    let pulled = broker.pull_all("s", count).await;
    let changes = pulled.iter().map(|one| NackChange {
        ack_id: one.ack_id.clone(),
        options: Some(NackOptions {
            action: NackAction::Dead.into(),
            reason: "no good".to_owned(),
            error_class: "bad".to_owned(),
            ..NackOptions::default()
        }),
    });
    let nacked = broker.client().puller().nack(changes.collect()).await;
    assert_eq!(nacked.unwrap().changed_count, count as u64);
}

fn act_on_s(act: OperationAct, selection: Selection) -> PlanRequest {
    PlanRequest {
        act: act.into(),
        subscription: "s".to_owned(),
        selection: Some(selection),
        ..PlanRequest::default()
    }
}

fn all() -> Selection {
    Selection {
        all: true,
        ..Selection::default()
    }
}

/// Applies a plan and waits for its end.
async fn done(broker: &Broker, plan: &ActionPlan) -> Operation {
    let operator = broker.client().operator().acting_as("dana");
    let apply = ApplyRequest {
        plan: plan.plan.clone(),
        ..ApplyRequest::default()
    };
    let begun = operator.apply(apply).await.unwrap().operation;
    operator.follow_operation(&begun, |_| ()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moved_messages_tell_where_they_come_from_and_can_be_taken_back() {
    let mut broker = broker_with_dead(&["a1", "b1", "a2", "b2"]).await;
    let operator = broker.client().operator();
    let dead = broker.peek("s", &[MessageState::Dead]).await;
    let request = PlanRequest {
        target_topic: "parked".to_owned(),
        ..act_on_s(
            OperationAct::Move,
            Selection {
                filter: "attributes.kind = \"a\"".to_owned(),
                ..Selection::default()
            },
        )
    };
    let plan = operator.plan(request.clone()).await.unwrap();
    assert_eq!(
        (plan.selected, plan.affected, plan.is_undoable),
        (2, 2, true)
    );
    assert_eq!(plan.target_topic, "parked");
    let moved = done(&broker, &plan).await;
    assert_eq!(
        (moved.state(), moved.affected),
        (OperationState::Finished, 2)
    );
    assert_eq!(
        (moved.act(), moved.target_topic.as_str()),
        (OperationAct::Move, "parked")
    );
    let pulled = broker.pull_all("p", 1).await;
    let first = pulled[0].message.clone().unwrap();
    assert_eq!(&first.payload[..], b"a1");
    let said = |name: &str| first.attributes.get(name).map_or("", String::as_str);
    assert_eq!(said("weir.dead.message_id"), dead[0].message_id);
    assert_eq!(said("weir.dead.operation"), moved.operation);
    assert_eq!(
        [
            said("weir.dead.subscription"),
            said("weir.dead.attempts"),
            said("weir.dead.error_class")
        ],
        ["s", "1", "bad"]
    );
    broker.acknowledge(&pulled).await;
    broker.kill();
    broker.start_again().await;
    let operator = broker.client().operator();
    let (undo, counted) = operator.undo(&moved.operation).await.unwrap();
    assert_eq!((counted.selected, counted.affected), (2, 1));
    operator
        .follow_operation(&undo.operation, |_| ())
        .await
        .unwrap();
    let (from, to) = (broker.stats("s").await, broker.stats("p").await);
    assert_eq!((from.dead, to.ready, to.acked), (3, 0, 1));
    let unnamed = PlanRequest {
        target_topic: String::new(),
        ..request
    };
    let unnamed = operator.plan(unnamed).await;
    refused(unnamed, Code::InvalidArgument, ErrorReason::FieldRequired);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moved_to_their_own_topic_they_are_new_messages_for_all_who_read_it() {
    let mut broker = broker_with_dead(&["a1", "b1", "a2"]).await;
    broker.subscription(subscription("other", "t")).await;
    let operator = broker.client().operator();
    let dead = broker.peek("s", &[MessageState::Dead]).await;
    let request = PlanRequest {
        target_topic: "t".to_owned(),
        ..act_on_s(OperationAct::Move, all())
    };
    let plan = operator.plan(request).await.unwrap();
    assert_eq!((plan.affected, plan.target_topic.as_str()), (3, "t"));
    let warned = "all 2 subscriptions of t get them as new messages";
    assert!(plan.warnings[0].starts_with(warned), "{:?}", plan.warnings);
    let moved = done(&broker, &plan).await;
    assert_eq!(
        (moved.state(), moved.affected),
        (OperationState::Finished, 3)
    );
    broker.kill();
    broker.start_again().await;
    let (own, other) = (broker.stats("s").await, broker.stats("other").await);
    assert_eq!((own.dead, own.ready, other.ready), (0, 3, 3));
    let pulled = broker.pull_all("other", 3).await;
    let from = |at: usize| {
        let message: Option<&Message> = pulled[at].message.as_ref();
        message.unwrap().attributes["weir.dead.message_id"].clone()
    };
    let mut froms: Vec<String> = (0..3).map(from).collect();
    froms.sort();
    let mut ids: Vec<String> = dead.into_iter().map(|one| one.message_id).collect();
    ids.sort();
    assert_eq!(froms, ids);
    // The other one has them in hand: they are taken back from nobody.
    let operator = broker.client().operator();
    let (_, counted) = operator.undo(&moved.operation).await.unwrap();
    assert_eq!((counted.selected, counted.affected), (3, 0));
}

fn mending(message_id: &str) -> PlanRequest {
    let named = Selection {
        message_ids: vec![message_id.to_owned()],
        ..Selection::default()
    };
    PlanRequest {
        edit: Some(MessageEdit {
            payload: Some("b1 mended".into()),
            set_attributes: [("checked".to_owned(), "dana".to_owned())].into(),
            remove_attributes: vec!["kind".to_owned()],
            ordering_key: None,
        }),
        ..act_on_s(OperationAct::Edit, named)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edited_message_comes_back_to_the_subscription_that_failed_alone() {
    let mut broker = broker_with_dead(&["a1", "b1"]).await;
    broker.subscription(subscription("other", "t")).await;
    let operator = broker.client().operator();
    let dead = broker.peek("s", &[MessageState::Dead]).await;
    let edit = mending(&dead[1].message_id);
    let plan = operator.plan(edit.clone()).await.unwrap();
    let told: Vec<_> = plan
        .changes
        .iter()
        .map(|one| {
            (
                one.field.as_str(),
                one.before.as_deref(),
                one.after.as_deref(),
            )
        })
        .collect();
    let expected = [
        ("payload", Some("b1"), Some("b1 mended")),
        ("attributes.checked", None, Some("dana")),
        ("attributes.kind", Some("b"), None),
    ];
    assert_eq!(told, expected);
    let edited = done(&broker, &plan).await;
    assert_eq!(done(&broker, &plan).await.operation, edited.operation);
    assert_eq!(
        (edited.state(), edited.affected),
        (OperationState::Finished, 1)
    );
    broker.kill();
    broker.start_again().await;
    assert_eq!(
        broker.stats("other").await.ready,
        0,
        "it is not for the other"
    );
    let pulled = broker.pull_all("s", 1).await;
    let message = pulled[0].message.clone().unwrap();
    assert_eq!(&message.payload[..], b"b1 mended");
    let said = |name: &str| message.attributes.get(name).map(String::as_str);
    assert_eq!((said("checked"), said("kind")), (Some("dana"), None));
    assert_eq!(
        said("weir.dead.message_id"),
        Some(dead[1].message_id.as_str())
    );
    assert_eq!(said("weir.dead.operation"), Some(edited.operation.as_str()));
    let operator = broker.client().operator();
    let old = operator
        .get_message(dead[1].message_id.parse().unwrap())
        .await
        .unwrap();
    assert_eq!(old.operations[0].operation, edited.operation);
    let new = operator
        .get_message(pulled[0].message_id.parse().unwrap())
        .await
        .unwrap();
    assert_eq!(
        new.operations[0].operation, edited.operation,
        "the new one is linked to it, too"
    );
    // It was handed out, so it cannot be taken back; and it is dead no more, so it cannot be edited again.
    let (_, counted) = operator.undo(&edited.operation).await.unwrap();
    assert_eq!((counted.selected, counted.affected), (1, 0));
    let again = operator.plan(edit).await;
    refused(again, Code::InvalidArgument, ErrorReason::ValueOutOfRange);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purge_by_filter_or_key_takes_exactly_what_it_is_true_of() {
    let broker = broker().await;
    broker.pair_with(eager("s", "t", 3)).await;
    let messages = (0..3_000).map(|at: u32| Message {
        attributes: [("kind".to_owned(), (at % 3).to_string())].into(),
        ordering_key: format!("key-{}", at % 5),
        ..message(&at.to_string())
    });
    let client = broker.client();
    client.publish("t", messages.collect()).await.unwrap();
    let operator = client.operator();
    let both = Selection {
        filter: "attributes.kind = \"0\"".to_owned(),
        ordering_key: "key-2".to_owned(),
        ..Selection::default()
    };
    let plan = operator
        .plan(act_on_s(OperationAct::Purge, both))
        .await
        .unwrap();
    assert_eq!((plan.selected, plan.affected), (200, 200));
    assert_eq!(done(&broker, &plan).await.affected, 200);
    let by_key = Selection {
        ordering_key: "key-2".to_owned(),
        ..Selection::default()
    };
    let plan = operator
        .plan(act_on_s(OperationAct::Purge, by_key))
        .await
        .unwrap();
    assert_eq!(plan.affected, 400);
    let everything = operator
        .plan(act_on_s(OperationAct::Purge, all()))
        .await
        .unwrap();
    assert_eq!(everything.affected, 2_800);
    let bad = Selection {
        filter: "attributes.kind == 3".to_owned(),
        ..Selection::default()
    };
    let bad = operator.plan(act_on_s(OperationAct::Purge, bad)).await;
    refused(bad, Code::InvalidArgument, ErrorReason::FilterInvalid);
}
