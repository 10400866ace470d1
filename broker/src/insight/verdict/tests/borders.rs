//! Between the rows: what holds a verdict, what ends it, and what makes it matter more.

use super::parts::hands;
use super::simulator::World;
use crate::insight::Severity;
use crate::insight::verdict::Verdict;
use crate::insight::verdict::judge::{HOLD, HOLD_LESS};
use crate::model::Span;

fn told(world: &World) -> Vec<Verdict> {
    let changes = world.changes.iter();
    let mut told: Vec<_> = changes.map(|change| change.now.verdict).collect();
    told.dedup();
    told
}

#[test]
fn a_backlog_is_told_from_its_beginning_to_its_end_without_a_flap() {
    for seed in 0..5 {
        let mut world = World::new(150.0, hands(4, 50.0, 100)).by_chance(seed);
        world.run(120);
        world.arrivals = 260.0;
        assert_eq!(
            world.verdict_after(120),
            Some(Verdict::UnderCapacity),
            "seed {seed}"
        );
        world.hands.extend(hands(4, 50.0, 100));
        assert_eq!(
            world.verdict_after(35),
            Some(Verdict::Draining),
            "seed {seed}"
        );
        world.run(120);
        assert_eq!(world.verdict_after(60), Some(Verdict::Ok), "seed {seed}");
        let expected = [
            Verdict::Ok,
            Verdict::UnderCapacity,
            Verdict::Draining,
            Verdict::Ok,
        ];
        assert_eq!(told(&world), expected, "seed {seed}");
    }
}

#[test]
fn at_the_border_of_capacity_nothing_flaps() {
    for seed in 0..5 {
        for load in [0.97, 1.0, 1.03] {
            let mut world = World::new(200.0 * load, hands(4, 50.0, 50)).by_chance(seed);
            world.run(1_800);
            let changes = world.changes.len();
            assert!(
                changes <= 8,
                "seed {seed}, load {load}: {changes} in half an hour"
            );
        }
    }
}

#[test]
fn a_verdict_must_hold_before_it_is_shown() {
    let mut world = World::new(0.0, hands(1, 100.0, 100));
    assert_eq!(
        world.verdict_after(1),
        Some(Verdict::Ok),
        "what is well is shown at once"
    );
    world.run(30);
    world.hands.clear();
    world.arrivals = 10.0;
    for _ in 1..HOLD {
        assert_eq!(
            world.verdict_after(1),
            None,
            "nothing is well, and nothing sure"
        );
    }
    assert_eq!(world.verdict_after(1), Some(Verdict::NoConsumers));
    let since = world.run(50).unwrap().since;
    assert_eq!(world.run(1).unwrap().since, since, "it stays so");
    world.hands = hands(1, 1_000.0, 100);
    let mut seconds = 0;
    while world.verdict_after(1) == Some(Verdict::NoConsumers) {
        seconds += 1;
        assert!(seconds < 40);
    }
    assert!(
        seconds + 1 >= HOLD_LESS,
        "what gets better may wait: {seconds}"
    );
}

#[test]
fn a_pause_and_its_end_are_shown_at_once() {
    let mut world = World::new(100.0, hands(4, 10.0, 100));
    world.run(60);
    world.is_paused = true;
    assert_eq!(world.verdict_after(1), Some(Verdict::Paused));
    world.is_paused = false;
    assert_ne!(world.verdict_after(1), Some(Verdict::Paused));
}

#[test]
fn more_arrivals_than_ever_are_no_slower_consumers() {
    let mut world = World::new(150.0, hands(4, 50.0, 100));
    world.run(300);
    world.arrivals = 400.0;
    assert_eq!(world.verdict_after(180), Some(Verdict::UnderCapacity));
}

#[test]
fn fewer_consumers_are_no_slower_consumers() {
    let mut world = World::new(150.0, hands(4, 50.0, 100));
    world.run(300);
    world.hands.truncate(2);
    assert_eq!(world.verdict_after(180), Some(Verdict::UnderCapacity));
}

#[test]
fn a_few_failures_are_no_failing() {
    let mut world = World::new(240.0, hands(4, 50.0, 100));
    world.failing = 0.1;
    assert_eq!(world.verdict_after(120), Some(Verdict::UnderCapacity));
}

#[test]
fn a_poison_message_among_too_many_is_not_what_to_look_at() {
    let mut world = World::new(300.0, hands(4, 50.0, 100));
    world.poison_next = true;
    assert_eq!(world.verdict_after(120), Some(Verdict::UnderCapacity));
}

#[test]
fn what_its_owner_does_not_accept_matters_more() {
    let mut world = World::new(240.0, hands(4, 50.0, 100));
    world.limits.slo_age = Some(Span::from_secs(5));
    let found = world.run(120).unwrap();
    assert_eq!(
        (found.verdict, found.severity),
        (Verdict::UnderCapacity, Severity::Act)
    );
    assert!(
        found
            .reason()
            .contains("more than the 5s that its owner accepts")
    );
    let mut world = World::new(100.0, hands(4, 50.0, 100));
    world.limits.slo_backlog = Some(1_000);
    world.pile(20_000);
    let found = world.run(60).unwrap();
    assert_eq!(
        (found.verdict, found.severity),
        (Verdict::Draining, Severity::Watch)
    );
    assert!(
        found.reason().contains("more than the 1,000 that"),
        "{}",
        found.reason()
    );
    let found = world.run(300).unwrap();
    assert_eq!(
        (found.verdict, found.severity),
        (Verdict::Ok, Severity::Fine)
    );
}

#[test]
fn what_does_not_change_says_the_same_each_second() {
    let mut world = World::new(5.0, hands(2, 50.0, 10));
    world.run(60);
    world.arrivals = 0.0;
    world.run(700);
    let before = world.run(1);
    assert_eq!(world.run(1), before, "nothing is sent to who looks on");
}
