//! Subscriptions that delete themselves: ephemeral ones for broadcast, and those that nobody uses any more.

use std::time::Duration;

use tonic::Code;
use weir_proto::client::{SubscribeOptions, Subscriber};
use weir_proto::v1::{ErrorReason, StartPosition, Subscription};
use weir_tests::broker::{Broker, subscription};
use weir_tests::refusals::refused;
use weir_tests::wait;

use crate::broker;

fn seconds(seconds: i64) -> prost_types::Duration {
    prost_types::Duration { seconds, nanos: 0 }
}

async fn open(broker: &Broker) -> Subscriber {
    let opened = Subscriber::open(broker.client(), SubscribeOptions::to("s")).await;
    opened.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_goes_with_its_last_consumer_and_outlives_a_restart() {
    let mut broker = broker().await;
    let short = Subscription {
        expiration: Some(seconds(4)),
        ..subscription("s", "t")
    };
    broker.pair_with(short).await;
    let subscriber = open(&broker).await;
    broker.kill();
    drop(subscriber);
    broker.start_again().await;
    // Its consumer comes back; nothing expires while it is there.
    let mut subscriber = open(&broker).await;
    broker.publish_texts("t", &["b"]).await;
    let again = subscriber.next().await.unwrap();
    assert_eq!(again.message.payload, "b");
    again.ack();
    subscriber.close().await.unwrap();
    let admin = broker.client().admin();
    assert!(admin.get_subscription("s").await.is_ok());
    let limit = Duration::from_secs(20);
    let gone = wait::until("it is deleted", limit, async || {
        admin.get_subscription("s").await.err()
    })
    .await;
    let reason = ErrorReason::SubscriptionNotFound;
    refused::<()>(Err(gone), Code::NotFound, reason);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ephemeral_is_another_word_for_ten_seconds() {
    let broker = broker().await;
    broker.topic("t").await;
    let ephemeral = Subscription {
        ephemeral: true,
        ..subscription("s", "t")
    };
    let created = broker.subscription(ephemeral.clone()).await;
    assert_eq!(created.expiration, Some(seconds(10)));
    assert!(created.ephemeral);
    let both = Subscription {
        name: "both".to_owned(),
        expiration: Some(seconds(20)),
        ..ephemeral
    };
    let admin = broker.client().admin();
    let both = admin.create_subscription(both, StartPosition::Latest).await;
    refused(both, Code::InvalidArgument, ErrorReason::ValueOutOfRange);
    // What was read can be written back, and made to stay.
    let mask = ["expiration", "ephemeral"];
    let same = admin.update_subscription(created.clone(), &mask).await;
    assert_eq!(same.unwrap(), created);
    let lasting = subscription("s", "t");
    let lasting = admin.update_subscription(lasting, &mask).await.unwrap();
    assert_eq!((lasting.ephemeral, lasting.expiration), (false, None));
}
