//! The table of keys and what reads it.

use std::collections::HashSet;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::fixture::{live, places, press};
use crate::tui::bindings::all;
use crate::tui::keys::Action;
use crate::tui::live_keys::{KeyTable, Live};
use crate::tui::state::State;
use crate::tui::state::place::Place;
use crate::tui::state::screen::Mode;
use crate::tui::view::tests::screen;

/// What a key means on the overview.
fn meaning(mode: Mode, event: KeyEvent) -> Option<Action> {
    let table = KeyTable::default();
    let live = table.live(mode, &Place::Overview, event)?;
    Some(live.binding.action)
}

/// Everything that the help says on the page that is seen.
fn all_help(state: &mut State) -> String {
    press(state, KeyCode::Char('?'));
    let mut shown = String::new();
    for _ in 0..100 {
        shown.push_str(&screen(state));
        press(state, KeyCode::Char('j'));
    }
    press(state, KeyCode::Esc);
    shown
}

#[test]
fn help_shows_every_key_that_works_on_the_page_and_what_it_does() {
    let cases = places().map(|place| [(place.clone(), false), (place, true)]);
    for (place, may_write) in cases.into_iter().flatten() {
        let mut state = live((100, 24));
        if may_write {
            state.lock.open(state.now);
        }
        state.open(place.clone());
        let shown = all_help(&mut state);
        for binding in all() {
            let is_shown = shown
                .lines()
                .any(|line| line.contains(binding.shown) && line.contains(binding.does));
            assert_eq!(
                is_shown,
                binding.scope.holds(&place) && (may_write || !binding.writes),
                "{} ({}) in the help of {place:?}:\n{shown}",
                binding.shown,
                binding.does
            );
        }
    }
}

#[test]
fn footer_shows_only_hints_of_the_table() {
    let state = live((200, 60));
    let shown = screen(&state);
    let footer = shown.lines().last().unwrap().trim();
    let hints: Vec<String> = KeyTable::default()
        .of(Mode::Page, &Place::Overview, false)
        .filter_map(Live::hint)
        .map(|(key, word)| format!("{key} {word}"))
        .collect();
    assert_eq!(footer, hints.join("  "));
}

#[test]
fn no_key_means_two_things_in_one_mode() {
    for (mode, place) in Mode::ALL
        .into_iter()
        .flat_map(|mode| places().map(move |place| (mode, place)))
    {
        let mut seen = Vec::new();
        let table = KeyTable::default();
        for key in table.of(mode, &place, true).flat_map(|live| &live.keys) {
            assert!(
                !seen.contains(key),
                "{key:?} is bound twice in {mode:?} on {place:?}"
            );
            seen.push(*key);
        }
    }
}

#[test]
fn small_letters_and_capitals_are_different_keys() {
    let small = KeyEvent::new(KeyCode::Char('g'), KeyModifiers::NONE);
    let capital = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
    assert_eq!(meaning(Mode::Page, small), Some(Action::Top));
    assert_eq!(meaning(Mode::Page, capital), Some(Action::End));
}

#[test]
fn a_key_that_is_let_go_means_nothing() {
    let mut event = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE);
    event.kind = KeyEventKind::Release;
    assert_eq!(meaning(Mode::Page, event), None);
    let alt = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::ALT);
    assert_eq!(meaning(Mode::Page, alt), None);
}

#[test]
fn every_mode_can_be_left_with_ctrl_c() {
    let event = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    let modes: HashSet<_> = Mode::ALL.map(|mode| meaning(mode, event)).into();
    assert_eq!(modes, HashSet::from([Some(Action::Quit)]));
}
