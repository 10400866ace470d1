//! The journal on one machine: places groups, hands them to the writer, keeps the books of space.
//!
//! Long because: all that the shard asks of the journal on one disk has its method here.
//!
//! The owner does not wait for the disk here, except in `open` and `close`, and in `hand_over` for a small sync
//! while the disk is quick.

use std::sync::Arc;
use std::time::Duration;

use super::api::{
    AppendError, CloseError, Frame, Journal, Live, OpenError, Recovered, Release, Replay,
    Statement, Usage,
};
use super::background::{Job, Workbench};
use super::codec::{SEGMENT_HEADER, frame_len};
use super::compose::Placed;
use super::disk::{DirectoryLock, Disk};
use super::inbox::Inbox;
use super::index_file::Verified;
use super::layout::Change;
use super::options::Options;
use super::reader::Reader;
use super::recovery::{self, Opening};
use super::segment::Segment;
use super::store::{DiskError, Store};
use super::watermark::Watermark;
use super::workers::Workers;
use super::writer::Writer;
use super::{checkpoint, fail_point, space};
use crate::model::ids::Position;

/// Bytes that replay reads and verifies in a microsecond, for the estimate of a restart.
const REPLAY_BYTES_PER_US: u64 = 1_000;

/// A journal over one data directory.
pub struct LocalJournal {
    store: Arc<Store>,
    inbox: Arc<Inbox>,
    bench: Arc<Workbench>,
    workers: Workers,
    active: Arc<Segment>,
    active_end: u64,
    next: u64,
    time_us: u64,
    /// Bytes and frames appended since the last checkpoint was asked for.
    unstated: (u64, u64),
    _lock: DirectoryLock,
}

impl LocalJournal {
    /// A number that tells this data directory from others.
    pub fn id(&self) -> u64 {
        let (first, _) = self.store.uuid.as_chunks::<8>();
        first.first().map_or(0, |half| u64::from_le_bytes(*half))
    }

