//! Groups against counting one by one.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::model::{Fingerprint, Offset, OffsetRange, Partition, Position, Span, Time};

const SECOND: u64 = 1_000_000;

fn fingerprint(number: u64) -> Fingerprint {
    Fingerprint::stored(number + 1).expect("not 0")
}

fn death(of: u64, at: u64, offset: u64, count: u64) -> Death {
    Death {
        partition: Partition(0),
        range: OffsetRange::new(Offset(offset), count),
        fingerprint: fingerprint(of),
        time: Time(at),
        bytes: 10 * count,
        requeued_before: 0,
        text: Position(at),
    }
}

fn ask(now: u64) -> Ask {
    Ask {
        now: Time(now),
        limit: 100,
        samples: 3,
    }
}

fn groups_of(deaths: &[Death], ask: &Ask) -> Gathered {
    gather(|| deaths.iter().copied(), ask)
}

#[test]
fn nothing_dead_is_no_group() {
    assert_eq!(groups_of(&[], &ask(5)), Gathered::default());
}

#[test]
fn a_trend_tells_when_they_died_and_whether_they_still_do() {
    let deaths = [
        death(1, 0, 0, 2),
        death(1, 10 * SECOND, 2, 1),
        death(1, 79 * SECOND, 3, 4),
        death(2, 5 * SECOND, 7, 1),
    ];
    let gathered = groups_of(&deaths, &ask(80 * SECOND));
    let [one, two] = gathered.largest.as_slice() else {
        panic!("{gathered:?}");
    };
    assert_eq!(one.trend, [2, 1, 0, 0, 0, 0, 0, 4]);
    assert_eq!(one.trend_span, Span::from_secs(10));
    assert!(one.is_arriving && !two.is_arriving);
    assert_eq!((one.count, one.bytes), (7, 70));
    assert_eq!(
        (gathered.count, gathered.bytes, gathered.groups),
        (8, 80, 2)
    );
    let newest: Vec<u64> = one.samples.iter().map(|sample| sample.offset.0).collect();
    assert_eq!(newest, [6, 5, 4]);
}

#[test]
fn what_died_just_now_is_all_in_the_last_span() {
    let gathered = groups_of(&[death(1, 7, 0, 3)], &ask(7));
    assert_eq!(gathered.largest[0].trend, [0, 0, 0, 0, 0, 0, 0, 3]);
    // A clock that went back makes no group that is not there.
    let gathered = groups_of(&[death(1, 9, 0, 3)], &ask(7));
    assert_eq!(gathered.largest[0].trend.iter().sum::<u64>(), 3);
}

#[test]
fn of_equal_groups_the_one_that_goes_on_comes_first() {
    let deaths = [death(1, 1, 0, 1), death(2, 3, 1, 1), death(3, 2, 2, 1)];
    let gathered = groups_of(&deaths, &Ask { limit: 2, ..ask(4) });
    let told: Vec<_> = gathered
        .largest
        .iter()
        .map(|group| group.fingerprint)
        .collect();
    assert_eq!(told, [fingerprint(2), fingerprint(3)]);
    assert_eq!(gathered.groups, 3);
}

/// A group: fingerprint, count, first, last, trend, offsets of the newest.
type Plain = (u64, u64, u64, u64, Vec<u64>, Vec<u64>);

/// The same, message by message, as slowly as it is plain.
fn naive(deaths: &[Death], ask: &Ask) -> Vec<Plain> {
    let mut by: BTreeMap<Fingerprint, Vec<(u64, u64)>> = BTreeMap::new();
    for death in deaths {
        for offset in death.range.offsets() {
            let of = by.entry(death.fingerprint).or_default();
            of.push((death.time.0, offset.0));
        }
    }
    let mut groups: Vec<_> = by
        .into_iter()
        .map(|(of, mut dead)| {
            dead.sort_unstable();
            let (first, last) = (dead[0].0, dead[dead.len() - 1].0);
            let span = ask.now.0.saturating_sub(first).div_ceil(8);
            let mut trend = vec![0; 8];
            for (time, _) in &dead {
                let at = (time - first).checked_div(span).unwrap_or(7);
                trend[usize::try_from(at.min(7)).unwrap()] += 1;
            }
            let newest = dead.iter().rev().take(ask.samples);
            let newest = newest.map(|(_, offset)| *offset).collect();
            (of.number(), dead.len() as u64, first, last, trend, newest)
        })
        .collect();
    groups.sort_by_key(|group| (u64::MAX - group.1, u64::MAX - group.3, group.0));
    groups.truncate(ask.limit);
    groups
}

proptest! {
    #[test]
    fn groups_are_what_counting_one_by_one_gives(
        parts in prop::collection::vec((0u64..6, 0u64..200, 1u64..5), 0..80),
        limit in 1usize..8,
        samples in 1usize..5,
        now in 150u64..300,
    ) {
        let mut offset = 0;
        let deaths: Vec<Death> = parts.iter().map(|&(of, at, count)| {
            offset += count + 1;
            death(of, at, offset, count)
        }).collect();
        let ask = Ask { now: Time(now), limit, samples };
        let gathered = groups_of(&deaths, &ask);
        let told: Vec<_> = gathered.largest.iter().map(|group| (
            group.fingerprint.number(),
            group.count,
            group.first.0,
            group.last.0,
            group.trend.to_vec(),
            group.samples.iter().map(|sample| sample.offset.0).collect::<Vec<_>>(),
        )).collect();
        prop_assert_eq!(told, naive(&deaths, &ask));
        let backwards = gather(|| deaths.iter().rev().copied(), &ask);
        prop_assert_eq!(&backwards, &gathered);
        let all: u64 = deaths.iter().map(|death| death.range.count()).sum();
        prop_assert_eq!(gathered.count, all);
    }
}
