//! Settings change while messages flow: only what the mask names, only if the etag still holds, and durably.

use std::time::Duration;

use tonic::Code;
use weir_proto::v1::{ErrorReason, KeyOrder, Subscription, Topic};
use weir_tests::broker::{eager, keyed, texts};
use weir_tests::refusals::refused;

use crate::broker;

fn subscription(name: &str) -> Subscription {
    Subscription {
        name: name.to_owned(),
        max_attempts: 3,
        ack_deadline: Duration::from_secs(7).try_into().ok(),
        ..Subscription::default()
    }
}

#[tokio::test]
async fn an_update_changes_what_its_mask_names_and_survives_a_restart() {
    let mut broker = broker().await;
    broker.pair_with(eager("s", "t", 10)).await;
    let admin = broker.client().admin();
    let before = admin.get_subscription("s").await.unwrap();
    let changed = admin
        .update_subscription(subscription("s"), &["max_attempts"])
        .await
        .unwrap();
    assert_eq!(changed.max_attempts, 3);
    assert_eq!(changed.ack_deadline, before.ack_deadline, "not in the mask");
    assert_ne!(changed.etag, before.etag);
    assert_ne!(changed.update_time, before.update_time);
    // The same again changes nothing.
    let again = admin
        .update_subscription(subscription("s"), &["max_attempts"])
        .await
        .unwrap();
    assert_eq!(again, changed);
    let topic = Topic {
        name: "t".to_owned(),
        retention_bytes: Some(4_096),
        ..Topic::default()
    };
    let topic = admin
        .update_topic(topic, &["retention_bytes"])
        .await
        .unwrap();
    assert_eq!(topic.retention_bytes, Some(4_096));
    broker.kill();
    broker.start_again().await;
    let admin = broker.client().admin();
    assert_eq!(admin.get_subscription("s").await.unwrap(), changed);
    assert_eq!(admin.get_topic("t").await.unwrap(), topic);
}

#[tokio::test]
async fn a_stale_etag_is_refused_and_changes_nothing() {
    let broker = broker().await;
    broker.pair_with(eager("s", "t", 10)).await;
    let admin = broker.client().admin();
    let read = admin.get_subscription("s").await.unwrap();
    let mine = Subscription {
        etag: read.etag.clone(),
        ..subscription("s")
    };
    let changed = admin
        .update_subscription(mine.clone(), &["max_attempts"])
        .await
        .unwrap();
    let outcome = admin.update_subscription(mine, &["ack_deadline"]).await;
    let text = "s was changed since etag";
    let error = refused(outcome, Code::Aborted, ErrorReason::EtagMismatch);
    assert!(error.message().contains(text), "{error:?}");
    assert_eq!(admin.get_subscription("s").await.unwrap(), changed);
}

#[tokio::test]
async fn a_mask_that_names_no_field_or_a_fixed_one_is_refused() {
    let broker = broker().await;
    broker.pair_with(eager("s", "t", 10)).await;
    let admin = broker.client().admin();
    for (path, reason, text) in [
        ("", ErrorReason::FieldRequired, "update_mask must be set"),
        (
            "maximum",
            ErrorReason::MaskInvalid,
            "ack_deadline, max_attempts",
        ),
        (
            "topic",
            ErrorReason::FieldImmutable,
            "is fixed when it is created",
        ),
    ] {
        let paths: &[&str] = if path.is_empty() { &[] } else { &[path] };
        let outcome = admin.update_subscription(subscription("s"), paths).await;
        let error = refused(outcome, Code::InvalidArgument, reason);
        assert!(error.message().contains(text), "{error:?}");
    }
    let topic = Topic {
        name: "t".to_owned(),
        partition_count: 4,
        ..Topic::default()
    };
    let outcome = admin.update_topic(topic, &["partition_count"]).await;
    let text = "topic.partition_count is fixed";
    let error = refused(outcome, Code::InvalidArgument, ErrorReason::FieldImmutable);
    assert!(error.message().contains(text), "{error:?}");
    let out_of_range = Subscription {
        max_attempts: 10_001,
        ..subscription("s")
    };
    let outcome = admin
        .update_subscription(out_of_range, &["max_attempts"])
        .await;
    let text = "it must be 1 to 10000";
    let error = refused(outcome, Code::InvalidArgument, ErrorReason::ValueOutOfRange);
    assert!(error.message().contains(text), "{error:?}");
}

#[tokio::test]
async fn order_of_keys_begins_and_ends_with_an_update() {
    let broker = broker().await;
    broker.pair_with(eager("s", "t", 10)).await;
    let admin = broker.client().admin();
    let order = |order: KeyOrder| Subscription {
        name: "s".to_owned(),
        key_order: order.into(),
        ..Subscription::default()
    };
    admin
        .update_subscription(order(KeyOrder::Block), &["key_order"])
        .await
        .unwrap();
    let messages = ["1", "2", "3"].map(|text| keyed("k", text));
    broker.publish("t", messages.to_vec()).await;
    assert_eq!(texts(&broker.pull("s", 10).await), ["1"]);
    admin
        .update_subscription(order(KeyOrder::Off), &["key_order"])
        .await
        .unwrap();
    // Those that stood behind the first of their key are free.
    assert_eq!(texts(&broker.pull_all("s", 2).await), ["2", "3"]);
}
