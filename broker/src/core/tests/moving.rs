//! Moves and edits of dead messages: one commit for what is published and what is finished, and the way back.

use super::bench::{Bench, body, name, only};
use super::operating::{
    all, apply, bench, check, counts, die, dropping, plan, restart, run, state,
};
use crate::core::{EditOrder, Edited, Moved, Order, Pace, PurgeScope};
use crate::delivery::Counts;
use crate::model::entry::{Deed, DropCause, OperationState, Phase};
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{MessageId, Offset, OperationId, Partition, Position, Refusal, Span};

const MOVED: usize = DropCause::Moved as usize - 1;

/// A broker whose subscription `s` has so many dead messages, and a topic `parked` that `p` reads.
pub(super) fn bench_with_dead(count: usize) -> Bench {
    let mut bench = bench();
    die(&mut bench, count);
    bench.topic("parked", TopicSettings::default());
    bench.subscription("p", "parked", SubscriptionSettings::default());
    bench
}

pub(super) fn to_parked() -> Order {
    Order::Move {
        subscription: name("s"),
        selection: all(),
        target: name("parked"),
    }
}

pub(super) fn counts_of(bench: &Bench, subscription: &str) -> Counts {
    let id = bench.core.subscription(&name(subscription)).unwrap().id;
    bench
        .core
        .subscription_counts(id, bench.now)
        .unwrap()
        .counts
}

/// What others do for a move: they come back with what is to be published, one batch a partition.
fn step(bench: &mut Bench) -> Option<Result<bool, Refusal>> {
    let slice = bench.core.next_move(bench.now)?;
    let messages = (0..).zip(&slice.messages).map(|(index, view)| {
        let dead = view.states[0].dead.unwrap();
        (view.id.offset, dead.text, Partition(0), index)
    });
    let moved = Moved {
        messages: messages.collect(),
        batches: vec![(Partition(0), body(slice.messages.len(), 10, &[]))],
        step: slice.step,
    };
    let done = bench.core.moved(moved, bench.now);
    bench.drain();
    Some(done)
}

pub(super) fn finish_move(bench: &mut Bench, id: OperationId) -> OperationState {
    for _ in 0..1_000 {
        if state(bench, id).progress.phase.is_over() {
            break;
        }
        if let Some(done) = step(bench) {
            assert_eq!(done, Ok(true));
        } else {
            bench.pass(Span::from_millis(10));
        }
    }
    let state = state(bench, id);
    assert!(state.progress.phase.is_over(), "{state:?}");
    check(bench);
    state
}

pub(super) fn take_from(bench: &mut Bench, subscription: &str, count: u64) {
    let consumer = bench.attach(subscription, count, 1 << 30);
    bench.dispatch();
    let range = crate::core::SequenceRange {
        first: 1,
        last: count,
    };
    assert_eq!(bench.core.stream_ack(consumer, &[range], bench.now), []);
    let how = crate::core::Departure::Clean;
    bench.core.detach(consumer, how, bench.now);
    bench.drain();
}

#[test]
fn a_moved_message_is_in_one_of_two_places_and_comes_back_if_nobody_was_handed_it() {
    let mut bench = bench_with_dead(1_200);
    let planned = plan(&mut bench, to_parked());
    assert_eq!((planned.deed, planned.counts.affected), (Deed::Move, 1_200));
    assert_eq!(planned.target.1, "parked");
    assert_eq!(planned.text, "all, to topic parked");
    let id = apply(&mut bench, &planned, Pace::default());
    bench.pass(Span::from_millis(1));
    assert_eq!(step(&mut bench), Some(Ok(true)));
    let (from, to) = (counts(&bench), counts_of(&bench, "p"));
    assert_eq!((from.dead, to.ready), (700, 500), "a step is bounded");
    restart(&mut bench);
    let done = finish_move(&mut bench, id);
    assert_eq!(
        (done.progress.phase, done.progress.affected),
        (Phase::Finished, 1_200)
    );
    let (from, to) = (counts(&bench), counts_of(&bench, "p"));
    assert_eq!(
        (from.dead, from.dropped[MOVED], to.ready),
        (0, 1_200, 1_200)
    );
    take_from(&mut bench, "p", 200);
    restart(&mut bench);
    let undo = plan(&mut bench, Order::Undo { operation: id });
    assert_eq!((undo.counts.selected, undo.counts.affected), (1_200, 1_000));
    let undo = apply(&mut bench, &undo, Pace::default());
    run(&mut bench, undo);
    restart(&mut bench);
    let (from, to) = (counts(&bench), counts_of(&bench, "p"));
    assert_eq!((from.dead, from.dropped[MOVED]), (1_000, 200));
    assert_eq!((to.ready, to.acked, to.dropped[MOVED]), (0, 200, 1_000));
}

