//! The topics and subscriptions of the demo, and how they are made.

use prost_types::Duration as ProtoDuration;
use weir_proto::client::{Client, Error};
use weir_proto::v1::{ErrorReason, KeyOrder, StartPosition, Subscription, Topic};

pub(crate) const ORDERS: &str = "orders";
pub(crate) const EMAILS: &str = "emails";
pub(crate) const PAYMENTS: &str = "payments";

/// All topics.
pub(crate) const TOPICS: [&str; 3] = [ORDERS, EMAILS, PAYMENTS];

/// A subscription of the demo.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) name: &'static str,
    pub(crate) topic: &'static str,
    pub(crate) max_attempts: u32,
    /// Shortest and longest wait after a failure, in milliseconds: short, so that within seconds messages
    /// fail, are tried again, and die.
    backoff_ms: (i64, i64),
    key_order: KeyOrder,
}

/// Keeps up, with two consumers.
pub(crate) const BILLING: Reader = Reader::of("billing", ORDERS);
/// Falls behind and catches up.
pub(crate) const FULFILMENT: Reader = Reader::of("fulfilment", ORDERS);
/// Its consumer leaves and comes back.
pub(crate) const ANALYTICS: Reader = Reader::of("analytics", ORDERS);
/// Its consumer fails in several ways.
pub(crate) const MAILER: Reader = Reader {
    max_attempts: 4,
    backoff_ms: (150, 800),
    ..Reader::of("mailer", EMAILS)
};
/// Takes payments in the order of their accounts; a poisoned one holds its account up.
pub(crate) const LEDGER: Reader = Reader {
    max_attempts: 3,
    backoff_ms: (100, 400),
    key_order: KeyOrder::Block,
    ..Reader::of("ledger", PAYMENTS)
};

/// All subscriptions.
pub(crate) const READERS: [&Reader; 5] = [&BILLING, &FULFILMENT, &ANALYTICS, &MAILER, &LEDGER];

impl Reader {
    const fn of(name: &'static str, topic: &'static str) -> Self {
        Self {
            name,
            topic,
            max_attempts: 5,
            backoff_ms: (200, 2_000),
            key_order: KeyOrder::Off,
        }
    }
}

/// Makes what is not there yet: in a directory of an earlier demo it is.
pub(crate) async fn create(client: &Client) -> Result<(), Error> {
    let admin = client.admin();
    for name in TOPICS {
        let topic = Topic {
            name: name.to_owned(),
            ..Topic::default()
        };
        unless_there(
            admin.create_topic(topic).await,
            ErrorReason::TopicAlreadyExists,
        )?;
    }
    for reader in READERS {
        let (shortest, longest) = reader.backoff_ms;
        let subscription = Subscription {
            name: reader.name.to_owned(),
            topic: reader.topic.to_owned(),
            max_attempts: reader.max_attempts,
            minimum_backoff: Some(milliseconds(shortest)),
            maximum_backoff: Some(milliseconds(longest)),
            key_order: reader.key_order.into(),
            ..Subscription::default()
        };
        let made = admin
            .create_subscription(subscription, StartPosition::Latest)
            .await;
        unless_there(made, ErrorReason::SubscriptionAlreadyExists)?;
    }
    Ok(())
}

/// A span of the contract.
pub(crate) fn milliseconds(count: i64) -> ProtoDuration {
    ProtoDuration {
        seconds: count / 1_000,
        nanos: i32::try_from(count % 1_000 * 1_000_000).unwrap_or(0),
    }
}

fn unless_there<T>(made: Result<T, Error>, there: ErrorReason) -> Result<(), Error> {
    match made {
        Err(error) if error.reason() != there => Err(error),
        _ => Ok(()),
    }
}
