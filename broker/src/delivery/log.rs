//! A partition's messages without their content: sizes, keys, times and where they are stored.
use crate::model::entry::{Columns, Published};
use crate::model::{Offset, OffsetRange, Position, Time};

/// Consecutive messages of one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The frame.
    pub position: Position,
    /// The offset of the frame's first message.
    pub frame_base: Offset,
    /// The messages.
    pub range: OffsetRange,
    /// When they were published.
    pub time: Time,
}

/// The messages of a partition from its low watermark to its next offset.
#[derive(Debug, Default, Clone)]
pub struct Log;

#[expect(unused_variables, reason = "skeleton")]
impl Log {
    /// An empty one.
    pub fn new(low: Offset, next: Offset) -> Self {
        unimplemented!()
    }
    /// The first offset still stored.
    pub fn low(&self) -> Offset {
        unimplemented!()
    }
    /// The next offset to be given.
    pub fn next(&self) -> Offset {
        unimplemented!()
    }
    /// Adds a batch published live; its base is `next`.
    pub fn push(&mut self, position: Position, published: &Published, columns: &Columns) {
        unimplemented!()
    }
    /// Adds a batch found in recovery, in any order; a known one is ignored. Raises `next` if it ends beyond.
    pub fn insert(&mut self, position: Position, published: &Published, columns: &Columns) {
        unimplemented!()
    }
    /// Raises the low watermark; gives the frames that are wholly below it now, with the bytes of their messages.
    pub fn trim(&mut self, low: Offset) -> Vec<(Position, u64)> {
        unimplemented!()
    }
    /// In recovery: sets both ends as a restated topic says; messages outside are forgotten.
    pub fn reset(&mut self, low: Offset, next: Offset) {
        unimplemented!()
    }
    /// The bytes of an encoded message; 0 if it is not stored.
    pub fn size(&self, offset: Offset) -> u32 {
        unimplemented!()
    }
    /// The hash of a message's ordering key; 0 for none.
    pub fn key(&self, offset: Offset) -> u64 {
        unimplemented!()
    }
    /// When a message was published.
    pub fn time(&self, offset: Offset) -> Option<Time> {
        unimplemented!()
    }
    /// The bytes of the stored messages of a range.
    pub fn bytes(&self, range: OffsetRange) -> u64 {
        unimplemented!()
    }
    /// The bytes of all stored messages.
    pub fn stored_bytes(&self) -> u64 {
        unimplemented!()
    }
    /// A range, split by frame.
    pub fn runs(&self, range: OffsetRange) -> impl Iterator<Item = Run> + '_ {
        std::iter::empty()
    }
    /// All frames, with the bytes of their messages.
    pub fn positions(&self) -> impl Iterator<Item = (Position, u64)> + '_ {
        std::iter::empty()
    }
    /// The first offset published at `time` or later; `next` if there is none.
    pub fn first_at_or_after(&self, time: Time) -> Offset {
        unimplemented!()
    }
}
