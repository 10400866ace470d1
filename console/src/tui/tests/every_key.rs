//! Every key of the table does what its action promises, on every page on which it means something.
//!
//! The match over actions has no arm for the rest: an action without a promise does not compile.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use weir_proto::safe_text::SafeText;

use super::fixture::{live, places, press, type_text};
use super::night::past;
use crate::tui::bindings::all;
use crate::tui::keys::{Action, Key};
use crate::tui::message::{Draw, Effect, Message, Outcome};
use crate::tui::state::State;
use crate::tui::state::ask::{Reply, Slot};
use crate::tui::state::dialog::Dialog;
use crate::tui::state::mode::Step;
use crate::tui::state::notices::Level;
use crate::tui::state::place::Place;
use crate::tui::state::screen::Mode;
use crate::tui::update::update;

/// A page opened from the overview, in a mode, with the second row selected where there is one.
fn prepared(mode: Mode, place: &Place) -> State {
    let mut state = live((100, 30));
    state.lock.open(state.now);
    state.open(place.clone());
    state.arrange();
    press(&mut state, KeyCode::Down);
    let (now, past) = (state.now, Ok(Reply::Past(past())));
    state.page_mut().answer(now, Slot::Past, past);
    for (key, of) in [
        ('/', Mode::Filter),
        (':', Mode::Command),
        ('?', Mode::Help),
        ('c', Mode::Columns),
        ('N', Mode::Notices),
    ] {
        if mode == of {
            press(&mut state, KeyCode::Char(key));
        }
    }
    match mode {
        Mode::Filter => type_text(&mut state, "i"),
        Mode::Command => type_text(&mut state, "events"),
        Mode::Help | Mode::Notices => {
            for _ in 0..3 {
                press(&mut state, KeyCode::Down);
            }
        }
        Mode::Columns => drop(press(&mut state, KeyCode::Down)),
        Mode::Dialog => {
            state.dialog = Some(Dialog::overwrite("rows".to_owned(), String::new()));
            state.mode = Mode::Dialog;
        }
        Mode::Cursor => {
            state.begin_cursor();
            state.move_cursor(Step::Back);
            state.move_cursor(Step::Back);
        }
        Mode::Page => {}
    }
    state
}

fn event(key: Key) -> KeyEvent {
    match key {
        Key::Plain(code) => KeyEvent::new(code, KeyModifiers::NONE),
        Key::Ctrl(letter) => KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL),
    }
}

#[test]
fn every_key_does_what_its_action_promises() {
    let mut checked = 0;
    for binding in all() {
        for place in places().iter().filter(|place| binding.scope.holds(place)) {
            let has_list = place.table().is_some();
            if !has_list && matches!(binding.mode, Mode::Filter | Mode::Columns) {
                continue;
            }
            for key in binding.keys {
                let mut state = prepared(binding.mode, place);
                let before = state.clone();
                let at = state.now;
                let outcome = update(&mut state, at, Message::Key(event(*key)));
                assert!(
                    keeps(binding.action, &before, &state, &outcome),
                    "{key:?} on {place:?} in {:?} is not {:?}",
                    binding.mode,
                    binding.action
                );
                assert_ne!(outcome.draw, Draw::No, "{key:?} is seen");
                checked += 1;
            }
        }
    }
    assert!(checked > 300, "{checked} keys on all pages");
}

/// Whether an action did what it promises.
fn keeps(action: Action, before: &State, after: &State, outcome: &Outcome) -> bool {
    let does = |effect: &Effect| outcome.effects.contains(effect);
    let depth = (before.trail().len(), after.trail().len());
    match action {
        Action::Quit => does(&Effect::Quit),
        Action::Redraw => does(&Effect::Redraw),
        Action::Suspend => does(&Effect::Suspend),
        Action::Back | Action::Escape => depth == (2, 1),
        Action::Tab(tab) => after.tab == tab,
        Action::NextTab => after.tab == before.tab.step(1),
        Action::PreviousTab => after.tab.step(1) == before.tab,
        Action::Open => depth == (2, 3) || before.selected_row().is_none(),
        Action::OpenDead => {
            let is_dead = matches!(after.page().place, Place::DeadGroups { .. });
            depth == (2, 3) && is_dead || before.selected_row().is_none()
        }
        Action::Help => after.mode == Mode::Help,
        Action::Notices => after.mode == Mode::Notices,
        Action::Columns => after.mode == Mode::Columns,
        Action::StartFilter => after.mode == Mode::Filter,
        Action::StartCommand => after.mode == Mode::Command,
        Action::CloseHelp | Action::CloseOverlay | Action::CancelCommand | Action::KeepFilter => {
            after.mode == Mode::Page
        }
        Action::ClearFilter => after.mode == Mode::Page && after.listing().filter.is_empty(),
        Action::CancelDialog | Action::PressButton => {
            after.mode == Mode::Page && after.dialog.is_none()
        }
        Action::EnterCommand => after.mode == Mode::Page && after.tab.title() == "Events",
        Action::Freeze => after.frozen.is_some(),
        Action::TogglePane => after.has_detail() != before.has_detail(),
        Action::CopyCommand => {
            matches!(&outcome.effects[0], Effect::Copy(text) if text.starts_with("weir"))
        }
        Action::CopyValue => {
            let copied = outcome
                .effects
                .iter()
                .any(|one| matches!(one, Effect::Copy(_)));
            copied == before.copied_value().is_some()
        }
        Action::Export => {
            let exports = |one: &Effect| {
                matches!(
                    one,
                    Effect::Export {
                        replaces: false,
                        ..
                    }
                )
            };
            outcome.effects.iter().any(exports) == before.json_lines().is_some()
        }
        Action::Mouse => after.has_mouse && does(&Effect::Mouse(true)),
        other => asks(other, before, after),
    }
}

