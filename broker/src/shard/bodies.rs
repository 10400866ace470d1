//! Bodies of published batches in memory: the newest of the journal, and those read back lately.
//!
//! Fresh deliveries take their bytes from the tail and never touch the disk; older ones are read on
//! threads for blocking work, several frames at a time. Both are bounded. The owner only looks
//! things up; it never reads.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::journal::{ReadError, Reader};
use crate::model::entry::{Columns, DecodeError};
use crate::model::{Position, Refusal};

/// Bytes of bodies that stay in memory after they were appended.
pub(super) const TAIL_BYTES: usize = 64 << 20;
/// Bytes of bodies that stay in memory after they were read back.
const RECENT_BYTES: usize = 16 << 20;
/// What an entry of a cache takes beside its body.
const ENTRY_BYTES: usize = 160;
/// Reads from the disk at one time, so that they do not take all threads.
const READS_AT_ONCE: usize = 4;
/// Bytes after which one trip to the disk returns with what it has.
const TRIP_BYTES: usize = 1 << 20;

/// A body in memory.
#[derive(Debug)]
pub(crate) struct TailBody {
    bytes: Bytes,
    /// Parsed by the first who needs it, off the owner's thread.
    columns: OnceLock<Result<Columns, DecodeError>>,
}

impl TailBody {
    pub(super) fn new(bytes: Bytes) -> Arc<Self> {
        Arc::new(Self {
            bytes,
            columns: OnceLock::new(),
        })
    }

    /// Where the messages are.
    pub(super) fn columns(&self) -> Result<&Columns, Refusal> {
        let parsed = self.columns.get_or_init(|| Columns::parse(&self.bytes));
        parsed.as_ref().map_err(|error| Refusal::DataDamaged {
            detail: error.to_string(),
        })
    }

    /// A part of the body, without copying.
    pub(super) fn slice(&self, range: Range<usize>) -> Result<Bytes, Refusal> {
        if range.start <= range.end && range.end <= self.bytes.len() {
            Ok(self.bytes.slice(range))
        } else {
            let detail = "a batch has fewer messages than its head says".to_owned();
            Err(Refusal::DataDamaged { detail })
        }
    }
}

/// Bodies in order of position, the oldest leaving first.
#[derive(Debug)]
pub(super) struct Tail {
    bodies: VecDeque<(Position, Arc<TailBody>)>,
    bytes: usize,
    limit: usize,
}

impl Tail {
    /// Holds up to `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            bodies: VecDeque::new(),
            bytes: 0,
            limit,
        }
    }

    /// Adds the body of the newest published frame.
    pub(super) fn push(&mut self, position: Position, body: Bytes) {
        self.bytes += body.len() + ENTRY_BYTES;
        self.bodies.push_back((position, TailBody::new(body)));
        while self.bytes > self.limit && self.bodies.len() > 1 {
            if let Some((_position, body)) = self.bodies.pop_front() {
                self.bytes -= body.bytes.len() + ENTRY_BYTES;
            }
        }
    }

    /// A body, unless it has left; the reference does not keep it.
    pub(super) fn get(&self, position: Position) -> Weak<TailBody> {
        let found = self.bodies.binary_search_by_key(&position, |(at, _)| *at);
        match found.ok().and_then(|at| self.bodies.get(at)) {
            Some((_position, body)) => Arc::downgrade(body),
            None => Weak::new(),
        }
    }
}

/// Bodies read back from the journal.
pub(super) struct ColdBodies {
    reader: Reader,
    recent: Mutex<Recent>,
    reads: Semaphore,
}

/// A few bodies, the first read leaving first; consumers that drain a backlog meet each frame more
/// than once.
#[derive(Debug, Default)]
struct Recent {
    bodies: HashMap<Position, Arc<TailBody>>,
    order: VecDeque<Position>,
    bytes: usize,
}

impl Recent {
    fn get(&self, position: Position) -> Option<Arc<TailBody>> {
        self.bodies.get(&position).cloned()
    }

    fn push(&mut self, position: Position, body: Arc<TailBody>) {
        self.bytes += body.bytes.len() + ENTRY_BYTES;
        if let Some(known) = self.bodies.insert(position, body) {
            // Two readers met: the place in the order stays.
            self.bytes -= known.bytes.len() + ENTRY_BYTES;
            return;
        }
        self.order.push_back(position);
        while self.bytes > RECENT_BYTES && self.order.len() > 1 {
            let oldest = self.order.pop_front();
            if let Some(body) = oldest.and_then(|oldest| self.bodies.remove(&oldest)) {
                self.bytes -= body.bytes.len() + ENTRY_BYTES;
            }
        }
    }
}

