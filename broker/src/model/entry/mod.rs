//! Entries: every durable change, as results. State is a fold over them.
//!
//! An entry carries what was decided (offsets, times, retry or dead), never what it was decided from, so applying one
//! needs no clock, no settings and no hash. The meaning of a (kind, version) is frozen; an unknown one makes the
//! broker refuse to start. How to change the format: add a kind, or a version of one, with its own decoder; never
//! edit what is here.
//!
//! - [`bytes`]: numbers, texts and ranges as bytes.
//! - [`body`]: the body of a published batch.
//! - [`record`]: what a topic and a subscription are.
//! - [`state`]: restated objects.
//! - [`kinds`]: the entries; [`sought`], [`requested`], [`unparked`], [`filtered`], [`scanned`]: those of a seek, of a
//!   request with an id, of a released key and of filters; [`producer`]: what is remembered of producers; [`jumped`]:
//!   skipped offsets.
//! - [`operation`], [`aside`], [`audited`]: operations on many messages, what deletions put aside, and who did what.
//! - [`extra`], [`record_codec`], [`state_codec`], [`codec`]: entries as frame heads, kind by kind.

mod bytes;

pub mod body;

mod record;

pub mod state;

pub mod jumped;
pub mod producer;

mod extra;
mod record_codec;

pub mod requested;
pub mod sought;

pub mod unparked;

pub mod filtered;

pub mod scanned;

mod drop_cause;

pub mod aside;

pub mod operation;

pub mod audited;

pub mod kinds;

mod operation_codec;
mod state_codec;

mod codec;

#[cfg(test)]
mod tests;

pub use aside::{BroughtBack, SetAside};
pub use audited::{Audited, Digest};
pub use body::{Body, BodyBuilder, Columns, Marks, Sizes};
pub use bytes::DecodeError;
pub use codec::{Encoded, INDEXED_VERSION, decode, encode, indexed_bytes};
pub use drop_cause::DropCause;
pub use filtered::{Filtered, LeftOut};
pub use jumped::Jumped;
pub use kinds::{
    Acked, Delivered, Dropped, Entry, Failed, Failure, Grant, Outcome, Published, Released,
    Requeued, Trimmed,
};
pub use operation::{
    Copied, Deed, Operated, OperationPart, OperationProgress, OperationRecord, OperationState,
    OperationStep, PartStep, Phase, PulledBack, Restored, Who,
};
pub use producer::{ProducerState, Sequenced, StoredRun};
pub use record::{SubscriptionRecord, TopicRecord};
pub use requested::{FirstAnswer, Requested};
pub use scanned::Scanned;
pub use sought::Sought;
pub use state::{
    BrokerState, DeadRecord, OutstandingLease, PageState, PartitionCursor, PartitionState, Record,
    SubscriptionState, TopicState,
};
pub use unparked::Unparked;
