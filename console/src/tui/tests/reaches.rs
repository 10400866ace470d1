//! Where a requeue goes: back, to all subscriptions of the topic, or elsewhere; each is planned anew, and each has its
//! command.

use crossterm::event::KeyCode;
use weir_proto::v1::OperationAct;

use super::dialogs::{answer_plan, call, dialog, focus, request, unlocked};
use super::fixture::{press, say, type_text};
use super::night::Words;
use super::night_acts;
use crate::tui::message::{Message, Outcome};
use crate::tui::state::State;
use crate::tui::state::deed::{Call, Done};
use crate::tui::state::dialog::{Button, Off, Reach, Stop};
use crate::tui::state::field::Name;
use crate::tui::state::plan::Plan;
use crate::tui::view::tests::screen;

const GROUP: &str = "--where 'fingerprint = \"00d1e5f0a7b3c924\"'";

/// The broker's plan of what goes to the topic of the subscription itself.
pub(crate) fn answer_home(state: &mut State, outcome: &Outcome) {
    let (serial, asked) = call(outcome);
    assert!(
        matches!(
            asked,
            Call::Plan {
                goes_home: true,
                ..
            }
        ),
        "{asked:?}"
    );
    let mut wire = night_acts::plan(OperationAct::Move, Words::AsTheyAre);
    wire.target_topic.clone_from(&wire.topic);
    wire.warnings.insert(
        0,
        "all 2 subscriptions of emails get them as new messages, also those that have finished them"
            .to_owned(),
    );
    let result = Ok(Done::Planned(Box::new(Plan::new(&wire))));
    let now = state.now.as_secs();
    say(state, now, Message::Operated { serial, result });
}

#[test]
fn o_goes_from_the_subscription_to_all_of_its_topic_to_another_topic_and_back() {
    let mut state = unlocked("dead_groups", (120, 36));
    let back = press(&mut state, KeyCode::Char('R'));
    assert_eq!(request(&back).act(), OperationAct::Requeue);
    answer_plan(&mut state, &back);
    assert!(screen(&state).contains("smtp only"));

    let home = press(&mut state, KeyCode::Char('o'));
    let asked = request(&home);
    assert_eq!(
        (asked.act(), asked.subscription.as_str()),
        (OperationAct::Move, "smtp")
    );
    assert_eq!(
        dialog(&state).off(state.now),
        Some(Off::Waiting),
        "what was planned before is not what is wanted now"
    );
    assert_eq!(
        dialog(&state).stop(),
        Stop::Button(Button::Cancel),
        "the fields that are gone do not hand the focus to another button"
    );
    answer_plan(&mut state, &back);
    assert!(dialog(&state).current_plan().is_none());
    answer_home(&mut state, &home);
    assert_eq!(dialog(&state).off(state.now), None);
    assert_eq!(
        state.copied_command(),
        format!("weir dlq requeue smtp --all-subscriptions {GROUP} --rate 200")
    );
    let shown = screen(&state);
    assert!(
        shown.contains("will republish") && shown.contains("[ Publish anew 2,744 ]"),
        "{shown}"
    );
    assert!(
        !shown.contains("Canary"),
        "nothing is watched there:\n{shown}"
    );

    // Neither is what the broker counts just now.
    press(&mut state, KeyCode::Char('o'));
    press(&mut state, KeyCode::Char('o'));
    let counts = press(&mut state, KeyCode::Char('o'));
    assert!(request(&counts).target_topic.is_empty());
    let elsewhere = press(&mut state, KeyCode::Char('o'));
    assert_eq!(elsewhere.effects, [], "no topic is named yet");
    assert_eq!(
        dialog(&state).off(state.now),
        Some(Off::Field(Name::Target))
    );
    assert_eq!(dialog(&state).reach(), Reach::Elsewhere);
    press(&mut state, KeyCode::Char('o'));
    assert_eq!(dialog(&state).reach(), Reach::Back);
    assert!(screen(&state).contains("Canary"));
}

#[test]
fn another_topic_is_named_and_what_is_applied_is_the_plan_of_it() {
    let mut state = unlocked("dead_groups", (120, 36));
    let back = press(&mut state, KeyCode::Char('R'));
    answer_plan(&mut state, &back);
    press(&mut state, KeyCode::Char('o'));
    press(&mut state, KeyCode::Char('o'));
    let is_target = |state: &State| {
        let dialog = dialog(state);
        matches!(dialog.stop(), Stop::Field(at) if dialog.fields[at].name == Name::Target)
    };
    while !is_target(&state) {
        press(&mut state, KeyCode::BackTab);
    }
    type_text(&mut state, "too");
    assert_eq!(
        dialog(&state).reach(),
        Reach::Elsewhere,
        "within a name the key is a letter"
    );
    let asked = press(&mut state, KeyCode::Tab);
    let planned = request(&asked);
    assert_eq!(
        (planned.act(), planned.target_topic.as_str()),
        (OperationAct::Move, "too")
    );
    answer_plan(&mut state, &asked);
    assert_eq!(
        state.copied_command(),
        format!("weir dlq move smtp --to too {GROUP} --rate 200")
    );
    focus(&mut state, Button::Apply);
    let (_, applied) = call(&press(&mut state, KeyCode::Enter));
    let Call::Apply(applied) = applied else {
        panic!("no apply but {applied:?}");
    };
    assert_eq!(applied.plan, "plan-1f0c-3-9");
    assert_eq!((applied.rate, applied.canary_count), (200, 0));
    assert!(
        applied.brake_percent.abs() < f64::EPSILON,
        "a move has no brake"
    );
}

#[test]
fn in_other_dialogs_the_key_does_nothing() {
    let mut state = unlocked("dead_groups", (120, 36));
    press(&mut state, KeyCode::Char('X'));
    let before = dialog(&state).fields.clone();
    assert_eq!(press(&mut state, KeyCode::Char('o')).effects, []);
    assert_eq!(dialog(&state).fields, before);
    assert_eq!(dialog(&state).stop(), Stop::Button(Button::Cancel));
}
