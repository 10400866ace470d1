//! Group commit: one write and one sync for all that waits, without a timer.
//!
//! While one sync runs, the next batch collects. The writer takes all waiting groups, writes their
//! frames, syncs, moves the durable position and runs the releases that waited for it. A batch that
//! somebody only wants written stays unsynced for a moment, and others may follow it: all of one
//! segment, for as long as lazy entries wait at most. Each frame names what was durable when it was
//! written, so that a lost one among them is a torn tail. After the first error nothing is written
//! any more, and no sync is ever tried again.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::api::{Poisoned, Release};
use super::compose::{Composer, Placed};
use super::disk::SyncSite;
use super::fail_point;
use super::segment::Segment;
use super::watermark::Progress;
use crate::model::ids::Position;

/// What waits for the writer.
#[derive(Default)]
struct Waiting {
    groups: Vec<Placed>,
    frames: usize,
    is_eager: bool,
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
    must_sync: bool,
    is_closing: bool,
}

/// Where the owner leaves groups for the writer, and both leave releases.
pub(super) struct Inbox {
    pub(super) progress: Arc<Progress>,
    waiting: Mutex<Waiting>,
    wake: Condvar,
    lazy_entries: usize,
    lazy_delay: Duration,
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

    /// Leaves one group and wakes the writer if there is a reason to.
    pub(super) fn leave(&self, group: Placed) {
        self.progress
            .uncommitted
            .fetch_add(group.bytes, Ordering::Relaxed);
        let mut waiting = self.waiting();
        let was_ready = self.is_ready(&waiting);
        let was_empty = waiting.groups.is_empty();
        waiting.is_eager |= group.frames.iter().any(|frame| frame.eager);
        waiting.frames += group.frames.len();
        waiting.groups.push(group);
        let is_news = was_empty || (!was_ready && self.is_ready(&waiting));
        drop(waiting);
        if is_news {
            self.wake.notify_one();
        }
    }

    fn is_ready(&self, waiting: &Waiting) -> bool {
        let is_asked = waiting.is_eager || waiting.is_wanted || waiting.is_closing;
        is_asked || waiting.frames >= self.lazy_entries
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
            waiting.frames = 0;
            let durable = std::mem::take(&mut waiting.releases);
            let written = std::mem::take(&mut waiting.written);
            written.into_iter().chain(durable)
        };
        for (_, release) in releases {
            release(Err(poisoned.clone()));
        }
        poisoned
    }

    fn release_durable(&self) {
        let durable = self.progress.durable();
        let due = take_due(&mut self.waiting().releases, durable);
        for (_, release) in due {
            release(Ok(()));
        }
    }

    fn release_written(&self) {
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
        self.take_batch(&mut self.waiting())
    }

    fn take_batch(&self, waiting: &mut Waiting) -> Batch {
        let is_lazy = !waiting.is_wanted || waiting.frames >= self.lazy_entries;
        let must_sync = waiting.is_eager || is_lazy || waiting.is_closing;
        (waiting.is_eager, waiting.is_wanted) = (false, false);
        waiting.frames = 0;
        Batch {
            groups: std::mem::take(&mut waiting.groups),
            must_sync,
            is_closing: waiting.is_closing,
        }
    }

    /// Waits for groups that may be written; none when the journal closes, or when the time has come to sync what
    /// is unsynced.
    fn wait(&self, until_sync: Option<Duration>) -> Batch {
        let mut waiting = self.waiting();
        let is_idle = |waiting: &mut Waiting| waiting.groups.is_empty() && !waiting.is_closing;
        waiting = match until_sync {
            None => self.wake.wait_while(waiting, is_idle),
            Some(patience) => self
                .wake
                .wait_timeout_while(waiting, patience, is_idle)
                .map(|(waiting, _)| waiting)
                .map_err(|poisoned| PoisonError::new(poisoned.into_inner().0)),
        }
        .unwrap_or_else(PoisonError::into_inner);
        if waiting.groups.is_empty() {
            return self.take_batch(&mut waiting);
        }
        let patience = self.lazy_delay.min(until_sync.unwrap_or(self.lazy_delay));
        let is_lazy = |waiting: &mut Waiting| !self.is_ready(waiting);
        let (mut waiting, _) = self
            .wake
            .wait_timeout_while(waiting, patience, is_lazy)
            .unwrap_or_else(PoisonError::into_inner);
        self.take_batch(&mut waiting)
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

/// Poisons the journal when the writer's thread dies of a panic, so that nobody waits for ever.
struct Watch(Arc<Inbox>);

impl Drop for Watch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0
                .poison("run", "the writer", &io::Error::other("its thread died"));
        }
    }
}

