//! The rows of an index: of each frame with a body its head, and as much of the body as a start
//! needs.
//!
//! ```text
//! row    position less that of the row before, or less the segment's first; time less that of the
//!        row before; kind u8, version u8, flags u8; bytes of the head; bytes of the body's front;
//!        then both. Numbers are unsigned LEB128, differences wrap.
//! ```
//!
//! Whoever reads rows has verified their checksum; that they are well-formed is looked at before
//! the first one is shown all the same.
#![deny(clippy::indexing_slicing)]

use super::codec::{COMMIT, Header};

/// One frame as an index tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row<'a> {
    pub(super) position: u64,
    pub(super) time_us: u64,
    pub(super) kind: u8,
    pub(super) version: u8,
    flags: u8,
    pub(super) head: &'a [u8],
    /// The front of the body.
    pub(super) body: &'a [u8],
}

impl Row<'_> {
    pub(super) fn is_commit(&self) -> bool {
        self.flags & COMMIT != 0
    }
}

/// Collects rows.
#[derive(Debug)]
pub(super) struct RowWriter {
    pub(super) bytes: Vec<u8>,
    pub(super) count: u32,
    position: u64,
    time_us: u64,
}

fn put(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            out.push(low & 0x7f);
            return;
        }
        out.push(low | 0x80);
    }
}

impl RowWriter {
    /// No rows yet of a segment that begins at `first`.
    pub(super) fn new(first: u64) -> Self {
        Self {
            bytes: Vec::new(),
            count: 0,
            position: first,
            time_us: 0,
        }
    }

    pub(super) fn push(&mut self, header: &Header, head: &[u8], front: &[u8]) {
        let out = &mut self.bytes;
        put(out, header.position.wrapping_sub(self.position));
        put(out, header.time_us.wrapping_sub(self.time_us));
        out.extend_from_slice(&[header.kind, header.version, header.flags]);
        put(out, head.len() as u64);
        put(out, front.len() as u64);
        out.extend_from_slice(head);
        out.extend_from_slice(front);
        (self.position, self.time_us) = (header.position, header.time_us);
        self.count += 1;
    }
}

/// The rows of a segment, in the order of its frames.
#[derive(Debug, Clone)]
pub(super) struct Rows<'a> {
    rest: &'a [u8],
    position: u64,
    time_us: u64,
}

impl<'a> Rows<'a> {
    /// `count` rows of a segment that begins at `first`, if `bytes` are exactly those.
    pub(super) fn new(bytes: &'a [u8], count: u32, first: u64) -> Option<Self> {
        let rows = Self {
            rest: bytes,
            position: first,
            time_us: 0,
        };
        let mut probe = rows.clone();
        for _ in 0..count {
            probe.row()?;
        }
        probe.rest.is_empty().then_some(rows)
    }

    fn number(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, len: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(usize::try_from(len).ok()?)?;
        self.rest = rest;
        Some(taken)
    }

    fn row(&mut self) -> Option<Row<'a>> {
        let position = self.position.wrapping_add(self.number()?);
        let time_us = self.time_us.wrapping_add(self.number()?);
        let (&[kind, version, flags], rest) = self.rest.split_first_chunk::<3>()?;
        self.rest = rest;
        let (head, front) = (self.number()?, self.number()?);
        (self.position, self.time_us) = (position, time_us);
        Some(Row {
            position,
            time_us,
            kind,
            version,
            flags,
            head: self.take(head)?,
            body: self.take(front)?,
        })
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Row<'a>;

    fn next(&mut self) -> Option<Row<'a>> {
        self.row()
    }
}
