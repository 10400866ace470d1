//! The watcher: full states, deltas, and what it says of its connection.

use std::time::Duration;

use tokio::time::Instant;

use super::broker::{Broker, WatchTalk, due};
use crate::client::{ConnectionState, Observed, Watcher};
use crate::server::{BrokerStats, SubscriptionStats, TopicStats, WatchResponse};

fn full(topics: &[(u64, u64)], subscriptions: &[u64]) -> WatchResponse {
    let topic = |&(topic_id, published)| TopicStats {
        topic_id,
        published,
        ..Default::default()
    };
    let stats = |&id: &u64| SubscriptionStats {
        subscription_id: id,
        ..Default::default()
    };
    WatchResponse {
        full: true,
        broker: Some(BrokerStats {
            backlog: 5,
            ..Default::default()
        }),
        topics: topics.iter().map(topic).collect(),
        subscriptions: subscriptions.iter().map(stats).collect(),
        ..Default::default()
    }
}

async fn send(talk: &WatchTalk, sample: WatchResponse) {
    assert!(talk.send(Ok(sample)).await.is_ok());
}

/// Waits until what is observed meets `condition`.
async fn observe(watcher: &mut Watcher, condition: impl Fn(&Observed) -> bool) -> Observed {
    loop {
        let observed = due(watcher.changed()).await.expect("the watcher goes on");
        if condition(&observed) {
            return observed;
        }
    }
}

fn published(observed: &Observed) -> Vec<(u64, u64)> {
    observed
        .numbers
        .topics
        .iter()
        .map(|(id, topic)| (*id, topic.published))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn deltas_are_merged_into_the_full_state() {
    let mut broker = Broker::start();
    let mut watcher = broker.client().watcher();
    assert!(matches!(
        watcher.observed().connection,
        ConnectionState::Connecting
    ));
    let talk = broker.watch_talk().await;
    send(&talk, full(&[(1, 10), (2, 20)], &[8, 9])).await;
    let observed = observe(&mut watcher, |observed| observed.connection.is_live()).await;
    assert_eq!(published(&observed), [(1, 10), (2, 20)]);
    assert_eq!(observed.numbers.broker.backlog, 5);

    let mut delta = full(&[(2, 21), (3, 1)], &[]);
    delta.full = false;
    delta.sequence = 2;
    delta.removed_topic_ids = vec![1];
    delta.removed_subscription_ids = vec![9];
    send(&talk, delta).await;
    let observed = observe(&mut watcher, |observed| observed.numbers.sequence == 2).await;
    assert_eq!(published(&observed), [(2, 21), (3, 1)]);
    assert_eq!(
        observed.numbers.subscriptions.keys().collect::<Vec<_>>(),
        [&8]
    );

    send(&talk, full(&[(4, 0)], &[])).await;
    let observed = observe(&mut watcher, |observed| observed.numbers.sequence == 0).await;
    assert_eq!(
        published(&observed),
        [(4, 0)],
        "a full state makes void what was before"
    );
    assert!(observed.numbers.subscriptions.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_lost_stream_leaves_the_last_numbers_stale_until_it_is_back() {
    let mut broker = Broker::start();
    let mut watcher = broker.client().watcher();
    let talk = broker.watch_talk().await;
    send(&talk, full(&[(1, 10)], &[])).await;
    observe(&mut watcher, |observed| observed.connection.is_live()).await;
    broker.refuse(true);
    broker.cut();
    let mut seen = Vec::new();
    for _ in 0..8 {
        let observed = observe(&mut watcher, |observed| !observed.connection.is_live()).await;
        let now = Instant::now().into_std();
        let wait = observed.connection.retry_in(now).unwrap();
        let ConnectionState::Stale { since, error, .. } = &observed.connection else {
            panic!("{:?}", observed.connection)
        };
        assert!(error.is_unreachable());
        assert_eq!(published(&observed), [(1, 10)], "the last numbers stay");
        seen.push((*since, wait));
    }
    assert!(
        seen.iter().all(|(since, _)| *since == seen[0].0),
        "attempts do not make it younger"
    );
    assert!(seen[0].1 <= Duration::from_millis(100), "{seen:?}");
    assert!(
        seen[7].1 >= Duration::from_millis(2500),
        "the waits grow: {seen:?}"
    );
    assert!(
        seen[7].1 <= Duration::from_secs(5),
        "and are capped: {seen:?}"
    );
    broker.refuse(false);
    let talk = broker.watch_talk().await;
    send(&talk, full(&[(1, 11)], &[])).await;
    let observed = observe(&mut watcher, |observed| observed.connection.is_live()).await;
    assert_eq!(published(&observed), [(1, 11)]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_falls_silent_is_lost() {
    let mut broker = Broker::start();
    let mut watcher = broker.client().watcher();
    let talk = broker.watch_talk().await;
    send(&talk, full(&[], &[])).await;
    observe(&mut watcher, |observed| observed.connection.is_live()).await;
    let silent_since = Instant::now();
    let stale = observe(&mut watcher, |observed| !observed.connection.is_live()).await;
    assert!(
        stale
            .connection
            .error()
            .unwrap()
            .message()
            .contains("silent")
    );
    assert!(silent_since.elapsed() <= Duration::from_secs(6));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_fails_fast_watches_until_the_first_loss() {
    let mut broker = Broker::start();
    let mut watcher = broker.fail_fast_client().watcher();
    let talk = broker.watch_talk().await;
    send(&talk, full(&[], &[])).await;
    observe(&mut watcher, |observed| observed.connection.is_live()).await;
    broker.cut();
    let ended = observe(&mut watcher, |observed| !observed.connection.is_live()).await;
    assert!(matches!(ended.connection, ConnectionState::Ended { .. }));
    assert!(due(watcher.changed()).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_dropped_watcher_ends_its_stream() {
    let mut broker = Broker::start();
    let watcher = broker.client().watcher();
    let talk = broker.watch_talk().await;
    drop(watcher);
    due(talk.closed()).await;
}
