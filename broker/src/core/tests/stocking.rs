//! The limits on what a topic holds.

use super::bench::{Bench, From, body, marked, name};
use crate::core::{Core, GrantEffect, Nack, NackAction, Publication, SequenceRange};
use crate::model::entry::Marks;
use crate::model::settings::{LimitPolicy, SubscriptionSettings, TopicSettings};
use crate::model::{
    ConsumerId, Partition, ProducerId, ProducerSequence, Refusal, Span, SubscriptionId, TopicId,
};

/// A topic with these limits, and two subscriptions.
fn bench(limit_policy: LimitPolicy, max_messages: Option<u64>, max_bytes: Option<u64>) -> Bench {
    let mut bench = Bench::new();
    let settings = TopicSettings {
        partitions: 2,
        max_messages,
        max_bytes,
        limit_policy,
        ..TopicSettings::default()
    };
    bench.topic("t", settings);
    for subscription in ["s", "r"] {
        let settings = SubscriptionSettings {
            ack_deadline: Span::from_secs(30),
            ..SubscriptionSettings::default()
        };
        bench.subscription(subscription, "t", settings);
    }
    bench
}

fn publish(
    bench: &mut Bench,
    partition: u32,
    (count, size): (usize, usize),
) -> Result<(), Refusal> {
    let batches = vec![(Partition(partition), body(count, size, &[]))];
    let publication = Publication::to(TopicId(1), batches);
    let admitted = bench.core.admits(&publication, bench.now);
    let outcome = bench.core.publish(publication, bench.now);
    bench.drain();
    assert_eq!(outcome.as_ref().err(), admitted.as_ref().err());
    outcome.map(drop)
}

fn full(unit: &'static str, held: u64, limit: u64) -> Result<(), Refusal> {
    Err(Refusal::TopicFull {
        topic: name("t"),
        unit,
        held,
        limit,
    })
}

/// Takes all there is for a consumer.
fn take(bench: &mut Bench, subscription: &str, messages: u64) -> ConsumerId {
    let consumer = bench.attach(subscription, messages, 1 << 20);
    bench.dispatch();
    consumer
}

/// What `r` was granted last.
fn of_r(bench: &Bench) -> impl Iterator<Item = &GrantEffect> {
    let grants = bench.grants.iter();
    grants.filter(|grant| grant.subscription == SubscriptionId(2))
}

fn ack(bench: &mut Bench, consumer: ConsumerId, (first, last): (u64, u64)) {
    let acked = SequenceRange { first, last };
    assert_eq!(bench.core.stream_ack(consumer, &[acked], bench.now), []);
    bench.drain();
}

/// Backlog, and dropped as overflow, of `s` and `r`.
fn books(bench: &Bench) -> [(u64, u64); 2] {
    let mut books = [(0, 0); 2];
    for (index, id) in [1, 2].into_iter().enumerate() {
        let counts = bench
            .core
            .subscription_counts(SubscriptionId(id), bench.now);
        let counts = counts.unwrap();
        assert_eq!(counts.conservation_error, 0);
        assert_eq!(bench.core.recount_error(SubscriptionId(id)), Some(0));
        books[index] = (counts.counts.backlog(), counts.counts.dropped_sum());
    }
    books
}

#[test]
fn a_topic_refuses_what_is_beyond_its_messages_until_the_last_subscription_has_finished_some() {
    let mut bench = bench(LimitPolicy::Reject, Some(10), None);
    publish(&mut bench, 0, (6, 5)).unwrap();
    publish(&mut bench, 1, (4, 5)).unwrap();
    for from in [From::Everything, From::Floor, From::Checkpoint] {
        assert_eq!(publish(&mut bench, 1, (1, 5)), full("messages", 10, 10));
        bench.restart(from);
    }
    let ahead = take(&mut bench, "s", 10);
    ack(&mut bench, ahead, (1, 10));
    assert_eq!(publish(&mut bench, 0, (1, 5)), full("messages", 10, 10));
    let behind = take(&mut bench, "r", 10);
    assert_eq!(publish(&mut bench, 0, (1, 5)), full("messages", 10, 10));
    ack(&mut bench, behind, (1, 3));
    assert_eq!(publish(&mut bench, 0, (4, 5)), full("messages", 7, 10));
    publish(&mut bench, 0, (3, 5)).unwrap();
    assert_eq!(books(&bench), [(3, 0), (10, 0)]);
    let larger = Refusal::BatchTooLarge {
        size: 11,
        limit: 10,
        unit: "messages",
    };
    assert_eq!(publish(&mut bench, 0, (11, 5)), Err(larger));
}

