//! The words of the broker as types: ids, names, times, settings, entries and refusals.
//!
//! Pure: no clock, no input or output. Everything above speaks in these types.

pub mod ids;
mod client;
pub mod request_id;
pub mod time;

pub mod range;

pub mod name;
pub mod plan;
pub mod producer;
pub mod refusal;

pub mod filter;

pub mod fingerprint;

pub mod settings;

pub mod entry;

pub use client::Client;
pub use fingerprint::Fingerprint;
pub use ids::{
    ClientId, ConsumerId, Epoch, Incarnation, LeaseSerial, MessageId, Offset, OperationId,
    Partition, Position, SubscriptionId, TopicId,
};
pub use name::Name;
pub use plan::PlanId;
pub use producer::{ProducerId, ProducerSequence};
pub use range::OffsetRange;
pub use refusal::Refusal;
pub use request_id::RequestId;
pub use time::{Mono, Now, Span, Time};
