//! Performs what the state asks for. The one place of the dashboard that starts tasks and speaks to the
//! broker; what comes of it returns as messages on a bounded channel.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use weir_proto::client::{Client, ConnectionState, Observed, Options, Watcher};
use weir_proto::safe_text::SafeText;

use super::message::Message;
use super::state::link::Link;
use super::state::reading::Moment;

/// How many messages may wait for the dashboard. It takes each within a frame; the watcher behind keeps
/// only the newest numbers, so that a slow terminal never piles them up.
pub(crate) const WAITING_MESSAGES: usize = 4;

/// Tasks of the dashboard; dropped, they end.
#[derive(Debug)]
pub(crate) struct Performer {
    server: String,
    /// When the dashboard started, by the clock of its loop.
    started: Instant,
    messages: mpsc::Sender<Message>,
    watch: Option<JoinHandle<()>>,
}

impl Performer {
    /// A performer whose messages go to `messages`.
    pub(crate) fn new(server: String, started: Instant, messages: mpsc::Sender<Message>) -> Self {
        Self {
            server,
            started,
            messages,
            watch: None,
        }
    }

    /// Watches the broker's numbers until this performer is dropped, and reconnects for ever.
    pub(crate) fn watch(&mut self) -> Result<(), weir_proto::client::Error> {
        let client = Client::connect_lazy(Options::to(self.server.clone()))?;
        let watcher = client.watcher();
        let pump = pump(watcher, self.started, self.messages.clone());
        if let Some(before) = self.watch.replace(tokio::spawn(pump)) {
            before.abort();
        }
        Ok(())
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
async fn pump(mut watcher: Watcher, started: Instant, messages: mpsc::Sender<Message>) {
    let mut follow = Follow {
        started,
        tries: 0,
        seen: None,
    };
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
    /// Failed tries in a row.
    tries: u32,
    /// The sample that was handed on last, by its address.
    seen: Option<Arc<weir_proto::client::Numbers>>,
}

impl Follow {
    fn messages(&mut self, observed: Observed) -> Vec<Message> {
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
