//! Dead messages are forwarded to a topic: once, with where and why they died, and never into nothing.

use std::time::Duration;

use tonic::Code;
use weir_proto::v1::{
    DropCause, ErrorReason, Message, MessageState, NackAction, NackChange, NackOptions,
    StartPosition, Subscription,
};
use weir_tests::broker::{Broker, subscription};
use weir_tests::refusals::refused;
use weir_tests::wait;

use crate::broker;

const LIMIT: Duration = Duration::from_secs(20);

fn forwarding() -> Subscription {
    Subscription {
        dead_letter_topic: "graveyard".to_owned(),
        ..subscription("s", "t")
    }
}

/// Takes so many messages and makes them dead.
async fn kill(broker: &Broker, count: usize) {
    let got = broker.pull_all("s", count).await;
    let options = NackOptions {
        action: NackAction::Dead.into(),
        reason: "not an order".to_owned(),
        error_class: "Malformed".to_owned(),
        ..NackOptions::default()
    };
    let changes = got.into_iter().map(|one| NackChange {
        ack_id: one.ack_id,
        options: Some(options.clone()),
    });
    let nacked = broker.client().puller().nack(changes.collect()).await;
    assert_eq!(nacked.unwrap().changed_count, count as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_message_is_forwarded_once_with_where_and_why_it_died() {
    let mut broker = broker().await;
    broker.topic("graveyard").await;
    broker
        .subscription(subscription("reader", "graveyard"))
        .await;
    broker.pair_with(forwarding()).await;
    let message = Message {
        payload: "x".into(),
        ordering_key: "k".to_owned(),
        attributes: [("kind".to_owned(), "b".to_owned())].into(),
        ..Message::default()
    };
    let ids = broker.publish("t", vec![message; 3]).await;
    kill(&broker, 2).await;
    let letters = broker.pull_all("reader", 2).await;
    for (letter, id) in letters.iter().zip(&ids) {
        let message = letter.message.as_ref().unwrap();
        assert_eq!(
            (&*message.payload, &*message.ordering_key),
            (&b"x"[..], "k")
        );
        let id = id.to_string();
        let expected = [
            ("kind", "b"),
            ("weir.dead.subscription", "s"),
            ("weir.dead.message_id", &id),
            ("weir.dead.attempts", "1"),
            ("weir.dead.error_class", "Malformed"),
            ("weir.dead.reason", "not an order"),
        ];
        assert_eq!(message.attributes.len(), expected.len());
        for (key, value) in expected {
            assert_eq!(message.attributes[key], value, "{key}");
        }
    }
    broker.kill();
    broker.start_again().await;
    let stats = broker.stats("s").await;
    assert_eq!((stats.dead, stats.ready), (0, 1));
    let moved = &stats.dropped[0];
    assert_eq!((moved.cause(), moved.count), (DropCause::Moved, 2));
    assert_eq!(broker.stats("reader").await.entered, 2, "never twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_letter_topic_that_is_missing_is_refused_and_one_that_goes_holds_its_letters() {
    let mut broker = broker().await;
    broker.topic("t").await;
    let admin = broker.client().admin();
    let latest = StartPosition::Latest;
    let missing = admin.create_subscription(forwarding(), latest).await;
    let reason = ErrorReason::DeadLetterTopicMissing;
    refused(missing, Code::FailedPrecondition, reason);
    let own = Subscription {
        dead_letter_topic: "t".to_owned(),
        ..forwarding()
    };
    let own = admin.create_subscription(own, latest).await;
    refused(own, Code::InvalidArgument, ErrorReason::ValueOutOfRange);
    broker.topic("graveyard").await;
    broker.subscription(forwarding()).await;
    admin.delete_topic("graveyard").await.unwrap();
    broker.publish_texts("t", &["a", "b"]).await;
    kill(&broker, 2).await;
    broker.kill();
    broker.start_again().await;
    let stats = broker.stats("s").await;
    assert!(stats.dead_letters_held);
    assert_eq!(broker.peek("s", &[MessageState::Dead]).await.len(), 2);
    // A new topic of that name takes them, once somebody reads it.
    broker.topic("graveyard").await;
    assert_eq!(broker.stats("s").await.dead, 2);
    broker
        .subscription(subscription("reader", "graveyard"))
        .await;
    wait::until("the letters come", LIMIT, async || {
        let reader = broker.stats("reader").await;
        (reader.ready == 2).then_some(())
    })
    .await;
    let stats = broker.stats("s").await;
    assert_eq!((stats.dead, stats.dead_letters_held), (0, false));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requeues_while_messages_die_and_are_forwarded_lose_and_double_nothing() {
    let broker = broker().await;
    broker.topic("graveyard").await;
    broker
        .subscription(subscription("reader", "graveyard"))
        .await;
    broker.pair_with(forwarding()).await;
    for _ in 0..10 {
        broker.publish_texts("t", &["x"; 50]).await;
        kill(&broker, 50).await;
        broker.requeue_all("s").await;
    }
    wait::until("nothing is dead any more", LIMIT, async || {
        let stats = broker.stats("s").await;
        (stats.dead == 0).then_some(())
    })
    .await;
    let (stats, reader) = (broker.stats("s").await, broker.stats("reader").await);
    assert_eq!(stats.ready + reader.ready, 500, "{stats:?}");
}
