//! The journey of messages through the core: one promise a test.

use super::bench::{Bench, From, body, name};
use crate::core::{
    Departure, DryRun, Nack, NackAction, Purge, PurgeScope, Selection, SequenceRange,
};
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{Offset, OffsetRange, Refusal, Span};

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.topic("orders", TopicSettings::default());
    bench.subscription("billing", "orders", SubscriptionSettings::default());
    bench
}

fn sequences(first: u64, last: u64) -> SequenceRange {
    SequenceRange { first, last }
}

fn counts(bench: &Bench) -> crate::core::SubscriptionCounts {
    let id = bench.core.subscription(&name("billing")).unwrap().id;
    let counts = bench.core.subscription_counts(id, bench.now).unwrap();
    assert_eq!(counts.conservation_error, 0);
    assert_eq!(bench.core.recount_error(id), Some(0));
    counts
}

#[test]
fn published_messages_are_granted_acked_and_finished_across_restarts() {
    for from in [From::Everything, From::Floor, From::Checkpoint] {
        let mut bench = bench();
        let consumer = bench.attach("billing", 100, 1 << 20);
        bench.publish("orders", 0, body(10, 5, &[]));
        bench.dispatch();
        let grant = &bench.grants[0];
        assert_eq!(grant.consumer, consumer);
        assert_eq!(grant.runs[0].range, OffsetRange::new(Offset(0), 10));
        assert_eq!(grant.runs[0].first_sequence, 1);
        let stale = bench
            .core
            .stream_ack(consumer, &[sequences(1, 4)], bench.now);
        assert_eq!(stale, []);
        let stale = bench
            .core
            .stream_ack(consumer, &[sequences(3, 5)], bench.now);
        assert_eq!(stale, [sequences(3, 4)]);
        bench.drain();
        assert_eq!(counts(&bench).counts.acked, 5);
        bench.restart(from);
        let after = counts(&bench);
        assert_eq!((after.counts.acked, after.counts.leased), (5, 5));
        // A crash while leased counts an attempt when the lease, armed anew, ends.
        bench.pass(Span::from_secs(31));
        assert_eq!(counts(&bench).counts.waiting, 5);
        bench.attach("billing", 100, 1 << 20);
        bench.pass(Span::from_secs(1));
        assert_eq!(bench.grants[0].runs[0].attempt, 2);
    }
}

#[test]
fn expired_lease_is_redelivered_once() {
    let mut bench = bench();
    let consumer = bench.attach("billing", 1, 1 << 20);
    bench.publish("orders", 0, body(1, 5, &[]));
    bench.dispatch();
    bench.pass(Span::from_secs(29));
    assert_eq!(bench.grants, []);
    bench.pass(Span::from_secs(1));
    assert_eq!(counts(&bench).counts.waiting, 1);
    bench.pass(Span::from_secs(1));
    assert_eq!(bench.grants.len(), 1);
    assert_eq!(bench.grants[0].runs[0].attempt, 2);
    assert_eq!(bench.grants[0].runs[0].first_sequence, 2);
    // The first lease has ended: its ack is stale.
    let stale = bench
        .core
        .stream_ack(consumer, &[sequences(1, 2)], bench.now);
    assert_eq!(stale, [sequences(1, 1)]);
    bench.drain();
    assert_eq!(counts(&bench).counts.acked, 1);
}

#[test]
fn while_others_are_heard_first_no_lease_ends_and_all_else_goes_on() {
    let mut bench = bench();
    let consumer = bench.attach("billing", 2, 1 << 20);
    bench.publish("orders", 0, body(2, 5, &[]));
    bench.dispatch();
    bench.pass(Span::from_secs(29));
    let nack = Nack {
        action: NackAction::Retry(None),
        reason: String::new(),
        class: String::new(),
    };
    let now = bench.now;
    bench
        .core
        .stream_nack(consumer, sequences(2, 2), &nack, now);
    bench.drain();
    bench.core.hear_until(now.mono.plus(Span::from_secs(5)));
    bench.pass(Span::from_secs(2));
    let now = counts(&bench).counts;
    assert_eq!((now.leased, now.waiting), (2, 0), "a wait has ended");
    let stale = bench
        .core
        .stream_ack(consumer, &[sequences(1, 1)], bench.now);
    assert_eq!(stale, [], "it was in time when it was said");
    let heard = bench.now.mono.plus(Span::from_secs(40));
    bench.core.hear_until(heard);
    bench.pass(Span::from_secs(39));
    assert_eq!(bench.core.next_deadline(bench.now), Some(heard));
    assert_eq!(counts(&bench).counts.leased, 1);
    bench.pass(Span::from_secs(1));
    assert_eq!(counts(&bench).counts.waiting, 1);
}

