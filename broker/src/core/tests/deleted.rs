//! Deletions taken back: a topic or a subscription is there again as it was, as long as it can be.

use super::bench::{Bench, From, body, name};
use super::operating::{HOUR, apply, bench, check, counts, dropping, finish, kill, plan, state};
use crate::core::{
    Departure, Nack, NackAction, Order, Pace, PurgeScope, SequenceRange, UndoLimits,
};
use crate::delivery::Counts;
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{OperationId, Partition, Position, Refusal, Span};

pub(super) fn topic_gone() -> Order {
    Order::DeleteTopic {
        topic: name("t"),
        with_subscriptions: true,
    }
}

pub(super) fn gone() -> Order {
    Order::DeleteSubscription {
        subscription: name("s"),
    }
}

pub(super) fn delete(bench: &mut Bench, order: Order) -> OperationId {
    let planned = plan(bench, order);
    assert_eq!(planned.grace, HOUR, "{}", planned.undo_note);
    apply(bench, &planned, Pace::default())
}

pub(super) fn undo(bench: &mut Bench, operation: OperationId) -> u64 {
    let planned = plan(bench, Order::Undo { operation });
    let id = apply(bench, &planned, Pace::default());
    bench.dispatch();
    assert!(state(bench, id).progress.phase.is_over());
    assert_eq!(state(bench, operation).progress.undone_by, id);
    check(bench);
    planned.counts.affected
}

/// A start from anything it may find knows the same operations, and keeps the same frames.
pub(super) fn start_anew(bench: &mut Bench) {
    bench.core.tick(bench.now);
    bench.drain();
    let operations = bench.core.operations(OperationId(u64::MAX), 100, None);
    let kept = bench.kept.clone();
    for from in [From::Everything, From::Floor, From::Checkpoint] {
        let report = bench.restart(from);
        assert_eq!(report.notes, [""; 0], "{from:?}");
        bench.core.limit_undo(UndoLimits {
            grace: HOUR,
            bytes: u64::MAX,
        });
        let after = bench.core.operations(OperationId(u64::MAX), 100, None);
        assert_eq!(after, operations, "{from:?}");
        assert_eq!(bench.kept, kept, "{from:?}");
        check(bench);
    }
}

/// States everything anew, so that a start finds only that.
fn restate(bench: &mut Bench) {
    let before = bench.core.next_position();
    while !bench.core.restate(before, 1 << 20) {
        bench.drain();
    }
    bench.drain();
    assert!(bench.core.state_floor() >= before);
}

fn refused(bench: &mut Bench, operation: OperationId) -> Refusal {
    let planned = bench.core.plan(Order::Undo { operation }, bench.now);
    planned.expect_err("it cannot be undone")
}

/// Of 12 messages 2 are finished, 3 dead, 2 in backoff, 2 leased and 3 ready.
fn of_all_kinds(bench: &mut Bench) -> Counts {
    bench.publish("t", 0, body(12, 10, &[]));
    finish(bench, 2);
    kill(bench, 3);
    let consumer = bench.attach("s", 2, 1 << 20);
    bench.dispatch();
    let nack = Nack {
        action: NackAction::Retry(None),
        reason: "later".to_owned(),
        class: "slow".to_owned(),
    };
    let range = SequenceRange { first: 1, last: 2 };
    assert_eq!(
        bench.core.stream_nack(consumer, range, &nack, bench.now),
        []
    );
    bench.core.detach(consumer, Departure::Clean, bench.now);
    bench.attach("s", 2, 1 << 20);
    bench.dispatch();
    let counts = counts(bench);
    let states = (counts.acked, counts.dead, counts.waiting, counts.leased);
    assert_eq!((states, counts.ready), ((2, 3, 2, 2), 3));
    counts
}

