//! The bytes of a frame and of a segment's header.
//!
//! ```text
//! frame, little endian, aligned to 8 bytes:
//!   0 magic u16 = 0x5745   2 kind u8   3 version u8   4 flags u8   5 reserved u8   6 reserved u16
//!   8 segment u64
//!  16 head_len u32        20 body_len u32
//!  24 position u64        32 time_us u64
//!  40 durable u64         48 body_crc u32   52 header_crc u32
//!  56 head, head_len bytes; then body, body_len bytes; then zeros up to a multiple of 8
//!
//! header of a segment's file, 64 bytes:
//!   0 magic "WEIRSEG1"     8 uuid, 16 bytes
//!  24 segment u64         32 first position u64   40 durable u64   48 shape u32
//!  52 reserved u64        60 crc u32
//! ```
//!
//! `header_crc` is the CRC32C of the header before it and of the head, seeded with the journal's
//! uuid and the segment's id, so that recycled space is never taken for data. `body_crc` is the
//! plain CRC32C of the body; the header that holds it is seeded. Lengths are believed only under a
//! valid header checksum, and reserved bytes are zero.
#![deny(clippy::indexing_slicing)]

/// Bytes of a frame before its head.
pub(super) const HEADER: usize = 56;
/// Bytes of a segment's header; the first frame follows.
pub(super) const SEGMENT_HEADER: usize = 64;
/// Frames start at multiples of this.
pub(super) const ALIGN: usize = 8;
/// The frame ends its commit group.
pub(super) const COMMIT: u8 = 0x01;

const MAGIC: u16 = 0x5745;
const SEGMENT_MAGIC: &[u8; 8] = b"WEIRSEG1";
const CRC_AT: usize = 52;

/// What makes a checksum belong to one segment of one journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seed(u32);

impl Seed {
    pub(super) fn new(uuid: [u8; 16], segment: u64) -> Self {
        Self(crc32c::crc32c_append(
            crc32c::crc32c(&uuid),
            &segment.to_le_bytes(),
        ))
    }
}

/// A frame's header without its checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: u8,
    pub(super) version: u8,
    pub(super) flags: u8,
    pub(super) segment: u64,
    pub(super) head_len: u32,
    pub(super) body_len: u32,
    pub(super) position: u64,
    pub(super) time_us: u64,
    pub(super) durable: u64,
    pub(super) body_crc: u32,
}

/// Bytes that a frame takes with its padding.
pub(super) fn frame_len(head: usize, body: usize) -> usize {
    (HEADER + head + body).next_multiple_of(ALIGN)
}

impl Header {
    /// Bytes of the whole frame with its padding.
    pub(super) fn frame_len(&self) -> usize {
        frame_len(self.head_len as usize, self.body_len as usize)
    }

    pub(super) fn is_commit(&self) -> bool {
        self.flags & COMMIT != 0
    }

    fn to_bytes(self) -> [u8; CRC_AT] {
        let mut bytes = [0; CRC_AT];
        let mut rest = bytes.as_mut_slice();
        let mut put = |field: &[u8]| {
            let (place, tail) = std::mem::take(&mut rest).split_at_mut(field.len());
            place.copy_from_slice(field);
            rest = tail;
        };
        put(&MAGIC.to_le_bytes());
        put(&[self.kind, self.version, self.flags, 0, 0, 0]);
        put(&self.segment.to_le_bytes());
        put(&self.head_len.to_le_bytes());
        put(&self.body_len.to_le_bytes());
        put(&self.position.to_le_bytes());
        put(&self.time_us.to_le_bytes());
        put(&self.durable.to_le_bytes());
        put(&self.body_crc.to_le_bytes());
        bytes
    }

    /// Appends the header with its checksum, and the head.
    pub(super) fn encode(self, head: &[u8], seed: Seed, out: &mut Vec<u8>) {
        let bytes = self.to_bytes();
        let crc = crc32c::crc32c_append(crc32c::crc32c_append(seed.0, &bytes), head);
        out.extend_from_slice(&bytes);
        out.extend_from_slice(&crc.to_le_bytes());
        out.extend_from_slice(head);
    }
}

/// Why bytes are not a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("the bytes end within a header")]
    ShortHeader,
    #[error("no frame starts here")]
    Magic,
    #[error("the header belongs to another segment")]
    Segment,
    #[error("the header's checksum does not fit")]
    HeaderChecksum,
    #[error("a reserved byte is set")]
    Reserved,
    #[error("the bytes end within the body")]
    ShortBody,
    #[error("the body's checksum does not fit")]
    BodyChecksum,
    #[error("the frame has another position than its place")]
    Position,
    #[error("the frame is older than the one before it")]
    Time,
}

/// Takes fields off the front of a slice.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }
}

/// A frame whose header and head are verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decoded<'a> {
    pub(super) header: Header,
    pub(super) head: &'a [u8],
    /// The body as far as the bytes go; `verify_body` tells whether it is whole.
    body: &'a [u8],
}

