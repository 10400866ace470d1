//! What the delivery machine costs: a batch taken, held and acknowledged; one message; keys in order.
//!
//! Run with `cargo bench -p weir-tests --bench delivery`. Measures the pure machine alone, no journal.

#![expect(clippy::expect_used, reason = "a benchmark stops at what cannot be")]

use std::collections::VecDeque;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use weir_broker::delivery::{Log, Machine, Room, Rules, Ticket};
use weir_broker::model::entry::{BodyBuilder, Columns, Grant, Published};
use weir_broker::model::settings::{KeyOrder, SubscriptionSettings};
use weir_broker::model::{
    ConsumerId, Epoch, Incarnation, LeaseSerial, Mono, Now, Offset, OffsetRange, Partition,
    Position, Time, TopicId,
};

/// A partition and a subscription on it that is always one batch behind.
struct Bench {
    log: Log,
    machine: Machine,
    rules: Rules,
    columns: Columns,
    name: Arc<str>,
    number: u64,
}

impl Bench {
    fn new(key_order: KeyOrder, keys: impl Iterator<Item = u64>) -> Self {
        let settings = SubscriptionSettings {
            key_order,
            ..SubscriptionSettings::default()
        };
        let rules = Rules::from(&settings);
        let log = Log::new(Offset(0), Offset(0));
        let mut machine = Machine::new(Epoch(0), Offset(0));
        machine.resume(&log, &rules, Now::default());
        let mut body = BodyBuilder::default();
        keys.for_each(|key| body.push(&[0; 100], key));
        let columns = body.finish().expect("a batch has a message").columns;
        Self {
            log,
            machine,
            rules,
            columns,
            name: Arc::from("consumer"),
            number: 0,
        }
    }

    fn publish(&mut self, columns: &Columns) {
        self.number += 1;
        let published = Published {
            topic: TopicId(1),
            partition: Partition(0),
            base: self.log.next(),
            count: columns.count,
            time: Time(self.number),
        };
        self.log.push(Position(self.number), &published, columns);
    }

    /// A consumer takes as much as there is.
    fn take(&mut self) -> Vec<Grant> {
        let ticket = Ticket {
            consumer: ConsumerId(1 + self.number % 8),
            name: Arc::clone(&self.name),
            serial: LeaseSerial(self.number),
            incarnation: Incarnation(1),
            deadline: Mono(self.number),
            since: Mono(self.number),
            at: Position(self.number),
        };
        let room = Room {
            messages: 1_000,
            bytes: u64::MAX,
            may_exceed: true,
        };
        self.machine.take(&self.log, &self.rules, room, &ticket)
    }

    fn tidy(&mut self) {
        std::hint::black_box((self.machine.take_handled(), self.machine.take_repeated()));
        self.log.trim(self.machine.floor());
    }

    /// A batch is published, taken and acknowledged.
    fn round(&mut self) {
        let columns = self.columns.clone();
        self.publish(&columns);
        for grant in self.take() {
            let held = self.machine.held(grant.range, Incarnation(1), grant.serial);
            self.machine.acked(&held, Position(self.number));
        }
        assert_eq!(self.machine.floor(), self.log.next());
        self.tidy();
    }
}

fn delivery(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("publish, take and ack");
    for (name, order, keys) in [
        ("1000 at once", KeyOrder::Off, vec![0; 1_000]),
        ("one", KeyOrder::Off, vec![0]),
        ("1000 keys at once", KeyOrder::Block, (1..=1_000).collect()),
    ] {
        group.throughput(Throughput::Elements(keys.len() as u64));
        let mut bench = Bench::new(order, keys.into_iter());
        group.bench_function(name, |bencher| bencher.iter(|| bench.round()));
    }
    group.finish();
}

/// The keys of a batch, and how many batches are published before their keys come again.
const KEYS: u64 = 1_000;
const TURNS: u64 = 10;
/// What is published and not acknowledged: two messages of each key.
const OUT: u64 = 20_000;

/// Consumers that hold what they have taken for a while, so that every second message waits behind another of its key.
struct Crowd {
    bench: Bench,
    batches: Vec<Columns>,
    out: VecDeque<Vec<Grant>>,
    acked: u64,
}

impl Crowd {
    fn new() -> Self {
        let batches = (0..TURNS).map(|turn| {
            let mut body = BodyBuilder::default();
            for key in 1..=KEYS {
                body.push(
                    &[0; 100],
                    (turn * KEYS + key).wrapping_mul(0x9E37_79B9_7F4A_7C15),
                );
            }
            body.finish().expect("a batch has a message").columns
        });
        Self {
            batches: batches.collect(),
            bench: Bench::new(KeyOrder::Block, std::iter::once(0)),
            out: VecDeque::new(),
            acked: 0,
        }
    }

    fn round(&mut self) {
        self.batches.rotate_left(1);
        self.bench.publish(&self.batches[0]);
        self.take();
        while self.bench.log.next().0 - self.acked > OUT {
            let done = self.out.pop_front().expect("something is out");
            let done: Vec<OffsetRange> = done.iter().map(|grant| grant.range).collect();
            self.acked += done.iter().map(|range| range.count()).sum::<u64>();
            let at = Position(self.bench.number);
            self.bench.machine.acked(&done, at);
            self.take();
        }
        self.bench.tidy();
    }

    fn take(&mut self) {
        let grants = self.bench.take();
        if !grants.is_empty() {
            self.out.push_back(grants);
        }
    }
}

fn crowded(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("key order with much on its way");
    group.throughput(Throughput::Elements(KEYS));
    let mut crowd = Crowd::new();
    group.bench_function("10000 keys, 20000 messages", |bencher| {
        bencher.iter(|| crowd.round());
    });
    group.finish();
}

criterion_group!(benches, delivery, crowded);
criterion_main!(benches);
