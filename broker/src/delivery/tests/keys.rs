//! Key order: one message of a key at a time, in order; what a dead one does to its key; the
//! bounds.

use super::world::{ALL, World, rules};
use crate::delivery::keys::Keys;
use crate::delivery::{Retry, Room, Rules};
use crate::model::entry::{DropCause, Grant};
use crate::model::settings::KeyOrder;
use crate::model::{ConsumerId, Offset, OffsetRange, Span};

const CONSUMER: ConsumerId = ConsumerId(1);

fn world_with(order: KeyOrder, keys: &[u64]) -> World {
    let mut world = World::new(rules(order), 0, 64);
    let messages: Vec<(usize, u64)> = keys.iter().map(|&key| (10, key)).collect();
    world.publish(&messages);
    world
}

fn one(offset: u64) -> OffsetRange {
    OffsetRange::one(Offset(offset))
}

/// The offsets that a take with room for all hands out.
fn taken(world: &mut World) -> Vec<u64> {
    offsets(&world.take(CONSUMER, ALL))
}

fn offsets(grants: &[Grant]) -> Vec<u64> {
    let offsets = grants.iter().flat_map(|grant| grant.range.offsets());
    offsets.map(|offset| offset.0).collect()
}

#[test]
fn different_keys_in_a_row_are_one_grant() {
    let mut world = world_with(KeyOrder::Block, &[1, 2, 3, 0, 0, 4]);
    assert_eq!(world.take(CONSUMER, ALL).len(), 1);
}

#[test]
fn a_key_has_one_message_out_at_a_time_and_in_order() {
    let mut world = world_with(KeyOrder::Skip, &[1, 1, 2, 1, 0]);
    assert_eq!(taken(&mut world), [0, 2, 4]);
    assert_eq!(taken(&mut world), [0_u64; 0]);
    world.ack(&[one(0)]);
    assert_eq!(taken(&mut world), [1]);
    world.nack(&[one(1)], Retry::Backoff);
    assert_eq!(
        taken(&mut world),
        [0_u64; 0],
        "one in backoff holds its key"
    );
    world.advance(Span::from_millis(120));
    assert_eq!(taken(&mut world), [1]);
    world.ack(&[one(1)]);
    assert_eq!(taken(&mut world), [3]);
}

#[test]
fn a_released_message_is_the_next_of_its_key() {
    let mut world = world_with(KeyOrder::Skip, &[1, 1]);
    assert_eq!(taken(&mut world), [0]);
    world.release(&[one(0)]);
    assert_eq!(taken(&mut world), [0]);
}

#[test]
fn a_dead_message_blocks_its_key_until_it_is_requeued() {
    let mut world = world_with(KeyOrder::Block, &[1, 1, 2]);
    assert_eq!(taken(&mut world), [0, 2]);
    world.nack(&[one(0)], Retry::Dead);
    assert_eq!(taken(&mut world), [0_u64; 0]);
    world.requeue(&[one(0)]);
    assert_eq!(taken(&mut world), [0]);
    world.ack(&[one(0)]);
    assert_eq!(taken(&mut world), [1]);
}

#[test]
fn a_dead_message_blocks_its_key_until_it_is_dropped() {
    let mut world = world_with(KeyOrder::Block, &[1, 1]);
    assert_eq!(taken(&mut world), [0]);
    world.nack(&[one(0)], Retry::Dead);
    let durable = world.durable();
    world.restart(durable, 0);
    assert_eq!(taken(&mut world), [0_u64; 0], "also after a restart");
    world.drop(DropCause::Discarded, &[one(0)]);
    assert_eq!(taken(&mut world), [1]);
}

#[test]
fn a_key_skips_its_dead_message_and_takes_it_back_once_it_is_free() {
    let mut world = world_with(KeyOrder::Skip, &[1, 1, 1]);
    assert_eq!(taken(&mut world), [0]);
    world.nack(&[one(0)], Retry::Dead);
    assert_eq!(taken(&mut world), [1]);
    world.requeue(&[one(0)]);
    assert_eq!(
        taken(&mut world),
        [0_u64; 0],
        "a later one of its key is out"
    );
    world.ack(&[one(1)]);
    assert_eq!(taken(&mut world), [0]);
    world.ack(&[one(0)]);
    assert_eq!(taken(&mut world), [2]);
}