    /// Locks the directory, checks format and identity, and recovers. `replay` is called for each
    /// frame in order of position: first for the checkpoint's if there is a valid one, then for
    /// bodies before the start of replay, then for the log's.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the journal shares the disk while it lives"
    )]
    pub fn open(
        disk: Arc<dyn Disk>,
        options: Options,
        replay: &mut Replay<'_>,
    ) -> Result<(Self, Recovered), OpenError> {
        let Opening {
            store,
            lock,
            active,
            next_slot,
            recovered,
            unindexed,
        } = recovery::open(&disk, options, replay)?;
        let (progress, options) = (Arc::clone(&store.progress), &store.options);
        let inbox = Arc::new(Inbox::new(
            progress,
            options.lazy_entries,
            options.lazy_delay,
        ));
        let bench = Workbench::new(Arc::clone(&store), Arc::clone(&inbox), next_slot);
        let bench = Arc::new(bench);
        let writer = Writer::new(Arc::clone(&inbox), store.uuid, options.monotonic_us);
        let workers = Workers::start(writer, &inbox, &bench, options)?;
        for segment in unindexed {
            bench.leave(Job::Index(segment, Verified::Bodies));
        }
        bench.leave(Job::Recycle(Vec::new()));
        bench.leave(Job::Sample);
        let journal = Self {
            active_end: active.end(),
            next: recovered.last.0 + 1,
            time_us: recovered.last_time_us,
            unstated: (0, recovered.replayed),
            store,
            inbox,
            bench,
            workers,
            active,
            _lock: lock,
        };
        Ok((journal, recovered))
    }

    /// In stepped mode, writes and syncs what waits and does one background job; tells whether
    /// there was anything to do. With threads of its own the journal does this by itself.
    pub fn step(&mut self) -> bool {
        match &mut self.workers {
            Workers::Stepped(writer) => {
                let batch = self.inbox.take();
                let is_busy = !batch.groups.is_empty() || writer.is_behind();
                writer.turn(&batch);
                drop(batch);
                self.bench.step() || is_busy
            }
            Workers::Threads(_) => false,
        }
    }

    /// Begins a new segment for a group from `next` on.
    fn roll(&mut self) -> Result<(), AppendError> {
        let segment = self.next_segment()?;
        let sealed = std::mem::replace(&mut self.active, segment);
        self.active_end = self.active.end();
        let last = self.next - 1;
        sealed.seal(last);
        fail_point::hit("journal.segment_roll");
        let bench = Arc::clone(&self.bench);
        let index: Release = Box::new(move |outcome| {
            if outcome.is_ok() {
                bench.leave(Job::Index(sealed, Verified::Heads));
            }
        });
        self.inbox.when_durable(Position(last), index);
        if self.store.layout().spares.len() <= self.store.options.reserve {
            self.bench.leave(Job::Spares);
        }
        if space::is_behind(&self.store) {
            self.prepare_spares(self.store.options.reserve / 2 + 1)?;
        }
        Ok(())
    }

    /// A segment for frames from `next` on. Only if the background has fallen behind, which takes
    /// as many segments as there are spares within one of its jobs, is one made here.
    fn next_segment(&self) -> Result<Arc<Segment>, AppendError> {
        if let Some(segment) = self.store.roll(self.next) {
            return Ok(segment);
        }
        self.prepare_spares(1)?;
        self.store.roll(self.next).ok_or(AppendError::Full)
    }

    fn prepare_spares(&self, wanted: usize) -> Result<(), AppendError> {
        let prepared = self.store.prepare_spares(wanted);
        let poison = |error: DiskError| {
            let (action, file) = (error.action, &error.file);
            self.inbox.poison(action, file, &error.source).into()
        };
        prepared.map_err(poison)
    }

    /// Bytes of a group in its segment, if the journal takes it.
    fn group_bytes(&self, group: &[Frame]) -> Result<u64, AppendError> {
        let limit = self.store.options.max_frame as u64;
        let mut bytes = 0;
        for frame in group {
            let size = frame.head.len() as u64 + frame.body.len() as u64;
            if size > limit {
                return Err(AppendError::TooLarge { bytes: size, limit });
            }
            bytes += frame_len(frame.head.len(), frame.body.len()) as u64;
        }
        let limit = self.store.options.segment_bytes - SEGMENT_HEADER as u64;
        if bytes > limit {
            Err(AppendError::TooLarge { bytes, limit })
        } else {
            Ok(bytes)
        }
    }

    /// Bytes of places of sealed segments that are in memory.
    #[cfg(test)]
    pub(super) fn place_bytes(&self) -> usize {
        self.store.place_bytes()
    }
}

impl Journal for LocalJournal {
    fn append(&mut self, group: Vec<Frame>, now_us: u64) -> Result<Position, AppendError> {
        if let Some(poisoned) = self.store.progress.poisoned() {
            return Err(poisoned.into());
        }
        if group.is_empty() {
            return Err(AppendError::Empty);
        }
        fail_point::hit("journal.append");
        let bytes = self.group_bytes(&group)?;
        if self.active_end + bytes > self.store.options.segment_bytes {
            self.roll()?;
        }
        self.time_us = self.time_us.max(now_us);
        let (first, offset) = (self.next, self.active_end);
        let (base, end, next) = (self.active.first, &mut self.active_end, &mut self.next);
        self.active.note(|places| {
            for frame in &group {
                let len = frame_len(frame.head.len(), frame.body.len());
                let at = usize::try_from(*end).unwrap_or(usize::MAX);
                places.push(*next - base, at, len);
                *end += len as u64;
                *next += 1;
            }
        });
        self.unstated.0 += bytes;
        self.unstated.1 += group.len() as u64;
        self.inbox.leave(Placed {
            segment: Arc::clone(&self.active),
            offset,
            first,
            time_us: self.time_us,
            frames: group,
            bytes,
        });
        Ok(Position(self.next - 1))
    }

    fn hand_over(&mut self, is_idle: bool) -> Option<Duration> {
        match &mut self.workers {
            Workers::Threads(threads) => threads.hand_over(&self.store, &self.inbox, is_idle),
            Workers::Stepped(_) => None,
        }
    }

    fn when_durable(&mut self, position: Position, release: Release) {
        self.inbox.when_durable(position, release);
    }

    fn when_written(&mut self, position: Position, release: Release) {
        self.inbox.when_written(position, release);
    }

