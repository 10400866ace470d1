//! Where the owner leaves groups and releases for who writes: the writer's thread, or the owner itself.
//!
//! What is left here is bounded by the bytes that publishes may have under way; see `shard`'s budget.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::api::{Poisoned, Release};
use super::compose::Placed;
use super::watermark::Progress;
use crate::model::ids::Position;

/// What waits for the writer.
#[derive(Default)]
struct Waiting {
    groups: Vec<Placed>,
    frames: usize,
    /// An eager frame is among them, or lazy ones have waited for company long enough.
    is_eager: bool,
    bytes: u64,
    /// Somebody waits for the groups to be written.
    is_wanted: bool,
    is_closing: bool,
    releases: VecDeque<(Position, Release)>,
    written: VecDeque<(Position, Release)>,
}

/// What the writer takes at a time.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) groups: Vec<Placed>,
    /// Whether it, and what is unsynced, is to be synced now.
    pub(super) must_sync: bool,
    pub(super) is_closing: bool,
}

/// What waits, as who hands it over sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    /// Bytes of all groups.
    pub(super) bytes: u64,
    /// Whether it is to be written now, and does not wait for company.
    pub(super) is_ready: bool,
    /// Whether it is to be synced with that.
    pub(super) must_sync: bool,
}

/// Where the owner leaves groups for the writer, and both leave releases.
pub(super) struct Inbox {
    pub(super) progress: Arc<Progress>,
    waiting: Mutex<Waiting>,
    wake: Condvar,
    pub(super) lazy_entries: usize,
    pub(super) lazy_delay: Duration,
}

