//! The Rust client: publish in pipelined batches, receive under leases, look and act as an
//! operator, watch the live numbers.
//!
//! Everything begins with a [`Client`], which is one connection (more beyond 100 streams) and cheap
//! to clone. Calls with one answer are on [`Admin`], [`Operator`], [`Puller`] and [`Stats`]; long-running streams are
//! [`Publisher`], [`Subscriber`] and [`Watcher`], each with a task of its own, and [`Reader`]. By default streams
//! connect again for ever; [`Options::fail_fast`] makes the first refused or lost connection an
//! error.
//!
//! ```no_run
//! # async fn example() -> Result<(), weir_proto::client::Error> {
//! use weir_proto::client::{Client, SubscribeOptions, Subscriber};
//! use weir_proto::v1::Message;
//!
//! let client = Client::connect("127.0.0.1:7420").await?;
//!
//! // A publish returns when the message is on its way; its confirmation, when it is on the disk.
//! let publisher = client.publisher("orders");
//! let confirmation = publisher
//!     .publish(Message { payload: "one coffee".into(), ..Message::default() })
//!     .await?;
//! println!("stored as {}", confirmation.await?);
//! publisher.close().await?;
//!
//! // A message is held under a lease, which is lengthened until the message is answered.
//! let mut subscriber = Subscriber::open(&client, SubscribeOptions::to("kitchen")).await?;
//! let received = subscriber.next().await?;
//! println!("{}: {} bytes", received.id, received.message.payload.len());
//! received.ack();
//! subscriber.close().await?;
//! # Ok(())
//! # }
//! ```

mod admin;
mod backoff;
mod connection;
mod error;
mod events;
mod lanes;
mod message_id;
mod operations;
mod options;
mod publisher;
mod reader;
mod request_id;
mod subscriber;
mod unary;
mod watcher;

#[cfg(test)]
mod tests;

pub use admin::Admin;
pub use backoff::{Backoff, Delays};
pub use connection::Client;
pub use error::{Error, Kind, Violation};
pub use events::Events;
pub use message_id::MessageId;
pub use options::{
    CONNECTION_WINDOW_BYTES, DEFAULT_ADDRESS, DEFAULT_PORT, FAIL_FAST_LIMIT, MAX_MESSAGE_BYTES,
    Options, Reconnect, STREAM_WINDOW_BYTES, USER_AGENT,
};
pub use publisher::{
    BatchConfirmation, Confirmation, PublishedBatch, Publisher, PublisherOptions, limits,
};
pub use reader::{ReadFrom, ReadItem, ReadMessage, ReadOptions, Reader};
pub use subscriber::{
    Counters, DROPPED_ERROR_CLASS, Lease, Received, ReceivedBatch, SubscribeOptions, Subscriber,
};
pub use tonic::Code;
pub use unary::{Operator, Puller, Stats};
pub use watcher::{ConnectionState, Numbers, Observed, SILENCE_LIMIT, Watcher};
