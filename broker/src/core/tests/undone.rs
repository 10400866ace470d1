//! Operations taken back: what was requeued, purged, discarded or skipped is as it was, as long as it can be.

use super::bench::{Bench, body, name};
use super::operating::{
    HOUR, apply, bench, bench_of, bench_with, check, counts, die, dropping, finish, kill, plan,
    requeue, restart, run, state,
};
use crate::core::{
    Nack, NackAction, Order, Pace, PurgeScope, Selection, SequenceRange, SkipCause, Start,
    UndoLimits,
};
use crate::model::entry::DropCause;
use crate::model::settings::{KeyOrder, SubscriptionSettings};
use crate::model::{MessageId, Offset, OperationId, Partition, Refusal, Span, Time};

#[test]
fn an_undo_pulls_back_what_was_not_handed_out_and_names_what_was() {
    let mut bench = bench();
    die(&mut bench, 10);
    let planned = plan(&mut bench, requeue());
    let id = apply(&mut bench, &planned, Pace::default());
    run(&mut bench, id);
    finish(&mut bench, 3);
    restart(&mut bench);
    let undo = plan(&mut bench, Order::Undo { operation: id });
    assert_eq!((undo.counts.selected, undo.counts.affected), (10, 7));
    assert_eq!(undo.counts.skips[&SkipCause::Delivered], 3);
    assert_eq!(undo.counts.named.len(), 3);
    let undone = apply(&mut bench, &undo, Pace::default());
    let done = run(&mut bench, undone);
    assert_eq!((done.progress.affected, done.progress.skipped), (7, 3));
    let books = counts(&bench);
    assert_eq!((books.ready, books.dead, books.acked), (0, 7, 3));
    restart(&mut bench);
    assert_eq!(state(&bench, id).progress.undone_by, undone);
    let again = bench.core.plan(Order::Undo { operation: id }, bench.now);
    assert!(
        matches!(again, Err(Refusal::UndoTooLate { .. })),
        "{again:?}"
    );
    // They are as they had died, text and all: nothing that they refer to was let go.
    let id = bench.core.subscription(&name("s")).unwrap().id;
    assert_eq!(
        bench
            .core
            .subscription_counts(id, bench.now)
            .unwrap()
            .conservation_error,
        0
    );
    kill_again(&mut bench);
}

/// Requeued once more they are handed out with no attempts counted.
fn kill_again(bench: &mut Bench) {
    let planned = plan(bench, requeue());
    let id = apply(bench, &planned, Pace::default());
    let dead = run(bench, id).progress.affected;
    kill(bench, dead);
    assert_eq!(counts(bench).dead, dead);
}

#[test]
fn what_was_purged_is_restored_with_its_history() {
    for order in [KeyOrder::Off, KeyOrder::Block] {
        let settings = SubscriptionSettings {
            max_attempts: 3,
            key_order: order,
            ..SubscriptionSettings::default()
        };
        let mut bench = bench_with(settings);
        bench.publish("t", 0, body(20, 10, &[1, 2, 3]));
        let consumer = bench.attach("s", 2, 1_000);
        bench.dispatch();
        let nack = Nack {
            action: NackAction::Retry(None),
            reason: String::new(),
            class: "slow".to_owned(),
        };
        let range = SequenceRange { first: 1, last: 1 };
        bench.core.stream_nack(consumer, range, &nack, bench.now);
        bench
            .core
            .detach(consumer, crate::core::Departure::Clean, bench.now);
        bench.drain();
        let before = counts(&bench);
        let planned = plan(&mut bench, dropping(PurgeScope::Backlog));
        assert_eq!(planned.counts.affected, 20);
        let id = apply(&mut bench, &planned, Pace::default());
        run(&mut bench, id);
        let purged = counts(&bench);
        assert_eq!(purged.dropped[DropCause::Purged.index()], 20);
        assert_eq!(purged.backlog(), 0);
        bench.pass(Span::from_secs(2));
        restart(&mut bench);
        bench.publish("t", 0, body(1, 10, &[]));
        finish(&mut bench, 1);
        let undo = plan(&mut bench, Order::Undo { operation: id });
        assert_eq!(undo.counts.affected, 20, "{order:?}");
        let undo = apply(&mut bench, &undo, Pace::default());
        run(&mut bench, undo);
        let books = counts(&bench);
        assert_eq!(books.backlog(), before.backlog());
        assert_eq!(books.dropped[DropCause::Purged.index()], 0);
        restart(&mut bench);
        bench.pass(Span::from_secs(120));
        let mut left = 20;
        while left > 0 {
            let ready = counts(&bench).ready;
            assert!(ready > 0, "{left} are left");
            let consumer = bench.attach("s", 100, 1 << 20);
            bench.dispatch();
            let got: u64 = bench
                .grants
                .iter()
                .flat_map(|grant| &grant.runs)
                .map(|run| run.range.count())
                .sum();
            let range = SequenceRange {
                first: 1,
                last: got,
            };
            bench.core.stream_ack(consumer, &[range], bench.now);
            bench
                .core
                .detach(consumer, crate::core::Departure::Clean, bench.now);
            bench.drain();
            left -= got;
        }
        assert_eq!(counts(&bench).acked, 21);
        check(&mut bench);
    }
}

