//! Each dialog as the operator sees it, over its page: with the broker's plan, while that is made, and when
//! the broker refuses.

use std::cell::Cell;

use crossterm::event::KeyCode;
use weir_proto::safe_text::SafeText;

use super::cells::is_harmful;
use super::{ASCII, COLORED, cells, screen, text};
use crate::profile::Stage;
use crate::tui::message::Message;
use crate::tui::state::State;
use crate::tui::state::badge::Badge;
use crate::tui::state::deed::Done;
use crate::tui::state::fetch::{Cause, Failure};
use crate::tui::state::plan::Plan;
use crate::tui::tests::dialogs::{answer_plan, unlocked};
use crate::tui::tests::fixture::{press, say, type_text};
use crate::tui::tests::night::Words;
use crate::tui::tests::night_acts;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 60)];

/// The dialogs that the broker plans: name, page, key, and how often its first choice is turned.
const PLANNED: [(&str, &str, char, usize); 9] = [
    ("requeue_group", "dead_groups", 'R', 0),
    ("requeue_message", "dead_messages", 'R', 0),
    ("discard", "dead_groups", 'X', 1),
    ("purge_older", "subscription", 'X', 0),
    ("purge_keep", "subscription", 'X', 1),
    ("delete_subscription", "subscription", 'X', 3),
    ("seek", "subscription", 'K', 0),
    ("delete_topic", "topics", 'X', 0),
    ("undo", "operations", 'U', 0),
];

/// Those that are done at once.
const PLAIN: [(&str, &str, char); 4] = [
    ("pause", "subscription", 'P'),
    ("disconnect", "clients", 'D'),
    ("pause_operation", "operations", 'P'),
    ("cancel_operation", "operations", 'X'),
];

fn planned(size: (u16, u16), (_, page, key, turns): (&str, &str, char, usize)) -> State {
    let mut state = unlocked(page, size);
    let mut asked = press(&mut state, KeyCode::Char(key));
    for turn in 0..turns {
        if turn == 0 {
            // Back over what comes before the buttons, to the first field.
            while state.dialog.as_ref().is_some_and(|dialog| dialog.focus > 0) {
                press(&mut state, KeyCode::BackTab);
            }
        }
        asked = press(&mut state, KeyCode::Right);
    }
    answer_plan(&mut state, &asked);
    state
}

#[test]
fn dialogs_with_a_plan() {
    for dialog in PLANNED {
        for size in SIZES {
            let state = planned(size, dialog);
            let name = format!("{}_{}x{}", dialog.0, size.0, size.1);
            insta::assert_snapshot!(name, screen(&state));
        }
    }
}

#[test]
fn dialogs_without_a_plan() {
    for (name, page, key) in PLAIN {
        for size in SIZES {
            let mut state = unlocked(page, size);
            press(&mut state, KeyCode::Char(key));
            insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), screen(&state));
        }
    }
}

#[test]
fn dialogs_that_wait_expire_are_refused_and_want_a_name() {
    let mut state = unlocked("dead_groups", (80, 24));
    let asked = press(&mut state, KeyCode::Char('R'));
    insta::assert_snapshot!("requeue_is_planned_80x24", screen(&state));
    answer_plan(&mut state, &asked);
    let serial = state.dialog.as_ref().unwrap().serial;
    let text =
        "plan plan-1f0c-3-9 has expired, or the broker has started again since: plan it again";
    let result = Err(Failure {
        cause: Cause::Other,
        text: SafeText::literal(text),
    });
    let now = state.now.as_secs();
    say(&mut state, now, Message::Operated { serial, result });
    insta::assert_snapshot!("requeue_is_refused_80x24", screen(&state));

    let mut state = unlocked("dead_groups", (80, 24));
    state.badge = Some(Badge::Context {
        name: SafeText::literal("prod-eu"),
        stage: Stage::Production,
    });
    let asked = press(&mut state, KeyCode::Char('R'));
    answer_plan(&mut state, &asked);
    press(&mut state, KeyCode::BackTab);
    type_text(&mut state, "smt");
    insta::assert_snapshot!("requeue_in_production_80x24", screen(&state));
    press(&mut state, KeyCode::Esc);
    press(&mut state, KeyCode::Char('w'));
    press(&mut state, KeyCode::Char('w'));
    insta::assert_snapshot!("unlock_in_production_80x24", screen(&state));
}

#[test]
fn a_move_asks_for_the_topic() {
    for size in SIZES {
        let mut state = unlocked("dead_groups", size);
        press(&mut state, KeyCode::Char('M'));
        while state
            .dialog
            .as_ref()
            .is_some_and(|dialog| dialog.focus != 1)
        {
            press(&mut state, KeyCode::BackTab);
        }
        type_text(&mut state, "emails-again");
        let asked = press(&mut state, KeyCode::Tab);
        answer_plan(&mut state, &asked);
        insta::assert_snapshot!(format!("move_{}x{}", size.0, size.1), screen(&state));
    }
}

#[test]
fn an_edit_shows_what_changes() {
    for size in SIZES {
        let mut state = unlocked("dead_messages", size);
        press(&mut state, KeyCode::Char('T'));
        press(&mut state, KeyCode::BackTab);
        type_text(&mut state, "kind=invoice");
        let asked = press(&mut state, KeyCode::Tab);
        answer_plan(&mut state, &asked);
        insta::assert_snapshot!(format!("edit_{}x{}", size.0, size.1), screen(&state));
    }
}

#[test]
fn a_dialog_in_ascii_is_ascii() {
    let shown = text(&planned((120, 36), PLANNED[0]), ASCII);
    assert!(shown.is_ascii(), "{shown}");
    insta::assert_snapshot!("requeue_ascii_120x36", shown);
}

#[test]
fn the_buttons_of_every_dialog_are_seen_at_the_usual_sizes() {
    for dialog in PLANNED {
        for size in SIZES {
            let shown = screen(&planned(size, dialog));
            let has_buttons = |line: &str| line.contains("[ Cancel ]") && line.contains("[ Copy");
            assert!(
                shown.lines().any(has_buttons),
                "{} at {size:?}:\n{shown}",
                dialog.0
            );
        }
    }
}

#[test]
fn a_dialog_can_be_drawn_at_any_size_with_whatever_the_broker_says() {
    let hostile: Vec<Vec<u8>> = vec![
        b"\x1b]0;owned\x07".to_vec(),
        "\u{202e}txt.exe\u{2066}".as_bytes().to_vec(),
        b"a\nb\rc\td\x08e\x7f\0".to_vec(),
        "日本👍\u{1f3fd}".repeat(80).into_bytes(),
    ];
    let next = Cell::new(0);
    for dialog in PLANNED {
        let mut state = planned((120, 36), dialog);
        let act = state
            .dialog
            .as_ref()
            .unwrap()
            .plan
            .as_ref()
            .unwrap()
            .plan
            .act;
        let words = Words::Each(&hostile, &next);
        for turn in 0..hostile.len() {
            let plan = Plan::new(&night_acts::plan(act, words));
            let serial = state.dialog.as_ref().unwrap().serial;
            let now = state.now.as_secs();
            let result = Ok(Done::Planned(Box::new(plan)));
            say(&mut state, now, Message::Operated { serial, result });
            let size = [(80, 24), (120, 36), (30, 9), (9, 4)][turn];
            say(&mut state, now, Message::Resized(size.0, size.1));
            for cell in cells(&state, COLORED).content() {
                assert!(!cell.symbol().contains(is_harmful), "{:?}", cell.symbol());
            }
        }
    }
}
