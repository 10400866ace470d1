//! The segments of one data directory: which there are, and how that changes.
//!
//! Every change of the set is first written to the manifest and only then seen in memory, so that
//! no file is reused while an old manifest still needs it. No lock is held during IO that the
//! owner of the journal or a reader would wait for. Which frames are needed is decided elsewhere.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::Bytes;

use super::api::{ReadError, StoredFrame};
use super::codec::{Shape, decode};
use super::disk::{Disk, SyncSite};
use super::fail_point;
use super::index_file::{self, Verified};
use super::layout::{Change, Layout};
use super::manifest;
use super::options::Options;
use super::places::{Place, RecentPlaces};
use super::reader::ReadFrames;
use super::segment::{Found, Segment, Spare, file_name, index_name, new_name};
use super::transfer::{read_file, read_up_to, write_bytes};
use super::watermark::Progress;
use crate::model::ids::Position;

/// What the disk refused.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {file}")]
pub(super) struct DiskError {
    pub(super) action: &'static str,
    pub(super) file: String,
    pub(super) source: io::Error,
}

impl DiskError {
    /// Whether space ran out, which is no failure of the disk.
    pub(super) fn is_full(&self) -> bool {
        is_full(&self.source)
    }
}

/// Whether an error says that space ran out.
pub(super) fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

/// Adds to an error what was tried on which file.
pub(super) fn tried<'a>(
    action: &'static str,
    file: &'a str,
) -> impl FnOnce(io::Error) -> DiskError + use<'a> {
    move |source| DiskError {
        action,
        file: file.to_owned(),
        source,
    }
}

/// The segments of a directory, shared by the owner, the writer, readers and background work.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) options: Options,
    pub(super) uuid: [u8; 16],
    pub(super) progress: Arc<Progress>,
    places: RecentPlaces,
    layout: RwLock<Layout>,
    manifest: Mutex<()>,
    is_space_short: AtomicBool,
}

impl Store {
    pub(super) fn new(
        disk: Arc<dyn Disk>,
        options: Options,
        uuid: [u8; 16],
        layout: Layout,
    ) -> Self {
        Self {
            places: RecentPlaces::new(options.place_bytes),
            disk,
            options,
            uuid,
            progress: Arc::default(),
            layout: RwLock::new(layout),
            manifest: Mutex::new(()),
            is_space_short: AtomicBool::new(false),
        }
    }

    pub(super) fn layout(&self) -> RwLockReadGuard<'_, Layout> {
        self.layout.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn layout_mut(&self) -> RwLockWriteGuard<'_, Layout> {
        self.layout.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the last attempt to prepare a segment found no space.
    pub(super) fn is_space_short(&self) -> bool {
        self.is_space_short.load(Ordering::Relaxed)
    }

    /// Writes the manifest with `change`, then makes the change visible.
    pub(super) fn commit(&self, change: &Change) -> Result<(), DiskError> {
        let _one_at_a_time = self.manifest.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = self.layout().clone();
        next.apply(change);
        let durable = self.progress.durable().0;
        self.write_manifest(next.describe(self.uuid, durable).encode().as_bytes())?;
        self.layout_mut().apply(change);
        Ok(())
    }

    fn write_manifest(&self, bytes: &[u8]) -> Result<(), DiskError> {
        let name = manifest::NEW_NAME;
        let file = self.disk.create(name).map_err(tried("create", name))?;
        write_bytes(&*file, 0, bytes).map_err(tried("write", name))?;
        file.sync_data(SyncSite::Manifest)
            .map_err(tried("sync", name))?;
        let mut back = Vec::new();
        read_file(&*file, &mut back).map_err(tried("read back", name))?;
        if back != bytes {
            let source = io::Error::new(io::ErrorKind::InvalidData, "other bytes came back");
            return Err(DiskError {
                action: "verify",
                file: name.to_owned(),
                source,
            });
        }
        fail_point::hit("journal.manifest_written");
        self.disk
            .rename(name, manifest::NAME)
            .map_err(tried("rename", name))?;
        fail_point::hit("journal.manifest_renamed");
        self.disk
            .sync_directory("", SyncSite::ManifestDirectory)
            .map_err(|source| DiskError {
                action: "sync the directory of",
                file: manifest::NAME.to_owned(),
                // A full disk here leaves open which manifest counts, so it is a failure.
                source: io::Error::other(source),
            })?;
        fail_point::hit("journal.manifest_synced");
        Ok(())
    }

