//! Messages that are due later: when they are handed out, what they count as, and what they cost.

use super::bench::{Bench, From, body, marked, name};
use crate::core::limits::MAX_DUE;
use crate::core::{Counts, DryRun, Purge, PurgeScope, Selection, SequenceRange};
use crate::model::entry::Marks;
use crate::model::settings::{KeyOrder, SubscriptionSettings, TopicSettings};
use crate::model::{MessageId, Offset, OffsetRange, Partition, Span, Time};

fn bench_with(settings: SubscriptionSettings) -> Bench {
    let mut bench = Bench::new();
    bench.topic("orders", TopicSettings::default());
    bench.subscription("billing", "orders", settings);
    bench
}

fn bench() -> Bench {
    bench_with(SubscriptionSettings::default())
}

fn counts(bench: &Bench) -> Counts {
    let id = bench.core.subscription(&name("billing")).unwrap().id;
    let counts = bench.core.subscription_counts(id, bench.now).unwrap();
    assert_eq!(counts.conservation_error, 0);
    assert_eq!(bench.core.recount_error(id), Some(0));
    let all = bench.core.broker_counts(bench.now);
    if all.subscriptions == 1 {
        let books = (counts.counts.backlog(), counts.counts.dead);
        assert_eq!((all.backlog, all.dead), books);
    }
    counts.counts
}

/// Each due so long after now.
fn publish_later(bench: &mut Bench, delays: &[Span]) {
    let due = |&delay: &Span| Marks {
        due: bench.now.wall.plus(delay),
        ..Marks::default()
    };
    let marks: Vec<Marks> = delays.iter().map(due).collect();
    bench.publish("orders", 0, marked(5, &marks));
}

fn granted(bench: &Bench) -> Vec<OffsetRange> {
    let runs = bench.grants.iter().flat_map(|grant| &grant.runs);
    runs.map(|run| run.range).collect()
}

fn seconds(count: u64) -> Span {
    Span::from_secs(count)
}

#[test]
fn a_message_is_handed_out_when_it_is_due_and_not_before() {
    let mut bench = bench();
    bench.attach("billing", 100, 1 << 20);
    publish_later(&mut bench, &[seconds(5), seconds(2), Span::ZERO]);
    bench.dispatch();
    assert_eq!(granted(&bench), [OffsetRange::one(Offset(2))]);
    let books = counts(&bench);
    assert_eq!((books.entered, books.scheduled, books.leased), (3, 2, 1));
    bench.pass(Span(seconds(2).0 - 1));
    assert_eq!(granted(&bench), []);
    let due = bench.core.next_deadline(bench.now);
    assert_eq!(due, Some(bench.now.mono.plus(Span(1))));
    bench.pass(Span(1));
    assert_eq!(granted(&bench), [OffsetRange::one(Offset(1))]);
    bench.pass(seconds(3));
    assert_eq!(granted(&bench), [OffsetRange::one(Offset(0))]);
    assert_eq!(counts(&bench).leased, 3);
}

#[test]
fn what_is_scheduled_stays_so_over_a_restart_and_what_became_due_meanwhile_is_ready() {
    for from in [From::Everything, From::Floor, From::Checkpoint] {
        let mut bench = bench();
        publish_later(&mut bench, &[seconds(60), seconds(10), Span::ZERO]);
        bench.restart(from);
        assert_eq!((counts(&bench).scheduled, counts(&bench).ready), (2, 1));
        bench.advance(seconds(10));
        bench.restart(from);
        assert_eq!((counts(&bench).scheduled, counts(&bench).ready), (1, 2));
        bench.attach("billing", 100, 1 << 20);
        bench.dispatch();
        assert_eq!(granted(&bench), [OffsetRange::new(Offset(1), 2)]);
        bench.pass(seconds(50));
        assert_eq!(granted(&bench), [OffsetRange::one(Offset(0))]);
    }
}