/// The same for what changes the broker, after a dialog.
fn asks(action: Action, before: &State, after: &State) -> bool {
    match action {
        Action::Lock => before.may_write() && !after.may_write(),
        Action::Requeue
        | Action::Discard
        | Action::Move
        | Action::Edit
        | Action::Purge
        | Action::DeleteTopic
        | Action::Seek
        | Action::HoldSubscription
        | Action::Disconnect
        | Action::HoldOperation
        | Action::CancelOperation
        | Action::Undo => {
            // The dialogs' own tests see what each is about; without a row there is nothing to ask.
            let is_asked = after.mode == Mode::Dialog && after.dialog.is_some();
            is_asked || after.notices.current(after.now).is_some()
        }
        other => moves(other, before, after),
    }
}

/// The same for what moves or changes how things are shown.
fn moves(action: Action, before: &State, after: &State) -> bool {
    let (was, is) = (before.listing(), after.listing());
    let places = was.place().zip(is.place());
    let scrolled = (before.skipped, after.skipped);
    let last = was.matched.saturating_sub(1);
    let is_overlaid = !matches!(before.mode, Mode::Page | Mode::Filter);
    let typed = (before.command.typed(), after.command.typed());
    match action {
        Action::Down | Action::Up if is_overlaid => scrolled.0 != scrolled.1,
        Action::Down => places.is_none_or(|(was, is)| is == (was + 1).min(last)),
        Action::Up => places.is_none_or(|(was, is)| is == was.saturating_sub(1)),
        Action::PageDown | Action::End => places.is_none_or(|(_, is)| is == last),
        Action::PageUp | Action::Top => places.is_none_or(|(_, is)| is == 0),
        Action::EraseLetter if before.mode == Mode::Command => {
            typed.1.as_str().len() + 1 == typed.0.as_str().len()
        }
        Action::EraseLetter if before.mode == Mode::Dialog => after.dialog.is_some(),
        Action::EraseLetter => is.filter.is_empty() && !was.filter.is_empty(),
        Action::Complete => typed.1.as_str() == "events ",
        Action::OlderCommand | Action::NewerCommand => typed.1.is_empty(),
        Action::NextSort => was
            .table
            .is_none_or(|table| table.sorts.len() < 2 || is.sort != was.sort),
        Action::Reverse => is.is_reversed != was.is_reversed,
        Action::Mark | Action::MarkRange => is.marks.len() == usize::from(was.selected.is_some()),
        Action::MarkAll | Action::Invert => is.marks.len() == was.matched,
        Action::NextMarked => is.selected == was.selected,
        Action::NextProblem => {
            let said = after.notices.current(after.now).is_some();
            said || is.selected != was.selected || after.tab != before.tab
        }
        Action::ToggleColumn => is.hidden.len() == 1,
        Action::Left => is.skipped == 0,
        Action::Right => is.skipped == 1,
        Action::NextSeries => after.page().chart.series == 1,
        Action::Cursor => after.cursor().is_some(),
        Action::CloseCursor => after.mode == Mode::Page && after.page().chart.cursor.is_none(),
        Action::CursorStep(step) => {
            let (was, is) = (before.cursor(), after.cursor());
            match step {
                Step::Back | Step::First => is < was && is.is_some(),
                Step::On | Step::Last => is > was,
            }
        }
        Action::LongerRange => after.page().chart.range == before.page().chart.range.longer(),
        Action::ShorterRange => after.page().chart.range == before.page().chart.range.shorter(),
        Action::NextPayloadView => after.page().payload == before.page().payload.next(),
        Action::PayloadDown => after.page().scroll == before.page().scroll + 1,
        Action::PayloadUp => after.page().scroll == before.page().scroll.saturating_sub(1),
        // Without a payload there is nothing to fold; the pages' own tests fold one.
        Action::Fold => after.page().folded.is_empty(),
        Action::Turn | Action::TurnReach | Action::PlanAgain => after.dialog.is_some(),
        Action::NextButton | Action::PreviousButton | Action::NextValue | Action::PreviousValue => {
            let focus = |state: &State| state.dialog.as_ref().map(|dialog| dialog.focus);
            focus(after) != focus(before)
        }
        _ => unreachable!("every action is promised something here or above: {action:?}"),
    }
}