impl<'a> Decoded<'a> {
    /// The body as far as the bytes go, its checksum not looked at.
    pub(super) fn front(&self) -> &'a [u8] {
        let whole = self.body.get(..self.header.body_len as usize);
        whole.unwrap_or(self.body)
    }

    /// The body, once its checksum fits.
    pub(super) fn verify_body(&self) -> Result<&'a [u8], Fault> {
        let body = self
            .body
            .get(..self.header.body_len as usize)
            .ok_or(Fault::ShortBody)?;
        if crc32c::crc32c(body) == self.header.body_crc {
            Ok(body)
        } else {
            Err(Fault::BodyChecksum)
        }
    }
}

fn parse(bytes: &[u8]) -> Option<(Header, bool, u32)> {
    let mut fields = Fields(bytes);
    let _magic: [u8; 2] = fields.array()?;
    let [kind, version, flags, reserved @ ..] = fields.array::<6>()?;
    let header = Header {
        kind,
        version,
        flags,
        segment: fields.u64()?,
        head_len: fields.u32()?,
        body_len: fields.u32()?,
        position: fields.u64()?,
        time_us: fields.u64()?,
        durable: fields.u64()?,
        body_crc: fields.u32()?,
    };
    Some((header, reserved == [0; 3], fields.u32()?))
}

/// Decodes the frame at the front of `bytes` and verifies its header and head.
pub(super) fn decode(bytes: &[u8], segment: u64, seed: Seed) -> Result<Decoded<'_>, Fault> {
    if !bytes.starts_with(&MAGIC.to_le_bytes()) {
        return Err(if bytes.len() < 2 {
            Fault::ShortHeader
        } else {
            Fault::Magic
        });
    }
    let (header, is_reserved_zero, crc) = parse(bytes).ok_or(Fault::ShortHeader)?;
    if header.segment != segment {
        return Err(Fault::Segment);
    }
    let (fixed, rest) = bytes.split_at_checked(HEADER).ok_or(Fault::ShortHeader)?;
    let covered = fixed.get(..CRC_AT).ok_or(Fault::ShortHeader)?;
    let (head, body) = rest
        .split_at_checked(header.head_len as usize)
        .ok_or(Fault::ShortHeader)?;
    if crc32c::crc32c_append(crc32c::crc32c_append(seed.0, covered), head) != crc {
        return Err(Fault::HeaderChecksum);
    }
    if !is_reserved_zero || header.flags & !COMMIT != 0 {
        return Err(Fault::Reserved);
    }
    Ok(Decoded { header, head, body })
}

/// Whether `bytes` begin like the frame of `position` in `segment`, though they may be torn.
pub(super) fn looks_like(bytes: &[u8], segment: u64, position: u64) -> Option<usize> {
    if !bytes.starts_with(&MAGIC.to_le_bytes()) {
        return None;
    }
    let (header, _, _) = parse(bytes)?;
    (header.segment == segment && header.position == position).then(|| header.frame_len())
}

/// How the positions of a segment lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Every position from the first on: a log segment.
    Dense,
    /// Some positions, ascending: a cold segment, whose header was written last.
    Sparse,
}

impl Shape {
    /// The number that stands for it on the disk.
    pub(super) fn code(self) -> u32 {
        match self {
            Self::Dense => 0,
            Self::Sparse => 1,
        }
    }

    pub(super) fn from_code(code: u32) -> Option<Self> {
        match code {
            0 => Some(Self::Dense),
            1 => Some(Self::Sparse),
            _ => None,
        }
    }
}

/// The header of a segment's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    pub(super) uuid: [u8; 16],
    pub(super) segment: u64,
    pub(super) first: u64,
    pub(super) durable: u64,
    pub(super) shape: Shape,
}

impl SegmentHeader {
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(SEGMENT_MAGIC);
        out.extend_from_slice(&self.uuid);
        out.extend_from_slice(&self.segment.to_le_bytes());
        out.extend_from_slice(&self.first.to_le_bytes());
        out.extend_from_slice(&self.durable.to_le_bytes());
        out.extend_from_slice(&self.shape.code().to_le_bytes());
        out.extend_from_slice(&[0; 8]);
        let crc = out.get(start..).map_or(0, crc32c::crc32c);
        out.extend_from_slice(&crc.to_le_bytes());
    }

    /// The header at the front of `bytes`, if its checksum fits.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let header = bytes.get(..SEGMENT_HEADER)?;
        let (covered, crc) = header.split_last_chunk::<4>()?;
        if crc32c::crc32c(covered) != u32::from_le_bytes(*crc) {
            return None;
        }
        let mut fields = Fields(covered);
        if fields.array::<8>()? != *SEGMENT_MAGIC {
            return None;
        }
        Some(Self {
            uuid: fields.array()?,
            segment: fields.u64()?,
            first: fields.u64()?,
            durable: fields.u64()?,
            shape: Shape::from_code(fields.u32()?)?,
        })
    }
}
