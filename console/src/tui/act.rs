//! What keys and commands do to the state, and what they lead to.

use weir_proto::safe_text::SafeText;

use super::answering;
use super::asking;
use super::copying::{copy, export};
use super::keys::Action;
use super::look::Script;
use super::message::{Draw, Effect, Outcome};
use super::narrow::{filter, mark, narrow, next_problem, sort, step};
use super::state::State;
use super::state::command::Order;
use super::state::mode::Mode;
use super::state::notices::Level;
use super::state::page::Range;
use super::state::place::{Group, Place, Tab};
use super::state::row::Row;
use super::state::screen::Frozen;

/// Does what a key means.
pub(super) fn act(state: &mut State, action: Action) -> Outcome {
    match action {
        Action::Back if state.back() => {}
        Action::Back | Action::Quit => return Outcome::effect(Effect::Quit),
        Action::Redraw => return Outcome::effect(Effect::Redraw),
        Action::Suspend => return Outcome::effect(Effect::Suspend),
        Action::Tab(tab) => state.tab = tab,
        Action::NextTab => state.tab = state.tab.step(1),
        Action::PreviousTab => state.tab = state.tab.step(Tab::ALL.len() - 1),
        Action::Open => open(state),
        Action::OpenDead => open_dead(state),
        Action::Escape => escape(state),
        Action::Down => step(state, |place, _| place.saturating_add(1)),
        Action::Up => step(state, |place, _| place.saturating_sub(1)),
        Action::PageDown => step(state, usize::saturating_add),
        Action::PageUp => step(state, usize::saturating_sub),
        Action::Top => step(state, |_, _| 0),
        Action::End => step(state, |_, _| usize::MAX),
        Action::EnterCommand => return enter_command(state),
        Action::CopyValue => return copy(state, state.copied_value()),
        Action::CopyCommand => return copy(state, Some(state.copied_command())),
        Action::Export => return export(state, None),
        Action::Mouse => return mouse(state),
        Action::NextButton
        | Action::PreviousButton
        | Action::PressButton
        | Action::NextValue
        | Action::PreviousValue
        | Action::Turn
        | Action::TurnReach
        | Action::PlanAgain => return answering::answer(state, action),
        Action::EraseLetter if state.mode == Mode::Dialog => {
            return answering::answer(state, action);
        }
        Action::CancelDialog => answering::close(state),
        Action::Lock
        | Action::Requeue
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
        | Action::Undo => return asking::open(state, action),
        Action::NextProblem => next_problem(state),
        Action::MarkAll
        | Action::MarkRange
        | Action::Invert
        | Action::NextMarked
        | Action::Mark => {
            mark(state, action);
        }
        _ => show(state, action),
    }
    state.arrange();
    Outcome::draw(Draw::Now)
}

/// Changes how something is shown, or who has the keys.
fn show(state: &mut State, action: Action) {
    match action {
        Action::Help => {
            state.mode = Mode::Help;
            state.skipped = 0;
        }
        Action::Notices => {
            state.mode = Mode::Notices;
            state.skipped = 0;
            state.notices.dismiss();
        }
        Action::Columns => {
            state.mode = Mode::Columns;
            state.skipped = 0;
        }
        Action::CloseHelp | Action::CloseOverlay | Action::CancelCommand => {
            state.mode = Mode::Page;
        }
        Action::TogglePane => state.detail = Some(!state.has_detail()),
        Action::Freeze => freeze(state),
        Action::NextSeries => {
            let chart = &mut state.page_mut().chart;
            chart.series = chart.series.wrapping_add(1);
        }
        Action::Cursor => {
            if !state.begin_cursor() {
                let text = SafeText::literal("the chart has no past to look at yet");
                state.say(Level::Note, text);
            }
        }
        Action::CursorStep(step) => state.move_cursor(step),
        Action::CloseCursor => state.end_cursor(),
        Action::LongerRange => range(state, Range::longer),
        Action::ShorterRange => range(state, Range::shorter),
        Action::NextPayloadView => {
            let page = state.page_mut();
            page.payload = page.payload.next();
        }
        Action::PayloadDown => scroll(state, |line| line.saturating_add(1)),
        Action::PayloadUp => scroll(state, |line| line.saturating_sub(1)),
        Action::Fold => fold(state),
        _ => narrow(state, action),
    }
}

