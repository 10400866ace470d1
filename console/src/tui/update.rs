//! What a message does to the state, and what it leads to. Pure: no clock, no channel, no terminal.

use super::keys::{self, Action};
use super::message::{Draw, Effect, Message, Outcome};
use super::state::State;
use super::state::reading::Moment;
use super::state::screen::{Frozen, Mode};

/// A filter longer than any name is a stuck key.
const FILTER_CAP: usize = 64;

/// Applies what happened at `now`.
pub(crate) fn update(state: &mut State, now: Moment, message: Message) -> Outcome {
    state.now = now;
    match message {
        Message::Started => Outcome::effect(Effect::Watch),
        Message::Key(event) => match keys::action(state.mode, event) {
            Some(action) => act(state, action),
            None => type_letter(state, keys::typed(event)),
        },
        Message::Resized(width, height) => {
            state.size = (width, height);
            state.arrange();
            Outcome::draw(Draw::Now)
        }
        Message::Sample(sample) => {
            state.live.apply(&sample, now);
            if state.frozen.is_some() {
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

fn act(state: &mut State, action: Action) -> Outcome {
    match action {
        Action::Quit => return Outcome::effect(Effect::Quit),
        Action::Redraw => return Outcome::effect(Effect::Redraw),
        Action::Suspend => return Outcome::effect(Effect::Suspend),
        Action::Help => state.mode = Mode::Help,
        Action::Down => step(state, |place, _| place.saturating_add(1)),
        Action::Up => step(state, |place, _| place.saturating_sub(1)),
        Action::PageDown => step(state, usize::saturating_add),
        Action::PageUp => step(state, usize::saturating_sub),
        Action::Top => step(state, |_, _| 0),
        Action::End => step(state, |_, _| usize::MAX),
        Action::ToggleDetail => state.detail = Some(!state.has_detail()),
        Action::StartFilter => state.mode = Mode::Filter,
        Action::KeepFilter | Action::CloseHelp => state.mode = Mode::List,
        Action::ClearFilter => {
            state.listing.filter.clear();
            state.mode = Mode::List;
        }
        Action::EraseLetter => {
            state.listing.filter.pop();
        }
        Action::NextSort => state.listing.sort = state.listing.sort.next(),
        Action::Reverse => state.listing.is_reversed = !state.listing.is_reversed,
        Action::Freeze => freeze(state),
    }
    state.arrange();
    Outcome::draw(Draw::Now)
}

/// Moves the selection: `to` gets the present place and the length of a page.
fn step(state: &mut State, to: fn(usize, usize) -> usize) {
    let page = state.layout().visible_rows().saturating_sub(1).max(1);
    let place = state.listing.place().unwrap_or(0);
    state.listing.select(to(place, page));
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
    let Some(letter) = letter.filter(|letter| !letter.is_control()) else {
        return Outcome::draw(Draw::No);
    };
    if state.mode != Mode::Filter || state.listing.filter.len() >= FILTER_CAP {
        return Outcome::draw(Draw::No);
    }
    state.listing.filter.push(letter);
    state.arrange();
    Outcome::draw(Draw::Now)
}
