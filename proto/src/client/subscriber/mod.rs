//! Receiving over one stream: messages come under leases that are lengthened while they are held,
//! and what became of them goes back as ranges.
//!
//! - `options`, `handle`: what programs use.
//! - `received`: messages and the handles that answer for them.
//! - `ranges`, `leases`: which sequences are held and when their leases are lengthened (pure).
//! - `confirmations`: who waits until an ack is durable.
//! - `answers`: what handles have said and the stream has not sent yet.
//! - `session`: one stream, from its start to its end.
//! - `task`: the one owner of the streams.

mod answers;
mod confirmations;
mod handle;
mod leases;
mod options;
mod ranges;
mod received;
mod session;
mod task;

#[cfg(test)]
mod tests;

pub use answers::Counters;
pub use handle::Subscriber;
pub use options::SubscribeOptions;
pub use received::{DROPPED_ERROR_CLASS, Lease, Received, ReceivedBatch};