#[test]
fn a_move_skips_what_is_no_longer_dead_and_refuses_a_step_that_is_out_of_date() {
    let mut bench = bench_with_dead(10);
    let planned = plan(&mut bench, to_parked());
    let id = apply(&mut bench, &planned, Pace::default());
    let slice = bench.core.next_move(bench.now).unwrap();
    assert_eq!(slice.messages.len(), 10);
    let discard = plan(&mut bench, dropping(PurgeScope::Dead));
    let discard = apply(&mut bench, &discard, Pace::default());
    // The move holds its turn, the other one goes on.
    bench.pass(Span::from_millis(1));
    assert_eq!(
        state(&bench, discard).progress.phase,
        Phase::Finished,
        "one does not wait for the other"
    );
    let moved = Moved {
        messages: vec![(Offset(0), Position(1), Partition(0), 0)],
        batches: vec![(Partition(0), body(1, 10, &[]))],
        step: slice.step,
    };
    assert_eq!(bench.core.moved(moved, bench.now), Ok(false));
    bench.drain();
    let done = finish_move(&mut bench, id);
    assert_eq!((done.progress.affected, done.progress.skipped), (0, 10));
    assert_eq!(counts_of(&bench, "p").ready, 0);
}

#[test]
fn a_move_stops_once_nobody_reads_where_it_goes() {
    let mut bench = bench_with_dead(600);
    let planned = plan(&mut bench, to_parked());
    let id = apply(&mut bench, &planned, Pace::default());
    assert_eq!(step(&mut bench), Some(Ok(true)));
    bench
        .core
        .delete_subscription(&name("p"), bench.now)
        .unwrap();
    bench.drain();
    let done = finish_move(&mut bench, id);
    assert_eq!(
        (done.progress.phase, done.progress.affected),
        (Phase::Stopped, 500)
    );
    assert!(done.progress.note.contains("parked"), "{done:?}");
    assert_eq!(counts(&bench).dead, 100);
}

pub(super) fn to(target: &str) -> Order {
    Order::Move {
        subscription: name("s"),
        selection: all(),
        target: name(target),
    }
}

#[test]
fn a_move_to_nobody_is_refused() {
    let mut bench = bench_with_dead(1);
    bench.topic("alone", TopicSettings::default());
    let alone = bench.core.plan(to("alone"), bench.now);
    assert!(matches!(alone, Err(Refusal::NoSubscription { .. })));
    let missing = bench.core.plan(to("missing"), bench.now);
    assert!(matches!(missing, Err(Refusal::TopicNotFound { .. })));
}

#[test]
fn dead_messages_that_go_to_their_own_topic_are_new_ones_for_all_who_read_it() {
    let mut bench = bench();
    bench.subscription("o", "t", SubscriptionSettings::default());
    die(&mut bench, 600);
    take_from(&mut bench, "o", 600);
    let planned = plan(&mut bench, to("t"));
    assert_eq!(planned.target.1, "t");
    assert!(
        planned.warnings[0].starts_with("all 2 subscriptions of t get them"),
        "{:?}",
        planned.warnings
    );
    let id = apply(&mut bench, &planned, Pace::default());
    bench.pass(Span::from_millis(1));
    assert_eq!(step(&mut bench), Some(Ok(true)));
    let (own, other) = (counts(&bench), counts_of(&bench, "o"));
    assert_eq!((own.dead, own.ready, other.ready), (100, 500, 500));
    restart(&mut bench);
    let done = finish_move(&mut bench, id);
    assert_eq!(
        (done.progress.phase, done.progress.affected),
        (Phase::Finished, 600),
        "what it has published is not in its selection"
    );
    let (own, other) = (counts(&bench), counts_of(&bench, "o"));
    assert_eq!((own.dead, own.ready, own.dropped[MOVED]), (0, 600, 600));
    assert_eq!((other.ready, other.acked), (600, 600));
    // What one of them was handed stays with both, since it would be done twice otherwise.
    take_from(&mut bench, "o", 200);
    restart(&mut bench);
    let undo = plan(&mut bench, Order::Undo { operation: id });
    assert_eq!((undo.counts.selected, undo.counts.affected), (600, 400));
    let undo = apply(&mut bench, &undo, Pace::default());
    run(&mut bench, undo);
    restart(&mut bench);
    let (own, other) = (counts(&bench), counts_of(&bench, "o"));
    assert_eq!((own.dead, own.ready, own.dropped[MOVED]), (400, 200, 600));
    assert_eq!((other.ready, other.acked), (0, 800));
    assert_eq!(other.dropped[MOVED], 400);
}

