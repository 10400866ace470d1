//! What a delivery reads from memory.

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::Criterion;
use tokio::runtime::{Builder, Runtime};
use weir_broker::core::{Publication, SequenceRange, Start};
use weir_broker::journal::Options;
use weir_broker::model::entry::Body;
use weir_broker::model::settings::{KeyOrder, SubscriptionSettings};
use weir_broker::model::{Client, Partition, Span, TopicId};
use weir_broker::shard::{Handle, Session, SessionEvent, Shard, Subscribe};

use super::{
    ALLOWANCE, BATCHES, Batch, MEASURED, SEGMENT_BYTES, WARM_UP, hollow, name, no_retention,
};

/// Batches that wait for their consumer when it begins to read them.
const WAITING: u64 = 32;

/// A shard with a consumer, for which some batches wait each time that it begins to read.
struct Reading {
    shard: Shard,
    handle: Handle,
    session: Session,
    topic: TopicId,
    batch: Batch,
    body: Body,
    rounds: u64,
}

impl Reading {
    async fn start(batch: Batch) -> Self {
        let options = Options {
            segment_bytes: SEGMENT_BYTES,
            ..Options::default()
        };
        let shard = Shard::start(Arc::new(hollow()), PathBuf::from("/"), options);
        let shard = shard.expect("a shard");
        let handle = shard.handle();
        let made = handle.create_topic(name("orders"), no_retention()).await;
        let topic = made.expect("a topic").id;
        let settings = SubscriptionSettings::default();
        let made = handle
            .create_subscription(name("billing"), name("orders"), settings, Start::Latest)
            .await;
        made.expect("a subscription");
        let subscribe = Subscribe {
            subscription: name("billing"),
            name: "worker".to_owned(),
            peer: String::new(),
            client: Client::default(),
            allowance: ALLOWANCE,
            confirm_acks: false,
        };
        let session = handle.subscribe(subscribe).await.expect("a consumer");
        Self {
            shard,
            handle,
            session,
            topic,
            batch,
            body: batch.body(KeyOrder::Off),
            rounds: 0,
        }
    }

    /// Lets batches wait for the consumer, and times how long it takes to have their bytes.
    async fn go(&mut self) -> Duration {
        let all = WAITING * self.batch.count;
        let mut tickets = Vec::new();
        for _ in 0..WAITING {
            let batches = vec![(Partition(0), self.body.clone())];
            let publication = Publication::to(self.topic, batches);
            let ticket = self.handle.publish_submit(publication).await;
            tickets.push(ticket.expect("it is taken"));
        }
        for ticket in tickets {
            ticket.await.expect("it is confirmed");
        }
        while self.counts().await != (self.rounds * all, all) {}
        let mut ranges = Vec::new();
        let mut seen = 0;
        let begun = Instant::now();
        while seen < all {
            let SessionEvent::Deliver(runs) = self.session.next().await else {
                break;
            };
            for run in black_box(runs) {
                seen += run.count;
                ranges.push(SequenceRange {
                    first: run.first_sequence,
                    last: run.first_sequence + run.count - 1,
                });
            }
        }
        let took = begun.elapsed();
        assert_eq!(seen, all, "the session goes on");
        let acked = self.session.feedback().ack(ranges).await;
        acked.expect("the acks are taken");
        self.rounds += 1;
        took
    }

    /// How many messages are acknowledged, and how many leased.
    async fn counts(&self) -> (u64, u64) {
        let sample = self.handle.sample(None, None).await.expect("the numbers");
        let one = sample.subscriptions.first().expect("the subscription");
        let counts = one.counts.counts;
        (counts.acked, counts.leased)
    }

    async fn stop(self) {
        self.session.close().await;
        self.shard.stop(Span::ZERO).await.expect("it stops");
    }
}

/// What a delivery reads from memory: positions that wait for a consumer become the bytes that it gets.
pub(super) fn reading(criterion: &mut Criterion) {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_time()
        .build();
    let runtime: Runtime = runtime.expect("a runtime");
    let mut group = criterion.benchmark_group("tail cache");
    group
        .measurement_time(MEASURED / 10)
        .warm_up_time(WARM_UP / 10);
    for batch in BATCHES {
        let mut bench = runtime.block_on(Reading::start(batch));
        group.throughput(batch.times(WAITING));
        let said = format!("{WAITING} batches, {}", batch.name);
        group.bench_function(said, |bencher| {
            bencher.iter_custom(|times| {
                let mut took = Duration::ZERO;
                for _ in 0..times {
                    took += runtime.block_on(bench.go());
                }
                took
            });
        });
        runtime.block_on(bench.stop());
    }
    group.finish();
}
