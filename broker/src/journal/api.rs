//! What the shard sees of a journal: the trait, the frames it stores, and its errors.
//!
//! The journal stores frames in a dense order of positions and says when they are durable. It
//! promises that a frame reported durable is there, byte for byte, after any crash that the disk
//! survives, and that damage is reported instead of skipped. It knows nothing of topics and
//! interprets neither head nor body of a frame.

use std::fmt;
use std::io;
use std::ops::RangeInclusive;
use std::sync::Arc;

use bytes::Bytes;

use super::reader::Reader;
use super::watermark::Watermark;
use crate::model::ids::Position;

/// One entry as bytes, on its way into the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What the entry is; the journal does not interpret it.
    pub kind: u8,
    /// Version of the entry's kind.
    pub version: u8,
    /// The entry itself, covered by the header's checksum.
    pub head: Bytes,
    /// Opaque payload, covered by `body_crc`; may be empty.
    pub body: Bytes,
    /// Plain CRC32C of `body`, computed where the body was built.
    pub body_crc: u32,
    /// Starts a sync at once; a lazy frame rides along or waits a few milliseconds.
    pub eager: bool,
}

impl Frame {
    /// A frame over `head` and `body`, with the body's checksum computed here.
    pub fn new(kind: u8, version: u8, head: Bytes, body: Bytes) -> Self {
        let body_crc = crc32c::crc32c(&body);
        Self {
            kind,
            version,
            head,
            body,
            body_crc,
            eager: true,
        }
    }

    /// The same frame, but not starting a sync by itself.
    #[must_use]
    pub fn lazy(mut self) -> Self {
        self.eager = false;
        self
    }
}

/// A frame read back from the journal, its checksums verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFrame {
    /// Where the frame stands in the order of all frames.
    pub position: Position,
    /// When it was appended, in microseconds since the Unix epoch; never decreases.
    pub time_us: u64,
    /// The durable position when it was written.
    pub durable: Position,
    /// What the entry is.
    pub kind: u8,
    /// Version of the entry's kind.
    pub version: u8,
    /// Whether it ends its commit group.
    pub is_commit: bool,
    /// The entry itself.
    pub head: Bytes,
    /// Opaque payload.
    pub body: Bytes,
    /// CRC32C of `body`.
    pub body_crc: u32,
}

/// Where a replayed frame comes from, and so what is to be done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// From the checkpoint: restates state as of the checkpoint's position; apply.
    Checkpoint,
    /// From before the start of replay: index its body, do not apply. The body ends where
    /// `Options::indexed` says, and its checksum is verified when it is read, not here.
    Data,
    /// From the log at or after the start of replay: apply.
    Log,
}

/// A frame as recovery hands it out; its bytes are borrowed from the scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed<'a> {
    /// Position of the frame; of a checkpoint's frame, the position the checkpoint states.
    pub position: Position,
    /// When it was appended, in microseconds since the Unix epoch.
    pub time_us: u64,
    /// What the entry is.
    pub kind: u8,
    /// Version of the entry's kind.
    pub version: u8,
    /// Whether it ends its commit group.
    pub is_commit: bool,
    /// The entry itself.
    pub head: &'a [u8],
    /// Opaque payload, or its indexed front if the source is `Data`.
    pub body: &'a [u8],
}

/// Why the caller refused a replayed frame.
pub type ReplayError = Box<dyn std::error::Error + Send + Sync>;

/// What recovery calls for each frame.
pub type Replay<'a> = dyn FnMut(Source, Replayed<'_>) -> Result<(), ReplayError> + 'a;

/// What is done once a position is durable, or once it never will be.
pub type Release = Box<dyn FnOnce(Result<(), Poisoned>) + Send>;

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
    #[error("no space left for {directory}")]
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

/// What the journal holds and does, for the numbers shown to operators.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Log segments in use, the active one included.
    pub segments: u64,
    /// Cold segments.
    pub cold_segments: u64,
    /// Prepared segments, the reserve included.
    pub spare_segments: u64,
    /// Bytes that all segments take on the disk.
    pub disk_bytes: u64,
    /// Bytes of frames that must stay readable.
    pub live_bytes: u64,
    /// Free bytes of the file system when last looked at; absent before that.
    pub free_bytes: Option<u64>,
    /// Appended bytes that are not durable yet.
    pub uncommitted_bytes: u64,
    /// Syncs of data since the start.
    pub syncs: u64,
    /// How long the last sync took, in microseconds.
    pub last_sync_us: u64,
}

