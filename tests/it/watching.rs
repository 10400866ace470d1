//! Watching: the full state first, then what has changed; the newest sample wins.

use std::collections::BTreeMap;
use std::time::Duration;

use tonic::Streaming;
use weir_proto::client::ConnectionState;
use weir_proto::v1::stats_client::StatsClient;
use weir_proto::v1::{
    ErrorReason, GetStatsRequest, HistoryPoint, HistoryRequest, Topic, WatchRequest, WatchResponse,
    WatchWindow,
};
use weir_tests::broker::{Broker, check_books, subscription};

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
    let mut samples = stub
        .watch(WatchRequest::default())
        .await
        .unwrap()
        .into_inner();
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

fn window(filter: &str, order_by: &str, offset: u32, limit: u32) -> WatchWindow {
    WatchWindow {
        filter: filter.to_owned(),
        order_by: order_by.to_owned(),
        offset,
        limit,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_shows_the_rows_that_lead_as_they_change() {
    let broker = broker().await;
    for topic in ["a", "b", "c", "left"] {
        broker.topic(topic).await;
        broker
            .subscription(subscription(&format!("s-{topic}"), topic))
            .await;
    }
    let request = WatchRequest {
        subscriptions: Some(window("name ~ \"^s-[abc]$\"", "backlog desc", 0, 2)),
        topics: None,
    };
    let mut stub = StatsClient::new(broker.channel().await);
    let mut samples = stub.watch(request).await.unwrap().into_inner();
    let first = next(&mut samples).await;
    assert!(first.full && first.topics.is_empty() && first.topic_rows.is_none());
    broker.publish_texts("c", &["x", "y"]).await;
    broker.publish_texts("left", &["x", "y", "z"]).await;
    broker.publish_texts("b", &["x"]).await;
    let mut shown = BTreeMap::new();
    let mut sample = first;
    let leads = async {
        loop {
            for row in &sample.subscriptions {
                assert_ne!(row.name, "s-left", "the filter does not select it");
                shown.insert(row.subscription_id, row.name.clone());
            }
            for id in &sample.removed_subscription_ids {
                shown.remove(id);
            }
            let rows = sample.subscription_rows.unwrap();
            let names: Vec<_> = rows.ids.iter().map(|id| shown[id].as_str()).collect();
            assert_eq!(shown.len(), names.len(), "rows that left are removed");
            if names == ["s-c", "s-b"] {
                assert_eq!(rows.matched_count, 3);
                break;
            }
            sample = next(&mut samples).await;
        }
    };
    tokio::time::timeout(LIMIT, leads)
        .await
        .expect("within 5 s");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_that_does_not_read_is_refused_and_ends_its_watcher() {
    let broker = broker().await;
    let request = WatchRequest {
        subscriptions: Some(window("backlog ~ 3", "", 0, 0)),
        topics: None,
    };
    let mut watcher = broker.client().watcher_of(request);
    let ended = async { while watcher.changed().await.is_some() {} };
    tokio::time::timeout(LIMIT, ended)
        .await
        .expect("within 5 s");
    let observed = watcher.observed();
    let ConnectionState::Ended { error } = &observed.connection else {
        panic!("{observed:?}");
    };
    assert_eq!(error.code(), tonic::Code::InvalidArgument);
    assert_eq!(error.reason(), ErrorReason::FilterInvalid);
    assert_eq!(
        error.message(),
        "subscriptions.filter does not read: backlog is no text, and ~ compares texts \
         at character 9 of \"backlog ~ 3\": one of = != < <= > >="
    );
}

/// The points of `s` by the second, once there is one that satisfies.
async fn history_until(
    broker: &Broker,
    is_enough: impl Fn(&[HistoryPoint]) -> bool,
) -> Vec<HistoryPoint> {
    weir_tests::wait::until("the history has it", LIMIT, async || {
        let request = HistoryRequest {
            subscription: "s".to_owned(),
            ..HistoryRequest::default()
        };
        let points = broker.client().stats().history(request).await.unwrap();
        is_enough(&points.points).then_some(points.points)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_tells_what_came_and_went_and_outlives_a_restart() {
    let mut broker = broker().await;
    broker.pair().await;
    broker.publish_texts("t", &["x", "y", "z"]).await;
    let got = broker.pull_all("s", 1).await;
    broker.acknowledge(&got).await;
    let sum = |points: &[HistoryPoint], of: fn(&HistoryPoint) -> u64| -> u64 {
        points.iter().map(of).sum()
    };
    let before = history_until(&broker, |points| sum(points, |one| one.ack_count) == 1).await;
    assert_eq!(sum(&before, |one| one.publish_count), 3);
    assert_eq!(sum(&before, |one| one.deliver_count), 1);
    let last = before.last().unwrap();
    assert_eq!((last.backlog, last.dead), (2, 0));
    assert!(last.lag_seconds.is_some_and(|lag| lag < 5.0), "{last:?}");
    let all = HistoryRequest::default();
    let whole = broker.client().stats().history(all).await.unwrap();
    assert_eq!(sum(&whole.points, |one| one.publish_count), 3);
    assert!(!whole.truncated);
    broker.stop();
    broker.start_again().await;
    let kept = history_until(&broker, |points| points.len() > before.len()).await;
    assert_eq!(kept[..before.len()], before);
    assert_eq!(
        sum(&kept, |one| one.publish_count),
        3,
        "nothing counts twice"
    );
    let since = HistoryRequest {
        subscription: "s".to_owned(),
        start_time: kept[before.len()].sample_time,
        ..HistoryRequest::default()
    };
    let since = broker.client().stats().history(since).await.unwrap();
    assert!(since.points.len() < kept.len());
    assert_eq!(since.points[0].sample_time, kept[before.len()].sample_time);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_names_a_subscription_sees_its_partitions() {
    let broker = broker().await;
    let topic = Topic {
        name: "t".to_owned(),
        partition_count: 3,
        ..Topic::default()
    };
    broker.client().admin().create_topic(topic).await.unwrap();
    broker.subscription(subscription("s", "t")).await;
    let texts: Vec<_> = (0..30).map(|at| at.to_string()).collect();
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    broker.publish_texts("t", &texts).await;
    let request = GetStatsRequest {
        subscription: "s".to_owned(),
        ..GetStatsRequest::default()
    };
    let got = broker.client().stats().get(request).await.unwrap();
    let (topic, subscription) = (&got.topics[0], &got.subscriptions[0]);
    assert_eq!(
        (topic.partitions.len(), subscription.partitions.len()),
        (3, 3)
    );
    for (at, (of_topic, own)) in (0..).zip(topic.partitions.iter().zip(&subscription.partitions)) {
        assert_eq!((of_topic.partition, own.partition), (at, at));
        assert_eq!(of_topic.next_offset, own.backlog);
        assert_eq!(own.lag_seconds.is_some(), own.backlog > 0);
        assert_eq!((of_topic.low_offset, own.floor_offset), (0, 0));
    }
    let sum: u64 = subscription.partitions.iter().map(|one| one.backlog).sum();
    assert_eq!((sum, subscription.backlog), (30, 30));
    let everything = broker
        .client()
        .stats()
        .get(GetStatsRequest::default())
        .await
        .unwrap();
    assert!(everything.subscriptions[0].partitions.is_empty());
}
