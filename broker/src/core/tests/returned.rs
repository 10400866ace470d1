//! What comes back after a deletion is judged, due and expired as if it had never been away.

use super::bench::{Bench, body, marked, name, of_kinds, only};
use super::deleted::{delete, gone, start_anew, topic_gone, undo};
use super::moving::{apply_edit, edit_of};
use super::operating::{HOUR, bench, bench_with, check, counts, kill, plan};
use crate::core::{DryRun, NewSubscription, Order, Seek, Start};
use crate::model::entry::{Deed, Marks};
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{MessageId, Offset, OffsetRange, OperationId, Partition, Span, Time};

#[test]
fn a_filter_is_asked_about_what_was_published_meanwhile() {
    let mut bench = bench_with(only("attributes.kind = \"a\""));
    bench.publish("t", 0, of_kinds(&["a", "b", "a"], &[]));
    assert_eq!(counts(&bench).ready, 2);
    let deletion = delete(&mut bench, gone());
    bench.publish("t", 0, of_kinds(&["b", "a", "b"], &[]));
    start_anew(&mut bench);
    assert_eq!(undo(&mut bench, deletion), 5);
    assert_eq!((counts(&bench).ready, counts(&bench).unjudged), (2, 3));
    start_anew(&mut bench);
    let slice = bench.core.next_scan(bench.now).unwrap();
    let left_out: Vec<_> = slice
        .runs
        .iter()
        .flat_map(|run| run.range.offsets())
        .filter(|offset| offset.0 != 4)
        .map(OffsetRange::one)
        .collect();
    bench.core.scanned(&slice, &left_out, bench.now);
    while let Some(slice) = bench.core.next_scan(bench.now) {
        bench.core.scanned(&slice, &[], bench.now);
    }
    bench.drain();
    assert_eq!((counts(&bench).ready, counts(&bench).unjudged), (3, 0));
    bench.publish("t", 0, of_kinds(&["a", "b"], &[]));
    assert_eq!(counts(&bench).ready, 4);
    check(&mut bench);
    start_anew(&mut bench);
}

#[test]
fn what_a_filter_cannot_be_asked_about_is_left_out_and_the_plan_says_so() {
    let mut bench = bench_with(only("attributes.kind = \"a\""));
    bench.publish("t", 0, of_kinds(&["a", "b", "a"], &[]));
    let deletion = delete(&mut bench, gone());
    let due = bench.now.wall.plus(HOUR);
    let late = Marks {
        due,
        ..Marks::default()
    };
    bench.publish("t", 0, marked(10, &[late, Marks::default()]));
    let planned = plan(
        &mut bench,
        Order::Undo {
            operation: deletion,
        },
    );
    assert!(planned.warnings[0].contains("it does not get them"));
    assert_eq!(undo(&mut bench, deletion), 2);
    let books = counts(&bench);
    assert_eq!((books.ready, books.scheduled, books.unjudged), (2, 0, 0));
    start_anew(&mut bench);
}

#[test]
fn a_scan_under_way_does_not_grow_over_what_was_delayed() {
    let mut bench = bench();
    bench.publish("t", 0, of_kinds(&["a", "b"], &[]));
    let new = NewSubscription {
        name: name("f"),
        topic: &name("t"),
        settings: only("attributes.kind = \"a\""),
        start: Start::Earliest,
    };
    bench.core.create_subscription(new, bench.now).unwrap();
    let late = Marks {
        due: bench.now.wall.plus(HOUR),
        ..Marks::default()
    };
    bench.publish("t", 0, marked(10, &[late]));
    let deletion = delete(
        &mut bench,
        Order::DeleteSubscription {
            subscription: name("f"),
        },
    );
    bench.publish("t", 0, of_kinds(&["a"], &[]));
    let planned = plan(
        &mut bench,
        Order::Undo {
            operation: deletion,
        },
    );
    assert!(planned.warnings[0].contains("it does not get them"));
    undo(&mut bench, deletion);
    let judged = bench.core.unjudged(&name("f"), Partition(0));
    assert_eq!(judged, OffsetRange::new(Offset(0), 2));
    start_anew(&mut bench);
    while let Some(slice) = bench.core.next_scan(bench.now) {
        bench.core.scanned(&slice, &[], bench.now);
    }
    bench.drain();
    check(&mut bench);
    start_anew(&mut bench);
}

