//! Why messages are dropped.

/// Why a message was dropped. The numbers are frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DropCause {
    /// Its time to live or its retention ended.
    Expired = 1,
    /// Purged from a backlog.
    Purged = 2,
    /// A dead message removed by an operator.
    Discarded = 3,
    /// A limit on the backlog dropped the oldest.
    Overflow = 4,
    /// The subscription's filter does not select it.
    Filtered = 5,
    /// A seek went past it.
    Skipped = 6,
    /// Published anew by a move, an edit or a dead letter topic; or that, taken back.
    Moved = 7,
}

impl DropCause {
    /// Every cause, in order of number.
    pub const ALL: [Self; 7] = [
        Self::Expired,
        Self::Purged,
        Self::Discarded,
        Self::Overflow,
        Self::Filtered,
        Self::Skipped,
        Self::Moved,
    ];

    /// Its place in [`DropCause::ALL`].
    pub fn index(self) -> usize {
        self as usize - 1
    }
}
