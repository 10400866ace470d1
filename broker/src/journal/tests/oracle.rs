//! What must be true of a journal: everything that was appended, and what was reported.
//!
//! The frames of the workload carry a running sum, so that a replay can be judged as a fold.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use super::rig::{Verdict, indexed_front};
use crate::journal::{ReadError, Replayed, Source, StoredFrame};
use crate::model::ids::Position;

pub(super) const PUBLISHED: u8 = 1;
pub(super) const STATE: u8 = 2;

/// What the oracle knows of one position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) kind: u8,
    pub(super) head: Bytes,
    pub(super) body: Bytes,
    pub(super) sum: u64,
    pub(super) is_commit: bool,
}

pub(super) fn mix(id: u64) -> u64 {
    (id + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17)
}

/// Everything that was appended and not cut since.
#[derive(Debug, Clone, Default)]
pub(super) struct Oracle {
    pub(super) timeline: Vec<Told>,
    pub(super) live: BTreeSet<u64>,
    pub(super) reported: Arc<AtomicU64>,
    /// Reported written: lost by no kill.
    pub(super) written: Arc<AtomicU64>,
    pub(super) next_id: u64,
    pub(super) checkpointed: u64,
    pub(super) floor: u64,
}

impl Oracle {
    pub(super) fn sum(&self) -> u64 {
        self.timeline.last().map_or(0, |told| told.sum)
    }

    pub(super) fn reported(&self) -> u64 {
        self.reported.load(Ordering::Relaxed)
    }

    pub(super) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// The same after the process was killed and the machine went on: what was written counts.
    pub(super) fn killed(&self) -> Self {
        let reported = self.reported().max(self.written());
        Self {
            reported: Arc::new(AtomicU64::new(reported)),
            ..self.clone()
        }
    }

    pub(super) fn appended(&self) -> u64 {
        self.timeline.len() as u64
    }

    pub(super) fn is_live(&self, range: RangeInclusive<Position>) -> Vec<Position> {
        self.live
            .range(range.start().0..=range.end().0)
            .map(|one| Position(*one))
            .collect()
    }

    /// The same, as if nothing had been reported durable.
    pub(super) fn unreported(&self) -> Self {
        Self {
            reported: Arc::default(),
            checkpointed: 0,
            ..self.clone()
        }
    }

    /// The same, as if no checkpoint had been written.
    pub(super) fn uncheckpointed(&self) -> Self {
        Self {
            checkpointed: 0,
            ..self.clone()
        }
    }

    /// A new frame, not yet in the timeline.
    pub(super) fn tell(&mut self, kind: u8, body_len: usize, sum: u64) -> Told {
        self.next_id += 1;
        let id = self.next_id;
        let sum = if kind == STATE {
            sum
        } else {
            sum.wrapping_add(mix(id))
        };
        let head: Vec<u8> = [id.to_le_bytes(), sum.to_le_bytes()].concat();
        let body: Vec<u8> = (0..body_len)
            .map(|at| mix(id ^ (at as u64 / 8)).to_le_bytes()[at % 8])
            .collect();
        Told {
            kind,
            head: head.into(),
            body: body.into(),
            sum,
            is_commit: false,
        }
    }

    /// Judges a stored frame.
    pub(super) fn judge(&self, position: u64, read: &Result<StoredFrame, ReadError>) -> Verdict {
        let told = usize::try_from(position - 1)
            .ok()
            .and_then(|at| self.timeline.get(at));
        match (told, read) {
            (Some(told), Ok(read)) if told.head == read.head && told.body == read.body => Ok(()),
            (told, Err(error)) => Err(format!(
                "position {position} (told: {}): {error}",
                told.is_some()
            )),
            (_, Ok(read)) => Err(format!(
                "position {position} has other bytes: {:?}",
                read.head
            )),
        }
    }
}

/// The fold over what recovery replays.
pub(super) struct Fold<'a> {
    pub(super) oracle: &'a Oracle,
    pub(super) sum: u64,
    pub(super) time_us: u64,
    pub(super) next: Option<u64>,
    /// Positions that were shown, from wherever.
    pub(super) shown: BTreeSet<u64>,
    pub(super) problem: Option<String>,
}

impl Fold<'_> {
    pub(super) fn take(&mut self, source: Source, frame: &Replayed<'_>) {
        let sum = frame
            .head
            .last_chunk::<8>()
            .map_or(0, |sum| u64::from_le_bytes(*sum));
        match source {
            Source::Checkpoint => {
                self.sum = sum;
                self.next = Some(frame.position.0 + 1);
            }
            Source::Data => self.check_told(frame, indexed_front),
            Source::Log => {
                self.check_told(frame, |body| body);
                let is_next = self.next.is_none_or(|next| next == frame.position.0);
                if !is_next || frame.time_us < self.time_us {
                    self.problem = Some(format!("{frame:?} is out of order"));
                }
                self.next = Some(frame.position.0 + 1);
                self.time_us = frame.time_us;
                self.sum = sum;
            }
        }
    }

    /// What is needed and was not shown, up to the last position.
    pub(super) fn missing(&self, last: u64) -> Option<u64> {
        let mut needed = self.oracle.live.range(..=last);
        needed.find(|one| !self.shown.contains(one)).copied()
    }

    fn check_told(&mut self, frame: &Replayed<'_>, shown: fn(&[u8]) -> &[u8]) {
        let is_new = self.shown.insert(frame.position.0);
        let at = usize::try_from(frame.position.0 - 1).unwrap_or(usize::MAX);
        let is_told = self.oracle.timeline.get(at).is_some_and(|told| {
            told.head == frame.head
                && shown(&told.body) == frame.body
                && (told.kind, told.is_commit) == (frame.kind, frame.is_commit)
        });
        if !is_told || !is_new {
            self.problem = Some(format!(
                "position {} was not appended like that, or is shown again",
                frame.position
            ));
        }
    }
}
