//! What is durable and whether the writer still works, shared by all threads.
//!
//! Promises that `durable` never goes back and never runs ahead of the disk.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::errors::Poisoned;
use crate::model::ids::Position;

/// A cheap handle to what is durable.
#[derive(Debug, Clone)]
pub struct Watermark {
    progress: Arc<Progress>,
}

impl Watermark {
    pub(super) fn new(progress: Arc<Progress>) -> Self {
        Self { progress }
    }

    /// The last position that is durable; 0 when none is.
    pub fn durable(&self) -> Position {
        self.progress.durable()
    }

    /// Whether a write or sync failed.
    pub fn is_poisoned(&self) -> bool {
        self.progress.poisoned().is_some()
    }

    /// Why nothing more becomes durable, if so.
    pub fn poisoned(&self) -> Option<Poisoned> {
        self.progress.poisoned()
    }

    /// Appended bytes that are not durable yet.
    pub fn uncommitted_bytes(&self) -> u64 {
        self.progress.uncommitted.load(Ordering::Relaxed)
    }
}

/// The state behind a watermark.
#[derive(Debug, Default)]
pub(super) struct Progress {
    durable: AtomicU64,
    written: AtomicU64,
    poison: OnceLock<Poisoned>,
    pub(super) uncommitted: AtomicU64,
    pub(super) syncs: AtomicU64,
    pub(super) last_sync_us: AtomicU64,
    /// Free bytes of the file system plus one; 0 before they were looked at.
    free_bytes_plus_one: AtomicU64,
}

impl Progress {
    pub(super) fn durable(&self) -> Position {
        Position(self.durable.load(Ordering::Acquire))
    }

    /// The last position that is written; what is durable always is.
    pub(super) fn written(&self) -> Position {
        Position(self.written.load(Ordering::Acquire)).max(self.durable())
    }

    pub(super) fn note_written(&self, to: u64) {
        self.written.fetch_max(to, Ordering::AcqRel);
    }

    /// Free bytes of the file system, as far as known.
    pub(super) fn free_bytes(&self) -> Option<u64> {
        let plus_one = self.free_bytes_plus_one.load(Ordering::Relaxed);
        plus_one.checked_sub(1)
    }

    /// The file system was looked at.
    pub(super) fn set_free_bytes(&self, free: u64) {
        let plus_one = free.saturating_add(1);
        self.free_bytes_plus_one.store(plus_one, Ordering::Relaxed);
    }

    /// So much was taken of the file system since it was looked at.
    pub(super) fn take_free_bytes(&self, bytes: u64) {
        let taken = |plus_one: u64| {
            let free = plus_one.checked_sub(1)?;
            Some(free.saturating_sub(bytes) + 1)
        };
        let free = &self.free_bytes_plus_one;
        let _unknown_stays_so = free.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken);
    }

    pub(super) fn advance(&self, to: u64) {
        self.durable.fetch_max(to, Ordering::AcqRel);
    }

    pub(super) fn poisoned(&self) -> Option<Poisoned> {
        self.poison.get().cloned()
    }

    /// Marks the journal as failed; the first reason stays.
    pub(super) fn poison(&self, action: &str, file: &str, source: &io::Error) -> Poisoned {
        let reason = format!("cannot {action} {file}: {source}").into();
        self.poison.get_or_init(|| Poisoned { reason }).clone()
    }
}
