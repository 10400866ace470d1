//! Sets of sequences as ranges. Pure.

use std::collections::BTreeMap;

use crate::v1::SequenceRange;

/// The range of one sequence.
pub(super) fn single(sequence: u64) -> SequenceRange {
    SequenceRange {
        first: sequence,
        last: sequence,
    }
}

/// Adds `range` to `ranges`; as one with the last of them if it follows it.
pub(super) fn push(ranges: &mut Vec<SequenceRange>, range: SequenceRange) {
    match ranges.last_mut() {
        Some(last) if last.last.checked_add(1) == Some(range.first) => last.last = range.last,
        _ => ranges.push(range),
    }
}

/// Sorts `ranges` and makes neighbours one.
pub(super) fn coalesce(ranges: &mut Vec<SequenceRange>) {
    if ranges.is_sorted_by(|a, b| a.last.saturating_add(1) < b.first) {
        return;
    }
    ranges.sort_unstable_by_key(|range| range.first);
    ranges.dedup_by(|next, kept| {
        let touches = next.first <= kept.last.saturating_add(1);
        if touches {
            kept.last = kept.last.max(next.last);
        }
        touches
    });
}

/// A set of sequences.
#[derive(Debug, Default)]
pub(super) struct Ranges {
    /// First sequence to last; no two touch or overlap.
    by_first: BTreeMap<u64, u64>,
}

impl Ranges {
    pub(super) fn is_empty(&self) -> bool {
        self.by_first.is_empty()
    }

    pub(super) fn insert(&mut self, range: SequenceRange) {
        let SequenceRange {
            mut first,
            mut last,
        } = range;
        let reach = last.saturating_add(1);
        while let Some((&before, &end)) = self.by_first.range(..=reach).next_back() {
            if end.saturating_add(1) < first {
                break;
            }
            self.by_first.remove(&before);
            first = first.min(before);
            last = last.max(end);
        }
        self.by_first.insert(first, last);
    }

    pub(super) fn remove(&mut self, range: SequenceRange) {
        while let Some((&first, &last)) = self.by_first.range(..=range.last).next_back() {
            if last < range.first {
                break;
            }
            self.by_first.remove(&first);
            if last > range.last {
                self.by_first.insert(range.last + 1, last);
            }
            if first < range.first {
                self.by_first.insert(first, range.first - 1);
            }
        }
    }

    /// What of `range` is in the set, in order.
    pub(super) fn within(&self, range: SequenceRange) -> Vec<SequenceRange> {
        let before = self.by_first.range(..range.first).next_back();
        let inside = self
            .by_first
            .range(range.first..=range.last.max(range.first));
        before
            .into_iter()
            .chain(inside)
            .filter(|&(_, &last)| last >= range.first)
            .map(|(&first, &last)| SequenceRange {
                first: first.max(range.first),
                last: last.min(range.last),
            })
            .collect()
    }
}
