//! The signals that concern a program that holds the terminal, as messages.

use std::io;

use signal_hook::consts::{SIGCONT, SIGTSTP};
use signal_hook::low_level::emulate_default_handler;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::message::Message;

/// Waits for signals.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
    stop: Signal,
    resume: Signal,
}

impl Signals {
    /// Takes the signals over from their default actions, for the rest of the process.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            stop: signal(SignalKind::from_raw(SIGTSTP))?,
            resume: signal(SignalKind::from_raw(SIGCONT))?,
        })
    }

    /// The next one.
    pub(crate) async fn next(&mut self) -> Message {
        tokio::select! {
            _ = self.interrupt.recv() => Message::Terminated,
            _ = self.terminate.recv() => Message::Terminated,
            _ = self.hang_up.recv() => Message::Terminated,
            _ = self.stop.recv() => Message::Stopped,
            _ = self.resume.recv() => Message::Continued,
        }
    }

    /// Hands them on until nobody hears them.
    pub(crate) async fn forward(&mut self, urgent: mpsc::Sender<Message>) {
        while urgent.send(self.next().await).await.is_ok() {}
    }
}

/// Stops this process as SIGTSTP would; returns when it is continued.
pub(crate) fn stop_process() -> io::Result<()> {
    emulate_default_handler(SIGTSTP)
}
