//! Where the frames of a segment are, and the bounded memory for those of sealed segments.
//!
//! Places cost 4 bytes a frame (8 in a cold segment). Those of open segments are always in memory;
//! those of a sealed one can be read back from its index file, so that only the ones used last
//! are kept. Whoever reads them back holds no lock meanwhile.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::codec::{ALIGN, SEGMENT_HEADER, Shape};

/// Where the frames of a segment are, in units of `ALIGN` bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) shape: Shape,
    /// Position less the segment's first; empty in a dense segment.
    pub(super) relative: Vec<u32>,
    pub(super) offsets: Vec<u32>,
    pub(super) end: u32,
}

/// Where one frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) len: usize,
}

/// An offset in units of `ALIGN` bytes.
pub(super) fn units(offset: usize) -> u32 {
    u32::try_from(offset / ALIGN).unwrap_or(u32::MAX)
}

/// The bytes of so many units.
pub(super) fn bytes(units: u32) -> u64 {
    u64::from(units) * ALIGN as u64
}

impl Places {
    pub(super) fn new(shape: Shape) -> Self {
        let end = units(SEGMENT_HEADER);
        Self {
            shape,
            relative: Vec::new(),
            offsets: Vec::new(),
            end,
        }
    }

    /// Notes a frame of `len` bytes at `offset`; `relative` is its position less the first.
    pub(super) fn push(&mut self, relative: u64, offset: usize, len: usize) {
        if self.shape == Shape::Sparse {
            self.relative
                .push(u32::try_from(relative).unwrap_or(u32::MAX));
        }
        self.offsets.push(units(offset));
        self.end = units(offset + len);
    }

    pub(super) fn find(&self, relative: u64) -> Option<Place> {
        let index = match self.shape {
            Shape::Dense => usize::try_from(relative).ok()?,
            Shape::Sparse => self
                .relative
                .binary_search(&u32::try_from(relative).ok()?)
                .ok()?,
        };
        let start = *self.offsets.get(index)?;
        let end = self.offsets.get(index + 1).copied().unwrap_or(self.end);
        let len = usize::try_from(bytes(end.checked_sub(start)?)).ok()?;
        Some(Place {
            offset: bytes(start),
            len,
        })
    }

    pub(super) fn end(&self) -> u64 {
        bytes(self.end)
    }

    /// Bytes of memory.
    fn cost(&self) -> usize {
        (self.relative.len() + self.offsets.len()) * size_of::<u32>()
    }

    /// Gives back what a sealed segment will not need.
    pub(super) fn shrink(&mut self) {
        self.relative.shrink_to_fit();
        self.offsets.shrink_to_fit();
    }
}

/// Places of one segment, and when they were asked for last.
#[derive(Debug)]
struct Kept {
    places: Arc<Places>,
    used: u64,
}

#[derive(Debug, Default)]
struct Inside {
    kept: HashMap<u64, Kept>,
    bytes: usize,
    clock: u64,
}

/// The places of sealed segments that were used last, by segment id.
#[derive(Debug)]
pub(super) struct RecentPlaces {
    /// Bytes that it may hold; one segment is held whatever its size.
    limit: usize,
    inside: Mutex<Inside>,
}

impl RecentPlaces {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            inside: Mutex::default(),
        }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, segment: u64) -> Option<Arc<Places>> {
        let mut inside = self.inside();
        inside.clock += 1;
        let now = inside.clock;
        let kept = inside.kept.get_mut(&segment)?;
        kept.used = now;
        Some(Arc::clone(&kept.places))
    }

    /// Adds the places of a segment and lets go of those that were not used for longest.
    pub(super) fn add(&self, segment: u64, places: Arc<Places>) {
        let mut guard = self.inside();
        let inside = &mut *guard;
        inside.clock += 1;
        inside.bytes += places.cost();
        let used = inside.clock;
        if let Some(before) = inside.kept.insert(segment, Kept { places, used }) {
            inside.bytes -= before.places.cost();
        }
        while inside.bytes > self.limit && inside.kept.len() > 1 {
            let oldest = inside.kept.iter().min_by_key(|(_, kept)| kept.used);
            let Some((&oldest, _)) = oldest else {
                return;
            };
            inside.let_go(oldest);
        }
    }

    /// Lets go of the places of a segment that is gone.
    pub(super) fn forget(&self, segment: u64) {
        self.inside().let_go(segment);
    }

    /// Bytes that are held.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.inside().bytes
    }
}

impl Inside {
    fn let_go(&mut self, segment: u64) {
        if let Some(gone) = self.kept.remove(&segment) {
            self.bytes -= gone.places.cost();
        }
    }
}
