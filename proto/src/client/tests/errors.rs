//! How statuses and refusals of items become errors, and the client's small parsers.

use std::collections::HashMap;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::broker::{Broker, due};
use super::services::TOPICS;
use crate::client::{Backoff, Error, Kind, MessageId};
use crate::v1::{AckIdError, ErrorReason, ItemError, PullRequest, Topic};

#[test]
fn a_status_keeps_its_reason_metadata_fields_and_delay() {
    let mut details = ErrorDetails::new();
    let metadata = HashMap::from([("topic".to_owned(), "orders".to_owned())]);
    details.set_error_info("BACKPRESSURE", "weir.v1", metadata);
    details.add_bad_request_violation("messages[3].payload", "too large");
    details.set_retry_info(Some(Duration::from_millis(250)));
    let status = Status::with_error_details(Code::ResourceExhausted, "too much waits", details);
    let error = Error::from(status);
    assert_eq!(error.kind(), Kind::Refused);
    assert_eq!(
        (error.code(), error.reason()),
        (Code::ResourceExhausted, ErrorReason::Backpressure)
    );
    assert_eq!(
        (error.reason_name(), error.to_string().as_str()),
        ("BACKPRESSURE", "too much waits")
    );
    assert_eq!(error.metadata()["topic"], "orders");
    assert_eq!(error.violations()[0].field, "messages[3].payload");
    assert_eq!(error.retry_delay(), Some(Duration::from_millis(250)));
    assert!(error.is_retryable() && !error.is_unreachable() && !error.is_not_found());
}

#[test]
fn a_reason_of_a_newer_broker_keeps_its_name() {
    let mut details = ErrorDetails::new();
    details.set_error_info("TIDE_TOO_LOW", "weir.v1", HashMap::new());
    let status = Status::with_error_details(Code::FailedPrecondition, "wait", details);
    let error = Error::from(status);
    assert_eq!(
        (error.reason(), error.reason_name()),
        (ErrorReason::Unspecified, "TIDE_TOO_LOW")
    );
}

#[test]
fn only_the_transport_makes_a_broker_unreachable() {
    let bare = Error::from(Status::unavailable("connection closed"));
    assert!(bare.is_unreachable() && bare.is_retryable());
    assert!(bare.message().contains("connection closed"), "{bare}");
    let mut details = ErrorDetails::new();
    details.set_error_info("DRAINING", "weir.v1", HashMap::new());
    let said = Status::with_error_details(Code::Unavailable, "shutting down", details);
    let said = Error::from(said);
    assert!(!said.is_unreachable() && said.is_retryable());
    let foreign = Error::from(Status::invalid_argument("no"));
    assert_eq!(foreign.kind(), Kind::Refused);
    assert_eq!(
        Error::from(Status::new(Code::Internal, "")).code(),
        Code::Internal
    );
}

#[test]
fn the_refusal_of_an_item_says_as_much_as_a_status() {
    let item = ItemError {
        code: Code::FailedPrecondition.into(),
        reason: ErrorReason::LeaseStale.into(),
        message: "the lease has ended".to_owned(),
        retry_delay: Duration::from_secs(1).try_into().ok(),
        ..ItemError::default()
    };
    let error = Error::from(AckIdError {
        ack_id: "x".to_owned(),
        error: Some(item),
    });
    assert_eq!(
        (error.reason(), error.reason_name()),
        (ErrorReason::LeaseStale, "LEASE_STALE")
    );
    assert_eq!(error.code(), Code::FailedPrecondition);
    assert_eq!(error.retry_delay(), Some(Duration::from_secs(1)));
}

#[test]
fn no_broker_makes_a_client_wait_for_more_than_an_hour() {
    let hour = Some(Duration::from_hours(1));
    let longest = prost_types::Duration {
        seconds: i64::MAX,
        nanos: 0,
    };
    let item = ItemError {
        code: Code::ResourceExhausted.into(),
        retry_delay: Some(longest),
        ..ItemError::default()
    };
    let error = Error::from(AckIdError {
        ack_id: "x".to_owned(),
        error: Some(item),
    });
    assert_eq!(error.retry_delay(), hour);
    let details = ErrorDetails::with_retry_info(Some(Duration::from_secs(1 << 38)));
    let status = Status::with_error_details(Code::ResourceExhausted, "later", details);
    assert_eq!(Error::from(status).retry_delay(), hour);
}

#[test]
fn message_ids_have_one_spelling() {
    let id = MessageId {
        topic_id: u64::MAX,
        partition: 0,
        offset: 12,
    };
    assert_eq!(id.to_string().parse::<MessageId>().unwrap(), id);
    for wrong in [
        "",
        "1.2",
        "1.2.3.4",
        "01.2.3",
        "1.2.-3",
        "+1.2.3",
        "1..3",
        "1.4294967296.3",
        "a.b.c",
    ] {
        let error = wrong.parse::<MessageId>().unwrap_err();
        assert_eq!(error.kind(), Kind::Usage, "{wrong}");
    }
}

#[test]
fn delays_double_up_to_the_cap_and_vary_by_half() {
    let seed = 0x57_45;
    let backoff = Backoff {
        minimum: Duration::from_millis(100),
        maximum: Duration::from_secs(3),
    };
    let mut delays = backoff.seeded_delays(seed);
    for full in [100, 200, 400, 800, 1600, 3000, 3000] {
        let delay = delays.after_failure();
        let full = Duration::from_millis(full);
        assert!(
            delay >= full / 2 && delay <= full,
            "{delay:?} of {full:?}, seed {seed}"
        );
    }
    for _ in 0..100 {
        assert!(delays.after_failure() <= backoff.maximum, "seed {seed}");
    }
    delays.reset();
    assert!(delays.after_failure() <= backoff.minimum, "seed {seed}");
}

#[tokio::test(start_paused = true)]
async fn unary_calls_return_typed_errors_and_walk_all_pages() {
    let broker = Broker::start();
    let client = broker.client();
    let request = PullRequest {
        subscription: "nowhere".to_owned(),
        ..PullRequest::default()
    };
    let error = client.puller().pull(request).await.unwrap_err();
    assert_eq!(error.reason(), ErrorReason::SubscriptionNotFound);
    assert!(error.is_not_found());
    let names: Vec<_> = client
        .admin()
        .all_topics()
        .await
        .unwrap()
        .into_iter()
        .map(|topic| topic.name)
        .collect();
    assert_eq!(names, TOPICS);
    let error = client
        .admin()
        .create_topic(Topic::default())
        .await
        .unwrap_err();
    assert_eq!(
        error.code(),
        Code::Internal,
        "an empty answer is not taken for a topic"
    );
    let stored = client
        .publish("orders", vec![super::publish::message("0")])
        .await
        .unwrap();
    assert_eq!(stored.runs[0].message_count, 1);
}

#[tokio::test(start_paused = true)]
async fn a_creation_is_repeated_under_its_id_unless_the_client_fails_fast() {
    let late = || Topic {
        name: "late".to_owned(),
        ..Topic::default()
    };
    let broker = Broker::start();
    let refused = broker.fail_fast_client().admin().create_topic(late()).await;
    assert!(refused.unwrap_err().is_unreachable());
    let created = due(broker.client().admin().create_topic(late()))
        .await
        .unwrap();
    assert_eq!(created.name, "late");
    let ids = broker.creations.lock().unwrap().clone();
    assert_eq!(ids.len(), 3, "{ids:?}");
    assert_eq!(ids[1], ids[2], "the same request is repeated");
    assert_ne!(ids[0], ids[1], "another request has another id");
}
