//! A subscription goes on from elsewhere: what is skipped, what is ready again, which leases are good.

use super::bench::{Bench, From, body, name};
use crate::core::{
    AckId, DryRun, Nack, NackAction, Seek, SequenceRange, Sought, Start, SubscriptionCounts,
};
use crate::model::entry::DropCause;
use crate::model::settings::{KeyOrder, SubscriptionSettings, TopicSettings};
use crate::model::{Offset, Partition, Refusal, Span};

fn bench(settings: SubscriptionSettings) -> Bench {
    let mut bench = Bench::new();
    bench.topic("orders", TopicSettings::default());
    bench.subscription("billing", "orders", settings);
    bench
}

fn counts(bench: &Bench) -> SubscriptionCounts {
    let id = bench.core.subscription(&name("billing")).unwrap().id;
    assert_eq!(bench.core.recount_error(id), Some(0));
    let counts = bench.core.subscription_counts(id, bench.now).unwrap();
    assert_eq!(counts.conservation_error, 0);
    counts
}

fn seek(bench: &mut Bench, target: &Start) -> Sought {
    let seek = Seek {
        subscription: &name("billing"),
        target,
    };
    let planned = bench.core.seek(seek, DryRun::Yes, bench.now).unwrap();
    assert!(bench.core.output().is_empty(), "a dry run changes nothing");
    let done = bench.core.seek(seek, DryRun::No, bench.now).unwrap();
    assert_eq!(planned, done);
    bench.drain();
    done
}

fn at(offset: u64) -> Start {
    Start::Offsets(vec![(Partition(0), Offset(offset))])
}

fn sequences(first: u64, last: u64) -> SequenceRange {
    SequenceRange { first, last }
}

fn dropped(counts: &SubscriptionCounts, cause: DropCause) -> u64 {
    counts.counts.dropped[cause.index()]
}

#[test]
fn a_seek_forward_drops_what_it_skips_and_keeps_what_is_dead_or_acked() {
    for from in [From::Everything, From::Floor, From::Checkpoint] {
        let mut bench = bench(SubscriptionSettings::default());
        let consumer = bench.attach("billing", 6, 1 << 20);
        bench.publish("orders", 0, body(20, 5, &[]));
        bench.dispatch();
        bench
            .core
            .stream_ack(consumer, &[sequences(1, 1)], bench.now);
        bench
            .core
            .stream_ack(consumer, &[sequences(4, 4)], bench.now);
        let kill = Nack {
            action: NackAction::Dead,
            reason: String::new(),
            class: "Bad".to_owned(),
        };
        bench
            .core
            .stream_nack(consumer, sequences(3, 3), &kill, bench.now);
        bench.drain();
        let sought = seek(&mut bench, &at(10));
        // Of 0..10: 0 and 3 acked, 2 dead; 1, 4 and 5 were leased.
        let expected = Sought {
            skipped: 7,
            restored: 0,
            ended_leases: 3,
        };
        assert_eq!(sought, expected);
        let stale = bench
            .core
            .stream_ack(consumer, &[sequences(5, 6)], bench.now);
        assert_eq!(stale, [sequences(5, 6)], "a lease from before is stale");
        bench.dispatch();
        assert_eq!(bench.grants[0].runs[0].range.start, Offset(10));
        assert_eq!(
            counts(&bench).consumers[0].leased,
            6,
            "its credit was given back"
        );
        let before = counts(&bench);
        assert_eq!(dropped(&before, DropCause::Skipped), 7);
        assert_eq!((before.counts.acked, before.counts.dead), (2, 1));
        bench.restart(from);
        assert_eq!(counts(&bench).counts, before.counts, "{from:?}");
    }
}

#[test]
fn a_seek_back_makes_finished_messages_ready_again_with_no_attempts() {
    for from in [From::Everything, From::Floor, From::Checkpoint] {
        let mut bench = bench(SubscriptionSettings::default());
        let consumer = bench.attach("billing", 100, 1 << 20);
        bench.publish("orders", 0, body(20, 5, &[]));
        bench.dispatch();
        let ack = AckId {
            subscription: bench.grants[0].subscription,
            epoch: bench.grants[0].epoch,
            incarnation: bench.grants[0].incarnation,
            partition: Partition(0),
            offset: Offset(15),
            attempt: 1,
            serial: bench.grants[0].runs[0].serial,
        };
        bench
            .core
            .stream_ack(consumer, &[sequences(1, 12)], bench.now);
        let again = Nack {
            action: NackAction::Retry(None),
            reason: String::new(),
            class: String::new(),
        };
        bench
            .core
            .stream_nack(consumer, sequences(13, 13), &again, bench.now);
        bench.drain();
        let sought = seek(&mut bench, &at(5));
        let expected = Sought {
            skipped: 0,
            restored: 7,
            ended_leases: 7,
        };
        assert_eq!(sought, expected);
        let books = counts(&bench).counts;
        assert_eq!((books.entered, books.ready, books.acked), (15, 15, 0));
        let late = bench.core.acknowledge(&[ack], bench.now);
        assert_eq!(late, [Err(Refusal::LeaseStale)], "its epoch is over");
        bench.restart(from);
        assert_eq!(counts(&bench).counts, books, "{from:?}");
        let late = bench.core.acknowledge(&[ack], bench.now);
        assert_eq!(late, [Err(Refusal::LeaseStale)], "also after a restart");
        bench.attach("billing", 100, 1 << 20);
        bench.dispatch();
        let runs = bench.grants.iter().flat_map(|grant| &grant.runs);
        let got: Vec<_> = runs.map(|run| (run.range.start.0, run.attempt)).collect();
        assert_eq!(got, [(5, 1)]);
    }
}

