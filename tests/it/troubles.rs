//! Refusals for reasons that lie in the broker: it stops, its disk fails or reads wrong, its limits are met;
//! and those that are made before a service is asked. Each comes with its code, its reason and a sentence.

use std::time::Duration;

use bytes::Bytes;
use tokio::task::JoinSet;
use tonic::Code;
use weir_proto::client::{Error, SubscribeOptions, Subscriber};
use weir_proto::v1::{
    ErrorReason, GetStatsRequest, Message, PullRequest, StartPosition, Subscription, Topic,
};
use weir_tests::broker::{Broker, Setup, message, subscription};
use weir_tests::embedded::Embedded;
use weir_tests::faulty_disk::FaultyDisk;
use weir_tests::refusals::{refused, refused_status};
use weir_tests::{raw, wait};

use crate::{PROGRAM, broker};

const LIMIT: Duration = Duration::from_secs(30);

fn pull(subscription: &str, wait: Duration) -> PullRequest {
    PullRequest {
        subscription: subscription.to_owned(),
        max_messages: 1,
        wait: wait.try_into().ok(),
        ..PullRequest::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_stops_refuses_what_is_new_and_takes_acks() {
    let setup = Setup {
        is_fail_fast: true,
        ..Setup::default()
    };
    let mut broker = Broker::start_with(PROGRAM, setup).await;
    broker.pair().await;
    let client = broker.another_client().await;
    let options = SubscribeOptions::to("s");
    let mut subscriber = Subscriber::open(&client, options).await.unwrap();
    broker.publish_texts("t", &["x"]).await;
    let held = subscriber.next().await.unwrap();
    broker.subscription(subscription("idle", "t")).await;
    broker.child().terminate().unwrap();
    // What is held keeps it from ending; what is new is refused from the moment it stops.
    let first = wait::until("it refuses", LIMIT, async || {
        let pulled = broker
            .client()
            .puller()
            .pull(pull("idle", Duration::ZERO))
            .await;
        pulled.err()
    })
    .await;
    let published = broker.client().publish("t", vec![message("y")]).await;
    let opened = Subscriber::open(broker.client(), SubscribeOptions::to("idle")).await;
    for outcome in [Err(first), published.map(drop), opened.map(drop)] {
        let error = refused(outcome, Code::Unavailable, ErrorReason::Draining);
        assert!(error.retry_delay().is_some(), "{error:?}");
    }
    held.ack();
    let status = broker.child_mut().wait(Duration::from_secs(9)).unwrap();
    assert!(status.success(), "it ended with {status}");
    drop(subscriber);
    broker.bury();
    broker.start_again().await;
    let told = broker.stats("s").await;
    assert_eq!((told.entered, told.acked), (1, 1));
}

/// An embedded broker with a topic `t`, a subscription `s` and one message.
async fn embedded(disk: &FaultyDisk) -> Embedded {
    let broker = Embedded::start(disk, |_| {}).await;
    let admin = broker.client.admin();
    let topic = Topic {
        name: "t".to_owned(),
        ..Topic::default()
    };
    admin.create_topic(topic).await.unwrap();
    let created = admin.create_subscription(subscription("s", "t"), StartPosition::Latest);
    created.await.unwrap();
    broker
        .client
        .publish("t", vec![message("x")])
        .await
        .unwrap();
    broker
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_failed_sync_nothing_is_confirmed_any_more() {
    let disk = FaultyDisk::default();
    let broker = embedded(&disk).await;
    let client = &broker.client;
    let got = client.puller().pull(pull("s", LIMIT)).await.unwrap();
    disk.faults().fail_syncs();
    let poisoned = ErrorReason::LogPoisoned;
    for _ in 0..2 {
        let published = client.publish("t", vec![message("y")]).await;
        let error = refused(published, Code::Unavailable, poisoned);
        assert!(error.retry_delay().is_none(), "waiting does not help");
    }
    let ids = vec![got[0].ack_id.clone()];
    let acked = client.puller().acknowledge(ids).await;
    refused(acked, Code::Unavailable, poisoned);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_whose_bytes_are_damaged_is_refused_and_never_shown() {
    let disk = FaultyDisk::default();
    embedded(&disk).await.stop().await;
    // A new start reads from the disk what the first one still had in memory.
    let broker = Embedded::start(&disk, |_| {}).await;
    let operator = broker.client.operator();
    let id = "1.0.0".parse().unwrap();
    let whole = operator.get_message(id).await.unwrap();
    assert_eq!(whole.message.unwrap().message.unwrap().payload, "x");
    disk.faults().read_wrong(true);
    let damaged = ErrorReason::DataDamaged;
    refused(operator.get_message(id).await, Code::DataLoss, damaged);
    let options = SubscribeOptions::to("s");
    let mut subscriber = Subscriber::open(&broker.client, options).await.unwrap();
    let next = subscriber.next().await.map(drop);
    refused(next, Code::DataLoss, damaged);
    disk.faults().read_wrong(false);
    let healed = operator.get_message(id).await.unwrap();
    assert_eq!(healed.message.unwrap().message.unwrap().payload, "x");
}

/// Consumers at one time, and Pulls that wait with them.
const MAX_CONSUMERS: usize = 10_000;
/// Calls of one connection in this test: half of what it may have.
const CALLS: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consumers_beyond_their_limit_are_refused_and_the_others_stay() {
    // Others would try again until there is room.
    let setup = Setup {
        is_fail_fast: true,
        ..Setup::default()
    };
    let broker = Broker::start_with(PROGRAM, setup).await;
    broker.pair().await;
    let mut waiting = JoinSet::new();
    for _ in 0..=MAX_CONSUMERS / CALLS {
        let client = broker.another_client().await;
        for _ in 0..CALLS {
            let puller = client.puller();
            let one = async move { puller.pull(pull("s", Duration::from_mins(1))).await };
            waiting.spawn(one);
        }
    }
    let reached = ErrorReason::LimitReached;
    for _ in 0..CALLS {
        let first = tokio::time::timeout(LIMIT, waiting.join_next()).await;
        let outcome = first.expect("one is refused").unwrap().unwrap();
        let error = refused(outcome, Code::ResourceExhausted, reached);
        assert_eq!(error.metadata()["what"], "consumers");
        assert_eq!(error.metadata()["limit"], MAX_CONSUMERS.to_string());
    }
    assert!(waiting.try_join_next().is_none(), "nobody was sent away");
    assert_eq!(waiting.len(), MAX_CONSUMERS);
    let client = broker.client();
    let opened = Subscriber::open(client, SubscribeOptions::to("s")).await;
    refused(opened.map(drop), Code::ResourceExhausted, reached);
    waiting.shutdown().await;
    wait::until("there is room again", LIMIT, async || {
        let pulled = client.puller().pull(pull("s", Duration::ZERO)).await;
        pulled.ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_beside_a_topic_that_is_not_its_own_is_a_mismatch() {
    let broker = broker().await;
    broker.pair().await;
    broker.topic("other").await;
    let stats = broker.client().stats();
    let ask = |topic: &str| {
        stats.get(GetStatsRequest {
            topic: topic.to_owned(),
            subscription: "s".to_owned(),
        })
    };
    let told = ask("t").await.unwrap();
    assert_eq!((told.topics.len(), told.subscriptions.len()), (1, 1));
    let mismatch = ErrorReason::TopicMismatch;
    let error = refused(ask("other").await, Code::FailedPrecondition, mismatch);
    for (key, value) in [
        ("subscription", "s"),
        ("topic", "t"),
        ("askedTopic", "other"),
    ] {
        assert_eq!(error.metadata()[key], value);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_offered_is_said_to_be_so() {
    let broker = broker().await;
    let channel = broker.channel().await;
    for path in ["/weir.v1.Publisher/Seek", "/weir.v1.Nobody/Knows", "/x"] {
        let outcome = raw::call_path(&channel, path, Bytes::new()).await;
        let status = outcome.unwrap_err();
        refused_status(&status, Code::Unimplemented, ErrorReason::NotSupported);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_beyond_the_size_of_its_service_is_refused_with_a_reason() {
    let broker = broker().await;
    broker.pair().await;
    let channel = broker.channel().await;
    for (method, limit, is_stream) in [
        ("Publisher/Publish", 17 << 20, false),
        ("Publisher/PublishStream", 17 << 20, true),
        ("Subscriber/Subscribe", 4 << 20, true),
        ("Subscriber/Acknowledge", 4 << 20, false),
        ("Admin/CreateTopic", 4 << 20, false),
        ("Operator/Peek", 512 << 10, false),
        ("Stats/GetStats", 4 << 20, false),
        ("Stats/Watch", 4 << 20, false),
    ] {
        let request = Bytes::from(vec![0; limit + 1]);
        let outcome = if is_stream {
            raw::stream(&channel, method, vec![request]).await
        } else {
            raw::call(&channel, method, request).await
        };
        let status = outcome.expect_err(method);
        let too_large = ErrorReason::BatchTooLarge;
        refused_status(&status, Code::InvalidArgument, too_large);
        let error = Error::from(status);
        assert_eq!(error.metadata()["limit"], limit.to_string(), "{method}");
        assert_eq!(error.metadata()["size"], (limit + 1).to_string());
    }
    broker.publish("t", vec![Message::default()]).await;
    let stats: Subscription = broker.client().admin().get_subscription("s").await.unwrap();
    assert_eq!(stats.name, "s");
}
