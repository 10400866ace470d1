//! What upkeep waits for: frames to release and floors to set once what made them so is durable.
//!
//! Nothing is let go before the entry that made it needless is durable: a crash must find either
//! the old bytes or the entry.

use std::collections::VecDeque;

use crate::journal::Journal;
use crate::model::{Mono, Position};

/// Appended bytes after which upkeep is looked at although its time has not come.
const GROWTH_BYTES: u64 = 16 << 20;

/// What is to be done, and what waits to be durable.
pub(super) struct Upkeep {
    /// When everything is looked at again.
    pub(super) next: Mono,
    /// When the audit of the books goes on.
    pub(super) next_audit: Mono,
    /// Bytes appended since it was.
    pub(super) grown: u64,
    /// What health says of the room for publishes.
    pub(super) has_room: bool,
    /// Frames to release once a position is durable.
    releases: VecDeque<(Position, Vec<(Position, u64)>)>,
    /// State floors to set once a position is durable.
    pub(super) floors: VecDeque<(Position, Position)>,
}

impl Upkeep {
    /// The first look is due now.
    pub(super) fn begin(now: Mono) -> Self {
        Self {
            next: now,
            next_audit: now,
            grown: 0,
            has_room: true,
            releases: VecDeque::new(),
            floors: VecDeque::new(),
        }
    }

    /// When it has something to do.
    pub(super) fn next(&self) -> Mono {
        self.next
    }

    /// Whether it has something to do at once.
    pub(super) fn is_busy(&self) -> bool {
        self.grown >= GROWTH_BYTES
    }

    /// So much was appended.
    pub(super) fn has_grown(&mut self, bytes: u64) {
        self.grown += bytes;
    }

    /// These frames are needless once `decided` is durable.
    pub(super) fn release_later(&mut self, decided: Position, frames: Vec<(Position, u64)>) {
        if !frames.is_empty() {
            self.releases.push_back((decided, frames));
        }
    }

    /// Does what has become durable.
    pub(super) fn settle(&mut self, durable: Position, journal: &mut dyn Journal) {
        while let Some((_, frames)) = self.releases.pop_front_if(|(at, _)| *at <= durable) {
            for (position, bytes) in frames {
                journal.release(position, bytes);
            }
        }
        let mut newest = None;
        while let Some((_, floor)) = self.floors.pop_front_if(|(at, _)| *at <= durable) {
            newest = Some(floor);
        }
        if let Some(floor) = newest {
            journal.set_state_floor(floor);
        }
    }
}
