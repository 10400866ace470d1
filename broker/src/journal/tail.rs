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
use super::window::Window;

/// Where the frames of an open segment end, and why.
struct Ended {
    offset: usize,
    position: u64,
    /// Where in the segment the walk's last window begins, which reaches its end.
    window: usize,
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
        let name = segment.name();
        let buffer = std::mem::take(&mut self.buffer);
        let mut window = Window::open(&*segment.file, buffer).map_err(io_error("read", &name))?;
        let mut offset = SEGMENT_HEADER;
        let mut expected = Expected {
            time_us: self.survey.time_us,
            ..expected(segment)
        };
        let fault = loop {
            let mut scan = Scan::within((window.base(), window.bytes()), expected, offset);
            let mut group: Vec<Scanned<'_>> = Vec::new();
            let fault = loop {
                match scan.step() {
                    Ok(scanned) => group.push(scanned),
                    Err(fault) => break fault,
                }
                if group
                    .last()
                    .is_some_and(|last| last.frame.header.is_commit())
                {
                    for scanned in group.drain(..) {
                        note_place(segment, &scanned);
                        self.show_stored(&scanned)?;
                    }
                    (offset, expected) = (scan.offset(), scan.expected());
                }
            };
            if window.is_last() {
                break fault;
            }
            // What it has of a group is read again.
            window.go_on(offset).map_err(io_error("read", &name))?;
        };
        self.survey.time_us = expected.time_us;
        let base = window.base();
        self.buffer = window.into_buffer();
        Ok(Ended {
            offset,
            position: expected.first,
            window: base,
            reason: fault.to_string(),
        })
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
            // The buffer still holds the last window of this segment, which was the last one read.
            let bytes = std::mem::take(&mut self.buffer);
            let rest = bytes.get(ended.offset - ended.window..).unwrap_or_default();
            durable = durable.max(self.look_behind(segment, ended.offset, rest));
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

    /// What the `rest` of a segment from `offset` on tells; torn bytes are kept for the quarantine.
    fn look_behind(&mut self, segment: &Segment, offset: usize, rest: &[u8]) -> u64 {
        let begun = looks_like(rest, segment.id, self.survey.last + 1);
        let begun = begun.map_or(0, |len| len.min(rest.len()));
        let after_header = SEGMENT_HEADER.saturating_sub(offset);
        let seen = witness(rest, after_header, segment.id, segment.seed);
        let end = begun.max(seen.map_or(0, |witness| witness.end));
        if let Some(torn) = rest.get(..end).filter(|torn| !torn.is_empty()) {
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
