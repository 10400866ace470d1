//! Limits on a subscription's backlog: the oldest messages are dropped and counted, or publishers are held.

use std::time::Duration;

use tonic::Code;
use weir_proto::v1::{BacklogPolicy, DropCause, ErrorReason, Message, Subscription};
use weir_tests::broker::{subscription, texts};
use weir_tests::refusals::refused;
use weir_tests::wait;

use crate::broker;

fn limited(policy: BacklogPolicy) -> Subscription {
    Subscription {
        max_backlog_messages: Some(3),
        backlog_policy: policy.into(),
        ..subscription("s", "t")
    }
}

fn message(text: &str) -> Message {
    Message {
        payload: text.to_owned().into(),
        ..Message::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_a_limit_the_oldest_messages_are_dropped_as_overflow() {
    let mut broker = broker().await;
    broker.pair_with(limited(BacklogPolicy::DropOldest)).await;
    broker.subscription(subscription("all", "t")).await;
    broker.publish_texts("t", &["a", "b", "c", "d"]).await;
    broker.publish_texts("t", &["e"]).await;
    broker.kill();
    broker.start_again().await;
    let stats = broker.stats("s").await;
    assert_eq!((stats.backlog, stats.dropped.len()), (3, 1));
    let overflow = &stats.dropped[0];
    assert_eq!((overflow.cause(), overflow.count), (DropCause::Overflow, 2));
    assert_eq!(texts(&broker.pull_all("s", 3).await), ["c", "d", "e"]);
    assert_eq!(broker.stats("all").await.backlog, 5, "of one alone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_subscription_holds_publishers_until_its_consumers_have_caught_up() {
    let broker = broker().await;
    let settings = limited(BacklogPolicy::HoldPublishers);
    broker.pair_with(settings).await;
    broker.publish_texts("t", &["a", "b", "c"]).await;
    let client = broker.client();
    let unary = client.publish("t", vec![message("d")]).await;
    let error = refused(unary, Code::ResourceExhausted, ErrorReason::BacklogFull);
    assert!(error.retry_delay().is_some());
    // A publisher of the library waits until there is room.
    let publisher = client.publisher("t");
    let held = publisher.publish(message("e")).await.unwrap();
    let got = broker.pull_all("s", 3).await;
    broker.acknowledge(&got).await;
    held.await.unwrap();
    assert_eq!(texts(&broker.pull_all("s", 1).await), ["e"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_older_than_the_retention_of_a_backlog_are_dropped_as_expired() {
    let broker = broker().await;
    let short = Subscription {
        backlog_retention: Some(prost_types::Duration {
            seconds: 1,
            nanos: 0,
        }),
        ..subscription("s", "t")
    };
    broker.pair_with(short).await;
    broker.subscription(subscription("week", "t")).await;
    broker.publish_texts("t", &["a", "b"]).await;
    let limit = Duration::from_secs(10);
    let dropped = wait::until("they are dropped", limit, async || {
        let stats = broker.stats("s").await;
        stats.dropped.first().copied()
    })
    .await;
    assert_eq!((dropped.cause(), dropped.count), (DropCause::Expired, 2));
    let week = broker.client().admin().get_subscription("week").await;
    let week = week.unwrap().backlog_retention.unwrap();
    assert_eq!(week.seconds, 7 * 24 * 3_600);
    assert_eq!(broker.stats("week").await.backlog, 2);
}
