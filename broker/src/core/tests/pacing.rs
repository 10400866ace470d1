//! What holds a subscription back: a pause, its rate, what its consumers together may hold; and that each consumer gets
//! its share.

use std::collections::BTreeMap;

use super::bench::{Bench, From, body, name};
use crate::core::{Pull, SequenceRange};
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{ConsumerId, Span};

fn bench(settings: SubscriptionSettings) -> Bench {
    let mut bench = Bench::new();
    let topic = TopicSettings {
        partitions: 3,
        ..TopicSettings::default()
    };
    bench.topic("orders", topic);
    bench.subscription("billing", "orders", settings);
    bench
}

fn publish(bench: &mut Bench, count: usize) {
    for partition in 0..3 {
        bench.publish("orders", partition, body(count / 3, 5, &[]));
    }
}

/// What each consumer was granted last.
fn granted(bench: &Bench) -> BTreeMap<ConsumerId, u64> {
    let mut granted = BTreeMap::new();
    for grant in &bench.grants {
        let counts = grant.runs.iter().map(|run| run.range.count());
        *granted.entry(grant.consumer).or_default() += counts.sum::<u64>();
    }
    granted
}

fn total(bench: &Bench) -> u64 {
    granted(bench).values().sum()
}

fn hold(bench: &mut Bench, is_paused: bool) {
    let change = Box::new(move |now: &SubscriptionSettings| {
        Ok(SubscriptionSettings {
            is_paused,
            ..now.clone()
        })
    });
    let (core, now) = (&mut bench.core, bench.now);
    core.update_subscription(&name("billing"), None, change, now)
        .unwrap();
    bench.drain();
}

#[test]
fn a_paused_subscription_grants_nothing_until_it_is_resumed_also_after_a_restart() {
    for from in [From::Everything, From::Floor, From::Checkpoint] {
        let mut bench = bench(SubscriptionSettings::default());
        let consumer = bench.attach("billing", 5, 1 << 20);
        publish(&mut bench, 30);
        bench.dispatch();
        assert_eq!(total(&bench), 5);
        hold(&mut bench, true);
        let all = SequenceRange { first: 1, last: 5 };
        assert_eq!(bench.core.stream_ack(consumer, &[all], bench.now), []);
        bench.dispatch();
        assert_eq!(total(&bench), 0, "the ack is taken, nothing is handed out");
        bench.restart(from);
        bench.attach("billing", 5, 1 << 20);
        bench.pass(Span::from_secs(100));
        assert_eq!(total(&bench), 0);
        let pull = Pull {
            subscription: &name("billing"),
            name: String::new(),
            peer: String::new(),
            max_messages: 10,
            max_bytes: 1_000,
        };
        assert!(!bench.core.pull(pull, bench.now).unwrap().is_granted);
        hold(&mut bench, false);
        bench.dispatch();
        assert_eq!(total(&bench), 15, "the consumer's and the waiting Pull's");
    }
}

#[test]
fn no_more_is_out_than_all_consumers_together_may_hold() {
    let mut bench = bench(SubscriptionSettings {
        max_outstanding: Some(7),
        ..SubscriptionSettings::default()
    });
    let first = bench.attach("billing", 100, 1 << 20);
    bench.attach("billing", 100, 1 << 20);
    publish(&mut bench, 30);
    bench.dispatch();
    assert_eq!(total(&bench), 7);
    let got = granted(&bench)[&first];
    assert!((3..=4).contains(&got), "{got} of 7");
    let acked = SequenceRange { first: 1, last: 2 };
    bench.core.stream_ack(first, &[acked], bench.now);
    bench.dispatch();
    assert_eq!(total(&bench), 2);
    bench.pass(Span::from_secs(31));
    bench.pass(Span::from_secs(100));
    assert!(total(&bench) <= 7, "leases that end make room, not more");
}

#[test]
fn a_rate_is_kept_and_the_core_says_when_it_goes_on() {
    let mut bench = bench(SubscriptionSettings {
        delivery_rate: Some(100),
        ack_deadline: Span::from_secs(600),
        ..SubscriptionSettings::default()
    });
    bench.attach("billing", 10_000, 1 << 20);
    publish(&mut bench, 3_000);
    bench.dispatch();
    let mut out = total(&bench);
    assert_eq!(out, 10, "a tenth of a second's worth");
    // The first look of retention is due at once.
    bench.pass(Span::ZERO);
    let begin = bench.now.mono;
    let mut rounds = 0;
    while bench.now.mono < begin.plus(Span::from_secs(10)) {
        let next = bench.core.next_deadline(bench.now).expect("it is woken");
        assert!(next > bench.now.mono, "no round is for nothing");
        bench.pass(next.since(bench.now.mono));
        out += total(&bench);
        rounds += 1;
    }
    assert!((1_009..=1_011).contains(&out), "{out} in 10 s");
    assert!(rounds <= 1_100, "{rounds} rounds");
}

#[test]
fn consumers_of_different_allowances_share_what_there_is() {
    let mut bench = bench(SubscriptionSettings::default());
    let allowances = [5, 50, 500];
    let consumers = allowances.map(|messages| bench.attach("billing", messages, 1 << 20));
    publish(&mut bench, 30);
    bench.dispatch();
    let shares = granted(&bench);
    for (consumer, share) in consumers.iter().zip([5, 10, 10]) {
        assert!(shares[consumer] >= share, "{shares:?}");
    }
    publish(&mut bench, 3_000);
    bench.dispatch();
    let mut held = shares;
    for (consumer, count) in granted(&bench) {
        *held.entry(consumer).or_default() += count;
    }
    assert_eq!(held.into_values().collect::<Vec<_>>(), allowances);
}

#[test]
fn with_a_rate_every_consumer_has_its_turn() {
    let mut bench = bench(SubscriptionSettings {
        delivery_rate: Some(10),
        ..SubscriptionSettings::default()
    });
    let consumers = [1_000, 20, 20].map(|messages| bench.attach("billing", messages, 1 << 20));
    publish(&mut bench, 600);
    let mut held: BTreeMap<ConsumerId, u64> = BTreeMap::new();
    bench.dispatch();
    for _ in 0..300 {
        for (consumer, count) in granted(&bench) {
            *held.entry(consumer).or_default() += count;
        }
        bench.pass(Span::from_millis(10));
    }
    for consumer in consumers {
        assert!((9..=11).contains(&held[&consumer]), "{held:?}");
    }
}
