//! Messages and subscriptions as tests write them, and what must hold of a subscription's numbers.

use std::time::Duration;

use weir_proto::v1::{Delivery, KeyOrder, Message, Subscription, SubscriptionStats};

/// `entered = unjudged + scheduled + ready + leased + waiting + dead + acked + dropped`, and the broker's recount
/// agrees.
pub fn check_books(stats: &SubscriptionStats) {
    let dropped: u64 = stats.dropped.iter().map(|one| one.count).sum();
    let SubscriptionStats {
        unjudged,
        scheduled,
        ready,
        leased,
        waiting,
        dead,
        acked,
        ..
    } = stats;
    let sum = unjudged + scheduled + ready + leased + waiting + dead + acked + dropped;
    assert_eq!(stats.entered, sum, "I13: the books of {stats:#?}");
    assert_eq!(
        stats.conservation_error, 0,
        "I13: the recount of {stats:#?}"
    );
    assert_eq!(stats.backlog, ready + leased + waiting, "{stats:#?}");
}

/// A subscription with default settings.
pub fn subscription(name: &str, topic: &str) -> Subscription {
    Subscription {
        name: name.to_owned(),
        topic: topic.to_owned(),
        ..Subscription::default()
    }
}

/// A subscription whose failed messages are tried again at once.
pub fn eager(name: &str, topic: &str, max_attempts: u32) -> Subscription {
    Subscription {
        max_attempts,
        minimum_backoff: Duration::ZERO.try_into().ok(),
        maximum_backoff: Duration::ZERO.try_into().ok(),
        ..subscription(name, topic)
    }
}

/// The same in order of key.
pub fn ordered(subscription: Subscription, order: KeyOrder) -> Subscription {
    Subscription {
        key_order: order.into(),
        ..subscription
    }
}

/// A message with a text as payload.
pub fn message(text: &str) -> Message {
    Message {
        payload: text.to_owned().into(),
        ..Message::default()
    }
}

/// A message with a key.
pub fn keyed(key: &str, text: &str) -> Message {
    Message {
        ordering_key: key.to_owned(),
        ..message(text)
    }
}

/// What messages say, in order.
pub fn texts(deliveries: &[Delivery]) -> Vec<String> {
    let text = |one: &Delivery| {
        let payload = one.message.clone().unwrap_or_default().payload;
        String::from_utf8_lossy(&payload).into_owned()
    };
    deliveries.iter().map(text).collect()
}
