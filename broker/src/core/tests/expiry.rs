//! Subscriptions that delete themselves: not while they are used, and not because the broker was away.

use super::bench::{Bench, From, body, name};
use crate::core::{Departure, Pull, SequenceRange};
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{Refusal, Span};

const EXPIRATION: Span = Span::from_secs(100);

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.topic("orders", TopicSettings::default());
    let settings = SubscriptionSettings {
        expiration: Some(EXPIRATION),
        ack_deadline: Span::from_secs(60),
        ..SubscriptionSettings::default()
    };
    bench.subscription("billing", "orders", settings);
    bench.subscription("audit", "orders", SubscriptionSettings::default());
    bench
}

fn is_there(bench: &Bench) -> bool {
    assert!(bench.core.subscription(&name("audit")).is_ok());
    match bench.core.subscription(&name("billing")) {
        Ok(_view) => true,
        Err(refusal) => {
            assert!(matches!(refusal, Refusal::SubscriptionNotFound { .. }));
            false
        }
    }
}

/// Lets time pass as the shard does: from deadline to deadline.
fn pass(bench: &mut Bench, span: Span) {
    let end = bench.now.mono.plus(span);
    while let Some(next) = bench
        .core
        .next_deadline(bench.now)
        .filter(|next| *next <= end)
    {
        bench.pass(next.since(bench.now.mono));
    }
    bench.pass(end.since(bench.now.mono));
}

#[test]
fn a_subscription_that_nobody_uses_is_deleted_when_its_expiration_has_passed() {
    let mut bench = bench();
    bench.publish("orders", 0, body(10, 5, &[]));
    pass(&mut bench, Span::from_secs(99));
    assert!(is_there(&bench));
    pass(&mut bench, Span::from_secs(1));
    assert!(!is_there(&bench), "its creation was its last use");
    for from in [From::Everything, From::Floor, From::Checkpoint] {
        bench.restart(from);
        assert!(!is_there(&bench), "{from:?}");
    }
    assert_eq!(
        bench.core.broker_counts(bench.now).backlog,
        10,
        "that of the other"
    );
}

#[test]
fn a_consumer_keeps_it_and_one_that_comes_back_in_time_too() {
    let mut bench = bench();
    let first = bench.attach("billing", 10, 1 << 20);
    bench.dispatch();
    pass(&mut bench, Span::from_secs(10_000));
    assert!(is_there(&bench));
    bench.core.detach(first, Departure::Lost, bench.now);
    bench.dispatch();
    pass(&mut bench, Span::from_secs(99));
    let second = bench.attach("billing", 10, 1 << 20);
    pass(&mut bench, Span::from_secs(1_000));
    assert!(is_there(&bench));
    bench.core.detach(second, Departure::Clean, bench.now);
    bench.dispatch();
    pass(&mut bench, Span::from_secs(99));
    assert!(is_there(&bench));
    pass(&mut bench, Span::from_secs(2));
    assert!(!is_there(&bench));
}

#[test]
fn a_pull_and_the_leases_it_leaves_are_use() {
    let mut bench = bench();
    bench.publish("orders", 0, body(1, 5, &[]));
    pass(&mut bench, Span::from_secs(90));
    let pull = Pull {
        subscription: &name("billing"),
        name: String::new(),
        peer: String::new(),
        max_messages: 1,
        max_bytes: 1_000,
    };
    assert!(bench.core.pull(pull, bench.now).unwrap().is_granted);
    bench.drain();
    let lease = bench.grants[0].runs[0];
    pass(&mut bench, Span::from_secs(50));
    assert!(is_there(&bench));
    let id = crate::core::AckId {
        subscription: bench.core.subscription(&name("billing")).unwrap().id,
        epoch: crate::model::Epoch(0),
        incarnation: bench.core.incarnation(),
        partition: crate::model::Partition(0),
        offset: lease.range.start,
        attempt: 1,
        serial: lease.serial,
    };
    // It is held for longer than the expiration.
    let extended = bench.core.extend(&[(id, Span::from_secs(500))], bench.now);
    assert_eq!(extended, [Ok(())]);
    pass(&mut bench, Span::from_secs(499));
    assert!(is_there(&bench), "a lease is held");
    assert_eq!(bench.core.acknowledge(&[id], bench.now), [Ok(())]);
    pass(&mut bench, Span::from_secs(200));
    assert!(!is_there(&bench));
}

#[test]
fn a_restart_counts_as_use_and_ends_nothing_that_waits_for_its_consumers() {
    let mut bench = bench();
    let consumer = bench.attach("billing", 10, 1 << 20);
    bench.publish("orders", 0, body(3, 5, &[]));
    bench.dispatch();
    let all = SequenceRange { first: 1, last: 3 };
    assert_eq!(bench.core.stream_ack(consumer, &[all], bench.now), []);
    bench.drain();
    bench.advance(Span::from_secs(1_000_000));
    bench.restart(From::Floor);
    bench.pass(Span::ZERO);
    assert!(is_there(&bench));
    pass(&mut bench, Span::from_secs(101));
    assert!(!is_there(&bench));
}

#[test]
fn while_nothing_is_dispatched_one_that_was_just_left_stays() {
    // A broker that stops dispatches no more, and its consumers leave: they come back after the restart.
    let mut bench = bench();
    let consumer = bench.attach("billing", 10, 1 << 20);
    bench.dispatch();
    bench.advance(Span::from_secs(1_000));
    bench.core.detach(consumer, Departure::Clean, bench.now);
    bench.core.tick(bench.now);
    bench.drain();
    assert!(is_there(&bench));
}

#[test]
fn a_change_of_settings_counts_as_use() {
    let mut bench = bench();
    pass(&mut bench, Span::from_secs(90));
    let change = Box::new(|now: &SubscriptionSettings| {
        Ok(SubscriptionSettings {
            expiration: Some(Span::from_secs(20)),
            ..now.clone()
        })
    });
    let (core, now) = (&mut bench.core, bench.now);
    core.update_subscription(&name("billing"), None, change, now)
        .unwrap();
    bench.drain();
    pass(&mut bench, Span::from_secs(19));
    assert!(is_there(&bench));
    pass(&mut bench, Span::from_secs(2));
    assert!(!is_there(&bench));
}