#[test]
fn a_deleted_subscription_comes_back_with_its_messages_and_those_since() {
    let mut bench = bench();
    let before = of_all_kinds(&mut bench);
    let id = bench.core.subscription(&name("s")).unwrap().id;
    let planned = plan(&mut bench, gone());
    assert_eq!(
        (planned.counts.affected, planned.counts.ended_leases),
        (10, 2)
    );
    assert_eq!(planned.counts.consumers, 1);
    let deletion = apply(&mut bench, &planned, Pace::default());
    assert_eq!(bench.ended.len(), 1, "its consumer ends");
    assert!(bench.core.subscription(&name("s")).is_err());
    let broker = bench.core.broker_counts(bench.now);
    assert_eq!(
        (broker.subscriptions, broker.backlog, broker.dead),
        (0, 0, 0)
    );
    start_anew(&mut bench);
    restate(&mut bench);
    start_anew(&mut bench);
    bench.publish("t", 0, body(4, 10, &[]));
    bench.pass(Span::from_secs(5));
    assert_eq!(bench.core.low(&name("t"), Partition(0)).0, 2, "they stay");
    let undone = plan(
        &mut bench,
        Order::Undo {
            operation: deletion,
        },
    );
    assert!(undone.warnings[0].starts_with("4 messages were published"));
    assert_eq!(undo(&mut bench, deletion), 14);
    let found = bench.core.subscription(&name("s")).unwrap();
    assert_eq!((found.id, &found.topic_name), (id, &name("t")));
    let after = counts(&bench);
    assert_eq!((after.dead, after.acked), (before.dead, before.acked));
    // Those in backoff may be ready again by now, and those that were leased are.
    assert_eq!((after.leased, after.ready + after.waiting), (0, 11));
    let broker = bench.core.broker_counts(bench.now);
    assert_eq!(
        (broker.subscriptions, broker.backlog, broker.dead),
        (1, 11, 3)
    );
    assert_eq!(bench.core.held_bytes(bench.now), 0);
    start_anew(&mut bench);
    assert_eq!(counts(&bench).dead, 3);
    bench.pass(Span::from_secs(60));
    finish(&mut bench, 11);
    // The texts of the dead were kept all the time, and go with them.
    let planned = plan(&mut bench, dropping(PurgeScope::Dead));
    apply(&mut bench, &planned, Pace::default());
    for _ in 0..3 {
        bench.pass(HOUR);
    }
    assert_eq!(counts(&bench).sum_error(), 0);
    assert!(bench.kept.is_empty(), "{:?}", bench.kept);
    let acts = bench.core.acts_after(0, 100).into_iter();
    let verbs: Vec<_> = acts.map(|act| act.verb).collect();
    let last = [
        "subscription.delete",
        "undo",
        "discard.begin",
        "discard.finish",
    ];
    assert!(verbs.ends_with(&last.map(str::to_owned)), "{verbs:?}");
}

#[test]
fn a_deleted_topic_comes_back_with_its_subscriptions() {
    let mut bench = bench();
    let before = of_all_kinds(&mut bench);
    bench.subscription("late", "t", SubscriptionSettings::default());
    let topic = bench.core.topic(&name("t")).unwrap();
    let kept = bench.kept.clone();
    let deletion = delete(&mut bench, topic_gone());
    assert!(bench.core.topic(&name("t")).is_err());
    assert_eq!(bench.core.broker_counts(bench.now).topics, 0);
    assert_eq!(bench.kept, kept, "all of it stays stored");
    let log = bench
        .core
        .live_positions(Position(1)..=bench.core.last_position());
    assert_eq!(log, kept.keys().copied().collect::<Vec<_>>());
    assert_eq!(bench.core.held_bytes(bench.now), 120);
    start_anew(&mut bench);
    restate(&mut bench);
    start_anew(&mut bench);
    assert_eq!(undo(&mut bench, deletion), 10 + 12);
    assert_eq!(bench.core.route(&name("t")).unwrap().topic, topic.id);
    assert_eq!(bench.core.topic(&name("t")).unwrap(), topic);
    let after = counts(&bench);
    assert_eq!((after.dead, after.acked), (before.dead, before.acked));
    assert_eq!(after.ready + after.waiting, 7);
    start_anew(&mut bench);
    // It goes on where it was.
    bench.publish("t", 0, body(1, 10, &[]));
    assert_eq!(counts(&bench).entered, 13);
    let again = refused(&mut bench, deletion);
    assert!(matches!(again, Refusal::UndoTooLate { .. }), "{again}");
}

