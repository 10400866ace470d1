//! The journal's upkeep: what lets old segments go, in small steps between rounds.
//!
//! Nothing is let go before the entry that made it needless is durable: a crash must find either
//! the old bytes or the entry.

use std::collections::VecDeque;

use super::Health;
use super::owner::{Owner, ShardError};
use crate::core::OutFrame;
use crate::journal::{Frame, Journal};
use crate::model::{Mono, Now, Position, Span};

/// How often everything is looked at.
const INTERVAL: Span = Span::from_secs(1);
/// How soon a restatement goes on that was not finished.
const STEP_INTERVAL: Span = Span::from_millis(5);
/// Bytes restated in one step.
const STEP_BYTES: usize = 256 << 10;
/// Appended bytes after which upkeep is looked at although its time has not come.
const GROWTH_BYTES: u64 = 16 << 20;

/// What is to be done, and what waits to be durable.
pub(super) struct Upkeep {
    next: Mono,
    grown: u64,
    has_room: bool,
    /// Frames to release once a position is durable.
    releases: VecDeque<(Position, Vec<(Position, u64)>)>,
    /// State floors to set once a position is durable.
    floors: VecDeque<(Position, Position)>,
}

impl Upkeep {
    /// The first look is due now.
    pub(super) fn begin(now: Mono) -> Self {
        Self {
            next: now,
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

    /// Whether publishing may go on.
    pub(super) fn has_room(&self) -> bool {
        self.has_room
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

    fn settle(&mut self, durable: Position, journal: &mut dyn Journal) {
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

impl Owner {
    /// Does what is due.
    pub(super) fn keep_up(&mut self, now: Now) -> Result<(), ShardError> {
        let durable = self.shared.watermark.durable();
        self.upkeep.settle(durable, &mut *self.journal);
        self.look_at_room();
        if now.mono < self.upkeep.next && !self.upkeep.is_busy() {
            return Ok(());
        }
        self.upkeep.grown = 0;
        self.upkeep.next = now.mono.plus(INTERVAL);
        for pull in self.parties.abandoned() {
            self.parties.remove(pull);
            self.core.cancel_pull(pull);
        }
        if let Some(before) = self.journal.wants_restated() {
            let is_done = self.core.restate(before, STEP_BYTES);
            self.flush()?;
            if !is_done {
                self.upkeep.next = now.mono.plus(STEP_INTERVAL);
            }
        }
        let decided = Position(self.core.next_position().0 - 1);
        let floor = self.core.state_floor();
        self.upkeep.floors.push_back((decided, floor));
        if self.journal.wants_checkpoint() {
            let frames = self.core.checkpoint().into_iter().map(stated).collect();
            self.journal.checkpoint(decided, frames);
        }
        let core = &self.core;
        self.journal.housekeep(&|range| core.live_positions(range));
        Ok(())
    }

    /// Publishing stops and goes on with the room on the disk.
    fn look_at_room(&mut self) {
        let has_room = self.journal.has_room();
        if has_room == self.upkeep.has_room {
            return;
        }
        self.upkeep.has_room = has_room;
        let (from, to) = if has_room {
            (Health::DiskFull, Health::Serving)
        } else {
            (Health::Serving, Health::DiskFull)
        };
        self.shared.health.send_if_modified(|health| {
            let is_so = *health == from;
            if is_so {
                health.clone_from(&to);
            }
            is_so
        });
        tracing::warn!(has_room, "room for publishes on the disk has changed");
    }
}

fn stated(frame: OutFrame) -> Frame {
    Frame {
        kind: frame.kind,
        version: frame.version,
        head: frame.head,
        body: frame.body,
        body_crc: frame.body_crc,
        eager: frame.eager,
    }
}
