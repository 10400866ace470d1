//! A session at the terminal, from taking it to giving it back: `weir`, `weir top`, and the demo's screen.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use weir_proto::safe_text::SafeText;

use super::effect::Performer;
use super::event_loop::{EventLoop, Flow};
use super::inlets;
use super::look::{Look, Palette, Script};
use super::message::Effect;
use super::setup::{Setup, SetupError};
use super::signals::{self, Signals};
use super::state::State;
use super::state::badge::Badge;
use super::terminal::{self, Guard};
use super::theme::Theme;
use crate::present::color::Color;
use crate::profile::Location;

/// What `weir top` takes.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct TopArgs {
    /// Draw with ASCII characters only; the default without a UTF-8 locale
    #[arg(long)]
    pub(crate) ascii: bool,

    /// Draw in these colours; the file of preferences and `:theme` know the same names
    #[arg(long, value_name = "NAME", value_parser = themes())]
    pub(crate) theme: Option<Theme>,
}

/// The themes by their names.
fn themes() -> impl TypedValueParser<Value = Theme> {
    let names = PossibleValuesParser::new(Theme::ALL.map(Theme::name));
    names.map(|name| Theme::named(&name).unwrap_or_default())
}

/// What to show, and how.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// Where the broker is.
    pub(crate) server: String,
    /// A word after the program's name that says what this session is.
    pub(crate) badge: Option<Badge>,
    pub(crate) look: Look,
    /// The colours that were asked for with the command, if any were.
    pub(crate) theme: Option<Theme>,
}

/// Why a dashboard ended before the operator left it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionError {
    #[error("the dashboard needs a terminal; `weir status` and `weir sub ls` do not")]
    NoTerminal,
    #[error("{0}")]
    Setup(#[from] SetupError),
    #[error("the terminal failed: {0}")]
    Terminal(#[from] io::Error),
    #[error("a part of the program panicked; its message is above")]
    Panicked,
}

impl Look {
    /// What flags and environment say.
    pub(crate) fn detect(color: Color, top: TopArgs) -> Self {
        let palette = if color.is_on(true) {
            Palette::Sixteen
        } else {
            Palette::Mono
        };
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .filter_map(|name| std::env::var(name).ok())
            .find(|value| !value.is_empty());
        let script = if top.ascii || !speaks_utf8(locale.as_deref()) {
            Script::Ascii
        } else {
            Script::Unicode
        };
        Self { palette, script }
    }
}

/// Runs the dashboard until the operator leaves it.
pub(crate) fn run(location: Location, color: Color, top: TopArgs) -> ExitCode {
    let badge = location.context.map(|(name, stage)| Badge::Context {
        name: SafeText::new(name),
        stage,
    });
    let session = Session {
        server: location.server,
        badge,
        look: Look::detect(color, top),
        theme: top.theme,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => {
            let result = runtime.block_on(follow(session));
            runtime.shutdown_background();
            result
        }
        Err(error) => Err(error.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A standard error that is gone cannot be told so.
            drop(writeln!(io::stderr(), "weir: {error}"));
            ExitCode::from(match error {
                SessionError::NoTerminal | SessionError::Setup(_) => 2,
                SessionError::Terminal(_) | SessionError::Panicked => 1,
            })
        }
    }
}

/// Shows a broker until the operator leaves; the terminal is given back in any case.
pub(crate) async fn follow(session: Session) -> Result<(), SessionError> {
    if !has_terminal() {
        return Err(SessionError::NoTerminal);
    }
    let setup = Setup::read()?;
    let signals = Signals::new()?;
    let guard = Guard::take()?;
    let result = show(session, setup, signals).await;
    drop(guard);
    if terminal::has_panicked() {
        return Err(SessionError::Panicked);
    }
    result
}

/// Whether there is a terminal to draw on and to read keys from.
pub(crate) fn has_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

async fn show(session: Session, setup: Setup, mut signals: Signals) -> Result<(), SessionError> {
    let surface = terminal::surface()?;
    let size = surface.size()?;
    let server = SafeText::new(&session.server);
    let mut state = State::new(server, session.badge, (size.width, size.height));
    setup.apply(&mut state, session.look, session.theme);
    let (inlets, outlets) = inlets::open();
    let mut event_loop = EventLoop::new(surface, state, inlets);
    let started = event_loop.frames.started().into_std();
    let mut performer = Performer::new(session.server, started, outlets.messages);
    let perform = |effect| perform(&mut performer, effect);
    tokio::select! {
        result = event_loop.run(perform) => Ok(result?),
        () = signals.forward(outlets.urgent) => Ok(()),
    }
}

fn perform(performer: &mut Performer, effect: Effect) -> io::Result<Flow> {
    if terminal::has_panicked() {
        return Ok(Flow::Leave);
    }
    match effect {
        Effect::Watch(windows) => performer.watch(windows).map_err(io::Error::other)?,
        Effect::Ask { page, ask } => performer.ask(page, ask).map_err(io::Error::other)?,
        Effect::Operate { serial, call } => {
            performer.operate(serial, call).map_err(io::Error::other)?;
        }
        Effect::Ping => performer.ping().map_err(io::Error::other)?,
        Effect::Export {
            path,
            text,
            replaces,
        } => performer.export(path, text, replaces),
        Effect::Copy(text) => terminal::copy(&text)?,
        Effect::Mouse(is_on) => terminal::take_mouse(is_on)?,
        Effect::Quit => return Ok(Flow::Leave),
        Effect::Redraw => return Ok(Flow::Cleared),
        Effect::Retake => {
            terminal::retake()?;
            return Ok(Flow::Cleared);
        }
        Effect::Suspend => {
            terminal::give_back();
            signals::stop_process()?;
            terminal::retake()?;
            return Ok(Flow::Cleared);
        }
    }
    Ok(Flow::Go)
}

/// Whether a locale is one of UTF-8. Without any locale nearly every terminal is.
fn speaks_utf8(locale: Option<&str>) -> bool {
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

#[cfg(test)]
mod tests {
    use super::speaks_utf8;

    #[test]
    fn only_a_locale_that_says_otherwise_makes_the_screen_ascii() {
        assert!(speaks_utf8(None));
        assert!(speaks_utf8(Some("en_GB.UTF-8")));
        assert!(speaks_utf8(Some("C.utf8")));
        assert!(!speaks_utf8(Some("C")));
        assert!(!speaks_utf8(Some("de_DE.ISO-8859-1")));
    }
}
