//! Limits on what a topic holds: refused, held back, or the oldest dropped.

use std::time::Duration;

use tonic::Code;
use weir_proto::v1::publisher_client::PublisherClient;
use weir_proto::v1::{
    DropCause, ErrorReason, LimitPolicy, PublishStreamRequest, PublishStreamResponse, Topic,
};
use weir_tests::broker::{Broker, message, subscription, texts};
use weir_tests::refusals::refused;
use weir_tests::wait;

use crate::broker;

/// Longer than a batch takes that is not held back.
const SOON: Duration = Duration::from_millis(300);

/// Topic `t` with subscription `s`.
async fn limited(topic: Topic) -> Broker {
    let broker = broker().await;
    let topic = Topic {
        name: "t".to_owned(),
        ..topic
    };
    let made = broker.topic_with(topic.clone()).await;
    assert_eq!(made.max_messages, topic.max_messages);
    assert_eq!(made.max_bytes, topic.max_bytes);
    broker.subscription(subscription("s", "t")).await;
    broker
}

async fn publish(broker: &Broker, count: usize) -> Result<(), weir_proto::client::Error> {
    let messages = (0..count).map(|_| message("xxxxx")).collect();
    broker.client().publish("t", messages).await.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_topic_refuses_calls_and_holds_streams_back_until_messages_are_finished() {
    let mut broker = limited(Topic {
        max_messages: Some(10),
        ..Topic::default()
    })
    .await;
    publish(&broker, 10).await.unwrap();
    let full = (Code::ResourceExhausted, ErrorReason::TopicFull);
    for _ in 0..2 {
        let error = refused(publish(&broker, 1).await, full.0, full.1);
        assert!(error.retry_delay().is_some(), "{error:?}");
        assert_eq!(error.metadata()["limit"], "10");
        assert_eq!(error.metadata()["held"], "10");
        assert!(
            error.message().contains("topic t holds 10 messages"),
            "{error}"
        );
        broker.kill();
        broker.start_again().await;
    }
    let larger = publish(&broker, 11).await;
    refused(larger, Code::InvalidArgument, ErrorReason::BatchTooLarge);
    // A stream waits instead, in order, and other topics go on.
    broker.topic("other").await;
    let requests = (0..3u64).map(|batch_id| PublishStreamRequest {
        topic: "t".to_owned(),
        messages: vec![message(&format!("{batch_id}")); 4],
        batch_id,
        ..PublishStreamRequest::default()
    });
    let mut stub = PublisherClient::new(broker.channel().await);
    let requests: Vec<_> = requests.collect();
    let answers = stub.publish_stream(tokio_stream::iter(requests)).await;
    let mut answers = answers.unwrap().into_inner();
    let early = tokio::time::timeout(SOON, answers.message()).await;
    assert!(early.is_err(), "{early:?}");
    broker.publish_texts("other", &["goes on"]).await;
    let (mut ids, mut got) = (Vec::new(), Vec::new());
    while ids.len() < 3 {
        let deliveries = broker.pull("s", 4).await;
        got.extend(texts(&deliveries));
        broker.acknowledge(&deliveries).await;
        if let Ok(answer) = tokio::time::timeout(SOON, answers.message()).await {
            for result in answer.unwrap().unwrap().results {
                assert!(result.error.is_none(), "{result:?}");
                ids.push(result.batch_id);
            }
        }
    }
    assert_eq!(ids, [0, 1, 2]);
    let rest = broker.pull_all("s", 22 - got.len()).await;
    got.extend(texts(&rest));
    let expected = ["xxxxx"; 10].into_iter().chain(["0"; 4]);
    let expected = expected.chain(["1"; 4]).chain(["2"; 4]);
    assert_eq!(got, expected.collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_back_stream_that_ends_stores_nothing_and_a_stop_does_not_wait_for_it() {
    let mut broker = limited(Topic {
        max_messages: Some(2),
        ..Topic::default()
    })
    .await;
    publish(&broker, 2).await.unwrap();
    let gone = held_back(&broker, "never").await;
    drop(gone);
    wait::pass(SOON).await;
    let got = broker.pull_all("s", 2).await;
    broker.acknowledge(&got).await;
    broker.publish_texts("t", &["a", "b"]).await;
    let waiting = held_back(&broker, "c").await;
    broker.stop();
    drop(waiting);
    broker.start_again().await;
    let left = broker.pull_all("s", 2).await;
    assert_eq!(texts(&left), ["a", "b"]);
    assert_eq!(broker.stats("s").await.entered, 4);
}

/// A stream that waits with one message.
async fn held_back(broker: &Broker, text: &str) -> tonic::Streaming<PublishStreamResponse> {
    let request = PublishStreamRequest {
        topic: "t".to_owned(),
        messages: vec![message(text)],
        ..PublishStreamRequest::default()
    };
    let mut stub = PublisherClient::new(broker.channel().await);
    let answers = stub.publish_stream(tokio_stream::once(request)).await;
    let mut answers = answers.unwrap().into_inner();
    let early = tokio::time::timeout(SOON, answers.message()).await;
    assert!(early.is_err(), "{early:?}");
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_oldest_are_dropped_and_counted_and_the_limit_can_be_changed() {
    let mut broker = limited(Topic {
        max_bytes: Some(1_000),
        limit_policy: LimitPolicy::DropOldest.into(),
        ..Topic::default()
    })
    .await;
    let numbers: Vec<String> = (0..100).map(|number| format!("{number:098}")).collect();
    for number in &numbers {
        broker.publish_texts("t", &[number]).await;
    }
    let stats = broker.stats("s").await;
    assert_eq!((stats.entered, stats.ready), (100, 10));
    let dropped: Vec<_> = stats.dropped.iter().collect();
    assert_eq!((dropped.len(), dropped[0].count), (1, 90), "{dropped:?}");
    assert_eq!(dropped[0].cause(), DropCause::Overflow);
    broker.kill();
    broker.start_again().await;
    let update = Topic {
        name: "t".to_owned(),
        max_messages: Some(3),
        ..Topic::default()
    };
    let admin = broker.client().admin();
    let updated = admin.update_topic(update, &["max_messages"]).await;
    let updated = updated.unwrap();
    assert_eq!(
        (updated.max_messages, updated.max_bytes),
        (Some(3), Some(1_000))
    );
    assert_eq!(updated.limit_policy(), LimitPolicy::DropOldest);
    let got = broker.pull_all("s", 3).await;
    assert_eq!(texts(&got), numbers[97..]);
    let out_of_range = admin
        .create_topic(Topic {
            name: "u".to_owned(),
            max_messages: Some(0),
            ..Topic::default()
        })
        .await;
    let (code, reason) = (Code::InvalidArgument, ErrorReason::ValueOutOfRange);
    refused(out_of_range, code, reason);
}
