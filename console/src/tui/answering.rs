//! What keys and the broker's answers do to the dialog that is open: its fields, its plan, its buttons.

use std::time::Duration;

use weir_proto::safe_text::SafeText;

use super::copying::copy;
use super::keys::Action;
use super::message::{Draw, Effect, Outcome};
use super::state::State;
use super::state::deed::{Deed, Done};
use super::state::dialog::{Button, Dialog, Stop, Waits};
use super::state::fetch::{Cause, Failure};
use super::state::field::Field;
use super::state::mode::Mode;
use super::state::notices::Level;
use super::state::operation::Operation;
use super::state::plan::Held;
use crate::present::units;

/// Does what a key means in a dialog.
pub(super) fn answer(state: &mut State, action: Action) -> Outcome {
    let Some(dialog) = &mut state.dialog else {
        state.mode = Mode::Page;
        return Outcome::draw(Draw::Now);
    };
    let (mut is_done_with_field, mut is_forced) = (true, false);
    match action {
        Action::NextButton => dialog.step(true),
        Action::PreviousButton => dialog.step(false),
        Action::NextValue | Action::PreviousValue => {
            let is_forward = action == Action::NextValue;
            let is_turned = dialog.focused().is_some_and(|field| field.turn(is_forward));
            if !is_turned {
                dialog.step(is_forward);
            }
        }
        Action::Turn => {
            if let Some(field) = dialog.focused() {
                field.turn(true);
            }
        }
        Action::TurnReach => dialog.turn_reach(),
        Action::EraseLetter => {
            if let Some(field) = dialog.focused() {
                field.pop();
            }
            is_done_with_field = false;
        }
        Action::PlanAgain => is_forced = true,
        Action::PressButton => match dialog.stop() {
            Stop::Field(_) => dialog.step(true),
            Stop::Button(button) => return press(state, button),
        },
        _ => {}
    }
    let effect = if is_done_with_field {
        plan(state, is_forced)
    } else {
        None
    };
    Outcome {
        effects: effect.into_iter().collect(),
        draw: Draw::Now,
    }
}

/// Gives a letter to the field that has the focus; false if it takes none.
pub(super) fn take_letter(state: &mut State, letter: Option<char>) -> bool {
    let (Mode::Dialog, Some(letter), Some(dialog)) = (state.mode, letter, &mut state.dialog) else {
        return false;
    };
    dialog.focused().is_some_and(|field| field.push(letter))
}

/// Asks for a plan if none was asked for of what the fields hold now, or in any case.
pub(super) fn plan(state: &mut State, is_forced: bool) -> Option<Effect> {
    let (now, sampled) = (state.now, state.live.sampled);
    let serial = state.next_serial();
    let dialog = state.dialog.as_mut().filter(|dialog| dialog.is_planned())?;
    if matches!(dialog.waits, Some((Waits::ForDeed, _))) {
        return None;
    }
    let is_first = dialog.plan.is_none() && dialog.problem.is_none() && dialog.waits.is_none();
    if !is_first && !is_forced && !dialog.has_changed() {
        return None;
    }
    let Some(call) = dialog.plan_call(sampled) else {
        // What the broker still counts is wanted no more.
        dialog.serial = serial;
        dialog.waits = None;
        return None;
    };
    dialog.fields.iter_mut().for_each(Field::settle);
    dialog.serial = serial;
    dialog.plan = None;
    dialog.problem = None;
    dialog.waits = Some((Waits::ForPlan, now));
    Some(Effect::Operate { serial, call })
}

/// Does what the focused button says.
fn press(state: &mut State, button: Button) -> Outcome {
    match button {
        Button::Cancel => close(state),
        Button::Copy => {
            let command = state.copied_command();
            return copy(state, Some(command));
        }
        Button::Apply => return apply(state),
    }
    Outcome::draw(Draw::Now)
}

/// Closes the dialog; what it waits for is done all the same, and says so.
pub(super) fn close(state: &mut State) {
    state.dialog = None;
    state.mode = Mode::Page;
}

