//! The journal's settings, each a named default with its reason.

use std::time::Duration;

/// Bytes of one segment: a recovery scan of it takes a fraction of a second.
pub const SEGMENT_BYTES: u64 = 64 << 20;
/// Segments prepared ahead, so that a roll never waits for the file system.
pub const SPARES: usize = 2;
/// Segments kept for acks, operations and restatements when the disk is full.
pub const RESERVE: usize = 4;
/// A clean stop gives prepared segments back if the file system has so many times as much free: a start will find
/// room for new ones then. Else it keeps them, so that a start on a full disk can go on.
pub const PLENTY: u64 = 4;
/// How long a lazy frame waits for an eager one to ride along with.
pub const LAZY_DELAY: Duration = Duration::from_millis(10);
/// How many lazy frames start a sync by themselves.
pub const LAZY_ENTRIES: usize = 1_000;
/// Groups up to so many bytes are written and synced by the caller itself, if it has nothing else to do. More is
/// worth a change of thread: while it is written, more can be decided.
pub const OWN_BYTES: u64 = 32 << 10;
/// Unless the last sync took longer than this, in microseconds: the caller does not wait for a disk that is slow.
pub const OWN_SYNC_US: u64 = 1_000;
/// Appended bytes that may wait for the disk; the shard refuses publishes beyond it.
pub const UNCOMMITTED_BYTES: u64 = 64 << 20;
/// Sealed log segments at or above the state floor before objects are asked to restate.
pub const RESTATE_SEGMENTS: usize = 4;
/// A sealed segment with less than this share of kept bytes is copied cold.
pub const COLD_PERCENT: u64 = 30;
/// Bytes copied cold per call of housekeeping, which bounds the rate.
pub const COLD_BYTES: u64 = 16 << 20;
/// Largest head plus body of one frame: a full batch of 16 MiB, and what describes its messages.
pub const MAX_FRAME: usize = 17 << 20;
/// Replay that a checkpoint saves before one is asked for, in microseconds.
pub const CHECKPOINT_REPLAY_US: u64 = 300_000;

/// Bytes of the places of sealed segments' frames that are kept in memory: those of four million
/// frames. Beyond it they are read back from the index files.
pub const PLACE_BYTES: usize = 16 << 20;

/// Who runs the writer and the background work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threads {
    /// Threads of the journal's own.
    Own,
    /// The caller, by `LocalJournal::step`: for tests and simulations that want one order.
    Stepped,
}

/// What the index of a sealed segment holds of a frame's body, so that a start need not read the
/// rest of it. The journal does not know what is in a body; its caller does.
#[derive(Debug, Clone, Copy)]
pub struct Indexed {
    /// Version of what `bytes` answers; an index of another one is written anew.
    pub version: u32,
    /// How many bytes from a body's front on are indexed, given kind, version, head and body. It
    /// may be given only the front of a body; when that is not enough to tell, it answers with
    /// all that it was given, and is asked again with more.
    pub bytes: fn(kind: u8, version: u8, head: &[u8], body: &[u8]) -> usize,
}

impl Indexed {
    /// Heads alone.
    pub const NOTHING: Self = Self {
        version: 0,
        bytes: |_, _, _, _| 0,
    };

    /// How many bytes of `body` are indexed.
    pub(super) fn front(self, kind: u8, version: u8, head: &[u8], body: &[u8]) -> usize {
        (self.bytes)(kind, version, head, body).min(body.len())
    }
}

/// How a journal is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Bytes of one segment.
    pub segment_bytes: u64,
    /// Segments prepared ahead of need.
    pub spares: usize,
    /// Segments that publishing may not use.
    pub reserve: usize,
    /// How long a lazy frame waits for company.
    pub lazy_delay: Duration,
    /// How many lazy frames start a sync.
    pub lazy_entries: usize,
    /// Bytes up to which the caller writes and syncs itself; 0: never.
    pub own_bytes: u64,
    /// Bytes that all segments may take together, if that is bounded: at the bound there is no room
    /// for publishes, as on a full disk. What must go on may take more than this for a while.
    pub max_bytes: Option<u64>,
    /// Appended bytes that may wait for the disk; told to the shard by `Watermark`.
    pub uncommitted_bytes: u64,
    /// Sealed segments above the state floor before restatements are asked for.
    pub restate_segments: usize,
    /// Share of kept bytes below which a sealed segment is copied cold.
    pub cold_percent: u64,
    /// Bytes copied cold per call of housekeeping.
    pub cold_bytes: u64,
    /// Largest head plus body of one frame.
    pub max_frame: usize,
    /// Replay time that asks for a checkpoint, in microseconds.
    pub checkpoint_replay_us: u64,
    /// The checkpoint's frames index all bodies before it, so that a valid one makes
    /// `Source::Data` frames needless and sealed segments need not be read at the start.
    pub checkpoint_covers_data: bool,
    /// What a start needs of the bodies before the start of replay.
    pub indexed: Indexed,
    /// Bytes of the places of sealed segments' frames that are kept in memory.
    pub place_bytes: usize,
    /// Who runs the writer.
    pub threads: Threads,
    /// A monotonic clock in microseconds, for the time of the last sync.
    pub monotonic_us: fn() -> u64,
    /// Identity of a new directory; random when absent.
    pub uuid: Option<[u8; 16]>,
}

impl Options {
    /// The smallest `max_bytes`: the active segment, the reserve and the spares, and one that is
    /// being filled up while they are made.
    pub fn least_bytes(&self) -> u64 {
        (2 + self.reserve + self.spares) as u64 * self.segment_bytes
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes: SEGMENT_BYTES,
            spares: SPARES,
            reserve: RESERVE,
            lazy_delay: LAZY_DELAY,
            lazy_entries: LAZY_ENTRIES,
            own_bytes: OWN_BYTES,
            max_bytes: None,
            uncommitted_bytes: UNCOMMITTED_BYTES,
            restate_segments: RESTATE_SEGMENTS,
            cold_percent: COLD_PERCENT,
            cold_bytes: COLD_BYTES,
            max_frame: MAX_FRAME,
            checkpoint_replay_us: CHECKPOINT_REPLAY_US,
            checkpoint_covers_data: true,
            indexed: Indexed::NOTHING,
            place_bytes: PLACE_BYTES,
            threads: Threads::Own,
            monotonic_us: || 0,
            uuid: None,
        }
    }
}
