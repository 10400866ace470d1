//! Operations: planned, carried out in steps, held, ended, and taken back; and who did what.
//!
//! Long because: the promises of operations, and what all tests of them build on.

use super::bench::{Bench, From, body, name};
use crate::core::{
    Control, Nack, NackAction, Order, Pace, Plan, PurgeScope, Selection, SequenceRange, UndoLimits,
};
use crate::delivery::Counts;
use crate::model::entry::{Deed, OperationState, Phase, Who};
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{Offset, OperationId, PlanId, Refusal, Span};

pub(super) const HOUR: Span = Span::from_secs(3_600);

/// A broker with a topic `t`, a subscription `s`, and a way back of an hour.
pub(super) fn bench_with(settings: SubscriptionSettings) -> Bench {
    bench_of(settings, Span::ZERO)
}

/// The same, whose topic keeps finished messages for a time.
pub(super) fn bench_of(settings: SubscriptionSettings, retention: Span) -> Bench {
    let mut bench = Bench::new();
    bench.core.limit_undo(UndoLimits {
        grace: HOUR,
        bytes: u64::MAX,
    });
    let topic = TopicSettings {
        retention,
        ..TopicSettings::default()
    };
    bench.topic("t", topic);
    bench.subscription("s", "t", settings);
    bench
}

pub(super) fn bench() -> Bench {
    bench_with(SubscriptionSettings::default())
}

pub(super) fn all() -> Selection {
    Selection {
        all: true,
        ..Selection::default()
    }
}

pub(super) fn requeue() -> Order {
    Order::Requeue {
        subscription: name("s"),
        selection: all(),
    }
}

pub(super) fn dropping(scope: PurgeScope) -> Order {
    Order::Drop {
        subscription: name("s"),
        selection: all(),
        scope,
        is_final: false,
    }
}

/// Publishes and lets all die, one by one so that each has a history of its own.
pub(super) fn die(bench: &mut Bench, count: usize) {
    bench.publish("t", 0, body(count, 10, &[]));
    kill(bench, count as u64);
}

/// Takes so many and says that they are no good.
pub(super) fn kill(bench: &mut Bench, count: u64) {
    let consumer = bench.attach("s", count, 1 << 30);
    bench.dispatch();
    for sequence in 1..=count {
        let nack = Nack {
            action: NackAction::Dead,
            reason: format!("no {sequence}"),
            class: "bad".to_owned(),
        };
        let range = SequenceRange {
            first: sequence,
            last: sequence,
        };
        let stale = bench.core.stream_nack(consumer, range, &nack, bench.now);
        assert_eq!(stale, []);
    }
    bench
        .core
        .detach(consumer, crate::core::Departure::Clean, bench.now);
    bench.drain();
}

/// Takes so many and finishes them.
pub(super) fn finish(bench: &mut Bench, count: u64) {
    let consumer = bench.attach("s", count, 1 << 30);
    bench.dispatch();
    let range = SequenceRange {
        first: 1,
        last: count,
    };
    assert_eq!(bench.core.stream_ack(consumer, &[range], bench.now), []);
    bench
        .core
        .detach(consumer, crate::core::Departure::Clean, bench.now);
    bench.drain();
}

pub(super) fn counts(bench: &Bench) -> Counts {
    let id = bench.core.subscription(&name("s")).unwrap().id;
    bench
        .core
        .subscription_counts(id, bench.now)
        .unwrap()
        .counts
}

pub(super) fn plan(bench: &mut Bench, order: Order) -> Plan {
    bench.core.plan(order, bench.now).unwrap()
}

pub(super) fn apply(bench: &mut Bench, plan: &Plan, pace: Pace) -> OperationId {
    let state = bench.core.apply_plan(plan.id, pace, bench.now).unwrap();
    bench.drain();
    state.record.id
}

pub(super) fn state(bench: &Bench, id: OperationId) -> OperationState {
    bench.core.operation(id).unwrap()
}