#[test]
fn a_name_that_is_taken_is_in_the_way_until_it_is_free() {
    let mut bench = bench();
    bench.publish("t", 0, body(3, 10, &[]));
    let deletion = delete(&mut bench, topic_gone());
    // Topic and subscription again, by the same names.
    bench.topic("t", TopicSettings::default());
    bench.subscription("s", "t", SubscriptionSettings::default());
    bench.publish("t", 0, body(1, 10, &[]));
    start_anew(&mut bench);
    let said = refused(&mut bench, deletion).to_string();
    assert_eq!(
        said,
        "operation 1 cannot be undone now: another topic is named t now; delete that one first, \
         by a plan, which can be undone in its turn, or keep it and leave the old one"
    );
    let second = delete(&mut bench, topic_gone());
    start_anew(&mut bench);
    assert_eq!(undo(&mut bench, deletion), 3);
    let said = refused(&mut bench, second);
    assert!(matches!(said, Refusal::UndoBlocked { .. }), "{said}");
    let third = delete(&mut bench, topic_gone());
    assert_eq!(undo(&mut bench, second), 1);
    assert_eq!(counts(&bench).ready, 1);
    start_anew(&mut bench);
    assert!(state(&bench, third).progress.undo_until.0 > 0);
}

#[test]
fn what_has_taken_the_name_since_the_plan_stops_the_undo() {
    let mut bench = bench();
    let deletion = delete(&mut bench, gone());
    let planned = plan(
        &mut bench,
        Order::Undo {
            operation: deletion,
        },
    );
    bench.subscription("s", "t", SubscriptionSettings::default());
    let applied = bench
        .core
        .apply_plan(planned.id, Pace::default(), bench.now);
    assert!(
        matches!(applied, Err(Refusal::UndoBlocked { .. })),
        "{applied:?}"
    );
    bench
        .core
        .delete_subscription(&name("s"), bench.now)
        .unwrap();
    bench.drain();
    // The plan still holds; an empty subscription comes back as well.
    apply(&mut bench, &planned, Pace::default());
    assert_eq!(counts(&bench).entered, 0);
    check(&mut bench);
}

#[test]
fn after_its_grace_it_is_gone_for_good() {
    for order in [gone(), topic_gone()] {
        let mut bench = bench();
        of_all_kinds(&mut bench);
        let deletion = delete(&mut bench, order.clone());
        bench.pass(Span::from_secs(3_000));
        start_anew(&mut bench);
        assert!(!bench.kept.is_empty());
        for _ in 0..3 {
            bench.pass(HOUR);
        }
        let progress = state(&bench, deletion).progress;
        assert_eq!(progress.undo_until.0, 0);
        let said = refused(&mut bench, deletion).to_string();
        assert_eq!(
            said,
            "operation 1 cannot be undone any more: the time in which it could be undone is over"
        );
        assert!(bench.kept.is_empty(), "{:?}", bench.kept);
        assert_eq!(bench.core.held_bytes(bench.now), 0);
        start_anew(&mut bench);
        let said = refused(&mut bench, deletion);
        assert!(matches!(said, Refusal::UndoTooLate { .. }), "{said}");
        assert!(bench.core.subscription(&name("s")).is_err());
    }
}

