//! What every subscription has finished is kept for replay as long as the topic says, and no longer.

use std::time::Duration;

use tonic::Code;
use weir_proto::v1::{ErrorReason, GetStatsRequest, StartPosition, Topic};
use weir_tests::broker::{Broker, subscription};
use weir_tests::refusals::refused;
use weir_tests::wait;

use crate::broker;

const LIMIT: Duration = Duration::from_secs(15);

async fn stored(broker: &Broker) -> u64 {
    let request = GetStatsRequest {
        topic: "t".to_owned(),
        ..GetStatsRequest::default()
    };
    let answer = broker.client().stats().get(request).await.unwrap();
    answer.topics[0].stored
}

async fn topic(broker: &Broker, retention: Duration, bytes: u64) {
    broker
        .topic_with(Topic {
            name: "t".to_owned(),
            retention_duration: retention.try_into().ok(),
            retention_bytes: Some(bytes),
            ..Topic::default()
        })
        .await;
    broker.subscription(subscription("s", "t")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finished_messages_stay_for_replay_within_the_retention() {
    let broker = broker().await;
    topic(&broker, Duration::from_hours(1), 1 << 30).await;
    broker.publish_texts("t", &["a", "b"]).await;
    let got = broker.pull_all("s", 2).await;
    broker.acknowledge(&got).await;
    wait::pass(Duration::from_millis(2_500)).await;
    assert_eq!(stored(&broker).await, 2);
    let admin = broker.client().admin();
    let late = admin.create_subscription(subscription("late", "t"), StartPosition::Earliest);
    late.await.unwrap();
    assert_eq!(broker.pull_all("late", 2).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finished_messages_go_beyond_the_retention_and_unfinished_ones_never() {
    let broker = broker().await;
    topic(&broker, Duration::ZERO, 1 << 30).await;
    let ids = broker.publish_texts("t", &["a", "b", "c"]).await;
    let got = broker.pull_all("s", 2).await;
    wait::pass(Duration::from_millis(2_500)).await;
    assert_eq!(stored(&broker).await, 3, "unfinished");
    broker.acknowledge(&got).await;
    wait::until("two go", LIMIT, async || {
        (stored(&broker).await == 1).then_some(())
    })
    .await;
    let operator = broker.client().operator();
    let gone = operator.get_message(ids[0]).await;
    refused(gone, Code::NotFound, ErrorReason::MessageNotFound);
    let left = operator.get_message(ids[2]).await.unwrap();
    assert_eq!(left.message.unwrap().message.unwrap().payload, "c");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finished_messages_go_beyond_the_bytes() {
    let broker = broker().await;
    topic(&broker, Duration::from_hours(1), 3_000).await;
    for _ in 0..10 {
        let message = weir_proto::v1::Message {
            payload: vec![7; 1_000].into(),
            ..weir_proto::v1::Message::default()
        };
        broker.publish("t", vec![message]).await;
    }
    let got = broker.pull_all("s", 10).await;
    broker.acknowledge(&got).await;
    wait::until("most go", LIMIT, async || {
        let stored = stored(&broker).await;
        assert!(stored > 0, "the newest stay");
        (stored <= 3).then_some(())
    })
    .await;
}