#[test]
fn dead_messages_are_requeued_or_discarded_as_the_dry_run_says() {
    let mut bench = bench();
    let consumer = bench.attach("billing", 100, 1 << 20);
    bench.publish("orders", 0, body(10, 5, &[]));
    bench.dispatch();
    let nack = |class: &str| Nack {
        action: NackAction::Dead,
        reason: "broken".to_owned(),
        class: class.to_owned(),
    };
    bench
        .core
        .stream_nack(consumer, sequences(1, 3), &nack("a"), bench.now);
    bench
        .core
        .stream_nack(consumer, sequences(4, 5), &nack("b"), bench.now);
    bench.drain();
    assert_eq!(counts(&bench).counts.dead, 5);
    bench.restart(From::Floor);
    assert_eq!(counts(&bench).counts.dead, 5);
    let class = Selection {
        error_class: Some("a".to_owned()),
        ..Selection::default()
    };
    let billing = name("billing");
    let dry = bench
        .core
        .requeue(&billing, &class, DryRun::Yes, bench.now)
        .unwrap();
    let wet = bench
        .core
        .requeue(&billing, &class, DryRun::No, bench.now)
        .unwrap();
    assert_eq!((dry.affected, wet.affected, dry.selected), (3, 3, 3));
    assert!(dry.operation.is_none() && wet.operation.is_some());
    let all = Selection {
        all: true,
        ..Selection::default()
    };
    let purge = Purge {
        subscription: &billing,
        selection: &all,
        scope: PurgeScope::Dead,
    };
    let discarded = bench.core.purge(purge, DryRun::No, bench.now).unwrap();
    assert_eq!(discarded.affected, 2);
    bench.drain();
    let after = counts(&bench).counts;
    assert_eq!(
        (after.dead, after.ready, after.leased, after.dropped[2]),
        (0, 3, 5, 2)
    );
    let purge = Purge {
        scope: PurgeScope::Backlog,
        ..purge
    };
    let purged = bench.core.purge(purge, DryRun::No, bench.now).unwrap();
    assert_eq!(
        (purged.selected, purged.affected, purged.skipped),
        (8, 3, 5)
    );
    bench.drain();
    assert_eq!(bench.kept.len(), 1, "only the batch is kept, no text");
}

#[test]
fn a_lost_consumer_counts_an_attempt_and_a_clean_one_does_not() {
    let mut bench = bench();
    for (departure, attempts) in [(Departure::Clean, 0), (Departure::Lost, 1)] {
        bench.publish("orders", 0, body(1, 5, &[]));
        let consumer = bench.attach("billing", 100, 1 << 20);
        bench.dispatch();
        bench.core.detach(consumer, departure, bench.now);
        bench.drain();
        assert_eq!(counts(&bench).meters.failed, attempts * 2);
    }
}

#[test]
fn deleting_a_subscription_ends_its_consumers() {
    let mut bench = bench();
    let consumer = bench.attach("billing", 100, 1 << 20);
    bench.publish("orders", 0, body(3, 5, &[]));
    bench.dispatch();
    let billing = name("billing");
    let deleted = bench.core.delete_subscription(&billing, bench.now).unwrap();
    assert_eq!((deleted.subscriptions, deleted.backlog), (1, 3));
    bench.drain();
    let reason = Refusal::SubscriptionDeleted {
        subscription: billing,
    };
    assert_eq!(bench.ended, [(consumer, reason)]);
    bench.core.detach(consumer, Departure::Lost, bench.now);
    assert!(bench.core.output().is_empty());
}

#[test]
fn a_redelivery_waits_until_the_failure_that_it_counts_is_durable() {
    let mut bench = bench();
    let lost = bench.attach("billing", 1, 1 << 20);
    bench.publish("orders", 0, body(1, 5, &[]));
    bench.dispatch();
    let published = bench.grants[0].needs;
    bench.core.detach(lost, Departure::Lost, bench.now);
    bench.drain();
    bench.attach("billing", 1, 1 << 20);
    bench.pass(Span::from_secs(1));
    let failed = bench
        .journal
        .iter()
        .rev()
        .find(|(_, frame)| frame.kind == 10)
        .unwrap();
    assert_eq!(bench.grants[0].runs[0].attempt, 2);
    assert_eq!(bench.grants[0].needs, *failed.0);
    assert!(bench.grants[0].needs > published);
}
