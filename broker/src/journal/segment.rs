//! One segment in memory: its file, where its frames are, and how much of it is needed.
//!
//! A segment costs 4 bytes a frame (8 in a cold one), so that ten million singly published
//! messages are indexed in 40 MB.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::codec::{ALIGN, SEGMENT_HEADER, Seed, Shape};
use super::disk::DiskFile;

/// Where the frames of a segment are, in units of `ALIGN` bytes.
#[derive(Debug)]
pub(super) struct Places {
    shape: Shape,
    /// Position less the segment's first; empty in a dense segment.
    relative: Vec<u32>,
    offsets: Vec<u32>,
    end: u32,
}

/// Where one frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) len: usize,
}

fn units(offset: usize) -> u32 {
    u32::try_from(offset / ALIGN).unwrap_or(u32::MAX)
}

fn bytes(units: u32) -> u64 {
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

    /// A dense segment's places from its index file.
    pub(super) fn from_offsets(offsets: Vec<u32>, end: u32) -> Self {
        Self {
            shape: Shape::Dense,
            relative: Vec::new(),
            offsets,
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

    pub(super) fn len(&self) -> usize {
        self.offsets.len()
    }

    pub(super) fn end(&self) -> u64 {
        bytes(self.end)
    }

    pub(super) fn end_units(&self) -> u32 {
        self.end
    }

    pub(super) fn offsets(&self) -> &[u32] {
        &self.offsets
    }

    /// Gives back what a sealed segment will not need.
    pub(super) fn shrink(&mut self) {
        self.relative.shrink_to_fit();
        self.offsets.shrink_to_fit();
    }
}

/// One segment that holds frames.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) id: u64,
    pub(super) number: u64,
    pub(super) file: Arc<dyn DiskFile>,
    pub(super) first: u64,
    pub(super) seed: Seed,
    pub(super) shape: Shape,
    pub(super) places: RwLock<Places>,
    /// Last position once no frame will be added; 0 while it is open.
    sealed_last: AtomicU64,
    kept_bytes: AtomicU64,
    kept_frames: AtomicU64,
    is_damaged: AtomicBool,
}

/// The name of a segment's file.
pub(super) fn file_name(number: u64) -> String {
    format!("{number:08}.seg")
}

/// The name of a file that is not a segment yet; recovery removes it.
pub(super) fn new_name(number: u64) -> String {
    format!("{number:08}.new")
}

/// The name of a sealed segment's index, which can be rebuilt.
pub(super) fn index_name(number: u64) -> String {
    format!("{number:08}.idx")
}

/// The number in a segment's file name.
pub(super) fn file_number(name: &str) -> Option<u64> {
    name.strip_suffix(".seg")?.parse().ok()
}

impl Segment {
    pub(super) fn new(
        spare: &Spare,
        uuid: [u8; 16],
        first: u64,
        shape: Shape,
        places: Places,
    ) -> Self {
        Self {
            id: spare.id,
            number: spare.number,
            file: Arc::clone(&spare.file),
            first,
            seed: Seed::new(uuid, spare.id),
            shape,
            places: RwLock::new(places),
            sealed_last: AtomicU64::new(0),
            kept_bytes: AtomicU64::new(0),
            kept_frames: AtomicU64::new(0),
            is_damaged: AtomicBool::new(false),
        }
    }

    pub(super) fn name(&self) -> String {
        file_name(self.number)
    }

    pub(super) fn seal(&self, last: u64) {
        self.sealed_last.store(last, Ordering::Release);
        self.places
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .shrink();
    }

    /// The last position, once no frame will be added.
    pub(super) fn sealed_last(&self) -> Option<u64> {
        Some(self.sealed_last.load(Ordering::Acquire)).filter(|last| *last != 0)
    }

    pub(super) fn find(&self, position: u64) -> Option<Place> {
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
        places.find(position.checked_sub(self.first)?)
    }

    /// Bytes of the file that hold the header or frames.
    pub(super) fn end(&self) -> u64 {
        self.places
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .end()
    }

    pub(super) fn keep(&self, bytes: u64) {
        self.kept_frames.fetch_add(1, Ordering::Relaxed);
        self.kept_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Takes one kept frame back; a release without a keep counts nothing.
    pub(super) fn release(&self, bytes: u64) {
        let less = |by: u64| move |value: u64| Some(value.saturating_sub(by));
        // Both always yield a value, so there is no failure to look at.
        let _frames = self
            .kept_frames
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less(1));
        let _bytes =
            self.kept_bytes
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less(bytes));
    }

    pub(super) fn kept_frames(&self) -> u64 {
        self.kept_frames.load(Ordering::Relaxed)
    }

    pub(super) fn kept_bytes(&self) -> u64 {
        self.kept_bytes.load(Ordering::Relaxed)
    }

    /// Notes that a copy met a frame that does not verify, so that it is not tried for ever.
    pub(super) fn mark_damaged(&self) {
        self.is_damaged.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_damaged(&self) -> bool {
        self.is_damaged.load(Ordering::Relaxed)
    }

    /// Takes over what others kept, when their frames were copied here.
    pub(super) fn keep_as(&self, sources: &[Arc<Self>]) {
        let frames = sources.iter().map(|source| source.kept_frames()).sum();
        let bytes = sources.iter().map(|source| source.kept_bytes()).sum();
        self.kept_frames.store(frames, Ordering::Relaxed);
        self.kept_bytes.store(bytes, Ordering::Relaxed);
    }
}

/// A prepared file, with the segment id that it will have.
#[derive(Debug, Clone)]
pub(super) struct Spare {
    pub(super) id: u64,
    pub(super) number: u64,
    pub(super) file: Arc<dyn DiskFile>,
}
