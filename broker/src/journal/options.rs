//! The journal's settings, each a named default with its reason.

use std::time::Duration;

/// Bytes of one segment: a recovery scan of it takes a fraction of a second.
pub const SEGMENT_BYTES: u64 = 64 << 20;
/// Segments prepared ahead, so that a roll never waits for the file system.
pub const SPARES: usize = 2;
/// Segments kept for acks, operations and restatements when the disk is full.
pub const RESERVE: usize = 4;
/// How long a lazy frame waits for an eager one to ride along with.
pub const LAZY_DELAY: Duration = Duration::from_millis(10);
/// How many lazy frames start a sync by themselves.
pub const LAZY_ENTRIES: usize = 1_000;
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

/// Who runs the writer and the background work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threads {
    /// Threads of the journal's own.
    Own,
    /// The caller, by `LocalJournal::step`: for tests and simulations that want one order.
    Stepped,
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
    /// Who runs the writer.
    pub threads: Threads,
    /// A monotonic clock in microseconds, for the time of the last sync.
    pub monotonic_us: fn() -> u64,
    /// Identity of a new directory; random when absent.
    pub uuid: Option<[u8; 16]>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes: SEGMENT_BYTES,
            spares: SPARES,
            reserve: RESERVE,
            lazy_delay: LAZY_DELAY,
            lazy_entries: LAZY_ENTRIES,
            uncommitted_bytes: UNCOMMITTED_BYTES,
            restate_segments: RESTATE_SEGMENTS,
            cold_percent: COLD_PERCENT,
            cold_bytes: COLD_BYTES,
            max_frame: MAX_FRAME,
            checkpoint_replay_us: CHECKPOINT_REPLAY_US,
            checkpoint_covers_data: true,
            threads: Threads::Own,
            monotonic_us: || 0,
            uuid: None,
        }
    }
}
