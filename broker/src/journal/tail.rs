//! Where the log ends, and whether that end is a torn tail or damage.
//!
//! A bad frame is damage if any later valid frame, a later segment, a checkpoint or the manifest
//! names a durable position at or above it: then nothing may be cut. Otherwise all from it on was
//! being written when the power went.

use std::sync::Arc;

use super::api::OpenError;
use super::codec::{SEGMENT_HEADER, SegmentHeader, Shape, looks_like};
use super::findings::{Torn, damaged, io_error};
use super::manifest::{self, Open};
use super::scan::{Expected, Scan, Scanned, witness};
use super::segment::{Segment, Spare, file_name};
use super::transfer::{read_file, read_up_to};
use super::walk::{Walk, expected, note_place};

/// Where the frames of an open segment end, and why.
struct Ended {
    offset: usize,
    position: u64,
    time_us: u64,
    reason: String,
}

impl Walk<'_, '_> {
    /// Walks the segments that may have been written, in the order of their use.
    pub(super) fn walk_open(&mut self, known_durable: u64) -> Result<(), OpenError> {
        let mut active: Option<(Arc<Segment>, Ended)> = None;
        let mut left = self.manifest.open.iter();
        let mut unbegun = Vec::new();
        for open in left.by_ref() {
            let Some(segment) = self.begun(open)? else {
                unbegun.push(*open);
                break;
            };
            let next = self.survey.last + 1;
            if segment.first != next && !self.may_follow(segment.first) {
                return Err(self.gap(active.as_ref(), &segment));
            }
            if let Some((before, _)) = active.take() {
                before.seal(self.survey.last);
                self.survey.unindexed.push(before);
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
        let uuid = self.manifest.uuid;
        let segment = Segment::new(&spare, uuid, header.first, Shape::Dense);
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
            ..expected(segment)
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
                let uuid = self.manifest.uuid;
                let segment = Segment::new(&spare, uuid, position, Shape::Dense);
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
