//! What waits for one consumer: deliveries in order, each until it is durable.
//!
//! The owner puts deliveries in as they are granted, so their order is the order of grants whatever
//! is durable first; the reader takes them out up to the durable position. Holds positions and weak
//! references, never bytes. Bounded: by the allowance, and where leases of unread deliveries expire,
//! by [`MAX_PARCELS`].

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::parcel::Parcel;
use crate::core::SequenceRange;
use crate::journal::Watermark;
use crate::model::Refusal;

/// Unread deliveries at which a reader counts as gone: twice the largest allowance.
pub(super) const MAX_PARCELS: usize = 200_000;
/// Unread stale ranges at which a reader counts as gone.
pub(super) const MAX_STALE: usize = 20_000;

/// What the reader gets next.
#[derive(Debug)]
pub(crate) enum Letter {
    /// At least one delivery.
    Parcels(Vec<Parcel>),
    /// Sequences of which nothing came.
    Stale(Vec<SequenceRange>),
    /// Sequences whose acks are durable.
    Confirmed(Vec<SequenceRange>),
    /// It is over.
    Ended(Refusal),
    /// Its consumer has left, and everything it said is durable.
    Closed,
}

/// The mailbox of one consumer or Pull.
#[derive(Debug)]
pub(crate) struct Mailbox {
    inside: Mutex<Inside>,
    arrived: Notify,
    watermark: Watermark,
    /// Whether its consumer is told of acks that are durable.
    pub(super) confirms: bool,
}

#[derive(Debug, Default)]
struct Inside {
    parcels: VecDeque<Parcel>,
    stale: Vec<SequenceRange>,
    /// Bounded as what is unread: an ack is of a message that was put in.
    confirmed: Vec<SequenceRange>,
    ended: Option<Refusal>,
    is_closed: bool,
}

impl Mailbox {
    /// Empty; `watermark` says what may leave.
    pub(crate) fn new(watermark: Watermark, confirms: bool) -> Self {
        Self {
            inside: Mutex::default(),
            arrived: Notify::new(),
            watermark,
            confirms,
        }
    }

    /// Puts deliveries in; tells whether the reader still keeps up. Does not wake it: see
    /// [`Mailbox::wake`].
    pub(crate) fn put(&self, parcels: impl Iterator<Item = Parcel>) -> bool {
        let mut inside = self.lock();
        inside.parcels.extend(parcels);
        inside.parcels.len() <= MAX_PARCELS
    }

    /// Wakes the reader: something may leave.
    pub(crate) fn wake(&self) {
        self.arrived.notify_one();
    }

    /// Tells of sequences of which nothing came; whether the reader still keeps up.
    pub(crate) fn put_stale(&self, ranges: Vec<SequenceRange>) -> bool {
        let mut inside = self.lock();
        inside.stale.extend(ranges);
        let keeps_up = inside.stale.len() <= MAX_STALE;
        drop(inside);
        self.wake();
        keeps_up
    }

    /// Tells of acks that are durable.
    pub(crate) fn put_confirmed(&self, ranges: Vec<SequenceRange>) {
        let mut inside = self.lock();
        for range in ranges {
            match inside.confirmed.last_mut() {
                Some(last) if last.last.checked_add(1) == Some(range.first) => {
                    last.last = range.last;
                }
                _ => inside.confirmed.push(range),
            }
        }
        drop(inside);
        self.wake();
    }

    /// Its consumer has left, and everything it said is durable.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.wake();
    }

    /// Ends it; what waits is forgotten, since its leases are gone. The first reason stays.
    pub(crate) fn end(&self, reason: Refusal) {
        let mut inside = self.lock();
        inside.parcels = VecDeque::new();
        inside.ended.get_or_insert(reason);
        drop(inside);
        self.wake();
    }

    /// The next letter with at most `limit` deliveries. Only one reader. Safe to cancel.
    pub(crate) async fn next(&self, limit: usize) -> Letter {
        loop {
            if let Some(letter) = self.take(limit) {
                return letter;
            }
            self.arrived.notified().await;
        }
    }

    fn take(&self, limit: usize) -> Option<Letter> {
        let durable = self.watermark.durable();
        let mut inside = self.lock();
        if !inside.stale.is_empty() {
            return Some(Letter::Stale(std::mem::take(&mut inside.stale)));
        }
        if !inside.confirmed.is_empty() {
            return Some(Letter::Confirmed(std::mem::take(&mut inside.confirmed)));
        }
        if inside.is_closed {
            return Some(Letter::Closed);
        }
        let may_leave = inside.parcels.iter().take(limit);
        let count = may_leave
            .take_while(|parcel| parcel.needs <= durable)
            .count();
        if count > 0 {
            return Some(Letter::Parcels(inside.parcels.drain(..count).collect()));
        }
        inside.ended.clone().map(Letter::Ended)
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
