//! What a message does to the state, and what it leads to. Pure: no clock, no channel, no terminal.

use super::keys::{self, Action};
use super::message::{Draw, Effect, Message, Outcome};
use super::state::State;
use super::state::page::Range;
use super::state::place::{Group, Place, Tab};
use super::state::reading::Moment;
use super::state::row::Row;
use super::state::screen::{Frozen, Mode};

/// How many calls may be under way at once, for all pages together.
const CALLS: usize = 4;

/// Applies what happened at `now`.
pub(crate) fn update(state: &mut State, now: Moment, message: Message) -> Outcome {
    state.now = now;
    let mut outcome = apply(state, message);
    outcome.effects.extend(asks(state));
    outcome
}

fn apply(state: &mut State, message: Message) -> Outcome {
    match message {
        Message::Started => Outcome::effect(Effect::Watch),
        Message::Key(event) => match keys::action(state.mode, &state.page().place, event) {
            Some(action) => act(state, action),
            None => type_letter(state, keys::typed(event)),
        },
        Message::Resized(width, height) => {
            state.size = (width, height);
            state.arrange();
            Outcome::draw(Draw::Now)
        }
        Message::Sample(sample) => {
            state.live.apply(&sample, state.now);
            if state.frozen.is_some() {
                return Outcome::draw(Draw::No);
            }
            state.arrange();
            Outcome::draw(Draw::Soon)
        }
        Message::Answer { page, slot, result } => {
            let (now, seen) = (state.now, state.page().serial);
            if let Some(open) = state.page_by_serial(page) {
                open.answer(now, slot, result);
            }
            if page != seen {
                return Outcome::draw(Draw::No);
            }
            state.arrange();
            Outcome::draw(Draw::Soon)
        }
        Message::Link(link) => {
            state.link = link;
            Outcome::draw(Draw::Soon)
        }
        Message::Second => Outcome::draw(Draw::Soon),
        Message::Terminated => Outcome::effect(Effect::Quit),
        Message::Stopped => Outcome::effect(Effect::Suspend),
        Message::Continued => Outcome::effect(Effect::Retake),
    }
}

/// The calls that the page needs now. A frozen screen asks for nothing, and without a broker there is
/// nobody to ask.
fn asks(state: &mut State) -> Vec<Effect> {
    if state.frozen.is_some() || !state.freshness().is_live() {
        return Vec::new();
    }
    let room = CALLS.saturating_sub(state.calls_under_way());
    let now = state.now;
    let page = state.page_mut();
    let serial = page.serial;
    let asks = page.next_asks(now, room).into_iter();
    asks.map(|ask| Effect::Ask { page: serial, ask }).collect()
}

fn act(state: &mut State, action: Action) -> Outcome {
    match action {
        Action::Quit => return Outcome::effect(Effect::Quit),
        Action::Back if state.back() => {}
        Action::Back => return Outcome::effect(Effect::Quit),
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
        _ => show(state, action),
    }
    state.arrange();
    Outcome::draw(Draw::Now)
}

/// Changes how something is shown.
fn show(state: &mut State, action: Action) {
    match action {
        Action::Help => {
            state.mode = Mode::Help;
            state.help_skipped = 0;
        }
        Action::CloseHelp => state.mode = Mode::Page,
        Action::TogglePane => state.detail = Some(!state.has_detail()),
        Action::StartFilter => {
            state.listing_mut().filter.begin();
            state.mode = Mode::Filter;
        }
        Action::KeepFilter => {
            state.listing_mut().filter.keep();
            state.mode = Mode::Page;
        }
        Action::ClearFilter => {
            state.listing_mut().filter.clear();
            state.mode = Mode::Page;
        }
        Action::EraseLetter => {
            if let Some(table) = state.listing().table {
                state.listing_mut().filter.pop(table);
            }
        }
        Action::NextSort => next_sort(state),
        Action::Reverse => {
            let listing = state.listing_mut();
            listing.is_reversed = !listing.is_reversed;
        }
        Action::Mark => mark(state),
        Action::Freeze => freeze(state),
        Action::NextSeries => {
            let chart = &mut state.page_mut().chart;
            chart.series = chart.series.wrapping_add(1);
        }
        Action::LongerRange => range(state, Range::longer),
        Action::ShorterRange => range(state, Range::shorter),
        Action::NextPayloadView => {
            let page = state.page_mut();
            page.payload = page.payload.next();
        }
        Action::PayloadDown => scroll(state, |line| line.saturating_add(1)),
        Action::PayloadUp => scroll(state, |line| line.saturating_sub(1)),
        Action::Fold => fold(state),
        // The others lead somewhere, and `act` knows where.
        _ => {}
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
        (_, Row::Consumer(_) | Row::Client(_) | Row::Event(_) | Row::Group(_)) => return,
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

/// The longest help there is, and more.
const HELP_LINES: usize = 200;

/// Moves the selection: `to` gets the present place and the length of a page. A page without a list
/// scrolls, and so does the help.
fn step(state: &mut State, to: fn(usize, usize) -> usize) {
    if state.mode == Mode::Help {
        state.help_skipped = to(state.help_skipped, 10).min(HELP_LINES);
        return;
    }
    let visible = state.visible_rows().saturating_sub(1).max(1);
    let page = state.page_mut();
    if page.listing.table.is_none() {
        page.scroll = to(page.scroll, visible).min(usize::from(u16::MAX));
        return;
    }
    let place = page.listing.place().unwrap_or(0);
    page.listing.select(to(place, visible));
    page.forget_payload();
}

fn next_sort(state: &mut State) {
    let listing = state.listing_mut();
    let sorts = listing.table.map_or(1, |table| table.sorts.len());
    listing.sort = (listing.sort + 1) % sorts.max(1);
}

fn mark(state: &mut State) {
    let listing = state.listing_mut();
    let Some(selected) = listing.selected.clone() else {
        return;
    };
    if !listing.marks.remove(&selected) {
        listing.marks.insert(selected);
    }
    step(state, |place, _| place.saturating_add(1));
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

/// Letters go into the filter while it is being typed, and nowhere else.
fn type_letter(state: &mut State, letter: Option<char>) -> Outcome {
    let letter = letter.filter(|letter| !letter.is_control());
    let (Some(letter), Mode::Filter, Some(table)) = (letter, state.mode, state.listing().table)
    else {
        return Outcome::draw(Draw::No);
    };
    state.listing_mut().filter.push(letter, table);
    state.arrange();
    Outcome::draw(Draw::Now)
}
