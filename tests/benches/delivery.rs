//! What the delivery machine costs: a batch taken, held and acknowledged; one message; keys in order.
//!
//! Run with `cargo bench -p weir-tests --bench delivery`. Measures the pure machine alone, no journal.

#![expect(clippy::expect_used, reason = "a benchmark stops at what cannot be")]

use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use weir_broker::delivery::{Log, Machine, Room, Rules, Ticket};
use weir_broker::model::entry::{BodyBuilder, Columns, Published};
use weir_broker::model::settings::{KeyOrder, SubscriptionSettings};
use weir_broker::model::{
    ConsumerId, Epoch, Incarnation, LeaseSerial, Mono, Now, Offset, Partition, Position, Time,
    TopicId,
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

    fn round(&mut self) {
        self.number += 1;
        let published = Published {
            topic: TopicId(1),
            partition: Partition(0),
            base: self.log.next(),
            count: self.columns.count,
            time: Time(self.number),
        };
        self.log
            .push(Position(self.number), &published, &self.columns);
        let ticket = Ticket {
            consumer: ConsumerId(1),
            name: Arc::clone(&self.name),
            serial: LeaseSerial(self.number),
            incarnation: Incarnation(1),
            deadline: Mono(self.number),
            since: Mono(self.number),
            at: Position(self.number),
        };
        let room = Room {
            messages: u64::from(self.columns.count),
            bytes: u64::MAX,
            may_exceed: true,
        };
        for grant in self.machine.take(&self.log, &self.rules, room, &ticket) {
            let held = self
                .machine
                .held(grant.range, ticket.incarnation, grant.serial);
            self.machine.acked(&held, Position(self.number));
        }
        std::hint::black_box((self.machine.take_handled(), self.machine.take_repeated()));
        assert_eq!(self.machine.floor(), self.log.next());
        self.log.trim(self.machine.floor());
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

criterion_group!(benches, delivery);
criterion_main!(benches);