fn apply(state: &mut State) -> Outcome {
    let now = state.now;
    let Some(dialog) = &mut state.dialog else {
        return Outcome::draw(Draw::Now);
    };
    if dialog.off(now).is_some() {
        // What is missing stands beside the button.
        return Outcome::draw(Draw::Now);
    }
    match dialog.deed.clone() {
        Deed::Overwrite { path, text } => {
            close(state);
            return Outcome::effect(Effect::Export {
                path: Some(path),
                text,
                replaces: true,
            });
        }
        Deed::Unlock => {
            close(state);
            unlock(state);
            return Outcome::draw(Draw::Now);
        }
        _ => {}
    }
    let Some(call) = dialog.deed_call() else {
        return Outcome::draw(Draw::Now);
    };
    dialog.waits = Some((Waits::ForDeed, now));
    dialog.problem = None;
    let serial = dialog.serial;
    Outcome::effect(Effect::Operate { serial, call })
}

/// Unlocks writing for a while.
pub(super) fn unlock(state: &mut State) {
    state.lock.open(state.now);
    let text = "writing is unlocked for 15 minutes: capitals act, after a plan; w locks it";
    state.say(Level::Done, SafeText::literal(text));
}

/// Locks writing again once its time is over. A dialog that would change the broker goes with it, unless it
/// waits for what it did already.
pub(super) fn relock(state: &mut State) {
    if !state.lock.expire(state.now) {
        return;
    }
    let mut text = "the 15 minutes are over: writing is locked";
    let open = state.dialog.as_ref();
    let is_of_writing = open.is_some_and(|dialog| {
        let is_done = matches!(dialog.waits, Some((Waits::ForDeed, _)));
        dialog.has_command() && !is_done
    });
    if is_of_writing {
        close(state);
        text = "the 15 minutes are over: writing is locked, and nothing was done";
    }
    state.say(Level::Note, SafeText::literal(text));
}

/// Takes what came of a call of a dialog. If that is gone, what was done is said all the same.
pub(super) fn operated(state: &mut State, serial: u64, result: Result<Done, Failure>) -> Outcome {
    let now = state.now;
    let own = state.dialog.as_mut().filter(|one| one.serial == serial);
    match (result, own) {
        (Ok(Done::Planned(plan)), Some(dialog)) => {
            dialog.waits = None;
            let holds = Duration::try_from_secs_f64(plan.holds_seconds).unwrap_or_default();
            dialog.plan = Some(Held {
                plan,
                until: now + holds,
            });
        }
        (Ok(Done::Planned(_)), None) => return Outcome::draw(Draw::No),
        (Ok(done), own) => {
            if own.is_some() {
                close(state);
            }
            said(state, done);
        }
        (Err(failure), Some(dialog)) => fail(dialog, failure),
        (Err(failure), None) => state.say(Level::Trouble, failure.text),
    }
    Outcome::draw(Draw::Now)
}

/// What the broker refused is said in the dialog. A plan that it no longer takes is forgotten; one whose
/// answer did not come may be applied again, since the same plan is the same operation.
fn fail(dialog: &mut Dialog, failure: Failure) {
    dialog.waits = None;
    if failure.cause != Cause::Unreachable {
        dialog.plan = None;
    }
    dialog.problem = Some(failure);
}

fn said(state: &mut State, done: Done) {
    let text = match done {
        Done::Operation(one) => {
            let text = began(&one);
            state.note(*one);
            text
        }
        Done::Said(text) => text,
        Done::Planned(_) => return,
    };
    state.say(Level::Done, text);
}

/// `operation 7: requeue of smtp, 20 of 2,871; 7 shows it`.
fn began(one: &Operation) -> SafeText {
    let mut text = SafeText::literal("operation ");
    text.push(&one.id);
    text.push(&SafeText::literal(": "));
    text.push(&SafeText::literal(one.verb()));
    text.push(&SafeText::literal(" of "));
    text.push(one.about());
    let progress = format!(
        ", {}, {} of {}; key 7 shows it, U there takes it back",
        one.state_word(),
        units::count(one.affected),
        units::count(one.selected)
    );
    text.push(&SafeText::new(progress));
    text
}
