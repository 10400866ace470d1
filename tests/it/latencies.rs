//! How long messages wait and how long they are handled, as `GetStats` and `Watch` tell it.

use std::time::Duration;

use weir_proto::client::{SubscribeOptions, Subscriber};
use weir_proto::v1::stats_client::StatsClient;
use weir_proto::v1::{GetStatsRequest, LatencySummary, WatchRequest, WatchWindow};
use weir_tests::broker::{Broker, subscription};
use weir_tests::wait;

use crate::broker;

const LIMIT: Duration = Duration::from_secs(20);
/// How long the quick one takes for a message.
const QUICK: Duration = Duration::from_millis(5);
/// How long the slow one does.
const SLOW: Duration = Duration::from_millis(100);

/// What must hold of any summary.
fn check(summary: &LatencySummary) {
    assert!(summary.count > 0 && summary.window_seconds <= 60.0);
    let quantiles = [
        summary.p50_seconds,
        summary.p90_seconds,
        summary.p99_seconds,
        summary.max_seconds,
    ];
    assert!(quantiles.is_sorted(), "{summary:?}");
}

/// Two consumers work, the second one slowly, until enough is known of both.
async fn work(broker: &Broker) {
    let mut workers = tokio::task::JoinSet::new();
    for pause in [QUICK, SLOW] {
        let client = broker.another_client().await;
        let options = SubscribeOptions {
            max_outstanding_messages: 1,
            ..SubscribeOptions::to("s")
        };
        workers.spawn(async move {
            let mut subscriber = Subscriber::open(&client, options).await.unwrap();
            while let Ok(received) = subscriber.next().await {
                wait::pass(pause).await;
                received.ack();
            }
        });
    }
    wait::until("both are there", LIMIT, async || {
        (broker.stats("s").await.consumers.len() == 2).then_some(())
    })
    .await;
    wait::until("both have done enough", LIMIT, async || {
        broker.publish_texts("t", &["x"; 20]).await;
        let stats = broker.stats("s").await;
        let done = stats.consumers.iter().map(|one| one.handling.as_ref());
        let least = done
            .map(|handling| handling.map_or(0, |one| one.count))
            .min();
        (least >= Some(5)).then_some(())
    })
    .await;
    let count = wait::until("all is done", LIMIT, async || {
        let stats = broker.stats("s").await;
        (stats.acked == stats.entered).then_some(stats.entered)
    })
    .await;
    look(broker, count).await;
    workers.abort_all();
}

async fn look(broker: &Broker, count: u64) {
    let stats = broker.stats("s").await;
    let (handling, queueing) = (stats.handling.unwrap(), stats.queueing.unwrap());
    check(&handling);
    check(&queueing);
    assert_eq!((handling.count, queueing.count), (count, count));
    for summary in [&handling, &queueing] {
        let counts = summary.buckets.iter().map(|bucket| bucket.count);
        assert_eq!(counts.sum::<u64>(), summary.count);
        assert!(
            summary
                .buckets
                .is_sorted_by(|a, b| a.up_to_seconds < b.up_to_seconds)
        );
        let last = summary.buckets.last().unwrap();
        assert!(last.up_to_seconds >= summary.max_seconds);
    }
    let mut by_slowness = stats.consumers;
    by_slowness.sort_by(|a, b| a.slowness.unwrap().total_cmp(&b.slowness.unwrap()));
    let [quick, slow] = by_slowness.as_slice() else {
        panic!("{by_slowness:?}");
    };
    assert_eq!(quick.slowness, Some(1.0));
    assert!(slow.slowness > Some(3.0), "{slow:?}");
    let own = slow.handling.as_ref().unwrap();
    assert!(own.p50_seconds >= SLOW.as_secs_f64(), "{own:?}");
    assert!(!own.buckets.is_empty());
    let both = own.count + quick.handling.as_ref().unwrap().count;
    assert_eq!(both, handling.count);
    let all = broker
        .client()
        .stats()
        .get(GetStatsRequest::default())
        .await;
    let all = all.unwrap();
    let unnamed = all
        .subscriptions
        .iter()
        .find(|one| one.name == "s")
        .unwrap();
    let summary = unnamed.handling.as_ref().unwrap();
    assert_eq!((summary.count, summary.buckets.len()), (count, 0));
    let idle = all.subscriptions.iter().find(|one| one.name == "idle");
    let idle = idle.unwrap();
    assert_eq!(
        (&idle.handling, &idle.queueing),
        (&None, &None),
        "nothing was measured"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_consumers_are_known_by_their_handling_times() {
    let broker = broker().await;
    broker.pair().await;
    broker.subscription(subscription("idle", "t")).await;
    work(&broker).await;
    let window = |filter: &str| WatchRequest {
        subscriptions: Some(WatchWindow {
            filter: filter.to_owned(),
            order_by: "handling_p99 desc".to_owned(),
            ..WatchWindow::default()
        }),
        ..WatchRequest::default()
    };
    let mut stub = StatsClient::new(broker.channel().await);
    for (filter, names) in [
        ("handling_p99 >= 60ms and queueing_p99 < 1h", "s"),
        ("handling_p50 > 1h", ""),
        ("", "s idle"),
    ] {
        let mut samples = stub.watch(window(filter)).await.unwrap().into_inner();
        let is_so = async {
            loop {
                let shown = samples.message().await.unwrap().unwrap();
                let all: Vec<_> = shown
                    .subscriptions
                    .iter()
                    .map(|one| one.name.as_str())
                    .collect();
                if all.join(" ") == names {
                    return;
                }
            }
        };
        tokio::time::timeout(LIMIT, is_so).await.expect(filter);
    }
}