#[test]
fn a_dead_message_blocks_its_key_also_after_a_seek_back_over_it() {
    for from in [
        None,
        Some(From::Everything),
        Some(From::Floor),
        Some(From::Checkpoint),
    ] {
        let mut bench = bench(SubscriptionSettings {
            key_order: KeyOrder::Block,
            ..SubscriptionSettings::default()
        });
        let consumer = bench.attach("billing", 100, 1 << 20);
        // Keys 1, 2, 1, 2, 1, 2.
        bench.publish("orders", 0, body(6, 5, &[1, 2]));
        bench.dispatch();
        bench
            .core
            .stream_ack(consumer, &[sequences(1, 2)], bench.now);
        bench.dispatch();
        let kill = Nack {
            action: NackAction::Dead,
            reason: String::new(),
            class: String::new(),
        };
        // The third message, of key 1, dies.
        bench
            .core
            .stream_nack(consumer, sequences(3, 3), &kill, bench.now);
        bench.drain();
        seek(&mut bench, &Start::Earliest);
        if let Some(from) = from {
            bench.restart(from);
            bench.attach("billing", 100, 1 << 20);
        }
        let mut seen = Vec::new();
        for _ in 0..10 {
            bench.dispatch();
            for grant in std::mem::take(&mut bench.grants) {
                for run in &grant.runs {
                    seen.extend(run.range.offsets().map(|offset| offset.0));
                    let last = run.first_sequence + run.range.count() - 1;
                    let done = sequences(run.first_sequence, last);
                    assert_eq!(
                        bench.core.stream_ack(grant.consumer, &[done], bench.now),
                        []
                    );
                }
            }
        }
        seen.sort_unstable();
        assert_eq!(seen, [0, 1, 3, 5], "2 is dead and 4 stands behind it");
        assert_eq!(counts(&bench).counts.ready, 1);
    }
}

#[test]
fn a_seek_goes_to_a_time_the_earliest_the_latest_and_never_below_what_is_stored() {
    let mut bench = Bench::new();
    let settings = TopicSettings {
        retention: Span::from_secs(100),
        ..TopicSettings::default()
    };
    bench.topic("orders", settings);
    bench.subscription("billing", "orders", SubscriptionSettings::default());
    for _ in 0..4 {
        bench.publish("orders", 0, body(5, 5, &[]));
        bench.advance(Span::from_secs(40));
    }
    let begun = bench.now.wall;
    assert_eq!(seek(&mut bench, &Start::Latest).skipped, 20);
    let hence = |seconds: u64| Start::Time(crate::model::Time(begun.0 - seconds * 1_000_000));
    assert_eq!(seek(&mut bench, &hence(81)).restored, 10);
    assert_eq!(seek(&mut bench, &hence(0)).skipped, 10);
    bench.pass(Span::from_secs(1));
    let low = bench.core.low(&name("orders"), Partition(0));
    assert_eq!(low, Offset(10), "100 s are kept");
    assert_eq!(seek(&mut bench, &Start::Earliest).restored, 10);
    assert_eq!(
        seek(&mut bench, &hence(1_000_000)).restored,
        0,
        "all is ready already"
    );
    let below = Refusal::OffsetBelowLowWatermark {
        partition: Partition(0),
        offset: Offset(9),
        low: Offset(10),
    };
    assert_eq!(refused(&mut bench, &at(9)), Some(below));
    let beyond = refused(&mut bench, &at(21));
    assert!(matches!(beyond, Some(Refusal::ValueOutOfRange { .. })));
    assert_eq!(refused(&mut bench, &at(20)), None);
    let elsewhere = Start::Offsets(vec![(Partition(1), Offset(0))]);
    let elsewhere = refused(&mut bench, &elsewhere);
    assert!(matches!(elsewhere, Some(Refusal::ValueOutOfRange { .. })));
}

/// Why a seek cannot be.
fn refused(bench: &mut Bench, target: &Start) -> Option<Refusal> {
    let seek = Seek {
        subscription: &name("billing"),
        target,
    };
    bench.core.seek(seek, DryRun::Yes, bench.now).err()
}
