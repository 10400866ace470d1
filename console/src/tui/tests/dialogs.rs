//! The dialogs: what each asks the broker for, what its keys do, and what it says when the broker refuses.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use weir_proto::safe_text::SafeText;
use weir_proto::v1::{OperationAct, PlanRequest};

use super::fixture::{press, say, type_text};
use super::night::{Words, at, places};
use super::night_acts;
use crate::profile::Stage;
use crate::tui::message::{Effect, Message, Outcome};
use crate::tui::state::State;
use crate::tui::state::badge::Badge;
use crate::tui::state::deed::{Call, Control, Done};
use crate::tui::state::dialog::{Button, Off, Stop};
use crate::tui::state::fetch::{Cause, Failure};
use crate::tui::state::operation::Operation;
use crate::tui::state::plan::Plan;
use crate::tui::view::tests::screen;

/// A page of the night with writing unlocked.
pub(crate) fn unlocked(page: &str, size: (u16, u16)) -> State {
    let mut state = locked(page, size);
    press(&mut state, KeyCode::Char('w'));
    state
}

pub(super) fn locked(page: &str, size: (u16, u16)) -> State {
    let found = places().into_iter().find(|(name, _, _)| *name == page);
    let (_, tab, place) = found.expect("a page");
    at(size, tab, place.as_ref(), Words::AsTheyAre)
}

/// The call that a key led to, and the serial number of who made it.
pub(super) fn call(outcome: &Outcome) -> (u64, Call) {
    let mut effects = outcome.effects.iter();
    effects
        .find_map(|effect| match effect {
            Effect::Operate { serial, call } => Some((*serial, call.clone())),
            _ => None,
        })
        .unwrap_or_else(|| panic!("no call in {outcome:?}"))
}

pub(super) fn request(outcome: &Outcome) -> PlanRequest {
    match call(outcome).1 {
        Call::Plan { request, .. } => *request,
        other => panic!("no plan but {other:?}"),
    }
}

/// The broker's plan of what was asked for.
pub(crate) fn answer_plan(state: &mut State, outcome: &Outcome) {
    let (serial, asked) = call(outcome);
    let Call::Plan { request, .. } = asked else {
        panic!("no plan but {asked:?}");
    };
    let plan = Plan::new(&night_acts::plan(request.act(), Words::AsTheyAre));
    let result = Ok(Done::Planned(Box::new(plan)));
    let now = state.now.as_secs();
    say(state, now, Message::Operated { serial, result });
}

fn refuse(state: &mut State, serial: u64, cause: Cause, text: &'static str) {
    let text = SafeText::literal(text);
    let result = Err(Failure { cause, text });
    let now = state.now.as_secs();
    say(state, now, Message::Operated { serial, result });
}

pub(super) fn dialog(state: &State) -> &crate::tui::state::dialog::Dialog {
    state.dialog.as_ref().expect("a dialog")
}

/// Moves the focus to a button.
pub(super) fn focus(state: &mut State, button: Button) {
    for _ in 0..20 {
        if dialog(state).stop() == Stop::Button(button) {
            return;
        }
        press(state, KeyCode::Tab);
    }
    panic!("{button:?} is not reached");
}

fn ctrl_r(state: &mut State) -> Outcome {
    let now = state.now.as_secs();
    let key = KeyEvent::new(KeyCode::Char('r'), KeyModifiers::CONTROL);
    say(state, now, Message::Key(key))
}

fn operation(id: &str) -> Done {
    let mut wire = night_acts::operations(Words::AsTheyAre)
        .operations
        .swap_remove(0);
    id.clone_into(&mut wire.operation);
    Done::Operation(Box::new(Operation::new(&wire)))
}

