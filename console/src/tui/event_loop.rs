//! The loop: one task that owns the state, applies messages and draws.
//!
//! Signals go first, then keys, then data. Keys are answered with a frame at once, data soon; while messages wait
//! nothing is drawn, but never for long ([`Frames`] says how long). Each second ages move. Nothing here waits for the
//! network.

use std::io;
use std::time::Duration;

use crossterm::event::{Event, MouseEventKind};
use ratatui::Terminal;
use ratatui::backend::Backend;
use tokio::time::{Instant, Interval};
use tokio_stream::{Stream, StreamExt as _};

use super::frames::Frames;
use super::inlets::Inlets;
use super::message::{Effect, Message};
use super::state::State;
use super::terminal;
use super::update::update;
use super::view::frame;
use crate::clock;

/// Ages move so often.
const SECOND: Duration = Duration::from_secs(1);

/// Whether the loop goes on after an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Go,
    /// Goes on, and nothing of what is on the screen can be trusted.
    Cleared,
    Leave,
}

/// The dashboard's one task.
pub(crate) struct EventLoop<B: Backend, I> {
    pub(crate) terminal: Terminal<B>,
    pub(crate) state: State,
    inlets: Inlets<I>,
    pub(crate) frames: Frames,
}

impl<B, I> EventLoop<B, I>
where
    B: Backend,
    B::Error: Send + Sync + 'static,
    I: Stream<Item = io::Result<Event>> + Unpin,
{
    /// A loop that has not begun.
    pub(crate) fn new(terminal: Terminal<B>, state: State, inlets: Inlets<I>) -> Self {
        Self {
            terminal,
            state,
            inlets,
            frames: Frames::begin(),
        }
    }

    /// Runs until the operator leaves. `perform` does what the state asks for.
    pub(crate) async fn run<P>(&mut self, mut perform: P) -> io::Result<()>
    where
        P: FnMut(Effect) -> io::Result<Flow>,
    {
        let mut seconds = clock::pace(SECOND);
        let mut message = Message::Started;
        loop {
            if self.take(message, &mut perform)? == Flow::Leave {
                return Ok(());
            }
            if self.frames.is_late() {
                self.draw()?;
            }
            message = self.next(&mut seconds).await?;
        }
    }

    /// Waits for the next message and draws in the meantime.
    async fn next(&mut self, seconds: &mut Interval) -> io::Result<Message> {
        loop {
            let due = self.frames.due();
            tokio::select! {
                biased;
                Some(message) = self.inlets.urgent.recv() => return Ok(message),
                event = self.inlets.input.next() => {
                    if let Some(message) = translate(event.as_ref()) {
                        return Ok(message);
                    }
                }
                Some(message) = self.inlets.messages.recv() => return Ok(message),
                _ = seconds.tick() => return Ok(Message::Second),
                () = until(due), if due.is_some() => match self.resized()? {
                    Some(message) => return Ok(message),
                    None => self.draw()?,
                },
            }
        }
    }

    /// The size of the terminal, if it is not the one that the state is laid out for: a key that
    /// comes with a signal can hide the signal from the one who reads both (crossterm 0.29).
    fn resized(&self) -> io::Result<Option<Message>> {
        let size = self.terminal.size().map_err(io::Error::other)?;
        let size = (size.width, size.height);
        Ok((size != self.state.size).then_some(Message::Resized(size.0, size.1)))
    }

    fn take<P>(&mut self, message: Message, perform: &mut P) -> io::Result<Flow>
    where
        P: FnMut(Effect) -> io::Result<Flow>,
    {
        if terminal::has_panicked() {
            return Ok(Flow::Leave);
        }
        let outcome = update(&mut self.state, self.frames.elapsed(), message);
        for effect in outcome.effects {
            match perform(effect)? {
                Flow::Go => {}
                Flow::Cleared => self.terminal.clear().map_err(io::Error::other)?,
                Flow::Leave => return Ok(Flow::Leave),
            }
        }
        self.frames.ask(outcome.draw);
        Ok(Flow::Go)
    }

    fn draw(&mut self) -> io::Result<()> {
        self.frames.draw();
        if terminal::has_panicked() {
            return Ok(());
        }
        let (state, look) = (&self.state, self.state.look);
        self.terminal
            .draw(|canvas| frame::draw(canvas, state, look))
            .map_err(io::Error::other)?;
        Ok(())
    }
}

/// What came from the terminal, if it concerns the dashboard. Without a terminal it is over.
pub(super) fn translate(event: Option<&io::Result<Event>>) -> Option<Message> {
    match event {
        Some(Ok(Event::Key(key))) => Some(Message::Key(*key)),
        Some(Ok(Event::Resize(width, height))) => Some(Message::Resized(*width, *height)),
        Some(Ok(Event::Mouse(mouse))) => match mouse.kind {
            MouseEventKind::ScrollDown => Some(Message::Scrolled { is_down: true }),
            MouseEventKind::ScrollUp => Some(Message::Scrolled { is_down: false }),
            _ => None,
        },
        Some(Ok(_)) => None,
        Some(Err(_)) | None => Some(Message::Terminated),
    }
}

/// Waits for a frame that is due; without one, ends at once.
pub(super) async fn until(due: Option<Instant>) {
    if let Some(due) = due {
        clock::until(due).await;
    }
}