#[test]
fn what_filters_leave_out_of_a_move_to_the_own_topic_is_said() {
    let mut bench = bench();
    bench.subscription("f", "t", only("attributes.kind = \"a\""));
    die(&mut bench, 1);
    let planned = plan(&mut bench, to("t"));
    assert_eq!(
        planned.warnings[0],
        "all 2 subscriptions of t get them as new messages, also those that have finished them; \
         those with a filter only what it lets pass"
    );
    let gone = bench.core.delete_subscription(&name("f"), bench.now);
    gone.unwrap();
    bench.drain();
    let planned = plan(&mut bench, to("t"));
    assert_eq!(
        planned.warnings[0],
        "they are new messages of t then, behind what waits there"
    );
}

pub(super) fn edit_of(bench: &Bench, offset: u64) -> Order {
    let topic = bench.core.route(&name("t")).unwrap().topic;
    let message = MessageId {
        topic,
        partition: Partition(0),
        offset: Offset(offset),
    };
    let (view, _) = bench.core.message(message, bench.now).unwrap();
    let mut states = view.states.iter();
    let state = states.find(|state| state.subscription == name("s"));
    let dead = state.unwrap().dead.unwrap();
    Order::Edit(Box::new(EditOrder {
        subscription: name("s"),
        message,
        text: dead.text,
        edited: Edited {
            content: vec![b'y'; 20].into(),
            key: 0,
            partition: Partition(0),
        },
        changes: Vec::new(),
        warnings: Vec::new(),
    }))
}

pub(super) fn apply_edit(bench: &mut Bench, order: Order) -> OperationId {
    let planned = plan(bench, order);
    let (edited, operation) = bench.core.edited(planned.id, bench.now).unwrap();
    assert_eq!(edited.content.len(), 20);
    let later = OperationId(operation.0 + 1);
    let refused = bench
        .core
        .apply_edit(planned.id, (later, body(1, 20, &[])), bench.now);
    assert_eq!(refused, Ok(None), "it would name another operation");
    let applied = bench
        .core
        .apply_edit(planned.id, (operation, body(1, 20, &[])), bench.now);
    let state = applied.unwrap().unwrap();
    bench.drain();
    check(bench);
    assert_eq!(state.record.id, operation);
    let again = bench
        .core
        .apply_edit(planned.id, (operation, body(1, 20, &[])), bench.now);
    assert_eq!(again, Ok(Some(state)), "a plan is applied once");
    operation
}

#[test]
fn an_edited_message_is_for_the_subscription_in_which_it_died_alone() {
    let mut bench = bench();
    bench.subscription("o", "t", SubscriptionSettings::default());
    die(&mut bench, 3);
    let order = edit_of(&bench, 1);
    let id = apply_edit(&mut bench, order);
    let (own, other) = (counts(&bench), counts_of(&bench, "o"));
    assert_eq!((own.dead, own.ready, own.dropped[MOVED]), (2, 1, 1));
    assert_eq!(other.ready, 3, "the other has what was published to all");
    restart(&mut bench);
    take_from(&mut bench, "o", 3);
    let undo = plan(&mut bench, Order::Undo { operation: id });
    assert_eq!(undo.counts.affected, 1);
    let undo = apply(&mut bench, &undo, Pace::default());
    run(&mut bench, undo);
    restart(&mut bench);
    let own = counts(&bench);
    assert_eq!((own.dead, own.ready), (3, 0));
}

#[test]
fn an_edited_message_that_was_handed_out_stays() {
    let mut bench = bench();
    die(&mut bench, 1);
    let order = edit_of(&bench, 0);
    let id = apply_edit(&mut bench, order);
    take_from(&mut bench, "s", 1);
    restart(&mut bench);
    let undo = plan(&mut bench, Order::Undo { operation: id });
    assert_eq!((undo.counts.selected, undo.counts.affected), (1, 0));
    let undo = apply(&mut bench, &undo, Pace::default());
    run(&mut bench, undo);
    let own = counts(&bench);
    assert_eq!((own.dead, own.acked), (0, 1));
}
