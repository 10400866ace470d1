//! Death: recorded with its reason, its attempts, its times and its consumer; taken back by a requeue.

use std::time::{Duration, SystemTime};

use weir_proto::client::{SubscribeOptions, Subscriber};
use weir_proto::v1::{
    DeadLetter, MessageState, NackAction, NackChange, NackOptions, PeekedMessage, Subscription,
};
use weir_tests::broker::{Broker, eager, subscription};
use weir_tests::wait;

use crate::broker;

const LIMIT: Duration = Duration::from_secs(10);

async fn the_dead_one(broker: &Broker) -> (PeekedMessage, DeadLetter) {
    wait::until("a message dies", LIMIT, async || {
        (broker.stats("s").await.dead == 1).then_some(())
    })
    .await;
    let mut dead = broker.peek("s", &[MessageState::Dead]).await;
    assert_eq!(dead.len(), 1);
    let message = dead.remove(0);
    assert_eq!(message.states.len(), 1);
    assert_eq!(message.states[0].state(), MessageState::Dead);
    let letter = message.states[0].dead_letter.clone().unwrap();
    (message, letter)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_fails_its_last_attempt_is_dead_with_what_its_consumer_said() {
    let broker = broker().await;
    broker.pair_with(eager("s", "t", 3)).await;
    let ids = broker.publish_texts("t", &["poison"]).await;
    for attempt in 1..=3 {
        let got = broker.pull_all("s", 1).await;
        let change = NackChange {
            ack_id: got[0].ack_id.clone(),
            options: Some(NackOptions {
                reason: format!("failed {attempt}"),
                error_class: "Poison".to_owned(),
                ..NackOptions::default()
            }),
        };
        broker.client().puller().nack(vec![change]).await.unwrap();
    }
    let (message, letter) = the_dead_one(&broker).await;
    assert_eq!(message.message_id, ids[0].to_string());
    assert_eq!(message.message.unwrap().payload, "poison");
    assert_eq!(letter.reason, "failed 3");
    assert_eq!(letter.error_class, "Poison");
    assert_eq!((letter.attempts, letter.consumer.as_str()), (3, "the test"));
    let time = |time: Option<prost_types::Timestamp>| SystemTime::try_from(time.unwrap()).unwrap();
    let (first, last) = (
        time(letter.first_failure_time),
        time(letter.last_failure_time),
    );
    let published = time(message.publish_time);
    assert!(published <= first && first <= last);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_refused_for_good_is_dead_at_once() {
    let broker = broker().await;
    broker.pair().await;
    broker.publish_texts("t", &["x"]).await;
    let client = broker.client();
    let options = SubscribeOptions {
        consumer: "the refuser".to_owned(),
        ..SubscribeOptions::to("s")
    };
    let mut subscriber = Subscriber::open(client, options).await.unwrap();
    let got = subscriber.next().await.unwrap();
    got.nack(NackOptions {
        action: NackAction::Dead.into(),
        reason: "no".to_owned(),
        error_class: "Refused".to_owned(),
        ..NackOptions::default()
    });
    let (_, letter) = the_dead_one(&broker).await;
    subscriber.close().await.unwrap();
    assert_eq!((letter.attempts, letter.reason.as_str()), (1, "no"));
    assert_eq!(letter.consumer, "the refuser");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leases_that_expire_kill_with_the_class_lease_expired() {
    let broker = broker().await;
    broker
        .pair_with(Subscription {
            ack_deadline: Duration::from_secs(1).try_into().ok(),
            max_attempts: 1,
            ..subscription("s", "t")
        })
        .await;
    broker.publish_texts("t", &["x"]).await;
    broker.pull_all("s", 1).await;
    let (_, letter) = the_dead_one(&broker).await;
    assert_eq!(letter.error_class, "lease_expired");
    assert_eq!((letter.attempts, letter.consumer.as_str()), (1, "the test"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_requeue_gives_back_the_same_message_with_attempts_from_0() {
    let broker = broker().await;
    broker.topic("t").await;
    broker.subscription(eager("s", "t", 1)).await;
    broker.subscription(eager("other", "t", 1)).await;
    let ids = broker.publish_texts("t", &["x"]).await;
    let other = broker.pull_all("other", 1).await;
    broker.acknowledge(&other).await;
    for _ in 0..3 {
        let got = broker.pull_all("s", 1).await;
        assert_eq!(got[0].delivery_attempt, 1);
        assert_eq!(got[0].message_id, ids[0].to_string());
        let change = NackChange {
            ack_id: got[0].ack_id.clone(),
            options: Some(NackOptions::default()),
        };
        broker.client().puller().nack(vec![change]).await.unwrap();
        the_dead_one(&broker).await;
        broker.requeue_all("s").await;
    }
    let stats = broker.stats("s").await;
    assert_eq!((stats.ready, stats.dead, stats.entered), (1, 0, 1));
    let untouched = broker.stats("other").await;
    assert_eq!((untouched.acked, untouched.backlog), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_messages_are_dropped_as_expired_after_their_retention() {
    let broker = broker().await;
    broker
        .pair_with(Subscription {
            dead_letter_retention: Duration::from_secs(1).try_into().ok(),
            ..eager("s", "t", 1)
        })
        .await;
    broker.publish_texts("t", &["x"]).await;
    let got = broker.pull_all("s", 1).await;
    let change = NackChange {
        ack_id: got[0].ack_id.clone(),
        options: Some(NackOptions::default()),
    };
    broker.client().puller().nack(vec![change]).await.unwrap();
    let dropped = wait::until("the dead one is dropped", LIMIT, async || {
        let stats = broker.stats("s").await;
        (stats.dead == 0).then_some(stats.dropped)
    })
    .await;
    assert_eq!(dropped.len(), 1, "{dropped:?}");
    let one = &dropped[0];
    assert_eq!(one.cause(), weir_proto::v1::DropCause::Expired);
    assert_eq!(one.count, 1);
}
