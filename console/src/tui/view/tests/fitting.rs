//! Which columns stay when width is short.

use std::collections::BTreeSet;

use super::screen;
use crate::tui::tests::fixture::live;

const DROPPED_IN_ORDER: [&str; 7] = ["TREND", "DRAIN", "IN", "ACKED", "NET", "CONS", "TOPIC"];

fn titles(width: u16) -> BTreeSet<String> {
    let shown = screen(&live((width, 24)));
    let line = shown.lines().find(|line| line.contains("NAME")).unwrap();
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn columns_go_in_the_order_of_the_contract() {
    for width in (44..=200).rev() {
        let titles = titles(width);
        for always in ["NAME", "BACKLOG", "OLDEST", "DEAD"] {
            assert!(titles.contains(always), "{always} is gone at {width}");
        }
        let kept: Vec<bool> = DROPPED_IN_ORDER
            .iter()
            .map(|title| titles.contains(*title))
            .collect();
        assert!(kept.is_sorted(), "at {width} there are {titles:?}");
    }
    assert!(titles(200).contains("TREND"));
    assert!(titles(120).contains("TREND"));
    assert!(!titles(80).contains("TREND"));
    assert!(titles(80).contains("NET"));
}

#[test]
fn figures_are_whole_or_not_there() {
    for width in 44..=200 {
        let shown = screen(&live((width, 24)));
        let row = shown
            .lines()
            .rfind(|line| line.contains("fulfilm"))
            .unwrap();
        assert!(row.contains("5m41s"), "the age is cut at {width}: {row}");
        assert!(!row.contains("341.7"), "{row}");
    }
}
