//! When a screen is drawn: at once, or soon, and never more often than is seen.

use std::time::Duration;

use tokio::time::Instant;

use super::message::Draw;
use crate::clock;

/// Data is drawn at most so often: fifteen frames a second.
const FRAME: Duration = Duration::from_millis(66);
/// A frame that is due is not put off for longer than this, however many messages wait.
const LATEST: Duration = Duration::from_millis(200);

/// The frames of a screen, from its start on.
#[derive(Debug)]
pub(crate) struct Frames {
    started: Instant,
    /// When the next one is due, and when the last one was drawn.
    due: Option<Instant>,
    drawn: Instant,
}

impl Frames {
    /// None is due.
    pub(super) fn begin() -> Self {
        let started = clock::now();
        Self {
            started,
            due: None,
            drawn: started,
        }
    }

    /// When the screen began.
    pub(super) fn started(&self) -> Instant {
        self.started
    }

    /// How long ago that was.
    pub(super) fn elapsed(&self) -> Duration {
        clock::now().saturating_duration_since(self.started)
    }

    /// When the next frame is due, if one is.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Whether one is due for so long that no message goes before it.
    pub(super) fn is_late(&self) -> bool {
        self.due.is_some_and(|due| clock::now() >= due + LATEST)
    }

    /// Asks for one.
    pub(super) fn ask(&mut self, draw: Draw) {
        let due = match draw {
            Draw::No => return,
            Draw::Soon => self.drawn + FRAME,
            Draw::Now => clock::now(),
        };
        self.due = Some(self.due.map_or(due, |before| before.min(due)));
    }

    /// One is drawn.
    pub(super) fn draw(&mut self) {
        self.due = None;
        self.drawn = clock::now();
    }
}
