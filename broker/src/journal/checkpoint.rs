//! A checkpoint: the whole state as frames in one file, a shortcut for replay that may be lost.
//!
//! ```text
//!   0 magic "WEIRCKP1"    8 uuid, 16 bytes    24 at u64     32 frames u64
//!  40 bytes u64          48 time_us u64       56 reserved   60 crc u32
//!  64 frames, as in a segment, seeded with `at`; each has the position `at`
//! ```
//!
//! Two generations take turns, so that a bad newest one leaves the other. A file is synced and read
//! back before it takes its name. A checkpoint that does not verify is ignored with a note.

use std::io;

use super::api::{Frame, Statement};
use super::codec::{Decoded, HEADER, Header, SEGMENT_HEADER, Seed, decode, frame_len};
use super::disk::{Access, Disk, DiskFile, SyncSite};
use super::fail_point;
use super::store::{DiskError, Store, tried};
use super::transfer::{read_file, read_up_to, write_bytes};

/// The files of the two generations.
pub(super) const NAMES: [&str; 2] = ["checkpoint-0", "checkpoint-1"];
/// The name a checkpoint is written under.
pub(super) const NEW_NAME: &str = "checkpoint.tmp";

const MAGIC: &[u8; 8] = b"WEIRCKP1";
/// Bytes per write, which bounds the memory beside the frames themselves.
const CHUNK: usize = 1 << 20;

/// Seeds differ from those of segments, which count from 1.
fn seed_id(at: u64) -> u64 {
    !at
}

/// What a checkpoint's file says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Title {
    uuid: [u8; 16],
    at: u64,
    frames: u64,
    bytes: u64,
    time_us: u64,
}

impl Title {
    fn encode(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend_from_slice(&self.uuid);
        for field in [self.at, self.frames, self.bytes, self.time_us] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        out.extend_from_slice(&[0; 4]);
        let crc = crc32c::crc32c(&out);
        out.extend_from_slice(&crc.to_le_bytes());
        out
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (covered, crc) = bytes.get(..SEGMENT_HEADER)?.split_last_chunk::<4>()?;
        let is_ours = covered.starts_with(MAGIC);
        if !is_ours || crc32c::crc32c(covered) != u32::from_le_bytes(*crc) {
            return None;
        }
        let field = |at: usize| {
            let bytes = covered.get(at..)?.first_chunk::<8>()?;
            Some(u64::from_le_bytes(*bytes))
        };
        Some(Self {
            uuid: *covered.get(8..)?.first_chunk::<16>()?,
            at: field(24)?,
            frames: field(32)?,
            bytes: field(40)?,
            time_us: field(48)?,
        })
    }
}

/// A verified checkpoint in memory.
pub(super) struct Checkpoint {
    pub(super) slot: usize,
    pub(super) at: u64,
    pub(super) time_us: u64,
    bytes: Vec<u8>,
}

impl Checkpoint {
    /// Its frames in order, which are known to verify.
    pub(super) fn frames(&self) -> impl Iterator<Item = (Decoded<'_>, &[u8])> {
        let id = seed_id(self.at);
        let mut offset = SEGMENT_HEADER;
        let seed = self.seed();
        std::iter::from_fn(move || {
            let frame = decode(self.bytes.get(offset..)?, id, seed).ok()?;
            let body = frame.verify_body().ok()?;
            offset += frame.header.frame_len();
            Some((frame, body))
        })
    }

    fn seed(&self) -> Seed {
        let uuid = self
            .bytes
            .get(8..)
            .and_then(|bytes| bytes.first_chunk::<16>());
        Seed::new(uuid.copied().unwrap_or_default(), seed_id(self.at))
    }

    /// Reads and verifies the checkpoint in `slot`; `Ok(None)` when there is none.
    pub(super) fn read(
        disk: &dyn Disk,
        slot: usize,
        uuid: [u8; 16],
    ) -> Result<Option<Self>, String> {
        let name = NAMES[slot];
        let file = match disk.open(name, Access::Read) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("{name} cannot be opened: {error}")),
        };
        let mut bytes = Vec::new();
        read_file(&*file, &mut bytes).map_err(|error| format!("{name} cannot be read: {error}"))?;
        let title = Title::decode(&bytes).ok_or(format!("{name} has no valid title"))?;
        if title.uuid != uuid {
            return Err(format!("{name} belongs to another journal"));
        }
        if bytes.len() as u64 != title.bytes {
            return Err(format!(
                "{name} has {} bytes, not {}",
                bytes.len(),
                title.bytes
            ));
        }
        let checkpoint = Self {
            slot,
            at: title.at,
            time_us: title.time_us,
            bytes,
        };
        let sound = checkpoint.frames().count() as u64;
        if sound != title.frames {
            return Err(format!(
                "{name} is damaged at frame {} of {}",
                sound + 1,
                title.frames
            ));
        }
        Ok(Some(checkpoint))
    }
}

