//! What can happen to the console, and what it can ask for in return.

use std::sync::Arc;

use crossterm::event::KeyEvent;
use weir_proto::client::Numbers;
use weir_proto::safe_text::SafeText;

use super::state::ask::{Ask, Reply, Slot};
use super::state::deed::{Call, Done};
use super::state::fetch::Failure;
use super::state::link::Link;
use super::state::window::Windows;

/// Something that happened. The loop adds the time.
#[derive(Clone, Debug)]
pub(crate) enum Message {
    /// The first one.
    Started,
    /// A key was pressed.
    Key(KeyEvent),
    /// The terminal has another width and height.
    Resized(u16, u16),
    /// The samples that follow are of these rows.
    Watching(Windows),
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
    /// A call ended that a dialog made.
    Operated {
        /// The dialog's serial number; it may be gone by now.
        serial: u64,
        result: Result<Done, Failure>,
    },
    /// The small call ended that measures the delay.
    Pong { is_answered: bool },
    /// An export ended.
    Exported(Exported),
    /// The mouse's wheel was turned.
    Scrolled { is_down: bool },
    /// Another second has passed: ages move.
    Second,
    /// The process is to end: SIGTERM, SIGHUP, SIGINT, or the terminal is gone.
    Terminated,
    /// The process is to stop for a while: SIGTSTP.
    Stopped,
    /// The process runs again after a stop: SIGCONT.
    Continued,
}

/// What became of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Exported {
    /// It is written.
    Written { path: String, bytes: usize },
    /// There is such a file already, and nothing was done.
    IsThere { path: String, text: String },
    /// It could not be written.
    Failed { path: String, reason: SafeText },
}

/// Something to be done outside of the state.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    /// Watch these of the broker's numbers from now on, and no others.
    Watch(Windows),
    /// Make a call for a page; a [`Message::Answer`] follows in any case.
    Ask { page: u64, ask: Ask },
    /// Make a call for a dialog; a [`Message::Operated`] follows in any case.
    Operate { serial: u64, call: Call },
    /// Make a small call; a [`Message::Pong`] follows in any case.
    Ping,
    /// Hand a text to the terminal's clipboard.
    Copy(String),
    /// Write a file; a [`Message::Exported`] follows.
    Export {
        /// Without a path, one that is not there yet is chosen.
        path: Option<String>,
        text: String,
        /// Whether a file that is there already may be replaced.
        replaces: bool,
    },
    /// Take the mouse from the terminal, or give it back.
    Mouse(bool),
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
