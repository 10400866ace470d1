//! Producers that send batches again, and publishes to several topics at once.

use std::collections::BTreeMap;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::bench::{Bench, From, body, name};
use crate::core::limits::{
    MAX_PRODUCERS, PRODUCER_BATCHES, PRODUCER_LEAST_MEMORY, PRODUCER_MEMORY,
};
use crate::core::{Publication, Receipt};
use crate::model::entry::StoredRun;
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{
    Partition, Position, ProducerId, ProducerSequence, Refusal, Span, Time, TopicId,
};

const RING: u64 = PRODUCER_BATCHES as u64;
const STARTS: [From; 3] = [From::Everything, From::Floor, From::Checkpoint];

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.topic("t", TopicSettings::default());
    bench
}

fn producer(number: u64) -> ProducerId {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    ProducerId(id)
}

fn send(bench: &mut Bench, number: u64, sequence: u64) -> Result<Receipt, Refusal> {
    let mut publication = Publication::to(TopicId(1), vec![(Partition(0), body(2, 5, &[]))]);
    publication.producer = Some(ProducerSequence {
        producer: producer(number),
        sequence,
    });
    let receipt = bench.core.publish(publication, bench.now);
    bench.drain();
    receipt
}

fn published(bench: &Bench) -> u64 {
    bench.core.topic_counts(TopicId(1)).unwrap().published
}

#[test]
fn a_batch_sent_again_is_stored_once_and_gets_the_first_receipt_also_after_restarts() {
    let mut bench = bench();
    let first = send(&mut bench, 1, 1).unwrap();
    let second = send(&mut bench, 1, 2).unwrap();
    assert!(!first.is_duplicate && !second.is_duplicate);
    let again = send(&mut bench, 1, 1).unwrap();
    assert_eq!((&again.runs, again.position), (&first.runs, first.position));
    assert!(again.is_duplicate);
    for from in STARTS {
        for (sequence, before) in [(1, &first), (2, &second)] {
            let again = send(&mut bench, 1, sequence).unwrap();
            assert_eq!((&again.runs, again.is_duplicate), (&before.runs, true));
        }
        assert_eq!(published(&bench), 4);
        bench.restart(from);
    }
    // Another producer's batch of the same number is another batch.
    assert!(!send(&mut bench, 2, 1).unwrap().is_duplicate);
    assert_eq!(published(&bench), 6);
}

#[test]
fn below_the_ring_nobody_knows_and_above_it_what_was_never_stored_is_stored() {
    let mut bench = bench();
    for sequence in 1..=RING {
        // The odd ones only: the even ones are gaps.
        send(&mut bench, 1, 2 * sequence - 1).unwrap();
    }
    assert!(send(&mut bench, 1, 1).unwrap().is_duplicate);
    assert!(!send(&mut bench, 1, 2 * RING + 1).unwrap().is_duplicate);
    for _ in 0..2 {
        let stale = Refusal::SequenceStale {
            sequence: 1,
            passed: 1,
        };
        assert_eq!(send(&mut bench, 1, 1), Err(stale));
        assert!(send(&mut bench, 1, 3).unwrap().is_duplicate);
        bench.restart(From::Floor);
    }
    assert!(!send(&mut bench, 1, 2).unwrap().is_duplicate, "a gap");
    assert!(
        matches!(send(&mut bench, 1, 2), Err(Refusal::SequenceStale { .. })),
        "it was the oldest of too many and is not remembered"
    );
}

