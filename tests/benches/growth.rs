//! What a message costs as the work grows: a hundred subscriptions on one topic instead of one, ten million
//! messages that wait instead of ten thousand.
//!
//! `cargo bench -p weir-tests --bench growth`, with `-- fan-out` or `-- backlog` for one of them. Each ratio is of two
//! rates taken one after the other on fresh brokers, processes of their own beside the client on the same machine;
//! medians of [`RUNS`]. 128 B, batches of 1,000, durable, an ack for each message. The targets are beside the figures.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark reads the clock and prints"
)]

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use weir_proto::client::{
    BatchConfirmation, Client, Publisher, PublisherOptions, SubscribeOptions, Subscriber,
};
use weir_proto::v1::{Message, Topic};
use weir_tests::broker::{Broker, Setup, subscription};
use weir_tests::wait;

const PROGRAM: &str = env!("CARGO_BIN_EXE_weir-broker-under-test");
const RUNS: usize = 3;
const BATCH: u64 = 1_000;
/// Batches that wait for their confirmation.
const UNDER_WAY: usize = 64;
/// The same beside a backlog: fewer than a producer may be ahead.
const FEW_UNDER_WAY: usize = 10;
/// Deliveries of a drain, to all subscriptions together.
const DELIVERIES: u64 = 2_000_000;
/// Subscriptions of the fan-out, and connections that their consumers share.
const SUBSCRIPTIONS: u64 = 100;
const CONNECTIONS: u64 = 4;
/// Messages that wait all the time, few and many.
const BACKLOGS: [u64; 2] = [10_000, 10_000_000];
/// How long messages go in and out beside a backlog.
const MEASURED: Duration = Duration::from_secs(5);
/// A producer is at most so many messages ahead of the consumer, who is never ahead of it.
const AHEAD: u64 = 20_000;
const SOON: Duration = Duration::from_mins(1);

fn main() -> anyhow::Result<()> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build()?;
    println!("| what | little, per second | much, per second | ratio | least to most | target |");
    println!("| --- | --- | --- | --- | --- | --- |");
    let asked: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let wanted = |rows: &str| asked.is_empty() || asked.iter().any(|word| word == rows);
    runtime.block_on(async {
        if wanted("fan-out") {
            let mut runs = Vec::new();
            for _ in 0..RUNS {
                runs.push((drain(1).await?, drain(SUBSCRIPTIONS).await?));
            }
            row("deliveries, 1 and 100 subscriptions", &runs, 0.7);
        }
        if wanted("backlog") {
            let mut runs = Vec::new();
            for _ in 0..RUNS {
                let [few, many] = BACKLOGS;
                runs.push((beside(few).await?, beside(many).await?));
            }
            row(
                "messages in and out beside 10 k and 10 M that wait",
                &runs,
                0.9,
            );
        }
        Ok(())
    })
}

/// Deliveries per second, each with its ack, when so many subscriptions are drained together.
async fn drain(subscriptions: u64) -> anyhow::Result<f64> {
    let mut broker = Broker::start_with(PROGRAM, Setup::large()).await;
    let topic = Topic {
        name: "orders".to_owned(),
        retention_bytes: Some(0),
        ..Topic::default()
    };
    broker.client().admin().create_topic(topic).await?;
    for index in 0..subscriptions {
        broker
            .subscription(subscription(&name(index), "orders"))
            .await;
    }
    publish(&broker, DELIVERIES / subscriptions).await?;
    let mut consumers: JoinSet<anyhow::Result<()>> = JoinSet::new();
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS.min(subscriptions) {
        clients.push(broker.another_client().await);
    }
    let begun = Instant::now();
    for (index, client) in (0..subscriptions).zip(clients.iter().cycle()) {
        let subscriber = consumer(client, &name(index)).await?;
        consumers.spawn(take(subscriber, DELIVERIES / subscriptions));
    }
    while let Some(ended) = consumers.join_next().await {
        ended??;
    }
    let rate = DELIVERIES as f64 / begun.elapsed().as_secs_f64();
    broker.stop();
    Ok(rate)
}

fn name(index: u64) -> String {
    format!("subscription-{index:03}")
}

async fn consumer(client: &Client, name: &str) -> anyhow::Result<Subscriber> {
    let mut options = SubscribeOptions::to(name);
    options.max_outstanding_messages = 20_000;
    Ok(Subscriber::open(client, options).await?)
}

