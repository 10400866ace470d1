//! Going through the frames of a sealed segment without holding or reading all of it.
//!
//! Headers and heads are verified; of a body only what is asked for is read, so that a segment of
//! large batches costs a few pages of it. Who asks for a whole body can verify that too.
#![deny(clippy::indexing_slicing)]

use std::io;

use super::codec::{Decoded, Fault, HEADER, Header, SEGMENT_HEADER, Seed, Shape, decode};
use super::disk::DiskFile;
use super::segment::Segment;
use super::transfer::read_up_to;

/// Bytes read at once: small frames come many at a time, large ones are mostly passed over.
const WINDOW: usize = 64 << 10;

/// A walk over a segment's frames by their headers.
pub(super) struct Skim<'a> {
    file: &'a dyn DiskFile,
    id: u64,
    seed: Seed,
    shape: Shape,
    buffer: Vec<u8>,
    /// Where in the file the buffer begins.
    start: u64,
    /// Where in the file the frame is that is looked at.
    offset: u64,
    /// The position it must have, or must at least have in a sparse segment.
    position: u64,
}

impl<'a> Skim<'a> {
    pub(super) fn new(segment: &'a Segment) -> Self {
        Self {
            file: &*segment.file,
            id: segment.id,
            seed: segment.seed,
            shape: segment.shape,
            buffer: Vec::new(),
            start: 0,
            offset: SEGMENT_HEADER as u64,
            position: segment.first,
        }
    }

    /// Where in the file the frame is that is looked at.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The position that the frame has, or has at least.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Goes on behind a frame that was looked at.
    pub(super) fn pass(&mut self, header: &Header) {
        self.offset += header.frame_len() as u64;
        self.position = header.position + 1;
    }

    /// The bytes from the frame on, as far as they are in memory.
    fn rest(&self) -> &[u8] {
        let at = self.offset.checked_sub(self.start);
        let at = at.and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| self.buffer.get(at..)).unwrap_or_default()
    }

    /// Has `wanted` bytes from the frame on in memory, fewer only at the end of the file.
    fn hold(&mut self, wanted: usize) -> io::Result<usize> {
        if self.rest().len() < wanted {
            self.buffer.resize(wanted.max(WINDOW), 0);
            self.start = self.offset;
            let filled = read_up_to(self.file, self.start, &mut self.buffer)?;
            self.buffer.truncate(filled);
        }
        Ok(self.rest().len())
    }

    /// The frame with at least `body` bytes of its body, or all if it has fewer; `None` if no
    /// sound one is here.
    pub(super) fn look(&mut self, body: usize) -> io::Result<Option<Decoded<'_>>> {
        let mut wanted = HEADER;
        loop {
            let held = self.hold(wanted)?;
            let is_end = held < wanted;
            match decode(self.rest(), self.id, self.seed) {
                Ok(frame) => {
                    let body = body.min(frame.header.body_len as usize);
                    wanted = HEADER + frame.head.len() + body;
                    if wanted <= held {
                        break;
                    }
                    if is_end {
                        return Ok(None);
                    }
                }
                // The head goes on behind what was read.
                Err(Fault::ShortHeader) if !is_end => wanted = (held + 1).max(held * 2),
                Err(_) => return Ok(None),
            }
        }
        let frame = decode(self.rest(), self.id, self.seed).ok();
        let fits = |frame: &Decoded<'_>| match self.shape {
            Shape::Dense => frame.header.position == self.position,
            Shape::Sparse => frame.header.position >= self.position,
        };
        Ok(frame.filter(fits))
    }
}
