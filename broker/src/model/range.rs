//! Ranges of offsets: what acks, leases and operations are made of.

use super::Offset;

/// The offsets from `start` up to but without `end`. Empty if they are equal.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OffsetRange {
    /// The first offset.
    pub start: Offset,
    /// One past the last offset.
    pub end: Offset,
}

impl OffsetRange {
    /// `count` offsets from `start`.
    pub fn new(start: Offset, count: u64) -> Self {
        Self {
            start,
            end: start.plus(count),
        }
    }

    /// From `start` up to but without `end`; empty if `end` is not after `start`.
    pub fn between(start: Offset, end: Offset) -> Self {
        Self {
            start,
            end: end.max(start),
        }
    }

    /// One offset.
    pub fn one(offset: Offset) -> Self {
        Self::new(offset, 1)
    }

    /// How many offsets.
    pub fn count(self) -> u64 {
        self.end.0 - self.start.0
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether `offset` is one of them.
    pub fn contains(self, offset: Offset) -> bool {
        self.start <= offset && offset < self.end
    }

    /// What both have.
    pub fn intersection(self, other: Self) -> Self {
        Self::between(self.start.max(other.start), self.end.min(other.end))
    }

    /// Each offset in turn.
    pub fn offsets(self) -> impl DoubleEndedIterator<Item = Offset> + Clone {
        (self.start.0..self.end.0).map(Offset)
    }
}

/// Sorts ranges and joins those that touch or overlap; drops empty ones.
pub fn normalise(ranges: &mut Vec<OffsetRange>) {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_unstable();
    ranges.dedup_by(|next, kept| {
        let touches = next.start <= kept.end;
        if touches {
            kept.end = kept.end.max(next.end);
        }
        touches
    });
}

/// Adds a range to a list in order; joins it to the last if they touch.
pub fn push_joined(list: &mut Vec<OffsetRange>, range: OffsetRange) {
    match list.last_mut() {
        _ if range.is_empty() => {}
        Some(before) if before.end == range.start => before.end = range.end,
        _ => list.push(range),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn touching_and_overlapping_ranges_become_one() {
        let range = |start, end| OffsetRange::between(Offset(start), Offset(end));
        let mut ranges = vec![
            range(7, 9),
            range(1, 3),
            range(3, 4),
            range(5, 5),
            range(8, 12),
        ];
        normalise(&mut ranges);
        assert_eq!(ranges, [range(1, 4), range(7, 12)]);
    }
}
