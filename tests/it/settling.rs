//! What a consumer does with its leases: acks, failures, releases, extensions, leaving.

use std::time::Duration;

use weir_proto::client::{SubscribeOptions, Subscriber};
use weir_proto::v1::{ExtendChange, NackAction, NackChange, NackOptions, Subscription};
use weir_tests::broker::{Broker, eager, subscription, texts};
use weir_tests::wait;

use crate::broker;

const LIMIT: Duration = Duration::from_secs(10);

fn hasty(name: &str) -> Subscription {
    Subscription {
        ack_deadline: Duration::from_secs(1).try_into().ok(),
        ..eager(name, "t", 10)
    }
}

async fn next_attempt(broker: &Broker) -> u32 {
    let got = broker.pull_all("s", 1).await;
    got[0].delivery_attempt
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_gives_the_message_back_at_once_and_counts_no_attempt() {
    let broker = broker().await;
    broker.pair_with(subscription("s", "t")).await;
    broker.publish_texts("t", &["x"]).await;
    for _ in 0..20 {
        let got = broker.pull_all("s", 1).await;
        assert_eq!(got[0].delivery_attempt, 1);
        let release = NackChange {
            ack_id: got[0].ack_id.clone(),
            options: Some(NackOptions {
                action: NackAction::Release.into(),
                ..NackOptions::default()
            }),
        };
        let done = broker.client().puller().nack(vec![release]).await.unwrap();
        assert_eq!((done.changed_count, done.errors.len()), (1, 0));
        let stats = broker.stats("s").await;
        assert_eq!((stats.ready, stats.waiting, stats.leased), (1, 0, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_lease_is_redelivered_as_the_next_attempt() {
    let broker = broker().await;
    broker.pair_with(hasty("s")).await;
    broker.publish_texts("t", &["x"]).await;
    let (got, _) = wait::timed(broker.pull_all("s", 1)).await;
    assert_eq!(got[0].delivery_attempt, 1);
    let (again, took) = wait::timed(broker.pull_all("s", 1)).await;
    assert_eq!(again[0].delivery_attempt, 2);
    assert_eq!(again[0].message_id, got[0].message_id);
    assert!(took > Duration::from_millis(500), "after {took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_extension_holds_the_lease_and_a_lease_extended_is_still_good() {
    let broker = broker().await;
    broker.pair_with(hasty("s")).await;
    broker.publish_texts("t", &["x"]).await;
    let got = broker.pull_all("s", 1).await;
    let extend = ExtendChange {
        ack_id: got[0].ack_id.clone(),
        ack_deadline: Duration::from_mins(1).try_into().ok(),
    };
    let done = broker.client().puller().extend(vec![extend]).await;
    assert_eq!(done.unwrap().changed_count, 1);
    let more = broker
        .pull_waiting("s", 1, Duration::from_millis(1_700))
        .await;
    assert!(more.is_empty(), "it came again: {more:?}");
    broker.acknowledge(&got).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clean_close_releases_what_is_held_and_counts_no_attempt() {
    let broker = broker().await;
    broker.pair_with(subscription("s", "t")).await;
    broker.publish_texts("t", &["a", "b", "c"]).await;
    let client = broker.client();
    let options = SubscribeOptions::to("s");
    let mut subscriber = Subscriber::open(client, options).await.unwrap();
    let first = subscriber.next().await.unwrap();
    assert_eq!(first.attempt, 1);
    first.release();
    subscriber.close().await.unwrap();
    let got = broker.pull_all("s", 3).await;
    assert!(got.iter().all(|one| one.delivery_attempt == 1), "{got:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_counts_an_attempt_for_each_message_held() {
    let broker = broker().await;
    broker.pair_with(eager("s", "t", 10)).await;
    broker.publish_texts("t", &["a", "b", "c"]).await;
    lose_a_consumer(&broker).await;
    let got = broker.pull_all("s", 3).await;
    assert!(got.iter().all(|one| one.delivery_attempt == 2), "{got:?}");
}

/// Subscribes on a connection of its own, waits until it holds all, and breaks the connection.
async fn lose_a_consumer(broker: &Broker) {
    let (mut reads, mut writes) = weir_tests::frames::connect(broker.child().address())
        .await
        .unwrap();
    let stream = writes.call("Subscriber/Subscribe", false).await.unwrap();
    // Field 1, `start`, with field 1, `subscription`.
    let start = [0, 0, 0, 0, 5, 0x0a, 3, 0x0a, 1, b's'];
    writes.data(stream, &start).await.unwrap();
    wait::until("the consumer holds all", LIMIT, async || {
        (broker.stats("s").await.leased == 3).then_some(())
    })
    .await;
    assert!(reads.next(LIMIT).await.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_gets_no_more_than_it_allowed() {
    let broker = broker().await;
    broker.pair_with(subscription("s", "t")).await;
    let names: Vec<String> = (0..50).map(|n| n.to_string()).collect();
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    broker.publish_texts("t", &all).await;
    let options = SubscribeOptions {
        max_outstanding_messages: 7,
        ..SubscribeOptions::to("s")
    };
    let mut subscriber = Subscriber::open(broker.client(), options).await.unwrap();
    let mut held = Vec::new();
    for _ in 0..7 {
        held.push(subscriber.next().await.unwrap());
    }
    assert_eq!(broker.stats("s").await.leased, 7);
    for answered in held {
        answered.ack();
    }
    for _ in 0..43 {
        assert!(broker.stats("s").await.leased <= 7);
        subscriber.next().await.unwrap().ack();
    }
    subscriber.close().await.unwrap();
    assert_eq!(broker.stats("s").await.acked, 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ack_id_is_good_on_any_connection_and_only_once() {
    let broker = broker().await;
    broker.pair_with(subscription("s", "t")).await;
    broker.publish_texts("t", &["x"]).await;
    let got = broker.pull_all("s", 1).await;
    assert_eq!(texts(&got), ["x"]);
    assert!(got[0].ack_id.len() <= 164, "{}", got[0].ack_id);
    let other = broker.another_client().await;
    let ids = vec![got[0].ack_id.clone(), got[0].ack_id.clone()];
    let answer = other.puller().acknowledge(ids).await.unwrap();
    assert_eq!(answer.acknowledged_count, 1);
    assert_eq!(answer.errors.len(), 1);
    assert_eq!(broker.stats("s").await.acked, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attempts_in_the_middle_of_a_batch_are_settled_one_by_one() {
    let broker = broker().await;
    broker.pair_with(eager("s", "t", 10)).await;
    let ids = broker.publish_texts("t", &["0", "1", "2", "3", "4"]).await;
    let got = broker.pull_all("s", 5).await;
    broker.acknowledge(&got[2..3]).await;
    let nack = NackChange {
        ack_id: got[0].ack_id.clone(),
        options: Some(NackOptions::default()),
    };
    broker.client().puller().nack(vec![nack]).await.unwrap();
    let stats = broker.stats("s").await;
    assert_eq!((stats.acked, stats.leased), (1, 3));
    assert_eq!(next_attempt(&broker).await, 2);
    assert_eq!(ids.len(), 5);
}
