//! Group commit: one write and one sync for all that waits, without a timer.
//!
//! While one sync runs, the next batch collects. Whoever has the writer takes all waiting groups, writes their
//! frames, syncs, moves the durable position and runs the releases that waited for it: a thread of its own, or
//! for a little at a time the owner itself (see `LocalJournal::hand_over`). A batch that
//! somebody only wants written stays unsynced for a moment, and others may follow it: all of one
//! segment, for as long as lazy entries wait at most. Each frame names what was durable when it was
//! written, so that a lost one among them is a torn tail. After the first error nothing is written
//! any more, and no sync is ever tried again.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::compose::{Composer, Placed};
use super::disk::SyncSite;
use super::fail_point;
use super::inbox::{Batch, Inbox};
use super::segment::Segment;

/// Poisons the journal when the writer's thread dies of a panic, so that nobody waits for ever.
struct Watch(Arc<Inbox>);

impl Drop for Watch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            died(&self.0);
        }
    }
}

fn died(inbox: &Inbox) {
    let source = io::Error::other("it died while it wrote");
    inbox.poison("run", "the writer", &source);
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

    /// Writes batches until the journal closes. Others may have a turn in between.
    pub(super) fn run(shared: &Mutex<Self>, inbox: Arc<Inbox>) {
        let watch = Watch(inbox);
        let (inbox, mut until_sync) = (&watch.0, None);
        loop {
            inbox.wait(until_sync);
            let Ok(mut writer) = shared.lock() else {
                return died(inbox);
            };
            // Taken by who has the writer: batches are written in the order in which they are taken.
            let batch = inbox.take();
            writer.turn(&batch);
            until_sync = writer.until_sync();
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