/// Tells which positions of a range are still needed.
pub type Live<'a> = dyn Fn(RangeInclusive<Position>) -> Vec<Position> + 'a;

/// A durable, ordered store of frames: the only seam between one machine and a cluster.
pub trait Journal: Send {
    /// Assigns dense positions to one commit group and hands it to the writer; never waits for
    /// the disk. Returns the last position.
    fn append(&mut self, group: Vec<Frame>, now_us: u64) -> Result<Position, AppendError>;
    /// Runs `release` once everything up to `position` is durable: at once on this thread if it
    /// already is, else on the writer's; or with an error when the journal is poisoned.
    fn when_durable(&mut self, position: Position, release: Release);
    /// The position that the next frame will have.
    fn next_position(&self) -> Position;
    /// A cheap handle to what is durable.
    fn watermark(&self) -> Watermark;
    /// A cheap handle that reads durable frames from any thread.
    fn reader(&self) -> Reader;
    /// Largest head plus body of one frame, in bytes.
    fn max_frame(&self) -> usize;
    /// No frame before this position is stored, nor will one be found after a crash.
    fn oldest(&self) -> Position;
    /// Whether publishing may go on; when not, all else goes on from the reserve of segments.
    fn has_room(&self) -> bool;
    /// Notes that the frame at `position`, of `bytes`, must stay readable.
    fn keep(&mut self, position: Position, bytes: u64);
    /// Notes that the frame at `position`, of `bytes`, is needed no more.
    fn release(&mut self, position: Position, bytes: u64);
    /// Notes that replay need not look before `floor` for state, which must be durable.
    fn set_state_floor(&mut self, floor: Position);
    /// Asks for a restatement of every object last stated before the returned position.
    fn wants_restated(&self) -> Option<Position>;
    /// Recycles, prepares spares, starts and finishes cold copies. Called about once a second.
    fn housekeep(&mut self, live: &Live<'_>);
    /// Writes a checkpoint in the background; `frames` restate the whole state at `at`.
    fn checkpoint(&mut self, at: Position, frames: Vec<Frame>);
    /// Whether a replay of what was appended since the last checkpoint would take too long.
    fn wants_checkpoint(&self) -> bool;
    /// What the journal holds and does.
    fn usage(&self) -> Usage;
    /// Makes everything durable, marks the directory clean, and cuts the unused rest of the last
    /// segment.
    fn close(self: Box<Self>) -> Result<(), CloseError>;
}

/// What recovery found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovered {
    /// How often the directory was opened, this time included.
    pub incarnation: u64,
    /// The directory was new.
    pub is_new: bool,
    /// The last close was clean.
    pub was_clean: bool,
    /// The last position there is; 0 when there is none.
    pub last: Position,
    /// Time of the last frame in microseconds since the Unix epoch; 0 when there is none.
    pub last_time_us: u64,
    /// The checkpoint that replay started from.
    pub checkpoint: Option<Position>,
    /// Frames replayed from the log.
    pub replayed: u64,
    /// The torn tail that was cut, if any.
    pub cut: Option<CutTail>,
    /// What was found amiss and got around, a sentence each.
    pub notes: Vec<String>,
}

/// A torn tail: bytes that were being written when the power went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutTail {
    /// Segment file that was cut.
    pub file: String,
    /// Byte offset of the cut.
    pub offset: u64,
    /// How many bytes were kept aside.
    pub bytes: u64,
    /// The position that the first cut frame would have had.
    pub position: Position,
    /// File that keeps the bytes.
    pub kept_in: String,
}

impl fmt::Display for CutTail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            offset,
            bytes,
            position,
            kept_in,
        } = self;
        write!(
            f,
            "cut {bytes} torn bytes of {file} at {offset} (position {position}); "
        )?;
        write!(f, "they are kept in {kept_in}")
    }
}
