//! What has happened, as everyone in the shard tells it and others read it.
//!
//! Who tells holds the list for a moment only; who reads takes a part of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::insight::Severity;
use crate::insight::timeline::{Event, EventKind, Happening, Timeline};
use crate::journal::{Disk, Recovered, read_side_file, write_side_file};
use crate::model::{Incarnation, Now, Time};

/// The side file's name.
pub(super) const FILE: &str = "events";

/// The events of a shard.
#[derive(Debug)]
pub(super) struct Chronicle {
    timeline: Mutex<Timeline>,
    /// The number of the newest event.
    newest: watch::Sender<u64>,
}

impl Chronicle {
    /// What the side file holds, or nothing, and then the start. After a crash some numbers may have been given that
    /// are not in it.
    pub(super) fn begin(
        disk: &dyn Disk,
        recovered: &Recovered,
        incarnation: Incarnation,
        now: Now,
    ) -> Arc<Self> {
        let was_clean = recovered.is_new || recovered.was_clean;
        let mut timeline = match read_side_file(disk, FILE) {
            Ok(None) => Timeline::default(),
            Ok(Some(image)) => Timeline::of_image(&image).unwrap_or_else(|| {
                tracing::warn!(file = FILE, "the events are damaged, and begin anew");
                Timeline::default()
            }),
            Err(error) => {
                tracing::warn!(file = FILE, %error, "the events cannot be read, and begin anew");
                Timeline::default()
            }
        };
        if !was_clean && timeline.newest() > 0 {
            timeline.jump();
        }
        timeline.append(started(now, incarnation, was_clean));
        Arc::new(Self {
            newest: watch::Sender::new(timeline.newest()),
            timeline: Mutex::new(timeline),
        })
    }

    /// Writes the side file; waits for the disk.
    pub(super) fn save(&self, disk: &dyn Disk) -> std::io::Result<()> {
        let copied = self.look(Timeline::copied);
        write_side_file(disk, FILE, &copied.image())
    }

    /// Takes note of what happened.
    pub(super) fn tell(&self, happened: Vec<Happening>) {
        if happened.is_empty() {
            return;
        }
        let mut timeline = self.locked();
        for happening in happened {
            timeline.tell(happening);
        }
        self.show(&timeline);
    }

    /// Time has passed: what was held back may be told.
    pub(super) fn pass(&self, now: Time) {
        let mut timeline = self.locked();
        timeline.pass(now);
        self.show(&timeline);
    }

    /// Adds an event whatever else happened.
    pub(super) fn append(&self, happening: Happening) -> Arc<Event> {
        let mut timeline = self.locked();
        let event = timeline.append(happening);
        self.show(&timeline);
        event
    }

    /// Looks at the events.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Timeline) -> T) -> T {
        look(&self.locked())
    }

    /// Follows the number of the newest event.
    pub(super) fn follow(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    fn show(&self, timeline: &Timeline) {
        let newest = timeline.newest();
        self.newest.send_if_modified(|shown| {
            let is_new = *shown != newest;
            *shown = newest;
            is_new
        });
    }

    fn locked(&self) -> MutexGuard<'_, Timeline> {
        self.timeline.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The event of a start.
fn started(now: Now, incarnation: Incarnation, was_clean: bool) -> Happening {
    let version = env!("CARGO_PKG_VERSION");
    let text = if was_clean {
        format!("the broker started, version {version}, start {incarnation} on its directory")
    } else {
        format!(
            "the broker started after a stop that was not clean, version {version}, start \
             {incarnation} on its directory"
        )
    };
    let told = Happening::new(now.wall, EventKind::Started, text);
    let severity = if was_clean {
        Severity::Fine
    } else {
        Severity::Watch
    };
    Happening { severity, ..told }
}
