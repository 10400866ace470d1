//! The audit: it finds what is wrong, within bounded steps, and nothing while all is right.

use std::sync::Arc;

use super::world::{ALL, World, rules};
use crate::delivery::{Machine, Retry};
use crate::model::settings::KeyOrder;
use crate::model::{ConsumerId, Offset, OffsetRange};

const CONSUMER: ConsumerId = ConsumerId(1);
/// Of 64 messages each.
const PAGES: u64 = 20;

fn range(start: u64, end: u64) -> OffsetRange {
    OffsetRange::between(Offset(start), Offset(end))
}

/// Messages in every state, over many pages.
fn busy_world() -> World {
    let mut world = World::new(rules(KeyOrder::Off), 10, 64);
    world.publish(&vec![(10, 0); (PAGES * 64) as usize]);
    world.take(CONSUMER, ALL);
    let parts = (0..PAGES).map(|page| range(page * 64 + 12, page * 64 + 20));
    for part in parts {
        world.ack(&[OffsetRange::new(part.start, 3)]);
        world.nack(&[OffsetRange::new(part.start.plus(3), 2)], Retry::Backoff);
        world.nack(&[OffsetRange::new(part.start.plus(5), 2)], Retry::Dead);
    }
    world
}

/// Calls until a sweep is whole.
fn sweep(world: &mut World, pages: usize) -> usize {
    for calls in 1.. {
        let audited = world.machine.audit(&world.log, pages);
        assert!(audited.pages <= pages);
        if audited.is_whole {
            return calls;
        }
    }
    unreachable!("a sweep ends")
}

#[test]
fn an_audit_looks_at_no_more_pages_than_it_may_and_comes_to_an_end() {
    let mut world = busy_world();
    for (pages, calls) in [(1, 21), (3, 7), (20, 2), (21, 1), (1_000, 1)] {
        assert_eq!(sweep(&mut world, pages), calls, "{pages} pages a call");
        assert_eq!(world.machine.audit_error(), 0);
    }
}

#[test]
fn what_was_never_touched_costs_no_step() {
    let mut world = World::new(rules(KeyOrder::Off), 0, 64);
    world.log.reset(Offset(0), Offset(10_000_000));
    let audited = world.machine.audit(&world.log, 0);
    assert!(audited.is_whole);
    assert_eq!((audited.pages, world.machine.audit_error()), (0, 0));
}

#[test]
fn each_wrong_number_is_found_and_stays_known_when_it_is_right_again() {
    type Break = fn(&mut Machine);
    let breaks: [(&str, Break, Break); 6] = [
        ("leased", |one| one.leased += 1, |one| one.leased -= 1),
        ("waiting", |one| one.waiting += 1, |one| one.waiting -= 1),
        (
            "dead",
            |one| one.progress.dead += 1,
            |one| one.progress.dead -= 1,
        ),
        (
            "acked",
            |one| one.progress.acked += 1,
            |one| one.progress.acked -= 1,
        ),
        (
            "dropped",
            |one| one.progress.dropped[2] += 1,
            |one| one.progress.dropped[2] -= 1,
        ),
        (
            "finished above the floor",
            |one| one.progress.finished_above += 1,
            |one| one.progress.finished_above -= 1,
        ),
    ];
    for (what, spoil, mend) in breaks {
        let mut world = busy_world();
        sweep(&mut world, 2);
        assert_eq!(world.machine.audit_error(), 0);
        spoil(&mut world.machine);
        sweep(&mut world, 2);
        assert!(world.machine.audit_error() > 0, "{what} is not noticed");
        mend(&mut world.machine);
        assert_eq!(
            world.machine.counts(&world.log),
            world.machine.recount(&world.log)
        );
        sweep(&mut world, 2);
        assert!(world.machine.audit_error() > 0, "{what} is forgotten");
    }
}

#[test]
fn a_wrong_page_is_found_when_it_is_looked_at() {
    let mut world = busy_world();
    sweep(&mut world, 100);
    // A leased message that is finished, too.
    let page = world.machine.progress.pages.get_mut(&7).unwrap();
    Arc::make_mut(page).finish(30, 31);
    for _ in 0..7 {
        world.machine.audit(&world.log, 1);
        assert_eq!(world.machine.audit_error(), 0);
    }
    world.machine.audit(&world.log, 1);
    assert!(world.machine.audit_error() > 0);
}

#[test]
fn a_lost_lease_is_found() {
    let mut world = busy_world();
    world.machine.leases.cut(range(40, 42));
    sweep(&mut world, 3);
    assert!(world.machine.audit_error() >= 2);
}

#[test]
fn what_changes_before_and_behind_the_place_of_a_sweep_is_no_error() {
    let mut world = busy_world();
    world.publish(&vec![(10, 0); 640]);
    for page in 0..PAGES {
        let audited = world.machine.audit(&world.log, 1);
        assert!(!audited.is_whole, "{page}");
        // Behind the place, before it, over it, and whole pages.
        world.ack(&[range(page * 64 + 24, page * 64 + 30)]);
        world.nack(&[range(page * 64 + 30, page * 64 + 32)], Retry::Backoff);
        let after = (page + 1) * 64;
        if page + 2 < PAGES {
            world.ack(&[range(after - 4, after + 4)]);
        }
        world.take(CONSUMER, ALL);
    }
    sweep(&mut world, 1);
    sweep(&mut world, 100);
    assert_eq!(world.machine.audit_error(), 0);
    world.check();
}