impl ColdBodies {
    /// Reads through `reader`.
    pub(super) fn new(reader: Reader) -> Self {
        Self {
            reader,
            recent: Mutex::default(),
            reads: Semaphore::new(READS_AT_ONCE),
        }
    }

    /// The reader, for frames that are no bodies of messages.
    pub(super) fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// The bodies at the first few of these positions, at least one if there is any; those in memory
    /// come with theirs. Safe to cancel.
    pub(super) async fn open(
        &self,
        parcels: impl Iterator<Item = (Position, Option<Arc<TailBody>>)>,
    ) -> Result<Vec<Arc<TailBody>>, Refusal> {
        let mut bodies = Vec::new();
        let mut missing = Vec::new();
        for (position, held) in parcels {
            match held.or_else(|| self.lock().get(position)) {
                Some(body) if missing.is_empty() => bodies.push(body),
                Some(_later) => break,
                None if bodies.is_empty() => missing.push(position),
                None => break,
            }
        }
        if bodies.is_empty() && !missing.is_empty() {
            return self.read(missing).await;
        }
        Ok(bodies)
    }

    /// The bodies at the first few of `positions`, at least one.
    pub(super) async fn read(
        &self,
        positions: Vec<Position>,
    ) -> Result<Vec<Arc<TailBody>>, Refusal> {
        let permit = self.reads.acquire().await;
        let _permit = permit.map_err(|_closed| Refusal::Draining)?;
        let reader = self.reader.clone();
        let trip = move || {
            // Runs of one frame name it once.
            let mut read: Vec<(Position, Arc<TailBody>)> = Vec::new();
            let mut weight = 0;
            for position in positions {
                if let Some((at, body)) = read.last()
                    && *at == position
                {
                    let again = (position, Arc::clone(body));
                    read.push(again);
                    continue;
                }
                if weight > TRIP_BYTES {
                    break;
                }
                let body = reader.read(position)?.body;
                weight += body.len() + ENTRY_BYTES;
                read.push((position, TailBody::new(body)));
            }
            Ok(read)
        };
        let read: Result<_, ReadError> = spawn_blocking(trip).await.map_err(internal)?;
        let read = read.map_err(|error| unreadable(&error))?;
        let mut recent = self.lock();
        let mut newest = None;
        let mut bodies = Vec::with_capacity(read.len());
        for (position, body) in read {
            if newest.replace(position) != Some(position) {
                recent.push(position, Arc::clone(&body));
            }
            bodies.push(body);
        }
        Ok(bodies)
    }

    fn lock(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a caller is told of a frame that cannot be read.
pub(super) fn unreadable(error: &ReadError) -> Refusal {
    Refusal::DataDamaged {
        detail: error.to_string(),
    }
}

/// A task for blocking work has died, which only a fault of the broker can bring about.
pub(super) fn internal(died: tokio::task::JoinError) -> Refusal {
    let detail = io::Error::from(died).to_string();
    Refusal::Internal { detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_back_stays_within_its_bound_and_the_first_leaves_first() {
        let mut recent = Recent::default();
        for position in 1..=40 {
            let body = TailBody::new(Bytes::from(vec![0; 1 << 20]));
            recent.push(Position(position), Arc::clone(&body));
            recent.push(Position(position), body);
            assert!(recent.bytes <= RECENT_BYTES, "{} bytes", recent.bytes);
        }
        assert!(recent.get(Position(1)).is_none());
        assert!(recent.get(Position(40)).is_some());
        assert_eq!(recent.bodies.len(), recent.order.len());
    }

    #[test]
    fn the_tail_finds_what_it_holds_and_holds_no_more_than_its_bound() {
        let mut tail = Tail::new(10_000);
        for position in (2..=100).step_by(2) {
            tail.push(Position(position), Bytes::from(vec![7; 1_000]));
        }
        assert!(tail.bytes <= 10_000, "{} bytes", tail.bytes);
        assert!(tail.get(Position(100)).upgrade().is_some());
        assert!(tail.get(Position(99)).upgrade().is_none());
        assert!(tail.get(Position(2)).upgrade().is_none());
    }
}