    fn next_position(&self) -> Position {
        Position(self.next)
    }

    fn watermark(&self) -> Watermark {
        Watermark::new(Arc::clone(&self.store.progress))
    }

    fn reader(&self) -> Reader {
        Reader::new(Arc::clone(&self.store) as _)
    }

    fn max_frame(&self) -> usize {
        self.store.options.max_frame
    }

    fn oldest(&self) -> Position {
        space::oldest(&self.store)
    }

    fn has_room(&self) -> bool {
        space::has_room(&self.store)
    }

    fn keep(&mut self, position: Position, bytes: u64) {
        if let Some(segment) = self.store.layout().around(position.0) {
            segment.keep(bytes);
        }
    }

    fn release(&mut self, position: Position, bytes: u64) {
        if let Some(segment) = self.store.layout().around(position.0) {
            segment.release(bytes);
        }
    }

    fn set_state_floor(&mut self, floor: Position) {
        // Never beyond what is durable: the segment that holds the floor must stay.
        let floor = floor.min(self.store.progress.durable()).0;
        let mut layout = self.store.layout_mut();
        layout.state_floor = layout.state_floor.max(floor);
    }

    fn wants_restated(&self) -> Option<Position> {
        space::wants_restated(&self.store)
    }

    fn housekeep(&mut self, live: &Live<'_>) {
        let wanted = self.store.options.spares + self.store.options.reserve;
        if !self.bench.is_moving() {
            let retire = space::unneeded(&self.store, live);
            if !retire.is_empty() || !self.store.layout().retiring.is_empty() {
                self.bench.leave(Job::Recycle(retire));
            } else if let Some(plan) = space::plan_cold(&self.store, live) {
                self.bench.leave(Job::Cold(plan));
            }
        }
        if self.store.layout().spares.len() < wanted {
            self.bench.leave(Job::Spares);
        }
        self.bench.leave(Job::Sample);
    }

    fn checkpoint(&mut self, at: Position, frames: Statement) {
        self.unstated = (0, 0);
        let order = checkpoint::Order {
            at: at.0,
            time_us: self.time_us,
            frames,
        };
        let bench = Arc::clone(&self.bench);
        let write: Release = Box::new(move |outcome| {
            if outcome.is_ok() {
                bench.leave(Job::Checkpoint(order));
            }
        });
        self.inbox.when_durable(at, write);
    }

    fn wants_checkpoint(&self) -> bool {
        let (bytes, frames) = self.unstated;
        bytes / REPLAY_BYTES_PER_US + frames > self.store.options.checkpoint_replay_us
    }

    fn usage(&self) -> Usage {
        space::usage(&self.store)
    }

    fn close(mut self: Box<Self>) -> Result<(), CloseError> {
        if let Workers::Stepped(writer) = &mut self.workers {
            writer.turn(&self.inbox.take());
            writer.catch_up();
        }
        self.workers.stop(&self.inbox, &self.bench);
        if let Some(poisoned) = self.store.progress.poisoned() {
            return Err(poisoned.into());
        }
        if self.active_end > SEGMENT_HEADER as u64 {
            let (file, action) = (self.active.name(), "cut the rest of");
            let cut = self.active.file.truncate(self.active_end);
            cut.map_err(|source| CloseError::Io {
                action,
                file,
                source,
            })?;
        }
        // What is not indexed would be read whole by the next start.
        self.bench.index_rest();
        if space::is_plenty(&self.store) {
            self.store.empty_spares().map_err(close_error)?;
        }
        if let Some(poisoned) = self.store.progress.poisoned() {
            return Err(poisoned.into());
        }
        fail_point::hit("journal.close_cut");
        let clean = Change {
            is_clean: true,
            ..Change::default()
        };
        self.store.commit(&clean).map_err(close_error)
    }
}

fn close_error(error: DiskError) -> CloseError {
    CloseError::Io {
        action: error.action,
        file: error.file,
        source: error.source,
    }
}

impl Drop for LocalJournal {
    /// Writes what waits and ends the threads, without a clean mark.
    fn drop(&mut self) {
        self.workers.stop(&self.inbox, &self.bench);
    }
}
