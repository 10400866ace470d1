//! Every row of the table of `console.md` 6.1 as a simulation.

use super::parts::{Sort, hands};
use super::simulator::{HOT_PARTITION, World};
use crate::insight::verdict::{Diagnosis, Verdict};
use crate::insight::{Drain, Severity};

/// What is shown after so many seconds, which must be this.
fn shown(world: &mut World, seconds: u32, verdict: Verdict, severity: Severity) -> Diagnosis {
    let shown = world.run(seconds).expect("enough was seen");
    let reason = shown.reason();
    assert_eq!(
        (shown.verdict, shown.severity),
        (verdict, severity),
        "{reason}"
    );
    assert!(
        reason.ends_with('.') && reason.matches('.').count() >= 1,
        "{reason}"
    );
    assert!(
        !reason.contains("NaN") && !reason.contains("inf"),
        "{reason}"
    );
    shown
}

#[test]
fn stuck_a_message_that_fails_again_and_again_blocks_its_key() {
    let mut world = World::new(2.0, hands(4, 50.0, 100));
    world.hot = 0.5;
    world.run(60);
    world.poison_next = true;
    world.hot = 1.0;
    world.run(1);
    world.hot = 0.05;
    let found = shown(&mut world, 60, Verdict::Stuck, Severity::Act);
    let message = found.message().expect("it is known which one");
    assert_eq!(message.partition, HOT_PARTITION);
    let reason = found.reason();
    assert!(reason.contains(&message.to_string()), "{reason}");
    assert!(reason.contains("blocks its key"), "{reason}");
    assert!(found.advice().contains("more consumers will not help"));
}

#[test]
fn stuck_a_dead_message_holds_its_key() {
    let mut world = World::new(2.0, hands(4, 50.0, 100));
    world.hot = 0.2;
    world.run(30);
    world.hands.clear();
    world.run(20);
    world.kill_head();
    world.hands = hands(4, 50.0, 100);
    let found = shown(&mut world, 60, Verdict::Stuck, Severity::Act);
    assert!(found.reason().contains("is dead and holds its key"));
    assert!(found.advice().contains("release its key"));
}

#[test]
fn stuck_a_message_that_fails_alone_is_to_be_watched() {
    let mut world = World::new(20.0, hands(4, 50.0, 100));
    world.run(60);
    world.poison_next = true;
    let found = shown(&mut world, 60, Verdict::Stuck, Severity::Watch);
    assert!(found.reason().contains("has failed"), "{}", found.reason());
}

#[test]
fn nobody_listens_while_messages_come() {
    let mut world = World::new(20.0, Vec::new());
    let found = shown(&mut world, 30, Verdict::NoConsumers, Severity::Act);
    assert_eq!(found.advice(), "Start consumers.");
    assert!(
        found.reason().contains("20/s come in"),
        "{}",
        found.reason()
    );
}

#[test]
fn nobody_listens_to_what_is_left_over() {
    let mut world = World::new(0.0, Vec::new());
    world.pile(500);
    let found = shown(&mut world, 90, Verdict::NoConsumers, Severity::Watch);
    assert!(
        found.reason().contains("500 messages"),
        "{}",
        found.reason()
    );
}

#[test]
fn nobody_listens_to_a_fresh_backlog_and_neither_word_nor_drain_says_otherwise() {
    // All was well; then calls of Pull take a little of what comes at once, and stop.
    let mut world = World::new(0.0, hands(1, 2.0, 5));
    world.sort = Sort::Pulls;
    assert_eq!(world.verdict_after(20), Some(Verdict::Ok));
    world.pile(100);
    for second in 0..90 {
        if second == 5 {
            world.hands.clear();
        }
        let shown = world.run(1);
        let is_ok = shown.is_some_and(|shown| shown.verdict == Verdict::Ok);
        let is_over = matches!(world.drain, Drain::Never | Drain::Idle | Drain::Stuck);
        let reason = shown.map(|shown| shown.reason()).unwrap_or_default();
        assert!(
            !(is_ok && is_over || reason.contains("Consumers keep up")),
            "after {second} s: {:?}, {reason}",
            world.drain
        );
    }
    let found = shown(&mut world, 1, Verdict::NoConsumers, Severity::Watch);
    assert!(found.reason().contains("No consumer is connected"));
    assert_eq!(world.drain, Drain::Idle);
}

