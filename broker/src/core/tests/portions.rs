//! What operations on very many messages say and do at one time: short steps, parts of a bounded size, plans in slices.

use super::bench::{Bench, body, name};
use super::operating::{
    apply, bench, counts, die, dropping, finish, plan, requeue, restart, run, state,
};
use crate::core::limits::{PART_RECORDS, STEP_DEAD, STEP_PIECES};
use crate::core::{
    Departure, Nack, NackAction, Order, Pace, Plan, Planned, PurgeScope, SequenceRange, SkipCause,
    Start,
};
use crate::model::entry::{DropCause, Entry, Operated, PartStep, decode};
use crate::model::settings::SubscriptionSettings;
use crate::model::{Offset, OffsetRange, Partition, Position, Span};

/// Far below what a frame may be: a step or a part is written and read back in a few milliseconds.
const LARGEST: usize = 2 << 20;

/// What has been written since `from`.
fn written(bench: &Bench, from: Position) -> Vec<Entry> {
    let frames = bench.journal.range(from..).map(|(_, frame)| frame);
    let frames = frames.inspect(|frame| assert!(frame.head.len() < LARGEST, "{}", frame.kind));
    frames
        .map(|frame| decode(frame.kind, frame.version, &frame.head).unwrap())
        .collect()
}

/// What the steps did that were written since `from`.
fn steps(bench: &Bench, from: Position) -> Vec<PartStep> {
    let steps = written(bench, from).into_iter();
    let steps = steps.filter_map(|entry| match entry {
        Entry::Operated(Operated::Step(step)) => step.part,
        _ => None,
    });
    steps.collect()
}

fn messages(ranges: &[OffsetRange]) -> u64 {
    ranges.iter().map(|range| range.count()).sum()
}

fn undo_of(bench: &mut Bench, planned: &Plan) -> Plan {
    let id = apply(bench, planned, Pace::default());
    run(bench, id);
    plan(bench, Order::Undo { operation: id })
}

/// Publishes and lets a first attempt of each fail, one by one so that each has a history of its own.
fn fail_once(bench: &mut Bench, count: u64) {
    bench.publish("t", 0, body(usize::try_from(count).unwrap(), 10, &[]));
    let consumer = bench.attach("s", count, 1 << 30);
    bench.dispatch();
    let nack = Nack {
        action: NackAction::Retry(Some(Span::from_secs(600))),
        reason: "not now".to_owned(),
        class: "busy".to_owned(),
    };
    for sequence in 1..=count {
        bench.advance(Span(1));
        let range = SequenceRange {
            first: sequence,
            last: sequence,
        };
        let stale = bench.core.stream_nack(consumer, range, &nack, bench.now);
        assert_eq!(stale, []);
    }
    bench.core.detach(consumer, Departure::Clean, bench.now);
    bench.drain();
}

#[test]
fn a_step_changes_a_bounded_number_of_dead_messages_and_takes_as_many_back() {
    let mut bench = bench();
    let count = 2 * STEP_DEAD + 2_000;
    die(&mut bench, usize::try_from(count).unwrap());
    let before = counts(&bench);
    let planned = plan(&mut bench, requeue());
    assert_eq!(planned.counts.affected, count);
    let from = bench.core.next_position();
    let undo = undo_of(&mut bench, &planned);
    let requeued = steps(&bench, from);
    assert_eq!(requeued.len(), 3, "each of at most {STEP_DEAD}");
    for step in &requeued {
        assert!(step.image.len() as u64 <= STEP_DEAD);
    }
    assert_eq!(undo.counts.affected, count);
    let from = bench.core.next_position();
    let id = apply(&mut bench, &undo, Pace::default());
    run(&mut bench, id);
    let back = written(&bench, from).into_iter();
    let back: Vec<u64> = back
        .filter_map(|entry| match entry {
            Entry::Operated(Operated::PulledBack(entry)) => Some(entry.dead.len() as u64),
            _ => None,
        })
        .collect();
    assert_eq!(back, [STEP_DEAD, STEP_DEAD, 2_000]);
    assert_eq!(steps(&bench, from).len(), 3);
    assert_eq!(counts(&bench), before);
    restart(&mut bench);
}

