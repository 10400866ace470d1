//! The index of a sealed segment as a file, so that a start need not read the segment.
//!
//! ```text
//!   0 magic "WEIRIDX2"     8 uuid, 16 bytes    24 segment u64     32 first u64
//!  40 last u64            48 time_us u64       56 row_bytes u64
//!  64 end u32             68 count u32         72 rows u32        76 shape u32
//!  80 indexed u32         84 places_crc u32    88 rows_crc u32    92 crc u32 of all before it
//!  96 count offsets u32, in units of 8 bytes; in a cold segment then count positions u32, each
//!     less the first; then the rows, see `index_rows`
//! ```
//!
//! It is derived: never synced, rebuilt from the segment when it is missing or does not verify.
//! `indexed` is the version of what its rows hold of a body. Files of an earlier format are
//! ignored and written anew.
#![deny(clippy::indexing_slicing)]

use std::io;
use std::sync::Arc;

use super::codec::Shape;
use super::disk::{Access, Disk, DiskFile};
use super::index_rows::{RowWriter, Rows};
use super::manifest::Sealed;
use super::options::Indexed;
use super::places::{self, Places};
use super::segment::{Segment, index_name};
use super::skim::Skim;
use super::transfer::{read_up_to, write_bytes};

const MAGIC: &[u8; 8] = b"WEIRIDX2";
const TITLE: usize = 96;
/// Bytes of a body that are looked at first; most indexed fronts are shorter.
const FRONT: usize = 64;

/// What is verified of the frames that an index is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verified {
    /// Headers and heads: the segment was written a moment ago.
    Heads,
    /// All: the segment may have lain on the disk for long.
    Bodies,
}

/// What the file says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Title {
    uuid: [u8; 16],
    segment: u64,
    first: u64,
    last: u64,
    time_us: u64,
    row_bytes: u64,
    end: u32,
    count: u32,
    rows: u32,
    shape: Shape,
    indexed: u32,
    places_crc: u32,
    rows_crc: u32,
}

impl Title {
    fn encode(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend_from_slice(&self.uuid);
        let long = [self.segment, self.first, self.last, self.time_us];
        for field in long.into_iter().chain([self.row_bytes]) {
            out.extend_from_slice(&field.to_le_bytes());
        }
        let shape = self.shape.code();
        let short = [self.end, self.count, self.rows, shape, self.indexed];
        for field in short.into_iter().chain([self.places_crc, self.rows_crc]) {
            out.extend_from_slice(&field.to_le_bytes());
        }
        let crc = crc32c::crc32c(&out);
        out.extend_from_slice(&crc.to_le_bytes());
        out
    }

    fn decode(bytes: &[u8; TITLE]) -> Option<Self> {
        let (covered, crc) = bytes.split_last_chunk::<4>()?;
        if !covered.starts_with(MAGIC) || crc32c::crc32c(covered) != u32::from_le_bytes(*crc) {
            return None;
        }
        let long = |at: usize| Some(u64::from_le_bytes(*covered.get(at..)?.first_chunk()?));
        let short = |at: usize| Some(u32::from_le_bytes(*covered.get(at..)?.first_chunk()?));
        Some(Self {
            uuid: *covered.get(8..)?.first_chunk()?,
            segment: long(24)?,
            first: long(32)?,
            last: long(40)?,
            time_us: long(48)?,
            row_bytes: long(56)?,
            end: short(64)?,
            count: short(68)?,
            rows: short(72)?,
            shape: Shape::from_code(short(76)?)?,
            indexed: short(80)?,
            places_crc: short(84)?,
            rows_crc: short(88)?,
        })
    }

    /// Bytes of the places.
    fn place_bytes(&self) -> u64 {
        let each = match self.shape {
            Shape::Dense => 4,
            Shape::Sparse => 8,
        };
        u64::from(self.count) * each
    }
}

/// An index file whose title fits the segment; the rest is verified when it is read.
pub(super) struct IndexFile {
    file: Arc<dyn DiskFile>,
    title: Title,
}

