//! Failures: counted, waited for, tried again.

use std::time::Duration;

use weir_proto::v1::{NackAction, NackChange, NackOptions, Subscription};
use weir_tests::broker::{Broker, eager, subscription};
use weir_tests::wait;

use crate::broker;

async fn nack(broker: &Broker, ack_id: &str, options: NackOptions) {
    let change = NackChange {
        ack_id: ack_id.to_owned(),
        options: Some(options),
    };
    let answer = broker.client().puller().nack(vec![change]).await.unwrap();
    assert_eq!((answer.changed_count, answer.errors.len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_message_waits_longer_each_time_before_it_comes_again() {
    let broker = broker().await;
    broker
        .pair_with(Subscription {
            minimum_backoff: Duration::from_millis(200).try_into().ok(),
            maximum_backoff: Duration::from_millis(800).try_into().ok(),
            ..subscription("s", "t")
        })
        .await;
    broker.publish_texts("t", &["x"]).await;
    let mut got = broker.pull_all("s", 1).await;
    // The wait doubles up to its most, and varies by a fifth either way.
    for (attempt, backoff) in [(2, 200), (3, 400), (4, 800), (5, 800)] {
        nack(&broker, &got[0].ack_id, NackOptions::default()).await;
        let stats = broker.stats("s").await;
        assert_eq!((stats.waiting, stats.ready), (1, 0));
        let (again, took) = wait::timed(broker.pull_all("s", 1)).await;
        assert_eq!(again[0].delivery_attempt, attempt);
        let least = Duration::from_millis(backoff * 8 / 10 - 50);
        assert!(took >= least, "attempt {attempt} after {took:?}");
        got = again;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_may_say_how_long_to_wait() {
    let broker = broker().await;
    broker.pair_with(subscription("s", "t")).await;
    broker.publish_texts("t", &["a", "b"]).await;
    let got = broker.pull_all("s", 2).await;
    let after = |delay| NackOptions {
        action: NackAction::Retry.into(),
        delay: Duration::from_secs(delay).try_into().ok(),
        ..NackOptions::default()
    };
    nack(&broker, &got[0].ack_id, after(3_600)).await;
    nack(&broker, &got[1].ack_id, after(0)).await;
    let again = broker.pull_all("s", 1).await;
    assert_eq!(again[0].message_id, got[1].message_id);
    let stats = broker.stats("s").await;
    assert_eq!((stats.waiting, stats.leased), (1, 1));
    let waits = broker
        .peek("s", &[weir_proto::v1::MessageState::Waiting])
        .await;
    assert_eq!(waits.len(), 1);
    assert!(waits[0].states[0].retry_time.is_some());
    assert_eq!(waits[0].states[0].failed_attempts, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attempts_are_counted_one_by_one_up_to_the_last() {
    let broker = broker().await;
    broker.pair_with(eager("s", "t", 5)).await;
    broker.publish_texts("t", &["x"]).await;
    for attempt in 1..=5 {
        let got = broker.pull_all("s", 1).await;
        assert_eq!(got[0].delivery_attempt, attempt);
        nack(&broker, &got[0].ack_id, NackOptions::default()).await;
    }
    let stats = broker.stats("s").await;
    assert_eq!((stats.dead, stats.backlog), (1, 0));
}
