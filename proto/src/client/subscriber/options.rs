//! What a consumer may say of itself when it subscribes.

use std::time::Duration;

/// How to receive from a subscription. Begin with [`SubscribeOptions::to`] and change what must
/// differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscribeOptions {
    /// The name of the subscription.
    pub subscription: String,
    /// A name for this consumer, shown to operators. Empty means one made from its address.
    pub consumer: String,
    /// How many messages may be received and not yet answered: 1 to 100,000. 0 means 1,000.
    pub max_outstanding_messages: u32,
    /// How many bytes of messages may be received and not yet answered: 1 to 1 GiB. 0 means 64 MiB.
    pub max_outstanding_bytes: u64,
    /// For how long after its delivery the lease of an unanswered message is lengthened, each time
    /// at half the ack deadline. `None` turns this off: the lease ends at the ack deadline.
    pub auto_extend: Option<Duration>,
    /// Whether the broker tells of acks that are durable: see
    /// [`Lease::ack_confirmed`](super::Lease::ack_confirmed). Costs a sync for each batch of acks.
    pub confirm_acks: bool,
}

impl SubscribeOptions {
    /// How long a message is held at most by automatic extension.
    pub const AUTO_EXTEND_LIMIT: Duration = Duration::from_hours(1);

    /// The defaults: the broker's allowance, leases lengthened for an hour.
    pub fn to(subscription: impl Into<String>) -> Self {
        Self {
            subscription: subscription.into(),
            consumer: String::new(),
            max_outstanding_messages: 0,
            max_outstanding_bytes: 0,
            auto_extend: Some(Self::AUTO_EXTEND_LIMIT),
            confirm_acks: false,
        }
    }
}
