//! The numbers of one moment: gauges as they are then, counts of what happened since the moment
//! before.

use super::varint;

/// A number of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Column {
    /// Gauge: ready, leased and waiting messages.
    Backlog,
    /// Gauge: ready messages.
    Ready,
    /// Gauge: leased messages.
    Leased,
    /// Gauge: messages in backoff.
    Waiting,
    /// Gauge: messages that are due later.
    Scheduled,
    /// Gauge: dead messages.
    Dead,
    /// Gauge: the age of the oldest message of the backlog in milliseconds, plus one; 0 without one.
    Lag,
    /// Gauge: connected consumers.
    Consumers,
    /// Gauge: messages that a topic stores.
    Stored,
    /// Count: messages that came in.
    Published,
    /// Count: messages handed out.
    Delivered,
    /// Count: those of them handed out again.
    Redelivered,
    /// Count: messages acknowledged.
    Acked,
    /// Count: attempts failed.
    Failed,
    /// Count: messages that died.
    Died,
}

/// How many columns there are.
pub(super) const COLUMNS: usize = Column::Died as usize + 1;
/// The first column that counts.
const FIRST_COUNT: usize = Column::Published as usize;

/// The numbers of one moment.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Point([u64; COLUMNS]);

impl Point {
    /// The number in a column.
    pub fn get(&self, column: Column) -> u64 {
        self.0[column as usize]
    }

    /// Sets the number in a column.
    pub fn set(&mut self, column: Column, value: u64) {
        self.0[column as usize] = value;
    }

    /// Takes in a later moment of the same span: gauges keep the highest, so that a peak is seen;
    /// counts add up.
    pub(super) fn take_in(&mut self, later: &Self) {
        let (gauges, counts) = self.0.split_at_mut(FIRST_COUNT);
        let (later_gauges, later_counts) = later.0.split_at(FIRST_COUNT);
        for (gauge, later) in gauges.iter_mut().zip(later_gauges) {
            *gauge = (*gauge).max(*later);
        }
        for (count, later) in counts.iter_mut().zip(later_counts) {
            *count = count.saturating_add(*later);
        }
    }

    /// Appends what is different from `before`: a bit for each column that is, then by how much.
    pub(super) fn put(&self, before: &Self, bytes: &mut Vec<u8>) {
        let pairs = || self.0.iter().zip(&before.0);
        let changed = pairs().enumerate().filter(|(_, (now, then))| now != then);
        let bits = changed.fold(0, |bits, (at, _)| bits | 1 << at);
        varint::put(bytes, bits);
        for (now, then) in pairs().filter(|(now, then)| now != then) {
            varint::put(bytes, varint::fold(now.wrapping_sub(*then)));
        }
    }

    /// The point that was put after `before`; `None` for bytes that nobody puts.
    pub(super) fn take(before: &Self, bytes: &mut &[u8]) -> Option<Self> {
        let bits = varint::take(bytes)?;
        if bits >> COLUMNS != 0 {
            return None;
        }
        let mut point = *before;
        for (at, value) in point.0.iter_mut().enumerate() {
            if bits & 1 << at != 0 {
                *value = value.wrapping_add(varint::unfold(varint::take(bytes)?));
            }
        }
        Some(point)
    }
}
