//! Reading durable frames by position, from any thread.
//!
//! A reader verifies the checksums of what it returns; it caches nothing.

use std::fmt;
use std::sync::Arc;

use super::errors::ReadError;
use super::frame::StoredFrame;
use crate::model::ids::Position;

/// What a journal offers to its readers; each kind of journal has its own.
pub trait ReadFrames: Send + Sync {
    /// Reads the frame at `position`, which must be durable, and verifies it.
    fn read(&self, position: Position) -> Result<StoredFrame, ReadError>;
}

/// A cheap handle that reads durable frames.
#[derive(Clone)]
pub struct Reader {
    frames: Arc<dyn ReadFrames>,
}

impl Reader {
    /// A reader over `frames`.
    pub fn new(frames: Arc<dyn ReadFrames>) -> Self {
        Self { frames }
    }

    /// Reads the frame at `position`, which must be durable, and verifies it. The file is not
    /// reused while it is being read.
    pub fn read(&self, position: Position) -> Result<StoredFrame, ReadError> {
        self.frames.read(position)
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}