#[test]
fn nobody_listens_is_not_said_of_what_calls_of_pull_take() {
    for seed in 0..5 {
        let mut world = World::new(50.0, hands(2, 40.0, 10)).by_chance(seed);
        world.sort = Sort::Pulls;
        for _ in 0..300 {
            let shown = world.run(1).expect("all is well from the first sample on");
            let reason = shown.reason();
            assert_eq!(shown.verdict, Verdict::Ok, "seed {seed}: {reason}");
            assert!(!reason.contains("Consumers keep up"), "{reason}");
            assert_ne!(world.drain, Drain::Never, "seed {seed}: {reason}");
        }
    }
}

#[test]
fn ok_a_backlog_on_its_way_through_never_drains_never() {
    for (seed, pace) in [(1, 50.0), (2, 200.0), (3, 1_000.0)] {
        let mut world = World::new(pace * 3.0, hands(4, pace, 100)).by_chance(seed);
        shown(&mut world, 60, Verdict::Ok, Severity::Fine);
        for _ in 0..300 {
            shown(&mut world, 1, Verdict::Ok, Severity::Fine);
            assert_ne!(world.drain, Drain::Never, "seed {seed}");
        }
    }
}

#[test]
fn under_capacity_all_are_busy_and_few_messages_fail() {
    let mut world = World::new(240.0, hands(4, 50.0, 100));
    let found = shown(&mut world, 90, Verdict::UnderCapacity, Severity::Watch);
    assert_eq!(found.advice(), "Add consumers.");
    let reason = found.reason();
    assert!(
        reason.contains("4 consumers") && reason.contains("200/s"),
        "{reason}"
    );
    assert!(reason.contains("240/s come in"), "{reason}");
}

#[test]
fn one_consumer_alone_is_not_spoken_of_as_many() {
    let mut world = World::new(80.0, hands(1, 50.0, 100));
    let found = shown(&mut world, 90, Verdict::UnderCapacity, Severity::Watch);
    let reason = found.reason();
    let says = "The only consumer holds what it may, 100 messages, and acknowledges 50/s";
    assert!(reason.starts_with(says), "{reason}");
}

#[test]
fn slowed_consumers_do_less_than_they_did() {
    let mut world = World::new(150.0, hands(4, 50.0, 100));
    assert_eq!(world.verdict_after(300), Some(Verdict::Ok));
    for hand in &mut world.hands {
        hand.pace = 12.0;
    }
    let found = shown(&mut world, 120, Verdict::Slowed, Severity::Watch);
    assert!(
        found.reason().contains("3.12 times less"),
        "{}",
        found.reason()
    );
    assert!(found.advice().contains("more consumers may make it worse"));
}

#[test]
fn slowed_consumers_that_hang_need_somebody_now() {
    let mut world = World::new(20.0, hands(4, 50.0, 100));
    world.run(120);
    for hand in &mut world.hands {
        hand.pace = 0.0;
    }
    let found = shown(&mut world, 150, Verdict::Slowed, Severity::Act);
    assert!(
        found.reason().contains("nothing was acknowledged"),
        "{}",
        found.reason()
    );
}

#[test]
fn consumers_idle_take_few_messages_though_many_wait() {
    let mut world = World::new(100.0, hands(4, 50.0, 100));
    world.run(60);
    for hand in world.hands.iter_mut().skip(1) {
        hand.takes_more = false;
    }
    let found = shown(&mut world, 90, Verdict::ConsumersIdle, Severity::Watch);
    let reason = found.reason();
    assert!(
        reason.contains("4 consumers hold 100 of the 400"),
        "{reason}"
    );
    assert!(
        found.advice().contains("flow control"),
        "{}",
        found.advice()
    );
}

#[test]
fn consumers_idle_the_subscription_lets_them_hold_few() {
    let mut world = World::new(100.0, hands(4, 20.0, 100));
    world.limits.outstanding = Some(12);
    let found = shown(&mut world, 60, Verdict::ConsumersIdle, Severity::Watch);
    assert!(found.reason().contains("12 messages"), "{}", found.reason());
    assert!(
        found.advice().contains("Raise how many"),
        "{}",
        found.advice()
    );
}

