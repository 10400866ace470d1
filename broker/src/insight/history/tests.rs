//! Histories against naive lists.

use proptest::prelude::*;

use super::ledger::{Key, Ledger, Step};
use super::point::{Column, Point};
use super::varint;
use crate::model::{Span, SubscriptionId, Time};

const SECOND: Span = Span::from_secs(1);
const ALWAYS: (Time, Time) = (Time(0), Time(u64::MAX));

fn at(second: u64) -> Time {
    Time(second * 1_000_000)
}

fn key(id: u64) -> Key {
    Key::Subscription(SubscriptionId(id))
}

fn point(backlog: u64, acked: u64) -> Point {
    let mut point = Point::default();
    point.set(Column::Backlog, backlog);
    point.set(Column::Acked, acked);
    point
}

/// One thing's numbers, a second each from second 1 on.
fn told(ledger: &mut Ledger, from: u64, points: &[Point]) {
    for (second, point) in (from..).zip(points) {
        ledger.begin(at(second), SECOND);
        ledger.say(key(1), point);
        ledger.end();
    }
}

fn seconds(ledger: &Ledger, id: u64) -> Vec<(Time, Span, Point)> {
    let (from, to) = ALWAYS;
    ledger.read(key(id), Step::Second, from, to).points
}

proptest! {
    #[test]
    fn what_was_said_is_read_again(
        numbers in prop::collection::vec((0_u64..3, prop::option::of(any::<u64>())), 1..2_000),
    ) {
        let points: Vec<_> = numbers
            .iter()
            .map(|&(backlog, acked)| point(backlog, acked.unwrap_or(7)))
            .collect();
        let mut ledger = Ledger::default();
        told(&mut ledger, 1, &points);
        let kept = points.len().min(900);
        let expected: Vec<_> = (1..)
            .zip(&points)
            .skip(points.len() - kept)
            .map(|(second, point)| (at(second), SECOND, *point))
            .collect();
        prop_assert_eq!(seconds(&ledger, 1), expected);
        // Through an image, and on from there.
        let mut again = Ledger::of_image(&ledger.image()).unwrap();
        prop_assert_eq!(seconds(&again, 1), seconds(&ledger, 1));
        told(&mut again, 5_000, &[point(1, 1), point(2, 2)]);
        let read = seconds(&again, 1);
        prop_assert_eq!(read.last().unwrap(), &(at(5_001), SECOND, point(2, 2)));
    }

    #[test]
    fn bytes_that_are_no_image_are_told(at in any::<prop::sample::Index>(), bit in 0..8) {
        let mut image = small().image();
        let at = at.index(image.len());
        image[at] ^= 1_u8 << bit;
        prop_assert!(Ledger::of_image(&image).is_none());
        prop_assert!(Ledger::of_image(&image[..at]).is_none());
    }

    #[test]
    fn images_with_a_good_checksum_are_read_without_a_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut image = image_head();
        image.extend(bytes);
        let checksum = crc32c::crc32c(&image);
        image.extend(checksum.to_le_bytes());
        drop(Ledger::of_image(&image));
    }

    #[test]
    fn numbers_are_read_as_written(value: u64) {
        let mut bytes = Vec::new();
        varint::put(&mut bytes, value);
        prop_assert_eq!(varint::take(&mut bytes.as_slice()), Some(value));
        prop_assert_eq!(varint::unfold(varint::fold(value)), value);
    }
}

fn image_head() -> Vec<u8> {
    let image = Ledger::default().image();
    image[..8].to_vec()
}

fn small() -> Ledger {
    let mut ledger = Ledger::default();
    told(&mut ledger, 1, &[point(1, 1), point(2, 5), point(2, 5)]);
    ledger
}

#[test]
fn a_minute_shows_its_peak_and_its_sums() {
    let mut ledger = Ledger::default();
    let points: Vec<_> = (1..=130)
        .map(|second| point(if second == 30 { 900 } else { 5 }, second % 2))
        .collect();
    told(&mut ledger, 1, &points);
    let (from, to) = ALWAYS;
    let minutes = ledger.read(key(1), Step::Minute, from, to);
    let minute = Span::from_secs(60);
    let expected = [
        (at(60), minute, point(900, 30)),
        (at(120), minute, point(5, 30)),
    ];
    assert_eq!(minutes.points, expected);
    assert!(!minutes.is_cut);
}

#[test]
fn a_day_is_kept_by_the_minute() {
    let mut ledger = Ledger::default();
    let points = vec![point(1, 2); 60 * 1_500];
    told(&mut ledger, 1, &points);
    let (from, to) = ALWAYS;
    let minutes = ledger.read(key(1), Step::Minute, from, to).points;
    assert_eq!(minutes.len(), 1_440);
    assert!(minutes.iter().all(|(.., one)| *one == point(1, 120)));
    assert_eq!(seconds(&ledger, 1).len(), 900);
}

#[test]
fn a_range_of_times_is_read_without_its_end() {
    let mut ledger = Ledger::default();
    told(
        &mut ledger,
        1,
        &[point(1, 0), point(2, 0), point(3, 0), point(4, 0)],
    );
    let read = ledger.read(key(1), Step::Second, at(2), at(4)).points;
    let backlogs: Vec<_> = read
        .iter()
        .map(|(.., one)| one.get(Column::Backlog))
        .collect();
    assert_eq!(backlogs, [2, 3]);
}

#[test]
fn what_came_later_has_no_points_before_and_what_is_gone_is_forgotten() {
    let mut ledger = Ledger::default();
    told(&mut ledger, 1, &[point(1, 0), point(1, 0)]);
    for second in 3..=65 {
        ledger.begin(at(second), SECOND);
        ledger.say(key(2), &point(7, 0));
        ledger.end();
    }
    assert_eq!(seconds(&ledger, 2).first().unwrap().0, at(3));
    for second in 66..=130 {
        ledger.begin(at(second), SECOND);
        ledger.say(key(2), &point(7, 0));
        ledger.end();
    }
    assert!(seconds(&ledger, 1).is_empty());
    assert_eq!(seconds(&ledger, 2).len(), 128);
}

#[test]
fn what_never_changes_costs_next_to_nothing() {
    let mut ledger = Ledger::default();
    told(&mut ledger, 1, &vec![point(5, 9); 10_000]);
    let track = &ledger.tracks[&key(1)];
    let bytes = track.seconds.bytes() + track.minutes.bytes();
    assert!(bytes < 200, "{bytes}");
}

/// Ten minutes of ten things: the higher its id the longer one is active.
fn busy(mut ledger: Ledger) -> Ledger {
    for second in 1..=600_u64 {
        ledger.begin(at(second), SECOND);
        for id in 0..10 {
            let backlog = if second <= 60 * id { second * 977 } else { 0 };
            ledger.say(key(id), &point(backlog, backlog / 3));
        }
        ledger.end();
    }
    ledger
}

#[test]
fn above_the_budget_the_least_active_lose_their_seconds_first() {
    let free = busy(Ledger::default()).weight();
    let budget = free * 3 / 4;
    let ledger = busy(Ledger::within(budget));
    assert!(ledger.weight() <= budget, "{} of {free}", ledger.weight());
    let (from, to) = ALWAYS;
    let read = |id, step| ledger.read(key(id), step, from, to);
    assert!(read(1, Step::Second).is_cut);
    assert!(!read(9, Step::Second).is_cut);
    assert_eq!(read(9, Step::Second).points.len(), 600);
    assert_eq!(read(1, Step::Minute).points.len(), 10, "minutes go last");
}
