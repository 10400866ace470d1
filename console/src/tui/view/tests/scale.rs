//! Long lists: what is not seen is not formatted.

use super::{COLORED, cells};
use crate::tui::message::Message;
use crate::tui::state::State;
use crate::tui::state::place::Tab;
use crate::tui::tests::fixture::{SHAPES, fresh, numbers, sample, say, subscription};
use crate::tui::tests::night::{Words, at, places};
use crate::tui::view::counted::formatted_rows;

/// A console that watches so many subscriptions.
fn crowded(size: (u16, u16), rows: u64) -> State {
    let rows = (0..rows).map(|id| {
        let mut row = subscription(&SHAPES[usize::try_from(id % 6).unwrap()], id % 60);
        row.subscription_id = id + 1;
        row.name = format!("{}-{id}", row.name);
        row
    });
    let rows = rows.collect();
    let mut state = fresh(size);
    say(&mut state, 1, Message::Sample(numbers(sample(1, rows))));
    state
}

#[test]
fn no_more_rows_are_formatted_than_are_seen() {
    for size in [(80, 24), (120, 36), (200, 60)] {
        let mut state = crowded(size, 10_000);
        for tab in [Tab::Overview, Tab::Subscriptions, Tab::DeadLetters] {
            state.tab = tab;
            state.arrange();
            formatted_rows();
            cells(&state, COLORED);
            let formatted = formatted_rows();
            assert!(formatted > 0, "{tab:?} shows no row at {size:?}");
            let visible = state.visible_rows();
            assert!(
                formatted <= visible,
                "{formatted} of {visible} rows on {tab:?}"
            );
        }
    }
}

#[test]
fn every_page_formats_at_most_the_rows_it_shows() {
    for (name, tab, place) in places() {
        for size in [(80, 24), (120, 36), (200, 60)] {
            let state = at(size, tab, place.as_ref(), Words::AsTheyAre);
            formatted_rows();
            cells(&state, COLORED);
            let (formatted, visible) = (formatted_rows(), state.visible_rows());
            assert!(
                formatted <= visible,
                "{formatted} of {visible} rows on {name}"
            );
        }
    }
}
