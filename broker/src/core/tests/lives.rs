//! Messages that have lived long enough: who drops them, when, and what is left.

use super::bench::{Bench, From, body, marked, name};
use crate::core::limits::MAX_ENDED;
use crate::core::{Counts, DryRun, Nack, NackAction, Seek, Selection, SequenceRange, Start};
use crate::model::entry::{DropCause, Marks};
use crate::model::settings::{Durability, SubscriptionSettings, TopicSettings};
use crate::model::{Offset, OffsetRange, Span};

fn bench(time_to_live: Option<Span>) -> Bench {
    let mut bench = Bench::new();
    let settings = TopicSettings {
        time_to_live,
        ..TopicSettings::default()
    };
    bench.topic("orders", settings);
    bench.subscription("billing", "orders", SubscriptionSettings::default());
    bench
}

fn counts_of(bench: &Bench, subscription: &str) -> Counts {
    let id = bench.core.subscription(&name(subscription)).unwrap().id;
    let counts = bench.core.subscription_counts(id, bench.now).unwrap();
    assert_eq!(counts.conservation_error, 0);
    assert_eq!(bench.core.recount_error(id), Some(0));
    counts.counts
}

fn counts(bench: &Bench) -> Counts {
    counts_of(bench, "billing")
}

fn expired(bench: &Bench) -> u64 {
    counts(bench).dropped[DropCause::Expired.index()]
}

fn seconds(count: u64) -> Span {
    Span::from_secs(count)
}

/// Each lives so long, 0 for as long as its topic says.
fn publish_for(bench: &mut Bench, lives: &[u64]) {
    let marks = lives.iter().map(|&life| Marks {
        life: seconds(life),
        ..Marks::default()
    });
    let marks: Vec<Marks> = marks.collect();
    bench.publish("orders", 0, marked(5, &marks));
}

#[test]
fn a_message_ends_when_it_says_and_else_when_its_topic_says() {
    for from in [
        None,
        Some(From::Everything),
        Some(From::Floor),
        Some(From::Checkpoint),
    ] {
        let mut bench = bench(Some(seconds(10)));
        publish_for(&mut bench, &[0, 3, 30, 0]);
        bench.pass(seconds(2));
        publish_for(&mut bench, &[0]);
        if let Some(from) = from {
            bench.restart(from);
        }
        bench.pass(Span(999_999));
        assert_eq!(expired(&bench), 0);
        bench.pass(Span(1));
        assert_eq!((expired(&bench), counts(&bench).ready), (1, 4));
        bench.pass(seconds(7));
        assert_eq!((expired(&bench), counts(&bench).ready), (3, 2));
        if let Some(from) = from {
            bench.restart(from);
        }
        bench.pass(seconds(2));
        assert_eq!((expired(&bench), counts(&bench).ready), (4, 1));
        bench.pass(seconds(18));
        assert_eq!((expired(&bench), counts(&bench).ready), (5, 0));
        let later = bench.core.next_deadline(bench.now);
        assert!(
            later > Some(bench.now.mono),
            "nothing is left to be done at once"
        );
    }
}

#[test]
fn what_is_leased_is_left_until_its_lease_ends_and_what_is_dead_until_it_is_requeued() {
    let mut bench = bench(Some(seconds(10)));
    let consumer = bench.attach("billing", 4, 1 << 20);
    bench.publish("orders", 0, body(5, 5, &[]));
    bench.dispatch();
    let nack = |action| Nack {
        action,
        reason: String::new(),
        class: String::new(),
    };
    let one = |sequence| SequenceRange {
        first: sequence,
        last: sequence,
    };
    let (core, now) = (&mut bench.core, bench.now);
    core.stream_nack(consumer, one(1), &nack(NackAction::Dead), now);
    bench.drain();
    bench.advance(seconds(10));
    bench.core.tick(bench.now);
    bench.drain();
    let books = counts(&bench);
    assert_eq!((books.leased, books.dead, expired(&bench)), (3, 1, 1));
    let (core, now) = (&mut bench.core, bench.now);
    assert_eq!(core.stream_ack(consumer, &[one(2)], now), []);
    core.stream_nack(consumer, one(3), &nack(NackAction::Retry(None)), now);
    bench.drain();
    assert_eq!((counts(&bench).acked, expired(&bench)), (1, 2), "at once");
    bench.pass(seconds(21));
    assert_eq!((counts(&bench).leased, expired(&bench)), (0, 3));
    let all = Selection {
        all: true,
        ..Selection::default()
    };
    let now = bench.now;
    bench
        .core
        .requeue(&name("billing"), &all, DryRun::No, now)
        .unwrap();
    bench.drain();
    assert_eq!((counts(&bench).dead, expired(&bench)), (0, 4));
    assert_eq!(counts(&bench).backlog(), 0);
}

