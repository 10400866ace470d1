//! The live screen of a load test, from taking the terminal to giving it back. The run goes on in the same task, and
//! ends the screen; whoever leaves the screen before leaves the run to its end.
//!
//! The terminal is given back in any case: when the run ends, with a signal, when something panics, and before the
//! process stops. A terminal that fails is given back, too, and the run goes on without it.

use std::io;
use std::time::Duration;

use crossterm::event::Event;
use ratatui::Terminal;
use ratatui::backend::Backend;
use tokio::sync::watch;
use tokio::time::Interval;
use tokio_stream::{Stream, StreamExt as _};
use weir_proto::safe_text::SafeText;

use super::effect::Performer;
use super::event_loop::{translate, until};
use super::frames::Frames;
use super::inlets::{self, Inlets};
use super::load_export::{Exporting, export, written};
use super::load_reading::Reader;
use super::load_update::{Asked, take_sight, update};
use super::look::Look;
use super::message::{Draw, Message};
use super::session::{SessionError, TopArgs};
use super::setup::Setup;
use super::signals::{self, Signals};
use super::state::State;
use super::state::badge::Badge;
use super::state::baseline::Baseline;
use super::state::load::{About, LoadState};
use super::state::remark::Remark;
use super::state::window::Windows;
use super::terminal::{self, Guard};
use super::theme::Theme;
use super::view::load_frame;
use crate::clock;
use crate::load::end::End;
use crate::load::offered::Turn;
use crate::load::stage::Progress;
use crate::present::color::Color;
use crate::profile::Stage;

/// The run is read so often.
const READ: Duration = Duration::from_millis(500);

/// A screen that is not taken yet.
#[derive(Debug)]
pub(crate) struct LoadScreen {
    badge: Option<Badge>,
    look: Look,
    theme: Option<Theme>,
    setup: Setup,
    baseline: Option<Baseline>,
}

/// How a screen ended.
#[derive(Debug)]
pub(crate) struct Followed<T> {
    /// What came of the run; `None` if it goes on.
    pub(crate) done: Option<T>,
    /// Whether a signal or ctrl-c ended it.
    pub(crate) is_interrupted: bool,
}

/// What a run tells, and how it is told to end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reins<'a> {
    pub(crate) progress: &'a watch::Receiver<Option<Progress>>,
    pub(crate) end: &'a watch::Sender<End>,
}

impl<T> Followed<T> {
    /// The screen could not be shown; the run goes on.
    fn left() -> Self {
        Self {
            done: None,
            is_interrupted: false,
        }
    }
}

impl LoadScreen {
    /// Checks what the operator has set up, before anything is done.
    pub(crate) fn prepare(
        context: Option<(String, Stage)>,
        color: Color,
        top: TopArgs,
    ) -> Result<Self, SessionError> {
        let badge = context.map(|(name, stage)| Badge::Context {
            name: SafeText::new(name),
            stage,
        });
        Ok(Self {
            badge,
            look: Look::detect(color, top),
            theme: top.theme,
            setup: Setup::read()?,
            baseline: None,
        })
    }

    /// The same, with what the run is held against.
    pub(crate) fn against(self, baseline: Option<Baseline>) -> Self {
        Self { baseline, ..self }
    }

    /// Shows a run until it ends or the screen is left.
    pub(crate) async fn follow<T, W>(
        self,
        about: About,
        work: &mut W,
        reins: Reins<'_>,
    ) -> Followed<T>
    where
        W: Future<Output = T> + Unpin,
    {
        let taken = Signals::new().and_then(|signals| Ok((signals, Guard::take()?)));
        let Ok((signals, guard)) = taken else {
            // A run needs no terminal.
            return Followed::left();
        };
        let followed = self.show(about, (work, reins), signals).await;
        drop(guard);
        followed.unwrap_or_else(|_failed| Followed::left())
    }