/// A seek back over three messages, of which the first is dead, and the scan of them is still to be done.
fn bench_that_scans(is_edited_before: bool) -> (Bench, OperationId) {
    let mut bench = bench_with(only("attributes.kind = \"a\""));
    bench.publish("t", 0, of_kinds(&["a", "a", "a"], &[]));
    kill(&mut bench, 1);
    let seek = |bench: &mut Bench| {
        let target = Start::Offsets(vec![(Partition(0), Offset(0))]);
        let seek = Seek {
            subscription: &name("s"),
            target: &target,
        };
        bench.core.seek(seek, DryRun::No, bench.now).unwrap();
        bench.drain();
    };
    // What is published anew is of no kind.
    let order = edit_of(&bench, 0);
    if is_edited_before {
        let edit = apply_edit(&mut bench, order);
        seek(&mut bench);
        return (bench, edit);
    }
    seek(&mut bench);
    bench.pass(Span::from_secs(1));
    let edit = apply_edit(&mut bench, order);
    (bench, edit)
}

#[test]
fn an_edited_message_is_not_put_through_the_filter_because_of_a_deletion() {
    for is_closed in [false, true] {
        let (mut bench, edit) = bench_that_scans(false);
        if is_closed {
            bench.core.close_undo(edit, "a test ends it", bench.now);
            bench.drain();
        }
        let deletion = delete(&mut bench, gone());
        bench.publish("t", 0, of_kinds(&["a"], &[]));
        start_anew(&mut bench);
        let order = Order::Undo {
            operation: deletion,
        };
        let planned = plan(&mut bench, order);
        assert_eq!(
            planned.warnings,
            [
                "1 message was published while s was gone, about which its filter cannot be asked, \
                 since an edited message would have to pass it, too: it does not get them"
            ]
        );
        assert_eq!(
            undo(&mut bench, deletion),
            3,
            "two to be judged, one edited"
        );
        let judged = bench.core.unjudged(&name("s"), Partition(0));
        assert_eq!(judged, OffsetRange::new(Offset(0), 3));
        start_anew(&mut bench);
        scan(&mut bench, &[]);
        assert_eq!((counts(&bench).ready, counts(&bench).unjudged), (3, 0));
        check(&mut bench);
    }
}

#[test]
fn an_edit_before_the_scan_does_not_keep_a_subscription_from_what_came_meanwhile() {
    let (mut bench, _) = bench_that_scans(true);
    let deletion = delete(&mut bench, gone());
    bench.publish("t", 0, of_kinds(&["a", "b"], &[]));
    // The edited one is judged in any case: the seek back went over it.
    assert_eq!(undo(&mut bench, deletion), 6);
    scan(&mut bench, &[3, 5]);
    assert_eq!((counts(&bench).ready, counts(&bench).unjudged), (4, 0));
    start_anew(&mut bench);
}

/// Does the scans that are under way, in which the filter leaves these out.
fn scan(bench: &mut Bench, left_out: &[u64]) {
    while let Some(slice) = bench.core.next_scan(bench.now) {
        let offsets = slice.runs.iter().flat_map(|run| run.range.offsets());
        let out = offsets.filter(|offset| left_out.contains(&offset.0));
        let out: Vec<_> = out.map(OffsetRange::one).collect();
        bench.core.scanned(&slice, &out, bench.now);
    }
    bench.drain();
}

#[test]
fn what_was_edited_for_another_meanwhile_is_not_counted() {
    let mut bench = bench();
    bench.subscription("o", "t", SubscriptionSettings::default());
    bench.subscription("f", "t", only("attributes.kind = \"a\""));
    bench.publish("t", 0, of_kinds(&["a"], &[]));
    kill(&mut bench, 1);
    let away = |text| Order::DeleteSubscription {
        subscription: name(text),
    };
    let (plain, filtered) = (away("o"), away("f"));
    let (plain, filtered) = (delete(&mut bench, plain), delete(&mut bench, filtered));
    let order = edit_of(&bench, 0);
    apply_edit(&mut bench, order);
    let back = |bench: &mut Bench, operation| {
        let planned = plan(bench, Order::Undo { operation });
        (planned.counts.affected, planned.warnings)
    };
    assert_eq!(back(&mut bench, plain), (1, vec![]));
    assert_eq!(back(&mut bench, filtered), (1, vec![]));
    let late = Marks {
        due: bench.now.wall.plus(HOUR),
        ..Marks::default()
    };
    bench.publish("t", 0, marked(10, &[late]));
    let (affected, warnings) = back(&mut bench, plain);
    assert_eq!(affected, 2);
    assert!(warnings[0].starts_with("1 message was"), "{warnings:?}");
    let (affected, warnings) = back(&mut bench, filtered);
    assert_eq!(affected, 1, "it does not get the late one");
    assert!(warnings[0].starts_with("1 message was"), "{warnings:?}");
    assert_eq!(
        (undo(&mut bench, plain), undo(&mut bench, filtered)),
        (2, 1)
    );
    start_anew(&mut bench);
}

