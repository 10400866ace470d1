//! A block of a log: consecutive messages of whole frames, in columns.
//!
//! Promises 16 bytes for a message published alone without a key, 8 more with one, and a few for a
//! message of a large batch of equal sizes. Finds nothing by itself; the log knows the blocks.

use super::spans::between;
use crate::model::entry::{Columns, Published, Sizes};
use crate::model::{Offset, OffsetRange, Position, Time};

/// A block takes no more frames once it has so many messages.
const FULL: u32 = 1_024;

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

/// A frame relative to its block.
#[derive(Debug, Clone, Copy)]
struct Row {
    first: u32,
    position: u32,
    time: u32,
}

#[derive(Debug, Clone)]
pub(super) struct Block {
    base: u64,
    count: u32,
    position: u64,
    time: u64,
    bytes: u64,
    rows: Vec<Row>,
    sizes: Sizes,
    /// Those of a block that still grows, if they differ.
    open_sizes: Vec<u32>,
    keys: Option<Vec<u64>>,
}

impl Block {
    pub(super) fn new(position: Position, published: &Published, columns: &Columns) -> Self {
        let mut block = Self {
            base: published.base.0,
            count: 0,
            position: position.0,
            time: published.time.0,
            bytes: 0,
            rows: Vec::new(),
            sizes: Sizes::Uniform(columns.sizes.get(0)),
            open_sizes: Vec::new(),
            keys: None,
        };
        block.append(position, published, columns);
        block
    }

    pub(super) fn end(&self) -> u64 {
        self.base + u64::from(self.count)
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn range(&self) -> OffsetRange {
        between(self.base, self.end())
    }

    /// Adds a frame if it follows and there is room for it; says whether it did.
    pub(super) fn append(
        &mut self,
        position: Position,
        published: &Published,
        columns: &Columns,
    ) -> bool {
        let (place, time) = (
            position.0.checked_sub(self.position),
            published.time.0.checked_sub(self.time),
        );
        let (Some(Ok(place)), Some(Ok(time))) = (place.map(u32::try_from), time.map(u32::try_from))
        else {
            return false;
        };
        if self.count >= FULL || published.base.0 != self.end() {
            return false;
        }
        self.rows.push(Row {
            first: self.count,
            position: place,
            time,
        });
        self.add_sizes(columns);
        self.add_keys(columns);
        self.bytes += columns.message_bytes();
        self.count += columns.count;
        if self.count >= FULL {
            self.close();
        }
        true
    }

    fn add_sizes(&mut self, columns: &Columns) {
        if self.open_sizes.is_empty() {
            match (&self.sizes, &columns.sizes) {
                (Sizes::Uniform(mine), Sizes::Uniform(theirs)) if mine == theirs => return,
                _ => self
                    .open_sizes
                    .resize(self.count as usize, self.sizes.get(0)),
            }
        }
        let count = columns.count as usize;
        match &columns.sizes {
            Sizes::Uniform(size) => self.open_sizes.resize(self.open_sizes.len() + count, *size),
            Sizes::Each(sizes) => self.open_sizes.extend_from_slice(sizes),
        }
    }

    fn add_keys(&mut self, columns: &Columns) {
        let (before, count) = (self.count as usize, columns.count as usize);
        if columns.keys.is_none() && self.keys.is_none() {
            return;
        }
        let mine = self.keys.get_or_insert_default();
        mine.resize(before, 0);
        match &columns.keys {
            Some(keys) => mine.extend_from_slice(keys),
            None => mine.resize(before + count, 0),
        }
    }

    /// Gives back what it reserved to grow.
    fn close(&mut self) {
        self.rows.shrink_to_fit();
        if let Some(keys) = &mut self.keys {
            keys.shrink_to_fit();
        }
        if !self.open_sizes.is_empty() {
            self.sizes = Sizes::Each(std::mem::take(&mut self.open_sizes).into());
        }
    }

    pub(super) fn size(&self, at: usize) -> u32 {
        match self.open_sizes.get(at) {
            Some(size) => *size,
            None => self.sizes.get(at),
        }
    }

    /// The sum of the sizes of `start..end`.
    pub(super) fn sum(&self, start: usize, end: usize) -> u64 {
        if start == 0 && end == self.count as usize {
            return self.bytes;
        }
        match self.open_sizes.get(start..end) {
            Some(sizes) => sizes.iter().map(|&size| u64::from(size)).sum(),
            None => self.sizes.sum(start, end - start),
        }
    }

    /// How many messages from index `at` on, at most `most`, have together at most `bytes` bytes.
    pub(super) fn fit(&self, at: usize, most: u64, bytes: u64) -> u64 {
        if let (Sizes::Uniform(size), true) = (&self.sizes, self.open_sizes.is_empty()) {
            let by_bytes = bytes.checked_div(u64::from(*size));
            return by_bytes.map_or(most, |count| count.min(most));
        }
        let mut left = bytes;
        let mut count = 0;
        while count < most {
            let size = u64::from(self.size(at + usize::try_from(count).unwrap_or(usize::MAX)));
            if size > left {
                break;
            }
            left -= size;
            count += 1;
        }
        count
    }

    pub(super) fn keys(&self) -> Option<&[u64]> {
        self.keys.as_deref()
    }

    pub(super) fn time(&self, at: u32) -> Option<Time> {
        let row = self.rows.partition_point(|row| row.first <= at);
        let row = self.rows.get(row.checked_sub(1)?)?;
        Some(Time(self.time + u64::from(row.time)))
    }

    /// The frames that have a part in `range`, each with that part.
    pub(super) fn runs(&self, range: OffsetRange) -> impl Iterator<Item = Run> + '_ {
        let first = |row: &Row| self.base + u64::from(row.first);
        let from = self.rows.partition_point(|row| first(row) <= range.start.0);
        let rows = self.rows.iter().enumerate().skip(from.saturating_sub(1));
        rows.take_while(move |(_, row)| first(row) < range.end.0)
            .map(move |(at, row)| {
                let end = self.rows.get(at + 1).map_or(self.end(), first);
                Run {
                    position: Position(self.position + u64::from(row.position)),
                    frame_base: Offset(first(row)),
                    range: between(first(row), end).intersection(range),
                    time: Time(self.time + u64::from(row.time)),
                }
            })
            .filter(|run| !run.range.is_empty())
    }

    /// The position of its first frame.
    pub(super) fn position(&self) -> Position {
        Position(self.position)
    }

    /// When its first frame was published.
    pub(super) fn begun(&self) -> Time {
        Time(self.time)
    }

    /// The positions from `first` to `last` of its frames that do not end before offset `low`.
    pub(super) fn positions(
        &self,
        first: Position,
        last: Position,
        low: u64,
    ) -> impl Iterator<Item = Position> + '_ {
        let position = |row: &Row| Position(self.position + u64::from(row.position));
        let from = self.rows.partition_point(|row| position(row) < first);
        let rows = self.rows.iter().enumerate().skip(from);
        let rows = rows.take_while(move |(_, row)| position(row) <= last);
        rows.filter(move |(at, _)| {
            let next = self.rows.get(at + 1);
            low < next.map_or(self.end(), |row| self.base + u64::from(row.first))
        })
        .map(move |(_, row)| position(row))
    }

    /// The index of an offset of this block.
    pub(super) fn index(&self, offset: u64) -> usize {
        usize::try_from(offset - self.base).unwrap_or(usize::MAX)
    }
}
