//! Opening a data directory: locking, surveying, and putting it in order.
//!
//! Nothing is changed before the survey has found the directory sound. Torn bytes are kept aside
//! and synced before they are cut; what was read is synced before it counts as durable; files that
//! nothing knows are moved to the quarantine, never deleted. A crash at any step is recovered from
//! by the next opening, and segment ids are never used twice.

use std::io;
use std::sync::Arc;

use rand::TryRngCore as _;
use rand::rngs::OsRng;

use super::api::{CutTail, OpenError, Recovered, Replay};
use super::checkpoint;
use super::codec::{SEGMENT_HEADER, Shape};
use super::disk::{Access, DirectoryLock, Disk, QUARANTINE, SyncSite};
use super::fail_point;
use super::findings::{Survey, Torn, io_error};
use super::layout::{Change, Layout, layout};
use super::manifest::{self, Manifest};
use super::options::Options;
use super::segment::{Segment, Spare, file_name, file_number};
use super::store::{self, DiskError, Store, is_full};
use super::survey::{Purpose, read_manifest, survey};
use super::transfer::{read_up_to, write_bytes};
use crate::model::ids::Position;

/// An opened directory.
pub(super) struct Opening {
    pub(super) store: Arc<Store>,
    pub(super) lock: DirectoryLock,
    pub(super) active: Arc<Segment>,
    /// The checkpoint file that is to be written next.
    pub(super) next_slot: usize,
    pub(super) recovered: Recovered,
    pub(super) unindexed: Vec<Arc<Segment>>,
}

/// Names what the disk refused when the whole directory is meant.
fn refused(disk: &dyn Disk, error: DiskError) -> OpenError {
    let directory = disk.directory();
    let DiskError {
        action,
        file,
        source,
    } = error;
    match source.kind() {
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
            OpenError::ReadOnly { directory, source }
        }
        _ if is_full(&source) => OpenError::Full { directory, source },
        _ => OpenError::Io {
            action,
            file,
            source,
        },
    }
}

fn tried<'a>(
    disk: &'a dyn Disk,
    action: &'static str,
    file: &'a str,
) -> impl FnOnce(io::Error) -> OpenError + use<'a> {
    move |source| {
        refused(
            disk,
            DiskError {
                action,
                file: file.to_owned(),
                source,
            },
        )
    }
}

fn lock(disk: &dyn Disk) -> Result<DirectoryLock, OpenError> {
    disk.prepare()
        .map_err(tried(disk, "make", "the directory"))?;
    disk.lock().map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => OpenError::Locked {
            directory: disk.directory(),
        },
        _ => tried(disk, "lock", "the directory")(error),
    })
}

fn random_uuid() -> io::Result<[u8; 16]> {
    let mut uuid = [0; 16];
    OsRng.try_fill_bytes(&mut uuid).map_err(io::Error::other)?;
    Ok(uuid)
}

/// What the manifest of a new directory says.
fn first_manifest(disk: &dyn Disk, uuid: Option<[u8; 16]>) -> Result<Manifest, OpenError> {
    let uuid = match uuid {
        Some(uuid) => uuid,
        None => random_uuid().map_err(tried(disk, "draw", "an identity"))?,
    };
    Ok(Manifest {
        uuid,
        next_segment: 1,
        next_file: 1,
        ..Manifest::default()
    })
}