impl Inbox {
    pub(super) fn new(progress: Arc<Progress>, lazy_entries: usize, lazy_delay: Duration) -> Self {
        let (waiting, wake) = (Mutex::default(), Condvar::new());
        Self {
            progress,
            waiting,
            wake,
            lazy_entries,
            lazy_delay,
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves one group. Nobody is woken: see [`Inbox::wake`].
    pub(super) fn leave(&self, group: Placed) {
        self.progress
            .uncommitted
            .fetch_add(group.bytes, Ordering::Relaxed);
        let mut waiting = self.waiting();
        waiting.is_eager |= group.frames.iter().any(|frame| frame.eager);
        waiting.frames += group.frames.len();
        waiting.bytes += group.bytes;
        waiting.groups.push(group);
    }

    /// What waits; nothing if no group does.
    pub(super) fn load(&self) -> Option<Load> {
        let waiting = self.waiting();
        (!waiting.groups.is_empty()).then(|| Load {
            bytes: waiting.bytes,
            is_ready: self.is_ready(&waiting),
            must_sync: self.must_sync(&waiting),
        })
    }

    /// Wakes the writer's thread; lazy frames that wait alone then wait no longer if they are due.
    pub(super) fn wake(&self, is_due: bool) {
        self.waiting().is_eager |= is_due;
        self.wake.notify_one();
    }

    fn is_ready(&self, waiting: &Waiting) -> bool {
        let is_asked = waiting.is_eager || waiting.is_wanted || waiting.is_closing;
        is_asked || waiting.frames >= self.lazy_entries
    }

    /// Only what nobody but a reader of relaxed messages wants is left unsynced for a moment.
    fn must_sync(&self, waiting: &Waiting) -> bool {
        let is_lazy = !waiting.is_wanted || waiting.frames >= self.lazy_entries;
        waiting.is_eager || is_lazy || waiting.is_closing
    }

    /// Runs `release` when `position` is durable or never will be.
    pub(super) fn when_durable(&self, position: Position, release: Release) {
        let mut waiting = self.waiting();
        // Looked at under the lock: the writer moves both before it takes the lock to release.
        let outcome = match self.progress.poisoned() {
            _ if position <= self.progress.durable() => Ok(()),
            Some(poisoned) => Err(poisoned),
            None => return insert(&mut waiting.releases, position, release),
        };
        drop(waiting);
        release(outcome);
    }

    /// Runs `release` when `position` is written or never will be.
    pub(super) fn when_written(&self, position: Position, release: Release) {
        let mut waiting = self.waiting();
        let outcome = match self.progress.poisoned() {
            _ if position <= self.progress.written() => Ok(()),
            Some(poisoned) => Err(poisoned),
            None => {
                let was_ready = self.is_ready(&waiting);
                waiting.is_wanted |= !waiting.groups.is_empty();
                insert(&mut waiting.written, position, release);
                drop(waiting);
                if !was_ready {
                    self.wake.notify_one();
                }
                return;
            }
        };
        drop(waiting);
        release(outcome);
    }

    /// Marks the journal as failed and tells all that wait.
    pub(super) fn poison(&self, action: &str, file: &str, source: &io::Error) -> Poisoned {
        let poisoned = self.progress.poison(action, file, source);
        let releases = {
            let mut waiting = self.waiting();
            waiting.groups.clear();
            (waiting.frames, waiting.bytes) = (0, 0);
            let durable = std::mem::take(&mut waiting.releases);
            let written = std::mem::take(&mut waiting.written);
            written.into_iter().chain(durable)
        };
        for (_, release) in releases {
            release(Err(poisoned.clone()));
        }
        poisoned
    }

    pub(super) fn release_durable(&self) {
        let durable = self.progress.durable();
        let due = take_due(&mut self.waiting().releases, durable);
        for (_, release) in due {
            release(Ok(()));
        }
    }

    pub(super) fn release_written(&self) {
        let written = self.progress.written();
        let due = take_due(&mut self.waiting().written, written);
        for (_, release) in due {
            release(Ok(()));
        }
    }

    /// Lets the writer's thread end once all that waits is written.
    pub(super) fn finish(&self) {
        self.waiting().is_closing = true;
        self.wake.notify_all();
    }

    /// Whatever waits, without waiting for it.
    pub(super) fn take(&self) -> Batch {
        let mut waiting = self.waiting();
        let must_sync = self.must_sync(&waiting);
        (waiting.is_eager, waiting.is_wanted) = (false, false);
        (waiting.frames, waiting.bytes) = (0, 0);
        Batch {
            groups: std::mem::take(&mut waiting.groups),
            must_sync,
            is_closing: waiting.is_closing,
        }
    }

    /// Waits until there are groups that may be written, the journal closes, or the time has come to sync what is
    /// unsynced. Takes nothing: until who writes has its turn, somebody else may have written what was there.
    pub(super) fn wait(&self, until_sync: Option<Duration>) {
        let waiting = self.waiting();
        let is_idle = |waiting: &mut Waiting| waiting.groups.is_empty() && !waiting.is_closing;
        let waiting = match until_sync {
            None => self.wake.wait_while(waiting, is_idle),
            Some(patience) => self
                .wake
                .wait_timeout_while(waiting, patience, is_idle)
                .map(|(waiting, _)| waiting)
                .map_err(|poisoned| PoisonError::new(poisoned.into_inner().0)),
        }
        .unwrap_or_else(PoisonError::into_inner);
        if waiting.groups.is_empty() {
            return;
        }
        let patience = self.lazy_delay.min(until_sync.unwrap_or(self.lazy_delay));
        let is_lazy = |waiting: &mut Waiting| !self.is_ready(waiting);
        drop(self.wake.wait_timeout_while(waiting, patience, is_lazy));
    }
}

fn insert(releases: &mut VecDeque<(Position, Release)>, position: Position, release: Release) {
    let at = releases.partition_point(|(other, _)| *other <= position);
    releases.insert(at, (position, release));
}

fn take_due(
    releases: &mut VecDeque<(Position, Release)>,
    at: Position,
) -> Vec<(Position, Release)> {
    let count = releases.partition_point(|(position, _)| *position <= at);
    releases.drain(..count).collect()
}
