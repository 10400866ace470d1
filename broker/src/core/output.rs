//! What the shard has to do after a command: append groups, hand out grants, end streams, keep and release frames.
//!
//! The shard drains it with [`Output::take`] after each command or batch of commands, and appends every group in
//! order: the positions are those of `Core::next_position`, dense, equal to the journal's.

use bytes::Bytes;

use super::limits::ENTRY_BYTES;
use super::views::Route;
use crate::insight::timeline::Happening;
use crate::model::entry::{Encoded, Entry, encode};
use crate::model::{
    ConsumerId, Epoch, Incarnation, LeaseSerial, Name, Offset, OffsetRange, Partition, Position,
    Refusal, SubscriptionId, Time, TopicId,
};

/// What a journal adds to head and body of a frame, at most: its header and padding.
pub const FRAME_OVERHEAD: usize = 64;

/// Everything that commands have brought about since it was last taken.
#[derive(Debug, Default)]
pub struct Output {
    /// To be appended, in order, one commit group each.
    pub groups: Vec<Group>,
    /// To be handed to consumers once `needs` is durable.
    pub grants: Vec<GrantEffect>,
    /// Consumers whose stream or Pull must end; they are already detached.
    pub ended: Vec<EndedConsumer>,
    /// Topics that have stored a message or were deleted, of those whose news are awaited, and where.
    pub news: Vec<(TopicId, Position)>,
    /// Topics whose filters have changed, as publishers are to know them from now on.
    pub routes: Vec<(Name, Route)>,
    /// What has happened that an operator may want to know of.
    pub happened: Vec<Happening>,
    /// Frames that must stay readable, with their bytes.
    pub keep: Vec<(Position, u64)>,
    /// Frames that are needed no more, with the same bytes.
    pub release: Vec<(Position, u64)>,
}

/// Frames that are durable together or not at all.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// At least one.
    pub frames: Vec<OutFrame>,
}

/// One entry on its way to the journal.
#[derive(Debug, Clone)]
pub struct OutFrame {
    /// What the entry is.
    pub kind: u8,
    /// The version of its kind.
    pub version: u8,
    /// The encoded entry.
    pub head: Bytes,
    /// The messages of a published batch, else empty.
    pub body: Bytes,
    /// CRC32C of `body`.
    pub body_crc: u32,
    /// Whether it starts a sync at once.
    pub eager: bool,
}

/// Messages leased to one consumer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantEffect {
    /// The consumer, or the Pull.
    pub consumer: ConsumerId,
    /// The subscription.
    pub subscription: SubscriptionId,
    /// Its topic.
    pub topic: TopicId,
    /// The partition.
    pub partition: Partition,
    /// The seek epoch, for ack ids.
    pub epoch: Epoch,
    /// The incarnation, for ack ids.
    pub incarnation: Incarnation,
    /// The messages, in order of sequence.
    pub runs: Vec<GrantRun>,
    /// The newest Published position among them: may leave when this is durable.
    pub needs: Position,
}

/// Consecutive messages of one frame, leased with the same attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantRun {
    /// The sequence of the first on the stream, from 1; 0 for a Pull.
    pub first_sequence: u64,
    /// The messages.
    pub range: OffsetRange,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// The number of the grant.
    pub serial: LeaseSerial,
    /// When they were published.
    pub time: Time,
    /// The frame that holds them.
    pub position: Position,
    /// The offset of the frame's first message.
    pub frame_base: Offset,
}

/// A consumer that the core has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedConsumer {
    /// The consumer, or the waiting Pull.
    pub consumer: ConsumerId,
    /// Why.
    pub reason: Refusal,
}

impl Output {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
            && self.grants.is_empty()
            && self.ended.is_empty()
            && self.news.is_empty()
            && self.routes.is_empty()
            && self.happened.is_empty()
            && self.keep.is_empty()
            && self.release.is_empty()
    }
}

impl OutFrame {
    /// An entry without a body that starts a sync.
    pub fn eager(entry: &Entry) -> Self {
        let Encoded {
            kind,
            version,
            head,
        } = encode(entry);
        Self {
            kind,
            version,
            head: head.into(),
            body: Bytes::new(),
            body_crc: 0,
            eager: true,
        }
    }

    /// An entry without a body that rides along.
    pub fn lazy(entry: &Entry) -> Self {
        Self {
            eager: false,
            ..Self::eager(entry)
        }
    }

    /// Bytes that it takes in the journal at most.
    pub fn stored_size(&self) -> usize {
        FRAME_OVERHEAD + self.size()
    }

    /// Bytes of head and body.
    pub fn size(&self) -> usize {
        self.head.len() + self.body.len()
    }
}

/// What an entry of ranges takes in the journal, at most.
pub(super) fn entry_bytes(ranges: &[OffsetRange]) -> u64 {
    let mut at = 0;
    let bytes = ranges.iter().map(|range| {
        let gap = range.start.0 - at;
        at = range.end.0;
        number_bytes(gap) + number_bytes(range.count())
    });
    FRAME_OVERHEAD as u64 + ENTRY_BYTES + bytes.sum::<u64>()
}

/// Bytes of a number as it is written: seven bits each.
fn number_bytes(value: u64) -> u64 {
    u64::from((u64::BITS - value.leading_zeros()).div_ceil(7).max(1))
}
