//! Reading a data directory without changing it: what is there, where the log ends, and whether
//! that end is a torn tail or damage.
//!
//! A bad frame is damage if any later valid frame, a later segment, a checkpoint or the manifest
//! names a durable position at or above it: then nothing may be cut. Otherwise all from it on was
//! being written when the power went. Opening, verifying and the dry run of a repair share this.

use std::io;
use std::sync::Arc;

use super::api::{OpenError, Replay, ReplayError, Replayed, Source};
use super::checkpoint::Checkpoint;
use super::codec::{SEGMENT_HEADER, SegmentHeader, Shape, looks_like};
use super::disk::{Access, Disk, DiskFile};
use super::index_file;
use super::manifest::{self, Manifest, ManifestError, Open, Sealed};
use super::scan::{Expected, Scan, Scanned, witness};
use super::segment::{Places, Segment, Spare, file_name};
use super::store::Layout;
use super::transfer::{read_file, read_up_to};
use crate::model::ids::Position;

/// Bytes of a torn write, to be kept aside.
#[derive(Debug)]
pub(super) struct Torn {
    pub(super) file: String,
    pub(super) offset: u64,
    pub(super) position: u64,
    pub(super) bytes: Vec<u8>,
}

/// What a directory holds.
pub(super) struct Survey {
    /// Sealed segments and the active one, if it was begun; it is the last.
    pub(super) segments: Vec<Arc<Segment>>,
    pub(super) has_active: bool,
    /// Sealed dense segments that had no valid index, and the time of their last frame.
    pub(super) unindexed: Vec<(Arc<Segment>, u64)>,
    /// Files that hold nothing that is needed.
    pub(super) free: Vec<u64>,
    pub(super) torn: Vec<Torn>,
    pub(super) last: u64,
    pub(super) time_us: u64,
    pub(super) checkpoint: Option<(usize, u64)>,
    pub(super) replayed: u64,
    pub(super) notes: Vec<String>,
}

pub(super) fn io_error(
    action: &'static str,
    file: &str,
) -> impl FnOnce(io::Error) -> OpenError + use<> {
    let file = file.to_owned();
    move |source| OpenError::Io {
        action,
        file,
        source,
    }
}

fn damaged(file: &str, position: u64, reason: impl Into<String>) -> OpenError {
    let (file, position) = (file.to_owned(), Position(position));
    OpenError::Damaged {
        file,
        position,
        reason: reason.into(),
    }
}

/// Reads the manifest; `None` when the directory is new.
pub(super) fn read_manifest(disk: &dyn Disk) -> Result<Option<Manifest>, OpenError> {
    let file = match disk.open(manifest::NAME, Access::Read) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let names = disk.list().map_err(io_error("list", "the directory"))?;
            return match names.iter().find(|name| name.ends_with(".seg")) {
                Some(segment) => {
                    let reason = format!("it is missing, though there is {segment}");
                    Err(damaged(manifest::NAME, 0, reason))
                }
                None => Ok(None),
            };
        }
        Err(error) => return Err(io_error("open", manifest::NAME)(error)),
    };
    let mut bytes = Vec::new();
    read_file(&*file, &mut bytes).map_err(io_error("read", manifest::NAME))?;
    match Manifest::decode(&bytes) {
        Ok(manifest) => Ok(Some(manifest)),
        Err(ManifestError::Newer(found)) => Err(OpenError::Newer {
            directory: disk.directory(),
            found,
            supported: manifest::FORMAT,
        }),
        Err(error) => Err(damaged(manifest::NAME, 0, error.to_string())),
    }
}

/// How the walk goes on.
struct Walk<'a, 'r> {
    disk: &'a dyn Disk,
    manifest: &'a Manifest,
    access: Access,
    replay: &'a mut Replay<'r>,
    /// Frames from here on are replayed; those before it are data.
    start: u64,
    /// Data need not be shown, since the checkpoint indexes it.
    is_data_covered: bool,
    survey: Survey,
    buffer: Vec<u8>,
}

