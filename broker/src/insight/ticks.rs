//! When counters were read, and the windows that end at a moment.
//!
//! Ticks come about once a second. A window opens at the tick that is nearest to its length before
//! the moment. The longest one goes by blocks of ten ticks: it opens at the end of a block, and so
//! may be five seconds longer or shorter than said.

use crate::model::{Mono, Span};

/// Ticks that are kept one by one.
pub(super) const SLOTS: usize = 60;
/// Ticks of a block.
pub(super) const BLOCK: u64 = 10;
/// Blocks that are kept: those of the longest window and the one that is not whole yet.
pub(super) const BLOCKS: usize = 31;

/// A window of a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Ten seconds.
    Short,
    /// A minute.
    Long,
    /// Five minutes.
    Longest,
}

/// How many windows there are.
pub const WINDOWS: usize = Window::ALL.len();

impl Window {
    /// Every window, the shorter first.
    pub const ALL: [Self; 3] = [Self::Short, Self::Long, Self::Longest];

    /// How many ticks it spans, a second each.
    pub const fn ticks(self) -> usize {
        match self {
            Self::Short => 10,
            Self::Long => SLOTS,
            Self::Longest => 300,
        }
    }

    /// Its length when it is full.
    pub fn span(self) -> Span {
        Span::from_secs(self.ticks() as u64)
    }
}

/// Where the windows begin that end at a moment: found once for all meters.
#[derive(Debug, Clone, Copy)]
pub struct Windows {
    pub(super) now: Mono,
    /// Where each window begins.
    pub(super) opened: [Opened; WINDOWS],
}

/// Where a window begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opened {
    pub(super) at: Mono,
    pub(super) since: Since,
}

/// What a window has, the newest being its last.
#[derive(Debug, Clone, Copy)]
pub(super) enum Since {
    /// So many ticks.
    Ticks(u64),
    /// So many blocks.
    Blocks(u64),
}

/// When the last ticks were; one for all meters that are read together.
#[derive(Debug, Clone)]
pub struct Ticks {
    /// The time of tick n is at n % (SLOTS + 1).
    times: [Mono; SLOTS + 1],
    /// The time at which block n began, that of tick 10 n, is at n % BLOCKS.
    blocks: [Mono; BLOCKS],
    /// The number of the newest tick; 0 is the beginning.
    pub(super) newest: u64,
}

impl Ticks {
    /// The beginning of counting.
    pub fn begin(now: Mono) -> Self {
        Self {
            times: [now; SLOTS + 1],
            blocks: [now; BLOCKS],
            newest: 0,
        }
    }

    /// A new tick. Every meter is to be read once after it.
    pub fn tick(&mut self, now: Mono) {
        self.newest += 1;
        self.times[place(self.newest, SLOTS + 1)] = now;
        if self.newest.is_multiple_of(BLOCK) {
            self.blocks[place(self.newest / BLOCK, BLOCKS)] = now;
        }
    }

    /// When the newest tick was.
    pub fn newest(&self) -> Mono {
        self.times[place(self.newest, SLOTS + 1)]
    }

    /// When the tick before the newest was; the beginning if there was none.
    pub fn before(&self) -> Mono {
        self.times[place(self.newest.saturating_sub(1), SLOTS + 1)]
    }

    /// The windows that end at `now`, not before the newest tick.
    pub fn windows(&self, now: Mono) -> Windows {
        let now = now.max(self.newest());
        let opened = Window::ALL.map(|window| {
            let moment = Mono(now.0.saturating_sub(window.span().0));
            match window {
                Window::Short | Window::Long => self.opened(moment),
                Window::Longest => self.opened_block(moment),
            }
        });
        Windows { now, opened }
    }

    /// The tick nearest to a moment.
    fn opened(&self, moment: Mono) -> Opened {
        let known = self.newest.min(SLOTS as u64);
        let time = |back: u64| self.times[place(self.newest - back, SLOTS + 1)];
        let back = nearest(moment, known, time);
        Opened {
            at: time(back),
            since: Since::Ticks(back),
        }
    }

    /// The beginning of a block nearest to a moment.
    fn opened_block(&self, moment: Mono) -> Opened {
        let newest = self.newest / BLOCK;
        let known = newest.min(BLOCKS as u64 - 1);
        let time = |back: u64| self.blocks[place(newest - back, BLOCKS)];
        let back = nearest(moment, known, time);
        Opened {
            at: time(back),
            since: Since::Blocks(back + 1),
        }
    }
}

/// How far back the time nearest to a moment lies, at most `known`.
fn nearest(moment: Mono, known: u64, time: impl Fn(u64) -> Mono) -> u64 {
    let before = (0..=known).find(|&back| time(back) <= moment);
    let before = before.unwrap_or(known);
    let after = before.saturating_sub(1);
    let is_after_nearer = time(after).0.abs_diff(moment.0) < time(before).0.abs_diff(moment.0);
    if is_after_nearer { after } else { before }
}

/// Where the one with a number lies in a ring.
fn place(number: u64, len: usize) -> usize {
    usize::try_from(number % len as u64).unwrap_or(0)
}