/// Locks, reads, checks and repairs the directory.
pub(super) fn open(
    disk: &Arc<dyn Disk>,
    options: Options,
    replay: &mut Replay<'_>,
) -> Result<Opening, OpenError> {
    let lock = lock(&**disk)?;
    let found = read_manifest(&**disk)?;
    let is_new = found.is_none();
    let manifest = match found {
        Some(manifest) => manifest,
        None => first_manifest(&**disk, options.uuid)?,
    };
    let purpose = Purpose::Open {
        covers_data: options.checkpoint_covers_data,
        indexed: options.indexed,
    };
    let survey = survey(&**disk, &manifest, Access::Write, purpose, replay)?;
    let mut recovered = Recovered {
        incarnation: manifest.incarnation + 1,
        is_new,
        was_clean: manifest.is_clean,
        last: Position(survey.last),
        last_time_us: survey.time_us,
        checkpoint: survey.checkpoint.map(|(_, at)| Position(at)),
        replayed: survey.replayed,
        cut: None,
        notes: survey.notes.clone(),
    };
    let order = Order {
        disk: &**disk,
        manifest: &manifest,
        survey: &survey,
    };
    recovered.cut = order.keep_torn_aside()?;
    let mut layout = layout(&manifest, &survey.segments);
    layout.incarnation = recovered.incarnation;
    let active = order.ready_active(options.segment_bytes, &mut layout)?;
    order.move_unknown_aside(&mut recovered.notes)?;
    order.reuse_free(options.segment_bytes, &mut layout);
    let store = Store::new(Arc::clone(disk), options, manifest.uuid, layout);
    store.progress.advance(survey.last);
    // A new directory says so before any segment is made, since segments without a manifest are
    // refused.
    store
        .commit(&Change::default())
        .map_err(|error| refused(&**disk, error))?;
    let wanted = store.options.spares + store.options.reserve + usize::from(active.is_none());
    store
        .prepare_spares(wanted)
        .map_err(|error| refused(&**disk, error))?;
    let active = match active {
        Some(active) => active,
        None => store.roll(survey.last + 1).ok_or_else(|| OpenError::Full {
            directory: disk.directory(),
            source: io::ErrorKind::StorageFull.into(),
        })?,
    };
    fail_point::hit("journal.recovered");
    Ok(Opening {
        store: Arc::new(store),
        lock,
        active,
        next_slot: survey.checkpoint.map_or(0, |(slot, _)| 1 - slot),
        recovered,
        unindexed: survey.unindexed,
    })
}

/// Puts in order what a survey found.
struct Order<'a> {
    disk: &'a dyn Disk,
    manifest: &'a Manifest,
    survey: &'a Survey,
}

