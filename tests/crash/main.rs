//! What is left after the broker dies, and what it does when it may not start.
//!
//! - [`kills`]: killed at random under load. [`resending`]: producers that send again what was under way.
//! - [`poison`]: while messages kill their consumers.
//! - [`fail_points`]: dying at each named point.
//! - [`stops`]: asked to stop under load.
//! - [`reopening`]: a large log. [`starts`]: directories that it must refuse. [`golden`]: those of earlier releases.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests fail by panics and print their seeds and figures"
)]

mod kills;

mod resending;

mod poison;

mod fail_points;

mod stops;

mod reopening;

mod starts;

mod golden;

use std::time::Duration;

use weir_proto::v1::{KeyOrder, Subscription};
use weir_tests::broker::{Broker, ordered, subscription};
use weir_tests::load::{Ground, HALF, MAX_ATTEMPTS, PARKED, Reader};

/// The daemon.
const PROGRAM: &str = env!("CARGO_BIN_EXE_weir-broker-under-test");

/// One topic with a plain subscription, one in order of key, and one with a filter.
const GROUND: Ground = Ground {
    topic: "t",
    subscriptions: &[
        Reader::plain("plain"),
        Reader::ordered("ordered"),
        Reader::half("half"),
    ],
};

/// Makes the topic and the subscriptions of [`GROUND`].
async fn prepare(broker: &Broker) {
    broker
        .topic_with(weir_proto::v1::Topic {
            name: "t".to_owned(),
            partition_count: 3,
            retention_duration: Duration::ZERO.try_into().ok(),
            ..weir_proto::v1::Topic::default()
        })
        .await;
    broker.topic(PARKED).await;
    broker.subscription(subscription(PARKED, PARKED)).await;
    broker.subscription(restless("plain")).await;
    let ordered = ordered(restless("ordered"), KeyOrder::Skip);
    broker.subscription(ordered).await;
    let half = Subscription {
        filter: HALF.to_owned(),
        ..restless("half")
    };
    broker.subscription(half).await;
}

/// A subscription whose leases and waits end soon.
fn restless(name: &str) -> Subscription {
    Subscription {
        ack_deadline: Duration::from_secs(1).try_into().ok(),
        minimum_backoff: Duration::from_millis(5).try_into().ok(),
        maximum_backoff: Duration::from_millis(50).try_into().ok(),
        max_attempts: MAX_ATTEMPTS,
        ..subscription(name, "t")
    }
}
