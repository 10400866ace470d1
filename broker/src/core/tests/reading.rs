//! Reading with no subscription: what comes next, what waits for the disk, and what is told of what is gone.

use super::bench::{Bench, body, name};
use crate::core::{
    BelowLow, NewRead, ReadBegun, ReadLimits, ReadPart, ReadPlan, ReadStart, ReadStep,
    SequenceRange,
};
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{Offset, Partition, Position, Refusal, Span};

const ALL: Position = Position(u64::MAX);

fn bench(partitions: u32) -> Bench {
    let mut bench = Bench::new();
    let settings = TopicSettings {
        partitions,
        retention: Span::ZERO,
        ..TopicSettings::default()
    };
    bench.topic("orders", settings);
    bench
}

fn begin(
    bench: &Bench,
    start: ReadStart,
    offsets: &[(u32, u64)],
    below: BelowLow,
) -> Result<ReadBegun, Refusal> {
    let offsets = offsets.iter();
    let offsets: Vec<_> = offsets
        .map(|&(partition, offset)| (Partition(partition), Offset(offset)))
        .collect();
    bench.core.begin_read(&NewRead {
        topic: &name("orders"),
        partition: None,
        start,
        offsets: &offsets,
        below,
    })
}

fn look(bench: &Bench, parts: &[ReadPart], durable: Position, runs: usize) -> ReadPlan {
    let topic = bench.core.topic(&name("orders")).unwrap().id;
    let limits = ReadLimits {
        durable,
        runs,
        bytes: 1 << 20,
    };
    bench.core.read(topic, parts, limits).unwrap()
}

/// The steps as partition, offsets and whether there are messages.
fn steps(plan: &ReadPlan) -> Vec<(u32, u64, u64, bool)> {
    let step = |step: &ReadStep| match step {
        ReadStep::Run(partition, run) => (partition.0, run.range.start.0, run.range.end.0, true),
        ReadStep::Gone(partition, range) => (partition.0, range.start.0, range.end.0, false),
    };
    plan.steps.iter().map(step).collect()
}

fn follow(next: u64) -> ReadPart {
    ReadPart {
        partition: Partition(0),
        next: Offset(next),
        end: None,
    }
}

#[test]
fn a_read_shows_nothing_that_is_not_durable_and_says_what_it_waits_for() {
    let mut bench = bench(1);
    bench.publish("orders", 0, body(3, 5, &[]));
    let first = bench.core.last_position();
    bench.publish("orders", 0, body(2, 5, &[]));
    let second = bench.core.last_position();
    let before = look(&bench, &[follow(0)], Position(first.0 - 1), 10);
    assert_eq!((steps(&before), before.waits_for), (vec![], Some(first)));
    let half = look(&bench, &[follow(0)], first, 10);
    assert_eq!(steps(&half), [(0, 0, 3, true)]);
    assert_eq!(half.waits_for, Some(second));
    let whole = look(&bench, &[follow(1)], second, 10);
    assert_eq!(steps(&whole), [(0, 1, 3, true), (0, 3, 5, true)]);
    assert_eq!(whole.waits_for, None);
    let ended = ReadPart {
        end: Some(Offset(4)),
        ..follow(3)
    };
    assert_eq!(
        steps(&look(&bench, &[ended], ALL, 10)),
        [(0, 3, 4, true)],
        "what came after the end is not shown"
    );
}

#[test]
fn what_was_trimmed_is_refused_at_the_start_and_told_later() {
    let mut bench = bench(1);
    bench.subscription("billing", "orders", SubscriptionSettings::default());
    let consumer = bench.attach("billing", 100, 1 << 20);
    bench.publish("orders", 0, body(5, 5, &[]));
    bench.dispatch();
    let three = SequenceRange { first: 1, last: 3 };
    bench.core.stream_ack(consumer, &[three], bench.now);
    bench.pass(Span::from_secs(2));
    let earliest = begin(&bench, ReadStart::Earliest, &[], BelowLow::Refuse).unwrap();
    assert_eq!(earliest.parts[0].next, Offset(3), "retention has trimmed");
    assert_eq!(earliest.parts[0].end, Some(Offset(5)));
    let refused = begin(&bench, ReadStart::Latest, &[(0, 1)], BelowLow::Refuse);
    let expected = Refusal::OffsetBelowLowWatermark {
        partition: Partition(0),
        offset: Offset(1),
        low: Offset(3),
    };
    assert_eq!(refused, Err(expected));
    let told = begin(&bench, ReadStart::Latest, &[(0, 1)], BelowLow::Tell).unwrap();
    let plan = look(&bench, &told.parts, ALL, 10);
    assert_eq!(steps(&plan), [(0, 1, 3, false), (0, 3, 5, true)]);
    let last = ReadPart {
        end: Some(Offset(2)),
        ..follow(0)
    };
    let plan = look(&bench, &[last], ALL, 10);
    assert_eq!(steps(&plan), [(0, 0, 2, false)], "no further than its end");
    for wrong in [(0, 6), (1, 0)] {
        let refused = begin(&bench, ReadStart::Earliest, &[wrong], BelowLow::Tell);
        let is_refused = matches!(refused, Err(Refusal::ValueOutOfRange { .. }));
        assert!(is_refused, "{wrong:?}: {refused:?}");
    }
}

#[test]
fn a_read_begins_at_the_first_message_of_a_time() {
    let mut bench = bench(2);
    bench.publish("orders", 0, body(2, 5, &[]));
    bench.advance(Span::from_secs(10));
    let then = bench.now.wall;
    bench.publish("orders", 0, body(2, 5, &[]));
    let at = |time| {
        let begun = begin(&bench, ReadStart::Time(time), &[], BelowLow::Refuse).unwrap();
        let parts = begun.parts.iter().map(|part| part.next.0);
        parts.collect::<Vec<_>>()
    };
    assert_eq!(at(crate::model::Time(0)), [0, 0]);
    assert_eq!(at(then), [2, 0]);
    assert_eq!(at(then.plus(Span::from_secs(1))), [4, 0], "a later message");
}

#[test]
fn each_partition_has_its_share_of_a_look() {
    let mut bench = bench(2);
    for _ in 0..6 {
        bench.publish("orders", 0, body(1, 5, &[]));
        bench.publish("orders", 1, body(1, 5, &[]));
    }
    let begun = begin(&bench, ReadStart::Earliest, &[], BelowLow::Refuse).unwrap();
    let plan = look(&bench, &begun.parts, ALL, 4);
    let expected = [0, 1].map(|one| [(one, 0, 1, true), (one, 1, 2, true)]);
    assert_eq!(steps(&plan), expected.concat());
}

#[test]
fn news_come_once_for_each_time_they_are_awaited() {
    let mut bench = bench(1);
    let topic = bench.core.topic(&name("orders")).unwrap().id;
    bench.publish("orders", 0, body(1, 5, &[]));
    assert_eq!(bench.news, [], "nobody waits");
    bench.core.await_news(topic);
    bench.publish("orders", 0, body(1, 5, &[]));
    assert_eq!(bench.news, [(topic, bench.core.last_position())]);
    bench.publish("orders", 0, body(1, 5, &[]));
    assert_eq!(bench.news, []);
    bench.core.await_news(topic);
    let deleted = bench.core.delete_topic(&name("orders"), true, bench.now);
    assert!(deleted.is_ok(), "{deleted:?}");
    bench.drain();
    assert_eq!(bench.news, [(topic, bench.core.last_position())]);
}