impl IndexFile {
    /// The index of `sealed`, if there is one that tells of it.
    pub(super) fn open(
        disk: &dyn Disk,
        uuid: [u8; 16],
        shape: Shape,
        sealed: &Sealed,
    ) -> Option<Self> {
        let file = disk.open(&index_name(sealed.number), Access::Read).ok()?;
        let mut bytes = [0; TITLE];
        let filled = read_up_to(&*file, 0, &mut bytes).ok()?;
        let title = Title::decode(&bytes).filter(|_| filled == TITLE)?;
        let is_whole = match shape {
            Shape::Dense => u64::from(title.count) == sealed.last + 1 - sealed.first,
            Shape::Sparse => title.count > 0,
        };
        let size = TITLE as u64 + title.place_bytes() + title.row_bytes;
        let fits = (title.uuid, title.shape) == (uuid, shape)
            && (title.segment, title.first, title.last) == (sealed.id, sealed.first, sealed.last)
            && is_whole
            && file.size().ok()? == size;
        fits.then_some(Self { file, title })
    }

    /// Bytes of the segment's file up to the end of its last frame.
    pub(super) fn end(&self) -> u64 {
        places::bytes(self.title.end)
    }

    /// When the segment's last frame was appended, in microseconds since the Unix epoch.
    pub(super) fn time_us(&self) -> u64 {
        self.title.time_us
    }

    fn read(&self, offset: u64, len: u64, crc: u32, buffer: &mut Vec<u8>) -> Option<()> {
        let len = usize::try_from(len).ok()?;
        buffer.clear();
        buffer.resize(len, 0);
        let filled = read_up_to(&*self.file, offset, buffer).ok()?;
        (filled == len && crc32c::crc32c(buffer) == crc).then_some(())
    }

    /// The rows, if they verify and hold what `indexed` asks for; `buffer` holds them.
    pub(super) fn rows<'b>(&self, indexed: Indexed, buffer: &'b mut Vec<u8>) -> Option<Rows<'b>> {
        if self.title.indexed == indexed.version {
            self.any_rows(buffer)
        } else {
            None
        }
    }

    /// Whether all of it verifies, whatever the rows hold of the bodies.
    pub(super) fn is_sound(&self) -> bool {
        self.places().is_some() && self.any_rows(&mut Vec::new()).is_some()
    }

    fn any_rows<'b>(&self, buffer: &'b mut Vec<u8>) -> Option<Rows<'b>> {
        let title = &self.title;
        let offset = TITLE as u64 + title.place_bytes();
        self.read(offset, title.row_bytes, title.rows_crc, buffer)?;
        Rows::new(buffer, title.rows, title.first)
    }

    /// Where the frames are, if that verifies.
    pub(super) fn places(&self) -> Option<Places> {
        let title = &self.title;
        let mut buffer = Vec::new();
        let len = title.place_bytes();
        self.read(TITLE as u64, len, title.places_crc, &mut buffer)?;
        let (numbers, _) = buffer.as_chunks::<4>();
        let mut offsets: Vec<u32> = numbers
            .iter()
            .map(|bytes| u32::from_le_bytes(*bytes))
            .collect();
        let relative = offsets.split_off(usize::try_from(title.count).ok()?);
        offsets.shrink_to_fit();
        Some(Places {
            shape: title.shape,
            relative,
            offsets,
            end: title.end,
        })
    }
}

/// A segment as the manifest names it.
fn sealed(segment: &Segment, last: u64) -> Sealed {
    let Segment {
        id, number, first, ..
    } = *segment;
    Sealed {
        id,
        number,
        first,
        last,
    }
}

/// What is read of a segment to index it.
struct Collected {
    places: Places,
    rows: RowWriter,
    time_us: u64,
}

