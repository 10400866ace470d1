//! Opening a shard: recovers core and journal from the data directory and starts the owner.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, RwLock};

use futures_util::FutureExt as _;
use tokio::runtime::TryCurrentError;
use tokio::sync::{mpsc, oneshot, watch};

use super::bodies::ColdBodies;
use super::budget::Budget;
use super::chronicle::Chronicle;
use super::chronicler::Chronicler;
use super::clock::Clock;
use super::command::{Command, Stop};
use super::doorbell::{Note, Waiting};
use super::handle::Shared;
use super::historian::{self, Historian};
use super::holds::Holds;
use super::host::Host;
use super::owner::{COMMANDS, Owner, ShardError};
use super::sampling::Sampler;
use super::{Handle, Health};
use crate::core::{self, Core, Recovery, ReplayFrame, UndoLimits};
use crate::journal::{
    Disk, Indexed, Journal, LocalJournal, OpenError, Options, Recovered, ReplayError, Replayed,
    Source,
};
use crate::model::{Now, Span, Time, TopicId, entry};

/// Groups up to this size are appended together.
const MERGE_BYTES: u64 = 256 << 10;
/// Names listed at a time when the routes are made.
const ROUTES_AT_ONCE: usize = 1_000;

/// Why a shard did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The journal did not open.
    #[error(transparent)]
    Journal(#[from] OpenError),
    /// What was replayed does not fit together.
    #[error("cannot recover the state from the data directory")]
    Recover(#[from] core::RecoverError),
    /// There is nobody to run it.
    #[error("a shard is started within a tokio runtime")]
    Runtime(#[from] TryCurrentError),
}

/// What is held so that operations can be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UndoShare {
    /// How long what operations drop can be restored; zero: never.
    pub grace: Span,
    /// How many percent of what the disk has for the journal may be held for that.
    pub disk_percent: u64,
}

impl Default for UndoShare {
    fn default() -> Self {
        Self {
            grace: Span::from_secs(24 * 3_600),
            disk_percent: 10,
        }
    }
}

/// A running shard. Dropped, it stops in the background, as by `stop` without grace.
#[derive(Debug)]
pub struct Shard {
    handle: Handle,
    disk: Arc<dyn Disk>,
    /// What each topic had taken in at the start.
    published: Arc<HashMap<TopicId, u64>>,
    ended: oneshot::Receiver<Result<(), ShardError>>,
    /// What the journal found and did when it opened.
    pub recovered: Recovered,
    /// What the core found.
    pub state: core::Recovered,
}

impl Shard {
    /// Recovers and starts, within a tokio runtime. Reads the whole directory's state, so not on an async thread.
    pub fn start(
        disk: Arc<dyn Disk>,
        directory: PathBuf,
        options: Options,
    ) -> Result<Self, StartError> {
        Self::start_with(disk, directory, options, UndoShare::default())
    }

    /// The same with another share for undoing operations.
    pub fn start_with(
        disk: Arc<dyn Disk>,
        directory: PathBuf,
        mut options: Options,
        undo: UndoShare,
    ) -> Result<Self, StartError> {
        let runtime = tokio::runtime::Handle::try_current()?;
        // The core's checkpoint restates everything but where messages are.
        options.checkpoint_covers_data = false;
        // Where they are is read from the indexes of sealed segments.
        options.indexed = Indexed {
            version: entry::INDEXED_VERSION,
            bytes: entry::indexed_bytes,
        };
        let uncommitted = options.uncommitted_bytes;
        let merge_bytes = MERGE_BYTES.min(options.segment_bytes / 8);
        // Not half of a segment: a group lies in one, behind what is there already or in the next, and a seek may have
        // what it does and what it puts aside in one.
        let group_bytes = options.segment_bytes / 2 - options.segment_bytes / 64;
        let mut recovery = Recovery::new();
        let mut replay = |source: Source, frame: Replayed<'_>| replay(&mut recovery, source, frame);
        let (journal, recovered) = LocalJournal::open(Arc::clone(&disk), options, &mut replay)?;
        let clock = Clock::start(Time(recovered.last_time_us));
        let now = clock.now();
        let (mut core, mut state) = recovery.finish(recovered.last, now)?;
        introduce(&mut core, &journal, (group_bytes, undo));
        core.begin_watch(Time(recovered.last_time_us), now);
        if !recovered.is_new && !recovered.was_clean {
            state.notes.extend(jump(&mut core, now));
        }
        let (commands, waiting) = mpsc::channel(COMMANDS);
        let shared = Arc::new(Shared {
            commands,
            budget: Budget::new(uncommitted),
            doorbell: Arc::default(),
            bodies: ColdBodies::new(journal.reader()),
            watermark: journal.watermark(),
            clock,
            health: watch::Sender::new(Health::Serving),
            samples: watch::Sender::default(),
            history: Arc::new(Mutex::new(historian::load(&*disk))),
            holds: Holds::default(),
            chronicle: Chronicle::begin(&*disk, &recovered, core.incarnation(), now),
            forwarding: watch::Sender::default(),
            operated: watch::Sender::default(),
            routes: RwLock::new(routes(&core)),
            max_frame: journal.max_frame(),
        });
        let published = published(&core);
        let sampler = Sampler::begin(now, Host::watch(directory));
        let merge_bytes = usize::try_from(merge_bytes).unwrap_or(usize::MAX);
        let handle = Handle::of_nobody(Arc::clone(&shared));
        let owner = Owner::new(core, Box::new(journal), shared, sampler, merge_bytes);
        let (end, ended) = oneshot::channel();
        runtime.spawn(async move {
            // The owner may have gone before anyone asks how it ended.
            drop(end.send(work(owner, waiting).await));
        });
        Ok(Self {
            handle,
            disk,
            published: Arc::new(published),
            ended,
            recovered,
            state,
        })
    }

    /// The way to it.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// What writes its history; somebody has to let it follow.
    pub fn historian(&self) -> Historian {
        let shared = &self.handle.shared;
        let (history, disk) = (Arc::clone(&shared.history), Arc::clone(&self.disk));
        let published = Arc::clone(&self.published);
        Historian::new(history, disk, self.handle.watch_samples(), published)
    }

    /// What keeps its events; somebody has to let it follow.
    pub fn chronicler(&self) -> Chronicler {
        Chronicler::new(self.handle(), Arc::clone(&self.disk))
    }

    /// Resolves when it has failed by itself: nothing more is acknowledged. Safe to cancel.
    pub async fn failed(&mut self) -> ShardError {
        match (&mut self.ended).await {
            Ok(Err(error)) => error,
            Ok(Ok(())) => ShardError {
                reason: "the shard was stopped".to_owned(),
            },
            Err(_gone) => ShardError {
                reason: "the shard's task has died".to_owned(),
            },
        }
    }

    /// Stops cleanly: publishes, Pulls and new consumers are refused with DRAINING at once; acks of
    /// connected consumers are awaited for `grace`; then leases are released, streams end with
    /// DRAINING, and the journal is closed with its mark.
    pub async fn stop(mut self, grace: Span) -> Result<(), ShardError> {
        self.handle.begin_stop(grace).await;
        match (&mut self.ended).await {
            Ok(ended) => ended,
            Err(_gone) => Err(ShardError {
                reason: "the shard's task has died".to_owned(),
            }),
        }
    }
}

impl Drop for Shard {
    fn drop(&mut self) {
        self.handle.drain();
        self.handle.shared.doorbell.leave(Note::Forsaken);
    }
}

impl Handle {
    /// Refuses from now on what a stop refuses, and lets the owner stop. If there is no owner any
    /// more there is nothing to stop.
    async fn begin_stop(&self, grace: Span) {
        self.drain();
        drop(self.send(Command::Stop(Stop { grace })).await);
    }

    fn drain(&self) {
        self.shared.health.send_if_modified(|health| {
            let may_drain = matches!(health, Health::Serving | Health::DiskFull);
            if may_drain {
                *health = Health::Draining;
            }
            may_drain
        });
    }
}

/// The owner's task, from its first round to the closed journal.
async fn work(mut owner: Owner, commands: mpsc::Receiver<Command>) -> Result<(), ShardError> {
    let shared = Arc::clone(&owner.shared);
    let mut commands = Waiting::new(commands);
    let ran = AssertUnwindSafe(owner.run(&mut commands)).catch_unwind();
    let ran = ran.await.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(ShardError {
            reason: format!(
                "the shard's task has failed: {}",
                text.unwrap_or("no reason")
            ),
        })
    });
    if let Err(error) = &ran {
        tracing::error!(reason = %error, "nothing more is acknowledged");
        owner.fail(error);
    }
    // Who sends from here on, or waits in the channel, is told why by the health.
    drop(commands);
    // It waits for the disk and for threads.
    let closed = tokio::task::spawn_blocking(move || owner.close()).await;
    if ran.is_ok() {
        shared.health.send_replace(Health::Stopped);
    }
    ran?;
    let failed = |error: &dyn std::fmt::Display| ShardError {
        reason: format!("cannot close the journal: {error}"),
    };
    closed
        .map_err(|died| failed(&died))?
        .map_err(|error| failed(&error))
}

