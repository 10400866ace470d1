//! Leases: who holds what, and that a lease that ended changes nothing.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::world::{ALL, World, rules};
use crate::delivery::{Chosen, Retry, Room, State};
use crate::model::entry::DropCause;
use crate::model::settings::KeyOrder;
use crate::model::{ConsumerId, Incarnation, LeaseSerial, Offset, OffsetRange, Span};

const FIRST: ConsumerId = ConsumerId(1);
const SECOND: ConsumerId = ConsumerId(2);

fn world_with(messages: usize) -> World {
    let mut world = World::new(rules(KeyOrder::Off), 0, 64);
    world.publish(&vec![(10, 0); messages]);
    world
}

fn range(start: u64, end: u64) -> OffsetRange {
    OffsetRange::between(Offset(start), Offset(end))
}

/// How often the races below are run.
fn rounds() -> u64 {
    if std::env::var("WEIR_TESTS").is_ok_and(|figures| figures == "full") {
        10_000
    } else {
        1_000
    }
}

#[test]
fn a_batch_is_one_grant_and_one_lease() {
    let mut world = world_with(1_000);
    let grants = world.take(FIRST, ALL);
    assert_eq!(grants.len(), 1);
    assert_eq!(grants[0].range, range(0, 1_000));
    assert_eq!(world.machine.leases().count(), 1);
    world.ack(&[range(0, 1_000)]);
    world.check();
    assert_eq!(world.machine.floor(), Offset(1_000));
}

#[test]
fn a_stale_ack_changes_nothing_after_the_lease_expired_under_way() {
    for seed in 0..rounds() {
        let mut random = SmallRng::seed_from_u64(seed);
        let mut world = world_with(random.random_range(1..200));
        let grant = world.take(FIRST, ALL)[0];
        world.advance(Span::from_millis(random.random_range(900..1_100)));
        let now = world.now;
        for expired in world.machine.expired(now.mono, 10) {
            world.nack(&[expired.range], Retry::Backoff);
        }
        world.advance(Span::from_millis(random.random_range(0..200)));
        let again = world.take(SECOND, ALL);
        let held = world.held(grant.range, world.incarnation, grant.serial);
        // Either the first still holds all, or the lease ended before and all of it is stale.
        assert_eq!(held.is_empty(), now.mono >= world_deadline(&world));
        if held.is_empty() {
            let before = world.machine.counts(&world.log);
            assert!(
                world
                    .machine
                    .failures(&held, &world.rules, &setback(&world))
                    .is_empty()
            );
            assert_eq!(world.machine.counts(&world.log), before);
        } else {
            assert!(again.is_empty());
            world.ack(&held);
        }
        world.check();
    }
}

/// When a lease granted at the start ends.
fn world_deadline(world: &World) -> crate::model::Mono {
    crate::model::Mono(0).plus(world.rules.ack_deadline)
}

fn setback(world: &World) -> crate::delivery::Setback {
    crate::delivery::Setback {
        now: world.now.wall,
        retry: Retry::Backoff,
        topic: super::world::TOPIC,
        partition: super::world::PARTITION,
    }
}

#[test]
fn what_a_lost_consumer_held_is_delivered_once_to_another() {
    for seed in 0..rounds() {
        let mut random = SmallRng::seed_from_u64(seed);
        let count = random.random_range(1..200);
        let mut world = world_with(count);
        let some = Room {
            messages: random.random_range(1..=count as u64),
            ..ALL
        };
        let grant = world.take(FIRST, some)[0];
        let acked = range(0, random.random_range(0..=some.messages));
        if !acked.is_empty() {
            world.ack(&[acked]);
        }
        let left: Vec<OffsetRange> = world
            .machine
            .leases_of(FIRST)
            .into_iter()
            .map(|lease| lease.range)
            .collect();
        let held: u64 = left.iter().map(|range| range.count()).sum();
        assert_eq!(held, some.messages - acked.count());
        world.nack(&left, Retry::Backoff);
        assert!(world.machine.leases_of(FIRST).is_empty());
        world.advance(Span::from_millis(200));
        let grants = world.take(SECOND, ALL);
        let taken: u64 = grants.iter().map(|grant| grant.range.count()).sum();
        assert_eq!(taken, count as u64 - acked.count());
        let again = grants.iter().filter(|grant| grant.attempt == 2);
        assert_eq!(again.map(|grant| grant.range.count()).sum::<u64>(), held);
        assert!(
            world
                .held(grant.range, world.incarnation, grant.serial)
                .is_empty()
        );
        assert!(!world.machine.has_ready(&world.log));
        world.check();
    }
}

#[test]
fn expired_lease_is_redelivered_once() {
    let mut world = world_with(10);
    world.take(FIRST, ALL);
    world.advance(Span::from_secs(1));
    let expired = world.machine.expired(world.now.mono, 10);
    assert_eq!(expired.len(), 1);
    assert_eq!(expired[0].consumer, Some(FIRST));
    world.nack(&[expired[0].range], Retry::Backoff);
    assert!(world.machine.expired(world.now.mono, 10).is_empty());
    world.advance(Span::from_millis(120));
    let grants = world.take(SECOND, ALL);
    assert_eq!((grants.len(), grants[0].attempt), (1, 2));
    assert!(world.take(FIRST, ALL).is_empty());
}