#[test]
fn what_is_restored_ahead_of_all_that_was_taken_since_a_start_counts_on() {
    for order in [KeyOrder::Off, KeyOrder::Block] {
        let settings = SubscriptionSettings {
            key_order: order,
            ..SubscriptionSettings::default()
        };
        let mut bench = bench_with(settings);
        bench.publish("t", 0, body(2, 10, &[1, 2]));
        let consumer = bench.attach("s", 2, 1_000);
        bench.dispatch();
        let nack = Nack {
            action: NackAction::Retry(Some(Span::from_secs(60))),
            reason: String::new(),
            class: "slow".to_owned(),
        };
        let second = SequenceRange { first: 2, last: 2 };
        bench.core.stream_nack(consumer, second, &nack, bench.now);
        let clean = crate::core::Departure::Clean;
        bench.core.detach(consumer, clean, bench.now);
        bench.drain();
        let failed = MessageId {
            topic: bench.core.topic(&name("t")).unwrap().id,
            partition: Partition(0),
            offset: Offset(1),
        };
        let purge = Order::Drop {
            subscription: name("s"),
            selection: Selection {
                message_ids: vec![failed],
                ..Selection::default()
            },
            scope: PurgeScope::Backlog,
            is_final: false,
        };
        let planned = plan(&mut bench, purge);
        let id = apply(&mut bench, &planned, Pace::default());
        run(&mut bench, id);
        // Nothing tells a start any more that the first was handed out before.
        restart(&mut bench);
        let undo = plan(&mut bench, Order::Undo { operation: id });
        let undo = apply(&mut bench, &undo, Pace::default());
        run(&mut bench, undo);
        bench.attach("s", 10, 1_000);
        bench.dispatch();
        assert_eq!(attempts(&bench), [(0, 1)], "{order:?}: one is in backoff");
        bench.pass(Span::from_secs(60));
        assert_eq!(attempts(&bench), [(1, 2)], "{order:?}");
        check(&mut bench);
    }
}

/// The offsets that were handed out, with their attempts.
fn attempts(bench: &Bench) -> Vec<(u64, u32)> {
    let runs = bench.grants.iter().flat_map(|grant| &grant.runs);
    runs.flat_map(|run| {
        let offsets = run.range.offsets();
        offsets.map(|offset| (offset.0, run.attempt))
    })
    .collect()
}

#[test]
fn what_was_discarded_is_dead_again() {
    let mut bench = bench();
    die(&mut bench, 6_000);
    let before = counts(&bench);
    let planned = plan(&mut bench, dropping(PurgeScope::Dead));
    let id = apply(&mut bench, &planned, Pace::default());
    run(&mut bench, id);
    assert_eq!(counts(&bench).dropped[DropCause::Discarded.index()], 6_000);
    bench.pass(Span::from_secs(2));
    restart(&mut bench);
    let undo = plan(&mut bench, Order::Undo { operation: id });
    let undo = apply(&mut bench, &undo, Pace::default());
    // In the middle of it, too.
    bench.pass(Span::from_millis(1));
    restart(&mut bench);
    run(&mut bench, undo);
    assert_eq!(counts(&bench), before);
    restart(&mut bench);
}

