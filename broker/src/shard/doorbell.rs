//! Wakes the owner's thread: the waker of its channel, and a bell that may be rung from `Drop`.
//!
//! The owner polls its channel by hand and parks its thread until a deadline: a futex wakes it
//! sooner than an event loop would, and a sender that cannot wait (a dropped stream) leaves a note
//! here instead of a command.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use tokio::sync::mpsc::Receiver;

use crate::core::Departure;
use crate::model::{ConsumerId, SubscriptionId};

/// A note for the owner from who cannot wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Note {
    /// A consumer has left.
    Departed(ConsumerId, Departure),
    /// Nobody took the leases of a Pull.
    Untaken(SubscriptionId, ConsumerId),
    /// Nobody holds the shard any more.
    Forsaken,
}

/// Notes for the owner, and what wakes it.
#[derive(Debug, Default)]
pub(crate) struct Doorbell {
    has_rung: AtomicBool,
    /// At most one for each consumer or Pull there is.
    notes: Mutex<Vec<Note>>,
    owner: Mutex<Option<Thread>>,
}

impl Doorbell {
    /// Leaves a note and wakes the owner.
    pub(crate) fn leave(&self, note: Note) {
        lock(&self.notes).push(note);
        self.ring();
    }

    /// Wakes the owner.
    pub(crate) fn ring(&self) {
        self.has_rung.store(true, Ordering::Release);
        if let Some(owner) = lock(&self.owner).as_ref() {
            owner.unpark();
        }
    }

    /// The calling thread is the owner.
    pub(crate) fn answer(&self) {
        *lock(&self.owner) = Some(thread::current());
    }

    /// Takes the notes.
    pub(crate) fn take(&self) -> Vec<Note> {
        if self.has_rung.swap(false, Ordering::Acquire) {
            std::mem::take(&mut lock(&self.notes))
        } else {
            Vec::new()
        }
    }

    fn has_rung(&self) -> bool {
        self.has_rung.load(Ordering::Acquire)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What ended a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Woken {
    /// Commands came.
    Commands,
    /// The bell or the time.
    Otherwise,
    /// No handle is left.
    Closed,
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

/// Receives on the thread that made it.
pub(crate) struct Waiting<T> {
    commands: Receiver<T>,
    waker: Waker,
}

impl<T> Waiting<T> {
    /// The calling thread is the one that will wait.
    pub(crate) fn new(commands: Receiver<T>) -> Self {
        Self {
            commands,
            waker: Arc::new(Unpark(thread::current())).into(),
        }
    }

    /// Takes up to `limit` commands; waits for one until the bell rings or `patience` is over.
    pub(crate) fn receive(
        &mut self,
        into: &mut Vec<T>,
        limit: usize,
        patience: Duration,
        bell: &Doorbell,
    ) -> Woken {
        let mut context = Context::from_waker(&self.waker);
        match self.commands.poll_recv_many(&mut context, into, limit) {
            Poll::Ready(0) => return Woken::Closed,
            Poll::Ready(_) => return Woken::Commands,
            Poll::Pending => {}
        }
        if !bell.has_rung() && !patience.is_zero() {
            // A wake-up between the poll and here is remembered by the thread's token.
            thread::park_timeout(patience);
        }
        match self.commands.poll_recv_many(&mut context, into, limit) {
            Poll::Ready(0) => Woken::Closed,
            Poll::Ready(_) => Woken::Commands,
            Poll::Pending => Woken::Otherwise,
        }
    }
}
