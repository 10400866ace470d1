//! Walking the frames of one segment, and looking for witnesses behind a bad one.
//!
//! A scan stops at the first frame that does not verify and says why; it never skips. Whether that
//! is the end of the log or damage is not decided here: `witness` only reports what valid headers
//! behind that place say of it.
#![deny(clippy::indexing_slicing)]

use super::codec::{ALIGN, Decoded, Fault, Seed, Shape, decode};

/// Which segment a scan reads, and what it expects there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    pub(super) segment: u64,
    pub(super) seed: Seed,
    pub(super) shape: Shape,
    pub(super) first: u64,
    /// No frame may be older than this.
    pub(super) time_us: u64,
}

/// A walk over the frames of one segment.
pub(super) struct Scan<'a> {
    bytes: &'a [u8],
    /// Where in the segment the bytes begin.
    base: usize,
    expected: Expected,
    offset: usize,
}

/// One verified frame and where in the segment it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scanned<'a> {
    pub(super) offset: usize,
    pub(super) frame: Decoded<'a>,
    pub(super) body: &'a [u8],
}

impl<'a> Scan<'a> {
    /// A walk from a frame within a segment that is in memory as a whole.
    pub(super) fn starting_at(bytes: &'a [u8], expected: Expected, offset: usize) -> Self {
        Self::within((0, bytes), expected, offset)
    }

    /// A walk from a frame at an offset of the segment, of which there are the bytes from a place on.
    pub(super) fn within(
        (base, bytes): (usize, &'a [u8]),
        expected: Expected,
        offset: usize,
    ) -> Self {
        Self {
            bytes,
            base,
            expected,
            offset,
        }
    }

    /// Where in the segment the next frame would start.
    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    /// The position that the next frame must have, or must at least have in a sparse segment.
    pub(super) fn position(&self) -> u64 {
        self.expected.first
    }

    /// What it expects of the next frame.
    pub(super) fn expected(&self) -> Expected {
        self.expected
    }

    /// The next frame, verified; the scan does not move past a bad one.
    pub(super) fn step(&mut self) -> Result<Scanned<'a>, Fault> {
        let at = self.offset.saturating_sub(self.base);
        let rest = self.bytes.get(at..).unwrap_or_default();
        let frame = decode(rest, self.expected.segment, self.expected.seed)?;
        let header = &frame.header;
        let fits = match self.expected.shape {
            Shape::Dense => header.position == self.expected.first,
            Shape::Sparse => header.position >= self.expected.first,
        };
        if !fits {
            return Err(Fault::Position);
        }
        if header.time_us < self.expected.time_us {
            return Err(Fault::Time);
        }
        let body = frame.verify_body()?;
        let scanned = Scanned {
            offset: self.offset,
            frame,
            body,
        };
        self.offset += header.frame_len();
        self.expected.first = header.position + 1;
        self.expected.time_us = header.time_us;
        Ok(scanned)
    }
}

/// What the valid headers behind a bad frame say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Witness {
    /// The highest position that one of them names as durable.
    pub(super) durable: u64,
    /// Where the last of them ends in the file.
    pub(super) end: usize,
}

/// Looks for valid headers of the segment from `offset` on.
pub(super) fn witness(bytes: &[u8], offset: usize, segment: u64, seed: Seed) -> Option<Witness> {
    let mut found: Option<Witness> = None;
    let mut at = offset.next_multiple_of(ALIGN);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        if let Ok(frame) = decode(rest, segment, seed) {
            let end = (at + frame.header.frame_len()).min(bytes.len());
            let durable = frame
                .header
                .durable
                .max(found.map_or(0, |witness| witness.durable));
            found = Some(Witness {
                durable,
                end: end.max(found.map_or(0, |one| one.end)),
            });
        }
        at += ALIGN;
    }
    found
}