async fn take(mut subscriber: Subscriber, count: u64) -> anyhow::Result<()> {
    let mut taken = 0;
    while taken < count {
        let batch = subscriber.next_batch().await?;
        taken += batch.len() as u64;
        batch.ack_all();
    }
    Ok(subscriber.close().await?)
}

/// Messages per second that are published and acknowledged while so many wait.
async fn beside(backlog: u64) -> anyhow::Result<f64> {
    let mut broker = Broker::start_with(PROGRAM, Setup::large()).await;
    broker.pair_with(subscription("billing", "orders")).await;
    publish(&broker, backlog).await?;
    let stats = broker.stats("billing").await;
    anyhow::ensure!(stats.backlog == backlog, "{} wait", stats.backlog);
    let acked = Arc::new(AtomicU64::new(0));
    let mut subscriber = consumer(broker.client(), "billing").await?;
    let permits = Arc::new(Semaphore::new(0));
    let (counter, permitted) = (Arc::clone(&acked), Arc::clone(&permits));
    let consumer = tokio::spawn(async move {
        while let Ok(batch) = subscriber.next_batch().await {
            let count = u32::try_from(batch.len()).unwrap_or(u32::MAX);
            let Ok(permit) = permitted.acquire_many(count).await else {
                return;
            };
            permit.forget();
            counter.fetch_add(batch.len() as u64, Ordering::Relaxed);
            batch.ack_all();
        }
    });
    let rate = balance(&broker, &acked, &permits).await?;
    let stats = broker.stats("billing").await;
    anyhow::ensure!(stats.backlog >= backlog, "{} are left", stats.backlog);
    consumer.abort();
    broker.stop();
    Ok(rate)
}

/// Publishes as much as is acknowledged, and permits as many acks; the acks per second.
async fn balance(broker: &Broker, acked: &AtomicU64, permits: &Semaphore) -> anyhow::Result<f64> {
    let other = broker.another_client().await;
    let publisher = Publisher::open(&other, "orders", PublisherOptions::default());
    let batch = batch()?;
    let mut under_way: VecDeque<BatchConfirmation> = VecDeque::new();
    let (begun, mut sent) = (Instant::now(), 0);
    while begun.elapsed() < MEASURED {
        let is_level = || sent < acked.load(Ordering::Relaxed) + AHEAD;
        anyhow::ensure!(
            wait::happens(SOON, is_level).await,
            "nothing is acknowledged"
        );
        under_way.push_back(publisher.publish_batch(batch.clone()).await?);
        sent += BATCH;
        if under_way.len() >= FEW_UNDER_WAY {
            under_way.pop_front().context("a batch")?.await?;
            permits.add_permits(usize::try_from(BATCH)?);
        }
    }
    let rate = acked.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64();
    for confirmation in under_way {
        confirmation.await?;
    }
    publisher.close().await?;
    Ok(rate)
}

fn batch() -> anyhow::Result<Vec<Message>> {
    let message = Message {
        payload: vec![7; 128].into(),
        ..Message::default()
    };
    Ok(vec![message; usize::try_from(BATCH)?])
}

/// Publishes so many messages and waits until all are confirmed.
async fn publish(broker: &Broker, count: u64) -> anyhow::Result<()> {
    let publisher = Publisher::open(broker.client(), "orders", PublisherOptions::default());
    let batch = batch()?;
    let mut under_way: VecDeque<BatchConfirmation> = VecDeque::new();
    for _ in 0..count / BATCH {
        under_way.push_back(publisher.publish_batch(batch.clone()).await?);
        if under_way.len() >= UNDER_WAY {
            under_way.pop_front().context("a batch")?.await?;
        }
    }
    for confirmation in under_way {
        confirmation.await?;
    }
    Ok(publisher.close().await?)
}

/// Medians, and the median of the ratios with the least and the most.
fn row(what: &str, runs: &[(f64, f64)], target: f64) {
    let sorted = |value: fn(&(f64, f64)) -> f64| {
        let mut values: Vec<f64> = runs.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let middle = |values: &[f64]| values[values.len() / 2];
    let (little, much) = (sorted(|run| run.0), sorted(|run| run.1));
    let ratios = sorted(|run| run.1 / run.0);
    println!(
        "| {what} | {:.0} | {:.0} | {:.2} | {:.2} to {:.2} | at least {target} |",
        middle(&little),
        middle(&much),
        middle(&ratios),
        ratios[0],
        ratios[ratios.len() - 1],
    );
}
