//! The index of a sealed segment as a file, so that a start need not read the segment.
//!
//! ```text
//!   0 magic "WEIRIDX1"    8 uuid, 16 bytes    24 segment u64    32 first u64
//!  40 time_us u64        48 end u32          52 count u32
//!  56 count offsets u32, in units of 8 bytes; then crc u32 of all before it
//! ```
//!
//! It is derived: never synced, rebuilt from the segment when it is missing or does not verify.
#![deny(clippy::indexing_slicing)]

use super::disk::{Access, Disk};
use super::manifest::Sealed;
use super::segment::{Places, Segment, index_name};
use super::store::{DiskError, Store, tried};
use super::transfer::{read_file, write_bytes};
use std::sync::PoisonError;

const MAGIC: &[u8; 8] = b"WEIRIDX1";
const HEADER: usize = 56;

fn title(uuid: [u8; 16], sealed: &Sealed) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.extend_from_slice(&uuid);
    out.extend_from_slice(&sealed.id.to_le_bytes());
    out.extend_from_slice(&sealed.first.to_le_bytes());
    out
}

/// Writes the index of a sealed dense segment, whose last frame was appended at `time_us`.
pub(super) fn write(store: &Store, segment: &Segment, time_us: u64) -> Result<(), DiskError> {
    let Segment {
        id, number, first, ..
    } = *segment;
    let mut out = title(
        store.uuid,
        &Sealed {
            id,
            number,
            first,
            last: 0,
        },
    );
    out.extend_from_slice(&time_us.to_le_bytes());
    {
        let places = segment
            .places
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        out.extend_from_slice(&places.end_units().to_le_bytes());
        out.extend_from_slice(
            &u32::try_from(places.len())
                .unwrap_or(u32::MAX)
                .to_le_bytes(),
        );
        for offset in places.offsets() {
            out.extend_from_slice(&offset.to_le_bytes());
        }
    }
    let crc = crc32c::crc32c(&out);
    out.extend_from_slice(&crc.to_le_bytes());
    let name = index_name(number);
    let file = store.disk.create(&name).map_err(tried("create", &name))?;
    write_bytes(&*file, 0, &out).map_err(tried("write", &name))
}

/// Reads the index of `sealed`: where its frames are, and the time of the last one.
pub(super) fn read(disk: &dyn Disk, uuid: [u8; 16], sealed: &Sealed) -> Option<(Places, u64)> {
    let file = disk.open(&index_name(sealed.number), Access::Read).ok()?;
    let mut bytes = Vec::new();
    read_file(&*file, &mut bytes).ok()?;
    let (covered, crc) = bytes.split_last_chunk::<4>()?;
    if crc32c::crc32c(covered) != u32::from_le_bytes(*crc)
        || !covered.starts_with(&title(uuid, sealed))
    {
        return None;
    }
    let (header, offsets) = covered.split_at_checked(HEADER)?;
    let u32_at = |at: usize| Some(u32::from_le_bytes(*header.get(at..)?.first_chunk()?));
    let time_us = u64::from_le_bytes(*header.get(40..)?.first_chunk()?);
    let (end, count) = (u32_at(48)?, u64::from(u32_at(52)?));
    let (offsets, rest) = offsets.as_chunks::<4>();
    let offsets: Vec<u32> = offsets
        .iter()
        .map(|bytes| u32::from_le_bytes(*bytes))
        .collect();
    let is_whole =
        rest.is_empty() && offsets.len() as u64 == count && count == sealed.last + 1 - sealed.first;
    is_whole.then(|| (Places::from_offsets(offsets, end), time_us))
}
