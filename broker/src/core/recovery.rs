//! Recovery: a new core out of the frames that a journal replays.

use super::Core;
use crate::model::entry::DecodeError;
use crate::model::{Now, Position, TopicId};

/// Where a frame comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The checkpoint restates the state: apply.
    Checkpoint,
    /// From below the start of replay: only the index of its messages is taken.
    Data,
    /// From the log: apply.
    Log,
}

/// One frame to replay.
#[derive(Debug, Clone, Copy)]
pub struct ReplayFrame<'a> {
    /// Its position; of a checkpoint's frame, the position that the checkpoint states.
    pub position: Position,
    /// What the entry is.
    pub kind: u8,
    /// The version of its kind.
    pub version: u8,
    /// The encoded entry.
    pub head: &'a [u8],
    /// The messages of a published batch.
    pub body: &'a [u8],
}

/// Why a directory cannot be recovered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecoverError {
    /// A frame is no entry of this release.
    #[error("the frame at position {position} cannot be read: {source}")]
    Decode {
        /// Where.
        position: Position,
        /// Why.
        source: DecodeError,
    },
    /// What was replayed does not fit together.
    #[error("the state is damaged: {0}")]
    Inconsistent(String),
}

/// What recovery found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// Topics that exist.
    pub topics: u32,
    /// Subscriptions that exist.
    pub subscriptions: u32,
    /// Messages stored.
    pub messages: u64,
    /// The last incarnation ended with a clean stop, or there was none.
    pub was_clean: bool,
    /// Topics that have messages but no record and no tombstone: their frames are kept, never released.
    pub orphans: Vec<TopicId>,
    /// A sentence for each thing found amiss.
    pub notes: Vec<String>,
}

/// A core in the making.
#[derive(Debug, Default)]
pub struct Recovery {}

impl Recovery {
    /// Nothing replayed yet.
    pub fn new() -> Self {
        Self::default()
    }
    /// Applies a frame. The order is the journal's: checkpoint, data, log.
    pub fn replay(&mut self, source: Source, frame: ReplayFrame<'_>) -> Result<(), RecoverError> {
        unimplemented!()
    }
    /// Derives the volatile half and starts a new incarnation: `last` is the journal's last position. The output holds
    /// the `Started` entry and `keep` for every frame that must stay readable.
    pub fn finish(self, last: Position, now: Now) -> Result<(Core, Recovered), RecoverError> {
        unimplemented!()
    }
}