fn replay(recovery: &mut Recovery, source: Source, frame: Replayed<'_>) -> Result<(), ReplayError> {
    let source = match source {
        Source::Checkpoint => core::Source::Checkpoint,
        Source::Data => core::Source::Data,
        Source::Log => core::Source::Log,
    };
    let frame = ReplayFrame {
        position: frame.position,
        kind: frame.kind,
        version: frame.version,
        head: frame.head,
        body: frame.body,
    };
    Ok(recovery.replay(source, frame)?)
}

/// Skips offsets of relaxed topics after a stop that was not clean, and says which.
fn jump(core: &mut Core, now: Now) -> Vec<String> {
    let jumped = core.jump(now).into_iter();
    let told = jumped.map(|topic| {
        format!(
            "topic {topic} is relaxed and the last stop was not clean: messages that were confirmed \
             in the moments before it may be lost, and its partitions skip {} offsets",
            core::limits::JUMP
        )
    });
    told.collect()
}

/// What each topic has taken in since it was created.
fn published(core: &Core) -> HashMap<TopicId, u64> {
    let ids = core.topic_ids(None, usize::MAX).into_iter();
    ids.filter_map(|id| Some((id, core.topic_counts(id)?.published)))
        .collect()
}

fn routes(core: &Core) -> HashMap<crate::model::Name, core::Route> {
    let mut routes = HashMap::new();
    let mut after = None;
    loop {
        let topics = core.topics(after.as_ref(), ROUTES_AT_ONCE);
        let Some(last) = topics.last() else {
            return routes;
        };
        after = Some(last.name.clone());
        for topic in topics {
            let Ok(route) = core.route(&topic.name) else {
                continue;
            };
            routes.insert(topic.name, route);
        }
    }
}

/// Tells a core what it needs to know of its journal.
fn introduce(core: &mut Core, journal: &LocalJournal, (group_bytes, undo): (u64, UndoShare)) {
    core.limit_groups(group_bytes);
    core.name_broker(journal.id());
    core.limit_undo(undo_limits(journal, undo));
}

/// What is held for undoing operations: a part of what the disk has for the journal.
fn undo_limits(journal: &LocalJournal, share: UndoShare) -> UndoLimits {
    let usage = journal.usage();
    let free = usage
        .free_bytes
        .map(|free| free.saturating_add(usage.disk_bytes));
    UndoLimits {
        grace: share.grace,
        bytes: free.map_or(u64::MAX, |bytes| bytes / 100 * share.disk_percent),
    }
}