/// Lets time pass until an operation is over.
pub(super) fn run(bench: &mut Bench, id: OperationId) -> OperationState {
    for _ in 0..10_000 {
        if state(bench, id).progress.phase.is_over() {
            break;
        }
        bench.pass(Span::from_millis(10));
    }
    let state = state(bench, id);
    assert!(state.progress.phase.is_over(), "{state:?}");
    check(bench);
    state
}

/// The books are right.
pub(super) fn check(bench: &mut Bench) {
    for _ in 0..4 {
        assert_eq!(bench.core.audit(1_000_000), []);
    }
    assert_eq!(bench.core.verify_acts(), Ok(()));
}

/// A start from anything it may find shows the same.
pub(super) fn restart(bench: &mut Bench) {
    // What has waited long enough is awake before and after.
    bench.core.tick(bench.now);
    bench.drain();
    let before = (
        counts(bench),
        bench.core.operations(OperationId(u64::MAX), 100, None),
    );
    let acts = bench.core.acts_after(0, 1_000);
    for from in [From::Everything, From::Floor, From::Checkpoint] {
        let report = bench.restart(from);
        assert_eq!(report.notes, [""; 0]);
        bench.core.limit_undo(UndoLimits {
            grace: HOUR,
            bytes: u64::MAX,
        });
        let after = (
            counts(bench),
            bench.core.operations(OperationId(u64::MAX), 100, None),
        );
        assert_eq!(after, before, "{from:?}");
        assert_eq!(bench.core.acts_after(0, 1_000), acts, "{from:?}");
        check(bench);
    }
}

#[test]
fn a_plan_is_frozen_and_changes_nothing() {
    let mut bench = bench();
    die(&mut bench, 5);
    let written = bench.journal.len();
    let planned = plan(&mut bench, requeue());
    bench.drain();
    assert_eq!(bench.journal.len(), written, "a plan is in no journal");
    assert_eq!((planned.deed, planned.counts.affected), (Deed::Requeue, 5));
    die(&mut bench, 3);
    let id = apply(&mut bench, &planned, Pace::default());
    let done = run(&mut bench, id);
    assert_eq!(done.progress.phase, Phase::Finished);
    assert_eq!((done.progress.affected, done.record.selected), (5, 5));
    let counts = counts(&bench);
    assert_eq!(
        (counts.ready, counts.dead),
        (5, 3),
        "what died later is not in it"
    );
}

#[test]
fn a_plan_is_applied_once_however_often_it_is_asked_for() {
    let mut bench = bench();
    die(&mut bench, 4);
    let planned = plan(&mut bench, requeue());
    let id = apply(&mut bench, &planned, Pace::default());
    assert_eq!(apply(&mut bench, &planned, Pace::default()), id);
    run(&mut bench, id);
    restart(&mut bench);
    assert_eq!(
        apply(&mut bench, &planned, Pace::default()),
        id,
        "after a start, too"
    );
    assert_eq!(counts(&bench).ready, 4);
}

#[test]
fn a_plan_expires_with_its_time_and_its_broker() {
    let mut bench = bench();
    die(&mut bench, 1);
    let old = plan(&mut bench, requeue()).id;
    bench.pass(Span::from_secs(600));
    let refused = bench.core.apply_plan(old, Pace::default(), bench.now);
    let expired = |id: PlanId| {
        Err(Refusal::PlanExpired {
            plan: id.to_string(),
        })
    };
    assert_eq!(refused, expired(old));
    let before = plan(&mut bench, requeue()).id;
    bench.restart(From::Everything);
    assert_eq!(
        bench.core.apply_plan(before, Pace::default(), bench.now),
        expired(before)
    );
    let other = PlanId {
        broker: 77,
        ..before
    };
    let refused = bench.core.apply_plan(other, Pace::default(), bench.now);
    let plan = other.to_string();
    assert_eq!(refused, Err(Refusal::PlanOfAnotherBroker { plan }));
}

