//! A message that has lived long enough is dropped as expired by each subscription that has not finished it.

use std::time::Duration;

use tonic::Code;
use weir_proto::v1::{DropCause, ErrorReason, Message, SubscriptionStats, Topic};
use weir_tests::broker::{Broker, message, subscription, texts};
use weir_tests::refusals::refused;
use weir_tests::wait;

use crate::broker;

fn living(text: &str, life: Duration) -> Message {
    Message {
        time_to_live: life.try_into().ok(),
        ..message(text)
    }
}

fn expired(stats: &SubscriptionStats) -> u64 {
    let of = stats.dropped.iter();
    let expired = of.filter(|one| one.cause() == DropCause::Expired);
    expired.map(|one| one.count).sum()
}

/// Waits until so many have expired.
async fn until_expired(broker: &Broker, count: u64) {
    wait::until("enough have expired", Duration::from_secs(20), async || {
        (expired(&broker.stats("s").await) >= count).then_some(())
    })
    .await;
    assert_eq!(expired(&broker.stats("s").await), count);
}

async fn topic_with(broker: &Broker, life: Duration) {
    broker
        .topic_with(Topic {
            name: "t".to_owned(),
            message_time_to_live: life.try_into().ok(),
            ..Topic::default()
        })
        .await;
    broker.subscription(subscription("s", "t")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_took_in_time_is_dropped_and_what_is_leased_can_still_be_acknowledged() {
    let mut broker = broker().await;
    topic_with(&broker, Duration::from_secs(2)).await;
    let long = Duration::from_hours(1);
    let messages = vec![
        message("a"),
        living("long", long),
        message("b"),
        message("c"),
    ];
    broker.publish("t", messages).await;
    let got = broker.pull("s", 1).await;
    assert_eq!(texts(&got), ["a"]);
    until_expired(&broker, 2).await;
    broker.acknowledge(&got).await;
    let stats = broker.stats("s").await;
    assert_eq!((stats.acked, stats.ready, stats.backlog), (1, 1, 1));
    broker.kill();
    broker.start_again().await;
    assert_eq!(expired(&broker.stats("s").await), 2);
    let got = broker.pull("s", 10).await;
    assert_eq!(texts(&got), ["long"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_long_messages_live_is_changed_by_a_mask_for_those_that_are_stored_too() {
    let broker = broker().await;
    broker.pair().await;
    broker.publish_texts("t", &["a", "b"]).await;
    let admin = broker.client().admin();
    let short = Topic {
        name: "t".to_owned(),
        message_time_to_live: Duration::from_millis(1).try_into().ok(),
        ..Topic::default()
    };
    let mask = ["message_time_to_live"];
    let changed = admin.update_topic(short.clone(), &mask).await.unwrap();
    assert_eq!(changed.message_time_to_live, short.message_time_to_live);
    until_expired(&broker, 2).await;
    let for_ever = Topic {
        message_time_to_live: None,
        ..short
    };
    let changed = admin.update_topic(for_ever, &mask).await.unwrap();
    assert_eq!(changed.message_time_to_live, None);
    broker.publish_texts("t", &["c"]).await;
    let got = broker.pull("s", 10).await;
    assert_eq!(texts(&got), ["c"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_life_out_of_its_range_is_refused() {
    let broker = broker().await;
    broker.pair().await;
    let decade = Duration::from_hours(24 * 3_650);
    let too_long = living("long", decade + Duration::from_mins(1));
    let outcome = broker.client().publish("t", vec![too_long]).await;
    let error = refused(outcome, Code::InvalidArgument, ErrorReason::ValueOutOfRange);
    let text = "message.time_to_live is 315360060 s; it must be 0 s to 10 years";
    assert!(error.message().contains(text), "{error:?}");
    let topic = Topic {
        name: "u".to_owned(),
        message_time_to_live: Some(prost_types::Duration::default()),
        ..Topic::default()
    };
    let outcome = broker.client().admin().create_topic(topic).await;
    let error = refused(outcome, Code::InvalidArgument, ErrorReason::ValueOutOfRange);
    assert!(
        error.message().contains("topic.message_time_to_live"),
        "{error:?}"
    );
    broker.publish("t", vec![living("ten years", decade)]).await;
    assert_eq!(broker.stats("s").await.ready, 1);
}
