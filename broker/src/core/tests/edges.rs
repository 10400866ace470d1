//! Limits, large acts, single leases and what recovery finds of unknown topics: one promise a test.

use std::collections::BTreeSet;

use super::bench::{Bench, From, body, name, replay};
use crate::core::{
    AckId, Allowance, Attach, Departure, DryRun, Nack, NackAction, PeekTopic, Pull, Purge,
    PurgeScope, Recovery, Selection, SequenceRange, Source, State,
};
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{Client, Partition, Position, Refusal, Span, TopicId};

fn bench_with(settings: SubscriptionSettings) -> Bench {
    let mut bench = Bench::new();
    bench.topic("orders", TopicSettings::default());
    bench.subscription("billing", "orders", settings);
    bench
}

fn bench() -> Bench {
    bench_with(SubscriptionSettings::default())
}

fn counts(bench: &Bench) -> crate::core::Counts {
    let id = bench.core.subscription(&name("billing")).unwrap().id;
    let counts = bench.core.subscription_counts(id, bench.now).unwrap();
    assert_eq!(counts.conservation_error, 0);
    counts.counts
}

fn nack(action: NackAction) -> Nack {
    Nack {
        action,
        reason: "broken".to_owned(),
        class: "test".to_owned(),
    }
}

/// Leases up to `max` messages with a Pull; their ids.
fn pull(bench: &mut Bench, max: u64) -> Vec<AckId> {
    let pull = Pull {
        subscription: &name("billing"),
        name: "puller".to_owned(),
        peer: String::new(),
        max_messages: max,
        max_bytes: 1 << 20,
    };
    assert!(bench.core.pull(pull, bench.now).unwrap().is_granted);
    bench.drain();
    let mut ids = Vec::new();
    for grant in &bench.grants {
        for run in &grant.runs {
            ids.extend(run.range.offsets().map(|offset| AckId {
                subscription: grant.subscription,
                epoch: grant.epoch,
                incarnation: grant.incarnation,
                partition: grant.partition,
                offset,
                attempt: run.attempt,
                serial: run.serial,
            }));
        }
    }
    ids
}

const BACKLOG: Selection = Selection {
    all: true,
    message_ids: Vec::new(),
    older_than: None,
    keep_newest: None,
    error_class: None,
    fingerprints: BTreeSet::new(),
    key: None,
    filter: None,
    skips_requeued: false,
};

/// Every second of `count` messages is acknowledged, the others are ready: as many ranges as half of them.
fn with_holes(count: u64) -> Bench {
    let mut bench = bench();
    for _ in 0..count / 1_000 {
        bench.publish("orders", 0, body(1_000, 1, &[]));
    }
    let consumer = bench.attach("billing", count, 1 << 30);
    while counts(&bench).leased < count {
        bench.dispatch();
        assert_ne!(bench.grants.len(), 0, "nothing more is granted");
    }
    let odd = (1..=count).step_by(2);
    let odd: Vec<_> = odd
        .map(|at| SequenceRange {
            first: at,
            last: at,
        })
        .collect();
    assert_eq!(bench.core.stream_ack(consumer, &odd, bench.now), []);
    bench.core.detach(consumer, Departure::Clean, bench.now);
    bench.drain();
    assert_eq!(counts(&bench).ready, count / 2);
    bench
}

fn purge(bench: &mut Bench, dry_run: DryRun) -> Result<u64, Refusal> {
    let purge = Purge {
        subscription: &name("billing"),
        selection: &BACKLOG,
        scope: PurgeScope::Backlog,
    };
    let done = bench.core.purge(purge, dry_run, bench.now)?;
    Ok(done.affected)
}

#[test]
fn an_act_of_any_size_is_one_commit_group() {
    let mut bench = with_holes(50_000);
    assert_eq!(purge(&mut bench, DryRun::No), Ok(25_000));
    let groups = &bench.core.output().groups;
    assert_eq!(groups.len(), 1, "a crash finds all of it or nothing");
    let frames = groups[0].frames.iter();
    let dropped = frames.filter(|frame| frame.kind == 13).count();
    assert_eq!(dropped, 3, "10,000 ranges a frame");
    bench.drain();
    assert_eq!(counts(&bench).backlog(), 0);
    bench.restart(From::Everything);
    assert_eq!(counts(&bench).backlog(), 0);
}