#[test]
fn a_selection_that_has_shrunk_is_found_so() {
    let mut bench = bench();
    die(&mut bench, 10);
    let planned = plan(&mut bench, requeue());
    let selection = Selection {
        keep_newest: Some(6),
        ..Selection::default()
    };
    let order = Order::Drop {
        subscription: name("s"),
        selection,
        scope: PurgeScope::Dead,
        is_final: false,
    };
    let discard = plan(&mut bench, order);
    let id = apply(&mut bench, &discard, Pace::default());
    run(&mut bench, id);
    let (left, next) = bench.core.recheck_plan(planned.id, (0, Offset(0)), 100);
    assert_eq!((left, next), (6, None));
    // Whoever allows that gets the rest.
    let id = apply(&mut bench, &planned, Pace::default());
    let done = run(&mut bench, id).progress;
    assert_eq!((done.affected, done.skipped), (6, 4));
}

#[test]
fn an_operation_is_paused_resumed_and_cancelled_between_messages_and_outlives_the_broker() {
    let mut bench = bench();
    die(&mut bench, 500);
    let planned = plan(&mut bench, requeue());
    let slow = Pace {
        rate: 100,
        ..Pace::default()
    };
    let id = apply(&mut bench, &planned, slow);
    for _ in 0..20 {
        bench.pass(Span::from_millis(50));
    }
    let done = state(&bench, id).progress.affected;
    assert!(
        (90..=120).contains(&done),
        "{done} after a second at 100 a second"
    );
    bench.core.control(id, Control::Pause, bench.now).unwrap();
    bench.drain();
    restart(&mut bench);
    bench.pass(Span::from_secs(5));
    assert_eq!(state(&bench, id).progress.affected, done, "it is held");
    bench.core.control(id, Control::Resume, bench.now).unwrap();
    bench.pass(Span::from_millis(500));
    restart(&mut bench);
    bench.pass(Span::from_millis(500));
    let more = state(&bench, id).progress.affected;
    assert!(more > done, "it goes on after a start");
    let ended = bench.core.control(id, Control::Cancel, bench.now).unwrap();
    bench.drain();
    assert_eq!(ended.progress.phase, Phase::Cancelled);
    bench.pass(Span::from_secs(5));
    let books = counts(&bench);
    assert_eq!(books.ready, state(&bench, id).progress.affected);
    assert_eq!(books.ready + books.dead, 500);
    let refused = bench.core.control(id, Control::Pause, bench.now);
    assert!(matches!(refused, Err(Refusal::OperationState { .. })));
    let unknown = OperationId(99);
    let refused = bench.core.control(unknown, Control::Pause, bench.now);
    assert_eq!(
        refused,
        Err(Refusal::OperationNotFound { operation: unknown })
    );
    // What it did can be taken back.
    let undo = plan(&mut bench, Order::Undo { operation: id });
    let undo = apply(&mut bench, &undo, Pace::default());
    run(&mut bench, undo);
    assert_eq!(counts(&bench).dead, 500);
}

#[test]
fn an_operation_rests_and_goes_on_while_others_are_served() {
    let mut bench = bench();
    die(&mut bench, 5);
    let planned = plan(&mut bench, requeue());
    let rested = bench.now.mono.plus(Span::from_millis(100));
    bench.core.rest_operations(rested);
    let id = apply(&mut bench, &planned, Pace::default());
    for _ in 0..9 {
        bench.pass(Span::from_millis(10));
        assert!(!bench.core.has_step(bench.now));
        assert_eq!(bench.core.next_deadline(bench.now), Some(rested));
        bench.publish("t", 0, body(1, 10, &[]));
    }
    assert_eq!((counts(&bench).dead, counts(&bench).ready), (5, 9));
    let done = run(&mut bench, id);
    assert_eq!(done.progress.affected, 5);
}

