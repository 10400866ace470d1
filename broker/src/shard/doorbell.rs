//! What the owner waits for: its channel, a deadline, and a bell that may be rung from `Drop`.
//!
//! A sender that cannot wait (a dropped stream) leaves a note here instead of a command.

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::mpsc::Receiver;

use super::clock::Alarm;
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
    owner: Notify,
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
        self.owner.notify_one();
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

/// Receives what is sent to the owner.
pub(crate) struct Waiting<T> {
    commands: Receiver<T>,
    alarm: Alarm,
}

impl<T> Waiting<T> {
    /// Must be called within a tokio runtime.
    pub(crate) fn new(commands: Receiver<T>) -> Self {
        Self {
            commands,
            alarm: Alarm::now(),
        }
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    /// Takes what has come since, up to `limit` commands in all.
    pub(crate) fn take_more(&mut self, into: &mut Vec<T>, limit: usize) {
        while into.len() < limit
            && let Ok(command) = self.commands.try_recv()
        {
            into.push(command);
        }
    }

    /// Takes up to `limit` commands; waits for one until the bell rings or `patience` is over, and
    /// sometimes less. Safe to cancel.
    pub(crate) async fn receive(
        &mut self,
        into: &mut Vec<T>,
        limit: usize,
        patience: Duration,
        bell: &Doorbell,
    ) -> Woken {
        let Self { commands, alarm } = self;
        if !patience.is_zero() {
            alarm.set(patience);
        }
        let mut rung = pin!(bell.owner.notified());
        poll_fn(|context| {
            match commands.poll_recv_many(context, into, limit) {
                Poll::Ready(0) => return Poll::Ready(Woken::Closed),
                Poll::Ready(_) => return Poll::Ready(Woken::Commands),
                Poll::Pending => {}
            }
            let has_news = patience.is_zero()
                || bell.has_rung()
                || rung.as_mut().poll(context).is_ready()
                || alarm.has_rung(context);
            if has_news {
                Poll::Ready(Woken::Otherwise)
            } else {
                Poll::Pending
            }
        })
        .await
    }
}