#[test]
fn a_message_requeued_after_all_later_ones_were_finished_is_handed_out() {
    let mut world = world_with(KeyOrder::Skip, &[1, 1]);
    taken(&mut world);
    world.nack(&[one(0)], Retry::Dead);
    assert_eq!(taken(&mut world), [1]);
    world.ack(&[one(1)]);
    let durable = world.durable();
    world.restart(durable, 0);
    world.requeue(&[one(0)]);
    assert_eq!(taken(&mut world), [0]);
}

#[test]
fn at_the_bound_of_parked_messages_the_partition_waits() {
    let rules = Rules {
        parked_messages: 3,
        ..rules(KeyOrder::Block)
    };
    let mut world = World::new(rules, 0, 64);
    world.publish(&[(1, 7), (1, 7), (1, 7), (1, 7), (1, 7), (1, 8)]);
    assert_eq!(taken(&mut world), [0]);
    assert!(!world.machine.has_ready(&world.log));
    world.ack(&[one(0)]);
    assert!(world.machine.has_ready(&world.log));
    assert_eq!(taken(&mut world), [1, 5]);
    world.check();
}

#[test]
fn at_the_bound_of_parked_keys_known_ones_still_park() {
    let rules = Rules {
        parked_keys: 1,
        ..rules(KeyOrder::Block)
    };
    let mut world = World::new(rules, 0, 64);
    world.publish(&[(1, 1), (1, 2), (1, 1), (1, 1), (1, 3), (1, 2), (1, 4)]);
    assert_eq!(taken(&mut world), [0, 1, 4]);
    assert!(!world.machine.has_ready(&world.log));
    world.ack(&[one(1)]);
    assert_eq!(taken(&mut world), [5, 6]);
    world.check();
}

#[test]
fn room_for_one_takes_one_of_many_keys() {
    let mut world = world_with(KeyOrder::Block, &[1, 2, 1, 3]);
    let room = Room { messages: 1, ..ALL };
    assert_eq!(offsets(&world.take(CONSUMER, room)), [0]);
    assert_eq!(offsets(&world.take(CONSUMER, room)), [1]);
    assert_eq!(offsets(&world.take(CONSUMER, room)), [3]);
    assert_eq!(offsets(&world.take(CONSUMER, room)), [0_u64; 0]);
}

#[test]
fn room_for_very_many_keys_in_work_is_given_back_once_none_is() {
    const MANY: u64 = 100_000;
    let (mut keys, mut eased) = (Keys::default(), Vec::new());
    let few = OffsetRange::new(Offset(0), 1_000);
    for offset in few.offsets() {
        keys.meet(offset.0, offset.0 + 1);
    }
    let room = keys.room();
    keys.forget(few, &mut eased);
    assert_eq!(keys.room(), room, "that of few is kept");
    for offset in 0..MANY {
        keys.meet(offset, offset + 1);
    }
    assert!(keys.room() as u64 >= MANY);
    keys.forget(OffsetRange::between(Offset(1), Offset(MANY)), &mut eased);
    assert!(keys.room() as u64 >= MANY, "one is in work");
    keys.forget(one(0), &mut eased);
    assert!(keys.is_empty() && keys.room() <= room, "{}", keys.room());
    keys.meet(7, 8);
    assert!(!keys.is_free(8) && keys.is_free(1));
}

#[test]
fn room_for_very_many_keys_that_are_eased_at_once_is_given_back() {
    let keys: Vec<u64> = (1..=8_000).collect();
    let mut world = world_with(KeyOrder::Skip, &keys);
    assert_eq!(taken(&mut world).len(), 8_000);
    world.release(&[OffsetRange::new(Offset(0), 8_000)]);
    let room = world.machine.eased.capacity();
    assert!(room <= 4_096, "{room}");
    assert_eq!(taken(&mut world).len(), 8_000);
}