/// Reads everything that `manifest` names and shows it to `replay`.
pub(super) fn survey(
    disk: &dyn Disk,
    manifest: &Manifest,
    access: Access,
    covers_data: bool,
    replay: &mut Replay<'_>,
) -> Result<Survey, OpenError> {
    let mut notes = Vec::new();
    let checkpoint = newest_checkpoint(disk, manifest, &mut notes);
    let at = checkpoint.as_ref().map(|checkpoint| checkpoint.at);
    let mut walk = Walk {
        disk,
        manifest,
        access,
        replay,
        start: at.map_or(manifest.state_floor, |at| at + 1),
        is_data_covered: covers_data && at.is_some(),
        survey: Survey {
            segments: Vec::new(),
            has_active: false,
            unindexed: Vec::new(),
            free: manifest.old.clone(),
            torn: Vec::new(),
            last: 0,
            time_us: 0,
            checkpoint: checkpoint.as_ref().map(|one| (one.slot, one.at)),
            replayed: 0,
            notes,
        },
        buffer: Vec::new(),
    };
    if let Some(checkpoint) = &checkpoint {
        walk.replay_checkpoint(checkpoint)?;
    }
    walk.walk_sealed()?;
    walk.walk_open(at.unwrap_or_default().max(manifest.durable))?;
    let stated_us = checkpoint.map_or(0, |checkpoint| checkpoint.time_us);
    walk.survey.time_us = walk.survey.time_us.max(stated_us);
    Ok(walk.survey)
}

/// The newest checkpoint that verifies and that the log still continues.
fn newest_checkpoint(
    disk: &dyn Disk,
    manifest: &Manifest,
    notes: &mut Vec<String>,
) -> Option<Checkpoint> {
    let mut newest: Option<Checkpoint> = None;
    for slot in 0..super::checkpoint::NAMES.len() {
        match Checkpoint::read(disk, slot, manifest.uuid) {
            Ok(Some(found)) if newest.as_ref().is_none_or(|newest| newest.at < found.at) => {
                newest = Some(found);
            }
            Ok(_) => {}
            Err(note) => notes.push(note),
        }
    }
    newest.filter(|newest| newest.at + 1 >= manifest.state_floor)
}

impl Walk<'_, '_> {
    fn show(&mut self, source: Source, frame: Replayed<'_>) -> Result<(), OpenError> {
        let position = frame.position;
        let refused = |source: ReplayError| OpenError::Replay { position, source };
        (self.replay)(source, frame).map_err(refused)
    }

