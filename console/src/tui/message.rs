//! What can happen to the console, and what it can ask for in return.

use std::sync::Arc;

use crossterm::event::KeyEvent;
use weir_proto::client::Numbers;

use super::state::ask::{Ask, Reply, Slot};
use super::state::fetch::Failure;
use super::state::link::Link;

/// Something that happened. The loop adds the time.
#[derive(Clone, Debug)]
pub(crate) enum Message {
    /// The first one.
    Started,
    /// A key was pressed.
    Key(KeyEvent),
    /// The terminal has another width and height.
    Resized(u16, u16),
    /// The broker sent a sample.
    Sample(Arc<Numbers>),
    /// The connection changed.
    Link(Link),
    /// A call ended that was made for a page.
    Answer {
        /// The page's serial number; it may be gone by now.
        page: u64,
        slot: Slot,
        result: Result<Reply, Failure>,
    },
    /// Another second has passed: ages move.
    Second,
    /// The process is to end: SIGTERM, SIGHUP, SIGINT, or the terminal is gone.
    Terminated,
    /// The process is to stop for a while: SIGTSTP.
    Stopped,
    /// The process runs again after a stop: SIGCONT.
    Continued,
}

/// Something to be done outside of the state.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    /// Watch the broker's numbers from now on.
    Watch,
    /// Make a call for a page; a [`Message::Answer`] follows in any case.
    Ask { page: u64, ask: Ask },
    /// Leave the console.
    Quit,
    /// Give the terminal back and stop the process, as ctrl-z does.
    Suspend,
    /// Take the terminal again, after something else may have used it.
    Retake,
    /// Draw everything anew.
    Redraw,
}

/// When the screen must be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Draw {
    /// Nothing on it changed.
    No,
    /// With the next frame: data.
    Soon,
    /// At once: an answer to a key.
    Now,
}

/// What a message led to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) effects: Vec<Effect>,
    pub(crate) draw: Draw,
}

impl Outcome {
    /// Only a new frame, or not even that.
    pub(crate) fn draw(draw: Draw) -> Self {
        Self {
            effects: Vec::new(),
            draw,
        }
    }

    /// One thing to do.
    pub(crate) fn effect(effect: Effect) -> Self {
        Self {
            effects: vec![effect],
            draw: Draw::Now,
        }
    }
}