    async fn show<T, W>(
        self,
        about: About,
        (work, reins): (&mut W, Reins<'_>),
        mut signals: Signals,
    ) -> io::Result<Followed<T>>
    where
        W: Future<Output = T> + Unpin,
    {
        let surface = terminal::surface()?;
        let size = surface.size()?;
        let windows = match &about.subscription {
            Some(name) => Windows::of_subscription(name),
            None => Windows::of_topic(&about.topic),
        };
        let mut base = State::new(
            SafeText::new(&about.server),
            self.badge,
            (size.width, size.height),
        );
        self.setup.apply(&mut base, self.look, self.theme);
        let server = about.server.clone();
        let state = LoadState::new(base, about, self.baseline);
        let (inlets, outlets) = inlets::open();
        let mut screen = LoadLoop::new(surface, state, inlets);
        // A connection of its own: what is measured shares none with what is shown.
        let mut performer =
            Performer::new(server, screen.frames.started().into_std(), outlets.messages);
        performer.watch(windows).map_err(io::Error::other)?;
        tokio::select! {
            followed = screen.run((work, reins), perform) => followed,
            () = signals.forward(outlets.urgent) => Ok(Followed::left()),
        }
    }
}

/// Does with the real terminal what is asked.
fn perform(asked: Asked) -> io::Result<()> {
    match asked {
        Asked::Suspend => {
            terminal::give_back();
            signals::stop_process()?;
            terminal::retake()
        }
        Asked::Retake => terminal::retake(),
        Asked::Nothing | Asked::Redraw | Asked::Turn(_) | Asked::Export | Asked::Leave => Ok(()),
    }
}

/// The one task of the screen.
pub(crate) struct LoadLoop<B: Backend, I> {
    pub(crate) terminal: Terminal<B>,
    pub(crate) state: LoadState,
    inlets: Inlets<I>,
    reader: Reader,
    frames: Frames,
    /// Files that are being written.
    export: Option<Exporting>,
}

/// What happened next.
enum Next<T> {
    Done(T),
    Message(Message),
    Exported(Remark),
    Read,
    Frame,
}

impl<B, I> LoadLoop<B, I>
where
    B: Backend,
    B::Error: Send + Sync + 'static,
    I: Stream<Item = io::Result<Event>> + Unpin,
{
    /// A loop that has not begun.
    pub(crate) fn new(terminal: Terminal<B>, state: LoadState, inlets: Inlets<I>) -> Self {
        let mut frames = Frames::begin();
        frames.ask(Draw::Now);
        Self {
            terminal,
            state,
            inlets,
            reader: Reader::default(),
            frames,
            export: None,
        }
    }

    /// Runs until the work is done or the screen is left. `perform` does what is to be done with the terminal.
    pub(crate) async fn run<T, W, P>(
        &mut self,
        (work, reins): (&mut W, Reins<'_>),
        mut perform: P,
    ) -> io::Result<Followed<T>>
    where
        W: Future<Output = T> + Unpin,
        P: FnMut(Asked) -> io::Result<()>,
    {
        let mut pace = clock::pace(READ);
        self.read(reins.progress);
        loop {
            if terminal::has_panicked() {
                return Ok(self.left(None));
            }
            match self.next(work, &mut pace).await {
                Next::Done(done) => return Ok(self.left(Some(done))),
                Next::Read => self.read(reins.progress),
                Next::Frame => self.draw()?,
                Next::Exported(remark) => self.remark(remark),
                Next::Message(message) => {
                    let asked = self.take(message);
                    if *reins.end.borrow() != self.state.end {
                        reins.end.send_replace(self.state.end);
                    }
                    perform(asked)?;
                    match asked {
                        Asked::Leave => return Ok(self.left(None)),
                        Asked::Nothing => {}
                        Asked::Turn(turn) => self.turn(turn, reins.progress),
                        Asked::Export => self.export(reins.progress),
                        Asked::Redraw | Asked::Suspend | Asked::Retake => {
                            self.terminal.clear().map_err(io::Error::other)?;
                        }
                    }
                }
            }
        }
    }

    async fn next<T, W>(&mut self, work: &mut W, pace: &mut Interval) -> Next<T>
    where
        W: Future<Output = T> + Unpin,
    {
        let due = self.frames.due();
        loop {
            tokio::select! {
                biased;
                done = &mut *work => return Next::Done(done),
                Some(message) = self.inlets.urgent.recv() => return Next::Message(message),
                event = self.inlets.input.next() => {
                    if let Some(message) = translate(event.as_ref()) {
                        return Next::Message(message);
                    }
                }
                () = until(due), if due.is_some() => return Next::Frame,
                Some(message) = self.inlets.messages.recv() => return Next::Message(message),
                remark = written(&mut self.export), if self.export.is_some() => {
                    self.export = None;
                    return Next::Exported(remark);
                }
                _ = pace.tick() => return Next::Read,
            }
        }
    }

    fn left<T>(&self, done: Option<T>) -> Followed<T> {
        Followed {
            done,
            is_interrupted: self.state.is_interrupted,
        }
    }

    fn read(&mut self, progress: &watch::Receiver<Option<Progress>>) {
        let sight = progress.borrow().as_ref().map(|it| self.reader.read(it));
        if let Some(sight) = sight {
            take_sight(&mut self.state, self.frames.elapsed(), sight);
        }
        self.frames.ask(Draw::Soon);
    }

    /// Asks the run for another rate, and shows what it has made of it.
    fn turn(&mut self, turn: Turn, progress: &watch::Receiver<Option<Progress>>) {
        let change = progress.borrow().as_ref().and_then(|progress| {
            let gauges = &progress.gauges;
            gauges.offered.turn(turn, gauges.elapsed())
        });
        self.read(progress);
        self.remark(match change {
            Some(change) => Remark::Changed(change),
            None => Remark::Nothing("the rate stays: there is no further one, or the run ends"),
        });
    }

    /// Has files written, unless they are being written already.
    fn export(&mut self, progress: &watch::Receiver<Option<Progress>>) {
        let progress = progress.borrow().clone();
        if let (Some(progress), None) = (progress, &self.export) {
            self.export = Some(export(progress, &self.state));
        }
    }

    fn remark(&mut self, remark: Remark) {
        self.state.remark = Some(remark);
        self.frames.ask(Draw::Now);
    }

    fn take(&mut self, message: Message) -> Asked {
        let (asked, draw) = update(&mut self.state, self.frames.elapsed(), message);
        self.frames.ask(draw);
        asked
    }

    fn draw(&mut self) -> io::Result<()> {
        self.frames.draw();
        // A key that comes with the signal of a new size can hide it.
        let size = self.terminal.size().map_err(io::Error::other)?;
        self.state.base.size = (size.width, size.height);
        let state = &self.state;
        self.terminal
            .draw(|canvas| load_frame::draw(canvas, state))
            .map_err(io::Error::other)?;
        Ok(())
    }
}
