//! Durations counted in buckets, so that many take little and two counts can be added.
//!
//! **Definition.** A duration of v microseconds below 16 is in bucket v. Another one, with
//! e = floor(log2 v) - 4, is in bucket 16 (e + 1) + floor(v / 2^e) - 16: each power of two is cut into
//! sixteen buckets of one width, so that a bucket is at most 1/16 (6.25 %) wider than its lower bound,
//! and below 32 µs it has one value. The last one holds whatever is longer than [`LONGEST`]. A quantile
//! q of n durations is the upper bound of the bucket that has the one of rank ceil(q n), or the longest
//! duration if that is less; so it is never below the exact one, and at most 6.25 % above it.
//!
//! Promises that adding is associative and commutative, and that what holds the same durations is equal.
//! Only buckets that hold something take memory: 8 bytes each, and there are [`BUCKETS`].

use crate::model::Span;

/// Buckets of a power of two, as a power of two.
const FINE: u32 = 4;
/// The same as a number.
const STEPS: u64 = 1 << FINE;
/// All durations from here on are taken for one: 203 days.
pub const LONGEST: Span = Span((1 << 44) - 1);
/// How many buckets there are.
pub const BUCKETS: usize = bucket(LONGEST) as usize + 1;

/// The bucket of a duration.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a bucket's number is below 656"
)]
const fn bucket(span: Span) -> u16 {
    let value = if span.0 < LONGEST.0 {
        span.0
    } else {
        LONGEST.0
    };
    if value < STEPS {
        return value as u16;
    }
    let scale = value.ilog2() - FINE;
    (scale as u16 + 1) * STEPS as u16 + ((value >> scale) - STEPS) as u16
}

/// The longest duration of a bucket.
const fn bound(bucket: u16) -> Span {
    let bucket = bucket as u64;
    if bucket < STEPS {
        return Span(bucket);
    }
    let scale = bucket / STEPS - 1;
    Span(((STEPS + bucket % STEPS + 1) << scale) - 1)
}

/// How many durations of which length there were.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Histogram {
    /// In order of bucket; none is empty.
    cells: Vec<Cell>,
    longest: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cell {
    bucket: u16,
    count: u32,
}

/// What is said of durations, without their buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latency {
    /// Over how long they were measured.
    pub window: Span,
    /// How many.
    pub count: u64,
    /// Half of them took at most this.
    pub p50: Span,
    /// 90 % of them took at most this.
    pub p90: Span,
    /// 99 % of them took at most this.
    pub p99: Span,
    /// The longest.
    pub max: Span,
}

impl Histogram {
    /// Counts `count` durations of one length. A bucket holds 2^32 - 1 and no more.
    pub fn record(&mut self, span: Span, count: u64) {
        if count == 0 {
            return;
        }
        self.longest = self.longest.max(span);
        let (bucket, count) = (bucket(span), u32::try_from(count).unwrap_or(u32::MAX));
        match self.cells.binary_search_by_key(&bucket, |cell| cell.bucket) {
            Ok(at) => {
                if let Some(cell) = self.cells.get_mut(at) {
                    cell.count = cell.count.saturating_add(count);
                }
            }
            Err(at) => self.cells.insert(at, Cell { bucket, count }),
        }
    }

    /// Adds what another one holds.
    pub fn merge(&mut self, other: &Self) {
        self.longest = self.longest.max(other.longest);
        let mut merged = Vec::with_capacity(self.cells.len() + other.cells.len());
        let (mut mine, mut others) = (self.cells.iter().peekable(), other.cells.iter().peekable());
        while let Some(&cell) = mine
            .next_if(|cell| {
                let next = others.peek();
                next.is_none_or(|next| cell.bucket <= next.bucket)
            })
            .or_else(|| others.next())
        {
            match merged.last_mut() {
                Some(Cell { bucket, count }) if *bucket == cell.bucket => {
                    *count = count.saturating_add(cell.count);
                }
                _ => merged.push(cell),
            }
        }
        self.cells = merged;
    }

    /// Forgets everything; keeps the room that it took.
    pub fn clear(&mut self) {
        self.cells.clear();
        self.longest = Span::ZERO;
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// How many durations it holds.
    pub fn count(&self) -> u64 {
        self.cells.iter().map(|cell| u64::from(cell.count)).sum()
    }

    /// The bucket bounds with how many durations lie between the one before and this one, which
    /// belongs to them; in order, without empty ones.
    pub fn buckets(&self) -> impl Iterator<Item = (Span, u64)> + '_ {
        let cells = self.cells.iter();
        cells.map(|cell| (bound(cell.bucket), u64::from(cell.count)))
    }

    /// What is said of it, measured over `window`; `None` if it is empty.
    pub fn latency(&self, window: Span) -> Option<Latency> {
        let count = self.count();
        let (ranks, mut found) = (
            [rank(count, 50), rank(count, 90), rank(count, 99)],
            [None; 3],
        );
        let mut seen = 0;
        for (bound, count) in self.buckets() {
            seen += count;
            for (rank, found) in ranks.iter().zip(&mut found) {
                if found.is_none() && *rank <= seen {
                    *found = Some(bound.min(self.longest));
                }
            }
        }
        let [Some(p50), Some(p90), Some(p99)] = found else {
            return None;
        };
        Some(Latency {
            window,
            count,
            p50,
            p90,
            p99,
            max: self.longest,
        })
    }
}

/// Which of `count` in order stands for so many per cent of them, from 1.
fn rank(count: u64, percent: u64) -> u64 {
    let rank = (u128::from(count) * u128::from(percent)).div_ceil(100);
    u64::try_from(rank).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "histogram_tests.rs"]
mod tests;