/// Writes the index of a sealed segment, unless a sound one is there already. Tells whether it is
/// there now; it is not when the segment itself does not verify, which the next start or reader
/// will say.
pub(super) fn write(
    disk: &dyn Disk,
    uuid: [u8; 16],
    indexed: Indexed,
    segment: &Segment,
    verified: Verified,
) -> io::Result<bool> {
    let Some(last) = segment.sealed_last() else {
        return Ok(false);
    };
    let there = IndexFile::open(disk, uuid, segment.shape, &sealed(segment, last));
    if there.is_some_and(|index| index.title.indexed == indexed.version && index.is_sound()) {
        return Ok(true);
    }
    let Some(collected) = collect(segment, last, indexed, verified)? else {
        return Ok(false);
    };
    let Collected {
        places,
        rows,
        time_us,
    } = collected;
    let numbers = places.offsets.iter().chain(&places.relative);
    let numbers: Vec<u8> = numbers.flat_map(|number| number.to_le_bytes()).collect();
    let title = Title {
        uuid,
        segment: segment.id,
        first: segment.first,
        last,
        time_us,
        row_bytes: rows.bytes.len() as u64,
        end: places.end,
        count: u32::try_from(places.offsets.len()).unwrap_or(u32::MAX),
        rows: rows.count,
        shape: segment.shape,
        indexed: indexed.version,
        places_crc: crc32c::crc32c(&numbers),
        rows_crc: crc32c::crc32c(&rows.bytes),
    };
    let file = disk.create(&index_name(segment.number))?;
    let mut offset = 0;
    for part in [title.encode(), numbers, rows.bytes] {
        write_bytes(&*file, offset, &part)?;
        offset += part.len() as u64;
    }
    Ok(true)
}

fn collect(
    segment: &Segment,
    last: u64,
    indexed: Indexed,
    verified: Verified,
) -> io::Result<Option<Collected>> {
    let mut skim = Skim::new(segment);
    let mut collected = Collected {
        places: Places::new(segment.shape),
        rows: RowWriter::new(segment.first),
        time_us: 0,
    };
    while skim.position() <= last {
        let offset = usize::try_from(skim.offset()).unwrap_or(usize::MAX);
        let Some(front) = front_of(&mut skim, indexed, verified)? else {
            return Ok(None);
        };
        let Some(frame) = skim.look(front)? else {
            return Ok(None);
        };
        let header = frame.header;
        let relative = header.position - segment.first;
        collected.places.push(relative, offset, header.frame_len());
        collected.time_us = header.time_us;
        if header.body_len > 0 {
            let front = frame.front().get(..front).unwrap_or_default();
            collected.rows.push(&header, frame.head, front);
        }
        skim.pass(&header);
    }
    Ok(Some(collected))
}

/// How many bytes of the body of the frame that is looked at the index holds; `None` when the
/// frame does not verify.
fn front_of(
    skim: &mut Skim<'_>,
    indexed: Indexed,
    verified: Verified,
) -> io::Result<Option<usize>> {
    let mut wanted = match verified {
        Verified::Heads => FRONT,
        Verified::Bodies => usize::MAX,
    };
    loop {
        let Some(frame) = skim.look(wanted)? else {
            return Ok(None);
        };
        if verified == Verified::Bodies && frame.verify_body().is_err() {
            return Ok(None);
        }
        let (header, front) = (frame.header, frame.front());
        let bytes = indexed.front(header.kind, header.version, frame.head, front);
        if bytes < front.len() || front.len() == header.body_len as usize {
            return Ok(Some(bytes));
        }
        wanted = front.len() * 2;
    }
}

/// Where the frames of a sealed segment are: from its index, or else from the segment itself;
/// `None` when neither verifies.
pub(super) fn places(
    disk: &dyn Disk,
    uuid: [u8; 16],
    segment: &Segment,
) -> io::Result<Option<Places>> {
    let Some(last) = segment.sealed_last() else {
        return Ok(None);
    };
    let filed = IndexFile::open(disk, uuid, segment.shape, &sealed(segment, last));
    if let Some(places) = filed.and_then(|index| index.places()) {
        return Ok(Some(places));
    }
    let collected = collect(segment, last, Indexed::NOTHING, Verified::Heads)?;
    Ok(collected.map(|collected| collected.places))
}
