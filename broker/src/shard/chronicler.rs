//! Tells how the health of a shard changes, and keeps its events in a side file, so that they are there after a
//! restart.
//!
//! Best effort: what happened since the side file was written last is lost in a crash, and what cannot be kept is said
//! in the log once.

use std::sync::Arc;

use tokio::sync::watch;

use super::chronicle::FILE;
use super::{Handle, Health};
use crate::insight::Severity;
use crate::insight::timeline::{Event, EventKind, Happening, Stretch, Timeline};
use crate::journal::Disk;
use crate::model::{Name, Time};

/// Samples between two writes of the side file.
const SAVE_EVERY: u64 = 60;

/// Follows the health of a shard and keeps its events.
#[derive(Clone)]
pub struct Chronicler {
    handle: Handle,
    disk: Arc<dyn Disk>,
}

impl std::fmt::Debug for Chronicler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chronicler").finish_non_exhaustive()
    }
}

impl Chronicler {
    pub(super) fn new(handle: Handle, disk: Arc<dyn Disk>) -> Self {
        Self { handle, disk }
    }

    /// Follows until the shard is gone, and keeps no shard alive.
    pub async fn follow(self) {
        let Self { handle, disk } = self;
        let shared = &handle.shared;
        let (chronicle, clock) = (Arc::clone(&shared.chronicle), shared.clock.clone());
        let (mut health, mut samples) = (handle.watch_health(), handle.watch_samples());
        drop(handle);
        let mut before = health.borrow_and_update().clone();
        let mut saved = 0;
        let mut has_failed = false;
        loop {
            tokio::select! {
                changed = health.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let now = health.borrow_and_update().clone();
                    if let Some(told) = told_health(&before, &now, clock.now().wall) {
                        chronicle.append(told);
                    }
                    before = now;
                }
                changed = samples.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let number = samples.borrow_and_update().number;
                    let newest = chronicle.look(Timeline::newest);
                    if !number.is_multiple_of(SAVE_EVERY) || newest == saved {
                        continue;
                    }
                    let (chronicle, disk) = (Arc::clone(&chronicle), Arc::clone(&disk));
                    let save = move || chronicle.save(&*disk);
                    match tokio::task::spawn_blocking(save).await {
                        Ok(Err(error)) if !has_failed => {
                            tracing::warn!(file = FILE, %error, "the events cannot be kept");
                            has_failed = true;
                        }
                        Ok(Ok(())) => {
                            saved = newest;
                            has_failed = false;
                        }
                        // It died, or it was told before.
                        _ => {}
                    }
                }
            }
        }
    }

    /// Tells that the broker stops, and writes the side file; waits for the disk.
    pub fn finish(&self) -> std::io::Result<()> {
        let text = "the broker stops";
        let told = Happening::new(self.handle.time(), EventKind::Started, text);
        let chronicle = &self.handle.shared.chronicle;
        chronicle.append(told);
        chronicle.save(&*self.disk)
    }
}

/// What is told of a change of health; a stop is told by who stops.
fn told_health(before: &Health, now: &Health, time: Time) -> Option<Happening> {
    let (severity, text) = match now {
        Health::Serving if before == now => return None,
        Health::Serving => (Severity::Fine, "publishing goes on".to_owned()),
        Health::DiskFull => (
            Severity::Act,
            "the disk is full: publishing is refused".to_owned(),
        ),
        Health::Poisoned(reason) => (
            Severity::Act,
            format!("nothing more is acknowledged: {reason}"),
        ),
        Health::Draining | Health::Stopped => return None,
    };
    let told = Happening::new(time, EventKind::HealthChanged, text);
    Some(Happening { severity, ..told })
}

impl Handle {
    /// The newest `limit` events after a number, of those that are wanted.
    pub fn events(
        &self,
        sequence: u64,
        limit: usize,
        is_wanted: impl Fn(&Event) -> bool,
    ) -> Stretch {
        let chronicle = &self.shared.chronicle;
        chronicle.look(|timeline| timeline.newest_after(sequence, limit, is_wanted))
    }

    /// The events after a number that was given, at most `limit`.
    pub fn events_after(&self, sequence: u64, limit: usize) -> Stretch {
        let chronicle = &self.shared.chronicle;
        chronicle.look(|timeline| timeline.after(sequence, limit))
    }

    /// Follows the number of the newest event.
    pub fn watch_events(&self) -> watch::Receiver<u64> {
        self.shared.chronicle.follow()
    }

    /// Sets a mark, about a topic, a subscription or neither.
    pub fn mark(&self, mark: Mark) -> Arc<Event> {
        let told = Happening::new(self.time(), EventKind::Mark, mark.text);
        self.shared.chronicle.append(Happening {
            topic: mark.topic,
            subscription: mark.subscription,
            actor: mark.actor,
            ..told
        })
    }
}

/// A mark to be set.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Mark {
    /// What it says.
    pub text: String,
    /// Who says it.
    pub actor: String,
    /// The topic.
    pub topic: Option<Name>,
    /// The subscription, whose topic is set as well.
    pub subscription: Option<Name>,
}
