//! A message published is delivered to each subscription, byte for byte, and gone once acknowledged.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use weir_proto::client::{SubscribeOptions, Subscriber};
use weir_proto::v1::{Message, StartPosition};
use weir_tests::broker::{message, subscription, texts};

use crate::broker;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_delivered_as_it_was_published_and_gone_once_acknowledged() {
    let broker = broker().await;
    broker.pair().await;
    let attributes = HashMap::from([
        ("kind".to_owned(), "a\u{202e}\u{1b}[2J".to_owned()),
        (" ".to_owned(), String::new()),
    ]);
    let sent = Message {
        payload: (0..=255).collect::<Vec<u8>>().into(),
        attributes,
        ordering_key: "key \0 with anything".to_owned(),
        ..Message::default()
    };
    let ids = broker.publish("t", vec![sent.clone()]).await;
    let got = broker.pull("s", 10).await;
    assert_eq!(got.len(), 1);
    assert_eq!(got[0].message.as_ref(), Some(&sent));
    assert_eq!(got[0].message_id, ids[0].to_string());
    assert_eq!((got[0].partition, got[0].offset), (0, 0));
    assert_eq!(got[0].delivery_attempt, 1);
    assert!(got[0].publish_time.is_some());
    let leased = broker.stats("s").await;
    assert_eq!((leased.entered, leased.leased, leased.backlog), (1, 1, 1));
    broker.acknowledge(&got).await;
    let done = broker.stats("s").await;
    assert_eq!((done.acked, done.backlog, done.dead), (1, 0, 0));
    let more = broker.pull_waiting("s", 10, Duration::ZERO).await;
    assert!(more.is_empty(), "{more:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_delivers_what_is_published_while_it_is_open() {
    let broker = broker().await;
    broker.pair().await;
    let options = SubscribeOptions::to("s");
    let mut subscriber = Subscriber::open(broker.client(), options).await.unwrap();
    let publisher = broker.client().publisher("t");
    for round in 0..5 {
        let texts: Vec<_> = (0..100).map(|n| format!("{round}-{n}")).collect();
        let mut confirmations = Vec::new();
        for text in &texts {
            confirmations.push(publisher.publish(message(text)).await.unwrap());
        }
        for (text, confirmation) in texts.iter().zip(confirmations) {
            let id = confirmation.await.unwrap();
            let received = subscriber.next().await.unwrap();
            assert_eq!(received.id, id);
            assert_eq!(received.message.payload, text.as_bytes());
            received.ack();
        }
    }
    publisher.close().await.unwrap();
    subscriber.close().await.unwrap();
    let stats = broker.stats("s").await;
    assert_eq!((stats.acked, stats.backlog), (500, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_subscription_gets_every_message_and_its_consumers_share_them() {
    let broker = broker().await;
    broker.topic("t").await;
    for name in ["a", "b", "c"] {
        broker.subscription(subscription(name, "t")).await;
    }
    let all: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    let messages = all.iter().map(|text| message(text)).collect();
    broker.publish("t", messages).await;
    for name in ["a", "b", "c"] {
        let (one, other) = tokio::join!(broker.pull(name, 50), broker.pull(name, 50));
        let seen: BTreeSet<_> = texts(&one).into_iter().chain(texts(&other)).collect();
        assert_eq!(one.len() + other.len(), 100, "{name}");
        assert_eq!(seen.len(), 100, "{name}: no message goes to two consumers");
    }
    let got = broker.pull_waiting("a", 10, Duration::ZERO).await;
    assert!(got.is_empty(), "all are leased");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_starts_with_the_next_message_or_with_the_oldest_stored_one() {
    let broker = broker().await;
    broker.topic("t").await;
    broker.publish_texts("t", &["old"]).await;
    broker.subscription(subscription("latest", "t")).await;
    let admin = broker.client().admin();
    let earliest = subscription("earliest", "t");
    let created = admin.create_subscription(earliest, StartPosition::Earliest);
    created.await.unwrap();
    broker.publish_texts("t", &["new"]).await;
    assert_eq!(texts(&broker.pull_all("latest", 1).await), ["new"]);
    assert_eq!(texts(&broker.pull_all("earliest", 2).await), ["old", "new"]);
    assert_eq!(broker.stats("latest").await.entered, 1);
    assert_eq!(broker.stats("earliest").await.entered, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pull_waits_for_the_first_message_and_no_longer() {
    let broker = broker().await;
    broker.pair().await;
    let wait = Duration::from_millis(300);
    let (none, took) = weir_tests::wait::timed(broker.pull_waiting("s", 5, wait)).await;
    assert!(none.is_empty());
    assert!(took >= wait, "it came back after {took:?}");
    let later = async {
        weir_tests::wait::pass(Duration::from_millis(100)).await;
        broker.publish_texts("t", &["x"]).await;
    };
    let long = Duration::from_secs(30);
    let pulled = weir_tests::wait::timed(broker.pull_waiting("s", 5, long));
    let ((got, took), ()) = tokio::join!(pulled, later);
    assert_eq!(texts(&got), ["x"]);
    assert!(
        took < Duration::from_secs(10),
        "it came back after {took:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keyed_messages_of_a_batch_are_spread_over_partitions_and_each_has_its_place() {
    let broker = broker().await;
    broker
        .topic_with(weir_proto::v1::Topic {
            name: "t".to_owned(),
            partition_count: 8,
            ..weir_proto::v1::Topic::default()
        })
        .await;
    broker.subscription(subscription("s", "t")).await;
    let messages: Vec<_> = (0..200)
        .map(|n| weir_tests::broker::keyed(&format!("k{}", n % 20), &n.to_string()))
        .collect();
    let ids = broker.publish("t", messages).await;
    let partitions: BTreeSet<_> = ids.iter().map(|id| id.partition).collect();
    assert!(partitions.len() > 1, "{partitions:?}");
    let got = broker.pull_all("s", 200).await;
    let by_id: HashMap<_, _> = got
        .iter()
        .map(|one| one.message_id.clone())
        .zip(texts(&got))
        .collect();
    for (n, id) in ids.iter().enumerate() {
        assert_eq!(by_id[&id.to_string()], n.to_string());
    }
}
