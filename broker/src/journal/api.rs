//! What the shard sees of a journal: the trait, with the frames it stores and its errors.
//!
//! The journal stores frames in a dense order of positions and says when they are durable. It
//! promises that a frame reported durable is there, byte for byte, after any crash that the disk
//! survives, and that damage is reported instead of skipped. It knows nothing of topics and
//! interprets neither head nor body of a frame.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

pub use super::errors::{AppendError, CloseError, OpenError, Poisoned, ReadError, ReplayError};
pub use super::frame::{Frame, Replayed, Source, StoredFrame};
use super::reader::Reader;
use super::watermark::Watermark;
use crate::model::ids::Position;

/// What is done once a position is durable, or once it never will be.
pub type Release = Box<dyn FnOnce(Result<(), Poisoned>) + Send>;

/// What restates the whole state.
pub type Statement = Box<dyn FnOnce() -> Vec<Frame> + Send>;

/// What recovery calls for each frame.
pub type Replay<'a> = dyn FnMut(Source, Replayed<'_>) -> Result<(), ReplayError> + 'a;

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
    /// Assigns dense positions to one commit group; never waits for the disk. Returns the last position. Nothing
    /// is written before [`Journal::hand_over`].
    fn append(&mut self, group: Vec<Frame>, now_us: u64) -> Result<Position, AppendError>;
    /// Lets what was appended be written. A caller that has nothing else to do (`is_idle`) writes and syncs a little by
    /// itself, as long as the disk is quick: that is done sooner than another thread is woken. All else is the
    /// writer's. Lazy frames alone stay for a while: tells within which time to call again.
    fn hand_over(&mut self, is_idle: bool) -> Option<Duration>;
    /// Runs `release` once everything up to `position` is durable: at once on this thread if it
    /// already is, else on that of who writes; or with an error when the journal is poisoned.
    fn when_durable(&mut self, position: Position, release: Release);
    /// Runs `release` once everything up to `position` is written to the operating system: a crash of this program
    /// does not lose it any more, a power cut may until it is durable. Asks for the write at once, not for a sync.
    fn when_written(&mut self, position: Position, release: Release);
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
    /// Writes a checkpoint in the background, where `frames` is asked for what restates the whole state at `at`.
    fn checkpoint(&mut self, at: Position, frames: Statement);
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
