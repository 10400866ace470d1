//! The upkeep of what is kept for undo, when the core asks for it: on a broker that stores nothing else, too.

use super::bench::{Bench, body};
use super::deleted::{delete, topic_gone, undo};
use super::operating::{HOUR, bench, state};
use crate::model::Span;

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
