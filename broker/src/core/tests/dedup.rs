//! Messages that are sent again with the id they had.

use super::bench::{Bench, From, body, marked, name};
use crate::core::limits::{DEDUP_WINDOW, MAX_DEDUP_IDS};
use crate::core::{Publication, Receipt, SequenceRange};
use crate::model::entry::{Body, Marks};
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{Offset, Partition, Refusal, Span};

fn bench(retention: Span) -> Bench {
    let mut bench = Bench::new();
    let settings = TopicSettings {
        partitions: 2,
        retention,
        ..TopicSettings::default()
    };
    bench.topic("orders", settings);
    bench
}

/// Messages with these ids, 0 for none.
fn with_ids(ids: &[u128]) -> Body {
    let marks = ids.iter().map(|&dedup| Marks {
        dedup,
        ..Marks::default()
    });
    marked(5, &marks.collect::<Vec<_>>())
}

fn publish(bench: &mut Bench, batches: Vec<(u32, Body)>) -> Result<Receipt, Refusal> {
    let topic = bench.core.route(&name("orders")).unwrap().topic;
    let batches = batches
        .into_iter()
        .map(|(partition, body)| (Partition(partition), body));
    let stored = bench
        .core
        .publish(Publication::to(topic, batches.collect()), bench.now);
    bench.drain();
    stored
}

/// Where messages with these ids are once they are published to partition 0.
fn places(bench: &mut Bench, ids: &[u128]) -> Vec<(u32, u64, u32)> {
    let receipt = publish(bench, vec![(0, with_ids(ids))]).unwrap();
    places_of(&receipt)
}

fn places_of(receipt: &Receipt) -> Vec<(u32, u64, u32)> {
    let runs = receipt.runs.iter();
    runs.map(|run| (run.partition.0, run.base.0, run.count))
        .collect()
}

#[test]
fn a_message_sent_again_is_told_the_first_ones_place_and_not_stored() {
    let mut bench = bench(Span::ZERO);
    bench.subscription("billing", "orders", SubscriptionSettings::default());
    assert_eq!(places(&mut bench, &[7, 0, 8]), [(0, 0, 3)]);
    assert_eq!(
        places(&mut bench, &[9, 8, 0, 7, 9]),
        [(0, 3, 1), (0, 2, 1), (0, 4, 1), (0, 0, 1), (0, 3, 1)]
    );
    // In two partitions at once: the topic knows an id, not the partition.
    let batches = vec![(0, with_ids(&[10])), (1, with_ids(&[10, 8, 11, 0]))];
    let receipt = publish(&mut bench, batches).unwrap();
    assert_eq!(
        places_of(&receipt),
        [(0, 5, 1), (0, 5, 1), (0, 2, 1), (1, 0, 2)]
    );
    let id = bench.core.subscription(&name("billing")).unwrap().id;
    let counts = bench.core.subscription_counts(id, bench.now).unwrap();
    assert_eq!((counts.counts.entered, counts.conservation_error), (8, 0));
}

#[test]
fn when_nothing_is_new_nothing_is_written_and_the_answer_waits_for_what_was() {
    let mut bench = bench(Span::ZERO);
    places(&mut bench, &[7, 8]);
    let frames = bench.journal.len();
    let receipt = publish(&mut bench, vec![(1, with_ids(&[8, 7]))]).unwrap();
    assert_eq!(places_of(&receipt), [(0, 1, 1), (0, 0, 1)]);
    assert_eq!(bench.journal.len(), frames);
    assert_eq!(receipt.position, bench.core.last_position());
}

#[test]
fn an_id_is_known_for_its_window_and_no_longer_over_restarts_and_once_it_is_acknowledged() {
    for from in [From::Everything, From::Floor, From::Checkpoint] {
        let mut bench = bench(Span::ZERO);
        bench.subscription("billing", "orders", SubscriptionSettings::default());
        let consumer = bench.attach("billing", 100, 1 << 20);
        places(&mut bench, &[7]);
        bench.advance(Span::from_secs(1));
        places(&mut bench, &[8, 0]);
        bench.dispatch();
        let all = SequenceRange { first: 1, last: 3 };
        assert_eq!(bench.core.stream_ack(consumer, &[all], bench.now), []);
        for _ in 0..3 {
            bench.pass(Span::from_secs(2));
        }
        bench.restart(from);
        assert_eq!(places(&mut bench, &[7, 8]), [(0, 0, 2)], "{from:?}");
        bench.core.restate(bench.core.next_position(), 1 << 20);
        bench.drain();
        bench.restart(from);
        bench.advance(Span(DEDUP_WINDOW.0 - 7_000_001));
        assert_eq!(places(&mut bench, &[7]), [(0, 0, 1)]);
        bench.advance(Span(1));
        assert_eq!(places(&mut bench, &[7, 8]), [(0, 3, 1), (0, 1, 1)]);
        bench.pass(Span::from_secs(2));
        let low = bench.core.low(&name("orders"), Partition(0));
        assert_eq!(low, Offset(3), "what need not be known is not kept");
        bench.restart(from);
        assert_eq!(places(&mut bench, &[7, 8]), [(0, 3, 2)]);
    }
}

#[test]
fn beyond_the_bound_what_has_an_id_is_refused_until_some_are_forgotten() {
    let mut bench = bench(Span::ZERO);
    let ids: Vec<u128> = (1..=MAX_DEDUP_IDS as u128).collect();
    for part in ids.chunks(10_000) {
        publish(&mut bench, vec![(0, with_ids(part))]).unwrap();
    }
    bench.advance(Span::from_secs(60));
    let next = bench.core.next_position();
    let full = publish(&mut bench, vec![(0, with_ids(&[0, u128::MAX]))]);
    let retry = Span(DEDUP_WINDOW.0 - 60_000_000);
    assert_eq!(
        full,
        Err(Refusal::DedupFull {
            topic: name("orders"),
            limit: MAX_DEDUP_IDS as u64,
            retry,
        })
    );
    assert_eq!(bench.core.next_position(), next, "nothing of it is stored");
    let known = publish(&mut bench, vec![(0, with_ids(&[0, 5]))]).unwrap();
    assert_eq!(places_of(&known), [(0, MAX_DEDUP_IDS as u64, 1), (0, 4, 1)]);
    publish(&mut bench, vec![(1, body(3, 5, &[]))]).unwrap();
    bench.advance(retry);
    let fits = publish(&mut bench, vec![(0, with_ids(&[u128::MAX]))]).unwrap();
    assert_eq!(places_of(&fits), [(0, MAX_DEDUP_IDS as u64 + 1, 1)]);
}
