//! Room for publishes on their way to the disk: a byte each, held until it is durable.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// The part of the uncommitted bytes that is kept for acks and acts: one in this many.
const SHARE_FOR_ACKS: u64 = 8;
/// Bytes that publishes may have on their way to the disk.
#[derive(Debug)]
pub(super) struct Budget {
    pub(super) room: Arc<Semaphore>,
    /// All of it, in bytes.
    pub(super) limit: u32,
}

impl Budget {
    /// Out of `uncommitted` bytes, publishes may use all but a share.
    pub(super) fn new(uncommitted: u64) -> Self {
        let limit = uncommitted - uncommitted / SHARE_FOR_ACKS;
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let permits = usize::try_from(limit).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            room: Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS))),
            limit,
        }
    }

    /// What waits is let go with an error: nothing will give room back any more.
    pub(super) fn close(&self) {
        self.room.close();
    }

    /// Bytes that are on their way.
    pub(super) fn waiting(&self) -> u64 {
        let free = u32::try_from(self.room.available_permits()).unwrap_or(u32::MAX);
        u64::from(self.limit.saturating_sub(free))
    }
}
