//! A subscription starts or goes on at a time, at offsets, at either end: also under load, and its books stay right.

use std::time::Duration;

use tonic::Code;
use weir_proto::client::{SubscribeOptions, Subscriber};
use weir_proto::v1::{
    CreateSubscriptionRequest, DropCause, ErrorReason, PartitionOffset, SeekRequest, SeekResponse,
    StartPosition, Topic,
};
use weir_tests::broker::{Broker, subscription, texts};
use weir_tests::refusals::refused;

use crate::broker;

fn to(position: StartPosition) -> SeekRequest {
    SeekRequest {
        subscription: "s".to_owned(),
        position: position.into(),
        ..SeekRequest::default()
    }
}

fn at(offset: u64) -> SeekRequest {
    let place = PartitionOffset {
        partition: 0,
        offset,
    };
    SeekRequest {
        position: 0,
        offsets: vec![place],
        ..to(StartPosition::Unspecified)
    }
}

async fn seek(broker: &Broker, request: SeekRequest) -> SeekResponse {
    let counted = SeekRequest {
        dry_run: true,
        ..request.clone()
    };
    let operator = broker.client().operator();
    let planned = operator.seek(counted).await.unwrap();
    let before = broker.stats("s").await;
    assert_eq!(broker.stats("s").await.entered, before.entered);
    let done = operator.seek(request).await.unwrap();
    assert_eq!(planned, done);
    done
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seek_skips_or_brings_back_and_survives_a_kill() {
    let mut broker = broker().await;
    broker.pair().await;
    broker.publish_texts("t", &["0", "1", "2", "3", "4"]).await;
    let first = broker.pull_all("s", 2).await;
    let skipped = seek(&broker, at(3)).await;
    assert_eq!((skipped.skipped, skipped.ended_leases), (3, 2));
    let late = first.iter().map(|one| one.ack_id.clone()).collect();
    let late = broker.client().puller().acknowledge(late).await.unwrap();
    assert_eq!((late.acknowledged_count, late.errors.len()), (0, 2));
    let stats = broker.stats("s").await;
    assert_eq!(stats.dropped[0].cause(), DropCause::Skipped);
    let rest = broker.pull_all("s", 2).await;
    assert_eq!(texts(&rest), ["3", "4"]);
    broker.acknowledge(&rest).await;
    assert_eq!(seek(&broker, at(1)).await.restored, 4);
    broker.kill();
    broker.start_again().await;
    assert_eq!(broker.stats("s").await.ready, 4);
    let again = broker.pull_all("s", 4).await;
    assert_eq!(texts(&again), ["1", "2", "3", "4"]);
    assert!(again.iter().all(|one| one.delivery_attempt == 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seeks_under_load_leave_the_books_right_and_the_consumers_at_work() {
    let broker = broker().await;
    broker.pair().await;
    let options = SubscribeOptions {
        max_outstanding_messages: 20,
        ..SubscribeOptions::to("s")
    };
    let mut subscriber = Subscriber::open(broker.client(), options).await.unwrap();
    let consumer = tokio::spawn(async move {
        let mut seen = 0_u64;
        while let Ok(received) = subscriber.next().await {
            seen += 1;
            let is_last = received.message.payload == "last";
            received.ack();
            if is_last {
                break;
            }
        }
        subscriber.close().await.unwrap();
        seen
    });
    let places = [
        to(StartPosition::Latest),
        to(StartPosition::Earliest),
        at(150),
        at(10),
    ];
    for round in 0..12 {
        broker.publish_texts("t", &["x"; 50]).await;
        let request = places[round % places.len()].clone();
        let done = broker.client().operator().seek(request).await;
        done.unwrap();
        // Each look at the numbers checks the books.
        broker.stats("s").await;
    }
    broker.publish_texts("t", &["last"]).await;
    let seen = tokio::time::timeout(Duration::from_secs(30), consumer).await;
    assert!(seen.expect("the consumer comes to the end").unwrap() > 0);
    let stats = broker.stats("s").await;
    assert_eq!(stats.backlog, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seek_to_what_is_not_stored_is_refused() {
    let broker = broker().await;
    broker
        .topic_with(Topic {
            name: "t".to_owned(),
            retention_bytes: Some(0),
            ..Topic::default()
        })
        .await;
    broker.subscription(subscription("s", "t")).await;
    broker.publish_texts("t", &["0", "1"]).await;
    let got = broker.pull_all("s", 2).await;
    broker.acknowledge(&got).await;
    let operator = broker.client().operator();
    let limit = Duration::from_secs(10);
    let counted = SeekRequest {
        dry_run: true,
        ..at(0)
    };
    let error = weir_tests::wait::until("the messages are gone", limit, async || {
        operator.seek(counted.clone()).await.err()
    })
    .await;
    let below = ErrorReason::OffsetBelowLowWatermark;
    refused::<()>(Err(error), Code::OutOfRange, below);
    let beyond = operator.seek(at(3)).await;
    refused(beyond, Code::InvalidArgument, ErrorReason::ValueOutOfRange);
    let nowhere = operator.seek(to(StartPosition::Unspecified)).await;
    refused(nowhere, Code::InvalidArgument, ErrorReason::FieldRequired);
    let two = SeekRequest {
        position: StartPosition::Latest.into(),
        ..at(2)
    };
    let two = operator.seek(two).await;
    refused(two, Code::InvalidArgument, ErrorReason::ValueOutOfRange);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_starts_at_a_time_or_at_an_offset() {
    let broker = broker().await;
    broker.topic("t").await;
    broker.publish_texts("t", &["0", "1"]).await;
    broker.publish_texts("t", &["2", "3"]).await;
    let admin = broker.client().admin();
    let create = |name: &str| CreateSubscriptionRequest {
        subscription: Some(subscription(name, "t")),
        ..CreateSubscriptionRequest::default()
    };
    let offset = CreateSubscriptionRequest {
        start_offsets: at(1).offsets,
        ..create("s")
    };
    admin.create_subscription_with(offset).await.unwrap();
    let got = broker.pull_all("s", 3).await;
    assert_eq!(texts(&got), ["1", "2", "3"]);
    let time = got[1].publish_time;
    let timed = CreateSubscriptionRequest {
        start_time: time,
        ..create("timed")
    };
    admin.create_subscription_with(timed).await.unwrap();
    assert_eq!(texts(&broker.pull_all("timed", 2).await), ["2", "3"]);
    let request = SeekRequest {
        position: 0,
        target_time: time,
        ..to(StartPosition::Unspecified)
    };
    assert_eq!(seek(&broker, request).await.skipped, 1);
}
