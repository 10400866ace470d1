//! From placed groups to the bytes of a segment.
//!
//! A body is copied at most once: a small one next to its header into a reused buffer, a large one
//! not at all. The buffer is bounded, so it stays in the processor's cache; a batch larger than it
//! takes several writes before its one sync.

use std::io::{self, IoSlice};
use std::ops::Range;
use std::sync::Arc;

use super::api::Frame;
use super::codec::{COMMIT, HEADER, Header, SEGMENT_HEADER, SegmentHeader, frame_len};
use super::disk::DiskFile;
use super::segment::Segment;
use super::transfer::write_all;

/// Bodies up to this size are copied; a part of a vectored write costs about as much as this.
const COPIED_BODY: usize = 8 << 10;
/// Copied bytes that are written at once.
const CHUNK: usize = 512 << 10;
/// Parts that are written at once; the kernel takes 1,024 slices, and a part is two.
const CHUNK_PARTS: usize = 500;

/// One commit group with its place.
pub(super) struct Placed {
    pub(super) segment: Arc<Segment>,
    pub(super) offset: u64,
    pub(super) first: u64,
    pub(super) time_us: u64,
    pub(super) frames: Vec<Frame>,
    pub(super) bytes: u64,
}

/// Copied bytes, and the body that follows them and is written from where it is.
type Part<'a> = (Range<usize>, &'a [u8]);

/// Lays out batches in a buffer that it keeps.
pub(super) struct Composer {
    uuid: [u8; 16],
    scratch: Vec<u8>,
}

impl Composer {
    pub(super) fn new(uuid: [u8; 16]) -> Self {
        Self {
            uuid,
            scratch: Vec::new(),
        }
    }

    /// Writes neighbouring groups of one segment, the segment's header too if they are its first.
    pub(super) fn write(
        &mut self,
        segment: &Segment,
        run: &[Placed],
        durable: u64,
    ) -> io::Result<()> {
        let Some(first) = run.first() else {
            return Ok(());
        };
        self.scratch.clear();
        let mut offset = first.offset;
        if offset == SEGMENT_HEADER as u64 {
            offset = 0;
            let Segment {
                id, first, shape, ..
            } = *segment;
            let header = SegmentHeader {
                uuid: self.uuid,
                segment: id,
                first,
                durable,
                shape,
            };
            header.encode(&mut self.scratch);
        }
        let (mut parts, mut copied): (Vec<Part<'_>>, usize) = (Vec::new(), 0);
        for placed in run {
            let last = placed.frames.len() - 1;
            for (index, frame) in placed.frames.iter().enumerate() {
                let flags = if index == last { COMMIT } else { 0 };
                let header = header(segment, placed, index, frame);
                let header = Header {
                    flags,
                    durable,
                    ..header
                };
                header.encode(&frame.head, segment.seed, &mut self.scratch);
                if frame.body.len() <= COPIED_BODY {
                    self.scratch.extend_from_slice(&frame.body);
                } else {
                    parts.push((copied..self.scratch.len(), &frame.body));
                    copied = self.scratch.len();
                }
                let unpadded = HEADER + frame.head.len() + frame.body.len();
                let padding = frame_len(frame.head.len(), frame.body.len()) - unpadded;
                self.scratch.resize(self.scratch.len() + padding, 0);
                if self.scratch.len() >= CHUNK || parts.len() >= CHUNK_PARTS {
                    parts.push((copied..self.scratch.len(), &[]));
                    offset += self.flush(&*segment.file, offset, &parts)?;
                    (parts, copied) = (Vec::new(), 0);
                }
            }
        }
        parts.push((copied..self.scratch.len(), &[]));
        self.flush(&*segment.file, offset, &parts)?;
        Ok(())
    }

    /// Writes the parts at `offset`; returns how many bytes they are.
    fn flush(&mut self, file: &dyn DiskFile, offset: u64, parts: &[Part<'_>]) -> io::Result<u64> {
        let mut slices: Vec<IoSlice<'_>> = parts
            .iter()
            .flat_map(|(copied, body)| [&self.scratch[copied.clone()], body])
            .filter(|bytes| !bytes.is_empty())
            .map(IoSlice::new)
            .collect();
        let bytes = slices.iter().map(|slice| slice.len() as u64).sum();
        write_all(file, offset, &mut slices)?;
        self.scratch.clear();
        Ok(bytes)
    }
}

/// The header of one frame, but for what the batch says.
fn header(segment: &Segment, placed: &Placed, index: usize, frame: &Frame) -> Header {
    Header {
        kind: frame.kind,
        version: frame.version,
        flags: 0,
        segment: segment.id,
        head_len: u32::try_from(frame.head.len()).unwrap_or(u32::MAX),
        body_len: u32::try_from(frame.body.len()).unwrap_or(u32::MAX),
        position: placed.first + index as u64,
        time_us: placed.time_us,
        durable: 0,
        body_crc: frame.body_crc,
    }
}
