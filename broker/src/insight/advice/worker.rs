//! What one consumer does while it is busy. One that waits for messages would look slow, and is not measured.

use crate::model::{Mono, Span};

/// How far apart the counts that are kept lie.
const STEP: Span = Span::from_secs(5);
/// How many are kept: a minute of them, and the one where it began.
const KEPT: usize = 13;
/// Samples that are remembered as busy or not.
const SAMPLES: u32 = 60;
/// Fewer are too few.
const LEAST: u32 = 10;
/// The part of them that must have been busy, in tenths.
const BUSY: u32 = 8;

/// A consumer of the last minute.
#[derive(Debug, Clone)]
pub struct Worker {
    /// Whether it held as much as it may, a bit a sample, the newest the lowest.
    full: u64,
    samples: u32,
    /// What it had acknowledged, and when; the newest last.
    kept: [(Mono, u64); KEPT],
    count: usize,
    newest: (Mono, u64),
}

/// What a busy consumer did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// Messages acknowledged per second.
    pub rate: f64,
    /// Over how long.
    pub window: Span,
}

impl Worker {
    /// One that has acknowledged `acked` messages.
    pub fn begin(now: Mono, acked: u64) -> Self {
        Self {
            full: 0,
            samples: 0,
            kept: [(now, acked); KEPT],
            count: 1,
            newest: (now, acked),
        }
    }

    /// Takes note of a sample.
    pub fn note(&mut self, now: Mono, acked: u64, is_full: bool) {
        self.full = (self.full << 1) | u64::from(is_full);
        self.samples = (self.samples + 1).min(SAMPLES);
        self.newest = (now, acked);
        let last = self.kept.get(self.count - 1);
        if last.is_some_and(|(at, _)| now.since(*at) < STEP) {
            return;
        }
        if self.count == KEPT {
            self.kept.rotate_left(1);
        } else {
            self.count += 1;
        }
        if let Some(last) = self.kept.get_mut(self.count - 1) {
            *last = (now, acked);
        }
    }

    /// What it does, if it was busy for the last minute or as long as it is known.
    pub fn measured(&self) -> Option<Measured> {
        let known = (1_u64 << self.samples) - 1;
        let busy = (self.full & known).count_ones();
        if self.samples < LEAST || busy * 10 < self.samples * BUSY {
            return None;
        }
        let (now, acked) = self.newest;
        let (since, before) = self.kept.first()?;
        let window = now.since(*since);
        if window.0 == 0 {
            return None;
        }
        Some(Measured {
            rate: acked.saturating_sub(*before) as f64 / window.as_seconds(),
            window,
        })
    }
}
