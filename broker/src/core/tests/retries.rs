//! The retry budget: a storm of failures becomes a trickle, and what has not failed goes on.

use super::bench::{Bench, From, body, name};
use crate::core::{Nack, NackAction, SequenceRange, SubscriptionCounts};
use crate::model::Span;
use crate::model::settings::{SubscriptionSettings, TopicSettings};

fn bench(partitions: u32, budget: u64) -> Bench {
    let mut bench = Bench::new();
    let topic = TopicSettings {
        partitions,
        ..TopicSettings::default()
    };
    bench.topic("orders", topic);
    let settings = SubscriptionSettings {
        retry_budget: Some(budget),
        backoff_min: Span::ZERO,
        backoff_max: Span::ZERO,
        max_attempts: 10_000,
        ..SubscriptionSettings::default()
    };
    bench.subscription("billing", "orders", settings);
    // The bucket is full, and the first look of retention was taken.
    bench.pass(Span::from_secs(3_600));
    bench
}

fn counts(bench: &Bench) -> SubscriptionCounts {
    let id = bench.core.subscription(&name("billing")).unwrap().id;
    assert_eq!(bench.core.recount_error(id), Some(0));
    bench.core.subscription_counts(id, bench.now).unwrap()
}

/// Every message that is granted fails at once, for so long; gives how many were first and later attempts.
fn fail_all(bench: &mut Bench, span: Span) -> (u64, u64) {
    let (mut fresh, mut again) = (0, 0);
    let end = bench.now.mono.plus(span);
    let nack = Nack {
        action: NackAction::Retry(None),
        reason: String::new(),
        class: "Down".to_owned(),
    };
    let mut rounds = 0;
    bench.dispatch();
    loop {
        for grant in std::mem::take(&mut bench.grants) {
            for run in &grant.runs {
                let count = run.range.count();
                if run.attempt == 1 {
                    fresh += count;
                } else {
                    again += count;
                }
                let range = SequenceRange {
                    first: run.first_sequence,
                    last: run.first_sequence + count - 1,
                };
                let core = &mut bench.core;
                assert_eq!(
                    core.stream_nack(grant.consumer, range, &nack, bench.now),
                    []
                );
            }
        }
        bench.drain();
        let next = bench
            .core
            .next_deadline(bench.now)
            .expect("something waits");
        if next > end {
            bench.pass(end.since(bench.now.mono));
            return (fresh, again);
        }
        bench.pass(next.since(bench.now.mono));
        rounds += 1;
        assert!(rounds < 5_000, "no round is for nothing");
    }
}

#[test]
fn a_storm_of_failures_comes_back_no_faster_than_its_budget() {
    for partitions in [1, 3] {
        let mut bench = bench(partitions, 600);
        bench.attach("billing", 10_000, 1 << 20);
        for partition in 0..partitions {
            bench.publish("orders", partition, body(1_000, 5, &[]));
        }
        let (fresh, again) = fail_all(&mut bench, Span::from_secs(60));
        assert_eq!(fresh, 1_000 * u64::from(partitions), "none of them waits");
        // A tenth at once, then ten a second.
        assert!((655..=662).contains(&again), "{again} in a minute");
        let found = counts(&bench);
        assert!(found.is_budget_spent);
        assert_eq!(found.counts.backlog(), fresh);
    }
}

#[test]
fn each_partition_has_its_turn() {
    let mut bench = bench(3, 60);
    bench.attach("billing", 10_000, 1 << 20);
    for partition in 0..3 {
        bench.publish("orders", partition, body(500, 5, &[]));
    }
    let nothing = fail_all(&mut bench, Span::ZERO);
    assert_eq!(nothing.0, 1_500);
    let mut by_partition = [0; 3];
    for _ in 0..90 {
        bench.pass(Span::from_secs(1));
        for grant in &bench.grants {
            let count: u64 = grant.runs.iter().map(|run| run.range.count()).sum();
            by_partition[grant.partition.0 as usize] += count;
        }
    }
    for count in by_partition {
        assert!((28..=33).contains(&count), "{by_partition:?}");
    }
}

#[test]
fn a_restart_lets_no_storm_loose_and_a_wider_budget_takes_effect_at_once() {
    for from in [From::Everything, From::Floor, From::Checkpoint] {
        let mut bench = bench(1, 60);
        bench.attach("billing", 10_000, 1 << 20);
        bench.publish("orders", 0, body(1_000, 5, &[]));
        fail_all(&mut bench, Span::from_secs(10));
        let before = counts(&bench).counts;
        bench.restart(from);
        let woken = before.waiting - counts(&bench).counts.waiting;
        assert!(woken <= 6, "{from:?}: {woken} of {}", before.waiting);
        bench.attach("billing", 10_000, 1 << 20);
        let (fresh, again) = fail_all(&mut bench, Span::from_secs(10));
        assert_eq!(fresh, 0);
        assert!((9..=18).contains(&again), "{again}");
        let change = Box::new(|now: &SubscriptionSettings| {
            Ok(SubscriptionSettings {
                retry_budget: None,
                ..now.clone()
            })
        });
        let (core, now) = (&mut bench.core, bench.now);
        core.update_subscription(&name("billing"), None, change, now)
            .unwrap();
        bench.drain();
        bench.pass(Span::from_millis(10));
        let granted = bench.grants.iter().flat_map(|grant| &grant.runs);
        let granted: u64 = granted.map(|run| run.range.count()).sum();
        assert!(granted >= 980, "{granted} at once");
        assert!(!counts(&bench).is_budget_spent);
    }
}
