//! Which rows the broker is asked for, and what becomes of those that it sends.

use std::time::Duration;

use crossterm::event::KeyCode;
use weir_proto::v1::{WatchResponse, WatchWindow, WatchedRows};

use super::fixture::{SHAPES, Shape, fresh, numbers, press, sample, say, subscription, type_text};
use crate::tui::message::{Effect, Message, Outcome};
use crate::tui::state::State;
use crate::tui::state::link::Link;
use crate::tui::state::row_id::RowId;
use crate::tui::state::window::Windows;
use crate::tui::update::update;

/// The windows that an outcome asks for, if it does.
pub(super) fn asked(outcome: &Outcome) -> Option<Windows> {
    outcome.effects.iter().find_map(|effect| match effect {
        Effect::Watch(windows) => Some(windows.clone()),
        _ => None,
    })
}

pub(super) fn subscriptions(windows: &Windows) -> WatchWindow {
    windows.request().subscriptions.unwrap()
}

/// A sample of a list with so many rows, of which those of a window come.
pub(super) fn of_many(second: u64, many: u32, window: &WatchWindow) -> WatchResponse {
    let from = u64::from(window.offset);
    let ids: Vec<u64> = (from..u64::from(many))
        .take(window.limit as usize)
        .map(|place| place + 1)
        .collect();
    let rows = ids.iter().map(|id| {
        let shape = Shape {
            id: *id,
            ..SHAPES[0]
        };
        subscription(&shape, second)
    });
    let mut sample = sample(second, rows.collect());
    sample.subscription_rows = Some(WatchedRows {
        ids,
        matched_count: many,
    });
    sample
}

/// A console that watches a list of so many rows.
pub(super) fn watching(many: u32) -> (State, Windows) {
    let (state, windows, _) = begun(many);
    (state, windows)
}

/// The same, and what the first sample led to.
pub(super) fn begun(many: u32) -> (State, Windows, Outcome) {
    let mut state = fresh((80, 24));
    let windows = asked(&say(&mut state, 0, Message::Started)).unwrap();
    say(&mut state, 0, Message::Link(Link::Live));
    let outcome = answer(&mut state, 1, many, &windows);
    (state, windows, outcome)
}

pub(super) fn answer(state: &mut State, second: u64, many: u32, windows: &Windows) -> Outcome {
    say(state, second, Message::Watching(windows.clone()));
    let sample = of_many(second, many, &subscriptions(windows));
    say(state, second, Message::Sample(numbers(sample)))
}

#[test]
fn ten_thousand_rows_cost_what_a_screen_costs() {
    let (state, windows) = watching(10_000);
    let window = subscriptions(&windows);
    assert_eq!((window.filter.as_str(), window.offset), ("", 0));
    assert_eq!(window.order_by, "urgency desc");
    assert!((100..=400).contains(&window.limit), "{}", window.limit);
    assert_eq!(windows.request().topics, None);
    assert_eq!(state.listing().matched, 10_000);
    assert_eq!(state.shown().rows.len(), window.limit as usize);
}

#[test]
fn scrolling_moves_the_window_and_the_selection_is_the_row_at_its_place() {
    let (mut state, _) = watching(10_000);
    let outcome = press(&mut state, KeyCode::End);
    let windows = asked(&outcome).unwrap();
    let window = subscriptions(&windows);
    assert!(window.offset + window.limit >= 10_000, "{window:?}");
    assert_eq!(state.listing().selected, None, "it is not here yet");
    answer(&mut state, 2, 10_000, &windows);
    assert_eq!(state.listing().selected, Some(RowId::Number(10_000)));
    assert_eq!(state.listing().place(), Some(9_999));
    press(&mut state, KeyCode::Up);
    assert_eq!(state.listing().selected, Some(RowId::Number(9_999)));
}

#[test]
fn filter_and_order_go_to_the_broker_at_a_pace() {
    let (mut state, _) = watching(3);
    press(&mut state, KeyCode::Char('3'));
    state.now += Duration::from_secs(1);
    let sorted = asked(&press(&mut state, KeyCode::Char('s'))).unwrap();
    assert_eq!(subscriptions(&sorted).order_by, "name");
    type_text(&mut state, "/ready > 5");
    assert_eq!(
        asked(&press(&mut state, KeyCode::Enter)),
        None,
        "not so soon"
    );
    let now = state.now + Duration::from_secs(1);
    let later = update(&mut state, now, Message::Second);
    assert_eq!(subscriptions(&asked(&later).unwrap()).filter, "ready > 5");
    assert_eq!(asked(&press(&mut state, KeyCode::Char('z'))), None);
}

#[test]
fn dead_letters_and_topics_are_windows_of_their_own() {
    let (mut state, _) = watching(3);
    state.now += Duration::from_secs(1);
    let dead = asked(&press(&mut state, KeyCode::Char('4'))).unwrap();
    assert_eq!(subscriptions(&dead).filter, "dead > 0");
    state.now += Duration::from_secs(1);
    let topics = asked(&press(&mut state, KeyCode::Char('2'))).unwrap();
    let window = topics.request().topics.unwrap();
    assert_eq!(
        (window.filter.as_str(), window.order_by.as_str()),
        ("", "name")
    );
    assert_eq!(
        subscriptions(&topics).filter,
        "",
        "the overview's rows stay"
    );
}
