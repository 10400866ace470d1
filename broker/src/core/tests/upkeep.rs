//! The upkeep of what is kept for undo, when the core asks for it: on a broker that stores nothing else, too.

use super::bench::{Bench, body, name};
use super::deleted::{delete, topic_gone, undo};
use super::operating::{HOUR, apply, bench, bench_of, dropping, plan, run, state};
use crate::core::{Pace, PurgeScope, UndoLimits};
use crate::model::settings::SubscriptionSettings;
use crate::model::{Offset, Partition, Span};

/// Lets time pass as the shard does, with a tick only when there is something to do.
fn idle(bench: &mut Bench, span: Span) {
    let end = bench.now.mono.plus(span);
    while let Some(next) = bench.core.next_deadline(bench.now)
        && next <= end
    {
        bench.pass(next.since(bench.now.mono));
    }
    bench.advance(end.since(bench.now.mono));
}

#[test]
fn what_was_deleted_is_counted_and_given_up_where_nothing_else_is_stored() {
    let mut bench = bench();
    bench.publish("t", 0, body(12, 10, &[]));
    idle(&mut bench, Span::from_secs(2));
    let deletion = delete(&mut bench, topic_gone());
    idle(&mut bench, Span::from_secs(2));
    let kept = bench.core.kept_for_undo();
    let end = state(&bench, deletion).progress.undo_until;
    assert_eq!((kept.messages, kept.bytes, kept.operations), (12, 120, 1));
    assert_eq!((kept.first_end, kept.last_end), (end, end));
    idle(&mut bench, HOUR);
    assert_eq!(state(&bench, deletion).progress.undo_until.0, 0);
    assert!(bench.kept.is_empty(), "{:?}", bench.kept);
    let kept = bench.core.kept_for_undo();
    assert_eq!((kept.messages, kept.operations), (0, 0));
    let next = bench.core.next_deadline(bench.now);
    assert_eq!(next, None, "nothing is left to be looked after");
}

#[test]
fn what_has_come_back_is_counted_no_longer_where_nothing_is_stored() {
    let mut bench = bench();
    let deletion = delete(&mut bench, topic_gone());
    idle(&mut bench, Span::from_secs(2));
    assert_eq!(bench.core.kept_for_undo().operations, 1);
    undo(&mut bench, deletion);
    idle(&mut bench, Span::from_secs(2));
    assert_eq!(bench.core.kept_for_undo().operations, 0);
    assert_eq!(bench.core.next_deadline(bench.now), None);
}

#[test]
fn what_replay_keeps_in_any_case_is_not_counted_and_costs_no_operation_its_undo() {
    let mut bench = bench_of(SubscriptionSettings::default(), Span::from_secs(100));
    let limit = |bytes| UndoLimits { grace: HOUR, bytes };
    bench.core.limit_undo(limit(150));
    for _ in 0..2 {
        bench.publish("t", 0, body(10, 10, &[]));
        idle(&mut bench, Span::from_secs(40));
    }
    let planned = plan(&mut bench, dropping(PurgeScope::Backlog));
    assert_eq!(planned.counts.affected, 20);
    let purge = apply(&mut bench, &planned, Pace::default());
    run(&mut bench, purge);
    let kept = |bench: &mut Bench| {
        idle(bench, Span::from_secs(40));
        let kept = bench.core.kept_for_undo();
        (kept.messages, kept.bytes, kept.operations)
    };
    // The first batch is too old for replay after 100 seconds, the second after 140.
    assert_eq!(kept(&mut bench), (10, 100, 1));
    assert_eq!(bench.core.low(&name("t"), Partition(0)), Offset(0));
    assert_eq!(kept(&mut bench), (0, 0, 0), "both are more than is kept");
    let note = state(&bench, purge).progress.note;
    assert!(note.contains("needed the room"), "{note}");
    assert_eq!(bench.core.low(&name("t"), Partition(0)), Offset(20));
}
