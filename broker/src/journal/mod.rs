//! The journal: every durable change of the broker, as frames in one order of positions.
//!
//! A frame reported durable is there, byte for byte, after any crash; damage is reported, never
//! skipped. The journal is the message store too. It knows frames, not topics.
//!
//! Reading order: the trait and its words in `api`; the bytes in `codec`; the way in through
//! `local`, `inbox`, `workers`, `writer` and `segment`; the way back through `survey`, `walk` over a
//! `window`, `tail` and `recovery`; the set of segments in `store`, `manifest`, `background` and
//! `cold`; what saves a start from reading what is kept in `index_file`, `index_rows`, `skim` and
//! `places`; the disk below all of it in `disk`; files beside the log in `side_file`.

mod api;
mod background;
mod checkpoint;
mod codec;
mod cold;
mod compose;
pub mod disk;
mod errors;
pub mod fail_point;
mod findings;
mod frame;
mod inbox;
mod index_file;
mod index_rows;
mod inspect;
mod layout;
mod local;
mod manifest;
pub mod options;
mod places;
mod reader;
mod recovery;
mod scan;
mod segment;
mod side_file;
pub mod sim_disk;
mod skim;
mod space;
mod store;
mod survey;
mod tail;
#[cfg(test)]
mod tests;
mod transfer;
mod walk;
mod watermark;
mod window;
mod workers;
mod writer;

pub use api::{
    AppendError, CloseError, CutTail, Frame, Journal, Live, OpenError, Poisoned, ReadError,
    Recovered, Release, Replay, ReplayError, Replayed, Source, Statement, StoredFrame, Usage,
};
pub use disk::{Disk, OsDisk};
pub use inspect::{Problem, Report, dump, repair_dry_run, verify};
pub use local::LocalJournal;
pub use options::{Indexed, Options, Threads};
pub use reader::{ReadFrames, Reader};
pub use side_file::{read_side_file, write_side_file};
pub use watermark::Watermark;
