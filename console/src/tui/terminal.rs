//! Taking the terminal and giving it back, whatever happens in between.
//!
//! It is given back when the guard is dropped, when anything panics, and before the process stops.
//! Giving back twice does nothing, and it never fails: there is nobody left to tell.

use std::io::{self, Stdout, Write as _};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use crossterm::execute;
use crossterm::terminal::{
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use ratatui::Terminal;

use super::surface::Surface;

/// Whether the terminal is ours at the moment.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether something panicked since; then the screen is no longer ours to draw on.
static PANICKED: AtomicBool = AtomicBool::new(false);
/// Whether the mouse is ours at the moment.
static HAS_MOUSE: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// The real terminal; dropped, it is given back.
#[derive(Debug)]
pub(crate) struct Guard(());

impl Guard {
    /// Takes the terminal: raw keys, the alternate screen, no cursor.
    pub(crate) fn take() -> io::Result<Self> {
        HOOK.call_once(|| {
            let print = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                PANICKED.store(true, Ordering::SeqCst);
                give_back();
                print(panic);
            }));
        });
        let guard = Self(());
        retake()?;
        Ok(guard)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}

/// Opens the drawing surface on the standard output.
pub(crate) fn surface() -> io::Result<Terminal<Surface<Stdout>>> {
    Terminal::new(Surface::new(io::stdout()))
}

/// Takes the terminal again after something else has used it.
pub(crate) fn retake() -> io::Result<()> {
    if TAKEN.swap(true, Ordering::SeqCst) {
        // A shell may have changed the mode meanwhile; only a full turn sets it again.
        disable_raw_mode()?;
    }
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, Hide)?;
    if HAS_MOUSE.load(Ordering::SeqCst) {
        execute!(io::stdout(), EnableMouseCapture)?;
    }
    Ok(())
}

/// Hands a text to the clipboard of the terminal, which may refuse it without a word.
pub(crate) fn copy(text: &str) -> io::Result<()> {
    let encoded = base64::engine::general_purpose::STANDARD.encode(text);
    let mut out = io::stdout();
    write!(out, "\x1b]52;c;{encoded}\x07")?;
    out.flush()
}

/// Takes the mouse from the terminal, or gives it back.
pub(crate) fn take_mouse(is_on: bool) -> io::Result<()> {
    HAS_MOUSE.store(is_on, Ordering::SeqCst);
    if is_on {
        execute!(io::stdout(), EnableMouseCapture)
    } else {
        execute!(io::stdout(), DisableMouseCapture)
    }
}

/// Gives the terminal back as it was.
pub(crate) fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    if HAS_MOUSE.load(Ordering::SeqCst) {
        drop(execute!(out, DisableMouseCapture));
    }
    // A terminal that is gone cannot be restored, and there is nobody left to tell.
    drop(execute!(
        out,
        EndSynchronizedUpdate,
        Show,
        LeaveAlternateScreen
    ));
    drop(disable_raw_mode());
    drop(out.flush());
}

/// Whether something panicked, in whatever thread.
pub(crate) fn has_panicked() -> bool {
    PANICKED.load(Ordering::SeqCst)
}
