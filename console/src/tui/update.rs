//! What a message does to the state, and what it leads to. Pure: no clock, no channel, no terminal.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use weir_proto::client::Numbers;
use weir_proto::safe_text::SafeText;

use super::act::act;
use super::answering;
use super::keys;
use super::locking;
use super::message::{Draw, Effect, Exported, Message, Outcome};
use super::narrow::step;
use super::state::State;
use super::state::ask::Reply;
use super::state::dialog::Dialog;
use super::state::link::Link;
use super::state::mode::Mode;
use super::state::notices::Level;
use super::state::reading::Moment;
use super::state::running::NO_PAGE;

/// How many calls may be under way at once, for all pages together.
const CALLS: usize = 6;

/// How many rows the wheel moves by.
const WHEEL: usize = 3;

/// Applies what happened at `now`.
pub(crate) fn update(state: &mut State, now: Moment, message: Message) -> Outcome {
    state.now = now;
    answering::relock(state);
    let mut outcome = apply(state, message);
    outcome
        .effects
        .extend(state.next_windows().map(Effect::Watch));
    outcome.effects.extend(asks(state));
    outcome
}

/// A key. Escape and the key after it come as one from a line that is slow, since the same bytes are
/// Alt with that key; no key is bound with Alt, so that they are taken as what they were.
fn press_all(state: &mut State, event: KeyEvent) -> Outcome {
    let mut outcome = Outcome::draw(Draw::No);
    let mut keys = vec![event];
    if event.modifiers.contains(KeyModifiers::ALT) {
        keys = vec![
            KeyEvent::new_with_kind(KeyCode::Esc, KeyModifiers::NONE, event.kind),
            KeyEvent {
                modifiers: event.modifiers - KeyModifiers::ALT,
                ..event
            },
        ];
    }
    for event in keys {
        let one = press(state, event);
        outcome.draw = outcome.draw.max(one.draw);
        outcome.effects.extend(one.effects);
    }
    outcome
}

fn apply(state: &mut State, message: Message) -> Outcome {
    match message {
        Message::Started => Outcome::draw(Draw::Now),
        Message::Key(event) => press_all(state, event),
        Message::Resized(width, height) => {
            state.size = (width, height);
            state.arrange();
            // A terminal that was smaller for a moment has lost cells, whatever its size is now.
            Outcome::effect(Effect::Redraw)
        }
        Message::Watching(windows) => {
            state.live.coming = Some(windows);
            Outcome::draw(Draw::No)
        }
        Message::Sample(sample) => take(state, &sample),
        Message::Answer { page, result, .. } if page == NO_PAGE => {
            state.own_answer(result);
            Outcome::draw(Draw::Soon)
        }
        Message::Operated { serial, result } => answering::operated(state, serial, result),
        Message::Answer { page, slot, result } => {
            let (now, seen) = (state.now, state.page().serial);
            if let Ok(Reply::Trends(pasts)) = &result {
                state.live.remember(pasts);
            }
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
            tell_of(state, &link);
            state.link = link;
            Outcome::draw(Draw::Soon)
        }
        Message::Pong { is_answered } => {
            let before = state.delay.shown();
            state.delay.end(state.now, is_answered);
            let is_same = state.delay.shown() == before;
            Outcome::draw(if is_same { Draw::No } else { Draw::Soon })
        }
        Message::Exported(exported) => {
            tell_exported(state, exported);
            Outcome::draw(Draw::Now)
        }
        Message::Scrolled { is_down } => {
            if is_down {
                step(state, |place, _| place.saturating_add(WHEEL));
            } else {
                step(state, |place, _| place.saturating_sub(WHEEL));
            }
            state.arrange();
            Outcome::draw(Draw::Now)
        }
        Message::Second => Outcome::draw(Draw::Soon),
        Message::Terminated => Outcome::effect(Effect::Quit),
        Message::Stopped => Outcome::effect(Effect::Suspend),
        Message::Continued => Outcome::effect(Effect::Retake),
    }
}

