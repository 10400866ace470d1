//! Who is connected: each connection with what is known of it, and how an operator ends it.
//!
//! Promises that a connection is known from its handshake until it is closed, so that there are never more than the
//! server takes; and that what it publishes is counted at one lock for each batch. What a connection says of itself is
//! bytes from outside, cut to a length. Does not know consumers: the shard does.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Context;
use std::time::Duration;

use futures_util::task::AtomicWaker;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::insight::Recent;
use crate::model::{Client, ClientId, Mono, Span, Time};

/// Bytes of what a connection says it is; the rest is left out.
const MAX_VERSION_BYTES: usize = 256;
/// Topics of which a connection is remembered to have published to them.
const MAX_TOPICS: usize = 10;
/// For how long.
const TOPIC_MEMORY: Span = Span::from_secs(60);
/// How long what is under way on a connection has to end before the connection is closed all the same.
const END_LIMIT: Duration = Duration::from_secs(1);
/// How long a connection on which all has ended has to tell its client so.
const FAREWELL: Duration = Duration::from_millis(100);

/// Everybody who is connected.
#[derive(Debug, Clone, Default)]
pub struct Clients(Arc<Mutex<Registry>>);

#[derive(Debug, Default)]
struct Registry {
    last: ClientId,
    all: BTreeMap<ClientId, Connected>,
}

/// A connection, as its requests know it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Connected(Arc<State>);

#[derive(Debug)]
struct State {
    id: ClientId,
    peer: String,
    time: Time,
    version: OnceLock<Arc<str>>,
    /// Requests that are not answered wholly.
    under_way: AtomicU32,
    /// Those of them whose answer has begun.
    streams: AtomicU32,
    /// Those that publish.
    publish_streams: AtomicU32,
    published: Mutex<Published>,
    /// Tells what is under way that it ends.
    end: Arc<Notify>,
    /// Something that was under way is not any more, or the connection is closed.
    change: Notify,
    is_cut: AtomicBool,
    is_closed: AtomicBool,
    reader: AtomicWaker,
}

#[derive(Debug)]
struct Published {
    messages: Recent,
    /// Which topics, and when last.
    topics: Vec<(Arc<str>, Mono)>,
}

/// A connection's place among all of them, held by the connection itself.
#[derive(Debug)]
pub struct Membership {
    clients: Clients,
    pub(super) client: Connected,
}

impl Clients {
    /// A connection has come, at `time` and at `now`.
    pub fn join(&self, peer: String, time: Time, now: Mono) -> Membership {
        let mut registry = self.lock();
        let id = ClientId(registry.last.0 + 1);
        registry.last = id;
        let client = Connected(Arc::new(State {
            id,
            peer,
            time,
            version: OnceLock::new(),
            under_way: AtomicU32::new(0),
            streams: AtomicU32::new(0),
            publish_streams: AtomicU32::new(0),
            published: Mutex::new(Published {
                messages: Recent::begin(now),
                topics: Vec::new(),
            }),
            end: Arc::new(Notify::new()),
            change: Notify::new(),
            is_cut: AtomicBool::new(false),
            is_closed: AtomicBool::new(false),
            reader: AtomicWaker::new(),
        }));
        registry.all.insert(id, client.clone());
        Membership {
            clients: self.clone(),
            client,
        }
    }

    /// Those after one, in order, at most `limit`.
    pub(super) fn after(&self, id: ClientId, limit: usize) -> Vec<Connected> {
        let range = (Bound::Excluded(id), Bound::Unbounded);
        let registry = self.lock();
        let all = registry.all.range(range).take(limit);
        all.map(|(_, client)| client.clone()).collect()
    }

    /// The one with an id.
    pub(super) fn find(&self, id: ClientId) -> Option<Connected> {
        self.lock().all.get(&id).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        let state = &self.client.0;
        self.clients.lock().all.remove(&state.id);
        state.is_closed.store(true, Ordering::Release);
        state.change.notify_waiters();
    }
}

impl Connected {
    /// Its number.
    pub(super) fn id(&self) -> ClientId {
        self.0.id
    }

    /// Its address.
    pub(super) fn peer(&self) -> &str {
        &self.0.peer
    }

    /// When it came.
    pub(super) fn time(&self) -> Time {
        self.0.time
    }

    /// As consumers name it.
    pub(super) fn client(&self) -> Client {
        Client {
            id: self.0.id,
            version: self.0.version.get().cloned().unwrap_or_default(),
        }
    }

    /// How many streams of publishes it has open.
    pub(super) fn publish_streams(&self) -> u32 {
        self.0.publish_streams.load(Ordering::Relaxed)
    }

    /// How many streams it has open.
    pub(super) fn streams(&self) -> u32 {
        self.0.streams.load(Ordering::Relaxed)
    }

