//! The last line: the keys that matter now, what is being typed, or what there is to say.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;
use weir_proto::v1::OperationState;

use super::pen::{Pen, skip_left};
use super::phrase::Phrase;
use crate::tui::live_keys::Live;
use crate::tui::look::{Look, Meaning};
use crate::tui::state::State;
use crate::tui::state::notices::{Level, Notice};
use crate::tui::state::operation::Operation;
use crate::tui::state::screen::Mode;

/// Cells that hints keep at least beside what runs.
const LEAST_HINTS: u16 = 12;
/// Beside a notice there are hints if they have so many cells.
const HINTS_FROM: u16 = 32;
/// Cells between hints and a notice.
const NOTICE_GAP: u16 = 4;

/// Draws the hints of the mode, as many as fit.
pub(crate) fn footer(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let area = skip_left(area, 1);
    let filter = &state.listing().filter;
    let area = match state.mode {
        Mode::Filter => match typed(pen, area, "/", &filter.typed(), filter.problem()) {
            Some(rest) => rest,
            None => return,
        },
        Mode::Command => {
            let problem = state.command.problem.as_ref();
            if let Some(rest) = typed(pen, area, ":", &state.command.typed(), problem) {
                offers(pen, rest, state);
            }
            return;
        }
        _ => area,
    };
    let area = match state.mode {
        Mode::Filter => area,
        _ => running(pen, area, state),
    };
    if let (Mode::Page, Some(notice)) = (state.mode, state.notices.current(state.now)) {
        let said = said(pen, notice);
        let room = area.width.saturating_sub(width_of(&said));
        if room < HINTS_FROM {
            pen.phrase(area, &said);
            return;
        }
        pen.phrase_right(behind(area, 1), &said);
        return hints(pen, behind(area, area.width - room + NOTICE_GAP), state);
    }
    hints(pen, area, state);
}

fn width_of(phrase: &Phrase) -> u16 {
    u16::try_from(phrase.width()).unwrap_or(u16::MAX)
}

/// Without so many cells at the right.
fn behind(area: Rect, cells: u16) -> Rect {
    Rect {
        width: area.width.saturating_sub(cells),
        ..area
    }
}

/// The keys that matter now, as many as fit.
fn hints(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let place = &state.page().place;
    let hints = state
        .keys
        .of(state.mode, place, state.may_write())
        .filter_map(Live::hint)
        .map(|(key, word)| {
            Phrase::new()
                .add(key, Meaning::Key)
                .say(" ", Meaning::Plain)
                .say(word, Meaning::Plain)
        });
    let line = Phrase::fitting(hints, "  ", usize::from(area.width));
    pen.phrase(area, &line);
}

/// What runs on the broker, at the right; what is left of the line for the rest.
fn running(pen: &mut Pen<'_>, area: Rect, state: &State) -> Rect {
    let mut under_way = state.under_way();
    let Some(first) = under_way.next() else {
        return area;
    };
    let phrase = progress(first, under_way.count(), pen.look);
    let used = u16::try_from(phrase.width()).unwrap_or(u16::MAX);
    let room = area.width.saturating_sub(1);
    if used + LEAST_HINTS > room {
        return area;
    }
    let line = Rect {
        width: room,
        ..area
    };
    pen.phrase_right(line, &phrase);
    Rect {
        width: room - used - 2,
        ..area
    }
}

/// `▶ 7 requeue smtp 42%`, and how many others there are.
fn progress(one: &Operation, others: usize, look: Look) -> Phrase {
    const ABOUT_CELLS: usize = 16;
    let (sign, meaning) = match one.state {
        OperationState::Paused => (look.pick("‖", "="), Meaning::Paused),
        OperationState::Waiting => (look.pick("◌", "~"), Meaning::Watch),
        _ => (look.pick("▶", ">"), Meaning::Progress),
    };
    let share = SafeText::new(format!(" {:.0}%", (one.share() * 100.0).floor()));
    let mut phrase = Phrase::new()
        .say(sign, meaning)
        .say(" ", Meaning::Plain)
        .add(one.id.clamp(8), Meaning::Strong)
        .say(" ", Meaning::Plain)
        .say(one.verb(), Meaning::Plain)
        .say(" ", Meaning::Plain)
        .add(one.about().clamp(ABOUT_CELLS), Meaning::Plain)
        .add(share, meaning);
    let word = match one.state {
        OperationState::Running => "",
        OperationState::Waiting => " canary",
        _ => " paused",
    };
    phrase = phrase.say(word, meaning);
    if others > 0 {
        let more = SafeText::new(format!(" +{others}"));
        phrase = phrase.add(more, Meaning::Label);
    }
    phrase
}

/// A line that is being typed, and what is wrong with it; what is right of it if nothing is.
fn typed(
    pen: &mut Pen<'_>,
    area: Rect,
    sign: &'static str,
    text: &SafeText,
    problem: Option<&SafeText>,
) -> Option<Rect> {
    let phrase = Phrase::new()
        .say(sign, Meaning::Key)
        .add(text.clone(), Meaning::Strong)
        .say(pen.look.pick("▏", "_"), Meaning::Key)
        .say("   ", Meaning::Plain);
    let used = pen.phrase(area, &phrase);
    let rest = skip_left(area, used);
    let Some(problem) = problem else {
        return Some(rest);
    };
    pen.left(rest, problem, Meaning::Watch);
    None
}

/// What a command could go on as.
fn offers(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let hints = state.command.hints(&state.names());
    let hints = hints
        .into_iter()
        .map(|hint| Phrase::new().add(hint, Meaning::Dim));
    let line = Phrase::fitting(hints, "  ", usize::from(area.width));
    pen.phrase(area, &line);
}

/// A notice with its sign.
pub(super) fn said(pen: &Pen<'_>, notice: &Notice) -> Phrase {
    let (sign, meaning) = match notice.level {
        Level::Done => (pen.look.pick("✓", "+"), Meaning::Fine),
        Level::Note => (pen.look.pick("·", "-"), Meaning::Plain),
        Level::Trouble => (pen.look.pick("▲", "!"), Meaning::Watch),
    };
    let phrase = Phrase::new()
        .say(sign, meaning)
        .say(" ", Meaning::Plain)
        .add(notice.text.clone(), Meaning::Plain);
    if notice.times < 2 {
        return phrase;
    }
    let times = SafeText::new(format!(" ({} times)", notice.times));
    phrase.add(times, Meaning::Label)
}
