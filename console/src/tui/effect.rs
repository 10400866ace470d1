//! Performs what the state asks for. The one place of the console that starts tasks and speaks to the
//! broker; what comes of it returns as messages on a bounded channel.
//!
//! Calls for pages are few: the state counts those that are under way. Each has a limit of time, so
//! that its page hears of it whatever the broker does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::task::JoinSet;
use weir_proto::client::{Client, ConnectionState, Observed, Options, Watcher};
use weir_proto::safe_text::SafeText;

use super::calls;
use super::export;
use super::message::{Exported, Message};
use super::operating;
use super::state::ask::Ask;
use super::state::deed::Call;
use super::state::link::Link;
use super::state::reading::Moment;
use super::state::window::Windows;

/// What the dashboard says it is.
const AGENT: &str = concat!("weir-dashboard/", env!("CARGO_PKG_VERSION"));

/// How many messages may wait for the console. It takes each within a frame; the watcher behind keeps
/// only the newest numbers, so that a slow terminal never piles them up.
pub(crate) const WAITING_MESSAGES: usize = 4;

/// Tasks of the console; dropped, they end.
#[derive(Debug)]
pub(crate) struct Performer {
    server: String,
    /// When the console started, by the clock of its loop.
    started: Instant,
    messages: mpsc::Sender<Message>,
    /// Made with the first need.
    client: Option<Client>,
    watch: Option<JoinHandle<()>>,
    /// Ends its calls when it is dropped.
    calls: JoinSet<()>,
}

impl Performer {
    /// A performer whose messages go to `messages`.
    pub(crate) fn new(server: String, started: Instant, messages: mpsc::Sender<Message>) -> Self {
        Self {
            server,
            started,
            messages,
            client: None,
            watch: None,
            calls: JoinSet::new(),
        }
    }

    /// Watches these of the broker's numbers until others are watched or this performer is dropped, and
    /// reconnects for ever.
    pub(crate) fn watch(&mut self, windows: Windows) -> Result<(), weir_proto::client::Error> {
        let watcher = Watcher::start(&self.client()?, windows.request());
        let mut follow = Follow::new(self.started);
        // A stream that replaces another one has no news until it is there or has failed.
        follow.is_again = self.watch.is_some();
        let pump = pump(watcher, (windows, follow), self.messages.clone());
        if let Some(before) = self.watch.take() {
            before.abort();
        }
        self.watch = Some(tokio::spawn(pump));
        Ok(())
    }

    /// Makes a call for a page; its answer comes as a message.
    pub(crate) fn ask(&mut self, page: u64, ask: Ask) -> Result<(), weir_proto::client::Error> {
        let client = self.client()?;
        let messages = self.messages.clone();
        while self.calls.try_join_next().is_some() {}
        self.calls.spawn(async move {
            let slot = ask.slot();
            let result = calls::within_limit(&client, ask).await;
            let answer = Message::Answer { page, slot, result };
            // A console that is gone wants no answer.
            drop(messages.send(answer).await);
        });
        Ok(())
    }

    /// Makes a call for a dialog; what comes of it comes as a message.
    pub(crate) fn operate(
        &mut self,
        serial: u64,
        call: Call,
    ) -> Result<(), weir_proto::client::Error> {
        let client = self.client()?;
        let messages = self.messages.clone();
        while self.calls.try_join_next().is_some() {}
        self.calls.spawn(async move {
            let result = operating::within_limit(&client, call).await;
            drop(messages.send(Message::Operated { serial, result }).await);
        });
        Ok(())
    }

    /// Makes a small call; that it ended comes as a message.
    pub(crate) fn ping(&mut self) -> Result<(), weir_proto::client::Error> {
        let client = self.client()?;
        let messages = self.messages.clone();
        self.calls.spawn(async move {
            let is_answered = calls::is_answered(&client).await;
            drop(messages.send(Message::Pong { is_answered }).await);
        });
        Ok(())
    }

    /// Writes an export beside the loop: a disk may be slow.
    pub(crate) fn export(&mut self, path: Option<String>, text: String, replaces: bool) {
        let messages = self.messages.clone();
        self.calls.spawn(async move {
            let write = move || export::write(path, text, replaces);
            let written = tokio::task::spawn_blocking(write).await;
            let exported = written.unwrap_or_else(|_panicked| Exported::Failed {
                path: String::new(),
                reason: SafeText::literal("the task that writes is gone"),
            });
            drop(messages.send(Message::Exported(exported)).await);
        });
    }

    fn client(&mut self) -> Result<Client, weir_proto::client::Error> {
        if let Some(client) = &self.client {
            return Ok(client.clone());
        }
        let client = Client::connect_lazy(Options::to(self.server.clone()).with_user_agent(AGENT))?;
        self.client = Some(client.clone());
        Ok(client)
    }
}

impl Drop for Performer {
    fn drop(&mut self) {
        if let Some(watch) = self.watch.take() {
            watch.abort();
        }
    }
}

/// Hands on what the watcher sees until one of the two is gone.
async fn pump(
    mut watcher: Watcher,
    (windows, mut follow): (Windows, Follow),
    messages: mpsc::Sender<Message>,
) {
    if messages.send(Message::Watching(windows)).await.is_err() {
        return;
    }
    while let Some(observed) = watcher.changed().await {
        for message in follow.messages(observed) {
            if messages.send(message).await.is_err() {
                return;
            }
        }
    }
}

/// Turns what a watcher sees into messages.
struct Follow {
    started: Instant,
    /// Whether there was a stream before, whose last word still holds.
    is_again: bool,
    /// Failed tries in a row.
    tries: u32,
    /// The sample that was handed on last, by its address.
    seen: Option<Arc<weir_proto::client::Numbers>>,
}

impl Follow {
    fn new(started: Instant) -> Self {
        Self {
            started,
            is_again: false,
            tries: 0,
            seen: None,
        }
    }

    fn messages(&mut self, observed: Observed) -> Vec<Message> {
        if self.is_again && matches!(observed.connection, ConnectionState::Connecting) {
            return Vec::new();
        }
        let link = self.link(&observed.connection);
        let mut messages = vec![Message::Link(link)];
        let is_new = self
            .seen
            .as_ref()
            .is_none_or(|seen| !Arc::ptr_eq(seen, &observed.numbers));
        if is_new && observed.connection.is_live() {
            self.seen = Some(Arc::clone(&observed.numbers));
            messages.push(Message::Sample(observed.numbers));
        }
        messages
    }

    fn link(&mut self, connection: &ConnectionState) -> Link {
        let (retry_at, error) = match connection {
            ConnectionState::Connecting => return Link::Connecting,
            ConnectionState::Live => {
                self.tries = 0;
                return Link::Live;
            }
            ConnectionState::Stale {
                retry_at, error, ..
            } => (self.moment(*retry_at), error),
            ConnectionState::Ended { error } => (Duration::MAX, error),
        };
        self.tries = self.tries.saturating_add(1);
        Link::Waiting {
            retry_at,
            reason: SafeText::of(error),
            tries: self.tries,
        }
    }

    fn moment(&self, at: Instant) -> Moment {
        at.saturating_duration_since(self.started)
    }
}
