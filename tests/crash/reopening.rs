//! A large log after a crash: how long the start takes, and how much memory.

use std::time::Duration;

use weir_proto::client::{Publisher, PublisherOptions, SubscribeOptions, Subscriber};
use weir_tests::broker::{Broker, Setup, message, subscription};
use weir_tests::figures::figure;
use weir_tests::wait;

use crate::PROGRAM;

const GIB: f64 = (1_u64 << 30) as f64;
/// Bytes of a payload, and payloads of one publish.
const SIZE: usize = 1_024;
const BATCH: usize = 1_000;
/// What a start may take for each GiB of the log.
const SECONDS_A_GIB: f64 = 2.0;
/// What it may hold afterwards more than an empty one, whatever the log has.
const MORE_MEMORY: u64 = 32 << 20;

/// Publishes messages of so many bytes together; how many they are.
async fn fill(broker: &Broker, bytes: u64) -> u64 {
    let publisher = Publisher::open(broker.client(), "t", PublisherOptions::default());
    let count = bytes / SIZE as u64;
    let text = "x".repeat(SIZE);
    for _ in 0..count / BATCH as u64 {
        let batch = vec![message(&text); BATCH];
        // What fails is told by the flush.
        drop(publisher.publish_batch(batch).await.unwrap());
    }
    publisher.flush().await.unwrap();
    publisher.close().await.unwrap();
    count / BATCH as u64 * BATCH as u64
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_log_is_reopened_in_two_seconds_a_gibibyte_and_in_bounded_memory() {
    let bytes = figure(32 << 20, 2 << 30);
    // A start beside other tests on a loaded machine takes some time for nothing.
    let besides = figure(10.0, 0.0);
    let setup = Setup {
        segment_bytes: Some(figure(4 << 20, 64 << 20)),
        ..Setup::large()
    };
    let mut broker = Broker::start_with(PROGRAM, setup).await;
    let empty = broker.rss();
    broker.pair_with(subscription("s", "t")).await;
    let count = fill(&broker, bytes).await;
    broker.kill();
    let ((), took) = wait::timed(broker.start_again()).await;
    let memory = broker.rss();
    let seconds = took.as_secs_f64();
    println!(
        "{:.2} GiB: a start in {seconds:.2} s, {} MiB, empty {} MiB",
        bytes as f64 / GIB,
        memory >> 20,
        empty >> 20
    );
    let limit = besides + SECONDS_A_GIB * bytes as f64 / GIB;
    assert!(seconds <= limit, "{seconds:.2} s, at most {limit:.2} s");
    assert!(memory <= empty + MORE_MEMORY, "{} MiB", memory >> 20);
    let stats = broker.stats("s").await;
    assert_eq!((stats.ready, stats.backlog), (count, count));
    let opened = Subscriber::open(broker.client(), SubscribeOptions::to("s")).await;
    let mut consumer = opened.unwrap();
    let (first, took) = wait::timed(consumer.next()).await;
    assert_eq!(first.unwrap().message.payload.len(), SIZE);
    assert!(took < Duration::from_secs(5), "the first after {took:?}");
    drop(consumer);
    broker.stop();
}
