//! A wall clock that jumps destroys nothing.

use super::bench::{Bench, body, marked, name};
use crate::core::limits::{MAX_CLOCK_JUMP, PRODUCER_MEMORY, STABLE_FOR};
use crate::core::{Counts, Nack, NackAction, Publication, SequenceRange};
use crate::model::entry::Marks;
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{Offset, Partition, ProducerId, ProducerSequence, Span};

const HOUR: Span = Span::from_secs(3_600);

/// One message ready, one dead, one acknowledged, and one of another topic known by its id.
fn bench() -> Bench {
    let mut bench = Bench::new();
    let topic = TopicSettings {
        time_to_live: Some(HOUR),
        retention: HOUR,
        ..TopicSettings::default()
    };
    bench.topic("orders", topic);
    let settings = SubscriptionSettings {
        dead_retention: HOUR,
        backlog_retention: Some(HOUR),
        ..SubscriptionSettings::default()
    };
    bench.subscription("billing", "orders", settings);
    let consumer = bench.attach("billing", 2, 1 << 20);
    bench.publish("orders", 0, body(3, 5, &[]));
    bench.dispatch();
    let kill = Nack {
        action: NackAction::Dead,
        reason: String::new(),
        class: String::new(),
    };
    let one = |sequence| SequenceRange {
        first: sequence,
        last: sequence,
    };
    let (core, now) = (&mut bench.core, bench.now);
    assert_eq!(core.stream_ack(consumer, &[one(1)], now), []);
    core.stream_nack(consumer, one(2), &kill, now);
    core.detach(consumer, crate::core::Departure::Clean, now);
    bench.drain();
    bench.topic("ids", TopicSettings::default());
    assert_eq!(publish_id(&mut bench), Offset(0));
    bench.pass(Span::from_secs(1));
    bench
}

fn publish_id(bench: &mut Bench) -> Offset {
    let topic = bench.core.route(&name("ids")).unwrap().topic;
    let marks = [Marks {
        dedup: 7,
        ..Marks::default()
    }];
    let publication = Publication::to(topic, vec![(Partition(0), marked(5, &marks))]);
    let stored = bench.core.publish(publication, bench.now).unwrap();
    bench.drain();
    stored.runs[0].base
}

fn counts(bench: &Bench) -> Counts {
    let id = bench.core.subscription(&name("billing")).unwrap().id;
    let counts = bench.core.subscription_counts(id, bench.now).unwrap();
    assert_eq!(counts.conservation_error, 0);
    counts.counts
}

/// Ready, dead, and the first offset that is stored.
fn left(bench: &Bench) -> (u64, u64, Offset) {
    let low = bench.core.low(&name("orders"), Partition(0));
    let counts = counts(bench);
    (counts.ready, counts.dead, low)
}

fn jump(bench: &mut Bench, span: Span) {
    bench.now.wall = bench.now.wall.plus(span);
    bench.pass(Span::ZERO);
}

#[test]
fn a_jump_suspends_what_destroys_by_time_for_ten_stable_minutes() {
    let mut bench = bench();
    jump(&mut bench, Span(2 * HOUR.0));
    let untouched = (1, 1, Offset(0));
    assert_eq!(left(&bench), untouched);
    assert_eq!(publish_id(&mut bench), Offset(0), "its id is still known");
    let mut rounds = 0;
    let end = bench.now.mono.plus(Span(STABLE_FOR.0 - 1));
    while bench.now.mono < end {
        assert_eq!(left(&bench), untouched);
        let next = bench.core.next_deadline(bench.now).unwrap().min(end);
        assert!(next > bench.now.mono, "no round is for nothing");
        bench.pass(next.since(bench.now.mono));
        rounds += 1;
    }
    assert!(rounds <= 602, "{rounds} rounds");
    assert_eq!(left(&bench), untouched);
    let told = bench.core.broker_counts(bench.now).suspended;
    assert_eq!(told, Some(Span(1)));
    bench.pass(Span(1));
    assert_eq!(bench.core.broker_counts(bench.now).suspended, None);
    bench.pass(Span::from_secs(2));
    assert_eq!(left(&bench), (0, 0, Offset(3)));
    assert_eq!(publish_id(&mut bench), Offset(1), "its window is over");
}

#[test]
fn a_jump_forgets_no_producer_before_ten_stable_minutes() {
    let mut bench = bench();
    let topic = bench.core.route(&name("ids")).unwrap().topic;
    let send = |bench: &mut Bench| {
        let mut publication = Publication::to(topic, vec![(Partition(0), body(1, 5, &[]))]);
        publication.producer = Some(ProducerSequence {
            producer: ProducerId([7; 16]),
            sequence: 1,
        });
        let receipt = bench.core.publish(publication, bench.now).unwrap();
        bench.drain();
        (receipt.is_duplicate, receipt.runs[0].base)
    };
    assert_eq!(send(&mut bench), (false, Offset(1)));
    jump(&mut bench, PRODUCER_MEMORY);
    bench.core.forget_producers(bench.now);
    assert_eq!(send(&mut bench), (true, Offset(1)));
    bench.pass(STABLE_FOR);
    assert_eq!(send(&mut bench), (false, Offset(2)), "its time is over");
}

#[test]
fn another_jump_begins_the_ten_minutes_anew() {
    let mut bench = bench();
    jump(&mut bench, Span(2 * HOUR.0));
    bench.pass(Span::from_secs(599));
    jump(&mut bench, Span(2 * HOUR.0));
    bench.pass(Span::from_secs(599));
    assert_eq!(left(&bench), (1, 1, Offset(0)));
    // As it is told while the system is behind: at half of the pace.
    for _ in 0..10 {
        bench.now.mono = bench.now.mono.plus(Span::from_secs(130));
        bench.now.wall = bench.now.wall.plus(Span::from_secs(65));
        bench.pass(Span::ZERO);
        assert_eq!(left(&bench), (1, 1, Offset(0)));
    }
    bench.pass(STABLE_FOR);
    bench.pass(Span::from_secs(2));
    assert_eq!(left(&bench), (0, 0, Offset(3)));
}

#[test]
fn small_steps_suspend_nothing_and_what_ends_meanwhile_ends_by_its_time() {
    let mut bench = bench();
    jump(&mut bench, MAX_CLOCK_JUMP);
    assert_eq!(bench.core.broker_counts(bench.now).suspended, None);
    bench.pass(Span(HOUR.0 - 62_000_000));
    assert_eq!(left(&bench).0, 1);
    bench.pass(Span::from_secs(2));
    assert_eq!(left(&bench).0, 0);
    // When a dead one goes is noted on the monotonic clock, which has made no step.
    bench.pass(MAX_CLOCK_JUMP);
    assert_eq!(left(&bench), (0, 0, Offset(3)));
}

#[test]
fn a_start_after_more_than_a_day_without_a_word_destroys_nothing_for_ten_minutes() {
    for (pause, is_suspended) in [(24 * 3_600, false), (24 * 3_600 + 1, true)] {
        let mut bench = bench();
        let last = bench.now.wall;
        bench.advance(Span::from_secs(pause));
        bench.restart(super::bench::From::Floor);
        bench.core.begin_watch(last, bench.now);
        bench.pass(Span::ZERO);
        let told = bench.core.broker_counts(bench.now).suspended;
        assert_eq!(told, is_suspended.then_some(STABLE_FOR));
        let expected = u64::from(is_suspended);
        assert_eq!(left(&bench).0, expected);
        bench.pass(STABLE_FOR);
        bench.pass(Span::from_secs(1));
        assert_eq!(left(&bench).0, 0);
    }
}
