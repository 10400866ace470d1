//! What many cost the few: a million messages due in one second, a thousand subscriptions on one topic, one of a
//! thousand that is stuck.
//!
//! `cargo bench -p weir-tests --bench crowds`, with `-- due`, `-- idle` or `-- stuck` for some rows. Each figure
//! is a ratio of two taken one after the other on the same broker or on two fresh ones; medians of [`RUNS`].
//! Latency is measured from when a message was due to be published, so that a stall is counted for each message
//! that it holds up. The targets are beside the figures.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark reads the clock and prints"
)]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context as _;
use tokio::task::JoinSet;
use weir_proto::client::{
    BatchConfirmation, Client, Publisher, PublisherOptions, SubscribeOptions, Subscriber,
};
use weir_proto::v1::{Message, Topic};
use weir_tests::broker::{Broker, Setup, subscription};
use weir_tests::wait;

const PROGRAM: &str = env!("CARGO_BIN_EXE_weir-broker-under-test");
const RUNS: usize = 3;
/// Messages that become due in one second.
const SCHEDULED: u64 = 1_000_000;
/// How long before that they are published.
const AHEAD: Duration = Duration::from_secs(10);
/// How long latencies are measured, before and around the second.
const MEASURED: Duration = Duration::from_secs(5);
/// One message each: 500 in a second.
const PACE: Duration = Duration::from_millis(2);
/// Subscriptions of the crowd.
const CROWD: usize = 1_000;
/// Batches published to a crowd that is idle: enough for the clock of the processor, which counts by 10 ms.
const BATCHES: u64 = 10_000;
/// Batches that wait for their confirmation.
const UNDER_WAY: usize = 16;
/// To a crowd that listens: each is delivered [`CROWD`] times.
const CROWD_PACE: Duration = Duration::from_millis(100);

/// Latencies, each from when the message was due.
type Latencies = Vec<Duration>;

fn main() -> anyhow::Result<()> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build()?;
    println!("| what | quiet, alone | crowded | ratio | least to most | target |");
    println!("| --- | --- | --- | --- | --- | --- |");
    let asked: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let wanted = |rows: &str| asked.is_empty() || asked.iter().any(|word| word == rows);
    runtime.block_on(async {
        if wanted("due") {
            due(
                "1 M due in a second, nobody takes them: p99 of another",
                false,
            )
            .await?;
            due("1 M due in a second, taken at once: p99 of another", true).await?;
        }
        if wanted("idle") {
            idle(500).await?;
            idle(10).await?;
        }
        if wanted("stuck") {
            stuck().await?;
        }
        Ok(())
    })
}

/// The latency of one subscription while a million messages of another topic become due.
async fn due(what: &str, is_drained: bool) -> anyhow::Result<()> {
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        let mut broker = Broker::start_with(PROGRAM, Setup::large()).await;
        for (name, topic) in [("live", "live"), ("later", "later")] {
            topic_of(&broker, topic).await?;
            broker.subscription(subscription(name, topic)).await;
        }
        let quiet = probe(broker.client(), "live", &["live"], MEASURED, PACE).await?;
        let (time, begun) = (SystemTime::now() + AHEAD, Instant::now());
        publish(&broker, "later", SCHEDULED, 1_000, Some(time)).await?;
        let drain = is_drained.then(|| tokio::spawn(drain(broker.client().clone(), "later")));
        let before = AHEAD.saturating_sub(Duration::from_secs(1));
        wait::pass(before.saturating_sub(begun.elapsed())).await;
        let crowded = probe(broker.client(), "live", &["live"], MEASURED, PACE).await?;
        let stats = broker.stats("later").await;
        anyhow::ensure!(stats.scheduled == 0, "{} are not due yet", stats.scheduled);
        if let Some(drain) = drain {
            drain.abort();
        }
        runs.push((p99(quiet), p99(crowded)));
        broker.stop();
    }
    row(what, &runs, "ms", 5.0);
    Ok(())
}

/// Processor time of the broker for each published message with one subscription that takes nothing, and with
/// [`CROWD`].
async fn idle(batch: u64) -> anyhow::Result<()> {
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        let mut costs = [0.0; 2];
        for (cost, count) in costs.iter_mut().zip([1, CROWD]) {
            let mut broker = Broker::start_with(PROGRAM, Setup::large()).await;
            crowd(&broker, count).await?;
            publish(&broker, "crowded", 10 * batch, batch, None).await?;
            let before = broker.child().cpu();
            publish(&broker, "crowded", BATCHES * batch, batch, None).await?;
            let used = broker.child().cpu().saturating_sub(before).as_secs_f64();
            *cost = used / (BATCHES * batch) as f64 * 1e6;
            broker.stop();
        }
        runs.push((costs[0], costs[1]));
    }
    let what = format!("CPU for a message in batches of {batch}, {CROWD} idle subscriptions");
    row(&what, &runs, "us", 1.5);
    Ok(())
}

/// The latency of all other subscriptions of a topic while one consumer answers nothing.
async fn stuck() -> anyhow::Result<()> {
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        let mut broker = Broker::start_with(PROGRAM, Setup::large()).await;
        crowd(&broker, CROWD).await?;
        let names: Vec<String> = (1..CROWD).map(name).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let quiet = probe(broker.client(), "crowded", &names, MEASURED, CROWD_PACE).await?;
        let mut options = SubscribeOptions::to(name(0));
        options.max_outstanding_messages = 10;
        let mut holder = Subscriber::open(broker.client(), options).await?;
        let held = holder.next_batch().await?;
        let crowded = probe(broker.client(), "crowded", &names, MEASURED, CROWD_PACE).await?;
        drop(held);
        runs.push((p99(quiet), p99(crowded)));
        broker.stop();
    }
    let what = format!("one of {CROWD} consumers stuck: p99 of the others");
    row(&what, &runs, "ms", 1.5);
    Ok(())
}

