//! Limits on a backlog: its age, its messages, its bytes; what is dropped, and who is held.

use super::bench::{Bench, From, body, name};
use crate::core::{Nack, NackAction, Publication, SequenceRange, SubscriptionCounts};
use crate::model::entry::DropCause;
use crate::model::settings::{BacklogPolicy, SubscriptionSettings, TopicSettings};
use crate::model::{ConsumerId, Partition, Refusal, Span};

const EVERY: [From; 3] = [From::Everything, From::Floor, From::Checkpoint];

fn bench(partitions: u32, settings: SubscriptionSettings) -> Bench {
    let mut bench = Bench::new();
    let topic = TopicSettings {
        partitions,
        ..TopicSettings::default()
    };
    bench.topic("orders", topic);
    bench.subscription("billing", "orders", settings);
    bench
}

fn counts(bench: &Bench) -> SubscriptionCounts {
    let id = bench.core.subscription(&name("billing")).unwrap().id;
    assert_eq!(bench.core.recount_error(id), Some(0));
    bench.core.subscription_counts(id, bench.now).unwrap()
}

fn dropped(bench: &Bench, cause: DropCause) -> u64 {
    counts(bench).counts.dropped[cause.index()]
}

/// The offsets of what a consumer is granted, by partition.
fn granted(bench: &mut Bench) -> Vec<(u32, u64)> {
    bench.dispatch();
    let mut all = Vec::new();
    for grant in &bench.grants {
        let ranges = grant.runs.iter().flat_map(|run| run.range.offsets());
        all.extend(ranges.map(|offset| (grant.partition.0, offset.0)));
    }
    all.sort_unstable();
    all
}

fn ack(bench: &mut Bench, consumer: ConsumerId, first: u64, last: u64) {
    let range = SequenceRange { first, last };
    assert_eq!(bench.core.stream_ack(consumer, &[range], bench.now), []);
    bench.drain();
}

#[test]
fn beyond_its_messages_the_oldest_of_all_partitions_are_dropped() {
    for from in EVERY {
        let mut bench = bench(
            2,
            SubscriptionSettings {
                max_backlog_messages: Some(10),
                ..SubscriptionSettings::default()
            },
        );
        for (partition, count) in [(0, 4), (1, 5), (0, 4)] {
            bench.publish("orders", partition, body(count, 5, &[]));
            bench.advance(Span::from_secs(1));
        }
        let books = counts(&bench).counts;
        assert_eq!((books.backlog(), books.entered), (10, 13));
        assert_eq!(dropped(&bench, DropCause::Overflow), 3);
        bench.restart(from);
        assert_eq!(counts(&bench).counts, books, "{from:?}");
        bench.attach("billing", 100, 1 << 20);
        let expected: Vec<(u32, u64)> = (3..8)
            .map(|offset| (0, offset))
            .chain((0..5).map(|offset| (1, offset)))
            .collect();
        assert_eq!(granted(&mut bench), expected, "the oldest three are gone");
    }
}

#[test]
fn beyond_its_bytes_as_many_are_dropped_as_it_takes() {
    let mut bench = bench(
        1,
        SubscriptionSettings {
            max_backlog_bytes: Some(1_000),
            ..SubscriptionSettings::default()
        },
    );
    bench.publish("orders", 0, body(10, 100, &[]));
    assert_eq!(counts(&bench).counts.backlog(), 10, "exactly the limit");
    bench.publish("orders", 0, body(1, 101, &[]));
    assert_eq!(dropped(&bench, DropCause::Overflow), 2);
    let consumer = bench.attach("billing", 100, 1 << 20);
    assert_eq!(granted(&mut bench).len(), 9);
    ack(&mut bench, consumer, 1, 8);
    bench.publish("orders", 0, body(8, 100, &[]));
    assert_eq!(dropped(&bench, DropCause::Overflow), 2, "acks made room");
}

#[test]
fn leased_messages_are_not_dropped_and_are_looked_at_when_they_come_back() {
    let mut bench = bench(
        1,
        SubscriptionSettings {
            max_backlog_messages: Some(5),
            ack_deadline: Span::from_secs(10),
            ..SubscriptionSettings::default()
        },
    );
    bench.attach("billing", 5, 1 << 20);
    bench.publish("orders", 0, body(5, 5, &[]));
    assert_eq!(granted(&mut bench).len(), 5);
    bench.publish("orders", 0, body(3, 5, &[]));
    let books = counts(&bench).counts;
    assert_eq!((books.leased, books.ready, books.dropped_sum()), (5, 0, 3));
    // Requeued or released they would be too many again only with others.
    bench.core.tick(bench.now);
    assert_eq!(counts(&bench).counts.leased, 5);
}

