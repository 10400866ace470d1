//! A restart keeps everything, after a clean stop and after a kill.

use std::time::Duration;

use weir_proto::v1::{MessageState, NackAction, NackChange, NackOptions, SubscriptionStats, Topic};
use weir_tests::broker::{Broker, eager, subscription, texts};

use crate::broker;

/// Each state once: one acked, one dead, one waiting, one leased, the rest ready.
async fn a_story(broker: &Broker) {
    broker
        .topic_with(Topic {
            name: "t".to_owned(),
            retention_duration: Duration::from_hours(1).try_into().ok(),
            ..Topic::default()
        })
        .await;
    broker.subscription(subscription("s", "t")).await;
    broker.topic("empty").await;
    broker.subscription(eager("idle", "empty", 3)).await;
    publish_and_settle(broker).await;
}

/// Of 20 messages of `t` each state once in `s`: one acked, one dead, one waiting, one leased, the rest ready.
pub(crate) async fn publish_and_settle(broker: &Broker) {
    let names: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    broker.publish_texts("t", &all).await;
    let got = broker.pull_all("s", 4).await;
    broker.acknowledge(&got[..1]).await;
    let change = |index: usize, action: NackAction, delay: u64| NackChange {
        ack_id: got[index].ack_id.clone(),
        options: Some(NackOptions {
            action: action.into(),
            delay: Duration::from_secs(delay).try_into().ok(),
            reason: "because".to_owned(),
            error_class: "Test".to_owned(),
        }),
    };
    let changes = vec![
        change(1, NackAction::Dead, 0),
        change(2, NackAction::Retry, 3_600),
    ];
    let done = broker.client().puller().nack(changes).await.unwrap();
    assert_eq!(done.changed_count, 2);
}

fn durable(stats: &SubscriptionStats) -> [u64; 5] {
    let held = stats.ready + stats.leased;
    [stats.entered, held, stats.waiting, stats.dead, stats.acked]
}

async fn check_story(broker: &Broker, before: &SubscriptionStats) {
    let after = broker.stats("s").await;
    assert_eq!(durable(before), durable(&after));
    assert_eq!(durable(&after), [20, 17, 1, 1, 1]);
    let dead = broker.peek("s", &[MessageState::Dead]).await;
    let letter = dead[0].states[0].dead_letter.clone().unwrap();
    assert_eq!((letter.reason.as_str(), letter.attempts), ("because", 1));
    assert_eq!(letter.consumer, "the test");
    let waiting = broker.peek("s", &[MessageState::Waiting]).await;
    assert_eq!(waiting[0].states[0].failed_attempts, 1);
    let topics = broker.client().admin().all_topics().await.unwrap();
    assert_eq!(topics.len(), 2);
    let idle = broker.client().admin().get_subscription("idle").await;
    assert_eq!(idle.unwrap().max_attempts, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clean_restart_keeps_everything_and_releases_what_was_leased() {
    let mut broker = broker().await;
    a_story(&broker).await;
    let before = broker.stats("s").await;
    assert_eq!(before.leased, 1);
    for _ in 0..3 {
        broker.stop();
        broker.start_again().await;
        check_story(&broker, &before).await;
        assert_eq!(broker.stats("s").await.leased, 0);
    }
    let got = broker.pull_all("s", 17).await;
    assert_eq!(texts(&got)[0], "3", "in order");
    assert!(got.iter().all(|one| one.delivery_attempt == 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_keeps_everything_and_an_ack_id_from_before_still_counts() {
    let mut broker = broker().await;
    a_story(&broker).await;
    let held = broker.pull_all("s", 1).await;
    let before = broker.stats("s").await;
    for _ in 0..3 {
        broker.kill();
        broker.start_again().await;
        check_story(&broker, &before).await;
    }
    broker.acknowledge(&held).await;
    assert_eq!(broker.stats("s").await.acked, 2);
    broker.kill();
    broker.start_again().await;
    assert_eq!(broker.stats("s").await.acked, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_are_never_used_again() {
    let mut broker = broker().await;
    let mut topics = Vec::new();
    for _ in 0..3 {
        let topic = broker.topic("t").await;
        let made = broker.subscription(subscription("s", "t")).await;
        topics.push((topic.topic_id, made.subscription_id));
        let admin = broker.client().admin();
        assert_eq!(admin.delete_topic_with_subscriptions("t").await.unwrap(), 1);
        broker.kill();
        broker.start_again().await;
    }
    let mut distinct = topics.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), 3, "{topics:?}");
    let left = broker.client().admin().all_topics().await.unwrap();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_segments_are_replayed_and_freed() {
    let mut broker = broker().await;
    broker.pair_with(eager("s", "t", 10)).await;
    let admin = broker.client().admin();
    admin.delete_subscription("s").await.unwrap();
    admin.delete_topic("t").await.unwrap();
    broker
        .topic_with(Topic {
            name: "t".to_owned(),
            retention_duration: Duration::ZERO.try_into().ok(),
            ..Topic::default()
        })
        .await;
    broker.subscription(eager("s", "t", 10)).await;
    let mut next = 0;
    for round in 0..8 {
        // 4 MiB a round, 32 MiB in all, are four segments of the test's size.
        for _ in 0..40 {
            let messages = (0..10)
                .map(|n| weir_proto::v1::Message {
                    payload: vec![n; 10 << 10].into(),
                    ..weir_proto::v1::Message::default()
                })
                .collect();
            broker.publish("t", messages).await;
        }
        let got = broker.pull_all("s", 400).await;
        assert_eq!(got.iter().map(|one| one.offset).min(), Some(next));
        next += 400;
        broker.acknowledge(&got).await;
        if round % 2 == 0 {
            broker.kill();
        } else {
            broker.stop();
        }
        broker.start_again().await;
        let stats = broker.stats("s").await;
        assert_eq!((stats.acked, stats.backlog), (next, 0));
    }
    let limit = Duration::from_secs(20);
    weir_tests::wait::until("segments are freed", limit, async || {
        let request = weir_proto::v1::GetStatsRequest::default();
        let stats = broker.client().stats().get(request).await.unwrap();
        let bytes = stats.broker.unwrap().journal_bytes;
        (bytes < 20 << 20).then_some(())
    })
    .await;
}