#[test]
fn a_purge_of_messages_that_nobody_has_met_is_one_step_however_many_they_are() {
    let mut bench = bench();
    bench.publish("t", 0, body(4 * 5_000, 1, &[]));
    let planned = plan(&mut bench, dropping(PurgeScope::Backlog));
    let from = bench.core.next_position();
    let undo = undo_of(&mut bench, &planned);
    assert_eq!(steps(&bench, from).len(), 1);
    let from = bench.core.next_position();
    let id = apply(&mut bench, &undo, Pace::default());
    run(&mut bench, id);
    assert_eq!(steps(&bench, from).len(), 1);
    assert_eq!(counts(&bench).ready, 20_000);
}

/// States all anew, operations with what they have put aside, too; gives how many histories each part has.
fn restated_parts(bench: &mut Bench) -> Vec<usize> {
    let last = bench.core.next_position();
    while !bench.core.restate(last, usize::MAX) {}
    bench.drain();
    let parts = written(bench, last).into_iter();
    let histories = parts.filter_map(|entry| match entry {
        Entry::Operated(Operated::Part(part)) => Some(part.image.len()),
        _ => None,
    });
    histories.collect()
}

#[test]
fn a_part_of_dead_messages_is_no_larger_than_what_is_stated_at_once() {
    let mut bench = bench();
    die(&mut bench, PART_RECORDS + 5_000);
    let planned = plan(&mut bench, requeue());
    let undo = undo_of(&mut bench, &planned);
    let parts = restated_parts(&mut bench);
    assert_eq!(parts, [PART_RECORDS, 5_000]);
    restart(&mut bench);
    let undo = plan(
        &mut bench,
        Order::Undo {
            operation: undo.undoes,
        },
    );
    assert_eq!(undo.counts.affected, PART_RECORDS as u64 + 5_000);
    let id = apply(&mut bench, &undo, Pace::default());
    run(&mut bench, id);
    assert_eq!(counts(&bench).dead, PART_RECORDS as u64 + 5_000);
    // What was put aside has faded; what the dead refer to is there.
    let live = bench.core.live_positions(Position(0)..=Position(u64::MAX));
    let kept: Vec<Position> = bench.kept.keys().copied().collect();
    assert_eq!(kept, live);
    restart(&mut bench);
}

#[test]
fn a_purge_of_messages_with_histories_goes_in_short_steps_and_light_parts_and_comes_back() {
    let mut bench = bench();
    let count = PART_RECORDS as u64 + 2 * STEP_PIECES;
    fail_once(&mut bench, count);
    bench.publish("t", 0, body(10_000, 10, &[]));
    let before = counts(&bench);
    let planned = plan(&mut bench, dropping(PurgeScope::Backlog));
    assert_eq!(planned.counts.affected, count + 10_000);
    let from = bench.core.next_position();
    let undo = undo_of(&mut bench, &planned);
    let purged = steps(&bench, from);
    assert!(purged.len() >= 6, "{} steps", purged.len());
    for step in &purged {
        assert!(
            step.image.len() as u64 <= STEP_PIECES,
            "{}",
            step.image.len()
        );
    }
    let parts = restated_parts(&mut bench);
    assert_eq!(parts.len(), 2, "{parts:?}");
    assert_eq!(parts.iter().sum::<usize>() as u64, count);
    restart(&mut bench);
    assert_eq!(undo.counts.affected, count + 10_000);
    let undo = plan(
        &mut bench,
        Order::Undo {
            operation: undo.undoes,
        },
    );
    let from = bench.core.next_position();
    let id = apply(&mut bench, &undo, Pace::default());
    bench.pass(Span(1));
    restart(&mut bench);
    run(&mut bench, id);
    assert!(steps(&bench, from).len() >= 6);
    assert_eq!(counts(&bench), before);
    restart(&mut bench);
}

#[test]
fn a_seek_over_messages_with_histories_puts_them_aside_in_light_parts() {
    let mut bench = bench();
    let count = PART_RECORDS as u64 + 5_000;
    fail_once(&mut bench, count);
    let before = counts(&bench);
    let to_the_end = Order::Seek {
        subscription: name("s"),
        target: Start::Latest,
    };
    let planned = plan(&mut bench, to_the_end);
    assert_eq!(planned.counts.affected, count);
    let from = bench.core.next_position();
    let id = apply(&mut bench, &planned, Pace::default());
    let skipped = counts(&bench).dropped[DropCause::Skipped.index()];
    assert_eq!(skipped, count);
    let parts = written(&bench, from).into_iter();
    let parts = parts.filter(|entry| matches!(entry, Entry::Operated(Operated::Part(_))));
    assert_eq!(parts.count(), 2);
    restart(&mut bench);
    let undo = plan(&mut bench, Order::Undo { operation: id });
    assert_eq!(undo.counts.affected, count);
    let id = apply(&mut bench, &undo, Pace::default());
    run(&mut bench, id);
    assert_eq!(counts(&bench), before);
}