async fn topic_of(broker: &Broker, name: &str) -> anyhow::Result<()> {
    let topic = Topic {
        name: name.to_owned(),
        retention_bytes: Some(0),
        ..Topic::default()
    };
    broker.client().admin().create_topic(topic).await?;
    Ok(())
}

async fn crowd(broker: &Broker, count: usize) -> anyhow::Result<()> {
    topic_of(broker, "crowded").await?;
    for index in 0..count {
        broker
            .subscription(subscription(&name(index), "crowded"))
            .await;
    }
    Ok(())
}

fn name(index: usize) -> String {
    format!("subscription-{index:04}")
}

/// Publishes `count` messages of 128 B and waits until all are confirmed.
async fn publish(
    broker: &Broker,
    topic: &str,
    count: u64,
    batch: u64,
    due: Option<SystemTime>,
) -> anyhow::Result<()> {
    let publisher = Publisher::open(broker.client(), topic, PublisherOptions::default());
    let message = Message {
        payload: vec![7; 128].into(),
        deliver_time: due.map(Into::into),
        ..Message::default()
    };
    let batch = vec![message; usize::try_from(batch)?];
    let mut under_way: VecDeque<BatchConfirmation> = VecDeque::new();
    for _ in 0..count / batch.len() as u64 {
        under_way.push_back(publisher.publish_batch(batch.clone()).await?);
        if under_way.len() >= UNDER_WAY
            && let Some(oldest) = under_way.pop_front()
        {
            oldest.await?;
        }
    }
    for confirmation in under_way {
        confirmation.await?;
    }
    Ok(publisher.close().await?)
}

async fn drain(client: Client, subscription: &'static str) -> anyhow::Result<()> {
    let mut options = SubscribeOptions::to(subscription);
    options.max_outstanding_messages = 20_000;
    let mut subscriber = Subscriber::open(&client, options).await?;
    loop {
        subscriber.next_batch().await?.ack_all();
    }
}

/// Publishes a message each `pace` for `length` and takes them from all `subscriptions`; from when each was due until
/// it came.
async fn probe(
    client: &Client,
    topic: &str,
    subscriptions: &[&str],
    length: Duration,
    pace: Duration,
) -> anyhow::Result<Latencies> {
    let base = Instant::now();
    let found = Arc::new(Mutex::new(Latencies::new()));
    let mut consumers: JoinSet<anyhow::Result<()>> = JoinSet::new();
    for name in subscriptions {
        let subscriber = Subscriber::open(client, SubscribeOptions::to(*name)).await?;
        consumers.spawn(take(subscriber, base, Arc::clone(&found)));
    }
    let publisher = Publisher::open(client, topic, PublisherOptions::default());
    let mut clock = tokio::time::interval(pace);
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
    let end = Instant::now() + length;
    let mut confirmations = Vec::new();
    loop {
        let due = clock.tick().await.into_std();
        if due >= end {
            break;
        }
        let micros = u64::try_from(due.saturating_duration_since(base).as_micros())?;
        let message = Message {
            payload: micros.to_be_bytes().to_vec().into(),
            ..Message::default()
        };
        confirmations.push(publisher.publish(message).await?);
    }
    let wanted = confirmations.len() * subscriptions.len();
    for confirmation in confirmations {
        confirmation.await?;
    }
    let count = || found.lock().map_or(0, |found| found.len());
    let all = wait::happens(Duration::from_secs(30), || count() >= wanted).await;
    anyhow::ensure!(all, "{} of {wanted} came", count());
    consumers.shutdown().await;
    publisher.close().await?;
    let found = Arc::try_unwrap(found).ok().context("a consumer goes on")?;
    found.into_inner().ok().context("a consumer panicked")
}

async fn take(
    mut subscriber: Subscriber,
    base: Instant,
    found: Arc<Mutex<Latencies>>,
) -> anyhow::Result<()> {
    loop {
        let batch = subscriber.next_batch().await?;
        let now = base.elapsed();
        if let Ok(mut found) = found.lock() {
            for message in batch.messages() {
                // A message of another length was published before the probe began.
                if let Ok(due) = <[u8; 8]>::try_from(&message.payload[..]) {
                    found.push(now.saturating_sub(Duration::from_micros(u64::from_be_bytes(due))));
                }
            }
        }
        batch.ack_all();
    }
}

/// In milliseconds.
fn p99(mut latencies: Latencies) -> f64 {
    latencies.sort();
    let place = (latencies.len() * 99 / 100).min(latencies.len().saturating_sub(1));
    latencies
        .get(place)
        .map_or(0.0, |p99| p99.as_secs_f64() * 1e3)
}

/// Medians, and the median of the ratios with the least and the most.
fn row(what: &str, runs: &[(f64, f64)], unit: &str, target: f64) {
    let sorted = |value: fn(&(f64, f64)) -> f64| {
        let mut values: Vec<f64> = runs.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let middle = |values: &[f64]| values[values.len() / 2];
    let (quiet, crowded) = (sorted(|run| run.0), sorted(|run| run.1));
    let ratios = sorted(|run| run.1 / run.0);
    println!(
        "| {what} | {:.2} {unit} | {:.2} {unit} | {:.2} | {:.2} to {:.2} | {target} |",
        middle(&quiet),
        middle(&crowded),
        middle(&ratios),
        ratios[0],
        ratios[ratios.len() - 1],
    );
}
