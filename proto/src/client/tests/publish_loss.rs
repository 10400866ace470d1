//! What becomes of messages when the broker asks to slow down, or is lost.

use std::time::Duration;

use tokio::time::Instant;
use tonic::{Code, Status};

use super::broker::{Broker, due};
use super::publish::{confirm, message, payloads, refuse};
use super::services::refusal;
use crate::client::{Kind, Publisher, PublisherOptions};
use crate::server;
use crate::v1::ErrorReason;

fn one_in_flight() -> PublisherOptions {
    PublisherOptions {
        batches_in_flight: 1,
        deduplicate: false,
        ..PublisherOptions::default()
    }
}

fn for_now(reason: server::ErrorReason, delay: Option<Duration>) -> server::ItemError {
    server::ItemError {
        code: Code::ResourceExhausted.into(),
        reason: reason.into(),
        message: "not now".to_owned(),
        retry_delay: delay.and_then(|delay| delay.try_into().ok()),
        ..Default::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_refused_for_now_is_sent_again_after_the_delay_and_before_the_rest() {
    let mut broker = Broker::start();
    let publisher = Publisher::open(&broker.client(), "orders", one_in_flight());
    let first = publisher.publish(message("0")).await.unwrap();
    let mut talk = broker.publish_talk().await;
    let request = talk.request().await;
    let second = publisher.publish(message("1")).await.unwrap();
    let refused_at = Instant::now();
    let delay = Duration::from_secs(5);
    refuse(
        &talk,
        &request,
        for_now(server::ErrorReason::Backpressure, Some(delay)),
    )
    .await;
    let again = talk.request().await;
    assert!(refused_at.elapsed() >= delay, "{:?}", refused_at.elapsed());
    assert!(
        refused_at.elapsed() < delay * 2,
        "{:?}",
        refused_at.elapsed()
    );
    assert_eq!(payloads(&again), ["0"]);
    confirm(&talk, &again, 0).await;
    due(first).await.unwrap();
    let request = talk.request().await;
    assert_eq!(payloads(&request), ["1"]);
    confirm(&talk, &request, 1).await;
    due(second).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn several_refused_batches_are_sent_again_in_their_order() {
    let mut broker = Broker::start();
    let publisher = Publisher::open(&broker.client(), "orders", PublisherOptions::default());
    let mut talk = broker.publish_talk().await;
    let mut requests = Vec::new();
    for payload in ["0", "1", "2"] {
        drop(publisher.publish(message(payload)).await.unwrap());
        requests.push(talk.request().await);
    }
    for request in &requests {
        refuse(
            &talk,
            request,
            for_now(server::ErrorReason::Backpressure, None),
        )
        .await;
    }
    for (payload, offset) in ["0", "1", "2"].into_iter().zip(0..) {
        let again = talk.request().await;
        assert_eq!(payloads(&again), [payload]);
        confirm(&talk, &again, offset).await;
    }
    due(publisher.flush()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_is_waited_for_only_by_a_client_that_has_patience() {
    let mut broker = Broker::start();
    for (client, is_patient) in [(broker.client(), true), (broker.fail_fast_client(), false)] {
        let publisher = Publisher::open(&client, "orders", one_in_flight());
        let confirmation = publisher.publish(message("0")).await.unwrap();
        let mut talk = broker.publish_talk().await;
        let request = talk.request().await;
        refuse(
            &talk,
            &request,
            for_now(server::ErrorReason::DiskFull, None),
        )
        .await;
        if is_patient {
            let again = talk.request().await;
            confirm(&talk, &again, 0).await;
            due(confirmation).await.unwrap();
        } else {
            let error = due(confirmation).await.unwrap_err();
            assert_eq!(error.reason(), ErrorReason::DiskFull);
            talk.no_request().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_lost_connection_the_outcome_of_what_was_sent_is_unknown_and_the_rest_goes_on() {
    let mut broker = Broker::start();
    let publisher = Publisher::open(&broker.client(), "orders", one_in_flight());
    let sent = publisher.publish(message("0")).await.unwrap();
    let mut talk = broker.publish_talk().await;
    talk.request().await;
    let unsent = publisher.publish(message("1")).await.unwrap();
    broker.refuse(true);
    broker.cut();
    let error = due(sent).await.unwrap_err();
    assert_eq!(error.kind(), Kind::OutcomeUnknown);
    assert!(error.is_unreachable() && !error.is_retryable(), "{error}");
    broker.refuse(false);
    let mut talk = broker.publish_talk().await;
    let request = talk.request().await;
    assert_eq!(request.topic, "orders", "a new stream names the topic");
    assert_eq!(payloads(&request), ["1"]);
    confirm(&talk, &request, 0).await;
    due(unsent).await.unwrap();
    assert!(
        due(publisher.flush())
            .await
            .unwrap_err()
            .is_outcome_unknown()
    );
}

#[tokio::test(start_paused = true)]
async fn with_resend_what_was_sent_is_sent_again_first_and_in_order() {
    let mut broker = Broker::start();
    let options = PublisherOptions {
        resend: true,
        batches_in_flight: 2,
        ..one_in_flight()
    };
    let publisher = Publisher::open(&broker.client(), "orders", options);
    let mut talk = broker.publish_talk().await;
    let mut confirmations = Vec::new();
    for payload in ["0", "1"] {
        confirmations.push(publisher.publish(message(payload)).await.unwrap());
        talk.request().await;
    }
    confirmations.push(publisher.publish(message("2")).await.unwrap());
    broker.cut();
    let mut talk = broker.publish_talk().await;
    for (payload, offset) in ["0", "1", "2"].into_iter().zip(0..) {
        let request = talk.request().await;
        assert_eq!(payloads(&request), [payload]);
        confirm(&talk, &request, offset).await;
    }
    for (confirmation, offset) in confirmations.into_iter().zip(0..) {
        assert_eq!(due(confirmation).await.unwrap().offset, offset);
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_broker_ended_a_stream_for_is_not_sent_again() {
    let mut broker = Broker::start();
    let options = PublisherOptions {
        resend: true,
        ..one_in_flight()
    };
    let publisher = Publisher::open(&broker.client(), "orders", options);
    let sent = publisher.publish(message("0")).await.unwrap();
    let mut talk = broker.publish_talk().await;
    talk.request().await;
    talk.fail(refusal(
        Code::InvalidArgument,
        "MESSAGE_MALFORMED",
        "not valid protobuf",
    ))
    .await;
    assert!(due(sent).await.unwrap_err().is_outcome_unknown());
    let error = due(publisher.publish(message("1"))).await.unwrap_err();
    assert_eq!(
        error.reason(),
        ErrorReason::MessageMalformed,
        "and the publisher has ended"
    );
}

#[tokio::test(start_paused = true)]
async fn a_draining_broker_is_waited_for() {
    let mut broker = Broker::start();
    let options = PublisherOptions {
        resend: true,
        ..one_in_flight()
    };
    let publisher = Publisher::open(&broker.client(), "orders", options);
    let sent = publisher.publish(message("0")).await.unwrap();
    let mut talk = broker.publish_talk().await;
    talk.request().await;
    talk.fail(refusal(
        Code::Unavailable,
        "DRAINING",
        "the broker is shutting down",
    ))
    .await;
    let mut talk = broker.publish_talk().await;
    let request = talk.request().await;
    confirm(&talk, &request, 0).await;
    due(sent).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_fails_fast_ends_with_the_first_loss() {
    let mut broker = Broker::start();
    let publisher = Publisher::open(&broker.fail_fast_client(), "orders", one_in_flight());
    let sent = publisher.publish(message("0")).await.unwrap();
    let mut talk = broker.publish_talk().await;
    talk.request().await;
    let unsent = publisher.publish(message("1")).await.unwrap();
    let lost_at = Instant::now();
    broker.cut();
    assert!(due(sent).await.unwrap_err().is_outcome_unknown());
    assert_eq!(due(unsent).await.unwrap_err().kind(), Kind::Unreachable);
    let error = due(publisher.publish(message("2"))).await.unwrap_err();
    assert!(error.is_unreachable(), "{error}");
    assert!(due(publisher.close()).await.unwrap_err().is_unreachable());
    assert!(lost_at.elapsed() < Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_fails_fast_ends_when_the_broker_is_not_there() {
    let broker = Broker::start();
    broker.refuse(true);
    let publisher = Publisher::open(&broker.fail_fast_client(), "orders", one_in_flight());
    let begun = Instant::now();
    let error = match due(publisher.publish(message("0"))).await {
        Ok(confirmation) => due(confirmation).await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(error.kind(), Kind::Unreachable);
    assert!(error.message().contains("refused"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_the_broker_ends_well_is_opened_again() {
    let mut broker = Broker::start();
    let publisher = Publisher::open(&broker.client(), "orders", one_in_flight());
    let mut talk = broker.publish_talk().await;
    talk.end();
    let mut talk = broker.publish_talk().await;
    let confirmation = publisher.publish(message("0")).await.unwrap();
    let request = talk.request().await;
    confirm(&talk, &request, 0).await;
    due(confirmation).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_not_offered_ends_the_publisher() {
    let mut broker = Broker::start();
    let publisher = Publisher::open(&broker.client(), "orders", one_in_flight());
    let mut talk = broker.publish_talk().await;
    talk.fail(Status::unimplemented("no")).await;
    // A message that was sent before the end was noticed has an unknown outcome; the next one is
    // told.
    if let Ok(confirmation) = due(publisher.publish(message("0"))).await {
        due(confirmation).await.unwrap_err();
    }
    let error = due(publisher.publish(message("1"))).await.unwrap_err();
    assert_eq!(error.code(), Code::Unimplemented);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_carries_nothing_any_more_is_lost() {
    let mut broker = Broker::start();
    let patient = (broker.client(), Duration::from_secs(20));
    let fast = (broker.fail_fast_client(), Duration::from_secs(2));
    for (client, limit) in [patient, fast] {
        let publisher = Publisher::open(&client, "orders", one_in_flight());
        let sent = publisher.publish(message("0")).await.unwrap();
        broker.publish_talk().await.request().await;
        let frozen_at = Instant::now();
        broker.freeze();
        assert!(due(sent).await.unwrap_err().is_outcome_unknown());
        assert!(frozen_at.elapsed() <= limit, "{:?}", frozen_at.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_under_way_is_sent_again_under_its_number_and_others_get_the_next() {
    let mut broker = Broker::start();
    let options = PublisherOptions::default();
    assert!(options.deduplicate);
    let publisher = Publisher::open(&broker.client(), "orders", options);
    let mut talk = broker.publish_talk().await;
    let mut sent = Vec::new();
    let mut answers = Vec::new();
    for payload in ["0", "1"] {
        answers.push(publisher.publish(message(payload)).await.unwrap());
        sent.push(talk.request().await);
    }
    let numbers: Vec<_> = sent
        .iter()
        .map(|one| one.producer.clone().unwrap())
        .collect();
    assert_eq!((numbers[0].sequence, numbers[1].sequence), (1, 2));
    assert_eq!(numbers[0].producer_id.len(), 16);
    assert_eq!(numbers[0].producer_id, numbers[1].producer_id);
    broker.cut();
    let mut talk = broker.publish_talk().await;
    for (first, offset) in sent.iter().zip(0..) {
        let again = talk.request().await;
        assert_eq!(again.producer, first.producer);
        assert_eq!(again.messages, first.messages);
        confirm(&talk, &again, offset).await;
    }
    for answer in answers {
        due(answer).await.unwrap();
    }
    let other = Publisher::open(&broker.client(), "orders", PublisherOptions::default());
    drop(other.publish(message("x")).await.unwrap());
    let mut talk = broker.publish_talk().await;
    let request = talk.request().await;
    let number = request.producer.unwrap();
    assert_eq!(number.sequence, 1);
    assert_ne!(number.producer_id, numbers[0].producer_id);
}

#[tokio::test(start_paused = true)]
async fn no_batch_is_numbered_beyond_what_the_broker_remembers_of_one_without_an_answer() {
    let mut broker = Broker::start();
    let options = PublisherOptions {
        batch_messages: 1,
        batches_in_flight: 1_000,
        ..PublisherOptions::default()
    };
    let publisher = Publisher::open(&broker.client(), "orders", options);
    let mut talk = broker.publish_talk().await;
    for _ in 0..100 {
        drop(publisher.publish(message("x")).await.unwrap());
    }
    let mut requests = Vec::new();
    for _ in 0..64 {
        requests.push(talk.request().await);
    }
    talk.no_request().await;
    assert_eq!(requests[63].producer.as_ref().unwrap().sequence, 64);
    confirm(&talk, &requests[0], 0).await;
    let next = talk.request().await;
    assert_eq!(next.producer.unwrap().sequence, 65);
    talk.no_request().await;
}
