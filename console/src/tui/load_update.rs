//! What a message does to the screen of a load test. Pure: no clock, no channel, no terminal.

use std::time::Duration;

use super::load_keys::{LoadAction, action};
use super::message::{Draw, Message};
use super::state::load::{LoadState, Series, Sight};
use super::state::remark::Remark;
use crate::load::end::End;
use crate::load::offered::Turn;

/// What is to be done outside of the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Nothing,
    /// Draw everything anew.
    Redraw,
    /// Give the terminal back and stop the process.
    Suspend,
    /// Take the terminal again.
    Retake,
    /// Ask the run for another rate.
    Turn(Turn),
    /// Write the run so far into files.
    Export,
    /// Give the terminal back for good; the run goes on to its end without it.
    Leave,
}

/// Takes in what was read of the run at `now`.
pub(crate) fn take_sight(state: &mut LoadState, now: Duration, sight: Sight) {
    state.base.now = now;
    state.live.sight = sight;
}

/// Applies what happened at `now`.
pub(crate) fn update(state: &mut LoadState, now: Duration, message: Message) -> (Asked, Draw) {
    state.base.now = now;
    match message {
        Message::Key(event) => match action(event) {
            Some(action) => {
                state.remark = None;
                (act(state, action), Draw::Now)
            }
            None => (Asked::Nothing, Draw::No),
        },
        Message::Resized(width, height) => {
            state.base.size = (width, height);
            (Asked::Redraw, Draw::Now)
        }
        Message::Sample(numbers) => {
            state.base.live.apply(&numbers, now);
            state.take_lag();
            (Asked::Nothing, Draw::Soon)
        }
        Message::Link(link) => {
            state.base.link = link;
            (Asked::Nothing, Draw::Soon)
        }
        Message::Terminated => {
            state.end = state.end.max(End::Early);
            state.is_interrupted = true;
            (Asked::Leave, Draw::No)
        }
        Message::Stopped => (Asked::Suspend, Draw::Now),
        Message::Continued => (Asked::Retake, Draw::Now),
        _ => (Asked::Nothing, Draw::Soon),
    }
}

fn act(state: &mut LoadState, action: LoadAction) -> Asked {
    match action {
        // What lies over the picture is closed first, as everywhere.
        LoadAction::End if state.has_help => state.has_help = false,
        LoadAction::End => state.end = state.end.sooner(),
        LoadAction::Interrupt => {
            state.end = state.end.sooner();
            state.is_interrupted = true;
        }
        LoadAction::Freeze => state.toggle_frozen(),
        LoadAction::Faster => return turn(state, Turn::Faster),
        LoadAction::Slower => return turn(state, Turn::Slower),
        LoadAction::Baseline => compare(state),
        LoadAction::Uncorrected if state.about.plan.has_due_times() => {
            state.shows_uncorrected = !state.shows_uncorrected;
        }
        LoadAction::Uncorrected => {
            let why = "each message is due when it can be sent: there is nothing to correct";
            state.remark = Some(Remark::Nothing(why));
        }
        LoadAction::Export => {
            state.remark = Some(Remark::Exporting);
            return Asked::Export;
        }
        LoadAction::NextSeries => {
            state.series = match state.series {
                Series::Depth => Series::Age,
                Series::Age => Series::Depth,
            };
        }
        LoadAction::Help => state.has_help = !state.has_help,
        LoadAction::CloseHelp => state.has_help = false,
        LoadAction::Redraw => return Asked::Redraw,
        LoadAction::Suspend => return Asked::Suspend,
    }
    Asked::Nothing
}

fn turn(state: &mut LoadState, turn: Turn) -> Asked {
    state.remark = state.keeps_rate().map(Remark::Nothing);
    match state.remark {
        Some(_) => Asked::Nothing,
        None => Asked::Turn(turn),
    }
}

/// Makes what is on the screen what the run is held against.
fn compare(state: &mut LoadState) {
    let remark = match state.so_far() {
        Some(baseline) => {
            state.baseline = Some(baseline);
            Remark::Compared
        }
        None => Remark::Nothing("nothing is measured yet that could be compared with"),
    };
    state.remark = Some(remark);
}
