//! Relaxed topics: what is told of a publish, and offsets that are skipped.

use super::bench::{Bench, From, body, name};
use crate::core::limits::JUMP;
use crate::core::{
    NewSubscription, PeekTopic, Publication, Receipt, SequenceRange, Start, SubscriptionCounts,
};
use crate::model::settings::{Durability, SubscriptionSettings, TopicSettings};
use crate::model::{MessageId, Offset, Partition, Refusal, Span, SubscriptionId, TopicId};

const STARTS: [From; 3] = [From::Everything, From::Floor, From::Checkpoint];

fn bench() -> Bench {
    let mut bench = Bench::new();
    let relaxed = TopicSettings {
        durability: Durability::Relaxed,
        ..TopicSettings::default()
    };
    bench.topic("t", relaxed);
    bench.topic("durable", TopicSettings::default());
    bench.subscription("s", "t", SubscriptionSettings::default());
    bench
}

/// Publishes to topics by id; also whether the journal is to sync at once.
fn publish(bench: &mut Bench, topics: &[u64], count: usize) -> (Receipt, bool) {
    let parts = topics.iter();
    let parts = parts.map(|&id| (TopicId(id), vec![(Partition(0), body(count, 5, &[]))]));
    let publication = Publication {
        parts: parts.collect(),
        producer: None,
        requires_subscription: false,
    };
    let receipt = bench.core.publish(publication, bench.now).unwrap();
    let groups = &bench.core.output().groups;
    let is_eager = groups
        .iter()
        .any(|group| group.frames.iter().any(|frame| frame.eager));
    bench.drain();
    (receipt, is_eager)
}

fn counts(bench: &Bench, id: u64) -> SubscriptionCounts {
    let counts = bench
        .core
        .subscription_counts(SubscriptionId(id), bench.now);
    let counts = counts.unwrap();
    assert_eq!(counts.conservation_error, 0);
    assert_eq!(bench.core.recount_error(SubscriptionId(id)), Some(0));
    counts
}

fn jump(bench: &mut Bench) {
    assert_eq!(bench.core.jump(bench.now), [name("t")]);
    bench.drain();
}

fn change(bench: &mut Bench, durability: Durability) {
    let change = Box::new(move |now: &TopicSettings| Ok(TopicSettings { durability, ..*now }));
    let (core, now) = (&mut bench.core, bench.now);
    core.update_topic(&name("t"), None, change, now).unwrap();
    bench.drain();
}

#[test]
fn only_what_is_for_relaxed_topics_alone_may_be_told_before_it_is_durable() {
    let mut bench = bench();
    let (relaxed, is_eager) = publish(&mut bench, &[1], 3);
    assert!(relaxed.relaxed_since.is_some() && !is_eager);
    for topics in [&[2][..], &[1, 2], &[2, 1]] {
        let (durable, is_eager) = publish(&mut bench, topics, 1);
        assert!(durable.relaxed_since.is_none() && is_eager, "{topics:?}");
    }
    change(&mut bench, Durability::Durable);
    let (durable, is_eager) = publish(&mut bench, &[1], 1);
    assert!(durable.relaxed_since.is_none() && is_eager);
    // The act goes on record before what it does.
    let changed = bench.core.next_position().next();
    change(&mut bench, Durability::Relaxed);
    let (relaxed, _) = publish(&mut bench, &[1], 1);
    assert_eq!(
        relaxed.relaxed_since,
        Some(changed),
        "not before that is durable"
    );
    bench.restart(From::Floor);
    let (relaxed, _) = publish(&mut bench, &[1], 1);
    assert!(
        relaxed
            .relaxed_since
            .is_some_and(|since| since < changed.next())
    );
}

