//! Group commit: one write and one sync for all that waits, without a timer.
//!
//! While one sync runs, the next batch collects. The writer takes all waiting groups, writes their
//! frames, syncs, moves the durable position and runs the releases that waited for it. At most one
//! write is unsynced at any time. After the first error nothing is written any more, and no sync
//! is ever tried again.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::api::{Frame, Poisoned, Release};
use super::codec::{ALIGN, COMMIT, Header, SEGMENT_HEADER, SegmentHeader, frame_len};
use super::disk::SyncSite;
use super::fail_point;
use super::segment::Segment;
use super::transfer::write_all;
use super::watermark::Progress;
use crate::model::ids::Position;

/// Bodies up to this size are copied next to their headers; larger ones are written from where
/// they are, since a part of a vectored write costs less than their copy.
const COPIED_BODY: usize = 8 << 10;
/// What the reused buffer may keep between batches.
const KEPT_SCRATCH: usize = 4 << 20;

/// One commit group with its place.
pub(super) struct Placed {
    pub(super) segment: Arc<Segment>,
    pub(super) offset: u64,
    pub(super) first: u64,
    pub(super) time_us: u64,
    pub(super) frames: Vec<Frame>,
    pub(super) bytes: u64,
}

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

/// A part of a batch's bytes.
enum Part {
    Copied(Range<usize>),
    Body { group: usize, frame: usize },
}

/// Writes batches; there is one for each journal.
pub(super) struct Writer {
    inbox: Arc<Inbox>,
    uuid: [u8; 16],
    monotonic_us: fn() -> u64,
    scratch: Vec<u8>,
    parts: Vec<Part>,
}

impl Writer {
    pub(super) fn new(inbox: Arc<Inbox>, uuid: [u8; 16], monotonic_us: fn() -> u64) -> Self {
        Self {
            inbox,
            uuid,
            monotonic_us,
            scratch: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// Writes batches until the journal closes.
    pub(super) fn run(mut self) {
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
        let start = self.compose(segment, run);
        let mut slices: Vec<IoSlice<'_>> = self
            .parts
            .iter()
            .map(|part| match part {
                Part::Copied(range) => IoSlice::new(&self.scratch[range.clone()]),
                Part::Body { group, frame } => IoSlice::new(&run[*group].frames[*frame].body),
            })
            .collect();
        fail_point::hit("journal.before_write");
        write_all(&*segment.file, start, &mut slices).map_err(|error| ("write to", error))?;
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
        self.scratch.clear();
        self.scratch.shrink_to(KEPT_SCRATCH);
        Ok(())
    }

    /// Lays out the bytes of a run of groups; returns where in the file they start.
    fn compose(&mut self, segment: &Segment, run: &[Placed]) -> u64 {
        self.scratch.clear();
        self.parts.clear();
        let durable = self.inbox.progress.durable().0;
        let mut start = run.first().map_or(0, |group| group.offset);
        if start == SEGMENT_HEADER as u64 {
            start = 0;
            let Segment {
                id, first, shape, ..
            } = *segment;
            let header = SegmentHeader {
                uuid: self.uuid,
                segment: id,
                first,
                durable,
                shape,
            };
            header.encode(&mut self.scratch);
        }
        let mut copied = 0;
        for (group, placed) in run.iter().enumerate() {
            let last = placed.frames.len() - 1;
            for (index, frame) in placed.frames.iter().enumerate() {
                let header = Header {
                    kind: frame.kind,
                    version: frame.version,
                    flags: if index == last { COMMIT } else { 0 },
                    segment: segment.id,
                    head_len: u32::try_from(frame.head.len()).unwrap_or(u32::MAX),
                    body_len: u32::try_from(frame.body.len()).unwrap_or(u32::MAX),
                    position: placed.first + index as u64,
                    time_us: placed.time_us,
                    durable,
                    body_crc: frame.body_crc,
                };
                header.encode(&frame.head, segment.seed, &mut self.scratch);
                if frame.body.len() <= COPIED_BODY {
                    self.scratch.extend_from_slice(&frame.body);
                } else {
                    self.parts.push(Part::Copied(copied..self.scratch.len()));
                    copied = self.scratch.len();
                    self.parts.push(Part::Body {
                        group,
                        frame: index,
                    });
                }
                let len = super::codec::HEADER + frame.head.len() + frame.body.len();
                let padding = frame_len(frame.head.len(), frame.body.len()) - len;
                debug_assert!(padding < ALIGN);
                self.scratch.extend_from_slice(&[0; ALIGN][..padding]);
            }
        }
        self.parts.push(Part::Copied(copied..self.scratch.len()));
        start
    }
}
