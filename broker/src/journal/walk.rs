//! Walking the segments of a directory: the sealed ones must hold what the manifest says.
//!
//! Shows the frames to the caller as it goes; decides nothing about the end of the log, see `tail`.

use std::io;
use std::sync::Arc;

use super::api::{OpenError, Replay, ReplayError, Replayed, Source};
use super::checkpoint::Checkpoint;
use super::codec::{SEGMENT_HEADER, SegmentHeader, Shape};
use super::disk::{Access, Disk, DiskFile};
use super::findings::{Survey, damaged, io_error};
use super::index_file::IndexFile;
use super::index_rows::Row;
use super::manifest::{self, Manifest, Sealed};
use super::options::Indexed;
use super::scan::{Expected, Scan, Scanned};
use super::segment::{Filed, Segment, Spare, file_name};
use super::transfer::read_up_to;
use super::window::Window;
use crate::model::ids::Position;

/// How the walk goes on.
pub(super) struct Walk<'a, 'r> {
    pub(super) disk: &'a dyn Disk,
    pub(super) manifest: &'a Manifest,
    pub(super) access: Access,
    pub(super) replay: &'a mut Replay<'r>,
    /// Frames from here on are replayed; those before it are data.
    pub(super) start: u64,
    /// Data need not be shown, since the checkpoint indexes it.
    pub(super) is_data_covered: bool,
    /// What is shown of the bodies of data.
    pub(super) indexed: Indexed,
    pub(super) survey: Survey,
    pub(super) buffer: Vec<u8>,
}

impl Walk<'_, '_> {
    pub(super) fn show(&mut self, source: Source, frame: Replayed<'_>) -> Result<(), OpenError> {
        let position = frame.position;
        let refused = |source: ReplayError| OpenError::Replay { position, source };
        (self.replay)(source, frame).map_err(refused)
    }

    pub(super) fn replay_checkpoint(&mut self, checkpoint: &Checkpoint) -> Result<(), OpenError> {
        for (frame, body) in checkpoint.frames() {
            self.show(
                Source::Checkpoint,
                replayed(&Scanned {
                    offset: 0,
                    frame,
                    body,
                }),
            )?;
        }
        Ok(())
    }

    /// Shows one frame of a segment, if it is of interest.
    pub(super) fn show_stored(&mut self, scanned: &Scanned<'_>) -> Result<(), OpenError> {
        if scanned.frame.header.position >= self.start {
            self.survey.replayed += 1;
            self.show(Source::Log, replayed(scanned))
        } else if self.is_data_covered || scanned.body.is_empty() {
            Ok(())
        } else {
            let frame = replayed(scanned);
            let bytes = self
                .indexed
                .front(frame.kind, frame.version, frame.head, frame.body);
            let body = frame.body.get(..bytes).unwrap_or(frame.body);
            self.show(Source::Data, Replayed { body, ..frame })
        }
    }

    /// Shows the data of a segment before the start from its index, if that is valid and the
    /// segment is as long as it says.
    fn show_filed(
        &mut self,
        shape: Shape,
        sealed: &Sealed,
        spare: &Spare,
    ) -> Result<Option<Arc<Segment>>, OpenError> {
        let uuid = self.manifest.uuid;
        let Some(index) = IndexFile::open(self.disk, uuid, shape, sealed) else {
            return Ok(None);
        };
        let name = file_name(sealed.number);
        let size = spare.file.size().map_err(io_error("read", &name))?;
        if size < index.end() {
            return Ok(None);
        }
        if !self.is_data_covered {
            let mut buffer = std::mem::take(&mut self.buffer);
            let Some(rows) = index.rows(self.indexed, &mut buffer) else {
                self.buffer = buffer;
                return Ok(None);
            };
            for row in rows {
                self.show(Source::Data, filed(&row))?;
            }
            self.buffer = buffer;
        }
        if shape == Shape::Dense {
            self.survey.time_us = self.survey.time_us.max(index.time_us());
        }
        let known = Filed {
            first: sealed.first,
            last: sealed.last,
            end: index.end(),
            shape,
        };
        Ok(Some(Arc::new(Segment::filed(spare, uuid, &known))))
    }

