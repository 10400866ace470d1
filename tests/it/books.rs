//! The books add up at every moment, under load too.

use std::time::Duration;

use weir_proto::v1::{GetStatsRequest, KeyOrder, Subscription, Topic};
use weir_tests::broker::{Broker, check_books, ordered, subscription};
use weir_tests::figures::{figure, seed};
use weir_tests::load::{Ground, Load, MAX_ATTEMPTS, Reader};

use crate::broker;

const GROUND: Ground = Ground {
    topic: "t",
    subscriptions: &[Reader::plain("plain"), Reader::ordered("ordered")],
};

async fn prepare(broker: &Broker) {
    broker
        .topic_with(Topic {
            name: "t".to_owned(),
            partition_count: 4,
            ..Topic::default()
        })
        .await;
    let restless = |name: &str| Subscription {
        ack_deadline: Duration::from_secs(1).try_into().ok(),
        maximum_backoff: Duration::from_millis(20).try_into().ok(),
        max_attempts: MAX_ATTEMPTS,
        ..subscription(name, "t")
    };
    broker.subscription(restless("plain")).await;
    let ordered = ordered(restless("ordered"), KeyOrder::Skip);
    broker.subscription(ordered).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_books_add_up_at_every_moment_under_load() {
    let broker = broker().await;
    prepare(&broker).await;
    let mut load = Load::new(GROUND, seed("books", 4));
    load.produce(broker.client(), 4);
    load.consume(broker.client(), 3);
    load.operate(broker.client());
    let limit = Duration::from_secs(figure(6, 60));
    let mut goes_on = weir_tests::wait::for_a_while(limit);
    let mut looks = 0;
    while goes_on() {
        let request = GetStatsRequest::default();
        let stats = broker.client().stats().get(request).await.unwrap();
        assert_eq!(stats.subscriptions.len(), 2);
        stats.subscriptions.iter().for_each(check_books);
        let whole = stats.broker.unwrap();
        let backlog: u64 = stats.subscriptions.iter().map(|one| one.backlog).sum();
        let dead: u64 = stats.subscriptions.iter().map(|one| one.dead).sum();
        assert_eq!((whole.backlog, whole.dead), (backlog, dead));
        assert_eq!(whole.conservation_error, 0);
        looks += 1;
    }
    assert!(looks > 10, "{looks} looks");
    load.abandon().await;
    load.drain(broker.client()).await;
    let totals = load.settle();
    let published = broker.stats("plain").await;
    assert!(published.entered >= totals.confirmed, "{totals:?}");
    println!("{looks} looks, {totals:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_are_those_of_the_call_and_not_of_a_sample() {
    let broker = broker().await;
    broker.pair().await;
    for n in 1..=50 {
        broker.publish_texts("t", &["x"]).await;
        let stats = broker.stats("s").await;
        assert_eq!((stats.entered, stats.backlog), (n, 1));
        let got = broker.pull_all("s", 1).await;
        assert_eq!(broker.stats("s").await.leased, 1);
        broker.acknowledge(&got).await;
        let stats = broker.stats("s").await;
        assert_eq!((stats.acked, stats.backlog), (n, 0));
        assert!(stats.lag_seconds.is_none(), "no backlog, no lag");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rates_and_lag_tell_of_the_last_seconds() {
    let broker = broker().await;
    broker.pair().await;
    broker.publish_texts("t", &["x"; 100]).await;
    let limit = Duration::from_secs(10);
    let stats = weir_tests::wait::until("a rate is told", limit, async || {
        let stats = broker.stats("s").await;
        let told = stats.rates.first().is_some_and(|rate| rate.publish > 0.0);
        told.then_some(stats)
    })
    .await;
    assert!(
        stats
            .lag_seconds
            .is_some_and(|lag| (0.0..10.0).contains(&lag))
    );
    assert!(stats.oldest_ready_seconds.is_some());
    assert_eq!(stats.ack_deadline_seconds.to_bits(), 30.0_f64.to_bits());
}
