//! Copying the few needed frames of old segments into a cold segment, off the commit path.
//!
//! A frame keeps its position, time and body; only its place changes, when the manifest names the
//! cold segment instead of its sources. Until then the sources stay, so a crash loses nothing.

use std::sync::Arc;

use super::api::ReadError;
use super::codec::{COMMIT, HEADER, Header, SEGMENT_HEADER, Seed, SegmentHeader, Shape, frame_len};
use super::disk::{DiskFile, SyncSite};
use super::fail_point;
use super::layout::Change;
use super::places::Places;
use super::reader::ReadFrames;
use super::segment::{Segment, Spare, file_name, new_name};
use super::store::{DiskError, Store, tried};
use super::transfer::write_bytes;
use crate::model::ids::Position;

/// Bytes per write, which bounds the memory of a copy.
const CHUNK: usize = 1 << 20;

/// What is to be copied.
pub(super) struct Plan {
    /// Neighbouring segments in the order of their positions.
    pub(super) sources: Vec<Arc<Segment>>,
    /// The positions in them that are still needed, ascending.
    pub(super) positions: Vec<Position>,
}

/// Why a copy was given up; the sources stay as they are.
pub(super) enum GivenUp {
    Disk(DiskError),
    /// A source does not read back; whoever reads the frame will be told.
    Damaged,
}

impl From<DiskError> for GivenUp {
    fn from(error: DiskError) -> Self {
        Self::Disk(error)
    }
}

/// Copies the frames, switches the manifest, and leaves the sources to be recycled; the cold
/// segment is to be indexed then.
pub(super) fn copy(store: &Store, plan: &Plan) -> Result<Option<Arc<Segment>>, GivenUp> {
    let Some((first, last)) = plan.positions.first().zip(plan.positions.last()) else {
        return Ok(None);
    };
    let number = store.take_number();
    let id = store.layout_mut().take_id();
    let name = new_name(number);
    let file = store.disk.create(&name).map_err(tried("create", &name))?;
    let mut copy = Copy {
        store,
        file: &*file,
        name: &name,
        id,
        seed: Seed::new(store.uuid, id),
        places: Places::new(Shape::Sparse),
        chunk: Vec::new(),
        written: 0,
    };
    let copied = copy.frames(*first, &plan.positions);
    let Copy { places, .. } = copy;
    if let Err(error) = copied {
        store.remove(&name)?;
        if matches!(error, GivenUp::Damaged) {
            plan.sources.iter().for_each(|source| source.mark_damaged());
        }
        return Err(error);
    }
    file.sync_data(SyncSite::Cold)
        .map_err(tried("sync", &name))?;
    fail_point::hit("journal.cold_written");
    store
        .disk
        .rename(&name, &file_name(number))
        .map_err(tried("rename", &name))?;
    let synced = store.disk.sync_directory("", SyncSite::SegmentDirectory);
    synced.map_err(tried("sync the directory of", &name))?;
    fail_point::hit("journal.cold_renamed");
    let spare = Spare { id, number, file };
    let segment = Arc::new(Segment::new(&spare, store.uuid, first.0, Shape::Sparse));
    segment.note(|empty| *empty = places);
    segment.seal(last.0);
    let switched = store.commit(&Change {
        retire: plan.sources.clone(),
        cold: Some(Arc::clone(&segment)),
        ..Change::default()
    });
    if let Err(error) = switched {
        if error.is_full() {
            store.remove(&file_name(number))?;
        }
        return Err(error.into());
    }
    fail_point::hit("journal.cold_switched");
    Ok(Some(segment))
}

struct Copy<'a> {
    store: &'a Store,
    file: &'a dyn DiskFile,
    name: &'a str,
    id: u64,
    seed: Seed,
    places: Places,
    chunk: Vec<u8>,
    written: usize,
}

impl Copy<'_> {
    fn frames(&mut self, first: Position, positions: &[Position]) -> Result<(), GivenUp> {
        let header = SegmentHeader {
            uuid: self.store.uuid,
            segment: self.id,
            first: first.0,
            durable: self.store.progress.durable().0,
            shape: Shape::Sparse,
        };
        header.encode(&mut self.chunk);
        debug_assert_eq!(self.chunk.len(), SEGMENT_HEADER);
        for position in positions {
            let frame = self.store.read(*position).map_err(|error| match error {
                ReadError::Io { file, source, .. } => GivenUp::Disk(DiskError {
                    action: "read",
                    file,
                    source,
                }),
                _ => GivenUp::Damaged,
            })?;
            let header = Header {
                kind: frame.kind,
                version: frame.version,
                flags: if frame.is_commit { COMMIT } else { 0 },
                segment: self.id,
                head_len: u32::try_from(frame.head.len()).unwrap_or(u32::MAX),
                body_len: u32::try_from(frame.body.len()).unwrap_or(u32::MAX),
                position: position.0,
                time_us: frame.time_us,
                durable: frame.durable.0,
                body_crc: frame.body_crc,
            };
            let len = frame_len(frame.head.len(), frame.body.len());
            let offset = self.written + self.chunk.len();
            header.encode(&frame.head, self.seed, &mut self.chunk);
            self.chunk.extend_from_slice(&frame.body);
            let padding = len - (HEADER + frame.head.len() + frame.body.len());
            self.chunk.resize(self.chunk.len() + padding, 0);
            self.places.push(position.0 - first.0, offset, len);
            if self.chunk.len() >= CHUNK {
                self.flush()?;
            }
        }
        Ok(self.flush()?)
    }

    fn flush(&mut self) -> Result<(), DiskError> {
        let written = write_bytes(self.file, self.written as u64, &self.chunk);
        written.map_err(tried("write", self.name))?;
        self.written += self.chunk.len();
        self.chunk.clear();
        Ok(())
    }
}