#[test]
fn an_act_beyond_a_commit_group_is_refused_as_a_whole() {
    let mut bench = with_holes(2_000);
    bench.core.limit_groups(1_024);
    for dry_run in [DryRun::Yes, DryRun::No] {
        let refused = purge(&mut bench, dry_run);
        assert!(
            matches!(
                &refused,
                Err(Refusal::ValueOutOfRange {
                    field: "selection",
                    ..
                })
            ),
            "{refused:?}"
        );
    }
    assert!(bench.core.output().is_empty());
    assert_eq!(counts(&bench).ready, 1_000);
    bench.core.limit_groups(8 << 10);
    assert_eq!(purge(&mut bench, DryRun::No), Ok(1_000));
    let frames = &bench.core.output().groups[0].frames;
    let size: usize = frames.iter().map(crate::core::OutFrame::stored_size).sum();
    assert!(size <= 8 << 10, "{size} bytes");
}

#[test]
fn one_consumer_more_than_the_limit_is_refused() {
    let mut bench = bench();
    for _ in 0..10_000 {
        bench.attach("billing", 1, 1);
    }
    let attach = Attach {
        subscription: &name("billing"),
        name: String::new(),
        peer: String::new(),
        client: Client::default(),
        allowance: Allowance {
            messages: 1,
            bytes: 1,
        },
    };
    let refused = bench.core.attach(attach, bench.now).map(drop);
    let reached = Refusal::LimitReached {
        what: "consumers",
        limit: 10_000,
    };
    assert_eq!(refused, Err(reached));
    let one = *bench.core.consumers.keys().next().unwrap();
    bench.core.detach(one, Departure::Clean, bench.now);
    bench.attach("billing", 1, 1);
}

#[test]
fn one_topic_more_than_the_limit_is_refused() {
    let mut bench = Bench::new();
    for number in 0..100_000 {
        bench.topic(&format!("t{number}"), TopicSettings::default());
    }
    let settings = TopicSettings::default();
    let refused = bench.core.create_topic(name("more"), settings, bench.now);
    let reached = Refusal::LimitReached {
        what: "topics",
        limit: 100_000,
    };
    assert_eq!(refused, Err(reached));
    bench
        .core
        .delete_topic(&name("t7"), false, bench.now)
        .unwrap();
    bench.topic("more", TopicSettings::default());
}

#[test]
fn messages_of_an_unknown_topic_are_kept_and_reported_not_released() {
    let mut bench = bench();
    bench.publish("orders", 0, body(3, 5, &[]));
    let (&at, frame) = bench.journal.last_key_value().unwrap();
    let mut recovery = Recovery::new();
    replay(&mut recovery, Source::Data, at, frame);
    let (mut core, report) = recovery.finish(at, bench.now).unwrap();
    assert_eq!(report.orphans, [TopicId(1)]);
    assert_eq!(report.notes.len(), 1, "{:?}", report.notes);
    assert_eq!(core.live_positions(Position(1)..=at), [at]);
    let output = core.take_output();
    assert_eq!(
        output.keep.iter().map(|kept| kept.0).collect::<Vec<_>>(),
        [at]
    );
    assert_eq!(output.release, []);
}

#[test]
fn messages_of_a_deleted_topic_are_known_by_its_tombstone_and_let_go() {
    let mut bench = bench();
    bench.publish("orders", 0, body(3, 5, &[]));
    let at = bench.core.last_position();
    bench
        .core
        .delete_topic(&name("orders"), true, bench.now)
        .unwrap();
    bench.drain();
    assert_eq!(bench.kept.len(), 0);
    assert!(bench.core.restate(bench.core.next_position(), 1 << 20));
    bench.drain();
    // Its segment is still there, so the batch is found before the statement that tells of the deletion.
    let mut recovery = Recovery::new();
    replay(&mut recovery, Source::Data, at, &bench.journal[&at]);
    for (&position, frame) in bench.journal.range(bench.core.state_floor()..) {
        replay(&mut recovery, Source::Log, position, frame);
    }
    let last = bench.core.last_position();
    let (mut core, report) = recovery.finish(last, bench.now).unwrap();
    assert_eq!(report.orphans, []);
    assert_eq!(core.live_positions(Position(1)..=last), []);
    assert_eq!(core.take_output().keep, []);
}

