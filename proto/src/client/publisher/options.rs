//! How a publisher batches and how much it may hold.

/// How a publisher batches, how much it may hold, and what it does after a lost connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublisherOptions {
    /// The most messages put together into one batch: 1 to 10,000. What is there goes, without
    /// waiting for more; a larger `publish_batch` goes alone.
    pub batch_messages: usize,
    /// The most bytes put together into one batch: at most 16 MiB.
    pub batch_bytes: usize,
    /// How many batches are under way at once. With 1, refused batches that are tried again keep
    /// the order of all messages; with more, later batches may be stored before one that is tried
    /// again.
    pub batches_in_flight: usize,
    /// How many messages may be unconfirmed before `publish` waits.
    pub unconfirmed_messages: usize,
    /// How many bytes may be unconfirmed before `publish` waits. A larger message is taken alone.
    pub unconfirmed_bytes: usize,
    /// Numbers each batch, so that the broker stores it once however often it is sent. After a lost
    /// connection a client that reconnects then sends again what was under way, and every message
    /// is stored exactly once. The broker remembers a publisher for 7 days after its newest batch.
    pub deduplicate: bool,
    /// Without `deduplicate`: after a lost connection, sends again what was under way. Every message
    /// is then stored at least once, and one whose answer was lost is stored twice. Without either,
    /// such messages end with an unknown outcome
    /// ([`Error::is_outcome_unknown`](crate::client::Error::is_outcome_unknown)) and are stored at
    /// most once.
    pub resend: bool,
    /// Lets the broker refuse messages with `NO_SUBSCRIPTION` while the topic has no subscription.
    pub require_subscription: bool,
}

impl PublisherOptions {
    /// The most messages that a publisher puts together into one batch.
    pub const BATCH_MESSAGES: usize = 1_000;
    /// The most bytes that a publisher puts together into one batch.
    pub const BATCH_BYTES: usize = 1 << 20;
    /// How many batches are under way before the next one waits for an answer.
    pub const BATCHES_IN_FLIGHT: usize = 8;
    /// How many messages may be unconfirmed before `publish` waits.
    pub const UNCONFIRMED_MESSAGES: usize = 100_000;
    /// How many bytes may be unconfirmed before `publish` waits.
    pub const UNCONFIRMED_BYTES: usize = 64 << 20;
}

impl Default for PublisherOptions {
    fn default() -> Self {
        Self {
            batch_messages: Self::BATCH_MESSAGES,
            batch_bytes: Self::BATCH_BYTES,
            batches_in_flight: Self::BATCHES_IN_FLIGHT,
            unconfirmed_messages: Self::UNCONFIRMED_MESSAGES,
            unconfirmed_bytes: Self::UNCONFIRMED_BYTES,
            deduplicate: true,
            resend: false,
            require_subscription: false,
        }
    }
}
