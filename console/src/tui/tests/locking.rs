//! The lock on what changes the broker: closed at first, open for a while, asked for by name in production.

use crossterm::event::KeyCode;
use weir_proto::safe_text::SafeText;

use super::dialogs::{answer_plan, dialog, focus, locked, unlocked};
use super::fixture::{press, say, type_text};
use crate::profile::Stage;
use crate::tui::message::Message;
use crate::tui::state::State;
use crate::tui::state::badge::Badge;
use crate::tui::state::dialog::{Button, Off};
use crate::tui::state::mode::Mode;
use crate::tui::view::tests::screen;

#[test]
fn writing_is_locked_at_first_unlocked_for_a_while_and_locks_itself() {
    let mut state = locked("dead_groups", (120, 36));
    assert!(screen(&state).contains("RO  ● live"));
    press(&mut state, KeyCode::Char('R'));
    assert!(state.dialog.is_none());
    let said = state.notices.current(state.now).unwrap().text.to_string();
    assert!(said.contains("w unlocks it for 15 minutes"), "{said}");
    assert!(!screen(&state).contains("requeue…"));
    press(&mut state, KeyCode::Char('w'));
    press(&mut state, KeyCode::Char('N'));
    press(&mut state, KeyCode::Esc);
    let shown = screen(&state);
    assert!(
        shown.contains("RW 15m00s") && shown.contains("R requeue…"),
        "{shown}"
    );
    let later = state.now.as_secs() + 60;
    say(&mut state, later, Message::Second);
    assert!(screen(&state).contains("RW 14m00s"));
    say(&mut state, later + 14 * 60, Message::Second);
    assert!(!state.may_write());
    let shown = screen(&state);
    assert!(
        shown.contains("the 15 minutes are over: writing is locked"),
        "{shown}"
    );
}

#[test]
fn a_dialog_that_would_write_goes_when_the_time_is_over() {
    let mut state = unlocked("dead_groups", (120, 36));
    press(&mut state, KeyCode::Char('R'));
    let over = state.now.as_secs() + 15 * 60;
    say(&mut state, over, Message::Second);
    assert!(state.dialog.is_none() && state.mode == Mode::Page);
    assert!(screen(&state).contains("nothing was done"));
}

#[test]
fn production_asks_for_its_name_and_for_that_of_what_is_touched() {
    let mut state = locked("dead_groups", (120, 36));
    state.badge = Some(Badge::Context {
        name: SafeText::literal("prod-eu"),
        stage: Stage::Production,
    });
    press(&mut state, KeyCode::Char('w'));
    assert!(!state.may_write(), "not before its name is typed");
    press(&mut state, KeyCode::BackTab);
    type_text(&mut state, "prod-us");
    focus(&mut state, Button::Apply);
    press(&mut state, KeyCode::Enter);
    assert!(
        !state.may_write() && state.dialog.is_some(),
        "the wrong name"
    );
    press(&mut state, KeyCode::Tab);
    press(&mut state, KeyCode::Backspace);
    press(&mut state, KeyCode::Backspace);
    type_text(&mut state, "eu");
    focus(&mut state, Button::Apply);
    press(&mut state, KeyCode::Enter);
    assert!(state.may_write() && state.dialog.is_none());
    let asked = press(&mut state, KeyCode::Char('R'));
    answer_plan(&mut state, &asked);
    let off = |state: &State| dialog(state).off(state.now);
    assert!(matches!(off(&state), Some(Off::Field(_))));
    press(&mut state, KeyCode::BackTab);
    type_text(&mut state, "smtp");
    assert_eq!(off(&state), None);
}

#[test]
fn in_production_an_undo_asks_for_what_it_acts_on_as_every_other_act_does() {
    for (page, operation, about) in [("dead_groups", "7", "smtp"), ("operations", "9", "smtp")] {
        let mut state = unlocked(page, (120, 36));
        state.badge = Some(Badge::Context {
            name: SafeText::literal("prod-eu"),
            stage: Stage::Production,
        });
        let asked = press(&mut state, KeyCode::Char('U'));
        answer_plan(&mut state, &asked);
        press(&mut state, KeyCode::BackTab);
        type_text(&mut state, operation);
        let off = |state: &State| dialog(state).off(state.now);
        assert!(
            matches!(off(&state), Some(Off::Field(_))),
            "its number is not its name"
        );
        press(&mut state, KeyCode::Backspace);
        type_text(&mut state, about);
        assert_eq!(off(&state), None, "{page}");
    }
}
