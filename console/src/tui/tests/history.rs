//! What is remembered of the last minutes.

use super::fixture::{SHAPES, numbers, sample, subscription};
use crate::tui::state::history::{POINTS, Series};
use crate::tui::state::picture::Picture;

fn seen(picture: &Picture, id: u64, count: usize) -> Vec<Option<f64>> {
    picture.rows[&id]
        .history
        .last(Series::Backlog, count)
        .collect()
}

fn apply(picture: &mut Picture, second: u64, name: &str, backlog: u64) {
    let mut stats = subscription(&SHAPES[0], second);
    stats.name = name.to_owned();
    stats.backlog = backlog;
    let at = std::time::Duration::from_secs(second);
    picture.apply(&numbers(sample(second, vec![stats])), at);
}

#[test]
fn seconds_without_a_sample_are_a_gap() {
    let mut picture = Picture::default();
    apply(&mut picture, 0, "billing", 5);
    apply(&mut picture, 1, "billing", 6);
    apply(&mut picture, 4, "billing", 9);
    let expected = [Some(5.0), Some(6.0), None, None, Some(9.0)];
    assert_eq!(seen(&picture, 1, 10), expected);
    assert_eq!(seen(&picture, 1, 2), expected[3..]);
}

#[test]
fn memory_of_a_row_is_bounded() {
    let mut picture = Picture::default();
    for second in 0..2 * POINTS as u64 {
        apply(&mut picture, second, "billing", second);
    }
    assert_eq!(seen(&picture, 1, usize::MAX).len(), POINTS);
    apply(&mut picture, 1_000_000, "billing", 1);
    assert_eq!(seen(&picture, 1, usize::MAX).len(), POINTS);
    assert_eq!(seen(&picture, 1, 2), [None, Some(1.0)]);
}

#[test]
fn an_id_with_another_name_begins_anew() {
    let mut picture = Picture::default();
    apply(&mut picture, 0, "billing", 5);
    apply(&mut picture, 1, "another brokers", 6);
    assert_eq!(seen(&picture, 1, 10), [Some(6.0)]);
}

#[test]
fn a_row_that_did_not_change_is_still_recorded() {
    let mut picture = Picture::default();
    let numbers = numbers(sample(0, vec![subscription(&SHAPES[2], 0)]));
    for second in 0..3 {
        picture.apply(&numbers, std::time::Duration::from_secs(second));
    }
    assert_eq!(seen(&picture, 3, 10), [Some(0.0); 3]);
}