#[test]
fn a_canary_that_dies_stops_the_rest() {
    let mut bench = bench();
    die(&mut bench, 100);
    let pace = Pace {
        canary: 5,
        canary_wait: Span::from_secs(10),
        ..Pace::default()
    };
    let planned = plan(&mut bench, requeue());
    let id = apply(&mut bench, &planned, pace);
    bench.pass(Span::from_millis(1));
    assert_eq!(state(&bench, id).progress.phase, Phase::Waiting);
    assert_eq!(counts(&bench).ready, 5);
    kill(&mut bench, 1);
    restart(&mut bench);
    let done = run(&mut bench, id);
    assert_eq!(done.progress.phase, Phase::Stopped);
    assert_eq!((done.progress.affected, done.progress.died), (5, 1));
    assert_eq!(counts(&bench).dead, 96);
    // One that lives lets them go.
    finish(&mut bench, 4);
    let planned = plan(&mut bench, requeue());
    let id = apply(&mut bench, &planned, pace);
    bench.pass(Span::from_millis(1));
    finish(&mut bench, 5);
    let done = run(&mut bench, id);
    assert_eq!(
        (done.progress.phase, done.progress.affected),
        (Phase::Finished, 96)
    );
}

#[test]
fn a_brake_stops_when_too_many_die_again() {
    let mut bench = bench();
    die(&mut bench, 200);
    let pace = Pace {
        rate: 200,
        brake: 1_000,
        ..Pace::default()
    };
    let planned = plan(&mut bench, requeue());
    let id = apply(&mut bench, &planned, pace);
    while !state(&bench, id).progress.phase.is_over() {
        bench.pass(Span::from_millis(50));
        let ready = counts(&bench).ready;
        if ready > 0 {
            kill(&mut bench, ready);
        }
    }
    let done = state(&bench, id);
    assert_eq!(done.progress.phase, Phase::Stopped);
    assert!(done.progress.affected < 200, "{done:?}");
    check(&mut bench);
}

#[test]
fn attempts_that_are_kept_make_the_next_failure_the_last() {
    let settings = SubscriptionSettings {
        max_attempts: 5,
        ..SubscriptionSettings::default()
    };
    let mut bench = bench_with(settings);
    die(&mut bench, 1);
    let pace = Pace {
        keeps_attempts: true,
        ..Pace::default()
    };
    let planned = plan(&mut bench, requeue());
    let id = apply(&mut bench, &planned, pace);
    run(&mut bench, id);
    restart(&mut bench);
    let consumer = bench.attach("s", 1, 1_000);
    bench.dispatch();
    assert_eq!(
        bench.grants[0].runs[0].attempt, 2,
        "the first one still counts"
    );
    bench
        .core
        .detach(consumer, crate::core::Departure::Clean, bench.now);
}

#[test]
fn acts_are_on_record_with_who_did_them_and_a_changed_one_shows() {
    let mut bench = bench();
    die(&mut bench, 2);
    let who = Who {
        actor: "dana".to_owned(),
        peer: "127.0.0.1:9".to_owned(),
    };
    bench.core.set_who(Some(who.clone()));
    let planned = plan(&mut bench, requeue());
    let id = apply(&mut bench, &planned, Pace::default());
    bench.core.set_who(None);
    run(&mut bench, id);
    restart(&mut bench);
    let acts = bench.core.acts_after(0, 100);
    let verbs: Vec<&str> = acts.iter().map(|act| act.verb.as_str()).collect();
    let expected = [
        "topic.create",
        "subscription.create",
        "requeue.begin",
        "requeue.finish",
    ];
    assert_eq!(verbs, expected);
    let begun = &acts[2];
    assert_eq!(
        (&begun.who, begun.plan.as_str()),
        (&who, planned.id.to_string().as_str())
    );
    assert_eq!((acts[3].operation, acts[3].affected), (id, 2));
    for (before, after) in acts.iter().zip(&acts[1..]) {
        assert_eq!(before.digest, after.previous);
    }
    // A byte of one of them is changed on the disk: the chain no longer holds.
    let place = bench
        .journal
        .iter()
        .find(|(_, frame)| frame.kind == 47 && frame.head.windows(4).any(|bytes| bytes == b"dana"));
    let (&at, frame) = place.expect("it is in the journal");
    let mut frame = frame.clone();
    let mut head = frame.head.to_vec();
    let index = head.windows(4).position(|bytes| bytes == b"dana").unwrap();
    head[index] = b'D';
    frame.head = head.into();
    bench.journal.insert(at, frame);
    bench.restart(From::Everything);
    let broken = bench.core.verify_acts().unwrap_err();
    assert_eq!(broken.sequence, 3);
}