#[test]
fn a_dead_message_is_dropped_when_its_retention_has_passed() {
    let mut bench = bench_with(SubscriptionSettings {
        dead_retention: Span::from_secs(60),
        ..SubscriptionSettings::default()
    });
    bench.publish("orders", 0, body(2, 5, &[]));
    let ids = pull(&mut bench, 2);
    let changes = [(ids[0], nack(NackAction::Dead))];
    assert_eq!(bench.core.nack(&changes, bench.now), [Ok(())]);
    assert_eq!(bench.core.acknowledge(&ids[1..], bench.now), [Ok(())]);
    bench.drain();
    bench.pass(Span::from_secs(59));
    assert_eq!(counts(&bench).dead, 1);
    bench.restart(From::Floor);
    bench.pass(Span::from_secs(2));
    let after = counts(&bench);
    assert_eq!(
        (after.dead, after.acked, after.dropped.iter().sum()),
        (0, 1, 1)
    );
    bench.restart(From::Everything);
    assert_eq!(counts(&bench), after);
}

#[test]
fn a_nack_by_id_retries_releases_or_kills_and_a_second_one_is_stale() {
    let mut bench = bench();
    bench.publish("orders", 0, body(3, 5, &[]));
    let ids = pull(&mut bench, 3);
    let changes = [
        (ids[0], nack(NackAction::Dead)),
        (ids[1], nack(NackAction::Release)),
        (ids[2], nack(NackAction::Retry(None))),
        (ids[2], nack(NackAction::Dead)),
    ];
    let results = bench.core.nack(&changes, bench.now);
    assert_eq!(results, [Ok(()), Ok(()), Ok(()), Err(Refusal::LeaseStale)]);
    let frames = bench
        .core
        .output()
        .groups
        .iter()
        .flat_map(|group| &group.frames);
    assert!(frames.last().unwrap().eager, "its answer waits for it");
    bench.drain();
    let after = counts(&bench);
    assert_eq!((after.dead, after.ready, after.waiting), (1, 1, 1));
    let again = bench.core.nack(&changes[..1], bench.now);
    assert_eq!(again, [Err(Refusal::LeaseStale)]);
    assert!(bench.core.output().is_empty());
}

#[test]
fn an_extended_lease_lasts_from_now_and_one_of_an_earlier_start_is_stale() {
    let mut bench = bench();
    bench.publish("orders", 0, body(2, 5, &[]));
    let ids = pull(&mut bench, 2);
    bench.pass(Span::from_secs(20));
    let extended = bench
        .core
        .extend(&[(ids[0], Span::from_secs(25))], bench.now);
    assert_eq!(extended, [Ok(())]);
    bench.pass(Span::from_secs(11));
    let after = counts(&bench);
    assert_eq!(
        (after.leased, after.waiting),
        (1, 1),
        "the other one expired"
    );
    bench.pass(Span::from_secs(15));
    assert_eq!(counts(&bench).leased, 0);
    let late = bench
        .core
        .extend(&[(ids[0], Span::from_secs(25))], bench.now);
    assert_eq!(late, [Err(Refusal::LeaseStale)]);
    let ids = pull(&mut bench, 1);
    bench.restart(From::Floor);
    let old = bench
        .core
        .extend(&[(ids[0], Span::from_secs(25))], bench.now);
    assert_eq!(old, [Err(Refusal::LeaseStale)]);
}

#[test]
fn a_topic_is_peeked_from_the_newest_on_page_by_page_with_each_state() {
    let mut bench = Bench::new();
    let settings = TopicSettings {
        partitions: 2,
        ..TopicSettings::default()
    };
    bench.topic("orders", settings);
    bench.subscription("billing", "orders", SubscriptionSettings::default());
    bench.subscription("audit", "orders", SubscriptionSettings::default());
    for partition in [0, 1, 0] {
        bench.publish("orders", partition, body(2, 5, &[]));
        bench.advance(Span::from_secs(1));
    }
    let ids = pull(&mut bench, 6);
    assert_eq!(bench.core.acknowledge(&ids, bench.now).len(), 6);
    bench.drain();
    let (topic, mut before, mut seen) = (name("orders"), None, Vec::new());
    loop {
        let limit = 4;
        let peek = PeekTopic {
            topic: &topic,
            before,
            limit,
        };
        let page = bench.core.peek_topic(&peek, bench.now).unwrap();
        assert!(page.messages.len() <= limit);
        for message in &page.messages {
            let states = message.states.iter();
            let states: Vec<_> = states.map(|view| view.state).collect();
            assert!(
                matches!(states[..], [State::Finished, State::Ready]),
                "{states:?}"
            );
            seen.push((message.id.partition, message.id.offset.0));
        }
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    let expected = [(0, 3), (0, 2), (1, 1), (1, 0), (0, 1), (0, 0)];
    assert_eq!(
        seen,
        expected.map(|(partition, offset)| (Partition(partition), offset))
    );
}