#[test]
fn a_topic_that_says_something_else_ends_what_is_stored_then_or_ends_it_later() {
    let mut bench = bench(None);
    bench.publish("orders", 0, body(3, 5, &[]));
    bench.pass(seconds(100));
    let say = |bench: &mut Bench, time_to_live| {
        let change = Box::new(move |now: &TopicSettings| {
            Ok(TopicSettings {
                time_to_live,
                ..*now
            })
        });
        let now = bench.now;
        bench
            .core
            .update_topic(&name("orders"), None, change, now)
            .unwrap();
        bench.pass(Span::ZERO);
    };
    say(&mut bench, Some(seconds(101)));
    assert_eq!(expired(&bench), 0);
    say(&mut bench, Some(seconds(200)));
    bench.pass(seconds(50));
    assert_eq!(expired(&bench), 0);
    say(&mut bench, Some(seconds(150)));
    assert_eq!(expired(&bench), 3);
}

#[test]
fn what_has_ended_does_not_come_back_to_a_new_subscription_or_by_a_seek() {
    let mut bench = bench(Some(seconds(10)));
    publish_for(&mut bench, &[0, 60, 5]);
    bench.pass(seconds(10));
    assert_eq!((expired(&bench), counts(&bench).ready), (2, 1));
    let new = crate::core::NewSubscription {
        name: name("late"),
        topic: &name("orders"),
        settings: SubscriptionSettings::default(),
        start: Start::Earliest,
    };
    bench.core.create_subscription(new, bench.now).unwrap();
    bench.drain();
    let late = counts_of(&bench, "late");
    assert_eq!((late.entered, late.ready), (3, 1));
    let seek = Seek {
        subscription: &name("billing"),
        target: &Start::Earliest,
    };
    bench.core.seek(seek, DryRun::No, bench.now).unwrap();
    bench.drain();
    assert_eq!((expired(&bench), counts(&bench).ready), (2, 1));
    bench.attach("billing", 100, 1 << 20);
    bench.dispatch();
    let runs = bench.grants.iter().flat_map(|grant| &grant.runs);
    let runs: Vec<_> = runs.map(|run| run.range).collect();
    assert_eq!(runs, [OffsetRange::one(Offset(1))]);
}

#[test]
fn offsets_that_no_message_has_do_not_end() {
    let mut bench = Bench::new();
    let settings = TopicSettings {
        time_to_live: Some(seconds(10)),
        durability: Durability::Relaxed,
        ..TopicSettings::default()
    };
    bench.topic("orders", settings);
    bench.subscription("billing", "orders", SubscriptionSettings::default());
    publish_for(&mut bench, &[0]);
    bench.core.jump(bench.now);
    bench.drain();
    bench.pass(seconds(5));
    publish_for(&mut bench, &[0]);
    bench.pass(seconds(5));
    assert_eq!((expired(&bench), counts(&bench).ready), (1, 1));
    bench.pass(seconds(5));
    assert_eq!((expired(&bench), counts(&bench).ready), (2, 0));
    let later = bench.core.next_deadline(bench.now);
    assert!(later > Some(bench.now.mono), "all is passed at once");
    let seek = Seek {
        subscription: &name("billing"),
        target: &Start::Earliest,
    };
    bench.core.seek(seek, DryRun::No, bench.now).unwrap();
    bench.drain();
    assert_eq!((expired(&bench), counts(&bench).ready), (2, 0));
    assert_eq!(counts(&bench).entered, 2);
}

#[test]
fn a_scheduled_message_may_end_before_it_is_due() {
    let mut bench = bench(None);
    let marks = Marks {
        due: bench.now.wall.plus(seconds(20)),
        life: seconds(5),
        ..Marks::default()
    };
    bench.publish("orders", 0, marked(5, &[marks]));
    bench.pass(seconds(5));
    assert_eq!((expired(&bench), counts(&bench).scheduled), (1, 0));
    bench.pass(seconds(20));
    assert_eq!(counts(&bench).ready, 0);
}

#[test]
fn many_that_end_together_go_in_slices_with_one_entry_each() {
    let mut bench = bench(Some(seconds(1)));
    for _ in 0..10 {
        bench.publish("orders", 0, body(10_000, 5, &[]));
    }
    bench.advance(seconds(1));
    let mut ticks = 0;
    while counts(&bench).ready > 0 {
        let (before, entries) = (counts(&bench).ready, bench.journal.len());
        let due = bench.core.next_deadline(bench.now);
        assert!(due <= Some(bench.now.mono), "the rest goes at once");
        bench.core.tick(bench.now);
        bench.drain();
        assert_eq!(before - counts(&bench).ready, MAX_ENDED);
        assert!(
            bench.journal.len() - entries <= 2,
            "one, and one of retention"
        );
        ticks += 1;
    }
    assert_eq!((ticks, expired(&bench)), (10, 100_000));
}
