//! Publishing over one stream: batches are made of what waits, several are under way, and each
//! message or batch gets its confirmation.
//!
//! - `limits`: what the broker takes, checked before anything is sent.
//! - `options`, `handle`: what programs use.
//! - `batch`: encoded messages and the batches made of them.
//! - `pipeline`: which batches wait, are under way, or are to be sent again (pure).
//! - `wire`: the stream's codec, which writes encoded messages as they are.
//! - `link`: one stream, from opening to loss.
//! - `task`: the one owner of it all.

mod batch;
mod handle;
pub mod limits;
mod link;
mod options;
mod pipeline;
mod task;
mod wire;

pub use batch::PublishedBatch;
pub use handle::{BatchConfirmation, Confirmation, Publisher};
pub use options::PublisherOptions;