#[test]
fn a_producer_is_forgotten_seven_days_after_its_newest_batch() {
    let mut bench = bench();
    send(&mut bench, 1, 1).unwrap();
    bench.advance(Span(PRODUCER_MEMORY.0 - 1));
    assert!(send(&mut bench, 1, 1).unwrap().is_duplicate);
    bench.advance(Span(1));
    bench.core.forget_producers(bench.now);
    assert_eq!(bench.core.producers(), 0);
    assert!(!send(&mut bench, 1, 1).unwrap().is_duplicate);
    // It is forgotten at that time also where its memory was not freed, or came back with a restart.
    bench.advance(PRODUCER_MEMORY);
    bench.restart(From::Everything);
    assert_eq!(bench.core.producers(), 1);
    let third = send(&mut bench, 1, 1).unwrap();
    assert_eq!((third.is_duplicate, third.runs[0].base.0), (false, 4));
    bench.restart(From::Everything);
    let again = send(&mut bench, 1, 1).unwrap();
    assert_eq!((again.is_duplicate, again.runs), (true, third.runs));
}

#[test]
fn one_producer_too_many_takes_the_place_of_one_that_is_quiet_or_is_refused() {
    let mut bench = bench();
    for number in 0..MAX_PRODUCERS as u64 {
        send(&mut bench, number, 1).unwrap();
    }
    bench.advance(Span(PRODUCER_LEAST_MEMORY.0 - 1));
    let full = Refusal::ProducersFull {
        limit: MAX_PRODUCERS as u64,
    };
    assert_eq!(send(&mut bench, 99_999, 1), Err(full));
    assert!(send(&mut bench, 0, 1).unwrap().is_duplicate);
    assert!(!send(&mut bench, 0, 2).unwrap().is_duplicate);
    bench.advance(Span(1));
    for from in STARTS {
        let number = 100_000 + from as u64;
        assert!(!send(&mut bench, number, 1).unwrap().is_duplicate);
        assert_eq!(bench.core.producers(), MAX_PRODUCERS);
        bench.restart(from);
        assert_eq!(bench.core.producers(), MAX_PRODUCERS, "{from:?}");
        assert!(send(&mut bench, number, 1).unwrap().is_duplicate);
        assert!(send(&mut bench, 0, 2).unwrap().is_duplicate);
    }
    assert!(!send(&mut bench, 1, 1).unwrap().is_duplicate, "it gave way");
}

/// What a naive producer's memory would be: all that it ever stored since it was forgotten last.
#[derive(Default)]
struct Known {
    seen: Time,
    stored: BTreeMap<u64, Vec<StoredRun>>,
    passed: u64,
}

impl Known {
    fn store(&mut self, sequence: u64, runs: Vec<StoredRun>, now: Time) {
        self.seen = now;
        self.stored.insert(sequence, runs);
        while self.stored.len() > PRODUCER_BATCHES {
            let (oldest, _) = self.stored.pop_first().unwrap();
            self.passed = self.passed.max(oldest);
        }
    }
}

#[test]
fn random_resends_across_restarts_and_forgetting_store_each_batch_once() {
    let is_full = std::env::var("WEIR_TESTS").is_ok_and(|figures| figures == "full");
    let (seeds, steps) = if is_full { (2_000, 300) } else { (50, 300) };
    let first = std::env::var("WEIR_SEED").ok();
    let first: u64 = first.map_or(1, |seed| seed.parse().unwrap());
    for seed in first..first + seeds {
        println!("WEIR_SEED={seed}");
        random_resends(&mut SmallRng::seed_from_u64(seed), steps);
    }
}

