//! The table of keys and what reads it.

use std::collections::HashSet;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::fixture::live;
use crate::tui::keys::{Action, BINDINGS, action, bindings};
use crate::tui::state::place::Place;
use crate::tui::state::screen::Mode;
use crate::tui::view::tests::screen;

#[test]
fn help_shows_every_key_of_the_table_and_what_it_does() {
    let mut state = live((80, 24));
    state.mode = Mode::Help;
    let shown = screen(&state);
    for binding in BINDINGS {
        let line = shown
            .lines()
            .find(|line| line.contains(binding.shown) && line.contains(binding.does));
        assert!(
            line.is_some(),
            "{} ({}) is not in the help:\n{shown}",
            binding.shown,
            binding.does
        );
    }
}

#[test]
fn footer_shows_only_hints_of_the_table() {
    let state = live((200, 60));
    let shown = screen(&state);
    let footer = shown.lines().last().unwrap().trim();
    let hints: Vec<String> = bindings(Mode::Page, &Place::Overview)
        .filter_map(|binding| binding.hint)
        .map(|(key, word)| format!("{key} {word}"))
        .collect();
    assert_eq!(footer, hints.join("  "));
}

#[test]
fn no_key_means_two_things_in_one_mode() {
    for mode in Mode::ALL {
        let mut seen = Vec::new();
        for key in bindings(mode, &Place::Overview).flat_map(|binding| binding.keys) {
            assert!(!seen.contains(key), "{key:?} is bound twice in {mode:?}");
            seen.push(*key);
        }
    }
}

#[test]
fn small_letters_and_capitals_are_different_keys() {
    let small = KeyEvent::new(KeyCode::Char('g'), KeyModifiers::NONE);
    let capital = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
    assert_eq!(
        action(Mode::Page, &Place::Overview, small),
        Some(Action::Top)
    );
    assert_eq!(
        action(Mode::Page, &Place::Overview, capital),
        Some(Action::End)
    );
}

#[test]
fn a_key_that_is_let_go_means_nothing() {
    let mut event = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE);
    event.kind = KeyEventKind::Release;
    assert_eq!(action(Mode::Page, &Place::Overview, event), None);
    let alt = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::ALT);
    assert_eq!(action(Mode::Page, &Place::Overview, alt), None);
}

#[test]
fn every_mode_can_be_left_with_ctrl_c() {
    let event = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    let modes: HashSet<_> = Mode::ALL
        .map(|mode| action(mode, &Place::Overview, event))
        .into();
    assert_eq!(modes, HashSet::from([Some(Action::Quit)]));
}
