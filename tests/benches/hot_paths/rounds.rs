//! What the thread that owns the state does: a batch through the core.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::Criterion;
use weir_broker::core::{
    Attach, Core, NewSubscription, Publication, Recovery, SequenceRange, Start,
};
use weir_broker::model::entry::Body;
use weir_broker::model::settings::{KeyOrder, SubscriptionSettings};
use weir_broker::model::{Client, ConsumerId, Mono, Now, Partition, Position, Span, Time, TopicId};

use super::{ALLOWANCE, BATCHES, Batch, MEASURED, WARM_UP, name, no_retention};

/// The time of the core goes on so far with each batch, and it looks at it after so many.
const STEP: Span = Span::from_millis(10);
const BATCHES_A_TICK: u64 = 128;

/// What of a round is measured.
#[derive(Clone, Copy)]
enum Path {
    Publish,
    Pull,
    Ack,
}

/// A core with a consumer that is always one batch behind.
struct Round {
    core: Core,
    now: Now,
    topic: TopicId,
    consumer: ConsumerId,
    batch: Batch,
    body: Body,
    number: u64,
}

impl Round {
    fn new(batch: Batch, key_order: KeyOrder) -> Self {
        let now = Now {
            wall: Time(1_700_000_000_000_000),
            mono: Mono(1_000_000),
        };
        let begun = Recovery::new().finish(Position::START, now);
        let (mut core, _) = begun.expect("a core");
        let made = core.create_topic(name("orders"), no_retention(), now);
        let topic = made.expect("a topic").id;
        let wanted = NewSubscription {
            name: name("billing"),
            topic: &name("orders"),
            settings: SubscriptionSettings {
                key_order,
                ..SubscriptionSettings::default()
            },
            start: Start::Earliest,
        };
        core.create_subscription(wanted, now)
            .expect("a subscription");
        let attach = Attach {
            subscription: &name("billing"),
            name: "worker".to_owned(),
            peer: String::new(),
            client: Client::default(),
            allowance: ALLOWANCE,
        };
        let consumer = core.attach(attach, now).expect("a consumer").consumer;
        drop(core.take_output());
        Self {
            core,
            now,
            topic,
            consumer,
            batch,
            body: batch.body(key_order),
            number: 0,
        }
    }

    /// Publishes, grants and acknowledges one batch; how long the path took of it. What comes out is dropped by the
    /// journal's thread and the consumers', so it is not in the time.
    fn go(&mut self, path: Path) -> Duration {
        let Self { core, now, .. } = self;
        let batches = vec![(Partition(0), self.body.clone())];
        let publication = Publication::to(self.topic, batches);
        let begun = Instant::now();
        core.publish(publication, *now).expect("it is taken");
        let stored = core.take_output();
        let published = begun.elapsed();
        assert_eq!(stored.groups.len(), 1);
        drop(black_box(stored));

        let begun = Instant::now();
        core.dispatch(*now);
        let granted = core.take_output();
        let pulled = begun.elapsed();
        let runs = granted.grants.iter().flat_map(|grant| &grant.runs);
        let count: u64 = runs.map(|run| run.range.count()).sum();
        assert_eq!(count, self.batch.count, "all of it is granted");
        drop(black_box(granted));

        let range = SequenceRange {
            first: self.number * count + 1,
            last: (self.number + 1) * count,
        };
        let begun = Instant::now();
        let stale = core.stream_ack(self.consumer, &[range], *now);
        let finished = core.take_output();
        let acked = begun.elapsed();
        assert!(stale.is_empty(), "{stale:?}");
        drop(black_box(finished));

        self.number += 1;
        self.go_on();
        match path {
            Path::Publish => published,
            Path::Pull => pulled,
            Path::Ack => acked,
        }
    }

    /// Lets time pass, so that what is finished is forgotten.
    fn go_on(&mut self) {
        self.now.wall = self.now.wall.plus(STEP);
        self.now.mono = self.now.mono.plus(STEP);
        if self.number.is_multiple_of(BATCHES_A_TICK) {
            self.core.tick(self.now);
            drop(self.core.take_output());
        }
    }
}

/// What the thread that owns the state does for a batch.
pub(super) fn deciding(criterion: &mut Criterion) {
    let (off, keyed) = (KeyOrder::Off, KeyOrder::Block);
    for (said, path, orders) in [
        ("decide and apply", Path::Publish, &[off][..]),
        ("pull", Path::Pull, &[off, keyed]),
        ("ack of a range", Path::Ack, &[off, keyed]),
    ] {
        let mut group = criterion.benchmark_group(said);
        group.measurement_time(MEASURED).warm_up_time(WARM_UP);
        for batch in BATCHES {
            for order in orders {
                let mut round = Round::new(batch, *order);
                let keys = if *order == off { "" } else { ", keys in order" };
                group.throughput(batch.times(1));
                group.bench_function(format!("{}{keys}", batch.name), |bencher| {
                    bencher.iter_custom(|times| (0..times).map(|_| round.go(path)).sum());
                });
            }
        }
        group.finish();
    }
}
