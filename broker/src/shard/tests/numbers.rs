//! The numbers of a call and the audit behind them.

use super::rig::*;
use crate::core::Start;
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{Refusal, Span};
use crate::shard::Handle;

/// Topics `t` with `s` and `u` with `v` and `w`.
async fn two_topics(handle: &Handle) {
    set_up(handle, SubscriptionSettings::default()).await;
    let topic = handle.create_topic(name("u"), TopicSettings::default());
    soon(topic).await.unwrap();
    for text in ["v", "w"] {
        let settings = SubscriptionSettings::default();
        let made = handle.create_subscription(name(text), name("u"), settings, Start::Latest);
        soon(made).await.unwrap();
    }
}

#[tokio::test]
async fn a_call_gives_what_is_asked_for_and_the_whole_broker() {
    let (disk, _) = sim();
    let shard = start(&disk);
    let handle = shard.handle();
    two_topics(&handle).await;
    let topic = handle.route(&name("u")).unwrap().topic;
    publish(&handle, topic, &[b"x", b"y", b"z"]).await.unwrap();
    let topic = handle.route(&name("t")).unwrap().topic;
    publish(&handle, topic, &[b"x"]).await.unwrap();
    let cases = [
        (None, None, "t u", "s v w"),
        (Some("u"), None, "u", "v w"),
        (None, Some("w"), "u", "w"),
        (Some("u"), Some("v"), "u", "v"),
    ];
    for (topic, subscription, topics, subscriptions) in cases {
        let sample = handle.sample(topic.map(name), subscription.map(name));
        let sample = soon(sample).await.unwrap();
        let found: Vec<_> = sample
            .topics
            .iter()
            .map(|one| one.counts.name.as_str())
            .collect();
        assert_eq!(found.join(" "), topics);
        let found = sample.subscriptions.iter();
        let found: Vec<_> = found.map(|one| one.counts.name.as_str()).collect();
        assert_eq!(found.join(" "), subscriptions);
        assert_eq!((sample.broker.backlog, sample.broker.dead), (7, 0));
        assert_eq!((sample.broker.topics, sample.broker.subscriptions), (2, 3));
    }
    let unknown = soon(handle.sample(Some(name("none")), None)).await;
    assert!(matches!(unknown, Err(Refusal::TopicNotFound { .. })));
    let other = soon(handle.sample(Some(name("t")), Some(name("v")))).await;
    assert!(matches!(other, Err(Refusal::TopicMismatch { .. })));
    let unknown = soon(handle.sample(Some(name("t")), Some(name("none")))).await;
    assert!(matches!(unknown, Err(Refusal::SubscriptionNotFound { .. })));
}

#[tokio::test]
async fn rates_of_a_call_count_what_came_since_the_last_sample() {
    let (disk, _) = sim();
    let shard = start(&disk);
    let handle = shard.handle();
    let topic = set_up(&handle, SubscriptionSettings::default()).await;
    let mut samples = handle.watch_samples();
    let has_both = samples.wait_for(|sample| sample.subscriptions.len() == 1);
    let before = soon(has_both).await.unwrap().number;
    publish(&handle, topic, &[b"x", b"y"]).await.unwrap();
    let sample = soon(handle.sample(Some(name("t")), None)).await.unwrap();
    // If no tick came between, only a look at the moment can know of these two.
    assert!(handle.watch_samples().borrow().number >= before);
    for rate in sample.topics[0].publish_rates {
        assert!((0.01..=2.0).contains(&rate), "{rate}");
    }
    let arrivals = sample.subscriptions[0].rates.map(|rates| rates.publish);
    assert!(arrivals.iter().all(|rate| *rate > 0.0), "{arrivals:?}");
    assert!(sample.broker.publish_rate > 0.0);
}

#[tokio::test]
async fn wrong_books_are_shown_in_calls_and_samples() {
    let (disk, _) = sim();
    let shard = start(&disk);
    let handle = shard.handle();
    two_topics(&handle).await;
    let id = soon(handle.subscription(name("v"))).await.unwrap().id;
    // With a message the states still add up: only a recount can tell.
    let topic = handle.route(&name("u")).unwrap().topic;
    publish(&handle, topic, &[b"x"]).await.unwrap();
    let spoilt = handle.act(move |core, _now| {
        core.spoil_books(id);
        Ok(())
    });
    soon(spoilt).await.unwrap();
    let mut samples = handle.watch_samples();
    let shown = samples.wait_for(|sample| sample.broker.conservation_error > 0);
    drop(soon(shown).await.unwrap());
    for (asked, error) in [("v", true), ("w", false)] {
        let sample = soon(handle.sample(None, Some(name(asked)))).await.unwrap();
        let shown = sample.subscriptions[0].counts.conservation_error;
        assert_eq!(shown > 0, error, "{asked}");
        assert!(sample.broker.conservation_error > 0);
    }
}

#[tokio::test]
async fn a_deleted_topic_is_forgotten_once_its_segments_are_gone() {
    let (disk, _) = sim();
    let shard = start(&disk);
    let handle = shard.handle();
    let settings = TopicSettings {
        retention: Span::ZERO,
        ..TopicSettings::default()
    };
    for text in ["gone", "busy"] {
        soon(handle.create_topic(name(text), settings))
            .await
            .unwrap();
    }
    let gone = handle.route(&name("gone")).unwrap().topic;
    publish(&handle, gone, &[b"x"]).await.unwrap();
    soon(handle.delete_topic(name("gone"), false))
        .await
        .unwrap();
    let tombstones = || handle.act(|core, _now| Ok(core.tombstones()));
    assert_eq!(soon(tombstones()).await, Ok(1));
    let busy = handle.route(&name("busy")).unwrap().topic;
    let large = vec![1; 8 << 10];
    let forget = async {
        while tombstones().await != Ok(0) {
            // Small segments fill faster than others are prepared; then it is tried again.
            match publish(&handle, busy, &[&large]).await {
                Ok(_) | Err(Refusal::DiskFull) => {}
                Err(refusal) => panic!("{refusal:?}"),
            }
        }
    };
    soon(forget).await;
}
