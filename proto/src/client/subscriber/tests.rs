//! Ranges and leases against a plain model.

use std::collections::BTreeSet;
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::time::Instant;

use super::leases::Leases;
use super::ranges::{self, Ranges};
use crate::v1::SequenceRange;

fn range(first: u64, last: u64) -> SequenceRange {
    SequenceRange { first, last }
}

fn random_range(random: &mut SmallRng) -> SequenceRange {
    let first = random.random_range(1..60);
    range(first, first + random.random_range(0..12))
}

fn sequences(ranges: &[SequenceRange]) -> Vec<u64> {
    ranges
        .iter()
        .flat_map(|range| range.first..=range.last)
        .collect()
}

#[test]
fn a_set_of_ranges_holds_what_a_set_of_sequences_holds() {
    for seed in 0..300 {
        let mut random = SmallRng::seed_from_u64(seed);
        let (mut set, mut model) = (Ranges::default(), BTreeSet::new());
        for _ in 0..60 {
            let changed = random_range(&mut random);
            if random.random_bool(0.5) {
                set.insert(changed);
                model.extend(changed.first..=changed.last);
            } else {
                set.remove(changed);
                model.retain(|sequence| !(changed.first..=changed.last).contains(sequence));
            }
            let asked = random_range(&mut random);
            let held = set.within(asked);
            let expected: Vec<_> = model.range(asked.first..=asked.last).copied().collect();
            assert_eq!(sequences(&held), expected, "seed {seed}");
            let apart = held.is_sorted_by(|a, b| a.last + 1 < b.first);
            assert!(apart, "neighbours are one, seed {seed}: {held:?}");
            assert_eq!(set.is_empty(), model.is_empty(), "seed {seed}");
        }
    }
}

#[test]
fn coalescing_keeps_every_sequence_and_makes_neighbours_one() {
    for seed in 0..300 {
        let mut random = SmallRng::seed_from_u64(seed);
        let mut given: Vec<_> = (0..random.random_range(0..20))
            .map(|_| random_range(&mut random))
            .collect();
        let expected: BTreeSet<_> = sequences(&given).into_iter().collect();
        ranges::coalesce(&mut given);
        assert_eq!(
            sequences(&given),
            expected.into_iter().collect::<Vec<_>>(),
            "seed {seed}"
        );
        assert!(
            given.is_sorted_by(|a, b| a.last + 1 < b.first),
            "seed {seed}: {given:?}"
        );
    }
}

#[test]
fn the_highest_sequence_overflows_nothing() {
    let mut set = Ranges::default();
    set.insert(range(u64::MAX - 1, u64::MAX));
    set.insert(range(1, 1));
    assert_eq!(
        set.within(range(1, u64::MAX)),
        [range(1, 1), range(u64::MAX - 1, u64::MAX)]
    );
    set.remove(range(u64::MAX, u64::MAX));
    assert_eq!(
        set.within(range(2, u64::MAX)),
        [range(u64::MAX - 1, u64::MAX - 1)]
    );
    let mut pushed = vec![range(5, u64::MAX)];
    ranges::push(&mut pushed, range(1, 2));
    ranges::coalesce(&mut pushed);
    assert_eq!(pushed, [range(1, 2), range(5, u64::MAX)]);
}

#[tokio::test(start_paused = true)]
async fn leases_come_due_in_the_order_of_delivery_and_only_while_held() {
    let second = Duration::from_secs(1);
    let start = Instant::now();
    let mut leases = Leases::new(second * 30, Some(second * 100));
    leases.hold(range(1, 10), start);
    leases.hold(range(11, 20), start + second);
    leases.let_go(range(3, 4));
    leases.let_go(range(11, 20));
    assert_eq!(leases.next_due(), Some(start + second * 15));
    assert_eq!(leases.take_due(start + second * 14), []);
    assert_eq!(
        leases.take_due(start + second * 15),
        [range(1, 2), range(5, 10)]
    );
    assert_eq!(
        leases.take_due(start + second * 16),
        [],
        "what was answered is not extended"
    );
    assert_eq!(leases.next_due(), Some(start + second * 30));
    leases.let_go(range(1, 10));
    assert_eq!(leases.next_due(), None);
}
