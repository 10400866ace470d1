//! What groups of a million dead messages cost: handing them over, and counting them elsewhere.
//!
//! Run with `cargo bench -p weir-tests --bench dead_groups`. Each message was published and died alone, which is the
//! most that they can take; once of five reasons, once each of its own.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and stops at what cannot be"
)]

use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use weir_broker::delivery::{DeadSet, Log, Machine, Room, Rules, Ticket};
use weir_broker::insight::dead_groups::{Ask, Death, Gathered, gather};
use weir_broker::model::entry::{BodyBuilder, Failed, Failure, Outcome, Published};
use weir_broker::model::settings::SubscriptionSettings;
use weir_broker::model::{
    ConsumerId, Epoch, Incarnation, LeaseSerial, Mono, Now, Offset, OffsetRange, Partition,
    Position, SubscriptionId, Time, TopicId,
};

const DEAD: u64 = 1_000_000;

/// A partition on which everything has died, the message at an offset for the reason that it is given.
fn graveyard(reason: impl Fn(u64) -> String) -> (Log, Machine) {
    let rules = Rules::from(&SubscriptionSettings::default());
    let mut log = Log::new(Offset(0), Offset(0));
    let mut machine = Machine::new(Epoch(0), Offset(0));
    machine.resume(&log, &rules, Now::default());
    for offset in 0..DEAD {
        let mut body = BodyBuilder::default();
        body.push(&vec![0; 100 + usize::try_from(offset % 7).unwrap_or(0)], 0);
        let columns = body.finish().expect("a batch has a message").columns;
        let published = Published {
            topic: TopicId(1),
            partition: Partition(0),
            base: Offset(offset),
            count: 1,
            time: Time(offset),
        };
        log.push(Position(offset * 2 + 1), &published, &columns);
        let at = Position(offset * 2 + 2);
        let ticket = Ticket {
            consumer: ConsumerId(1),
            name: Arc::from("consumer"),
            serial: LeaseSerial(offset),
            incarnation: Incarnation(1),
            deadline: Mono(u64::MAX),
            since: Mono(0),
            at,
        };
        let room = Room {
            messages: 1,
            bytes: u64::MAX,
            may_exceed: true,
        };
        assert_eq!(machine.take(&log, &rules, room, &ticket).len(), 1);
        let failed = Failed {
            subscription: SubscriptionId(1),
            partition: Partition(0),
            time: Time(offset),
            consumer: "consumer".to_owned(),
            class: "Timeout".to_owned(),
            reason: reason(offset),
            group: 0,
            failures: vec![Failure {
                range: OffsetRange::one(Offset(offset)),
                attempts: 1,
                outcome: Outcome::Dead,
            }],
        };
        machine.failed(&failed, at, Now::default());
    }
    (log, machine)
}

fn count(dead: &DeadSet) -> Gathered {
    let ask = Ask {
        now: Time(DEAD),
        limit: 100,
        samples: 3,
    };
    let deaths = || {
        dead.runs().map(|run| Death {
            partition: Partition(0),
            range: run.range,
            fingerprint: run.record.fingerprint.expect("it died of something"),
            time: run.record.last_failure,
            bytes: run.bytes,
            requeued_before: run.requeued_before,
            text: run.record.text,
        })
    };
    gather(deaths, &ask)
}

/// A number as a word without digits, which no fold touches.
fn word(number: u64) -> String {
    let mut word = String::new();
    let mut rest = number;
    loop {
        word.push(char::from(b'g' + u8::try_from(rest % 16).unwrap_or(0)));
        rest /= 16;
        if rest == 0 {
            return word;
        }
    }
}

fn groups(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("1 M dead");
    group.sample_size(10);
    let few = graveyard(|offset| format!("step {} failed after {offset} ms", word(offset % 5)));
    let many = graveyard(|offset| format!("step {} failed", word(offset)));
    for (name, (log, machine)) in [("of 5 reasons", few), ("of 1 M reasons", many)] {
        group.bench_function(format!("hand over, {name}"), |bencher| {
            bencher.iter(|| machine.dead_set(&log));
        });
        let dead = machine.dead_set(&log);
        assert_eq!(count(&dead).count, DEAD);
        println!("{name}: {} groups", count(&dead).groups);
        group.bench_function(format!("count, {name}"), |bencher| {
            bencher.iter(|| count(&dead));
        });
    }
    group.finish();
}

criterion_group!(benches, groups);
criterion_main!(benches);
