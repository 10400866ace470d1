//! Points over time, one a tick, written only where they differ from the one before.
//!
//! A chunk begins with a whole point and goes on with differences; it is closed after [`CHUNK`]
//! ticks. Ticks without an entry repeat the one before, also from one chunk to the next.

use std::collections::VecDeque;

use super::point::Point;
use super::varint;

/// Ticks from the first of a chunk that it takes.
const CHUNK: u64 = 60;

/// The points of one thing.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Series {
    chunks: VecDeque<Chunk>,
    /// What the last entry says.
    newest: Point,
    bytes: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Chunk {
    first: u64,
    last: u64,
    /// The point at `first`, then for each entry how many ticks later it is, and the difference.
    bytes: Vec<u8>,
}

impl Chunk {
    /// Bytes of memory.
    fn weight(&self) -> usize {
        size_of::<Self>() + self.bytes.capacity()
    }

    /// Its entries; ends early if the bytes do.
    fn entries(&self) -> impl Iterator<Item = (u64, Point)> {
        let mut bytes = self.bytes.as_slice();
        let mut tick = self.first;
        let mut point = Point::default();
        let mut is_first = true;
        std::iter::from_fn(move || {
            if !is_first {
                tick = tick.checked_add(varint::take(&mut bytes)?)?;
            }
            is_first = false;
            point = Point::take(&point, &mut bytes)?;
            Some((tick, point))
        })
    }
}

impl Series {
    /// The point of a tick, which is later than those before.
    pub(super) fn push(&mut self, tick: u64, point: &Point) {
        if *point == self.newest && !self.chunks.is_empty() {
            return;
        }
        let open = self.chunks.back_mut();
        if let Some(chunk) = open.filter(|chunk| tick.saturating_sub(chunk.first) < CHUNK) {
            let before = chunk.weight();
            varint::put(&mut chunk.bytes, tick.saturating_sub(chunk.last));
            point.put(&self.newest, &mut chunk.bytes);
            chunk.last = tick;
            self.bytes += chunk.weight() - before;
        } else {
            if let Some(closed) = self.chunks.back_mut() {
                let before = closed.weight();
                closed.bytes.shrink_to_fit();
                self.bytes -= before - closed.weight();
            }
            let mut bytes = Vec::new();
            point.put(&Point::default(), &mut bytes);
            let chunk = Chunk {
                first: tick,
                last: tick,
                bytes,
            };
            self.bytes += chunk.weight();
            if self.chunks.is_empty() {
                // What is idle never has a second one.
                self.chunks.reserve_exact(1);
            }
            self.chunks.push_back(chunk);
        }
        self.newest = *point;
    }

    /// Forgets chunks that say nothing of ticks from `oldest` on.
    pub(super) fn forget(&mut self, oldest: u64) {
        while self.chunks.get(1).is_some_and(|next| next.first <= oldest) {
            if let Some(chunk) = self.chunks.pop_front() {
                self.bytes -= chunk.weight();
            }
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Bytes of memory behind it.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The points of the ticks `from..to`; those before its first entry are absent.
    pub(super) fn points(&self, from: u64, to: u64) -> Vec<(u64, Point)> {
        let mut points = Vec::new();
        let mut known: Option<(u64, Point)> = None;
        let fill = |points: &mut Vec<_>, (tick, point): (u64, Point), end: u64| {
            points.extend((tick.max(from)..end.min(to)).map(|tick| (tick, point)));
        };
        for entry in self.chunks.iter().flat_map(Chunk::entries) {
            if let Some(before) = known {
                fill(&mut points, before, entry.0);
            }
            known = Some(entry);
            if entry.0 >= to {
                break;
            }
        }
        if let Some(last) = known {
            fill(&mut points, last, to);
        }
        points
    }

    /// Appends all of it.
    pub(super) fn put(&self, bytes: &mut Vec<u8>) {
        varint::put(bytes, self.chunks.len() as u64);
        for chunk in &self.chunks {
            varint::put(bytes, chunk.first);
            varint::put(bytes, chunk.bytes.len() as u64);
            bytes.extend_from_slice(&chunk.bytes);
        }
    }

    /// What was put; `None` for bytes that nobody puts, or ticks that are not before `next`.
    pub(super) fn take(bytes: &mut &[u8], next: u64) -> Option<Self> {
        let mut series = Self::default();
        for _ in 0..varint::take(bytes)? {
            let first = varint::take(bytes)?;
            let length = usize::try_from(varint::take(bytes)?).ok()?;
            let (own, rest) = bytes.split_at_checked(length)?;
            *bytes = rest;
            let mut chunk = Chunk {
                first,
                last: first,
                bytes: own.to_vec(),
            };
            (chunk.last, series.newest) = chunk.entries().last()?;
            let is_in_order = series.chunks.back().is_none_or(|one| one.last < first);
            if !is_in_order || chunk.last >= next {
                return None;
            }
            series.bytes += chunk.weight();
            series.chunks.push_back(chunk);
        }
        Some(series)
    }
}