#[test]
fn a_requeue_is_planned_first_cancel_has_the_focus_and_the_plan_is_what_is_applied() {
    let mut state = unlocked("dead_groups", (120, 36));
    let asked = press(&mut state, KeyCode::Char('R'));
    let planned = request(&asked);
    assert_eq!(planned.act(), OperationAct::Requeue);
    assert_eq!(planned.subscription, "smtp");
    assert_eq!(
        planned.selection.unwrap().fingerprints,
        ["00d1e5f0a7b3c924"]
    );
    assert_eq!(dialog(&state).stop(), Stop::Button(Button::Cancel));
    assert_eq!(dialog(&state).off(state.now), Some(Off::Waiting));
    answer_plan(&mut state, &asked);
    assert_eq!(dialog(&state).off(state.now), None);
    press(&mut state, KeyCode::Enter);
    assert!(
        state.dialog.is_none(),
        "enter on what has the focus cancels"
    );

    let asked = press(&mut state, KeyCode::Char('R'));
    answer_plan(&mut state, &asked);
    focus(&mut state, Button::Apply);
    let applied = press(&mut state, KeyCode::Enter);
    let (serial, applied) = call(&applied);
    let Call::Apply(applied) = applied else {
        panic!("no apply but {applied:?}");
    };
    assert_eq!(applied.plan, "plan-1f0c-3-9");
    assert_eq!((applied.rate, applied.canary_count), (200, 20));
    assert!((applied.brake_percent - 5.0).abs() < f64::EPSILON && !applied.keeps_attempts);
    assert_eq!(press(&mut state, KeyCode::Enter).effects, [], "once");
    let now = state.now.as_secs();
    let result = Ok(operation("12"));
    say(&mut state, now, Message::Operated { serial, result });
    assert!(state.dialog.is_none());
    assert!(screen(&state).contains("operation 12: requeue of smtp"));
}

#[test]
fn another_choice_is_planned_anew_and_the_answer_to_the_one_before_is_forgotten() {
    let mut state = unlocked("dead_groups", (120, 36));
    let first = press(&mut state, KeyCode::Char('R'));
    press(&mut state, KeyCode::Tab);
    for _ in 0..20 {
        if dialog(&state).stop() == Stop::Field(0) {
            break;
        }
        press(&mut state, KeyCode::Tab);
    }
    let second = press(&mut state, KeyCode::Right);
    assert!(request(&second).selection.unwrap().all);
    answer_plan(&mut state, &first);
    assert!(dialog(&state).plan.is_none(), "that was another question");
    answer_plan(&mut state, &second);
    assert!(dialog(&state).current_plan().is_some());
}

#[test]
fn a_plan_that_expired_or_is_refused_is_made_again_by_one_key() {
    let mut state = unlocked("dead_groups", (120, 36));
    let asked = press(&mut state, KeyCode::Char('R'));
    answer_plan(&mut state, &asked);
    let late = state.now.as_secs() + 601;
    let sample = super::fixture::numbers(super::fixture::sample(late, Vec::new()));
    say(&mut state, late, Message::Sample(sample));
    assert_eq!(dialog(&state).off(state.now), Some(Off::Expired));
    assert!(screen(&state).contains("has expired"));
    let again = ctrl_r(&mut state);
    answer_plan(&mut state, &again);
    assert_eq!(dialog(&state).off(state.now), None);
    focus(&mut state, Button::Apply);
    let (serial, _) = call(&press(&mut state, KeyCode::Enter));
    let why = "plan x would have changed 2,744 messages, of which 3 are dead no more";
    refuse(&mut state, serial, Cause::Other, why);
    let shown = screen(&state);
    assert!(
        shown.contains(why) && shown.contains("plans again; nothing was done"),
        "{shown}"
    );
    assert_eq!(dialog(&state).off(state.now), Some(Off::NoPlan));
    let again = ctrl_r(&mut state);
    answer_plan(&mut state, &again);
    assert_eq!(dialog(&state).off(state.now), None);
    // Without an answer the same plan may be applied again: it is the same operation.
    let (serial, _) = call(&press(&mut state, KeyCode::Enter));
    refuse(
        &mut state,
        serial,
        Cause::Unreachable,
        "the broker did not answer in time",
    );
    assert_eq!(dialog(&state).off(state.now), None);
    assert!(screen(&state).contains("is the same operation"));
}