#[test]
fn a_seek_is_taken_back_in_both_directions() {
    let mut bench = bench_of(SubscriptionSettings::default(), HOUR);
    bench.publish("t", 0, body(30, 10, &[]));
    finish(&mut bench, 10);
    let to = |offset| Order::Seek {
        subscription: name("s"),
        target: Start::Offsets(vec![(Partition(0), Offset(offset))]),
    };
    let ahead = plan(&mut bench, to(25));
    assert_eq!(ahead.counts.affected, 15);
    let id = apply(&mut bench, &ahead, Pace::default());
    let counted = counts(&bench);
    assert_eq!(
        (counted.ready, counted.dropped[DropCause::Skipped.index()]),
        (5, 15)
    );
    restart(&mut bench);
    let undo = plan(&mut bench, Order::Undo { operation: id });
    let undo = apply(&mut bench, &undo, Pace::default());
    run(&mut bench, undo);
    assert_eq!((counts(&bench).ready, counts(&bench).acked), (20, 10));
    let back = bench.core.low(&name("t"), Partition(0)).0;
    let back = plan(&mut bench, to(back));
    let restored = back.counts.restored;
    assert_eq!(restored, 10);
    let id = apply(&mut bench, &back, Pace::default());
    assert_eq!(counts(&bench).ready, 20 + restored);
    let undo = plan(&mut bench, Order::Undo { operation: id });
    assert_eq!(undo.counts.affected, restored);
    let undo = apply(&mut bench, &undo, Pace::default());
    run(&mut bench, undo);
    assert_eq!(counts(&bench).ready, 20);
    restart(&mut bench);
}

#[test]
fn what_can_be_restored_stays_stored_until_its_grace_is_over() {
    let mut bench = bench();
    bench.publish("t", 0, body(10, 10, &[]));
    let planned = plan(&mut bench, dropping(PurgeScope::Backlog));
    let id = apply(&mut bench, &planned, Pace::default());
    run(&mut bench, id);
    bench.pass(Span::from_secs(5));
    assert_eq!(bench.core.low(&name("t"), Partition(0)), Offset(0));
    assert!(bench.core.held_bytes(bench.now) > 0);
    let (kept, end) = (
        bench.core.kept_for_undo(),
        state(&bench, id).progress.undo_until,
    );
    assert_eq!((kept.messages, kept.operations), (10, 1));
    assert_eq!(kept.bytes, bench.core.held_bytes(bench.now));
    assert_eq!((kept.first_end, kept.last_end), (end, end));
    assert_eq!(kept.limits.grace, HOUR);
    restart(&mut bench);
    for _ in 0..3 {
        bench.pass(HOUR);
    }
    assert_eq!(bench.core.low(&name("t"), Partition(0)), Offset(10));
    let refused = bench.core.plan(Order::Undo { operation: id }, bench.now);
    assert!(
        matches!(refused, Err(Refusal::UndoTooLate { .. })),
        "{refused:?}"
    );
    assert_eq!(bench.core.held_bytes(bench.now), 0);
    let kept = bench.core.kept_for_undo();
    assert_eq!((kept.messages, kept.operations), (0, 0));
    assert_eq!((kept.first_end, kept.last_end), (Time(0), Time(0)));
    restart(&mut bench);
}

#[test]
fn a_full_disk_and_a_small_budget_end_the_oldest_undo_and_say_so() {
    let mut bench = bench();
    for _ in 0..2 {
        bench.publish("t", 0, body(10, 10, &[]));
        let planned = plan(&mut bench, dropping(PurgeScope::Backlog));
        let id = apply(&mut bench, &planned, Pace::default());
        run(&mut bench, id);
    }
    assert!(bench.core.give_up_undo(bench.now));
    bench.drain();
    let first = state(&bench, OperationId(1)).progress;
    assert!(
        first.undo_until.0 == 0 && first.note.contains("disk"),
        "{first:?}"
    );
    assert!(state(&bench, OperationId(2)).progress.undo_until.0 > 0);
    bench.core.limit_undo(UndoLimits {
        grace: HOUR,
        bytes: 0,
    });
    bench.pass(Span::from_secs(2));
    assert_eq!(state(&bench, OperationId(2)).progress.undo_until.0, 0);
    bench.pass(Span::from_secs(2));
    assert_eq!(bench.core.low(&name("t"), Partition(0)), Offset(20));
}

#[test]
fn ten_million_messages_are_purged_and_restored_in_a_moment() {
    let mut bench = bench();
    for _ in 0..1_000 {
        bench.publish("t", 0, body(10_000, 1, &[]));
    }
    let planned = plan(&mut bench, dropping(PurgeScope::Backlog));
    assert_eq!(planned.counts.affected, 10_000_000);
    let written = bench.journal.len();
    let id = apply(&mut bench, &planned, Pace::default());
    run(&mut bench, id);
    let undo = plan(&mut bench, Order::Undo { operation: id });
    let undo = apply(&mut bench, &undo, Pace::default());
    run(&mut bench, undo);
    assert_eq!(counts(&bench).ready, 10_000_000);
    assert!(
        bench.journal.len() - written < 40,
        "it is entries, not a walk"
    );
}