/// A checkpoint that is to be made and written.
pub(super) struct Order {
    pub(super) at: u64,
    pub(super) time_us: u64,
    pub(super) frames: Statement,
}

impl Order {
    /// Makes it.
    pub(super) fn carry_out(self) -> Plan {
        Plan {
            at: self.at,
            time_us: self.time_us,
            frames: (self.frames)(),
        }
    }
}

/// What is to be written as a checkpoint.
pub(super) struct Plan {
    pub(super) at: u64,
    pub(super) time_us: u64,
    pub(super) frames: Vec<Frame>,
}

/// Writes `plan` into `slot`; its position must be durable.
pub(super) fn write(store: &Store, slot: usize, plan: &Plan) -> Result<(), DiskError> {
    let file = store
        .disk
        .create(NEW_NAME)
        .map_err(tried("create", NEW_NAME))?;
    write_frames(&*file, store.uuid, plan).map_err(tried("write", NEW_NAME))?;
    file.sync_data(SyncSite::Checkpoint)
        .map_err(tried("sync", NEW_NAME))?;
    verify(&*file, store.uuid, plan).map_err(tried("verify", NEW_NAME))?;
    fail_point::hit("journal.checkpoint_written");
    store
        .disk
        .rename(NEW_NAME, NAMES[slot])
        .map_err(tried("rename", NEW_NAME))?;
    fail_point::hit("journal.checkpoint_renamed");
    store
        .disk
        .sync_directory("", SyncSite::CheckpointDirectory)
        .map_err(tried("sync the directory of", NAMES[slot]))?;
    fail_point::hit("journal.checkpoint_synced");
    Ok(())
}

fn write_frames(file: &dyn DiskFile, uuid: [u8; 16], plan: &Plan) -> io::Result<()> {
    let len = |frame: &Frame| frame_len(frame.head.len(), frame.body.len());
    let bytes = SEGMENT_HEADER + plan.frames.iter().map(len).sum::<usize>();
    let title = Title {
        uuid,
        at: plan.at,
        frames: plan.frames.len() as u64,
        bytes: bytes as u64,
        time_us: plan.time_us,
    };
    let (id, seed) = (seed_id(plan.at), Seed::new(uuid, seed_id(plan.at)));
    let (mut chunk, mut offset) = (title.encode(), 0);
    for frame in &plan.frames {
        let header = Header {
            kind: frame.kind,
            version: frame.version,
            flags: 0,
            segment: id,
            head_len: u32::try_from(frame.head.len()).unwrap_or(u32::MAX),
            body_len: u32::try_from(frame.body.len()).unwrap_or(u32::MAX),
            position: plan.at,
            time_us: plan.time_us,
            durable: plan.at,
            body_crc: frame.body_crc,
        };
        header.encode(&frame.head, seed, &mut chunk);
        chunk.extend_from_slice(&frame.body);
        let unpadded = HEADER + frame.head.len() + frame.body.len();
        chunk.resize(chunk.len() + len(frame) - unpadded, 0);
        if chunk.len() >= CHUNK {
            write_bytes(file, offset, &chunk)?;
            offset += chunk.len() as u64;
            chunk.clear();
        }
    }
    write_bytes(file, offset, &chunk)
}

/// Reads the file back frame by frame and compares it with the plan.
fn verify(file: &dyn DiskFile, uuid: [u8; 16], plan: &Plan) -> io::Result<()> {
    let other = || io::Error::new(io::ErrorKind::InvalidData, "other bytes came back");
    let seed = Seed::new(uuid, seed_id(plan.at));
    let (mut buffer, mut offset) = (Vec::new(), SEGMENT_HEADER as u64);
    for frame in &plan.frames {
        let len = frame_len(frame.head.len(), frame.body.len());
        buffer.resize(len, 0);
        if read_up_to(file, offset, &mut buffer)? != len {
            return Err(other());
        }
        let back = decode(&buffer, seed_id(plan.at), seed).map_err(io::Error::other)?;
        if back.head != frame.head || back.verify_body().map_err(io::Error::other)? != frame.body {
            return Err(other());
        }
        offset += len as u64;
    }
    Ok(())
}
