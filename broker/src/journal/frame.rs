//! Frames as the journal takes, stores and replays them: an entry as bytes, with what the journal
//! knows of it. It interprets neither head nor body.

use bytes::Bytes;

use crate::model::ids::Position;

/// One entry as bytes, on its way into the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What the entry is; the journal does not interpret it.
    pub kind: u8,
    /// Version of the entry's kind.
    pub version: u8,
    /// The entry itself, covered by the header's checksum.
    pub head: Bytes,
    /// Opaque payload, covered by `body_crc`; may be empty.
    pub body: Bytes,
    /// Plain CRC32C of `body`, computed where the body was built.
    pub body_crc: u32,
    /// Starts a sync at once; a lazy frame rides along or waits a few milliseconds.
    pub eager: bool,
}

impl Frame {
    /// A frame over `head` and `body`, with the body's checksum computed here.
    pub fn new(kind: u8, version: u8, head: Bytes, body: Bytes) -> Self {
        let body_crc = crc32c::crc32c(&body);
        Self {
            kind,
            version,
            head,
            body,
            body_crc,
            eager: true,
        }
    }

    /// The same frame, but not starting a sync by itself.
    #[must_use]
    pub fn lazy(mut self) -> Self {
        self.eager = false;
        self
    }
}

/// A frame read back from the journal, its checksums verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFrame {
    /// Where the frame stands in the order of all frames.
    pub position: Position,
    /// When it was appended, in microseconds since the Unix epoch; never decreases.
    pub time_us: u64,
    /// The durable position when it was written.
    pub durable: Position,
    /// What the entry is.
    pub kind: u8,
    /// Version of the entry's kind.
    pub version: u8,
    /// Whether it ends its commit group.
    pub is_commit: bool,
    /// The entry itself.
    pub head: Bytes,
    /// Opaque payload.
    pub body: Bytes,
    /// CRC32C of `body`.
    pub body_crc: u32,
}

/// Where a replayed frame comes from, and so what is to be done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// From the checkpoint: restates state as of the checkpoint's position; apply.
    Checkpoint,
    /// From before the start of replay: index its body, do not apply. The body ends where
    /// `Options::indexed` says, and its checksum is verified when it is read, not here.
    Data,
    /// From the log at or after the start of replay: apply.
    Log,
}

/// A frame as recovery hands it out; its bytes are borrowed from the scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed<'a> {
    /// Position of the frame; of a checkpoint's frame, the position the checkpoint states.
    pub position: Position,
    /// When it was appended, in microseconds since the Unix epoch.
    pub time_us: u64,
    /// What the entry is.
    pub kind: u8,
    /// Version of the entry's kind.
    pub version: u8,
    /// Whether it ends its commit group.
    pub is_commit: bool,
    /// The entry itself.
    pub head: &'a [u8],
    /// Opaque payload, or its indexed front if the source is `Data`.
    pub body: &'a [u8],
}
