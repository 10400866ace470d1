//! What the publisher refuses before it is sent, so that it takes nothing else down.

use std::time::Duration;

use bytes::Bytes;

use super::broker::Broker;
use super::publish::{message, payloads};
use crate::client::{Publisher, PublisherOptions, limits};
use crate::v1::{ErrorReason, Message};

#[tokio::test(start_paused = true)]
async fn what_the_broker_would_refuse_is_refused_before_it_is_sent() {
    let mut broker = Broker::start();
    let publisher = Publisher::open(&broker.client(), "orders", PublisherOptions::default());
    let payload = Bytes::from(vec![0; limits::MAX_PAYLOAD_BYTES + 1]);
    let too_large = Message {
        payload,
        ..Message::default()
    };
    let mut empty_key = message("x");
    empty_key.attributes.insert(String::new(), "v".to_owned());
    let mut long_value = message("x");
    long_value.attributes.insert(
        "k".to_owned(),
        "v".repeat(limits::MAX_ATTRIBUTE_VALUE_BYTES + 1),
    );
    let mut many = message("x");
    many.attributes
        .extend((0..=limits::MAX_ATTRIBUTES).map(|n| (n.to_string(), String::new())));
    let long_key = "k".repeat(limits::MAX_ORDERING_KEY_BYTES + 1);
    let long_key = Message {
        ordering_key: long_key,
        ..Message::default()
    };
    let large = ErrorReason::MessageTooLarge;
    for (refused, reason, field) in [
        (too_large, large, "message.payload"),
        (
            empty_key,
            ErrorReason::MessageMalformed,
            "message.attributes",
        ),
        (long_value, large, "message.attributes.value"),
        (many, large, "message.attributes"),
        (long_key, large, "message.ordering_key"),
    ] {
        let error = publisher.publish(refused).await.unwrap_err();
        assert_eq!(error.reason(), reason, "{error}");
        assert_eq!(error.violations()[0].field, field, "{error:?}");
    }
    let too_many = vec![Message::default(); limits::MAX_BATCH_MESSAGES + 1];
    let error = publisher.publish_batch(too_many).await.unwrap_err();
    assert_eq!(error.reason(), ErrorReason::BatchTooLarge);
    let half = Message {
        payload: vec![0; 9 << 20].into(),
        ..Message::default()
    };
    let error = publisher
        .publish_batch(vec![half.clone(), half])
        .await
        .unwrap_err();
    assert_eq!(error.reason(), ErrorReason::BatchTooLarge);
    let error = publisher.publish_batch(Vec::new()).await.unwrap_err();
    assert_eq!(error.reason(), ErrorReason::FieldRequired);

    let mut talk = broker.publish_talk().await;
    drop(publisher.publish(message("good")).await.unwrap());
    assert_eq!(payloads(&talk.request().await), ["good"]);
}

#[tokio::test(start_paused = true)]
async fn ids_and_times_that_the_broker_would_refuse_are_refused_before_they_are_sent() {
    let broker = Broker::start();
    let publisher = Publisher::open(&broker.client(), "orders", PublisherOptions::default());
    let long_id = Message {
        dedup_id: "i".repeat(limits::MAX_DEDUP_ID_BYTES + 1),
        ..Message::default()
    };
    let too_long = Message {
        time_to_live: Some(prost_types::Duration {
            seconds: -1,
            nanos: 0,
        }),
        ..Message::default()
    };
    let both = Message {
        delay: Some(prost_types::Duration::default()),
        deliver_time: Some(prost_types::Timestamp::default()),
        ..Message::default()
    };
    let too_late = Message {
        delay: (limits::MAX_SPAN + Duration::from_nanos(1)).try_into().ok(),
        ..Message::default()
    };
    let large = ErrorReason::MessageTooLarge;
    for (refused, reason, field) in [
        (long_id, large, "message.dedup_id"),
        (
            too_long,
            ErrorReason::ValueOutOfRange,
            "message.time_to_live",
        ),
        (both, ErrorReason::MessageMalformed, "message.delay"),
        (too_late, ErrorReason::ValueOutOfRange, "message.delay"),
    ] {
        let error = publisher.publish(refused).await.unwrap_err();
        assert_eq!(error.reason(), reason, "{error}");
        assert_eq!(error.violations()[0].field, field, "{error:?}");
    }
}
