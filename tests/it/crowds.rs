//! Many at once: messages that become due in the same second, leases that expire together,
//! subscriptions of one topic of which one is stuck. Nothing is lost or doubled, and others are
//! served meanwhile.

use std::collections::HashMap;
use std::time::Duration;

use weir_proto::client::{Client, SubscribeOptions, Subscriber};
use weir_proto::v1::{Delivery, Message, PullRequest, Subscription};
use weir_tests::broker::{Broker, eager, message, subscription};
use weir_tests::figures::figure;
use weir_tests::wait;

use crate::broker;

const LIMIT: Duration = Duration::from_mins(1);
/// Messages in a batch, and in a pull.
const BATCH: usize = 10_000;

/// Publishes `count` messages that are due at one moment.
async fn schedule(broker: &Broker, count: usize) {
    let due = wait::wall() + Duration::from_secs(3);
    let one = Message {
        deliver_time: Some(due.into()),
        ..message("later")
    };
    for _ in 0..count / BATCH {
        broker.publish("later", vec![one.clone(); BATCH]).await;
    }
}

/// One message through another subscription, from publish to ack.
async fn pass_another(broker: &Broker) {
    broker.publish_texts("live", &["now"]).await;
    let got = broker.pull("live", 10).await;
    assert_eq!(got.len(), 1, "another subscription is served");
    broker.acknowledge(&got).await;
}

async fn acknowledge_all(broker: &Broker, deliveries: &[Delivery]) {
    for part in deliveries.chunks(BATCH) {
        broker.acknowledge(part).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_that_are_due_together_come_once_each_and_hold_up_nobody() {
    let broker = broker().await;
    broker.pair_with(subscription("later", "later")).await;
    broker.pair_with(subscription("live", "live")).await;
    let count = figure(100_000, 1_000_000);
    schedule(&broker, count).await;
    assert_eq!(broker.stats("later").await.scheduled, count as u64);
    wait::until("all are due", LIMIT, async || {
        pass_another(&broker).await;
        let stats = broker.stats("later").await;
        (stats.scheduled == 0).then_some(())
    })
    .await;
    let got = broker.pull_all("later", count).await;
    let mut seen: HashMap<&str, u32> = HashMap::new();
    for delivery in &got {
        *seen.entry(&delivery.message_id).or_default() += 1;
    }
    assert_eq!(seen.len(), count, "each comes once");
    pass_another(&broker).await;
    acknowledge_all(&broker, &got).await;
    let stats = broker.stats("later").await;
    assert_eq!((stats.acked, stats.backlog), (count as u64, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leases_that_expire_together_are_redelivered_once_each_and_hold_up_nobody() {
    let broker = broker().await;
    let held = Subscription {
        ack_deadline: Duration::from_secs(3).try_into().ok(),
        ..eager("held", "held", 5)
    };
    broker.pair_with(held).await;
    broker.pair_with(subscription("live", "live")).await;
    let count = figure(50_000, 1_000_000);
    for _ in 0..count / BATCH {
        broker.publish("held", vec![message("held"); BATCH]).await;
    }
    let first = broker.pull_all("held", count).await;
    assert!(first.iter().all(|one| one.delivery_attempt == 1));
    wait::until("all leases have ended", LIMIT, async || {
        pass_another(&broker).await;
        (broker.stats("held").await.leased == 0).then_some(())
    })
    .await;
    let again = broker.pull_all("held", count).await;
    assert!(again.iter().all(|one| one.delivery_attempt == 2));
    acknowledge_all(&broker, &again).await;
    let stats = broker.stats("held").await;
    assert_eq!(
        (stats.acked, stats.backlog, stats.dead),
        (count as u64, 0, 0)
    );
}

/// Takes `count` messages of a subscription, and acknowledges them if `does_answer`.
async fn take(client: Client, name: String, count: usize, does_answer: bool) {
    let mut taken = 0;
    while taken < count {
        let request = PullRequest {
            subscription: name.clone(),
            max_messages: 100,
            wait: Duration::from_secs(10).try_into().ok(),
            ..PullRequest::default()
        };
        let pulled = client.puller().pull(request).await.unwrap();
        assert!(!pulled.is_empty(), "{name}: {taken} of {count} came");
        taken += pulled.len();
        if does_answer {
            let ids = pulled.into_iter().map(|one| one.ack_id).collect();
            let answer = client.puller().acknowledge(ids).await.unwrap();
            assert!(answer.errors.is_empty(), "{:?}", answer.errors);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_stuck_subscription_of_many_holds_up_none_of_the_others() {
    const MESSAGES: usize = 50;
    let broker = broker().await;
    broker.topic("t").await;
    let count = figure(200, 1_000);
    for index in 0..count {
        broker
            .subscription(subscription(&format!("s{index}"), "t"))
            .await;
    }
    let texts: Vec<String> = (0..MESSAGES).map(|index| index.to_string()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    broker.publish_texts("t", &texts).await;
    // The stuck one holds what it got for as long as the test lasts.
    take(broker.client().clone(), "s0".to_owned(), MESSAGES, false).await;
    broker.publish_texts("t", &texts).await;
    let mut readers = tokio::task::JoinSet::new();
    for index in 1..count {
        let client = broker.client().clone();
        readers.spawn(take(client, format!("s{index}"), 2 * MESSAGES, true));
    }
    while let Some(ended) = readers.join_next().await {
        ended.unwrap();
    }
    let stuck = broker.stats("s0").await;
    assert_eq!(
        (stuck.leased, stuck.ready),
        (MESSAGES as u64, MESSAGES as u64)
    );
    for index in 1..count {
        let stats = broker.stats(&format!("s{index}")).await;
        assert_eq!((stats.acked, stats.backlog), (2 * MESSAGES as u64, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_streams_than_a_connection_carries_go_over_others_and_calls_are_answered() {
    // A broker lets the 201st stream of a connection wait until another has ended.
    const STREAMS: usize = 250;
    let broker = broker().await;
    broker.pair_with(subscription("s", "t")).await;
    let mut open = Vec::new();
    for _ in 0..STREAMS {
        let opening = Subscriber::open(broker.client(), SubscribeOptions::to("s"));
        let subscriber = tokio::time::timeout(LIMIT, opening).await;
        open.push(subscriber.expect("room for a stream").expect("a stream"));
    }
    assert_eq!(broker.stats("s").await.consumers.len(), STREAMS);
    broker.publish_texts("t", &["a"]).await;
    drop(open);
}
