//! A torn tail made by hand: a killed process leaves none, since the kernel keeps what it wrote.
//!
//! Reads as much of the journal's files as it takes to find where the log ends.

use std::io;
use std::path::{Path, PathBuf};

use super::files;

/// Bytes of a segment's header; the first frame follows.
const SEGMENT_HEADER: usize = 64;
/// Bytes of a frame before its head.
const HEADER: usize = 56;
/// Where a frame's checksum is.
const CRC_AT: usize = 52;
const SEGMENT_MAGIC: &[u8] = b"WEIRSEG1";
const MAGIC: [u8; 2] = 0x5745_u16.to_le_bytes();
/// The head and the body of the frame that is torn.
const TORN: [usize; 2] = [200, 3_000];
/// How much of it reached the disk.
const WRITTEN: usize = 1_000;

/// A log segment, read whole.
struct Segment {
    path: PathBuf,
    id: u64,
    first: u64,
    bytes: Vec<u8>,
}

/// Writes the first part of a frame behind the last one of a killed broker's log, as a power cut leaves it.
pub fn tear(data_dir: &Path) -> io::Result<()> {
    let mut newest: Option<Segment> = None;
    for (name, bytes) in files::tree(data_dir)? {
        let segment = segment(data_dir.join(name), bytes);
        let is_newer = |one: &Segment| newest.as_ref().is_none_or(|other| one.first > other.first);
        if let Some(segment) = segment.filter(is_newer) {
            newest = Some(segment);
        }
    }
    let newest = newest.ok_or_else(|| io::Error::other("there is no segment"))?;
    let (end, next) = end_of(&newest);
    let mut torn = MAGIC.to_vec();
    torn.extend([1, 1, 1, 0, 0, 0]);
    torn.extend(newest.id.to_le_bytes());
    for length in TORN {
        torn.extend(
            u32::try_from(length)
                .map_err(io::Error::other)?
                .to_le_bytes(),
        );
    }
    torn.extend(next.to_le_bytes());
    torn.resize(CRC_AT, 0);
    // The checksum is of what did not come any more.
    torn.resize(WRITTEN, 0xa5);
    files::write_at(&newest.path, end as u64, &torn)
}

/// A file as a log segment; cold ones end elsewhere.
fn segment(path: PathBuf, bytes: Vec<u8>) -> Option<Segment> {
    let is_dense = number(&bytes, 48)? & u64::from(u32::MAX) == 0;
    (bytes.starts_with(SEGMENT_MAGIC) && is_dense).then_some(())?;
    Some(Segment {
        path,
        id: number(&bytes, 24)?,
        first: number(&bytes, 32)?,
        bytes,
    })
}

/// The offset behind the last frame, and the position of the next one.
fn end_of(segment: &Segment) -> (usize, u64) {
    let (mut end, mut next) = (SEGMENT_HEADER, segment.first);
    while let Some(frame) = segment.bytes.get(end..end + HEADER) {
        let is_next = number(frame, 8) == Some(segment.id) && number(frame, 24) == Some(next);
        let Some(lengths) = number(frame, 16).filter(|_| frame.starts_with(&MAGIC) && is_next)
        else {
            break;
        };
        let length = (lengths & u64::from(u32::MAX)) + (lengths >> 32);
        end += (HEADER + usize::try_from(length).unwrap_or(usize::MAX)).next_multiple_of(8);
        next += 1;
    }
    (end, next)
}

fn number(bytes: &[u8], at: usize) -> Option<u64> {
    let eight = bytes.get(at..at + 8)?;
    Some(u64::from_le_bytes(eight.try_into().ok()?))
}