#[test]
fn bytes_are_limited_too_and_neither_dead_nor_finished_messages_count() {
    let mut bench = bench(LimitPolicy::Reject, None, Some(100));
    publish(&mut bench, 0, (4, 20)).unwrap();
    publish(&mut bench, 1, (2, 10)).unwrap();
    assert_eq!(publish(&mut bench, 0, (1, 1)), full("bytes", 100, 100));
    let larger = Refusal::BatchTooLarge {
        size: 120,
        limit: 100,
        unit: "bytes",
    };
    assert_eq!(publish(&mut bench, 0, (6, 20)), Err(larger));
    let (one, other) = (take(&mut bench, "s", 100), take(&mut bench, "r", 100));
    // Not from the front: what is finished behind an open one counts no more.
    ack(&mut bench, one, (3, 6));
    ack(&mut bench, other, (3, 6));
    let nack = Nack {
        action: NackAction::Dead,
        reason: "poison".to_owned(),
        class: "poison".to_owned(),
    };
    let first = SequenceRange { first: 1, last: 1 };
    assert_eq!(bench.core.stream_nack(one, first, &nack, bench.now), []);
    assert_eq!(publish(&mut bench, 0, (8, 10)), full("bytes", 40, 100));
    assert_eq!(bench.core.stream_nack(other, first, &nack, bench.now), []);
    publish(&mut bench, 0, (8, 10)).unwrap();
    assert_eq!(publish(&mut bench, 0, (1, 1)), full("bytes", 100, 100));
}

#[test]
fn a_batch_sent_again_is_answered_by_a_full_topic_too() {
    let mut bench = bench(LimitPolicy::Reject, Some(2), None);
    for is_again in [false, true] {
        let batches = vec![(Partition(0), body(2, 5, &[]))];
        let mut publication = Publication::to(TopicId(1), batches);
        publication.producer = Some(ProducerSequence {
            producer: ProducerId([7; 16]),
            sequence: 1,
        });
        assert_eq!(bench.core.admits(&publication, bench.now), Ok(()));
        let receipt = bench.core.publish(publication, bench.now).unwrap();
        assert_eq!(receipt.is_duplicate, is_again);
    }
}

#[test]
fn the_oldest_are_dropped_of_the_subscriptions_that_are_behind_only() {
    let mut bench = bench(LimitPolicy::DropOldest, Some(10), None);
    // In turn on both partitions, so that the oldest are on both.
    for turn in 0..10 {
        publish(&mut bench, turn % 2, (1, 5)).unwrap();
        bench.advance(Span::from_millis(1));
    }
    let ahead = take(&mut bench, "s", 5);
    ack(&mut bench, ahead, (1, 5));
    publish(&mut bench, 0, (4, 5)).unwrap();
    assert_eq!(books(&bench), [(9, 0), (10, 4)]);
    take(&mut bench, "r", 100);
    let mut left: Vec<_> = Vec::new();
    for grant in of_r(&bench) {
        let runs = grant.runs.iter();
        left.extend(runs.map(|run| (grant.partition.0, run.range.start.0, run.range.end.0)));
    }
    left.sort_unstable();
    let first: Vec<_> = [0, 1]
        .iter()
        .map(|of| {
            left.iter()
                .find(|(partition, ..)| partition == of)
                .unwrap()
                .1
        })
        .collect();
    assert_eq!(first, [2, 2], "two of each partition went: {left:?}");
}