#[test]
fn several_marked_groups_are_one_plan_and_one_command() {
    let mut state = unlocked("dead_groups", (120, 36));
    press(&mut state, KeyCode::Char('A'));
    let asked = press(&mut state, KeyCode::Char('R'));
    let is_sought = !matches!(call(&asked).1, Call::Plan { sought: None, .. });
    assert!(
        !is_sought,
        "the broker looks for them, however many they are"
    );
    let selection = request(&asked).selection.unwrap();
    assert_eq!(selection.fingerprints.len(), 4);
    assert!(selection.message_ids.is_empty() && !selection.all);
    let command = state.copied_command();
    assert_eq!(command.matches("fingerprint = ").count(), 4, "{command}");
}

#[test]
fn the_newest_operation_on_dead_messages_is_undone_where_they_are_seen() {
    let mut state = unlocked("dead_groups", (120, 36));
    assert!(
        screen(&state).contains("U takes 7 back"),
        "{}",
        screen(&state)
    );
    let asked = press(&mut state, KeyCode::Char('U'));
    let planned = request(&asked);
    assert_eq!(
        (planned.act(), planned.operation.as_str()),
        (OperationAct::Undo, "7")
    );
    assert_eq!(dialog(&state).stop(), Stop::Button(Button::Cancel));
}

#[test]
fn marked_messages_and_those_of_a_filter_are_named_by_their_ids() {
    let mut state = unlocked("dead_messages", (120, 36));
    let one = request(&press(&mut state, KeyCode::Char('X')));
    assert_eq!(one.act(), OperationAct::Discard);
    assert_eq!(one.selection.unwrap().message_ids.len(), 1);
    press(&mut state, KeyCode::Esc);
    press(&mut state, KeyCode::Char('A'));
    let marked = state.listing().marks.len();
    assert!(marked > 1);
    let all = request(&press(&mut state, KeyCode::Char('R')));
    assert_eq!(all.selection.unwrap().message_ids.len(), marked);
    press(&mut state, KeyCode::Esc);
    press(&mut state, KeyCode::Esc);
    type_text(&mut state, "/attempts > 1");
    press(&mut state, KeyCode::Enter);
    let (_, filtered) = call(&press(&mut state, KeyCode::Char('R')));
    let Call::Plan {
        sought: Some(sought),
        ..
    } = filtered
    else {
        panic!("nothing is looked for: {filtered:?}");
    };
    assert_eq!(sought.filter.as_str(), "attempts > 1");
    assert_eq!(sought.fingerprint.unwrap().as_str(), "00d1e5f0a7b3c924");
}

#[test]
fn each_key_asks_for_its_own_act() {
    let asks = |page: &str, key: char| {
        let mut state = unlocked(page, (120, 36));
        let outcome = press(&mut state, KeyCode::Char(key));
        (request(&outcome).act(), state.copied_command())
    };
    let (act, command) = asks("subscription", 'X');
    assert_eq!(act, OperationAct::Purge);
    assert_eq!(command, "weir sub purge fulfilment --older-than 1h");
    let (act, command) = asks("subscription", 'K');
    assert_eq!(act, OperationAct::Seek);
    assert!(
        command.starts_with("weir sub seek fulfilment --to 20"),
        "{command}"
    );
    let (act, command) = asks("topics", 'X');
    assert_eq!(
        (act, command.as_str()),
        (OperationAct::DeleteTopic, "weir topic rm emails")
    );
    let (act, command) = asks("operations", 'U');
    assert_eq!(
        (act, command.as_str()),
        (OperationAct::Undo, "weir op undo 9")
    );
    let (act, command) = asks("dead_groups", 'R');
    assert_eq!(act, OperationAct::Requeue);
    assert_eq!(
        command,
        "weir dlq requeue smtp --where 'fingerprint = \"00d1e5f0a7b3c924\"' --rate 200 --canary 20 \
         --canary-wait 10s --brake 5%"
    );
}

