//! Work off the commit path: spares, recycling, indexes, checkpoints and cold copies.
//!
//! One job at a time, in the order given, indexes last. A full disk is no failure here: the job is given up and
//! housekeeping asks again. Any other error of the disk poisons the journal.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::checkpoint;
use super::cold::{self, GivenUp};
use super::inbox::Inbox;
use super::index_file::Verified;
use super::segment::Segment;
use super::store::{DiskError, Store};

/// One piece of work.
pub(super) enum Job {
    /// Prepare spares until there are enough.
    Spares,
    /// Retire what nothing needs, and reuse what was retired before.
    Recycle(Vec<Arc<Segment>>),
    /// Write the index of a sealed segment.
    Index(Arc<Segment>, Verified),
    /// Write a checkpoint.
    Checkpoint(checkpoint::Order),
    /// Copy needed frames out of old segments.
    Cold(cold::Plan),
    /// Look at the free space of the file system.
    Sample,
}

impl Job {
    /// Whether the job changes which segments hold frames; one such job is planned at a time.
    fn moves_frames(&self) -> bool {
        matches!(self, Self::Recycle(_) | Self::Cold(_))
    }
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    /// Indexes to be written once nothing else waits: a start may find very many missing, and
    /// space must not wait for them.
    indexes: VecDeque<(Arc<Segment>, Verified)>,
    is_closing: bool,
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.indexes.is_empty()
    }

    fn next(&mut self) -> Option<Job> {
        let job = self.jobs.pop_front();
        job.or_else(|| {
            let (segment, verified) = self.indexes.pop_front()?;
            Some(Job::Index(segment, verified))
        })
    }
}

/// Does jobs, on a thread of its own or when stepped.
pub(super) struct Workbench {
    store: Arc<Store>,
    inbox: Arc<Inbox>,
    waiting: Mutex<Waiting>,
    wake: Condvar,
    moving: AtomicUsize,
    next_slot: AtomicUsize,
}

impl Workbench {
    pub(super) fn new(store: Arc<Store>, inbox: Arc<Inbox>, next_slot: usize) -> Self {
        Self {
            store,
            inbox,
            waiting: Mutex::default(),
            wake: Condvar::new(),
            moving: AtomicUsize::new(0),
            next_slot: AtomicUsize::new(next_slot),
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves a job; it is done later.
    pub(super) fn leave(&self, job: Job) {
        if job.moves_frames() {
            self.moving.fetch_add(1, Ordering::Relaxed);
        }
        let mut waiting = self.waiting();
        match job {
            // The owner may need them soon; all else can wait.
            Job::Spares => waiting.jobs.push_front(job),
            Job::Index(segment, verified) => waiting.indexes.push_back((segment, verified)),
            _ => waiting.jobs.push_back(job),
        }
        drop(waiting);
        self.wake.notify_one();
    }

    /// Whether a job that changes which segments hold frames is still under way.
    pub(super) fn is_moving(&self) -> bool {
        self.moving.load(Ordering::Relaxed) > 0
    }

    /// Lets the thread end; jobs not begun are dropped, since none of them is owed to anyone.
    pub(super) fn finish(&self) {
        self.waiting().is_closing = true;
        self.wake.notify_all();
    }

    /// Does jobs until the journal closes.
    pub(super) fn run(&self) {
        loop {
            let waiting = self.waiting();
            let is_idle = |waiting: &mut Waiting| waiting.is_empty() && !waiting.is_closing;
            let waiting = self.wake.wait_while(waiting, is_idle);
            let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
            if waiting.is_closing {
                return;
            }
            let job = waiting.next();
            drop(waiting);
            if let Some(job) = job {
                self.perform(job);
            }
        }
    }

    /// Does the next job, if there is one.
    pub(super) fn step(&self) -> bool {
        let job = self.waiting().next();
        job.map(|job| self.perform(job)).is_some()
    }

    /// Writes the indexes of the segments sealed last, once the journal closes. Those that a start
    /// found missing may be many, and are left to the next one.
    pub(super) fn index_rest(&self) {
        let indexes = std::mem::take(&mut self.waiting().indexes);
        for (segment, verified) in indexes {
            if verified == Verified::Heads {
                self.perform(Job::Index(segment, verified));
            }
        }
    }

    fn perform(&self, job: Job) {
        let moves_frames = job.moves_frames();
        if self.store.progress.poisoned().is_none() {
            match self.attempt(job) {
                Err(error) if !error.is_full() => {
                    self.inbox.poison(error.action, &error.file, &error.source);
                }
                _ => {}
            }
        }
        if moves_frames {
            self.moving.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn attempt(&self, job: Job) -> Result<(), DiskError> {
        let store = &*self.store;
        match job {
            Job::Spares => store.prepare_spares(store.options.spares + store.options.reserve),
            Job::Recycle(retire) => {
                // No manifest says so yet, which does no harm: the files still hold the frames.
                store.layout_mut().retire(&retire);
                drop(retire);
                store.recycle()
            }
            Job::Index(segment, verified) => store.index(&segment, verified),
            Job::Checkpoint(order) => self.write_checkpoint(&order.carry_out()),
            Job::Cold(plan) => match cold::copy(store, &plan) {
                Ok(cold) => {
                    drop(plan);
                    store.recycle()?;
                    cold.map_or(Ok(()), |cold| store.index(&cold, Verified::Heads))
                }
                Err(GivenUp::Damaged) => Ok(()),
                Err(GivenUp::Disk(error)) => Err(error),
            },
            Job::Sample => {
                if let Ok(free) = store.disk.free_bytes() {
                    store.progress.set_free_bytes(free);
                }
                Ok(())
            }
        }
    }

    fn write_checkpoint(&self, plan: &checkpoint::Plan) -> Result<(), DiskError> {
        let slot = self.next_slot.load(Ordering::Relaxed);
        match checkpoint::write(&self.store, slot, plan) {
            Ok(()) => {
                self.next_slot.store(1 - slot, Ordering::Relaxed);
                Ok(())
            }
            Err(error) if error.is_full() => self.store.remove(checkpoint::NEW_NAME),
            Err(error) => Err(error),
        }
    }
}