    /// Prepares files until there are `wanted` spares or space is short, which is no error.
    pub(super) fn prepare_spares(&self, wanted: usize) -> Result<(), DiskError> {
        let mut change = Change::default();
        while self.layout().spares.len() + change.spares.len() < wanted {
            if !self.may_grow(change.spares.len()) {
                self.is_space_short.store(true, Ordering::Relaxed);
                break;
            }
            let (number, id) = {
                let mut layout = self.layout_mut();
                (layout.take_number(), layout.take_id())
            };
            match self.prepare_spare(number) {
                Ok(file) => change.spares.push(Spare { id, number, file }),
                Err(error) if error.is_full() => {
                    self.is_space_short.store(true, Ordering::Relaxed);
                    break;
                }
                Err(error) => return Err(error),
            }
            self.is_space_short.store(false, Ordering::Relaxed);
        }
        if change.spares.is_empty() {
            return Ok(());
        }
        // Once the manifest names a file, its absence is damage.
        let synced = self.disk.sync_directory("", SyncSite::SegmentDirectory);
        synced.map_err(tried("sync the directory of", "the spares"))?;
        match self.commit(&change) {
            Err(error) if error.is_full() => {
                self.is_space_short.store(true, Ordering::Relaxed);
                for spare in &change.spares {
                    self.remove(&file_name(spare.number))?;
                }
                Ok(())
            }
            other => other,
        }
    }

    /// Bytes that segments may still take within their bound.
    pub(super) fn bytes_to_bound(&self) -> u64 {
        let most = self.options.max_bytes.unwrap_or(u64::MAX);
        most.saturating_sub(self.taken())
    }

    /// Bytes that they take beyond it: the bound was a larger one, or something had to go on.
    fn bytes_beyond_bound(&self) -> u64 {
        let most = self.options.max_bytes.unwrap_or(u64::MAX);
        self.taken().saturating_sub(most)
    }

    fn taken(&self) -> u64 {
        self.layout().disk_bytes(self.options.segment_bytes)
    }

    /// Whether a segment may be made beside so many new ones. The first spare may in any case: the
    /// bound is for publishes, and must not stop what makes room.
    fn may_grow(&self, new: usize) -> bool {
        let has_spare = self.layout().spares.len() + new > 0;
        let wanted = (new as u64 + 1).saturating_mul(self.options.segment_bytes);
        !has_spare || wanted <= self.bytes_to_bound()
    }

    fn prepare_spare(&self, number: u64) -> Result<Arc<dyn super::disk::DiskFile>, DiskError> {
        let name = new_name(number);
        let file = self.disk.create(&name).map_err(tried("create", &name))?;
        if let Err(source) = file.allocate(self.options.segment_bytes) {
            self.remove(&name)?;
            return Err(DiskError {
                action: "allocate",
                file: name,
                source,
            });
        }
        self.disk
            .rename(&name, &file_name(number))
            .map_err(tried("rename", &name))?;
        self.progress.take_free_bytes(self.options.segment_bytes);
        fail_point::hit("journal.spare_created");
        Ok(file)
    }

    /// Removes a file that may be gone already.
    pub(super) fn remove(&self, name: &str) -> Result<(), DiskError> {
        match self.disk.unlink(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other.map_err(tried("remove", name)),
        }
    }

    /// Turns retired segments that nobody reads into spares, or removes their files.
    pub(super) fn recycle(&self) -> Result<(), DiskError> {
        let unread: Vec<Arc<Segment>> = {
            let layout = self.layout();
            // One count is the list's own: nobody can take another once it left the index.
            let is_unread = |one: &&Arc<Segment>| Arc::strong_count(one) == 1;
            layout.retiring.iter().filter(is_unread).cloned().collect()
        };
        if unread.is_empty() {
            return Ok(());
        }
        // Some more than wanted: written files sync faster than new ones.
        let wanted = 2 * (self.options.spares + self.options.reserve);
        let (mut reused, mut surplus) = (Change::default(), Change::default());
        let mut beyond = self.bytes_beyond_bound();
        for segment in unread {
            let is_beyond = beyond > 0;
            beyond = beyond.saturating_sub(self.options.segment_bytes);
            let is_wanted = segment.shape == Shape::Dense
                && !is_beyond
                && self.layout().spares.len() + reused.spares.len() < wanted;
            // A segment that was sealed for want of space is shorter than a spare must be.
            if is_wanted && segment.file.allocate(self.options.segment_bytes).is_ok() {
                let id = self.layout_mut().take_id();
                let (number, file) = (segment.number, Arc::clone(&segment.file));
                reused.spares.push(Spare { id, number, file });
                reused.forget.push(segment);
            } else {
                surplus.forget.push(segment);
            }
        }
        self.commit(&reused)?;
        fail_point::hit("journal.recycled");
        self.is_space_short.store(false, Ordering::Relaxed);
        for segment in &surplus.forget {
            // Emptied while the manifest calls it old, so that a crash before its removal leaves
            // no file of unknown frames.
            segment
                .file
                .truncate(0)
                .map_err(tried("empty", &segment.name()))?;
        }
        if !surplus.forget.is_empty() {
            self.commit(&surplus)?;
        }
        for segment in reused.forget.iter().chain(&surplus.forget) {
            self.remove(&index_name(segment.number))?;
            self.places.forget(segment.id);
        }
        surplus
            .forget
            .iter()
            .try_for_each(|segment| self.remove(&segment.name()))
    }

