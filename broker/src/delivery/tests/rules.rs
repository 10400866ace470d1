//! Backoff: doubled, bounded, varied by a stable hash.

use super::world::{PARTITION, TOPIC, rules};
use crate::delivery::{Retry, Rules, Setback};
use crate::model::settings::{KeyOrder, SubscriptionSettings};
use crate::model::{Offset, Span, Time};

const SETBACK: Setback = Setback {
    now: Time(1_000),
    retry: Retry::Backoff,
    topic: TOPIC,
    partition: PARTITION,
};

fn wait(rules: &Rules, offset: u64, attempt: u32) -> u64 {
    let until = SETBACK.backoff_until(rules, Offset(offset), attempt);
    until.since(SETBACK.now).0
}

#[test]
fn a_wait_doubles_up_to_the_longest_within_a_fifth_either_way() {
    let rules = rules(KeyOrder::Off);
    for (attempt, middle) in [(1, 100_000), (2, 200_000), (3, 400_000), (9_999, 400_000)] {
        let waits: Vec<u64> = (0..10_000).map(|at| wait(&rules, at, attempt)).collect();
        let (least, most) = (middle * 8 / 10, middle * 12 / 10);
        assert!(waits.iter().all(|wait| (least..=most).contains(wait)));
        // The whole swing is used, evenly enough that retries spread.
        assert!(waits.iter().any(|&wait| wait < least + middle / 100));
        assert!(waits.iter().any(|&wait| wait > most - middle / 100));
        let mean = waits.iter().sum::<u64>() / 10_000;
        assert!(mean.abs_diff(middle) < middle / 100, "{mean} for {middle}");
    }
}

#[test]
fn the_same_message_and_attempt_wait_the_same() {
    let rules = rules(KeyOrder::Off);
    assert_eq!(wait(&rules, 17, 2), wait(&rules, 17, 2));
    assert_ne!(wait(&rules, 17, 2), wait(&rules, 18, 2));
}

#[test]
fn extreme_settings_neither_overflow_nor_divide_by_zero() {
    let mut rules = rules(KeyOrder::Off);
    (rules.backoff_min, rules.backoff_max) = (Span::ZERO, Span::ZERO);
    assert_eq!(wait(&rules, 1, 5), 0);
    (rules.backoff_min, rules.backoff_max) = (Span(u64::MAX / 2), Span(u64::MAX / 2));
    assert!(wait(&rules, 1, u32::MAX) > 0);
}

#[test]
fn partitions_share_the_bounds_on_parked_messages() {
    let settings = SubscriptionSettings::default();
    let (one, many) = (Rules::of(&settings, 1), Rules::of(&settings, 256));
    assert_eq!(one, Rules::from(&settings));
    assert_eq!(many.parked_messages, one.parked_messages / 256);
    assert_eq!(many.parked_keys, one.parked_keys / 256);
}
