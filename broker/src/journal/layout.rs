//! Which segments there are, in memory, and how that may change.
//!
//! A layout describes itself as a manifest; a change is applied to it the same way before the
//! manifest is written and after.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::codec::Shape;
use super::manifest::{Manifest, Open, Sealed};
use super::segment::{Segment, Spare};

/// The segments in memory.
#[derive(Debug, Clone, Default)]
pub(super) struct Layout {
    /// Segments with frames, by first position; the last one is active.
    pub(super) segments: BTreeMap<u64, Arc<Segment>>,
    pub(super) spares: VecDeque<Spare>,
    /// Segments that nothing needs, but that a reader may still hold.
    pub(super) retiring: Vec<Arc<Segment>>,
    pub(super) next_segment: u64,
    pub(super) next_file: u64,
    pub(super) incarnation: u64,
    pub(super) state_floor: u64,
    pub(super) is_clean: bool,
}

/// A change of the set of segments.
#[derive(Debug, Clone, Default)]
pub(super) struct Change {
    /// New prepared files, or recycled ones.
    pub(super) spares: Vec<Spare>,
    /// Segments that nothing needs any more.
    pub(super) retire: Vec<Arc<Segment>>,
    /// Retired segments whose files are spares now, or are to be removed.
    pub(super) forget: Vec<Arc<Segment>>,
    /// A cold segment instead of the retired ones.
    pub(super) cold: Option<Arc<Segment>>,
    pub(super) is_clean: bool,
}

impl Layout {
    /// Takes segments out of the index; their files stay until nobody reads them.
    pub(super) fn retire(&mut self, segments: &[Arc<Segment>]) {
        for segment in segments {
            self.segments.remove(&segment.first);
            self.retiring.push(Arc::clone(segment));
        }
    }

    pub(super) fn apply(&mut self, change: &Change) {
        self.retire(&change.retire);
        if let Some(cold) = &change.cold {
            // Under the lock that every count takes, so that none is lost in the move.
            cold.keep_as(&change.retire);
            self.segments.insert(cold.first, Arc::clone(cold));
        }
        self.retiring
            .retain(|one| !change.forget.iter().any(|other| Arc::ptr_eq(one, other)));
        self.spares.extend(change.spares.iter().cloned());
        self.is_clean = change.is_clean;
    }

    pub(super) fn describe(&self, uuid: [u8; 16], durable: u64) -> Manifest {
        let mut manifest = Manifest {
            uuid,
            incarnation: self.incarnation,
            durable,
            is_clean: self.is_clean,
            state_floor: self.state_floor,
            next_segment: self.next_segment,
            next_file: self.next_file,
            old: self.retiring.iter().map(|segment| segment.number).collect(),
            ..Manifest::default()
        };
        for segment in self.segments.values() {
            let Segment {
                id,
                number,
                first,
                shape,
                ..
            } = **segment;
            match (shape, segment.sealed_last().filter(|last| *last <= durable)) {
                (Shape::Sparse, Some(last)) => {
                    manifest.cold.push(Sealed {
                        id,
                        number,
                        first,
                        last,
                    });
                }
                (Shape::Dense, Some(last)) => {
                    manifest.log.push(Sealed {
                        id,
                        number,
                        first,
                        last,
                    });
                }
                (_, None) => manifest.open.push(Open { id, number }),
            }
        }
        manifest.open.extend(self.spares.iter().map(|spare| Open {
            id: spare.id,
            number: spare.number,
        }));
        manifest
    }

    /// Bytes that all segments take on the disk, those of the log `segment_bytes` each.
    pub(super) fn disk_bytes(&self, segment_bytes: u64) -> u64 {
        let is_dense = |segment: &&Arc<Segment>| segment.shape == Shape::Dense;
        let whole = self.segments.values().filter(is_dense).count();
        let whole = (whole + self.spares.len() + self.retiring.len()) as u64;
        let cold = self.segments.values().filter(|segment| !is_dense(segment));
        whole * segment_bytes + cold.map(|segment| segment.end()).sum::<u64>()
    }

    /// The segment that holds or would hold `position`.
    pub(super) fn around(&self, position: u64) -> Option<&Arc<Segment>> {
        self.segments
            .range(..=position)
            .next_back()
            .map(|(_, segment)| segment)
    }

    pub(super) fn take_number(&mut self) -> u64 {
        let number = self.next_file;
        self.next_file += 1;
        number
    }

    /// A segment id that was never used.
    pub(super) fn take_id(&mut self) -> u64 {
        let id = self.next_segment;
        self.next_segment += 1;
        id
    }
}

/// The layout that `manifest` and the segments found by it make, without spares.
pub(super) fn layout(manifest: &Manifest, segments: &[Arc<Segment>]) -> Layout {
    let segments = segments
        .iter()
        .map(|one| (one.first, Arc::clone(one)))
        .collect();
    Layout {
        segments,
        next_segment: manifest.next_segment,
        next_file: manifest.next_file,
        incarnation: manifest.incarnation,
        state_floor: manifest.state_floor,
        ..Layout::default()
    }
}
