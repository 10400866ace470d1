//! One segment in memory: its file, where its frames are, and how much of it is needed.
//!
//! An open segment knows where each frame is. A sealed one lets go of that once its index file
//! holds it; see `places`.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::codec::{Seed, Shape};
use super::disk::DiskFile;
use super::places::{Place, Places};

/// What is in memory of where the frames are.
#[derive(Debug)]
enum Held {
    /// All of it: the segment is open, or its index file is not written yet.
    Here(Places),
    /// Where the last frame ends; the rest is in the index file.
    Filed { end: u64 },
}

/// What a segment knows of a frame by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// It is here.
    At(Place),
    /// It is not in the segment.
    Nowhere,
    /// Its place must be looked up in the index file.
    Filed,
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
    held: RwLock<Held>,
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
    /// A segment without frames.
    pub(super) fn new(spare: &Spare, uuid: [u8; 16], first: u64, shape: Shape) -> Self {
        let held = Held::Here(Places::new(shape));
        Self::holding(spare, uuid, first, shape, held)
    }

    /// A sealed segment whose places are in its index file.
    pub(super) fn filed(spare: &Spare, uuid: [u8; 16], sealed: &Filed) -> Self {
        let Filed {
            first,
            last,
            end,
            shape,
        } = *sealed;
        let segment = Self::holding(spare, uuid, first, shape, Held::Filed { end });
        segment.seal(last);
        segment
    }

    fn holding(spare: &Spare, uuid: [u8; 16], first: u64, shape: Shape, held: Held) -> Self {
        Self {
            id: spare.id,
            number: spare.number,
            file: Arc::clone(&spare.file),
            first,
            seed: Seed::new(uuid, spare.id),
            shape,
            held: RwLock::new(held),
            sealed_last: AtomicU64::new(0),
            kept_bytes: AtomicU64::new(0),
            kept_frames: AtomicU64::new(0),
            is_damaged: AtomicBool::new(false),
        }
    }

    pub(super) fn name(&self) -> String {
        file_name(self.number)
    }

    fn held(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn held_mut(&self) -> RwLockWriteGuard<'_, Held> {
        self.held.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn seal(&self, last: u64) {
        self.sealed_last.store(last, Ordering::Release);
        self.note(Places::shrink);
    }

    /// Lets `change` add to the places, which an open segment always has.
    pub(super) fn note(&self, change: impl FnOnce(&mut Places)) {
        if let Held::Here(places) = &mut *self.held_mut() {
            change(places);
        }
    }

    /// Lets go of the places, which the index file now holds; hands out what was in memory.
    pub(super) fn file_away(&self) -> Option<Places> {
        let mut held = self.held_mut();
        let end = match &*held {
            Held::Here(places) => places.end(),
            Held::Filed { .. } => return None,
        };
        match std::mem::replace(&mut *held, Held::Filed { end }) {
            Held::Here(places) => Some(places),
            Held::Filed { .. } => None,
        }
    }

    /// The last position, once no frame will be added.
    pub(super) fn sealed_last(&self) -> Option<u64> {
        Some(self.sealed_last.load(Ordering::Acquire)).filter(|last| *last != 0)
    }

    pub(super) fn find(&self, position: u64) -> Found {
        let Some(relative) = position.checked_sub(self.first) else {
            return Found::Nowhere;
        };
        match &*self.held() {
            Held::Here(places) => places.find(relative).map_or(Found::Nowhere, Found::At),
            Held::Filed { .. } => Found::Filed,
        }
    }

    /// Bytes of the file that hold the header or frames.
    pub(super) fn end(&self) -> u64 {
        match &*self.held() {
            Held::Here(places) => places.end(),
            Held::Filed { end } => *end,
        }
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

/// What is known of a sealed segment without its places.
#[derive(Debug, Clone, Copy)]
pub(super) struct Filed {
    pub(super) first: u64,
    pub(super) last: u64,
    /// Bytes of the file up to the end of the last frame.
    pub(super) end: u64,
    pub(super) shape: Shape,
}

/// A prepared file, with the segment id that it will have.
#[derive(Debug, Clone)]
pub(super) struct Spare {
    pub(super) id: u64,
    pub(super) number: u64,
    pub(super) file: Arc<dyn DiskFile>,
}