/// Opens the selected row.
fn open(state: &mut State) {
    let Some(row) = state.selected_row() else {
        return;
    };
    let place = match (&state.page().place, row) {
        (Place::DeadLetters, Row::Subscription(row)) => Place::DeadGroups {
            subscription: row.now.name.clone(),
        },
        (_, Row::Subscription(row)) => Place::Subscription {
            name: row.now.name.clone(),
        },
        (_, Row::Topic(row)) => Place::Topic {
            name: row.now.name.clone(),
        },
        (Place::DeadGroups { subscription }, Row::Group(group)) => Place::DeadMessages {
            subscription: subscription.clone(),
            group: Some(Group {
                fingerprint: group.fingerprint.clone(),
                pattern: group.pattern.clone(),
            }),
        },
        (_, Row::Letter(letter)) => Place::Message {
            id: letter.id.clone(),
        },
        (_, Row::Event(event)) if !event.subscription.is_empty() => Place::Subscription {
            name: event.subscription.clone(),
        },
        (_, Row::Event(event)) if !event.topic.is_empty() => Place::Topic {
            name: event.topic.clone(),
        },
        (
            _,
            Row::Consumer(_)
            | Row::Client(_)
            | Row::Event(_)
            | Row::Group(_)
            | Row::Operation(_)
            | Row::Act(_),
        ) => return,
    };
    state.open(place);
}

/// Opens the dead messages of the subscription that the page is about, or that is selected.
fn open_dead(state: &mut State) {
    let subscription = match (&state.page().place, state.selected_row()) {
        (Place::Subscription { name }, _) => name.clone(),
        (_, Some(Row::Subscription(row))) => row.now.name.clone(),
        _ => return,
    };
    state.open(Place::DeadGroups { subscription });
}

/// Takes back what narrows the list, one thing at a time; with nothing left, the page closes.
fn escape(state: &mut State) {
    let listing = state.listing_mut();
    if !listing.filter.is_empty() {
        listing.filter.clear();
    } else if !listing.marks.is_empty() {
        listing.marks.clear();
    } else {
        state.back();
    }
}

fn scroll(state: &mut State, to: fn(usize) -> usize) {
    let page = state.page_mut();
    page.scroll = to(page.scroll).min(usize::from(u16::MAX));
}

/// Folds a part of the payload that is seen: of the message of the page, or of the selected one.
fn fold(state: &mut State) {
    let payload = match (state.page().data.message.value(), state.selected_row()) {
        (Some(one), _) => one.letter.payload.clone(),
        (None, Some(Row::Letter(letter))) => letter.payload.clone(),
        _ => return,
    };
    state.page_mut().fold(&payload);
}

fn range(state: &mut State, change: fn(Range) -> Range) {
    let page = state.page_mut();
    let range = change(page.chart.range);
    if range.is_by_minute() != page.chart.range.is_by_minute() {
        page.forget_past();
    }
    page.chart.range = range;
}

fn freeze(state: &mut State) {
    state.frozen = match state.frozen.take() {
        Some(_) => None,
        None => Some(Box::new(Frozen {
            picture: state.live.clone(),
            since: state.now,
        })),
    };
}

fn mouse(state: &mut State) -> Outcome {
    state.has_mouse = !state.has_mouse;
    let text = if state.has_mouse {
        "mouse on: the wheel moves; hold shift to select text as usual"
    } else {
        "mouse off"
    };
    state.say(Level::Done, SafeText::literal(text));
    Outcome::effect(Effect::Mouse(state.has_mouse))
}

/// Takes other letters for charts, if there are others.
fn charts(state: &mut State, script: Script) {
    if !state.look.set_charts(script) {
        let text = SafeText::literal("this screen is drawn in ASCII only");
        state.say(Level::Note, text);
    }
}

/// Does what was typed behind `:`.
fn enter_command(state: &mut State) -> Outcome {
    let order = state.command.enter();
    if state.command.problem.is_some() {
        return Outcome::draw(Draw::Now);
    }
    state.mode = Mode::Page;
    match order {
        None => {}
        Some(Order::Tab(tab)) => state.tab = tab,
        Some(Order::Open(place)) => state.open(place),
        Some(Order::Filter(text)) => filter(state, &text),
        Some(Order::Sort(field)) => sort(state, &field),
        Some(Order::Theme(theme)) => state.look.set_theme(theme),
        Some(Order::Charts(script)) => charts(state, script),
        Some(Order::Export(path)) => return export(state, path),
        Some(Order::Help) => show(state, Action::Help),
        Some(Order::Notices) => show(state, Action::Notices),
        Some(Order::Quit) => return Outcome::effect(Effect::Quit),
    }
    state.arrange();
    Outcome::draw(Draw::Now)
}
