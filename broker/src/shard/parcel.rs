//! One delivered run: as it waits, by position, and as the consumer gets it, with its bytes.
//!
//! Opening cuts a run that is too large for one answer; it never copies messages.

use std::ops::Range;
use std::sync::{Arc, Weak};

use bytes::Bytes;

use super::bodies::TailBody;
use crate::core::GrantRun;
use crate::model::entry::Columns;
use crate::model::{Offset, Partition, Position, Refusal, Time};

/// Consecutive messages of one partition with one publish time and attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveredRun {
    /// The sequence of the first on this stream, from 1.
    pub first_sequence: u64,
    /// The partition.
    pub partition: Partition,
    /// The offset of the first.
    pub first_offset: Offset,
    /// How many.
    pub count: u64,
    /// When they were published.
    pub time: Time,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// The messages, each as `0x12 <length> <bytes>`: field 2 of a `DeliveryRun`, as they are.
    pub messages: Bytes,
}

/// One delivered run on its way.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    pub(super) run: GrantRun,
    pub(super) partition: Partition,
    /// May leave when this is durable.
    pub(super) needs: Position,
    /// Its frame's body, if it is still in memory when it is read.
    pub(super) body: Weak<TailBody>,
}

impl Parcel {
    /// Where its body is, and the body if it is still in memory.
    pub(super) fn body(&self) -> (Position, Option<Arc<TailBody>>) {
        (self.run.position, self.body.upgrade())
    }

    /// As the consumer gets it: one or more runs, none of more than `limit` bytes unless it is one
    /// message.
    pub(super) fn open(&self, body: &TailBody, limit: usize) -> Result<Vec<DeliveredRun>, Refusal> {
        let columns = body.columns()?;
        let first = index(self.run.range.start, self.run.frame_base);
        let end = index(self.run.range.end, self.run.frame_base);
        let mut runs = Vec::with_capacity(1);
        let mut at = first;
        while at < end {
            let rest = columns.slice(at, end - at);
            let (count, place) = if rest.len() <= limit {
                (end - at, rest)
            } else {
                let count = fitting(columns, at..end, limit);
                (count, columns.slice(at, count))
            };
            let skipped = (at - first) as u64;
            runs.push(DeliveredRun {
                first_sequence: self.run.first_sequence + skipped,
                partition: self.partition,
                first_offset: self.run.range.start.plus(skipped),
                count: count as u64,
                time: self.run.time,
                attempt: self.run.attempt,
                messages: body.slice(place)?,
            });
            at += count;
        }
        Ok(runs)
    }
}

/// Which message of its frame an offset is.
fn index(offset: Offset, base: Offset) -> usize {
    usize::try_from(offset.0.saturating_sub(base.0)).unwrap_or(usize::MAX)
}

/// How many messages of `within` take at most `limit` bytes; at least one.
fn fitting(columns: &Columns, within: Range<usize>, limit: usize) -> usize {
    let mut weight = 0;
    let fits = within.clone().take_while(|&at| {
        weight += columns.slice(at, 1).len();
        weight <= limit
    });
    fits.count().max(1)
}
