//! Finding the subscription that was meant.
//!
//! A subscription is written by its name or as `TOPIC/NAME`. Names may hold a slash themselves
//! (`namespace/name`), so what was written is first taken as a name; only if there is none, it is
//! parted at each slash in turn, and the topic must match.

use weir_proto::client::Error;
use weir_proto::v1::{ErrorReason, Subscription};

use super::failure::Failure;
use super::session::Session;

/// The namespace that is not written.
const DEFAULT_NAMESPACE: &str = "default/";

/// The subscription that `given` names.
pub(crate) async fn subscription(session: &Session, given: &str) -> Result<Subscription, Failure> {
    let admin = session.client.admin();
    let fail = |error| session.failure(format!("find the subscription {given}"), error);
    let not_found = match admin.get_subscription(given).await {
        Ok(found) => return Ok(found),
        Err(error) if is_no_such_name(&error) => error,
        Err(error) => return Err(fail(error)),
    };
    let mut mismatch = None;
    for (topic, name) in readings(given) {
        match admin.get_subscription(name).await {
            Ok(found) if is_same_name(topic, &found.topic) => return Ok(found),
            Ok(found) => mismatch = Some(found),
            Err(error) if is_no_such_name(&error) => {}
            Err(error) => return Err(fail(error)),
        }
    }
    Err(match mismatch {
        Some(found) => Failure::TopicMismatch {
            given: given.to_owned(),
            name: found.name,
            actual: found.topic,
        },
        None => fail(not_found),
    })
}

/// The ways to read `given` as a topic and a subscription, the shortest topic first.
fn readings(given: &str) -> impl Iterator<Item = (&str, &str)> {
    given
        .match_indices('/')
        .map(|(at, _)| (&given[..at], &given[at + 1..]))
        .filter(|(topic, name)| !topic.is_empty() && !name.is_empty())
}

/// Whether two names mean the same: the default namespace may be written.
fn is_same_name(one: &str, other: &str) -> bool {
    let short = |name: &'_ str| {
        name.strip_prefix(DEFAULT_NAMESPACE)
            .unwrap_or(name)
            .to_owned()
    };
    short(one) == short(other)
}

/// What was written is no name of a subscription, or no name at all, such as one with two slashes.
fn is_no_such_name(error: &Error) -> bool {
    matches!(
        error.reason(),
        ErrorReason::SubscriptionNotFound | ErrorReason::NameInvalid
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_parted_at_each_slash() {
        let read = |given| readings(given).collect::<Vec<_>>();
        assert!(read("billing").is_empty());
        assert_eq!(read("orders/billing"), [("orders", "billing")]);
        assert_eq!(
            read("shop/orders/shop/billing"),
            [
                ("shop", "orders/shop/billing"),
                ("shop/orders", "shop/billing"),
                ("shop/orders/shop", "billing"),
            ]
        );
        assert!(read("/billing").is_empty());
        assert!(read("orders/").is_empty());
    }

    #[test]
    fn the_default_namespace_may_be_written() {
        assert!(is_same_name("default/orders", "orders"));
        assert!(is_same_name("orders", "orders"));
        assert!(!is_same_name("shop/orders", "orders"));
    }
}