#[test]
fn next_marked_goes_round_and_problems_come_one_after_the_other() {
    let mut state = live((100, 30));
    press(&mut state, KeyCode::Char(' '));
    press(&mut state, KeyCode::Down);
    press(&mut state, KeyCode::Char(' '));
    for expected in [0, 2, 0] {
        press(&mut state, KeyCode::Char('n'));
        assert_eq!(state.listing().place(), Some(expected));
    }
    for expected in [1, 2, 0] {
        press(&mut state, KeyCode::Char('!'));
        assert_eq!(state.listing().place(), Some(expected));
    }
}

#[test]
fn a_range_is_marked_from_the_last_mark_to_the_selected_row() {
    let range = KeyEvent::new(KeyCode::Char(' '), KeyModifiers::CONTROL);
    let mut state = live((100, 30));
    press(&mut state, KeyCode::Down);
    press(&mut state, KeyCode::Char(' '));
    press(&mut state, KeyCode::Down);
    press(&mut state, KeyCode::Down);
    let at = state.now;
    update(&mut state, at, Message::Key(range));
    let order = state.listing().order.clone();
    let marked: Vec<_> = state.listing().marks.iter().cloned().collect();
    let mut expected = order[1..=4].to_vec();
    expected.sort();
    assert_eq!(marked, expected);
    // The other way round, from where the last range ended.
    press(&mut state, KeyCode::Home);
    update(&mut state, at, Message::Key(range));
    assert_eq!(state.listing().marks.len(), 5);
}

#[test]
fn marks_stay_on_their_rows_when_the_order_changes_and_esc_takes_them_back() {
    let mut state = live((100, 30));
    press(&mut state, KeyCode::Char(' '));
    let marked = state.listing().marks.clone();
    press(&mut state, KeyCode::Char('r'));
    press(&mut state, KeyCode::Char('s'));
    assert_eq!(state.listing().marks, marked);
    press(&mut state, KeyCode::Esc);
    assert!(state.listing().marks.is_empty());
    assert_eq!(
        press(&mut state, KeyCode::Esc).effects,
        [],
        "esc never quits"
    );
}

#[test]
fn a_page_keeps_what_the_operator_did_while_another_is_open() {
    let mut state = live((100, 30));
    press(&mut state, KeyCode::Char('s'));
    press(&mut state, KeyCode::Down);
    let before = state.listing().clone();
    press(&mut state, KeyCode::Enter);
    assert!(matches!(state.page().place, Place::Subscription { .. }));
    press(&mut state, KeyCode::Char('2'));
    press(&mut state, KeyCode::Char('1'));
    press(&mut state, KeyCode::Char('q'));
    let after = state.listing();
    assert_eq!(
        (after.sort, &after.selected),
        (before.sort, &before.selected)
    );
    assert_eq!(
        press(&mut state, KeyCode::Char('q')).effects,
        [Effect::Quit]
    );
}

#[test]
fn commands_open_pages_and_what_is_wrong_with_one_is_said_where_it_is_typed() {
    let mut state = live((100, 30));
    type_text(&mut state, ":sub led");
    press(&mut state, KeyCode::Tab);
    press(&mut state, KeyCode::Enter);
    let ledger = SafeText::literal("ledger");
    assert_eq!(state.page().place, Place::Subscription { name: ledger });
    type_text(&mut state, ":zebra");
    press(&mut state, KeyCode::Enter);
    assert_eq!(state.mode, Mode::Command);
    assert!(state.command.problem.is_some());
    press(&mut state, KeyCode::Esc);
    press(&mut state, KeyCode::Esc);
    type_text(&mut state, ":filter dead > 0");
    press(&mut state, KeyCode::Enter);
    assert_eq!(state.listing().matched, 2);
    type_text(&mut state, ":sort backlog");
    press(&mut state, KeyCode::Enter);
    assert_eq!(state.listing().sorted_by().unwrap().field, "backlog");
    type_text(&mut state, ":sort zebra");
    press(&mut state, KeyCode::Enter);
    let said = state.notices.current(state.now).unwrap();
    assert_eq!(said.level, Level::Trouble);
}