impl Order<'_> {
    fn tried<'b>(
        &'b self,
        action: &'static str,
        file: &'b str,
    ) -> impl FnOnce(io::Error) -> OpenError + use<'b> {
        tried(self.disk, action, file)
    }

    /// Copies torn bytes to the quarantine; only then may they be cut.
    fn keep_torn_aside(&self) -> Result<Option<CutTail>, OpenError> {
        let mut cut = None;
        for Torn {
            file,
            offset,
            position,
            bytes,
        } in &self.survey.torn
        {
            let incarnation = self.manifest.incarnation + 1;
            let name = format!("{QUARANTINE}/torn-{incarnation}-{position}-{file}");
            let kept = self
                .disk
                .create(&name)
                .map_err(self.tried("create", &name))?;
            write_bytes(&*kept, 0, bytes).map_err(self.tried("write", &name))?;
            kept.sync_data(SyncSite::Quarantine)
                .map_err(self.tried("sync", &name))?;
            cut.get_or_insert(CutTail {
                file: file.clone(),
                offset: *offset,
                bytes: bytes.len() as u64,
                position: Position(*position),
                kept_in: name,
            });
        }
        if cut.is_some() {
            let site = SyncSite::QuarantineDirectory;
            let synced = self.disk.sync_directory(QUARANTINE, site);
            synced.map_err(self.tried("sync", QUARANTINE))?;
            fail_point::hit("journal.tail_kept_aside");
        }
        Ok(cut)
    }

    /// Cuts the active segment where its frames end and gives it its full size again; a segment
    /// that the disk has no space for is sealed instead.
    fn ready_active(
        &self,
        segment_bytes: u64,
        layout: &mut Layout,
    ) -> Result<Option<Arc<Segment>>, OpenError> {
        let active = self
            .survey
            .segments
            .last()
            .filter(|_| self.survey.has_active);
        let Some(active) = active else {
            return Ok(None);
        };
        let name = active.name();
        if !self.manifest.is_clean {
            // All behind the end goes, so that no frame of the torn write can be taken for a
            // later one.
            active
                .file
                .truncate(active.end())
                .map_err(self.tried("cut", &name))?;
        }
        let is_sized = match active.file.allocate(segment_bytes.max(active.end())) {
            Ok(()) => true,
            Err(error) if is_full(&error) => false,
            Err(error) => return Err(self.tried("allocate", &name)(error)),
        };
        // What was read may be in the page cache alone, and counts as durable from here on.
        active
            .file
            .sync_data(SyncSite::Recovered)
            .map_err(self.tried("sync", &name))?;
        fail_point::hit("journal.tail_cut");
        if is_sized {
            return Ok(Some(Arc::clone(active)));
        }
        if self.survey.last >= active.first {
            active.seal(self.survey.last);
        } else {
            layout.segments.remove(&active.first);
            layout.retiring.push(Arc::clone(active));
        }
        Ok(None)
    }

    /// Files that the manifest does not name: unfinished ones go, others are kept aside.
    fn move_unknown_aside(&self, notes: &mut Vec<String>) -> Result<(), OpenError> {
        let names = self
            .disk
            .list()
            .map_err(self.tried("list", "the directory"))?;
        let manifest = self.manifest;
        let sealed = manifest
            .log
            .iter()
            .chain(&manifest.cold)
            .map(|one| one.number);
        let known: Vec<u64> = sealed
            .chain(manifest.open.iter().map(|one| one.number))
            .chain(manifest.old.clone())
            .collect();
        let mut has_moved = false;
        for name in names {
            let is_unfinished = name.strip_suffix(".new").is_some()
                || [manifest::NEW_NAME, checkpoint::NEW_NAME].contains(&name.as_str());
            let number = file_number(&name.replace(".idx", ".seg"));
            if is_unfinished
                || (name.strip_suffix(".idx").is_some()
                    && !known.iter().any(|k| Some(*k) == number))
            {
                self.disk
                    .unlink(&name)
                    .map_err(self.tried("remove", &name))?;
            } else if name.strip_suffix(".seg").is_some()
                && !number.is_some_and(|n| known.contains(&n))
            {
                if self.is_blank(&name)? {
                    self.disk
                        .unlink(&name)
                        .map_err(self.tried("remove", &name))?;
                } else {
                    let aside = format!("{QUARANTINE}/unknown-{name}");
                    self.disk
                        .rename(&name, &aside)
                        .map_err(self.tried("move aside", &name))?;
                    notes.push(format!("{name} is in no manifest; it is kept in {aside}"));
                    has_moved = true;
                }
            }
        }
        if has_moved {
            let site = SyncSite::QuarantineDirectory;
            let synced = self.disk.sync_directory(QUARANTINE, site);
            synced.map_err(self.tried("sync", QUARANTINE))?;
        }
        Ok(())
    }

    fn is_blank(&self, name: &str) -> Result<bool, OpenError> {
        let file = self
            .disk
            .open(name, Access::Read)
            .map_err(io_error("open", name))?;
        let mut start = [0; SEGMENT_HEADER];
        read_up_to(&*file, 0, &mut start).map_err(io_error("read", name))?;
        Ok(start == [0; SEGMENT_HEADER])
    }

    /// Files without needed frames become spares under new segment ids.
    fn reuse_free(&self, segment_bytes: u64, layout: &mut Layout) {
        for number in &self.survey.free {
            // A file that cannot be used is left to the next opening, which finds it unlisted.
            if let Ok(file) = self.disk.open(&file_name(*number), Access::Write)
                && file.allocate(segment_bytes).is_ok()
            {
                let id = layout.take_id();
                layout.spares.push_back(Spare {
                    id,
                    number: *number,
                    file,
                });
            }
        }
    }
}

impl Store {
    /// Gives back what the spares take. Their files stay, since the manifest names them; the next
    /// start finds nothing in them and prepares them again.
    pub(super) fn empty_spares(&self) -> Result<(), DiskError> {
        self.layout().spares.iter().try_for_each(|spare| {
            let emptied = spare.file.truncate(0);
            emptied.map_err(store::tried("empty", &file_name(spare.number)))
        })
    }

    /// Takes the next spare for frames from `first` on.
    pub(super) fn roll(&self, first: u64) -> Option<Arc<Segment>> {
        let mut layout = self.layout_mut();
        let spare = layout.spares.pop_front()?;
        let segment = Arc::new(Segment::new(&spare, self.uuid, first, Shape::Dense));
        layout.segments.insert(first, Arc::clone(&segment));
        Some(segment)
    }
}