#[test]
fn leased_messages_are_never_dropped_and_go_once_their_lease_has_ended() {
    for from in [None, Some(From::Everything), Some(From::Floor)] {
        let mut bench = bench(LimitPolicy::DropOldest, Some(10), None);
        publish(&mut bench, 0, (10, 5)).unwrap();
        take(&mut bench, "s", 8);
        publish(&mut bench, 0, (15, 5)).unwrap();
        // Eight are leased and stay; two of the others fit.
        assert_eq!(books(&bench), [(10, 15), (10, 15)]);
        publish(&mut bench, 0, (1, 5)).unwrap();
        assert_eq!(books(&bench), [(10, 16), (10, 16)]);
        if let Some(from) = from {
            bench.restart(from);
        }
        bench.pass(Span::from_secs(31));
        publish(&mut bench, 0, (4, 5)).unwrap();
        assert_eq!(books(&bench), [(10, 20), (10, 20)]);
        take(&mut bench, "r", 100);
        let first = of_r(&bench).next().unwrap();
        assert_eq!(first.runs[0].range.start.0, 20, "the newest stay");
    }
}

#[test]
fn a_lower_limit_drops_at_once_and_a_large_batch_keeps_its_end() {
    let mut bench = bench(LimitPolicy::DropOldest, None, Some(1_000));
    publish(&mut bench, 0, (30, 100)).unwrap();
    assert_eq!(books(&bench), [(10, 20), (10, 20)]);
    let lower = Box::new(|now: &TopicSettings| {
        Ok(TopicSettings {
            max_messages: Some(4),
            ..*now
        })
    });
    bench
        .core
        .update_topic(&name("t"), None, lower, bench.now)
        .unwrap();
    bench.drain();
    assert_eq!(books(&bench), [(4, 26), (4, 26)]);
    take(&mut bench, "s", 100);
    assert_eq!(bench.grants[0].runs[0].range.start.0, 26);
}

fn stored(core: &Core) -> (u64, u64) {
    let counts = core.topic_counts(TopicId(1)).unwrap();
    (counts.stored, counts.stored_bytes)
}

#[test]
fn finished_messages_give_way_in_time_where_more_are_stored_than_the_limit() {
    let mut bench = bench(LimitPolicy::Reject, Some(10), Some(1_000));
    publish(&mut bench, 0, (10, 5)).unwrap();
    for subscription in ["s", "r"] {
        let consumer = take(&mut bench, subscription, 100);
        ack(&mut bench, consumer, (1, 10));
    }
    publish(&mut bench, 0, (6, 5)).unwrap();
    assert_eq!(stored(&bench.core), (16, 80));
    bench.pass(Span::from_secs(2));
    bench.drain();
    assert_eq!(
        stored(&bench.core).0,
        10,
        "six finished ones are kept for nobody"
    );
    bench.pass(Span::from_secs(2));
    assert_eq!(stored(&bench.core).0, 10);
}

#[test]
fn a_message_that_is_stored_already_takes_no_room() {
    for (max_messages, max_bytes) in [(Some(3), None), (None, Some(15))] {
        let mut bench = bench(LimitPolicy::Reject, max_messages, max_bytes);
        let mut is_taken = |ids: &[u128]| {
            let marks = ids.iter().map(|&dedup| Marks {
                dedup,
                ..Marks::default()
            });
            let batch = marked(5, &marks.collect::<Vec<_>>());
            let publication = Publication::to(TopicId(1), vec![(Partition(0), batch)]);
            let is_admitted = bench.core.admits(&publication, bench.now).is_ok();
            let outcome = bench.core.publish(publication, bench.now);
            bench.drain();
            assert_eq!(outcome.is_ok(), is_admitted);
            is_admitted
        };
        assert!(is_taken(&[7, 8, 0]));
        assert!(is_taken(&[8, 7]));
        assert!(!is_taken(&[8, 9]), "one of them is new");
        assert_eq!(books(&bench), [(3, 0); 2]);
    }
}
