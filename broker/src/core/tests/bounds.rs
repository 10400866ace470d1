//! What one step may cost: bounded looks, bounded ticks, bounded memory of what is gone, and the largest things that
//! are taken.

use super::bench::{Bench, From, body, name, replay};
use crate::core::limits::{
    MAX_EXPIRIES, MAX_PEEK_SCAN, MAX_PULL_MESSAGES, MAX_SELECTED_IDS, MAX_TOMBSTONES,
    MAX_TRIMMED_TOPICS,
};
use crate::core::{
    DryRun, NewSubscription, PeekPlace, PeekSubscription, Pull, Recovery, Selection, SequenceRange,
    Source, Start, State,
};
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{MessageId, Offset, Partition, Refusal, Span, TopicId};

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.topic("orders", TopicSettings::default());
    bench.subscription("billing", "orders", SubscriptionSettings::default());
    bench
}

fn publish(bench: &mut Bench, count: u64) {
    for _ in 0..count / 1_000 {
        bench.publish("orders", 0, body(1_000, 1, &[]));
    }
}

fn counts(bench: &Bench) -> crate::core::Counts {
    let id = bench.core.subscription(&name("billing")).unwrap().id;
    let counts = bench.core.subscription_counts(id, bench.now).unwrap();
    assert_eq!(counts.conservation_error, 0);
    counts.counts
}

/// A topic that keeps nothing that nobody needs.
fn brief() -> TopicSettings {
    TopicSettings {
        retention: Span::ZERO,
        ..TopicSettings::default()
    }
}

#[test]
fn one_subscription_more_than_the_limit_is_refused_until_one_goes() {
    let mut bench = Bench::new();
    bench.topic("orders", TopicSettings::default());
    let settings = SubscriptionSettings::default;
    for number in 0..100_000 {
        bench.subscription(&format!("s{number}"), "orders", settings());
    }
    let new = |topic| NewSubscription {
        name: name("more"),
        topic,
        settings: settings(),
        start: Start::Latest,
    };
    let orders = name("orders");
    let refused = bench.core.create_subscription(new(&orders), bench.now);
    let reached = Refusal::LimitReached {
        what: "subscriptions",
        limit: 100_000,
    };
    assert_eq!(refused, Err(reached));
    assert!(bench.core.output().is_empty());
    let gone = bench.core.delete_subscription(&name("s7"), bench.now);
    assert_eq!(gone.map(|deleted| deleted.subscriptions), Ok(1));
    bench.subscription("more", "orders", settings());
}

#[test]
fn a_topic_of_the_most_partitions_works_and_of_one_more_is_refused() {
    let mut bench = Bench::new();
    let with = |partitions| TopicSettings {
        partitions,
        ..TopicSettings::default()
    };
    for partitions in [0, 257] {
        let refused = bench
            .core
            .create_topic(name("orders"), with(partitions), bench.now);
        assert!(
            matches!(&refused, Err(Refusal::ValueOutOfRange { field, .. }) if *field == "topic.partition_count"),
            "{refused:?}"
        );
    }
    assert!(bench.core.output().is_empty());
    bench.topic("orders", with(256));
    bench.subscription("billing", "orders", SubscriptionSettings::default());
    for partition in [0, 255] {
        bench.publish("orders", partition, body(2, 5, &[]));
    }
    bench.attach("billing", 10, 1 << 20);
    bench.dispatch();
    let granted: Vec<u32> = bench.grants.iter().map(|grant| grant.partition.0).collect();
    assert_eq!(granted, [0, 255]);
    bench.restart(From::Floor);
    assert_eq!(counts(&bench).leased, 4);
}

#[test]
fn the_largest_pull_and_selection_are_taken_and_larger_ones_refused() {
    let mut bench = bench();
    publish(&mut bench, MAX_PULL_MESSAGES + 1_000);
    let billing = name("billing");
    let pull = |max_messages| Pull {
        subscription: &billing,
        name: String::new(),
        peer: String::new(),
        max_messages,
        max_bytes: 1 << 20,
    };
    let refused = bench.core.pull(pull(MAX_PULL_MESSAGES + 1), bench.now);
    assert!(matches!(refused, Err(Refusal::ValueOutOfRange { .. })));
    assert!(bench.core.output().is_empty());
    let pulled = bench.core.pull(pull(MAX_PULL_MESSAGES), bench.now);
    assert!(pulled.unwrap().is_granted);
    bench.drain();
    assert_eq!(counts(&bench).leased, MAX_PULL_MESSAGES);
    let ids = |count: usize| Selection {
        message_ids: (0..count as u64)
            .map(|offset| MessageId {
                topic: TopicId(1),
                partition: Partition(0),
                offset: Offset(offset),
            })
            .collect(),
        ..Selection::default()
    };
    let mut requeue = |count| {
        let selection = ids(count);
        bench
            .core
            .requeue(&billing, &selection, DryRun::Yes, bench.now)
    };
    let done = requeue(MAX_SELECTED_IDS).map(|summary| summary.affected);
    assert_eq!(done, Ok(0), "none of them is dead");
    let refused = requeue(MAX_SELECTED_IDS + 1);
    assert!(
        matches!(&refused, Err(Refusal::ValueOutOfRange { field, .. }) if *field == "selection.message_ids"),
        "{refused:?}"
    );
}