    fn replay_checkpoint(&mut self, checkpoint: &Checkpoint) -> Result<(), OpenError> {
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
    fn show_stored(&mut self, scanned: &Scanned<'_>) -> Result<(), OpenError> {
        if scanned.frame.header.position >= self.start {
            self.survey.replayed += 1;
            self.show(Source::Log, replayed(scanned))
        } else if self.is_data_covered || scanned.body.is_empty() {
            Ok(())
        } else {
            self.show(Source::Data, replayed(scanned))
        }
    }

    /// Opens a file that the manifest names, and that is therefore there.
    fn open(&self, name: &str) -> Result<Arc<dyn DiskFile>, OpenError> {
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
    fn walk_sealed(&mut self) -> Result<(), OpenError> {
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

    fn walk_one_sealed(
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
        if self.is_data_covered && shape == Shape::Dense && sealed.last < self.start {
            if let Some((places, time_us)) = index_file::read(self.disk, uuid, sealed) {
                self.survey.time_us = self.survey.time_us.max(time_us);
                return Ok(Arc::new(Segment::new(
                    &spare,
                    uuid,
                    sealed.first,
                    shape,
                    places,
                )));
            }
        }
        let segment = Segment::new(&spare, uuid, sealed.first, shape, Places::new(shape));
        let mut bytes = std::mem::take(&mut self.buffer);
        read_file(&*segment.file, &mut bytes).map_err(io_error("read", &name))?;
        let mut scan = Scan::new(&bytes, self.expected(&segment));
        while scan.position() <= sealed.last {
            let position = scan.position();
            let scanned = scan
                .step()
                .map_err(|fault| damaged(&name, position, fault.to_string()))?;
            note_place(&segment, &scanned);
            self.show_stored(&scanned)?;
        }
        if shape == Shape::Dense {
            self.survey.time_us = self.survey.time_us.max(scan.time_us());
        }
        let (segment, time_us) = (Arc::new(segment), scan.time_us());
        self.buffer = bytes;
        if shape == Shape::Dense {
            self.survey.unindexed.push((Arc::clone(&segment), time_us));
        }
        Ok(segment)
    }

    fn expected(&self, segment: &Segment) -> Expected {
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

    /// Walks the segments that may have been written, in the order of their use.
    fn walk_open(&mut self, known_durable: u64) -> Result<(), OpenError> {
        let mut active: Option<(Arc<Segment>, Ended)> = None;
        let mut left = self.manifest.open.iter();
        let mut unbegun = Vec::new();
        for open in left.by_ref() {
            let Some(segment) = self.begun(open)? else {
                unbegun.push(*open);
                break;
            };
            let expected = self.survey.last + 1;
            if segment.first != expected && !self.may_follow(segment.first) {
                return Err(self.gap(active.as_ref(), &segment));
            }
            if let Some((before, ended)) = active.take() {
                before.seal(self.survey.last);
                self.survey
                    .unindexed
                    .push((Arc::clone(&before), ended.time_us));
            }
            let segment = Arc::new(segment);
            let ended = self.walk_to_end(&segment)?;
            self.survey.segments.push(Arc::clone(&segment));
            self.survey.last = ended.position - 1;
            active = Some((segment, ended));
        }
        unbegun.extend(left.copied());
        self.survey.has_active = active.is_some();
        self.judge_end(active.as_ref(), &unbegun, known_durable)?;
        self.survey
            .free
            .extend(unbegun.iter().map(|open| open.number));
        Ok(())
    }

    /// Whether all between what was read and `first` may be gone, being below the floor.
    fn may_follow(&self, first: u64) -> bool {
        first > self.survey.last && first <= self.manifest.state_floor.max(1)
    }

    /// The segment behind `open`, if its header was written.
    fn begun(&self, open: &Open) -> Result<Option<Segment>, OpenError> {
        let name = file_name(open.number);
        let file = self.open(&name)?;
        let mut start = [0; SEGMENT_HEADER];
        read_up_to(&*file, 0, &mut start).map_err(io_error("read", &name))?;
        let is_ours =
            |header: &SegmentHeader| header.uuid == self.manifest.uuid && header.segment == open.id;
        let Some(header) = SegmentHeader::decode(&start).filter(is_ours) else {
            return Ok(None);
        };
        let spare = Spare {
            id: open.id,
            number: open.number,
            file,
        };
        let places = Places::new(Shape::Dense);
        let segment = Segment::new(
            &spare,
            self.manifest.uuid,
            header.first,
            Shape::Dense,
            places,
        );
        Ok(Some(segment))
    }

    /// A later segment begins elsewhere than the one before it ends.
    fn gap(&self, active: Option<&(Arc<Segment>, Ended)>, segment: &Segment) -> OpenError {
        let position = self.survey.last + 1;
        let (file, reason) = match active {
            Some((before, ended)) => (before.name(), ended.reason.clone()),
            None => (
                segment.name(),
                "frames before the segment are missing".to_owned(),
            ),
        };
        let reason = format!("{reason}; {} begins at {}", segment.name(), segment.first);
        damaged(&file, position, reason)
    }

    /// Replays whole commit groups up to the first frame that does not verify.
    fn walk_to_end(&mut self, segment: &Segment) -> Result<Ended, OpenError> {
        let mut bytes = std::mem::take(&mut self.buffer);
        let name = segment.name();
        read_file(&*segment.file, &mut bytes).map_err(io_error("read", &name))?;
        let expected = Expected {
            time_us: self.survey.time_us,
            ..self.expected(segment)
        };
        let mut scan = Scan::new(&bytes, expected);
        let mut group: Vec<Scanned<'_>> = Vec::new();
        let mut ended = Ended {
            offset: scan.offset(),
            position: scan.position(),
            time_us: scan.time_us(),
            reason: String::new(),
        };
        loop {
            match scan.step() {
                Ok(scanned) => {
                    group.push(scanned);
                    if !scanned.frame.header.is_commit() {
                        continue;
                    }
                    for scanned in group.drain(..) {
                        note_place(segment, &scanned);
                        self.show_stored(&scanned)?;
                    }
                    ended.offset = scan.offset();
                    ended.position = scan.position();
                    ended.time_us = scan.time_us();
                }
                Err(fault) => {
                    ended.reason = fault.to_string();
                    break;
                }
            }
        }
        self.survey.time_us = ended.time_us;
        self.buffer = bytes;
        Ok(ended)
    }

    /// Tells a torn tail from damage, and keeps what was torn.
    fn judge_end(
        &mut self,
        active: Option<&(Arc<Segment>, Ended)>,
        unbegun: &[Open],
        known_durable: u64,
    ) -> Result<(), OpenError> {
        let position = self.survey.last + 1;
        let mut durable = known_durable;
        if let Some((segment, ended)) = active {
            // The buffer still holds this segment, which was the last one read.
            let bytes = std::mem::take(&mut self.buffer);
            durable = durable.max(self.look_behind(segment, ended.offset, &bytes));
            self.buffer = bytes;
        }
        let mut is_next = true;
        for open in unbegun {
            let name = file_name(open.number);
            let file = self.open(&name)?;
            if std::mem::take(&mut is_next) && !self.manifest.is_clean {
                let mut bytes = std::mem::take(&mut self.buffer);
                read_file(&*file, &mut bytes).map_err(io_error("read", &name))?;
                let spare = Spare {
                    id: open.id,
                    number: open.number,
                    file,
                };
                let places = Places::new(Shape::Dense);
                let uuid = self.manifest.uuid;
                let segment = Segment::new(&spare, uuid, position, Shape::Dense, places);
                durable = durable.max(self.look_behind(&segment, 0, &bytes));
                self.buffer = bytes;
            } else if let Some(later) = self.begun(open)? {
                durable = durable.max(later.first.saturating_sub(1));
            }
        }
        if durable < position {
            return Ok(());
        }
        let (file, reason) = match (active, unbegun.first()) {
            (Some((segment, ended)), _) => (segment.name(), ended.reason.clone()),
            (None, Some(open)) => (file_name(open.number), "it has no header".to_owned()),
            (None, None) => (manifest::NAME.to_owned(), "no segment is open".to_owned()),
        };
        Err(damaged(
            &file,
            position,
            format!("{reason}; position {durable} was durable"),
        ))
    }

    /// What the bytes from `offset` on tell; torn ones are kept for the quarantine.
    fn look_behind(&mut self, segment: &Segment, offset: usize, bytes: &[u8]) -> u64 {
        let rest = bytes.get(offset..).unwrap_or_default();
        let begun = looks_like(rest, segment.id, self.survey.last + 1)
            .map_or(0, |len| (offset + len).min(bytes.len()));
        let seen = witness(bytes, offset.max(SEGMENT_HEADER), segment.id, segment.seed);
        let end = begun.max(seen.map_or(0, |witness| witness.end));
        if let Some(torn) = bytes.get(offset..end).filter(|torn| !torn.is_empty()) {
            self.survey.torn.push(Torn {
                file: segment.name(),
                offset: offset as u64,
                position: self.survey.last + 1,
                bytes: torn.to_vec(),
            });
        }
        seen.map_or(0, |witness| witness.durable)
    }
}

/// Where the frames of an open segment end, and why.
struct Ended {
    offset: usize,
    position: u64,
    time_us: u64,
    reason: String,
}

fn note_place(segment: &Segment, scanned: &Scanned<'_>) {
    let header = &scanned.frame.header;
    let mut places = segment
        .places
        .write()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    places.push(
        header.position - segment.first,
        scanned.offset,
        header.frame_len(),
    );
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

/// The layout that `manifest` and a survey of it make, without spares.
pub(super) fn layout(manifest: &Manifest, survey: &Survey) -> Layout {
    let segments = survey
        .segments
        .iter()
        .map(|one| (one.first, Arc::clone(one)))
        .collect();
    Layout {
        segments,
        next_segment: manifest.next_segment,
        next_file: manifest.next_file,
        incarnation: manifest.incarnation,
        state_floor: manifest.state_floor,
        ..Layout::default()
    }
}
