//! The journal's upkeep: what lets old segments go, in small steps between rounds.

use super::Health;
use super::owner::{Owner, ShardError};
use crate::core::OutFrame;
use crate::core::limits::AUDIT_PAGE_STEPS;
use crate::journal::Frame;
use crate::model::{Now, Position, Span};

/// How often everything is looked at.
const INTERVAL: Span = Span::from_secs(1);
/// How often the audit of the books goes on.
const AUDIT_INTERVAL: Span = Span::from_secs(1);
/// Steps that it takes each time: 128 pages, or all machines of a broker with few messages under
/// way, in about a millisecond. Half a million messages under way are recounted in a second.
const AUDIT_STEPS: usize = 128 * AUDIT_PAGE_STEPS;
/// How soon a restatement goes on that was not finished.
const STEP_INTERVAL: Span = Span::from_millis(5);
/// Bytes restated in one step.
const STEP_BYTES: usize = 256 << 10;

impl Owner {
    /// Does what is due.
    pub(super) fn keep_up(&mut self, now: Now) -> Result<(), ShardError> {
        let durable = self.shared.watermark.durable();
        self.upkeep.settle(durable, &mut *self.journal);
        self.look_at_room();
        self.audit(now);
        if now.mono < self.upkeep.next && !self.upkeep.is_busy() {
            return Ok(());
        }
        self.upkeep.grown = 0;
        self.upkeep.next = now.mono.plus(INTERVAL);
        self.readers.prune();
        if !self.journal.has_room() {
            self.core.give_up_undo(now);
        }
        for pull in self.parties.abandoned() {
            self.parties.remove(pull);
            self.core.cancel_pull(pull);
        }
        self.core.forget_requests(now);
        self.core.forget_measures(now);
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
            let state = self.core.snapshot();
            let frames = Box::new(move || state.frames().into_iter().map(stated).collect());
            self.journal.checkpoint(decided, frames);
        }
        self.core.forget_producers(now);
        self.core.forget_tombstones(self.journal.oldest());
        let core = &self.core;
        self.journal.housekeep(&|range| core.live_positions(range));
        Ok(())
    }

    /// Goes on with the recount of the books, and says what is found wrong.
    fn audit(&mut self, now: Now) {
        if now.mono < self.upkeep.next_audit {
            return;
        }
        self.upkeep.next_audit = now.mono.plus(AUDIT_INTERVAL);
        for wrong in self.core.audit(AUDIT_STEPS) {
            tracing::error!(
                subscription = %wrong.subscription,
                partition = wrong.partition.0,
                error = wrong.error,
                "a recount of the messages differs from the books"
            );
        }
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