fn random_resends(random: &mut SmallRng, steps: usize) {
    let mut bench = bench();
    let mut known: BTreeMap<u64, Known> = BTreeMap::new();
    let mut stored = 0;
    for _ in 0..steps {
        match random.random_range(0..100) {
            0..3 => bench.advance(Span(PRODUCER_MEMORY.0 / random.random_range(1..4))),
            3..10 => bench.advance(Span::from_secs(random.random_range(0..100_000))),
            10..20 => {
                let before = Position(random.random_range(0..=bench.core.next_position().0));
                bench.core.restate(before, 2_000);
                bench.drain();
            }
            20..26 => drop(bench.restart(STARTS[random.random_range(0..3)])),
            26..32 => bench.core.forget_producers(bench.now),
            _ => {
                let number = random.random_range(0..5);
                let model = known.entry(number).or_default();
                if model.seen.plus(PRODUCER_MEMORY) <= bench.now.wall {
                    *model = Known::default();
                }
                let newest = model.stored.keys().last().copied().unwrap_or(0);
                let sequence = match random.random_range(0..10) {
                    0..5 => newest + random.random_range(1..30),
                    5..9 => random.random_range(1..=newest.max(1)),
                    _ => random.random_range(1..=model.passed.max(1)),
                };
                let got = send(&mut bench, number, sequence);
                if sequence <= model.passed {
                    assert!(matches!(got, Err(Refusal::SequenceStale { .. })), "{got:?}");
                    continue;
                }
                let got = got.unwrap();
                if let Some(runs) = model.stored.get(&sequence) {
                    assert_eq!((&got.runs, got.is_duplicate), (runs, true));
                } else {
                    assert!(!got.is_duplicate, "{number} {sequence}");
                    model.store(sequence, got.runs, bench.now.wall);
                    stored += 2;
                }
            }
        }
        assert_eq!(published(&bench), stored);
    }
}

#[test]
fn a_publish_to_several_topics_is_one_commit_group_or_nothing() {
    let mut bench = bench();
    for topic in ["u", "v"] {
        bench.topic(topic, TopicSettings::default());
    }
    bench.subscription("s", "t", SubscriptionSettings::default());
    let batch = |count| vec![(Partition(0), body(count, 5, &[]))];
    let together = |parts: Vec<(u64, usize)>, requires_subscription| Publication {
        parts: parts
            .into_iter()
            .map(|(topic, count)| (TopicId(topic), batch(count)))
            .collect(),
        producer: Some(ProducerSequence {
            producer: producer(1),
            sequence: 1,
        }),
        requires_subscription,
    };
    let gone = bench
        .core
        .publish(together(vec![(1, 1), (2, 1), (9, 1)], false), bench.now);
    assert_eq!(gone, Err(Refusal::TopicGone { topic: TopicId(9) }));
    let unread = bench
        .core
        .publish(together(vec![(1, 1), (2, 1)], true), bench.now);
    assert_eq!(unread, Err(Refusal::NoSubscription { topic: name("u") }));
    assert!(bench.core.output().is_empty(), "a refusal changes nothing");
    let parts = vec![(1, 1), (2, 2), (3, 3)];
    let first = bench
        .core
        .publish(together(parts.clone(), false), bench.now);
    let first = first.unwrap();
    assert_eq!(bench.core.output().groups.len(), 1);
    assert_eq!(bench.core.output().groups[0].frames.len(), 4);
    bench.drain();
    bench.restart(From::Floor);
    let again = bench.core.publish(together(parts, false), bench.now);
    let again = again.unwrap();
    assert_eq!((&again.runs, again.is_duplicate), (&first.runs, true));
    for topic in 1..=3 {
        let counts = bench.core.topic_counts(TopicId(topic)).unwrap();
        assert_eq!(counts.published, topic);
        let runs: Vec<_> = again.runs_of(TopicId(topic)).collect();
        assert_eq!((runs.len(), u64::from(runs[0].count)), (1, topic));
    }
}

#[test]
fn messages_that_nobody_gets_are_counted() {
    let mut bench = bench();
    bench.publish("t", 0, body(3, 5, &[]));
    bench.subscription("s", "t", SubscriptionSettings::default());
    bench.publish("t", 0, body(4, 5, &[]));
    let counts = bench.core.topic_counts(TopicId(1)).unwrap();
    assert_eq!((counts.published, counts.unrouted), (7, 3));
    bench.restart(From::Everything);
    let counts = bench.core.topic_counts(TopicId(1)).unwrap();
    assert_eq!(counts.unrouted, 0, "it counts from the start of the broker");
}
