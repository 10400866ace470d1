//! Producers: who publishes, and which of its batches this is, so that a batch sent twice is stored once.

use std::fmt;

/// A producer, as it names itself; chosen at random so that no two are the same.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProducerId(pub [u8; Self::BYTES]);

impl ProducerId {
    /// How long an id is.
    pub const BYTES: usize = 16;
}

impl fmt::Display for ProducerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Which batch of which producer this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProducerSequence {
    /// The producer.
    pub producer: ProducerId,
    /// The number of the batch, from 1; a batch that is sent again keeps it.
    pub sequence: u64,
}