    /// Messages of it were stored in a topic.
    pub(super) fn published(&self, topic: &str, count: u64, now: Mono) {
        let published = self.0.published.lock();
        let mut published = published.unwrap_or_else(PoisonError::into_inner);
        published.messages.add(now, count);
        let topics = &mut published.topics;
        if let Some((_, last)) = topics.iter_mut().find(|(known, _)| known.as_ref() == topic) {
            *last = now;
            return;
        }
        if topics.len() == MAX_TOPICS {
            let oldest = topics.iter().enumerate().min_by_key(|(_, (_, last))| *last);
            if let Some((oldest, _)) = oldest {
                topics.swap_remove(oldest);
            }
        }
        topics.push((Arc::from(topic), now));
    }

    /// Messages that it publishes per second, and to which topics it did in the last minute, in order.
    pub(super) fn publishing(&self, now: Mono) -> (f64, Vec<Arc<str>>) {
        let published = self.0.published.lock();
        let published = published.unwrap_or_else(PoisonError::into_inner);
        let recent = published.topics.iter();
        let recent = recent.filter(|(_, last)| now.since(*last) <= TOPIC_MEMORY);
        let mut topics: Vec<_> = recent.map(|(topic, _)| Arc::clone(topic)).collect();
        topics.sort_unstable();
        (published.messages.rate(now), topics)
    }

    /// It says what it is, with each request: the first one counts.
    pub(super) fn says(&self, version: &[u8]) {
        if self.0.version.get().is_none() {
            let mut text = String::from_utf8_lossy(version).into_owned();
            text.truncate(text.floor_char_boundary(MAX_VERSION_BYTES));
            // Another request may have said so at the same time.
            drop(self.0.version.set(text.into()));
        }
    }

    /// Ends all that is under way, and nothing that comes later.
    pub(super) fn end(&self) {
        self.0.end.notify_waiters();
    }

    /// Closes the connection once what is under way has ended, or has taken too long for that. If this is dropped, at
    /// once.
    pub(super) async fn close(self) {
        let cut = Cut(self);
        let state = &cut.0.0;
        let is_idle = || state.under_way.load(Ordering::Acquire) == 0;
        drop(timeout(END_LIMIT, state.until(is_idle)).await);
        drop(timeout(FAREWELL, state.until(|| false)).await);
    }

    /// Whether the connection is to be closed; if not, its reader is woken when it is.
    pub(super) fn is_cut(&self, context: &Context<'_>) -> bool {
        self.0.reader.register(context.waker());
        self.0.is_cut.load(Ordering::Acquire)
    }

    /// A request has come.
    pub(super) fn attend(&self, is_publish_stream: bool) -> Attendance {
        self.0.under_way.fetch_add(1, Ordering::AcqRel);
        Attendance {
            client: self.clone(),
            is_publish_stream,
            is_answering: false,
            end: Box::pin(Arc::clone(&self.0.end).notified_owned()),
        }
    }
}

impl State {
    /// Waits for something to be so, or for the connection to be closed.
    async fn until(&self, is_so: impl Fn() -> bool) {
        loop {
            let change = self.change.notified();
            if is_so() || self.is_closed.load(Ordering::Acquire) {
                return;
            }
            change.await;
        }
    }
}

/// Closes a connection when it is dropped.
struct Cut(Connected);

impl Drop for Cut {
    fn drop(&mut self) {
        let state = &self.0.0;
        state.is_cut.store(true, Ordering::Release);
        state.reader.wake();
    }
}

/// A request that is under way; dropped when it is not any more.
#[derive(Debug)]
pub(super) struct Attendance {
    client: Connected,
    is_publish_stream: bool,
    is_answering: bool,
    end: Pin<Box<tokio::sync::futures::OwnedNotified>>,
}

impl Attendance {
    /// Its answer begins.
    pub(super) fn answer(&mut self) {
        self.is_answering = true;
        let state = &self.client.0;
        state.streams.fetch_add(1, Ordering::Relaxed);
        if self.is_publish_stream {
            state.publish_streams.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Resolves when an operator ends it.
    pub(super) fn ended(&mut self) -> Pin<&mut impl Future<Output = ()>> {
        self.end.as_mut()
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        let state = &self.client.0;
        if self.is_answering {
            state.streams.fetch_sub(1, Ordering::Relaxed);
            if self.is_publish_stream {
                state.publish_streams.fetch_sub(1, Ordering::Relaxed);
            }
        }
        if state.under_way.fetch_sub(1, Ordering::AcqRel) == 1 {
            state.change.notify_waiters();
        }
    }
}

#[cfg(test)]
#[path = "clients_tests.rs"]
mod tests;
