//! Which segments are still needed, and what is to be done about the space of the others.
//!
//! Only looks and plans; the work is done in the background.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::api::{Live, Usage};
use super::codec::Shape;
use super::cold;
use super::options::{Options, PLENTY};
use super::segment::Segment;
use super::store::Store;
use crate::model::ids::Position;

fn span(segment: &Segment, last: u64) -> RangeInclusive<Position> {
    Position(segment.first)..=Position(last)
}

/// Old segments that nothing needs: nothing is kept in them, and `live` agrees.
pub(super) fn unneeded(store: &Store, live: &Live<'_>) -> Vec<Arc<Segment>> {
    let durable = store.progress.durable().0;
    let layout = store.layout();
    let floor = layout.state_floor;
    let is_unneeded = |segment: &&Arc<Segment>| {
        segment.kept_frames() == 0
            && segment.sealed_last().is_some_and(|last| {
                last < floor && last <= durable && live(span(segment, last)).is_empty()
            })
    };
    layout
        .segments
        .values()
        .filter(is_unneeded)
        .cloned()
        .collect()
}

/// The first position that any segment may hold. Retired ones count until they are forgotten: the
/// manifest may still name them.
pub(super) fn oldest(store: &Store) -> Position {
    let layout = store.layout();
    let held = layout.segments.values().next();
    let retiring = layout.retiring.iter();
    let firsts = held
        .into_iter()
        .chain(retiring)
        .map(|segment| segment.first);
    Position(firsts.min().unwrap_or(Position::START.0))
}

/// Whether the file system has so much room that the next start will find enough of it.
pub(super) fn is_plenty(store: &Store) -> bool {
    let options = &store.options;
    let prepared = (options.reserve + options.spares) as u64 * options.segment_bytes;
    let free = store.disk.free_bytes().unwrap_or(0);
    !store.is_space_short() && free >= prepared.saturating_mul(PLENTY)
}

/// What is worth copying out of old segments of which little is needed.
pub(super) fn plan_cold(store: &Store, live: &Live<'_>) -> Option<cold::Plan> {
    let floor = store.layout().state_floor;
    let sources = choose(store, floor);
    let last = sources.last()?.sealed_last()?;
    let mut positions = live(span(sources.first()?, last));
    positions.sort_unstable();
    positions.dedup();
    (!positions.is_empty()).then_some(cold::Plan { sources, positions })
}

/// The position before which every object is to be restated, so that the oldest segment can go. Some
/// segments are left alone, but none while publishes wait for room: nothing else might ever free it.
pub(super) fn wants_restated(store: &Store) -> Option<Position> {
    let most = if has_room(store) {
        store.options.restate_segments
    } else {
        0
    };
    let layout = store.layout();
    let floor = layout.state_floor;
    let mut above = layout
        .segments
        .values()
        .filter(|segment| segment.shape == Shape::Dense)
        .filter_map(|segment| segment.sealed_last())
        .filter(|last| *last >= floor);
    let oldest = above.next()?;
    (above.count() >= most).then_some(Position(oldest + 1))
}

/// What the journal holds and does.
pub(super) fn usage(store: &Store) -> Usage {
    let layout = store.layout();
    let progress = &store.progress;
    let of_shape = |shape: Shape| {
        layout
            .segments
            .values()
            .filter(move |segment| segment.shape == shape)
    };
    Usage {
        segments: of_shape(Shape::Dense).count() as u64,
        cold_segments: of_shape(Shape::Sparse).count() as u64,
        spare_segments: layout.spares.len() as u64,
        disk_bytes: layout.disk_bytes(store.options.segment_bytes),
        live_bytes: layout
            .segments
            .values()
            .map(|segment| segment.kept_bytes())
            .sum(),
        free_bytes: progress.free_bytes(),
        uncommitted_bytes: progress.uncommitted.load(Ordering::Relaxed),
        syncs: progress.syncs.load(Ordering::Relaxed),
        last_sync_us: progress.last_sync_us.load(Ordering::Relaxed),
    }
}

/// Whether a publish leaves the reserve alone. Known at once, from counters: the background may be
/// far behind a burst, and its news of a full disk would come too late.
pub(super) fn has_room(store: &Store) -> bool {
    let Options {
        reserve, spares, ..
    } = store.options;
    let prepared = store.layout().spares.len();
    if prepared > reserve {
        return true;
    }
    // What is missing will be prepared if the file system has as much to give, which it only
    // promises: the owner tries it itself before more than half of the reserve is gone.
    let missing = (reserve + spares - prepared) as u64;
    let free = store.progress.free_bytes().unwrap_or(u64::MAX);
    let free = free.min(store.bytes_to_bound());
    !store.is_space_short() && free > missing.saturating_mul(store.options.segment_bytes)
}

/// Whether the background is so far behind that the owner must find out itself whether there is
/// space: half of the reserve is gone, and nobody has said that the disk is full.
pub(super) fn is_behind(store: &Store) -> bool {
    store.layout().spares.len() <= store.options.reserve / 2 && !store.is_space_short()
}

/// Chooses neighbouring old segments of which little is needed, up to a bound of bytes.
fn choose(store: &Store, floor: u64) -> Vec<Arc<Segment>> {
    let options = &store.options;
    let durable = store.progress.durable().0;
    let mut chosen: Vec<Arc<Segment>> = Vec::new();
    let mut bytes = 0;
    for segment in store.layout().segments.values() {
        let is_old = segment
            .sealed_last()
            .is_some_and(|last| last < floor && last <= durable);
        let kept = segment.kept_bytes();
        let is_sparse = kept * 100 < segment.end() * options.cold_percent;
        let first = chosen.first().map_or(segment.first, |first| first.first);
        let is_near = segment
            .sealed_last()
            .is_some_and(|last| u32::try_from(last - first).is_ok());
        let is_small = bytes + kept <= options.cold_bytes;
        let is_needed = segment.kept_frames() > 0;
        if is_old && is_sparse && is_near && is_small && is_needed && !segment.is_damaged() {
            bytes += kept;
            chosen.push(Arc::clone(segment));
        } else if !chosen.is_empty() {
            break;
        }
    }
    chosen
}