#[test]
fn an_extended_lease_does_not_expire() {
    let mut world = world_with(10);
    world.take(FIRST, ALL);
    let later = world.now.mono.plus(Span::from_secs(9));
    world.extend(&[range(2, 5)], later);
    world.advance(Span::from_secs(1));
    let expired = world.machine.expired(world.now.mono, 10);
    let ranges: Vec<OffsetRange> = expired.iter().map(|lease| lease.range).collect();
    assert_eq!(ranges, [range(0, 2), range(5, 10)]);
    world.check();
}

#[test]
fn a_released_message_counts_no_attempt() {
    let mut world = world_with(10);
    world.take(FIRST, ALL);
    world.release(&[range(0, 10)]);
    assert_eq!(world.machine.pages().count(), 0, "nothing is left to say");
    assert_eq!(world.take(SECOND, ALL)[0].attempt, 1);
    world.check();
}

#[test]
fn a_message_dies_with_its_last_attempt_and_lives_again_by_a_requeue() {
    let mut world = world_with(3);
    for attempt in 1..=3 {
        let grants = world.take(FIRST, ALL);
        assert_eq!((grants.len(), grants[0].attempt), (1, attempt));
        world.nack(&[range(0, 3)], Retry::After(Span::ZERO));
        world.advance(Span::ZERO);
    }
    assert_eq!(world.machine.dead(Offset(0)).count(), 3);
    assert_eq!(world.machine.texts().count(), 1);
    assert!(!world.machine.has_ready(&world.log));
    world.requeue(&[range(1, 2)]);
    assert_eq!(world.take(FIRST, ALL)[0].attempt, 1);
    world.drop(DropCause::Discarded, &[range(0, 1), range(2, 3)]);
    assert_eq!(world.machine.texts().count(), 0);
    assert_eq!(world.machine.freed_texts().len(), 1);
    world.check();
}

#[test]
fn an_ack_from_before_a_crash_finishes_a_message_whose_lease_was_lost() {
    let mut world = world_with(10);
    let durable = world.durable();
    world.take(FIRST, ALL);
    world.restart(durable, 0);
    let held = world
        .machine
        .held(range(4, 5), Incarnation(1), LeaseSerial(1));
    assert!(held.is_empty(), "its Delivered entry was lost");
    assert!(world.machine.finishable_old(&world.log, Offset(4), 1));
    world.ack(&[range(4, 5)]);
    assert!(!world.machine.finishable_old(&world.log, Offset(4), 1));
    world.check();
}

#[test]
fn a_lease_survives_a_restart_with_a_full_deadline() {
    let mut world = world_with(10);
    let grant = world.take(FIRST, ALL)[0];
    world.advance(Span::from_millis(900));
    let durable = world.durable();
    world.restart(durable, 0);
    let (state, attempts) = world.machine.state_of(Offset(3), &world.log);
    let deadline = world.now.mono.plus(world.rules.ack_deadline);
    assert!(matches!(state, State::Leased { id: None, deadline: d, .. } if d == deadline));
    assert_eq!(attempts, 0);
    let held = world.held(grant.range, Incarnation(1), grant.serial);
    world.ack(&held);
    world.check();
}

#[test]
fn purging_ten_million_untouched_messages_makes_no_pages() {
    let mut world = World::new(rules(KeyOrder::Off), 0, 4_096);
    world.log.reset(Offset(0), Offset(10_000_000));
    world
        .model
        .publish(&[(0, crate::model::Time(0)); 5], world.now.wall);
    world.take(FIRST, Room { messages: 5, ..ALL });
    let all = range(0, 10_000_000);
    let chosen = world.machine.unfinished(&world.log, all, Chosen::Both);
    assert_eq!(chosen, [range(5, 10_000_000)]);
    let at = crate::model::Position(9);
    world.machine.dropped(DropCause::Purged, &chosen, at);
    assert_eq!(world.machine.pages().count(), 2);
    let counts = world.machine.counts(&world.log);
    assert_eq!(counts, world.machine.recount(&world.log));
    assert_eq!((counts.backlog(), counts.dropped_sum()), (5, 9_999_995));
}

#[test]
fn a_redelivery_stays_leased_after_a_restart_with_the_wall_clock_set_back() {
    let mut world = world_with(3);
    world.take(FIRST, ALL);
    world.nack(&[range(0, 3)], Retry::Backoff);
    world.advance(Span::from_millis(120));
    assert_eq!(world.take(FIRST, ALL)[0].attempt, 2);
    let durable = world.durable();
    world.now.wall.0 -= 10_000_000;
    world.restart(durable, 0);
    world.check();
    assert_eq!(world.machine.counts(&world.log).leased, 3);
}
