//! Where what happens comes from, in the order in which it is heard.

use crossterm::event::EventStream;
use tokio::sync::mpsc;

use super::effect::WAITING_MESSAGES;
use super::message::Message;

/// The ways in of a loop.
#[derive(Debug)]
pub(crate) struct Inlets<I> {
    /// Signals, and what tasks have to say.
    pub(crate) urgent: mpsc::Receiver<Message>,
    /// Keys and sizes from the terminal.
    pub(crate) input: I,
    pub(crate) messages: mpsc::Receiver<Message>,
}

/// The other ends.
#[derive(Debug)]
pub(crate) struct Outlets {
    pub(crate) urgent: mpsc::Sender<Message>,
    pub(crate) messages: mpsc::Sender<Message>,
}

/// Those of a loop on the real terminal.
pub(super) fn open() -> (Inlets<EventStream>, Outlets) {
    let (urgent_in, urgent) = mpsc::channel(WAITING_MESSAGES);
    let (messages_in, messages) = mpsc::channel(WAITING_MESSAGES);
    let inlets = Inlets {
        urgent,
        input: EventStream::new(),
        messages,
    };
    let outlets = Outlets {
        urgent: urgent_in,
        messages: messages_in,
    };
    (inlets, outlets)
}
