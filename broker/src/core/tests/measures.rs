//! How long messages wait and how long they are handled, against what a list of moments says; and who has left.

use std::collections::{BTreeMap, BTreeSet};

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

use super::bench::{Bench, body, marked, name};
use crate::core::{AckId, Departure, DryRun, Nack, NackAction, Pull, Selection, SequenceRange};
use crate::insight::{Histogram, Latency};
use crate::model::entry::Marks;
use crate::model::settings::{KeyOrder, SubscriptionSettings, TopicSettings};
use crate::model::{ConsumerId, Now, Span, SubscriptionId};

const BILLING: SubscriptionId = SubscriptionId(1);

fn one(sequence: u64) -> SequenceRange {
    SequenceRange {
        first: sequence,
        last: sequence,
    }
}

fn bench(settings: SubscriptionSettings) -> Bench {
    let mut bench = Bench::new();
    bench.topic("orders", TopicSettings::default());
    bench.subscription("billing", "orders", settings);
    bench
}

fn latencies(bench: &Bench) -> (Option<Latency>, Option<Latency>) {
    let counts = bench.core.subscription_counts(BILLING, bench.now).unwrap();
    (counts.handling, counts.queueing)
}

/// How many were handed out for the first time, and the longest that one waited.
fn queued(bench: &Bench) -> (u64, Span) {
    let queueing = latencies(bench).1;
    queueing.map_or((0, Span::ZERO), |one| (one.count, one.max))
}

fn millis(millis: u64) -> Span {
    Span::from_millis(millis)
}

fn nack(action: NackAction) -> Nack {
    Nack {
        action,
        reason: String::new(),
        class: String::new(),
    }
}

#[test]
fn handling_lasts_from_the_hand_out_to_the_ack_and_counts_for_who_handled_it() {
    let mut bench = bench(SubscriptionSettings::default());
    let slow = bench.attach("billing", 10, 1 << 20);
    bench.publish("orders", 0, body(10, 5, &[]));
    bench.advance(millis(70));
    bench.dispatch();
    assert_eq!(latencies(&bench).0, None, "nothing is acknowledged");
    bench.advance(millis(300));
    let all = SequenceRange { first: 1, last: 10 };
    bench.core.stream_ack(slow, &[all], bench.now);
    bench.drain();
    let quick = bench.attach("billing", 10, 1 << 20);
    bench
        .core
        .stream_extend(quick, one(1), millis(1), bench.now);
    bench.publish("orders", 0, body(1, 5, &[]));
    bench.core.detach(slow, Departure::Clean, bench.now);
    bench.dispatch();
    bench.advance(millis(20));
    bench.core.stream_ack(quick, &[one(1)], bench.now);
    bench.drain();
    let (handling, queueing) = latencies(&bench);
    let handling = handling.unwrap();
    assert_eq!((handling.count, handling.max), (11, millis(300)));
    assert_eq!(
        queueing.map(|one| (one.count, one.max)),
        Some((11, millis(70)))
    );
    let counts = bench.core.subscription_counts(BILLING, bench.now).unwrap();
    let [consumer] = counts.consumers.as_slice() else {
        panic!("one has left")
    };
    let own = consumer.handling.unwrap();
    assert_eq!((own.count, own.max, own.p50), (1, millis(20), millis(20)));
    let details = bench.core.distributions(BILLING, bench.now).unwrap();
    assert_eq!(details.handling.count(), 11);
    assert_eq!(details.consumers.len(), 1);
}

#[test]
fn a_pull_that_is_acknowledged_elsewhere_counts_for_the_subscription() {
    let mut bench = bench(SubscriptionSettings::default());
    bench.publish("orders", 0, body(1, 5, &[]));
    let pull = Pull {
        subscription: &name("billing"),
        name: String::new(),
        peer: String::new(),
        max_messages: 1,
        max_bytes: 1 << 20,
    };
    bench.core.pull(pull, bench.now).unwrap();
    bench.drain();
    let grant = &bench.grants[0];
    let id = AckId {
        subscription: grant.subscription,
        epoch: grant.epoch,
        incarnation: grant.incarnation,
        partition: grant.partition,
        offset: grant.runs[0].range.start,
        attempt: grant.runs[0].attempt,
        serial: grant.runs[0].serial,
    };
    bench.advance(millis(40));
    assert_eq!(bench.core.acknowledge(&[id], bench.now), [Ok(())]);
    let handling = latencies(&bench).0.unwrap();
    assert_eq!((handling.count, handling.max), (1, millis(40)));
}

