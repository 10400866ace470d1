//! A message with a delay or a time is handed out then and not before, restarts and kills included.

use std::time::{Duration, SystemTime};

use prost_types::Timestamp;
use tonic::Code;
use weir_proto::client::{SubscribeOptions, Subscriber};
use weir_proto::v1::{
    ErrorReason, KeyOrder, Message, MessageState, PurgeBacklogRequest, Selection,
};
use weir_tests::broker::{keyed, message, ordered, subscription, texts};
use weir_tests::refusals::refused;
use weir_tests::wait;

use crate::broker;

fn delayed(text: &str, delay: Duration) -> Message {
    Message {
        delay: delay.try_into().ok(),
        ..message(text)
    }
}

fn at(text: &str, time: SystemTime) -> Message {
    Message {
        deliver_time: Some(time.into()),
        ..message(text)
    }
}

fn micros(time: Timestamp) -> i128 {
    i128::from(time.seconds) * 1_000_000 + i128::from(time.nanos / 1_000)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delayed_message_comes_when_it_is_due_and_counts_as_scheduled_until_then() {
    let broker = broker().await;
    broker.pair().await;
    let before = wait::wall();
    let delay = Duration::from_secs(2);
    let messages = vec![
        delayed("later", delay),
        message("now"),
        at("over", SystemTime::UNIX_EPOCH),
    ];
    broker.publish("t", messages).await;
    let stats = broker.stats("s").await;
    assert_eq!((stats.entered, stats.scheduled, stats.ready), (3, 1, 2));
    let got = broker.pull("s", 10).await;
    assert_eq!(texts(&got), ["now", "over"]);
    broker.acknowledge(&got).await;
    let stats = broker.stats("s").await;
    assert_eq!((stats.scheduled, stats.backlog), (1, 0));
    assert_eq!(stats.lag_seconds, None, "nothing is late");
    let peeked = broker.peek("s", &[MessageState::Scheduled]).await;
    let shown = &peeked[0].states[0];
    assert_eq!(shown.state(), MessageState::Scheduled);
    let due = shown.due_time.unwrap();
    assert!(micros(due) >= micros((before + delay).into()));
    let got = broker.pull("s", 10).await;
    assert!(
        micros(wait::wall().into()) >= micros(due),
        "not before it is due"
    );
    assert_eq!(texts(&got), ["later"]);
    assert_eq!(got[0].delivery_attempt, 1);
    assert_eq!(got[0].message.clone().unwrap().delay, delay.try_into().ok());
    broker.acknowledge(&got).await;
    assert_eq!(broker.stats("s").await.acked, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_pipelined_publisher_delays_comes_to_an_open_stream_in_order_of_its_time() {
    let broker = broker().await;
    broker.topic("t").await;
    for name in ["s", "other"] {
        broker.subscription(subscription(name, "t")).await;
    }
    let options = SubscribeOptions::to("s");
    let mut subscriber = Subscriber::open(broker.client(), options).await.unwrap();
    let publisher = broker.client().publisher("t");
    let mut confirmations = Vec::new();
    for (text, millis) in [("third", 1_500), ("second", 1_000), ("first", 500)] {
        let message = delayed(text, Duration::from_millis(millis));
        confirmations.push(publisher.publish(message).await.unwrap());
    }
    for confirmation in confirmations {
        confirmation.await.unwrap();
    }
    for expected in ["first", "second", "third"] {
        let received = subscriber.next().await.unwrap();
        assert_eq!(received.message.payload, expected.as_bytes());
        received.ack();
    }
    publisher.close().await.unwrap();
    subscriber.close().await.unwrap();
    let (s, other) = (broker.stats("s").await, broker.stats("other").await);
    assert_eq!((s.acked, s.scheduled), (3, 0));
    assert_eq!((other.ready, other.scheduled), (3, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scheduled_messages_survive_kills_and_come_when_they_are_due() {
    let mut broker = broker().await;
    broker.pair().await;
    let soon = wait::wall() + Duration::from_secs(3);
    let messages = vec![
        at("soon", soon),
        delayed("tomorrow", Duration::from_hours(24)),
        message("now"),
    ];
    broker.publish("t", messages).await;
    for is_kill in [true, false] {
        if is_kill {
            broker.kill();
        } else {
            broker.stop();
        }
        broker.start_again().await;
        let stats = broker.stats("s").await;
        assert_eq!(stats.entered, 3);
        assert_eq!(stats.scheduled + stats.ready, 3);
        assert!(stats.scheduled >= 1, "{stats:?}");
    }
    let got = broker.pull_all("s", 2).await;
    assert!(wait::wall() >= soon);
    let mut got = texts(&got);
    got.sort_unstable();
    assert_eq!(got, ["now", "soon"]);
    let purge = PurgeBacklogRequest {
        subscription: "s".to_owned(),
        selection: Some(Selection {
            all: true,
            ..Selection::default()
        }),
        ..PurgeBacklogRequest::default()
    };
    let purged = broker.client().operator().purge(purge).await.unwrap();
    assert_eq!(purged.affected, 1, "what is leased is left");
    let stats = broker.stats("s").await;
    assert_eq!((stats.scheduled, stats.leased), (0, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn later_messages_of_a_key_do_not_wait_for_one_that_is_not_due() {
    let broker = broker().await;
    let s = ordered(subscription("s", "t"), KeyOrder::Block);
    broker.pair_with(s).await;
    let late = Message {
        delay: Duration::from_secs(1).try_into().ok(),
        ..keyed("k", "late")
    };
    broker
        .publish("t", vec![late, keyed("k", "a"), keyed("k", "b")])
        .await;
    let mut order = Vec::new();
    while order.len() < 3 {
        let got = broker.pull("s", 1).await;
        order.extend(texts(&got));
        broker.acknowledge(&got).await;
    }
    assert_eq!(order, ["a", "b", "late"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_and_a_delay_at_once_or_out_of_range_are_refused_and_store_nothing() {
    let broker = broker().await;
    broker.pair().await;
    let now = wait::wall();
    let both = Message {
        delay: Duration::from_secs(1).try_into().ok(),
        ..at("both", now)
    };
    let negative = Message {
        delay: Some(prost_types::Duration {
            seconds: -1,
            nanos: 0,
        }),
        ..message("negative")
    };
    let decade = Duration::from_hours(24 * 3_650);
    let minute = Duration::from_mins(1);
    let cases = [
        (both, ErrorReason::MessageMalformed, "exclude one another"),
        (
            negative,
            ErrorReason::ValueOutOfRange,
            "message.delay is -1 s; it must be 0 s to 10 years",
        ),
        (
            delayed("long", decade + minute),
            ErrorReason::ValueOutOfRange,
            "it must be 0 s to 10 years",
        ),
        (
            at("far", now + decade + minute),
            ErrorReason::ValueOutOfRange,
            "it must be 1970 to 10 years from now",
        ),
    ];
    for (wrong, reason, text) in cases {
        let outcome = broker
            .client()
            .publish("t", vec![message("fine"), wrong])
            .await;
        let error = refused(outcome, Code::InvalidArgument, reason);
        assert!(error.message().contains(text), "{error:?}");
    }
    assert_eq!(broker.stats("s").await.entered, 0);
    broker
        .publish("t", vec![delayed("ten years", decade)])
        .await;
    assert_eq!(broker.stats("s").await.scheduled, 1);
}