/// Does what a key means: letters of a field of a dialog are its, whatever they mean elsewhere.
fn press(state: &mut State, event: KeyEvent) -> Outcome {
    let typed = keys::typed(event);
    if answering::take_letter(state, typed) {
        return Outcome::draw(Draw::Now);
    }
    let found = state.keys.live(state.mode, &state.page().place, event);
    match found.map(|live| live.binding) {
        Some(binding) if binding.writes && !state.may_write() => {
            locking::refuse(state, binding.does)
        }
        Some(binding) => act(state, binding.action),
        None => type_letter(state, typed),
    }
}

/// Takes a sample of the broker in.
fn take(state: &mut State, sample: &Numbers) -> Outcome {
    let missed = state.live.dropped_updates;
    state.live.apply(sample, state.now);
    if let Some(more) = state
        .live
        .dropped_updates
        .checked_sub(missed)
        .filter(|n| *n > 0)
    {
        let text = format!("{more} samples of the broker were missed");
        state.say(Level::Trouble, SafeText::new(text));
    }
    if state.frozen.is_some() {
        return Outcome::draw(Draw::No);
    }
    // The list behind a question keeps its order.
    if state.mode != Mode::Dialog {
        state.arrange();
    }
    Outcome::draw(Draw::Soon)
}

/// The calls that the page needs now. A frozen screen asks for nothing, and without a broker there is
/// nobody to ask.
fn asks(state: &mut State) -> Vec<Effect> {
    if state.frozen.is_some() || !state.freshness().is_live() {
        return Vec::new();
    }
    let room = CALLS.saturating_sub(state.calls_under_way());
    let (now, beyond) = (state.now, state.beyond());
    let own = state
        .own_ask()
        .map(|ask| Effect::Ask { page: NO_PAGE, ask });
    let page = state.page_mut();
    let serial = page.serial;
    let asks = page.next_asks(now, room, &beyond);
    for ask in &asks {
        state.note_asked(ask);
    }
    let asks = asks.into_iter();
    let asks = asks.map(|ask| Effect::Ask { page: serial, ask });
    let ping = state.delay.is_due(now).then_some(Effect::Ping);
    if ping.is_some() {
        state.delay.ask(now);
    }
    asks.chain(own).chain(ping).collect()
}

/// Says when the connection is lost and when it is back.
fn tell_of(state: &mut State, link: &Link) {
    match (&state.link, link) {
        (Link::Live, Link::Waiting { reason, .. }) => {
            let mut text = SafeText::literal("the connection is lost: ");
            text.push(reason);
            state.say(Level::Trouble, text);
        }
        (Link::Waiting { tries, .. }, Link::Live) => {
            let text = format!("connected after {tries} failed tries");
            state.say(Level::Done, SafeText::new(text));
        }
        _ => {}
    }
}

/// Says what became of an export; a file that is there already is not replaced without a question.
fn tell_exported(state: &mut State, exported: Exported) {
    match exported {
        Exported::Written { path, bytes } => {
            let text = format!("{bytes} bytes written to {path}");
            state.say(Level::Done, SafeText::new(text));
        }
        Exported::IsThere { path, text } => {
            state.dialog = Some(Dialog::overwrite(path, text));
            state.mode = Mode::Dialog;
        }
        Exported::Failed { path, reason } => {
            let mut text = SafeText::new(format!("{path} could not be written: "));
            text.push(&reason);
            state.say(Level::Trouble, text);
        }
    }
}

/// Letters go into the filter or the command while one is being typed, and nowhere else.
fn type_letter(state: &mut State, letter: Option<char>) -> Outcome {
    let letter = letter.filter(|letter| !letter.is_control());
    match (letter, state.mode, state.listing().table) {
        (Some(letter), Mode::Filter, Some(table)) => {
            state.listing_mut().filter.push(letter, table);
            state.arrange();
        }
        (Some(letter), Mode::Command, _) => state.command.push(letter),
        _ => return Outcome::draw(Draw::No),
    }
    Outcome::draw(Draw::Now)
}