#[test]
fn consumers_idle_a_delivery_rate_holds_them_back() {
    let mut world = World::new(100.0, hands(4, 200.0, 100));
    world.limits.delivery_rate = Some(40);
    let found = shown(&mut world, 60, Verdict::ConsumersIdle, Severity::Watch);
    assert!(
        found.reason().contains("at most 40/s while 100/s"),
        "{}",
        found.reason()
    );
    assert!(
        found.advice().contains("delivery rate"),
        "{}",
        found.advice()
    );
}

#[test]
fn failing_many_attempts_fail_while_the_backlog_grows() {
    let mut world = World::new(100.0, hands(4, 40.0, 100));
    world.run(60);
    world.failing = 0.6;
    let found = shown(&mut world, 90, Verdict::Failing, Severity::Act);
    assert!(
        found.reason().contains("% of the attempts"),
        "{}",
        found.reason()
    );
    assert!(found.advice().contains("multiply the failures"));
}

#[test]
fn failing_is_told_also_when_nothing_piles_up() {
    let mut world = World::new(20.0, hands(4, 100.0, 100));
    world.failing = 0.9;
    shown(&mut world, 90, Verdict::Failing, Severity::Act);
}

#[test]
fn failing_for_want_of_retry_budget() {
    let mut world = World::new(20.0, hands(4, 100.0, 100));
    world.failing = 0.1;
    world.run(60);
    world.limits.is_budget_spent = true;
    let found = world.run(30).unwrap();
    assert_eq!(found.verdict, Verdict::Failing);
    assert!(
        found.reason().contains("retry budget"),
        "{}",
        found.reason()
    );
}

#[test]
fn skewed_one_key_holds_the_backlog() {
    let mut world = World::new(100.0, hands(4, 40.0, 100));
    world.hot = 0.6;
    let found = shown(&mut world, 120, Verdict::Skewed, Severity::Watch);
    assert_eq!(found.partition(), Some(HOT_PARTITION));
    let reason = found.reason();
    assert!(
        reason.contains("1 ordering key, most of it in partition 2"),
        "{reason}"
    );
    assert!(reason.contains("one key carries 60 %"), "{reason}");
    assert!(found.advice().contains("more consumers will not help"));
}

#[test]
fn draining_a_backlog_that_shrinks() {
    let mut world = World::new(100.0, hands(4, 50.0, 100));
    world.pile(20_000);
    let found = shown(&mut world, 60, Verdict::Draining, Severity::Fine);
    assert!(found.reason().contains("shrinks by"), "{}", found.reason());
    assert_eq!(found.advice(), "");
}

#[test]
fn paused_whatever_else_is_true() {
    let mut world = World::new(100.0, hands(4, 10.0, 100));
    world.run(60);
    world.is_paused = true;
    let found = shown(&mut world, 1, Verdict::Paused, Severity::Watch);
    assert!(
        found.reason().contains("paused while"),
        "{}",
        found.reason()
    );
    let mut empty = World::new(0.0, hands(1, 10.0, 100));
    empty.is_paused = true;
    shown(&mut empty, 5, Verdict::Paused, Severity::Fine);
}

#[test]
fn idle_nothing_came_for_long() {
    let mut world = World::new(5.0, hands(1, 50.0, 10));
    world.run(60);
    world.arrivals = 0.0;
    shown(&mut world, 500, Verdict::Ok, Severity::Fine);
    let found = shown(&mut world, 200, Verdict::Idle, Severity::Fine);
    assert!(found.reason().contains("10m"), "{}", found.reason());
    assert_eq!(found.advice(), "");
    let found = shown(&mut world, 3 * 86_400, Verdict::Idle, Severity::Fine);
    assert!(
        found.reason().contains("nothing has come in for 3d"),
        "{}",
        found.reason()
    );
    assert_eq!(found.advice(), "Delete it if nobody needs it any more.");
}

#[test]
fn ok_consumers_keep_up() {
    for seed in 0..5 {
        let mut world = World::new(180.0, hands(4, 50.0, 100)).by_chance(seed);
        shown(&mut world, 600, Verdict::Ok, Severity::Fine);
        assert_eq!(world.changes.len(), 1, "seed {seed}: {:?}", world.changes);
    }
}

#[test]
fn ok_work_that_takes_long_is_nothing_to_worry_about() {
    // A message takes each consumer 20 s, and there are enough of them.
    let mut world = World::new(0.15, hands(4, 0.05, 1));
    shown(&mut world, 900, Verdict::Ok, Severity::Fine);
}
