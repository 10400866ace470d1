//! Group commit: one write and one sync for all that waits, without a timer.
//!
//! While one sync runs, the next batch collects. The writer takes all waiting groups, writes their
//! frames, syncs, moves the durable position and runs the releases that waited for it. At most one
//! write is unsynced at any time. After the first error nothing is written any more, and no sync
//! is ever tried again.

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
    is_closing: bool,
    releases: VecDeque<(Position, Release)>,
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
        waiting.is_eager || waiting.frames >= self.lazy_entries || waiting.is_closing
    }

    /// Runs `release` when `position` is durable or never will be.
    pub(super) fn when_durable(&self, position: Position, release: Release) {
        let mut waiting = self.waiting();
        // Looked at under the lock: the writer moves both before it takes the lock to release.
        let outcome = match self.progress.poisoned() {
            _ if position <= self.progress.durable() => Ok(()),
            Some(poisoned) => Err(poisoned),
            None => {
                let at = waiting
                    .releases
                    .partition_point(|(other, _)| *other <= position);
                waiting.releases.insert(at, (position, release));
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
            std::mem::take(&mut waiting.releases)
        };
        for (_, release) in releases {
            release(Err(poisoned.clone()));
        }
        poisoned
    }

    fn release_durable(&self) {
        let durable = self.progress.durable();
        let due: Vec<_> = {
            let mut waiting = self.waiting();
            let count = waiting
                .releases
                .partition_point(|(position, _)| *position <= durable);
            waiting.releases.drain(..count).collect()
        };
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
    pub(super) fn take(&self) -> Vec<Placed> {
        Self::take_groups(&mut self.waiting())
    }

    fn take_groups(waiting: &mut Waiting) -> Vec<Placed> {
        waiting.is_eager = false;
        waiting.frames = 0;
        std::mem::take(&mut waiting.groups)
    }

    /// Waits for groups that may be written; none when the journal closes.
    fn wait(&self) -> Vec<Placed> {
        let waiting = self.waiting();
        let is_idle = |waiting: &mut Waiting| waiting.groups.is_empty() && !waiting.is_closing;
        let waiting = self.wake.wait_while(waiting, is_idle);
        let waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        let is_lazy = |waiting: &mut Waiting| !self.is_ready(waiting);
        let (mut waiting, _) = self
            .wake
            .wait_timeout_while(waiting, self.lazy_delay, is_lazy)
            .unwrap_or_else(PoisonError::into_inner);
        Self::take_groups(&mut waiting)
    }
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

/// Writes batches; there is one for each journal.
pub(super) struct Writer {
    inbox: Arc<Inbox>,
    monotonic_us: fn() -> u64,
    composer: Composer,
}

impl Writer {
    pub(super) fn new(inbox: Arc<Inbox>, uuid: [u8; 16], monotonic_us: fn() -> u64) -> Self {
        Self {
            inbox,
            monotonic_us,
            composer: Composer::new(uuid),
        }
    }

    /// Writes batches until the journal closes.
    pub(super) fn run(mut self) {
        let _watch = Watch(Arc::clone(&self.inbox));
        loop {
            let groups = self.inbox.wait();
            if groups.is_empty() {
                return;
            }
            self.turn(&groups);
        }
    }

    /// Writes and syncs one batch, or poisons the journal.
    pub(super) fn turn(&mut self, groups: &[Placed]) {
        for run in groups.chunk_by(|one, other| Arc::ptr_eq(&one.segment, &other.segment)) {
            if self.inbox.progress.poisoned().is_some() {
                return;
            }
            if let Some(segment) = run.first().map(|group| &group.segment)
                && let Err((action, source)) = self.write(segment, run)
            {
                self.inbox.poison(action, &segment.name(), &source);
                return;
            }
        }
    }

    fn write(
        &mut self,
        segment: &Segment,
        run: &[Placed],
    ) -> Result<(), (&'static str, io::Error)> {
        fail_point::hit("journal.before_write");
        let durable = self.inbox.progress.durable().0;
        let written = self.composer.write(segment, run, durable);
        written.map_err(|error| ("write to", error))?;
        fail_point::hit("journal.after_write_before_sync");
        let before_us = (self.monotonic_us)();
        segment
            .file
            .sync_data(SyncSite::Batch)
            .map_err(|error| ("sync", error))?;
        let progress = &self.inbox.progress;
        let took_us = (self.monotonic_us)().saturating_sub(before_us);
        progress.last_sync_us.store(took_us, Ordering::Relaxed);
        progress.syncs.fetch_add(1, Ordering::Relaxed);
        let bytes = run.iter().map(|group| group.bytes).sum();
        progress.uncommitted.fetch_sub(bytes, Ordering::Relaxed);
        if let Some(last) = run.last() {
            progress.advance(last.first + last.frames.len() as u64 - 1);
        }
        fail_point::hit("journal.after_sync_before_release");
        self.inbox.release_durable();
        Ok(())
    }
}
