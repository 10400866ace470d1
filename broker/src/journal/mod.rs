//! The journal: every durable change of the broker, as frames in one order of positions.
//!
//! A frame reported durable is there, byte for byte, after any crash; damage is reported, never
//! skipped. The journal is the message store too. It knows frames, not topics.
//!
//! Reading order: the trait and its words in `api`, the bytes in `codec`.

mod api;
pub mod fail_point;
pub mod options;
mod reader;
mod watermark;

pub use api::{
    AppendError, CloseError, CutTail, Frame, Journal, Live, OpenError, Poisoned, ReadError,
    Recovered, Release, Replay, ReplayError, Replayed, Source, StoredFrame, Usage,
};
pub use options::{Options, Threads};
pub use reader::{ReadFrames, Reader};
pub use watermark::Watermark;