#[test]
fn a_lower_limit_is_kept_from_the_next_look_on() {
    let mut bench = bench(1, SubscriptionSettings::default());
    bench.publish("orders", 0, body(100, 5, &[]));
    let change = Box::new(|now: &SubscriptionSettings| {
        Ok(SubscriptionSettings {
            max_backlog_messages: Some(7),
            max_backlog_bytes: Some(1_000),
            ..now.clone()
        })
    });
    let (core, now) = (&mut bench.core, bench.now);
    core.update_subscription(&name("billing"), None, change, now)
        .unwrap();
    bench.drain();
    bench.pass(Span::from_secs(2));
    assert_eq!(counts(&bench).counts.backlog(), 7);
    assert_eq!(dropped(&bench, DropCause::Overflow), 93);
}

#[test]
fn a_full_subscription_holds_publishers_until_it_has_room() {
    for from in EVERY {
        let mut bench = bench(
            1,
            SubscriptionSettings {
                max_backlog_messages: Some(10),
                backlog_policy: BacklogPolicy::HoldPublishers,
                ..SubscriptionSettings::default()
            },
        );
        bench.publish("orders", 0, body(9, 5, &[]));
        bench.publish("orders", 0, body(9, 5, &[]));
        let full = |bench: &mut Bench| {
            let topic = bench.core.route(&name("orders")).unwrap().topic;
            let batch = vec![(Partition(0), body(1, 5, &[]))];
            bench.core.publish(Publication::to(topic, batch), bench.now)
        };
        let refusal = Refusal::BacklogFull {
            subscription: name("billing"),
            backlog: 18,
            limit: 10,
            unit: "messages",
        };
        assert_eq!(full(&mut bench), Err(refusal.clone()));
        bench.restart(from);
        assert_eq!(full(&mut bench), Err(refusal), "{from:?}");
        let consumer = bench.attach("billing", 100, 1 << 20);
        assert_eq!(granted(&mut bench).len(), 18, "nothing was dropped");
        ack(&mut bench, consumer, 1, 8);
        assert!(full(&mut bench).is_err(), "10 are left");
        ack(&mut bench, consumer, 9, 9);
        assert!(full(&mut bench).is_ok());
    }
}

#[test]
fn what_is_too_old_is_dropped_as_expired_but_for_leased_and_dead_ones() {
    for from in EVERY {
        let mut bench = bench(
            1,
            SubscriptionSettings {
                backlog_retention: Some(Span::from_secs(60)),
                ack_deadline: Span::from_secs(100),
                ..SubscriptionSettings::default()
            },
        );
        let consumer = bench.attach("billing", 2, 1 << 20);
        bench.publish("orders", 0, body(6, 5, &[]));
        assert_eq!(granted(&mut bench).len(), 2);
        let kill = Nack {
            action: NackAction::Dead,
            reason: String::new(),
            class: String::new(),
        };
        let first = SequenceRange { first: 1, last: 1 };
        bench.core.stream_nack(consumer, first, &kill, bench.now);
        assert_eq!(granted(&mut bench), [(0, 2)]);
        bench.advance(Span::from_secs(30));
        bench.publish("orders", 0, body(2, 5, &[]));
        bench.pass(Span::from_secs(29));
        assert_eq!(dropped(&bench, DropCause::Expired), 0);
        bench.pass(Span::from_secs(2));
        // 0 is dead, 1 and 2 are leased, 6 and 7 are young.
        assert_eq!(dropped(&bench, DropCause::Expired), 3);
        let books = counts(&bench).counts;
        assert_eq!((books.dead, books.leased, books.ready), (1, 2, 2));
        // The leases end: their messages are too old at once.
        bench.pass(Span::from_secs(100));
        bench.pass(Span::from_secs(1));
        assert_eq!(dropped(&bench, DropCause::Expired), 7);
        let books = counts(&bench).counts;
        assert_eq!((books.dead, books.backlog()), (1, 0));
        bench.restart(from);
        assert_eq!(counts(&bench).counts, books, "{from:?}");
    }
}

#[test]
fn without_limits_nothing_is_dropped() {
    let mut bench = bench(1, SubscriptionSettings::default());
    bench.publish("orders", 0, body(1_000, 5, &[]));
    bench.pass(Span::from_secs(3_650 * 24 * 3_600));
    assert_eq!(counts(&bench).counts.backlog(), 1_000);
}
