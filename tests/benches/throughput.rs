//! What one producer and one consumer reach: messages of 128 B and 1 KiB, durable, batches of 1,000, pipelined; beside
//! what the disk takes in synced groups of 1 MiB in the same run.
//!
//! `cargo bench -p weir-tests --bench throughput`. The broker is a process of its own in a fresh directory; the client
//! shares the machine with it. Medians of [`RUNS`].

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark reads the clock and prints"
)]

use std::collections::VecDeque;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use weir_proto::client::{
    Client, Options, Publisher, PublisherOptions, SubscribeOptions, Subscriber,
};
use weir_proto::v1::{Message, StartPosition, Subscription, Topic};
use weir_tests::child::{Child, Start};
use weir_tests::files;

/// How often each figure is taken.
const RUNS: usize = 3;
/// How long one producer publishes, at least.
const PUBLISH_TIME: Duration = Duration::from_secs(3);
/// Messages in a batch.
const BATCH: usize = 1_000;
/// Batches that wait for their confirmation.
const UNDER_WAY: usize = 64;
/// How many messages are drained.
const DRAINED: u64 = 1_000_000;

/// Median, least and most.
type Figure = (f64, f64, f64);

fn main() -> anyhow::Result<()> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build()?;
    let folder = tempfile::Builder::new()
        .prefix("weir-bench")
        .tempdir_in(".")?;
    println!("| what | median | least to most | of the disk |\n| --- | --- | --- | --- |");
    let disk = (0..RUNS).map(|_| files::synced_mib_per_second(folder.path()));
    let disk = median(disk.collect::<Result<_, _>>()?);
    row("disk, groups of 1 MiB + fdatasync", disk, "MB/s", None);
    for size in [128, 1_024] {
        let (mut publish, mut drain) = (Vec::new(), Vec::new());
        for run in 0..RUNS {
            let data = folder.path().join(format!("{size}-{run}"));
            let (published, drained) = runtime.block_on(measure(&data, size))?;
            publish.push(published);
            drain.push(drained);
            files::remove_tree(&data)?;
        }
        let publish = median(publish);
        let share = publish.0 * size as f64 / 1e6 / disk.0;
        row(
            &format!("publish, 1 producer, {size} B"),
            publish,
            "messages/s",
            Some(share),
        );
        let drain = median(drain);
        row(
            &format!("drain with acks, 1 consumer, {size} B"),
            drain,
            "messages/s",
            None,
        );
    }
    Ok(())
}

/// Messages per second published and drained.
async fn measure(data: &Path, size: usize) -> anyhow::Result<(f64, f64)> {
    let program = env!("CARGO_BIN_EXE_weir-broker-under-test");
    let child = Child::start(program, data, &Start::default())?;
    let client = Client::connect(Options::to(child.address()).fail_fast()).await?;
    let (name, topic) = ("drain".to_owned(), "bench".to_owned());
    let of = Topic {
        name: topic.clone(),
        retention_bytes: Some(0),
        ..Topic::default()
    };
    client.admin().create_topic(of).await?;
    let subscription = Subscription {
        name,
        topic,
        ..Subscription::default()
    };
    client
        .admin()
        .create_subscription(subscription, StartPosition::Latest)
        .await?;
    let published = publish(&client, size).await?;
    let drained = drain(&client).await?;
    Ok((published, drained))
}

/// Messages confirmed per second.
async fn publish(client: &Client, size: usize) -> anyhow::Result<f64> {
    let publisher = Publisher::open(client, "bench", PublisherOptions::default());
    let message = Message {
        payload: vec![7; size].into(),
        ..Message::default()
    };
    let batch = vec![message; BATCH];
    let mut under_way = VecDeque::new();
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < PUBLISH_TIME || count < DRAINED {
        under_way.push_back(publisher.publish_batch(batch.clone()).await?);
        count += BATCH as u64;
        if under_way.len() > UNDER_WAY {
            under_way.pop_front().context("a batch")?.await?;
        }
    }
    for confirmation in under_way {
        confirmation.await?;
    }
    let rate = count as f64 / start.elapsed().as_secs_f64();
    publisher.close().await?;
    Ok(rate)
}

/// Messages received and acknowledged per second, out of a backlog.
async fn drain(client: &Client) -> anyhow::Result<f64> {
    let mut options = SubscribeOptions::to("drain");
    options.max_outstanding_messages = 20_000;
    let mut subscriber = Subscriber::open(client, options).await?;
    let (start, mut count) = (Instant::now(), 0);
    while count < DRAINED {
        let batch = subscriber.next_batch().await?;
        count += batch.len() as u64;
        batch.ack_all();
    }
    let rate = count as f64 / start.elapsed().as_secs_f64();
    subscriber.close().await?;
    Ok(rate)
}

fn median(mut values: Vec<f64>) -> Figure {
    values.sort_by(f64::total_cmp);
    let last = values.len() - 1;
    (values[last / 2], values[0], values[last])
}

fn row(what: &str, (median, least, most): Figure, unit: &str, share: Option<f64>) {
    let share = share.map_or_else(|| "-".to_owned(), |share| format!("{:.0} %", share * 100.0));
    println!("| {what} | {median:.0} {unit} | {least:.0} to {most:.0} | {share} |");
}