#[test]
fn a_clock_that_is_set_forward_makes_due_what_is_due_then_and_ends_no_lease() {
    let mut bench = bench();
    let consumer = bench.attach("billing", 100, 1 << 20);
    publish_later(&mut bench, &[Span::ZERO, seconds(1_800), seconds(7_200)]);
    bench.dispatch();
    bench.now.wall = bench.now.wall.plus(seconds(3_600));
    assert!(
        bench.core.next_deadline(bench.now) <= Some(bench.now.mono),
        "at once"
    );
    bench.pass(Span::ZERO);
    assert_eq!(granted(&bench), [OffsetRange::one(Offset(1))]);
    let books = counts(&bench);
    assert_eq!((books.leased, books.scheduled), (2, 1));
    let both = SequenceRange { first: 1, last: 2 };
    assert_eq!(bench.core.stream_ack(consumer, &[both], bench.now), []);
    assert_eq!(counts(&bench).acked, 2);
}

#[test]
fn a_clock_that_stands_still_for_a_while_makes_nothing_due_early_or_twice() {
    let mut bench = bench();
    bench.attach("billing", 100, 1 << 20);
    publish_later(&mut bench, &[seconds(5), seconds(6)]);
    let wall = bench.now.wall;
    bench.pass(seconds(5));
    assert_eq!(granted(&bench).len(), 1);
    // As the clock tells it when the system is set back: half of the pace.
    bench.now.mono = bench.now.mono.plus(seconds(1));
    bench.now.wall = wall.plus(Span::from_millis(5_500));
    bench.pass(Span::ZERO);
    assert_eq!(granted(&bench), []);
    bench.now.mono = bench.now.mono.plus(seconds(1));
    bench.now.wall = wall.plus(seconds(6));
    bench.pass(Span::ZERO);
    assert_eq!(granted(&bench), [OffsetRange::one(Offset(1))]);
    assert_eq!(counts(&bench).leased, 2);
}

#[test]
fn a_hundred_thousand_of_one_second_are_handed_over_in_slices() {
    let mut bench = bench();
    bench.subscription("other", "orders", SubscriptionSettings::default());
    let due = Marks {
        due: bench.now.wall.plus(seconds(1)),
        ..Marks::default()
    };
    for _ in 0..10 {
        bench.publish("orders", 0, marked(5, &vec![due; 10_000]));
    }
    bench.advance(seconds(1));
    let mut ticks = 0;
    while counts(&bench).scheduled > 0 {
        let due = bench.core.next_deadline(bench.now);
        assert!(due <= Some(bench.now.mono), "the rest is due at once");
        let before = counts(&bench).scheduled;
        bench.core.tick(bench.now);
        bench.drain();
        let told = 2 * (before - counts(&bench).scheduled);
        assert!((1..=MAX_DUE).contains(&told), "{told} in one tick");
        ticks += 1;
    }
    assert_eq!((ticks, counts(&bench).ready), (20, 100_000));
    assert!(bench.core.next_deadline(bench.now) > Some(bench.now.mono));
}

#[test]
fn a_key_waits_for_no_message_that_is_not_due_and_takes_it_in_its_place_when_it_is() {
    let mut bench = bench_with(SubscriptionSettings {
        key_order: KeyOrder::Block,
        ..SubscriptionSettings::default()
    });
    let consumer = bench.attach("billing", 100, 1 << 20);
    let later = Marks {
        key: 7,
        due: bench.now.wall.plus(seconds(2)),
        ..Marks::default()
    };
    let now = Marks {
        due: Time(0),
        ..later
    };
    bench.publish("orders", 0, marked(5, &[later, now, now, now]));
    bench.dispatch();
    assert_eq!(granted(&bench), [OffsetRange::one(Offset(1))]);
    bench.pass(seconds(2));
    assert_eq!(granted(&bench), [], "its key is out");
    let first = SequenceRange { first: 1, last: 1 };
    assert_eq!(bench.core.stream_ack(consumer, &[first], bench.now), []);
    bench.dispatch();
    assert_eq!(granted(&bench), [OffsetRange::one(Offset(0))]);
}