/// Plans, and does something after each slice; how many slices there were.
fn plan_in_slices(
    bench: &mut Bench,
    order: Order,
    mut between: impl FnMut(&mut Bench, usize),
) -> (Plan, usize) {
    let begun = bench.core.begin_plan(order, bench.now).unwrap();
    let Planned::Begun(mut planning) = begun else {
        panic!("it is made in slices");
    };
    let mut slices = 0;
    while bench.core.go_on_planning(&mut planning).unwrap() {
        slices += 1;
        between(bench, slices);
    }
    (
        bench.core.finish_plan(&mut planning, bench.now).unwrap(),
        slices,
    )
}

#[test]
fn the_plan_of_an_undo_is_made_in_slices_and_holds_what_it_says() {
    let mut bench = bench();
    die(&mut bench, 45_000);
    let planned = plan(&mut bench, requeue());
    let id = apply(&mut bench, &planned, Pace::default());
    run(&mut bench, id);
    let order = Order::Undo { operation: id };
    let (undo, slices) = plan_in_slices(&mut bench, order, |bench, slice| {
        if slice == 2 {
            // Of the first part, which was looked at.
            finish(bench, 30);
            // More that die and are requeued are none of its.
            die(bench, 5);
        }
    });
    assert!(slices >= 3, "{slices} slices");
    assert_eq!(
        (undo.counts.selected, undo.counts.affected),
        (45_000, 45_000)
    );
    assert_eq!(undo.counts.skips.get(&SkipCause::Delivered), None);
    assert_eq!(
        undo.parts
            .iter()
            .map(|part| messages(&part.ranges))
            .sum::<u64>(),
        45_000
    );
    let undone = apply(&mut bench, &undo, Pace::default());
    let done = run(&mut bench, undone).progress;
    assert_eq!((done.affected, done.skipped), (45_000 - 35, 35));
    let books = counts(&bench);
    assert_eq!((books.acked, books.dead), (30, 45_000 - 30 + 5 - 5));
    restart(&mut bench);
}

#[test]
fn a_plan_of_an_undo_ends_when_something_else_takes_the_operation_back() {
    let mut bench = bench();
    die(&mut bench, 45_000);
    let planned = plan(&mut bench, requeue());
    let id = apply(&mut bench, &planned, Pace::default());
    run(&mut bench, id);
    let order = || Order::Undo { operation: id };
    let begun = bench.core.begin_plan(order(), bench.now).unwrap();
    let Planned::Begun(mut planning) = begun else {
        panic!("it is made in slices");
    };
    assert_eq!(bench.core.go_on_planning(&mut planning), Ok(true));
    let other = plan(&mut bench, order());
    let other = apply(&mut bench, &other, Pace::default());
    run(&mut bench, other);
    assert!(bench.core.go_on_planning(&mut planning).is_err());
    assert_eq!(state(&bench, id).progress.undone_by, other);
}

#[test]
fn what_a_seek_or_new_settings_would_drop_is_counted_in_slices() {
    let mut bench = bench();
    fail_once(&mut bench, 25_000);
    bench.pass(Span::from_secs(3_600));
    bench.publish("t", 0, body(30, 10, &[]));
    let seek = Order::Seek {
        subscription: name("s"),
        target: Start::Offsets(vec![(Partition(0), Offset(24_000))]),
    };
    let (planned, slices) = plan_in_slices(&mut bench, seek, |bench, _| finish(bench, 1));
    assert!(slices >= 1, "{slices} slices");
    assert_eq!(planned.text, "to 0:24000");
    assert!((23_990..=24_000).contains(&planned.counts.affected));
    let settings = SubscriptionSettings {
        backlog_retention: Some(Span::from_secs(1_800)),
        ..SubscriptionSettings::default()
    };
    let update = Order::UpdateSubscription {
        subscription: name("s"),
        settings: Box::new(settings),
    };
    let acked = counts(&bench).acked;
    let (planned, slices) = plan_in_slices(&mut bench, update, |_, _| ());
    assert!(slices >= 2, "{slices} slices");
    assert_eq!(planned.counts.affected, 25_000 - acked);
}
