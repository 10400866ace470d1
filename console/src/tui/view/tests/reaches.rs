//! The dialog of a requeue with each place to which dead messages can go.

use crossterm::event::KeyCode;

use super::{ASCII, screen, text};
use crate::tui::state::State;
use crate::tui::tests::dialogs::{answer_plan, unlocked};
use crate::tui::tests::fixture::{press, type_text};
use crate::tui::tests::reaches::answer_home;

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 36)];

fn opened(size: (u16, u16)) -> State {
    let mut state = unlocked("dead_groups", size);
    let asked = press(&mut state, KeyCode::Char('R'));
    answer_plan(&mut state, &asked);
    state
}

fn to_all(size: (u16, u16)) -> State {
    let mut state = opened(size);
    let asked = press(&mut state, KeyCode::Char('o'));
    answer_home(&mut state, &asked);
    state
}

fn elsewhere(size: (u16, u16)) -> State {
    let mut state = opened(size);
    press(&mut state, KeyCode::Char('o'));
    press(&mut state, KeyCode::Char('o'));
    state
}

#[test]
fn a_requeue_with_each_place_to_go() {
    for size in SIZES {
        let of = |name: &str| format!("{name}_{}x{}", size.0, size.1);
        insta::assert_snapshot!(of("back"), screen(&opened(size)));
        insta::assert_snapshot!(of("to_all"), screen(&to_all(size)));
        let mut state = elsewhere(size);
        insta::assert_snapshot!(of("elsewhere_unnamed"), screen(&state));
        // From the button that cancels: over the rate and what came back, to the topic.
        for _ in 0..3 {
            press(&mut state, KeyCode::BackTab);
        }
        type_text(&mut state, "emails-again");
        let asked = press(&mut state, KeyCode::Tab);
        answer_plan(&mut state, &asked);
        insta::assert_snapshot!(of("elsewhere"), screen(&state));
    }
}

#[test]
fn it_is_ascii_where_that_is_all_there_is() {
    let shown = text(&to_all((120, 36)), ASCII);
    assert!(shown.is_ascii(), "{shown}");
}
