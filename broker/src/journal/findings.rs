//! What reading a data directory finds, in memory: segments, torn bytes, the end of the log, notes.
//!
//! The words that `survey`, `walk` and `tail` share; nothing is read or decided here.

use std::io;
use std::sync::Arc;

use super::api::OpenError;
use super::segment::Segment;
use crate::model::ids::Position;

/// Bytes of a torn write, to be kept aside.
#[derive(Debug)]
pub(super) struct Torn {
    pub(super) file: String,
    pub(super) offset: u64,
    pub(super) position: u64,
    pub(super) bytes: Vec<u8>,
}

/// What a directory holds.
pub(super) struct Survey {
    /// Sealed segments and the active one, if it was begun; it is the last.
    pub(super) segments: Vec<Arc<Segment>>,
    pub(super) has_active: bool,
    /// Sealed segments that were read whole, so that they may have no valid index.
    pub(super) unindexed: Vec<Arc<Segment>>,
    /// Files that hold nothing that is needed.
    pub(super) free: Vec<u64>,
    pub(super) torn: Vec<Torn>,
    pub(super) last: u64,
    pub(super) time_us: u64,
    pub(super) checkpoint: Option<(usize, u64)>,
    pub(super) replayed: u64,
    pub(super) notes: Vec<String>,
}

pub(super) fn io_error(
    action: &'static str,
    file: &str,
) -> impl FnOnce(io::Error) -> OpenError + use<> {
    let file = file.to_owned();
    move |source| OpenError::Io {
        action,
        file,
        source,
    }
}

pub(super) fn damaged(file: &str, position: u64, reason: impl Into<String>) -> OpenError {
    let (file, position) = (file.to_owned(), Position(position));
    OpenError::Damaged {
        file,
        position,
        reason: reason.into(),
    }
}
