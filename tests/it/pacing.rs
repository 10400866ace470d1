//! A subscription is held back as its settings say: paused, by a rate, by what all its consumers may hold.

use std::time::Duration;

use weir_proto::client::{SubscribeOptions, Subscriber};
use weir_proto::v1::{DrainState, Subscription};
use weir_tests::broker::subscription;
use weir_tests::wait;

use crate::broker;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_subscription_hands_out_nothing_and_still_takes_acks() {
    let mut broker = broker().await;
    broker.pair().await;
    broker.publish_texts("t", &["a", "b", "c"]).await;
    let held = broker.pull_all("s", 1).await;
    let paused = broker.client().admin().pause_subscription("s").await;
    assert!(paused.unwrap().paused);
    let short = Duration::from_millis(100);
    assert!(broker.pull_waiting("s", 10, short).await.is_empty());
    broker.acknowledge(&held).await;
    let stats = broker.stats("s").await;
    assert_eq!((stats.acked, stats.ready), (1, 2));
    assert_eq!(stats.drain(), DrainState::Paused);
    broker.kill();
    broker.start_again().await;
    assert!(broker.pull_waiting("s", 10, short).await.is_empty());
    let admin = broker.client().admin();
    assert!(admin.get_subscription("s").await.unwrap().paused);
    // A Pull that waits is answered when the subscription goes on.
    let (pulled, resumed) = tokio::join!(broker.pull("s", 10), admin.resume_subscription("s"));
    assert!(!resumed.unwrap().paused);
    assert_eq!(pulled.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_rate_is_kept() {
    let broker = broker().await;
    let paced = Subscription {
        delivery_rate: Some(100),
        ..subscription("s", "t")
    };
    broker.pair_with(paced).await;
    broker.publish_texts("t", &["x"; 110]).await;
    let options = SubscribeOptions::to("s");
    let mut subscriber = Subscriber::open(broker.client(), options).await.unwrap();
    let all = async {
        for _ in 0..110 {
            subscriber.next().await.unwrap().ack();
        }
    };
    let ((), took) = wait::timed(all).await;
    assert!(took > Duration::from_millis(900), "100/s took {took:?}");
    // Without the limit the rest comes at once.
    let free = subscription("s", "t");
    let admin = broker.client().admin();
    admin
        .update_subscription(free, &["delivery_rate"])
        .await
        .unwrap();
    broker.publish_texts("t", &["y"; 200]).await;
    let all = async {
        for _ in 0..200 {
            subscriber.next().await.unwrap().ack();
        }
    };
    let ((), took) = wait::timed(all).await;
    assert!(
        took < Duration::from_millis(1_500),
        "no limit took {took:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_consumers_together_hold_no_more_than_the_subscription_allows() {
    let broker = broker().await;
    let narrow = Subscription {
        max_outstanding_messages: Some(3),
        ..subscription("s", "t")
    };
    broker.pair_with(narrow).await;
    broker.publish_texts("t", &["x"; 10]).await;
    let first = broker.pull_all("s", 2).await;
    let second = broker.pull("s", 10).await;
    assert_eq!((first.len(), second.len()), (2, 1));
    let short = Duration::from_millis(50);
    assert!(broker.pull_waiting("s", 10, short).await.is_empty());
    broker.acknowledge(&first).await;
    assert_eq!(broker.pull("s", 10).await.len(), 2);
}