    /// Opens a file that the manifest names, and that is therefore there.
    pub(super) fn open(&self, name: &str) -> Result<Arc<dyn DiskFile>, OpenError> {
        self.disk
            .open(name, self.access)
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => {
                    damaged(name, self.survey.last + 1, "the file is missing")
                }
                _ => io_error("open", name)(error),
            })
    }

    /// Every sealed segment must hold what the manifest says.
    pub(super) fn walk_sealed(&mut self) -> Result<(), OpenError> {
        let log = self
            .manifest
            .log
            .iter()
            .map(|sealed| (Shape::Dense, *sealed));
        let cold = self
            .manifest
            .cold
            .iter()
            .map(|sealed| (Shape::Sparse, *sealed));
        let mut all: Vec<(Shape, Sealed)> = log.chain(cold).collect();
        all.sort_by_key(|(_, sealed)| sealed.first);
        let mut log_end = None;
        for (shape, sealed) in all {
            if shape == Shape::Dense {
                // Below the floor segments may be gone; from it on none may.
                let needed = log_end.unwrap_or(1).max(self.manifest.state_floor);
                if sealed.first > needed && sealed.last >= needed {
                    return Err(damaged(
                        manifest::NAME,
                        needed,
                        "no segment holds the position",
                    ));
                }
                log_end = Some(sealed.last + 1);
            }
            let segment = self.walk_one_sealed(shape, &sealed)?;
            segment.seal(sealed.last);
            self.survey.segments.push(segment);
            self.survey.last = self.survey.last.max(sealed.last);
        }
        Ok(())
    }

    pub(super) fn walk_one_sealed(
        &mut self,
        shape: Shape,
        sealed: &Sealed,
    ) -> Result<Arc<Segment>, OpenError> {
        let name = file_name(sealed.number);
        let file = self.open(&name)?;
        let mut start = [0; SEGMENT_HEADER];
        read_up_to(&*file, 0, &mut start).map_err(io_error("read", &name))?;
        let header = SegmentHeader::decode(&start);
        let header = header.ok_or_else(|| damaged(&name, sealed.first, "it has no header"))?;
        let fits = header.uuid == self.manifest.uuid
            && (header.segment, header.first, header.shape) == (sealed.id, sealed.first, shape);
        if !fits {
            let reason = format!("it holds segment {}, not {}", header.segment, sealed.id);
            return Err(damaged(&name, sealed.first, reason));
        }
        let spare = Spare {
            id: sealed.id,
            number: sealed.number,
            file,
        };
        let uuid = self.manifest.uuid;
        if sealed.last < self.start
            && let Some(segment) = self.show_filed(shape, sealed, &spare)?
        {
            return Ok(segment);
        }
        let segment = Segment::new(&spare, uuid, sealed.first, shape);
        let buffer = std::mem::take(&mut self.buffer);
        let mut window = Window::open(&*segment.file, buffer).map_err(io_error("read", &name))?;
        let (mut offset, mut expected) = (SEGMENT_HEADER, expected(&segment));
        while expected.first <= sealed.last {
            let mut scan = Scan::within((window.base(), window.bytes()), expected, offset);
            let fault = loop {
                if scan.position() > sealed.last {
                    break None;
                }
                match scan.step() {
                    Ok(scanned) => {
                        note_place(&segment, &scanned);
                        self.show_stored(&scanned)?;
                    }
                    Err(fault) => break Some(fault),
                }
            };
            (offset, expected) = (scan.offset(), scan.expected());
            match fault {
                Some(fault) if window.is_last() => {
                    return Err(damaged(&name, expected.first, fault.to_string()));
                }
                Some(_) => window.go_on(offset).map_err(io_error("read", &name))?,
                None => {}
            }
        }
        if shape == Shape::Dense {
            self.survey.time_us = self.survey.time_us.max(expected.time_us);
        }
        self.buffer = window.into_buffer();
        let segment = Arc::new(segment);
        self.survey.unindexed.push(Arc::clone(&segment));
        Ok(segment)
    }
}

/// What a scan of the segment expects.
pub(super) fn expected(segment: &Segment) -> Expected {
    let Segment {
        id,
        seed,
        shape,
        first,
        ..
    } = *segment;
    Expected {
        segment: id,
        seed,
        shape,
        first,
        time_us: 0,
    }
}

pub(super) fn note_place(segment: &Segment, scanned: &Scanned<'_>) {
    let header = &scanned.frame.header;
    let relative = header.position - segment.first;
    segment.note(|places| places.push(relative, scanned.offset, header.frame_len()));
}

fn filed<'a>(row: &Row<'a>) -> Replayed<'a> {
    Replayed {
        position: Position(row.position),
        time_us: row.time_us,
        kind: row.kind,
        version: row.version,
        is_commit: row.is_commit(),
        head: row.head,
        body: row.body,
    }
}

fn replayed<'a>(scanned: &Scanned<'a>) -> Replayed<'a> {
    let header = &scanned.frame.header;
    Replayed {
        position: Position(header.position),
        time_us: header.time_us,
        kind: header.kind,
        version: header.version,
        is_commit: header.is_commit(),
        head: scanned.frame.head,
        body: scanned.body,
    }
}
