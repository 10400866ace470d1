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
fn help_shows_every_key_of_the_page_and_what_it_does() {
    for place in places() {
        let mut state = live((100, 24));
        state.open(place.clone());
        let shown = all_help(&mut state);
        for binding in all() {
            let is_shown = shown
                .lines()
                .any(|line| line.contains(binding.shown) && line.contains(binding.does));
            assert_eq!(
                is_shown,
                binding.scope.holds(&place),
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
        .of(Mode::Page, &Place::Overview)
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
        for key in table.of(mode, &place).flat_map(|live| &live.keys) {
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
    assert_eq!(
        KeyTable::default().action(Mode::Page, &Place::Overview, small),
        Some(Action::Top)
    );
    assert_eq!(
        KeyTable::default().action(Mode::Page, &Place::Overview, capital),
        Some(Action::End)
    );
}

#[test]
fn a_key_that_is_let_go_means_nothing() {
    let mut event = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE);
    event.kind = KeyEventKind::Release;
    assert_eq!(
        KeyTable::default().action(Mode::Page, &Place::Overview, event),
        None
    );
    let alt = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::ALT);
    assert_eq!(
        KeyTable::default().action(Mode::Page, &Place::Overview, alt),
        None
    );
}

#[test]
fn every_mode_can_be_left_with_ctrl_c() {
    let event = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    let modes: HashSet<_> = Mode::ALL
        .map(|mode| KeyTable::default().action(mode, &Place::Overview, event))
        .into();
    assert_eq!(modes, HashSet::from([Some(Action::Quit)]));
}