#[test]
fn a_look_for_what_is_rare_stops_at_its_bound_and_goes_on_from_there() {
    let mut bench = bench();
    publish(&mut bench, 2 * MAX_PEEK_SCAN + 10_000);
    let billing = name("billing");
    let pull = Pull {
        subscription: &billing,
        name: String::new(),
        peer: String::new(),
        max_messages: 1,
        max_bytes: 1 << 20,
    };
    assert!(bench.core.pull(pull, bench.now).unwrap().is_granted);
    bench.drain();
    let mut after = None;
    let mut pages = Vec::new();
    loop {
        let peek = PeekSubscription {
            subscription: &billing,
            states: &[State::Leased],
            fingerprint: None,
            after,
            limit: 10,
        };
        let page = bench.core.peek_subscription(&peek, bench.now).unwrap();
        let offsets = page.messages.iter().map(|message| message.id.offset.0);
        let ends_at = page.next.map(|place: PeekPlace| place.offset.0);
        pages.push((offsets.collect::<Vec<_>>(), ends_at));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let expected = [
        (vec![0], Some(MAX_PEEK_SCAN - 1)),
        (vec![], Some(2 * MAX_PEEK_SCAN - 1)),
        (vec![], None),
    ];
    assert_eq!(pages, expected);
}

#[test]
fn leases_that_end_together_are_ended_so_many_a_tick_and_the_rest_at_once_again() {
    let mut bench = bench();
    let most = MAX_EXPIRIES as u64;
    // Every second one is acknowledged: as many leases as the others.
    let leases = 2 * most + most / 2;
    publish(&mut bench, 2 * leases);
    let consumer = bench.attach("billing", 2 * leases, 1 << 30);
    while counts(&bench).leased < 2 * leases {
        bench.dispatch();
        assert_ne!(bench.grants.len(), 0, "nothing more is granted");
    }
    let odd = (1..=2 * leases).step_by(2);
    let odd: Vec<_> = odd
        .map(|at| SequenceRange {
            first: at,
            last: at,
        })
        .collect();
    assert_eq!(bench.core.stream_ack(consumer, &odd, bench.now), []);
    bench.drain();
    bench.advance(Span::from_secs(30));
    for left in [leases - most, leases - 2 * most, 0] {
        let due = bench.core.next_deadline(bench.now).unwrap();
        assert!(due <= bench.now.mono, "a tick has something to do");
        bench.core.tick(bench.now);
        bench.drain();
        let now = counts(&bench);
        assert_eq!((now.leased, now.waiting), (left, leases - left));
    }
    assert!(bench.core.next_deadline(bench.now).unwrap() > bench.now.mono);
}

#[test]
fn one_tick_trims_so_many_topics_and_the_others_have_their_turn() {
    let mut bench = Bench::new();
    let count = 2 * MAX_TRIMMED_TOPICS + MAX_TRIMMED_TOPICS / 2;
    for number in 0..count {
        let topic = format!("t{number}");
        bench.topic(&topic, brief());
        // Nobody reads it: nothing of it is needed.
        bench.publish(&topic, 0, body(1, 5, &[]));
    }
    assert_eq!(bench.kept.len(), count);
    for left in [count - MAX_TRIMMED_TOPICS, MAX_TRIMMED_TOPICS / 2, 0] {
        bench.pass(Span::from_secs(1));
        assert_eq!(bench.kept.len(), left);
    }
    bench.restart(From::Floor);
    assert_eq!(bench.kept.len(), 0);
}

#[test]
fn so_many_deleted_topics_are_remembered_and_what_is_left_of_an_older_one_is_kept_and_told() {
    let mut bench = Bench::new();
    let mut batches = Vec::new();
    for number in 0..=MAX_TOMBSTONES {
        let topic = format!("t{number}");
        bench.topic(&topic, TopicSettings::default());
        if number < 2 {
            bench.publish(&topic, 0, body(1, 5, &[]));
            batches.push(bench.core.last_position());
        }
        let deleted = bench.core.delete_topic(&name(&topic), false, bench.now);
        assert!(deleted.is_ok());
        bench.drain();
    }
    let tombstones = &bench.core.objects.broker.tombstones;
    assert_eq!(tombstones.len(), MAX_TOMBSTONES);
    assert_eq!(tombstones[0].0, TopicId(2), "the oldest one is forgotten");
    while bench.core.restate(bench.core.next_position(), 8 << 20) {
        bench.drain();
        if bench.core.state_floor() > batches[1] {
            break;
        }
    }
    bench.drain();
    let mut recovery = Recovery::new();
    for at in &batches {
        replay(&mut recovery, Source::Data, *at, &bench.journal[at]);
    }
    for (&position, frame) in bench.journal.range(bench.core.state_floor()..) {
        replay(&mut recovery, Source::Log, position, frame);
    }
    let last = bench.core.last_position();
    let (core, report) = recovery.finish(last, bench.now).unwrap();
    assert_eq!(report.orphans, [TopicId(1)]);
    assert_eq!(core.live_positions(batches[0]..=last), batches[..1]);
}
