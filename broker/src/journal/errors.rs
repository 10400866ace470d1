//! What can go wrong in a journal: each error says what was tried, on what file, and why it failed.

use std::io;
use std::sync::Arc;

use crate::model::ids::Position;

/// Why the caller refused a replayed frame.
pub type ReplayError = Box<dyn std::error::Error + Send + Sync>;

/// A write or sync failed: nothing more becomes durable until the directory is opened anew.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the journal is poisoned: {reason}")]
pub struct Poisoned {
    /// What was tried, on what file, and why it failed.
    pub reason: Arc<str>,
}

/// Why a group was not appended; the journal's state is unchanged.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppendError {
    /// An earlier write or sync failed.
    #[error(transparent)]
    Poisoned(#[from] Poisoned),
    /// The group or one of its frames is larger than the journal takes.
    #[error("a group of {bytes} bytes is larger than the limit of {limit}")]
    TooLarge {
        /// Size of the group or frame in bytes.
        bytes: u64,
        /// What it may be at most.
        limit: u64,
    },
    /// A group without a frame has no position.
    #[error("a group needs at least one frame")]
    Empty,
    /// No segment is left, not even of the reserve.
    #[error("the disk is full and the reserve of segments is used up")]
    Full,
}

/// Why a frame could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The frame is in no segment: never written, or no longer kept.
    #[error("position {0} is not stored")]
    NotFound(Position),
    /// The frame is not durable yet, so it may not be shown.
    #[error("position {0} is not durable yet")]
    NotDurable(Position),
    /// The stored bytes are not what was written.
    #[error("position {position} in {file} is damaged: {reason}")]
    Damaged {
        /// Which frame.
        position: Position,
        /// File in the data directory.
        file: String,
        /// What does not fit.
        reason: String,
    },
    /// The disk refused to read.
    #[error("cannot read position {position} from {file}")]
    Io {
        /// Which frame.
        position: Position,
        /// File in the data directory.
        file: String,
        /// The disk's answer.
        source: io::Error,
    },
}

/// Why a data directory was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the directory.
    #[error("{directory} is in use by another process")]
    Locked {
        /// The data directory.
        directory: String,
    },
    /// The directory was written by a later release.
    #[error("{directory} has format {found}; this release reads up to {supported}")]
    Newer {
        /// The data directory.
        directory: String,
        /// Format version of the directory.
        found: u32,
        /// Highest format version of this release.
        supported: u32,
    },
    /// The directory or its file system cannot be written.
    #[error("{directory} is read-only or belongs to another user")]
    ReadOnly {
        /// The data directory.
        directory: String,
        /// The disk's answer.
        source: io::Error,
    },
    /// There is no space for one segment.
    #[error(
        "no space left in {directory} for one more segment of the journal; nothing was changed, free some and start again"
    )]
    Full {
        /// The data directory.
        directory: String,
        /// The disk's answer.
        source: io::Error,
    },
    /// Committed bytes are missing or changed; nothing was altered.
    #[error("{file} is damaged at position {position}: {reason}")]
    Damaged {
        /// File in the data directory.
        file: String,
        /// First position that is damaged, or 0 when the file as a whole is.
        position: Position,
        /// What does not fit.
        reason: String,
    },
    /// The disk refused.
    #[error("cannot {action} {file}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// File in the data directory.
        file: String,
        /// The disk's answer.
        source: io::Error,
    },
    /// The caller refused a frame.
    #[error("cannot replay position {position}")]
    Replay {
        /// Which frame.
        position: Position,
        /// The caller's reason.
        source: ReplayError,
    },
}

/// Why a journal did not close cleanly; it will recover when opened.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// An earlier write or sync failed.
    #[error(transparent)]
    Poisoned(#[from] Poisoned),
    /// The last bytes could not be put in order.
    #[error("cannot {action} {file}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// File in the data directory.
        file: String,
        /// The disk's answer.
        source: io::Error,
    },
}