#[test]
fn skipped_offsets_are_no_messages_to_anybody() {
    let mut bench = bench();
    publish(&mut bench, &[1], 3);
    let before = counts(&bench, 1).counts;
    jump(&mut bench);
    assert_eq!(counts(&bench, 1).counts, before);
    assert_eq!(counts(&bench, 1).meters.published, 3);
    // Nothing was published since: the two are one.
    jump(&mut bench);
    let (receipt, _) = publish(&mut bench, &[1], 2);
    assert_eq!(receipt.runs[0].base, Offset(3 + 2 * JUMP));
    for from in STARTS {
        let topic = bench.core.topic_counts(TopicId(1)).unwrap();
        assert_eq!((topic.published, topic.stored), (5, 5));
        assert_eq!(counts(&bench, 1).counts.entered, 5);
        let peek = PeekTopic {
            topic: &name("t"),
            before: None,
            limit: 100,
        };
        let seen = bench.core.peek_topic(&peek, bench.now).unwrap().messages;
        let seen: Vec<u64> = seen.iter().map(|message| message.id.offset.0).collect();
        assert_eq!(seen, [4 + 2 * JUMP, 3 + 2 * JUMP, 2, 1, 0]);
        let id = MessageId {
            topic: TopicId(1),
            partition: Partition(0),
            offset: Offset(JUMP),
        };
        let found = bench.core.message(id, bench.now);
        assert!(matches!(found, Err(Refusal::MessageNotFound { .. })));
        bench.restart(from);
    }
    let consumer = bench.attach("s", 100, 1 << 20);
    bench.dispatch();
    let runs = bench.grants.iter().flat_map(|grant| &grant.runs);
    let granted: u64 = runs.map(|run| run.range.count()).sum();
    assert_eq!(granted, 5);
    let all = SequenceRange { first: 1, last: 5 };
    assert_eq!(bench.core.stream_ack(consumer, &[all], bench.now), []);
    bench.drain();
    let counts = counts(&bench, 1).counts;
    assert_eq!((counts.acked, counts.backlog()), (5, 0));
    assert_eq!(counts.dropped_sum(), 0);
}

#[test]
fn a_subscription_that_starts_before_a_jump_gets_the_messages_on_both_sides() {
    let mut bench = bench();
    publish(&mut bench, &[1], 3);
    jump(&mut bench);
    publish(&mut bench, &[1], 2);
    let new = NewSubscription {
        name: name("late"),
        topic: &name("t"),
        settings: SubscriptionSettings::default(),
        start: Start::Earliest,
    };
    bench.core.create_subscription(new, bench.now).unwrap();
    bench.drain();
    for from in STARTS {
        let late = counts(&bench, 2).counts;
        assert_eq!((late.entered, late.ready, late.dropped_sum()), (5, 5, 0));
        bench.restart(from);
    }
    bench.attach("late", 100, 1 << 20);
    bench.dispatch();
    let runs = bench.grants.iter().flat_map(|grant| &grant.runs);
    let granted: u64 = runs.map(|run| run.range.count()).sum();
    assert_eq!(granted, 5);
}

#[test]
fn a_crash_between_a_jump_and_what_follows_from_it_is_made_good_by_the_next_start() {
    let mut bench = bench();
    publish(&mut bench, &[1], 3);
    bench.core.jump(bench.now);
    // The groups after the jump itself are lost.
    let groups = bench.core.output().groups.len();
    assert_eq!(groups, 2);
    bench.drain();
    let last = bench.journal.last_key_value().map(|(&at, _)| at).unwrap();
    bench.journal.remove(&last);
    bench.restart_after_loss();
    assert_eq!(counts(&bench, 1).counts.ready, 3);
    assert_eq!(counts(&bench, 1).counts.dropped_sum(), 0);
}

#[test]
fn what_is_skipped_is_forgotten_by_nobody_when_the_messages_before_it_are_trimmed() {
    let mut bench = bench();
    publish(&mut bench, &[1], 3);
    jump(&mut bench);
    let consumer = bench.attach("s", 100, 1 << 20);
    bench.dispatch();
    let all = SequenceRange { first: 1, last: 3 };
    assert_eq!(bench.core.stream_ack(consumer, &[all], bench.now), []);
    bench.pass(Span::from_secs(25 * 3_600));
    publish(&mut bench, &[1], 1);
    bench.pass(Span::from_secs(1));
    for from in STARTS {
        bench.restart(from);
        let topic = bench.core.topic_counts(TopicId(1)).unwrap();
        assert_eq!((topic.published, topic.stored), (4, 1));
        let counts = counts(&bench, 1).counts;
        assert_eq!((counts.entered, counts.acked), (4, 3));
    }
}