/// What is written and not synced yet: all in one segment.
struct Unsynced {
    segment: Arc<Segment>,
    since_us: u64,
    bytes: u64,
    frames: usize,
    last: u64,
}

/// Writes batches; there is one for each journal.
pub(super) struct Writer {
    inbox: Arc<Inbox>,
    monotonic_us: fn() -> u64,
    composer: Composer,
    unsynced: Option<Unsynced>,
}

impl Writer {
    pub(super) fn new(inbox: Arc<Inbox>, uuid: [u8; 16], monotonic_us: fn() -> u64) -> Self {
        Self {
            inbox,
            monotonic_us,
            composer: Composer::new(uuid),
            unsynced: None,
        }
    }

    /// Writes batches until the journal closes.
    pub(super) fn run(mut self) {
        let _watch = Watch(Arc::clone(&self.inbox));
        loop {
            let batch = self.inbox.wait(self.until_sync());
            self.turn(&batch);
            if batch.groups.is_empty() && batch.is_closing {
                return;
            }
        }
    }

    /// How long what is unsynced may stay so.
    fn until_sync(&self) -> Option<Duration> {
        let since_us = self.unsynced.as_ref()?.since_us;
        let passed = Duration::from_micros((self.monotonic_us)().saturating_sub(since_us));
        Some(self.inbox.lazy_delay.saturating_sub(passed))
    }

    /// Whether something is written and not synced.
    pub(super) fn is_behind(&self) -> bool {
        self.unsynced.is_some()
    }

    /// Writes one batch and syncs it, unless it is only wanted written; or poisons the journal. An empty one syncs what
    /// is unsynced.
    pub(super) fn turn(&mut self, batch: &Batch) {
        let groups = batch.groups.as_slice();
        for run in groups.chunk_by(|one, other| Arc::ptr_eq(&one.segment, &other.segment)) {
            let Some(segment) = run.first().map(|group| &group.segment) else {
                continue;
            };
            let other = |unsynced: &Unsynced| !Arc::ptr_eq(&unsynced.segment, segment);
            if self.unsynced.as_ref().is_some_and(other) {
                self.catch_up();
            }
            if self.inbox.progress.poisoned().is_some() {
                return;
            }
            if let Err(source) = self.write(segment, run) {
                self.inbox.poison("write to", &segment.name(), &source);
                return;
            }
        }
        let is_due = |unsynced: &Unsynced| {
            unsynced.frames >= self.inbox.lazy_entries
                || self.until_sync().is_some_and(|left| left.is_zero())
        };
        if groups.is_empty() || batch.must_sync || self.unsynced.as_ref().is_some_and(is_due) {
            self.catch_up();
        }
    }

    fn write(&mut self, segment: &Arc<Segment>, run: &[Placed]) -> io::Result<()> {
        fail_point::hit("journal.before_write");
        let progress = &self.inbox.progress;
        self.composer.write(segment, run, progress.durable().0)?;
        let since_us = (self.monotonic_us)();
        let unsynced = self.unsynced.get_or_insert_with(|| Unsynced {
            segment: Arc::clone(segment),
            since_us,
            bytes: 0,
            frames: 0,
            last: 0,
        });
        for group in run {
            unsynced.bytes += group.bytes;
            unsynced.frames += group.frames.len();
            unsynced.last = group.first + group.frames.len() as u64 - 1;
        }
        progress.note_written(unsynced.last);
        fail_point::hit("journal.after_write_before_sync");
        self.inbox.release_written();
        Ok(())
    }

    /// Syncs what is written, or poisons the journal.
    pub(super) fn catch_up(&mut self) {
        let Some(unsynced) = self.unsynced.take() else {
            return;
        };
        let progress = &self.inbox.progress;
        if progress.poisoned().is_some() {
            return;
        }
        let before_us = (self.monotonic_us)();
        let synced = unsynced.segment.file.sync_data(SyncSite::Batch);
        if let Err(source) = synced {
            self.inbox.poison("sync", &unsynced.segment.name(), &source);
            return;
        }
        let took_us = (self.monotonic_us)().saturating_sub(before_us);
        progress.last_sync_us.store(took_us, Ordering::Relaxed);
        progress.syncs.fetch_add(1, Ordering::Relaxed);
        progress
            .uncommitted
            .fetch_sub(unsynced.bytes, Ordering::Relaxed);
        progress.advance(unsynced.last);
        fail_point::hit("journal.after_sync_before_release");
        self.inbox.release_durable();
    }
}