#[test]
fn only_the_first_hand_out_ends_the_wait() {
    let mut bench = bench(SubscriptionSettings {
        backoff_min: Span::ZERO,
        max_attempts: 2,
        ..SubscriptionSettings::default()
    });
    let consumer = bench.attach("billing", 1, 1 << 20);
    bench.publish("orders", 0, body(1, 5, &[]));
    bench.dispatch();
    assert_eq!(queued(&bench), (1, Span::ZERO));
    let actions = [
        NackAction::Release,
        NackAction::Release,
        NackAction::Retry(Some(Span::ZERO)),
        NackAction::Dead,
    ];
    for (sequence, action) in (1..).zip(actions) {
        bench.advance(millis(500));
        let one = one(sequence);
        let stale = bench
            .core
            .stream_nack(consumer, one, &nack(action), bench.now);
        assert_eq!(stale, [], "{action:?}");
        bench.pass(Span(1));
    }
    let all = Selection {
        all: true,
        ..Selection::default()
    };
    let of = name("billing");
    let requeued = bench.core.requeue(&of, &all, DryRun::No, bench.now);
    assert_eq!(requeued.unwrap().affected, 1);
    bench.advance(millis(500));
    bench.dispatch();
    assert_eq!(bench.grants.len(), 1, "it is handed out again");
    assert_eq!(queued(&bench), (1, Span::ZERO), "and was handed out before");
    bench.publish("orders", 0, body(1, 5, &[]));
    bench.advance(millis(90));
    bench.core.stream_ack(consumer, &[one(5)], bench.now);
    bench.dispatch();
    assert_eq!(queued(&bench), (2, millis(90)));
}

#[test]
fn the_wait_begins_when_a_message_is_due_and_its_subscription_is_there() {
    let mut bench = bench(SubscriptionSettings::default());
    let due = bench.now.wall.plus(Span::from_secs(5));
    let later = Marks {
        due,
        ..Marks::default()
    };
    bench.publish(
        "orders",
        0,
        marked(5, &[Marks::default(), later, Marks::default()]),
    );
    bench.advance(Span::from_secs(6));
    bench.subscription("late", "orders", SubscriptionSettings::default());
    bench.attach("late", 10, 1 << 20);
    bench.attach("billing", 10, 1 << 20);
    bench.pass(Span::from_secs(2));
    let details = bench.core.distributions(BILLING, bench.now).unwrap();
    let mut exact = Histogram::default();
    exact.record(Span::from_secs(8), 2);
    exact.record(Span::from_secs(3), 1);
    assert_eq!(details.queueing, exact);
    let details = bench.core.distributions(SubscriptionId(2), bench.now);
    let mut exact = Histogram::default();
    exact.record(Span::from_secs(2), 3);
    assert_eq!(
        details.unwrap().queueing,
        exact,
        "it begins with the subscription"
    );
}

/// What is known of messages by a list.
#[derive(Default)]
struct List {
    published: Vec<Now>,
    seen: BTreeSet<u64>,
    /// By consumer and sequence: the offset, and when it was handed out.
    held: BTreeMap<(ConsumerId, u64), (u64, Now)>,
    handling: Histogram,
    queueing: Histogram,
    own: BTreeMap<ConsumerId, Histogram>,
}

impl List {
    fn granted(&mut self, bench: &Bench) {
        for grant in &bench.grants {
            for run in &grant.runs {
                for (sequence, offset) in (run.first_sequence..).zip(run.range.offsets()) {
                    let place = (grant.consumer, sequence);
                    self.held.insert(place, (offset.0, bench.now));
                    if self.seen.insert(offset.0) {
                        let since = self.published[usize::try_from(offset.0).unwrap()].wall;
                        self.queueing.record(bench.now.wall.since(since), 1);
                    }
                }
            }
        }
    }

    fn acked(&mut self, consumer: ConsumerId, sequence: u64, now: Now) {
        let (_, since) = self.held.remove(&(consumer, sequence)).unwrap();
        let span = now.mono.since(since.mono);
        self.handling.record(span, 1);
        self.own.entry(consumer).or_default().record(span, 1);
    }
}

/// A core under test beside the list.
struct Pair {
    bench: Bench,
    list: List,
    key_order: KeyOrder,
}

impl Pair {
    /// Something happens to a consumer, or something is published.
    fn step(&mut self, consumer: ConsumerId, random: &mut SmallRng) {
        let Self { bench, list, .. } = self;
        let own = list.held.keys().filter(|key| key.0 == consumer);
        let own: Vec<u64> = own.map(|key| key.1).collect();
        match random.random_range(0..6) {
            0..3 => {
                let count = random.random_range(1..8);
                let keys = [0, 1, 2, 3].map(|key| key * random.random_range(0..2));
                bench.publish("orders", 0, body(count, 5, &keys));
                list.published.extend(vec![bench.now; count]);
            }
            3..5 => {
                let chosen = own.into_iter().filter(|_| random.random_range(0..3) > 0);
                let chosen: Vec<u64> = chosen.collect();
                let ranges: Vec<_> = chosen.iter().map(|&at| one(at)).collect();
                assert_eq!(bench.core.stream_ack(consumer, &ranges, bench.now), []);
                for sequence in chosen {
                    list.acked(consumer, sequence, bench.now);
                }
            }
            _ => {
                let Some(&at) = own.first() else { return };
                // With keys, one that is released may be taken for one that waited behind another.
                let may_release = self.key_order == KeyOrder::Off;
                let action = if may_release && random.random_range(0..2) == 0 {
                    NackAction::Release
                } else {
                    NackAction::Retry(Some(Span(10)))
                };
                let nack = nack(action);
                bench.core.stream_nack(consumer, one(at), &nack, bench.now);
                list.held.remove(&(consumer, at));
            }
        }
        bench.drain();
    }
}