#[test]
fn a_move_is_planned_once_the_topic_is_named() {
    let mut state = unlocked("dead_groups", (120, 36));
    assert_eq!(press(&mut state, KeyCode::Char('M')).effects, []);
    while dialog(&state).stop() != Stop::Field(1) {
        press(&mut state, KeyCode::BackTab);
    }
    type_text(&mut state, "emails-again");
    let asked = press(&mut state, KeyCode::Tab);
    let planned = request(&asked);
    assert_eq!(
        (planned.act(), planned.target_topic.as_str()),
        (OperationAct::Move, "emails-again")
    );
    answer_plan(&mut state, &asked);
    assert_eq!(dialog(&state).off(state.now), None);
    let command =
        "weir dlq move smtp --to emails-again --where 'fingerprint = \"00d1e5f0a7b3c924\"'";
    assert_eq!(state.copied_command(), command);
}

#[test]
fn an_edit_is_planned_once_something_is_different() {
    let mut state = unlocked("dead_messages", (120, 36));
    assert_eq!(press(&mut state, KeyCode::Char('T')).effects, []);
    assert_eq!(dialog(&state).off(state.now), Some(Off::NoPlan));
    press(&mut state, KeyCode::BackTab);
    type_text(&mut state, "kind=in");
    assert_eq!(press(&mut state, KeyCode::Backspace).effects, []);
    type_text(&mut state, "nvoice");
    let asked = press(&mut state, KeyCode::Tab);
    let planned = request(&asked);
    assert_eq!(planned.act(), OperationAct::Edit);
    assert_eq!(planned.selection.unwrap().message_ids.len(), 1);
    let edit = planned.edit.unwrap();
    assert_eq!(edit.set_attributes["kind"], "invoice");
    assert_eq!((edit.payload, edit.ordering_key), (None, None));
    answer_plan(&mut state, &asked);
    assert_eq!(dialog(&state).off(state.now), None);
    assert!(screen(&state).contains("receipt → invoice"));
    let command = state.copied_command();
    assert!(command.ends_with(" --attribute 'kind=invoice'") || command.ends_with("kind=invoice"));
}

#[test]
fn what_is_done_at_once_asks_and_does_it() {
    let does = |page: &str, key: char| {
        let mut state = unlocked(page, (120, 36));
        press(&mut state, KeyCode::Char(key));
        focus(&mut state, Button::Apply);
        let (serial, call) = call(&press(&mut state, KeyCode::Enter));
        let now = state.now.as_secs();
        let result = Ok(Done::Said(SafeText::literal("it is done")));
        say(&mut state, now, Message::Operated { serial, result });
        assert!(screen(&state).contains("it is done"));
        call
    };
    let name = SafeText::literal("fulfilment");
    assert_eq!(does("subscription", 'P'), Call::Pause(name));
    assert!(matches!(does("clients", 'D'), Call::Disconnect(_)));
    let control = |control| Call::Control {
        operation: SafeText::literal("9"),
        control,
    };
    assert_eq!(does("operations", 'P'), control(Control::Pause));
    assert_eq!(does("operations", 'X'), control(Control::Cancel));
}

#[test]
fn y_copies_the_command_also_in_a_dialog_and_letters_of_a_name_are_typed() {
    let mut state = unlocked("operations", (120, 36));
    let copied = |outcome: Outcome| match outcome.effects.as_slice() {
        [Effect::Copy(text)] => text.clone(),
        other => panic!("nothing is copied: {other:?}"),
    };
    assert_eq!(copied(press(&mut state, KeyCode::Char('y'))), "weir op ls");
    press(&mut state, KeyCode::Char('U'));
    assert_eq!(
        copied(press(&mut state, KeyCode::Char('y'))),
        "weir op undo 9"
    );
    let mut state = locked("operations", (120, 36));
    state.badge = Some(Badge::Context {
        name: SafeText::literal("qy"),
        stage: Stage::Production,
    });
    press(&mut state, KeyCode::Char('w'));
    press(&mut state, KeyCode::BackTab);
    type_text(&mut state, "qy");
    assert_eq!(dialog(&state).off(state.now), None);
}

#[test]
fn nothing_is_asked_while_the_numbers_are_old() {
    let mut state = unlocked("dead_groups", (120, 36));
    let now = state.now + Duration::from_secs(30);
    say(&mut state, now.as_secs(), Message::Second);
    assert_eq!(press(&mut state, KeyCode::Char('R')).effects, []);
    assert!(state.dialog.is_none());
}
