//! Who writes and does the background work: threads of the journal's own, the owner for a little at a time, or a test
//! step by step.
//!
//! To wake another thread and to be woken by it costs more than a small write. So whoever hands over a little, and has
//! nothing else to do, has the writer for this one turn. A disk that is slow, or was the last time, is left to the
//! thread: only the first sync that takes long is waited for.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::api::OpenError;
use super::background::Workbench;
use super::inbox::Inbox;
use super::options::{OWN_SYNC_US, Options, Threads};
use super::store::Store;
use super::writer::Writer;

/// Who does the work.
pub(super) enum Workers {
    Threads(Running),
    Stepped(Box<Writer>),
}

/// Threads that run.
pub(super) struct Running {
    /// The writer's, then that of the background.
    threads: Vec<JoinHandle<()>>,
    writer: Arc<Mutex<Writer>>,
    /// Since when lazy frames wait for company, by the monotonic clock.
    lazy_since_us: Option<u64>,
}

impl Workers {
    /// Starts what the options say.
    pub(super) fn start(
        writer: Writer,
        inbox: &Arc<Inbox>,
        bench: &Arc<Workbench>,
        options: &Options,
    ) -> Result<Self, OpenError> {
        if options.threads == Threads::Stepped {
            return Ok(Self::Stepped(Box::new(writer)));
        }
        let writer = Arc::new(Mutex::new(writer));
        let (shared, inbox, bench) = (Arc::clone(&writer), Arc::clone(inbox), Arc::clone(bench));
        let threads = vec![
            spawn("weir-journal", move || Writer::run(&shared, inbox))?,
            spawn("weir-journal-bg", move || bench.run())?,
        ];
        Ok(Self::Threads(Running {
            threads,
            writer,
            lazy_since_us: None,
        }))
    }

    /// Lets the threads end once all that waits is written.
    pub(super) fn stop(&mut self, inbox: &Inbox, bench: &Workbench) {
        inbox.finish();
        if let Self::Threads(Running { threads, .. }) = self {
            // The writer first: it may still leave jobs.
            for (index, thread) in std::mem::take(threads).into_iter().enumerate() {
                if index > 0 {
                    bench.finish();
                }
                if thread.join().is_err() {
                    let died = std::io::Error::other("its thread died");
                    inbox.poison("run", "the writer", &died);
                }
            }
        }
    }
}

impl Running {
    /// Lets what was left in the inbox be written; see `Journal::hand_over`.
    pub(super) fn hand_over(
        &mut self,
        store: &Store,
        inbox: &Inbox,
        is_idle: bool,
    ) -> Option<Duration> {
        let options = &store.options;
        let since_us = self.lazy_since_us.take();
        let load = inbox.load()?;
        if !load.is_ready {
            let now_us = (options.monotonic_us)();
            let since_us = since_us.unwrap_or(now_us);
            let waited = Duration::from_micros(now_us.saturating_sub(since_us));
            let left = options.lazy_delay.saturating_sub(waited);
            if !left.is_zero() {
                self.lazy_since_us = Some(since_us);
                return Some(left);
            }
        }
        let is_quick = store.progress.last_sync_us.load(Ordering::Relaxed) <= OWN_SYNC_US;
        let is_little = load.bytes <= options.own_bytes && load.must_sync;
        // The thread may be at work: then what waits goes with its next turn.
        if is_idle
            && is_quick
            && is_little
            && let Ok(mut writer) = self.writer.try_lock()
        {
            writer.turn(&inbox.take());
        } else {
            inbox.wake(!load.is_ready);
        }
        None
    }
}

fn spawn(
    name: &'static str,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, OpenError> {
    let thread = std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work);
    thread.map_err(|source| OpenError::Io {
        action: "start",
        file: name.to_owned(),
        source,
    })
}