#[test]
fn a_full_disk_and_a_small_budget_give_it_up_and_say_so() {
    for order in [gone(), topic_gone()] {
        let mut bench = bench();
        of_all_kinds(&mut bench);
        let deletion = delete(&mut bench, order);
        assert!(bench.core.give_up_undo(bench.now));
        bench.drain();
        let note = state(&bench, deletion).progress.note;
        assert!(note.contains("the disk is full"), "{note}");
        for _ in 0..3 {
            bench.pass(Span::from_secs(5));
        }
        assert!(bench.kept.is_empty(), "{:?}", bench.kept);
        start_anew(&mut bench);
    }
    let mut bench = bench();
    of_all_kinds(&mut bench);
    let deletion = delete(&mut bench, topic_gone());
    bench.core.limit_undo(UndoLimits {
        grace: HOUR,
        bytes: 100,
    });
    bench.pass(Span::from_secs(2));
    let note = state(&bench, deletion).progress.note;
    assert!(note.contains("needed the room"), "{note}");
    assert!(bench.kept.is_empty(), "{:?}", bench.kept);
}

#[test]
fn what_holds_more_than_is_kept_is_deleted_for_good_and_the_plan_says_so() {
    for (grace, bytes, why) in [
        (HOUR, 100, "120 bytes"),
        (Span::ZERO, 1_000, "undo grace is 0"),
    ] {
        for order in [gone(), topic_gone()] {
            let mut bench = bench();
            bench.publish("t", 0, body(12, 10, &[]));
            bench.core.limit_undo(UndoLimits { grace, bytes });
            let planned = plan(&mut bench, order);
            assert_eq!(planned.grace, Span::ZERO);
            assert!(planned.undo_note.contains(why), "{}", planned.undo_note);
            let deletion = apply(&mut bench, &planned, Pace::default());
            let said = refused(&mut bench, deletion);
            assert!(matches!(said, Refusal::UndoTooLate { .. }), "{said}");
            assert_eq!(bench.core.held_bytes(bench.now), 0);
            start_anew(&mut bench);
        }
    }
}

#[test]
fn a_subscription_waits_for_its_topic_and_goes_with_it() {
    let mut bench = bench();
    bench.publish("t", 0, body(5, 10, &[]));
    let first = delete(&mut bench, gone());
    let second = delete(&mut bench, topic_gone());
    start_anew(&mut bench);
    let said = refused(&mut bench, first).to_string();
    assert!(
        said.ends_with(
            "the topic of subscription s was deleted by operation 2; undo that one first"
        ),
        "{said}"
    );
    assert_eq!(undo(&mut bench, second), 0);
    assert_eq!(undo(&mut bench, first), 5);
    // An older act on it waits, too.
    let planned = plan(&mut bench, dropping(PurgeScope::Backlog));
    let purge = apply(&mut bench, &planned, Pace::default());
    bench.pass(Span::from_secs(1));
    let third = delete(&mut bench, gone());
    start_anew(&mut bench);
    let said = refused(&mut bench, purge).to_string();
    assert!(
        said.ends_with("was deleted by operation 6; undo that one first"),
        "{said}"
    );
    undo(&mut bench, third);
    let planned = plan(&mut bench, Order::Undo { operation: purge });
    assert_eq!(planned.counts.affected, 5);
    // A deletion that is meant for good leaves nothing behind.
    let last = delete(&mut bench, gone());
    bench
        .core
        .delete_topic(&name("t"), false, bench.now)
        .unwrap();
    bench.drain();
    let said = refused(&mut bench, last).to_string();
    assert!(said.ends_with("its topic was deleted for good"), "{said}");
    assert!(bench.kept.is_empty(), "{:?}", bench.kept);
    start_anew(&mut bench);
}

#[test]
fn a_topic_that_goes_for_good_takes_what_was_deleted_of_it_along() {
    let mut bench = bench();
    bench.publish("t", 0, body(5, 10, &[]));
    let first = delete(&mut bench, gone());
    bench.pass(Span::from_secs(60));
    let second = delete(&mut bench, topic_gone());
    bench.core.close_undo(second, "a test ends it", bench.now);
    bench.drain();
    let said = refused(&mut bench, first).to_string();
    assert!(said.ends_with("its topic is gone for good"), "{said}");
    assert!(bench.kept.is_empty(), "{:?}", bench.kept);
    start_anew(&mut bench);
}