#[test]
fn what_is_measured_is_what_a_list_of_moments_says() {
    let orders = [KeyOrder::Off, KeyOrder::Block, KeyOrder::Skip];
    for (seed, key_order) in (0..30).zip(orders.into_iter().cycle()) {
        let mut random = SmallRng::seed_from_u64(seed);
        let mut bench = bench(SubscriptionSettings {
            key_order,
            backoff_min: Span::ZERO,
            ..SubscriptionSettings::default()
        });
        let consumers = [(); 3].map(|()| bench.attach("billing", 20, 1 << 20));
        let list = List::default();
        let mut pair = Pair {
            bench,
            list,
            key_order,
        };
        for _ in 0..200 {
            // All of it lies within one window.
            pair.bench.pass(Span(random.random_range(0..200_000)));
            pair.list.granted(&pair.bench);
            pair.step(consumers[random.random_range(0..3)], &mut random);
        }
        let Pair { bench, list, .. } = pair;
        assert!(bench.now.mono.0 < 50_000_000);
        let found = bench.core.distributions(BILLING, bench.now).unwrap();
        assert_eq!(found.handling, list.handling, "seed {seed}");
        assert_eq!(found.queueing, list.queueing, "seed {seed}");
        let own: Vec<_> = list.own.into_iter().collect();
        assert_eq!(found.consumers, own, "seed {seed}");
        assert!(found.handling.count() > 20, "seed {seed}");
        assert!(found.queueing.count() > 50, "seed {seed}");
    }
}

#[test]
fn what_was_measured_long_ago_takes_no_room() {
    let mut bench = bench(SubscriptionSettings::default());
    for number in 2..=1_500 {
        bench.subscription(
            &format!("s-{number}"),
            "orders",
            SubscriptionSettings::default(),
        );
    }
    bench.attach("s-1400", 1, 1 << 20);
    bench.publish("orders", 0, body(1, 5, &[]));
    bench.dispatch();
    let of = |bench: &Bench| bench.core.distributions(SubscriptionId(1_400), bench.now);
    assert!(of(&bench).is_some());
    for _ in 0..2 {
        bench.core.forget_measures(bench.now);
    }
    assert!(of(&bench).is_some(), "it is within the window");
    bench.advance(Span::from_secs(61));
    assert!(of(&bench).unwrap().queueing.is_empty());
    for _ in 0..2 {
        bench.core.forget_measures(bench.now);
    }
    assert_eq!(of(&bench), None);
}

#[test]
fn the_last_who_left_are_known_with_what_they_held_and_why() {
    let mut bench = bench(SubscriptionSettings::default());
    bench.publish("orders", 0, body(2, 5, &[]));
    let reasons = [
        Departure::Clean,
        Departure::Lost,
        Departure::Disconnected,
        Departure::TooSlow,
        Departure::Draining,
    ];
    let mut failed = 0;
    for (number, departure) in (1..=25).zip(reasons.into_iter().cycle()) {
        let consumer = bench.attach("billing", 1, 1 << 20);
        assert_eq!(consumer, ConsumerId(number));
        bench.pass(Span::from_secs(120));
        let held = bench.grants.len() as u64;
        bench.core.detach(consumer, departure, bench.now);
        bench.drain();
        let left = bench.core.departures(BILLING);
        assert!(left.len() <= 20);
        let newest = &left[0];
        assert_eq!((newest.id, newest.departure), (consumer, departure));
        assert_eq!((newest.returned, newest.left), (held, bench.now.wall));
        assert_eq!(newest.name.as_ref(), "worker");
        assert!(newest.connected < newest.left);
        let counts = !matches!(departure, Departure::Clean | Departure::Draining);
        failed += held * u64::from(counts);
        let meters = bench.core.subscription_counts(BILLING, bench.now);
        assert_eq!(meters.unwrap().meters.failed, failed, "{departure:?}");
    }
    let left = bench.core.departures(BILLING);
    let ids: Vec<u64> = left.iter().map(|one| one.id.0).collect();
    assert_eq!(ids, (6..=25).rev().collect::<Vec<_>>());
    let consumer = bench.attach("billing", 1, 1 << 20);
    bench.core.stop(bench.now);
    let newest = &bench.core.departures(BILLING)[0];
    assert_eq!(
        (newest.id, newest.departure),
        (consumer, Departure::Draining)
    );
    assert!(failed > 10);
}
