//! Relaxed topics: a kill loses nothing, no id is given twice, and everybody can see what they are.

use weir_proto::v1::{Durability, GetStatsRequest, Topic};
use weir_tests::broker::{Broker, subscription, texts};

use crate::broker;

/// Offsets that are skipped after a stop that was not clean.
const JUMP: u64 = 1 << 20;

async fn relaxed() -> Broker {
    let broker = broker().await;
    let topic = Topic {
        name: "t".to_owned(),
        durability: Durability::Relaxed.into(),
        ..Topic::default()
    };
    let made = broker.topic_with(topic).await;
    assert_eq!(made.durability(), Durability::Relaxed);
    broker.subscription(subscription("s", "t")).await;
    broker
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_loses_nothing_that_was_confirmed_and_no_id_is_given_twice() {
    let mut broker = relaxed().await;
    let (mut expected, mut next) = (Vec::new(), 0);
    for life in 0..4 {
        for number in 0..200 {
            let text = format!("{life}.{number}");
            let ids = broker.publish_texts("t", &[&text]).await;
            assert_eq!(ids[0].offset, next, "{text}");
            expected.push(text);
            next += 1;
        }
        if life == 2 {
            broker.stop();
        } else {
            broker.kill();
            next += JUMP;
        }
        broker.start_again().await;
        let stats = broker.stats("s").await;
        assert_eq!(stats.entered, expected.len() as u64);
        assert_eq!(stats.backlog, stats.entered);
        assert!(stats.dropped.is_empty(), "{stats:?}");
    }
    let mut got = Vec::new();
    while got.len() < expected.len() {
        let deliveries = broker.pull("s", 1_000).await;
        got.extend(texts(&deliveries));
        broker.acknowledge(&deliveries).await;
    }
    assert_eq!(got, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_topic_is_shows_wherever_it_is_and_can_be_changed() {
    let mut broker = relaxed().await;
    broker.topic("d").await;
    broker.subscription(subscription("r", "d")).await;
    for expected in [Durability::Relaxed, Durability::Durable] {
        let sample = broker
            .client()
            .stats()
            .get(GetStatsRequest::default())
            .await;
        let sample = sample.unwrap();
        let topics = sample.topics.iter();
        let topics: Vec<_> = topics
            .map(|one| (one.name.as_str(), one.durability()))
            .collect();
        assert_eq!(topics, [("d", Durability::Durable), ("t", expected)]);
        let of = |name: &str| {
            let mut all = sample.subscriptions.iter();
            all.find(|one| one.name == name).unwrap().topic_durability()
        };
        assert_eq!((of("s"), of("r")), (expected, Durability::Durable));
        let change = Topic {
            name: "t".to_owned(),
            durability: Durability::Durable.into(),
            ..Topic::default()
        };
        let admin = broker.client().admin();
        let changed = admin.update_topic(change, &["durability"]).await.unwrap();
        assert_eq!(changed.durability(), Durability::Durable);
        broker.kill();
        broker.start_again().await;
    }
    // Durable by now: nothing is skipped any more.
    let first = broker.publish_texts("t", &["a"]).await[0].offset;
    broker.kill();
    broker.start_again().await;
    let second = broker.publish_texts("t", &["b"]).await[0].offset;
    assert_eq!(second, first + 1);
}