#[test]
fn what_was_scheduled_or_has_lived_long_enough_is_so_when_it_comes_back() {
    for order in [gone(), topic_gone()] {
        let mut bench = bench();
        let marks = |due: u64, life: u64| Marks {
            due: at(due),
            life: Span::from_secs(life),
            ..Marks::default()
        };
        let now = bench.now.wall.0 / 1_000_000;
        let messages = [
            marks(now + 100, 0),
            marks(now + 9_000, 0),
            marks(0, 60),
            marks(0, 0),
        ];
        bench.publish("t", 0, marked(10, &messages));
        let books = counts(&bench);
        assert_eq!((books.scheduled, books.ready), (2, 2));
        let deletion = delete(&mut bench, order);
        bench.pass(Span::from_secs(200));
        start_anew(&mut bench);
        undo(&mut bench, deletion);
        bench.pass(Span::from_secs(1));
        let books = counts(&bench);
        assert_eq!((books.scheduled, books.ready), (1, 2), "{books:?}");
        start_anew(&mut bench);
        let broker = bench.core.broker_counts(bench.now);
        assert_eq!(broker.backlog, 2);
        bench.pass(Span::from_secs(9_000));
        assert_eq!(counts(&bench).ready, 3);
        check(&mut bench);
    }
}

#[test]
fn the_life_of_a_message_tells_that_its_subscription_was_deleted_and_brought_back() {
    let mut bench = bench();
    bench.topic("else", TopicSettings::default());
    bench.publish("t", 0, body(1, 10, &[]));
    bench.publish("else", 0, body(1, 10, &[]));
    bench.pass(Span::from_secs(1));
    let deletion = delete(&mut bench, gone());
    assert_eq!(
        life(&bench, "t", 0),
        [(Deed::DeleteSubscription, deletion.0, 0)]
    );
    bench.publish("t", 0, body(1, 10, &[]));
    bench.pass(Span::from_secs(1));
    undo(&mut bench, deletion);
    bench.pass(Span::from_secs(1));
    bench.publish("t", 0, body(1, 10, &[]));
    start_anew(&mut bench);
    let both = [
        (Deed::DeleteSubscription, deletion.0, 0),
        (Deed::Undo, deletion.0 + 1, deletion.0),
    ];
    assert_eq!(life(&bench, "t", 0), both);
    assert_eq!(life(&bench, "t", 1), both, "it came with its return");
    assert_eq!(life(&bench, "t", 2), [], "that was later");
    assert_eq!(life(&bench, "else", 0), [], "that is elsewhere");
    // A subscription that begins behind it never had it.
    let new = NewSubscription {
        name: name("late"),
        topic: &name("t"),
        settings: SubscriptionSettings::default(),
        start: Start::Latest,
    };
    bench.core.create_subscription(new, bench.now).unwrap();
    bench.drain();
    let late = Order::DeleteSubscription {
        subscription: name("late"),
    };
    let late = delete(&mut bench, late);
    assert_eq!(life(&bench, "t", 0), both);
    undo(&mut bench, late);
    assert_eq!(life(&bench, "t", 0), both);
    let whole = delete(&mut bench, topic_gone());
    bench.pass(Span::from_secs(1));
    let kept = bench.core.kept_for_undo();
    assert_eq!((kept.messages, kept.operations), (3, 1));
    undo(&mut bench, whole);
    let deeds: Vec<Deed> = life(&bench, "t", 2).iter().map(|one| one.0).collect();
    assert_eq!(deeds, [Deed::DeleteTopic, Deed::Undo]);
}

/// What operations did in the life of a message, each with its number and that of what it took back.
fn life(bench: &Bench, topic: &str, offset: u64) -> Vec<(Deed, u64, u64)> {
    let message = MessageId {
        topic: bench.core.route(&name(topic)).unwrap().topic,
        partition: Partition(0),
        offset: Offset(offset),
    };
    let all = bench.core.operations_on(message).into_iter();
    all.map(|one| {
        let record = one.record;
        (record.deed, record.id.0, record.undoes.0)
    })
    .collect()
}

fn at(seconds: u64) -> Time {
    Time(seconds * 1_000_000)
}
