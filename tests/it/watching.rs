//! Watching: the full state first, then what has changed; the newest sample wins.

use std::time::Duration;

use tonic::Streaming;
use weir_proto::v1::stats_client::StatsClient;
use weir_proto::v1::{WatchRequest, WatchResponse};
use weir_tests::broker::{check_books, subscription};

use crate::broker;

/// Samples come each second.
const LIMIT: Duration = Duration::from_secs(5);

async fn next(samples: &mut Streaming<WatchResponse>) -> WatchResponse {
    let next = tokio::time::timeout(LIMIT, samples.message()).await;
    next.expect("a sample each second").unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_begins_with_everything_and_goes_on_with_what_changed() {
    let broker = broker().await;
    broker.pair().await;
    broker.topic("other").await;
    broker.subscription(subscription("idle", "other")).await;
    let mut stub = StatsClient::new(broker.channel().await);
    let mut samples = stub.watch(WatchRequest {}).await.unwrap().into_inner();
    let first = next(&mut samples).await;
    assert!(first.full);
    assert_eq!((first.topics.len(), first.subscriptions.len()), (2, 2));
    assert_eq!(first.sequence, 1);
    broker.publish_texts("t", &["x"]).await;
    let id = first
        .subscriptions
        .iter()
        .find(|one| one.name == "s")
        .unwrap();
    let id = id.subscription_id;
    let mut sequence = first.sequence;
    loop {
        let sample = next(&mut samples).await;
        assert!(!sample.full, "only the first is full");
        assert!(sample.sequence > sequence);
        sequence = sample.sequence;
        assert!(sample.broker.is_some());
        sample.subscriptions.iter().for_each(check_books);
        let changed = sample
            .subscriptions
            .iter()
            .find(|one| one.subscription_id == id);
        if changed.is_some_and(|one| one.entered == 1) {
            break;
        }
    }
    let admin = broker.client().admin();
    admin.delete_topic_with_subscriptions("t").await.unwrap();
    loop {
        let sample = next(&mut samples).await;
        if sample.removed_subscription_ids == [id] {
            assert_eq!(sample.removed_topic_ids.len(), 1);
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watcher_merges_samples_into_the_state_that_get_stats_tells() {
    let broker = broker().await;
    broker.pair().await;
    let mut watcher = broker.client().watcher();
    broker.publish_texts("t", &["x", "y"]).await;
    let got = broker.pull_all("s", 1).await;
    broker.acknowledge(&got).await;
    let now = broker.stats("s").await;
    let agrees = async {
        loop {
            let observed = watcher.changed().await.expect("it goes on");
            let numbers = &observed.numbers;
            let found = numbers.subscriptions.get(&now.subscription_id);
            let seen = found.map(|one| (one.entered, one.acked, one.ready));
            if seen == Some((now.entered, now.acked, now.ready)) {
                break;
            }
        }
    };
    tokio::time::timeout(LIMIT, agrees)
        .await
        .expect("within 5 s");
}
