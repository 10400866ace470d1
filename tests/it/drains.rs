//! How long a backlog still lasts, said of a real drain through the real broker by the command that operators use:
//! no number where there is none, and a number that comes true.

use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinHandle;
use weir_proto::client::{Client, Publisher, PublisherOptions, SubscribeOptions, Subscriber};
use weir_proto::v1::Message;
use weir_tests::broker::{Broker, subscription};
use weir_tests::wait;

use crate::broker;
use crate::command_line::run;

/// Messages that a consumer acknowledges in a second.
const PACE: u32 = 100;
/// What is there when the drain begins.
const BACKLOG: usize = 2_700;
/// The window of the rates, and a little more.
const WINDOW: Duration = Duration::from_secs(12);
const LIMIT: Duration = Duration::from_secs(90);

fn lag(broker: &Broker) -> Value {
    let ended = run(broker.child().address(), &["sub", "lag", "s", "-o", "json"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    match ended.json() {
        Value::Array(mut all) => all.remove(0),
        one => one,
    }
}

/// Waits until the command says so.
async fn until_drain(broker: &Broker, state: &str) -> Value {
    wait::until(state, LIMIT, async || {
        let said = lag(broker);
        (said["drain"] == state).then_some(said)
    })
    .await
}

/// Publishes messages a hundredth of a second apart, until it is stopped.
fn inflow(client: Client) -> JoinHandle<()> {
    tokio::spawn(async move {
        let publisher = Publisher::open(&client, "t", PublisherOptions::default());
        let mut pace = tokio::time::interval(Duration::from_secs(1) / PACE / 2);
        loop {
            pace.tick().await;
            let confirmation = publisher.publish(Message::default()).await.unwrap();
            confirmation.await.unwrap();
        }
    })
}

/// Takes and acknowledges messages at its pace, until it is stopped.
fn consumer(client: Client) -> JoinHandle<()> {
    tokio::spawn(async move {
        let options = SubscribeOptions {
            max_outstanding_messages: 10,
            ..SubscribeOptions::to("s")
        };
        let mut subscriber = Subscriber::open(&client, options).await.unwrap();
        let mut pace = tokio::time::interval(Duration::from_secs(1) / PACE);
        loop {
            pace.tick().await;
            subscriber.next().await.unwrap().ack();
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drain_time_comes_true_and_there_is_none_where_nothing_drains() {
    let broker = broker().await;
    broker.pair_with(subscription("s", "t")).await;
    assert_eq!(lag(&broker)["drain"], "empty");
    let texts: Vec<String> = (0..BACKLOG).map(|n| n.to_string()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    broker.publish_texts("t", &texts).await;
    let idle = until_drain(&broker, "idle").await;
    assert!(idle["drain_seconds"].is_null(), "{idle}");

    // Twice as many come in as are acknowledged.
    let consumer = consumer(broker.another_client().await);
    let inflow = inflow(broker.another_client().await);
    let growing = until_drain(&broker, "never").await;
    assert!(growing["drain_seconds"].is_null(), "{growing}");
    inflow.abort();

    // Once the window has seen nothing but the drain, its number holds.
    wait::pass(WINDOW).await;
    let said = until_drain(&broker, "draining").await;
    let promised = said["drain_seconds"].as_f64().expect("a number");
    assert!(promised > 5.0, "too little is left to be measured: {said}");
    let ((), took) = wait::timed(async {
        until_drain(&broker, "empty").await;
    })
    .await;
    let ratio = took.as_secs_f64() / promised;
    assert!(
        (0.7..1.3).contains(&ratio),
        "{promised} s were said, and it took {took:?}"
    );
    consumer.abort();
}