    /// Writes the index of a sealed segment, whose places need not be in memory from then on.
    pub(super) fn index(&self, segment: &Segment, verified: Verified) -> Result<(), DiskError> {
        let indexed = self.options.indexed;
        let written = index_file::write(&*self.disk, self.uuid, indexed, segment, verified);
        let is_there = written.map_err(tried("index", &segment.name()))?;
        if is_there && let Some(places) = segment.file_away() {
            self.places.add(segment.id, Arc::new(places));
        }
        Ok(())
    }

    /// Where a frame is, looked up in the index file if need be; no lock is held meanwhile.
    fn place(&self, segment: &Segment, position: Position) -> Result<Option<Place>, ReadError> {
        match segment.find(position.0) {
            Found::At(place) => return Ok(Some(place)),
            Found::Nowhere => return Ok(None),
            Found::Filed => {}
        }
        let relative = position.0 - segment.first;
        if let Some(places) = self.places.get(segment.id) {
            return Ok(places.find(relative));
        }
        let file = || segment.name();
        let found = index_file::places(&*self.disk, self.uuid, segment);
        let found = found.map_err(|source| ReadError::Io {
            position,
            file: file(),
            source,
        })?;
        let places = Arc::new(found.ok_or_else(|| ReadError::Damaged {
            position,
            file: file(),
            reason: "a frame before it does not verify".to_owned(),
        })?);
        self.places.add(segment.id, Arc::clone(&places));
        Ok(places.find(relative))
    }

    /// Bytes of places of sealed segments that are in memory.
    #[cfg(test)]
    pub(super) fn place_bytes(&self) -> usize {
        self.places.bytes()
    }

    /// A file number for a new file.
    pub(super) fn take_number(&self) -> u64 {
        self.layout_mut().take_number()
    }
}

impl ReadFrames for Store {
    fn read(&self, position: Position) -> Result<StoredFrame, ReadError> {
        if position > self.progress.durable() {
            return Err(ReadError::NotDurable(position));
        }
        let found = self.layout().around(position.0).cloned();
        let segment = found.ok_or(ReadError::NotFound(position))?;
        let place = self.place(&segment, position)?;
        let place = place.ok_or(ReadError::NotFound(position))?;
        let mut buffer = vec![0; place.len];
        let filled = read_up_to(&*segment.file, place.offset, &mut buffer).map_err(|source| {
            ReadError::Io {
                position,
                file: segment.name(),
                source,
            }
        })?;
        buffer.truncate(filled);
        let damaged = |reason: String| ReadError::Damaged {
            position,
            file: segment.name(),
            reason,
        };
        let frame = decode(&buffer, segment.id, segment.seed)
            .map_err(|fault| damaged(fault.to_string()))?;
        let body_len = frame
            .verify_body()
            .map_err(|fault| damaged(fault.to_string()))?
            .len();
        let (header, head_len) = (frame.header, frame.head.len());
        if header.position != position.0 {
            return Err(damaged(format!(
                "position {} is stored there",
                header.position
            )));
        }
        let head_end = super::codec::HEADER + head_len;
        let bytes = Bytes::from(buffer);
        Ok(StoredFrame {
            position,
            time_us: header.time_us,
            durable: Position(header.durable),
            kind: header.kind,
            version: header.version,
            is_commit: header.is_commit(),
            head: bytes.slice(super::codec::HEADER..head_end),
            body: bytes.slice(head_end..head_end + body_len),
            body_crc: header.body_crc,
        })
    }
}