#[test]
fn scheduled_messages_are_purged_and_go_with_their_subscription_and_their_topic() {
    let mut bench = bench();
    publish_later(&mut bench, &[seconds(5), seconds(6), Span::ZERO]);
    let purge = Purge {
        subscription: &name("billing"),
        selection: &Selection {
            message_ids: vec![bench_id(&bench, 1)],
            ..Selection::default()
        },
        scope: PurgeScope::Backlog,
    };
    let summary = bench.core.purge(purge, DryRun::No, bench.now);
    assert_eq!(summary.unwrap().affected, 1);
    bench.drain();
    assert_eq!(counts(&bench).scheduled, 1);
    bench.restart(From::Floor);
    assert_eq!(
        (
            counts(&bench).scheduled,
            counts(&bench).dropped.iter().sum()
        ),
        (1, 1)
    );
    bench.subscription("late", "orders", SubscriptionSettings::default());
    let late = bench.core.subscription(&name("late")).unwrap().id;
    let late = bench.core.subscription_counts(late, bench.now).unwrap();
    assert_eq!(
        (late.counts.entered, late.counts.scheduled),
        (3, 2),
        "from the start"
    );
    bench
        .core
        .delete_subscription(&name("late"), bench.now)
        .unwrap();
    bench.drain();
    assert_eq!(counts(&bench).scheduled, 1);
    bench
        .core
        .delete_topic(&name("orders"), true, bench.now)
        .unwrap();
    bench.drain();
    assert_eq!(bench.core.broker_counts(bench.now).backlog, 0);
    assert_eq!(
        bench.core.next_deadline(bench.now),
        None,
        "nothing is due any more"
    );
    bench.pass(seconds(10));
}

#[test]
fn a_limit_on_a_backlog_does_not_count_what_is_scheduled_and_an_age_begins_when_it_is_due() {
    let mut bench = bench_with(SubscriptionSettings {
        max_backlog_bytes: Some(30),
        max_backlog_messages: Some(6),
        backlog_retention: Some(seconds(60)),
        ..SubscriptionSettings::default()
    });
    publish_later(&mut bench, &[seconds(100); 5]);
    bench.publish("orders", 0, body(5, 5, &[]));
    let books = counts(&bench);
    assert_eq!((books.scheduled, books.ready), (5, 5));
    bench.pass(seconds(61));
    let books = counts(&bench);
    assert_eq!((books.scheduled, books.ready), (5, 0), "5 are too old");
    bench.publish("orders", 0, body(3, 5, &[]));
    bench.pass(seconds(39));
    bench.pass(seconds(1));
    let books = counts(&bench);
    assert_eq!((books.scheduled, books.ready), (0, 6), "two are too many");
    bench.pass(seconds(21));
    assert_eq!(
        counts(&bench).ready,
        3,
        "those that were due at once are too old"
    );
    bench.pass(seconds(40));
    assert_eq!(counts(&bench).ready, 0);
}

fn bench_id(bench: &Bench, offset: u64) -> MessageId {
    MessageId {
        topic: bench.core.topic(&name("orders")).unwrap().id,
        partition: Partition(0),
        offset: Offset(offset),
    }
}

#[test]
fn what_nobody_needs_is_trimmed_before_it_is_due_and_its_moment_forgotten() {
    let mut bench = Bench::new();
    let none = TopicSettings {
        retention: Span::ZERO,
        ..TopicSettings::default()
    };
    bench.topic("orders", none);
    publish_later(&mut bench, &[seconds(500)]);
    bench.pass(seconds(2));
    assert_eq!(bench.core.next_deadline(bench.now), None);
    bench.subscription("billing", "orders", SubscriptionSettings::default());
    bench.publish("orders", 0, body(1, 5, &[]));
    assert_eq!((counts(&bench).entered, counts(&bench).scheduled), (1, 0));
}

#[test]
fn a_partition_ages_from_when_its_message_was_due_as_the_whole_does() {
    let mut bench = bench();
    publish_later(&mut bench, &[seconds(5)]);
    let id = bench.core.subscription(&name("billing")).unwrap().id;
    let lags = |bench: &Bench| {
        let whole = bench.core.subscription_counts(id, bench.now).unwrap().lag;
        let parts = bench.core.subscription_partitions(id, bench.now);
        (whole, parts[0].lag)
    };
    assert_eq!(lags(&bench), (None, None));
    bench.pass(seconds(7));
    assert_eq!(lags(&bench), (Some(seconds(2)), Some(seconds(2))));
}
