//! Batches, pipelines and confirmations of the publisher.

use std::pin::pin;

use bytes::Bytes;
use prost::Message as _;

use super::broker::{Broker, PublishTalk, due, not_yet};
use crate::client::{MessageId, Publisher, PublisherOptions};
use crate::server;
use crate::v1::{ErrorReason, Message};

pub(super) fn message(payload: &str) -> Message {
    Message {
        payload: Bytes::copy_from_slice(payload.as_bytes()),
        ..Message::default()
    }
}

/// The payloads of a request, decoded from the bytes that the broker would store.
pub(super) fn payloads(request: &server::PublishStreamRequest) -> Vec<String> {
    let decode = |bytes: &Bytes| Message::decode(bytes.clone()).unwrap().payload;
    request
        .messages
        .iter()
        .map(|m| String::from_utf8(decode(m).to_vec()).unwrap())
        .collect()
}

/// Confirms a batch at `first_offset` of partition 0 of topic 7.
pub(super) async fn confirm(
    talk: &PublishTalk,
    request: &server::PublishStreamRequest,
    first_offset: u64,
) {
    let message_count = u32::try_from(request.messages.len()).unwrap();
    let result = server::PublishResult {
        batch_id: request.batch_id,
        topic_id: 7,
        runs: vec![server::PublishedRun {
            partition: 0,
            first_offset,
            message_count,
        }],
        ..Default::default()
    };
    talk.answer(server::PublishStreamResponse {
        results: vec![result],
    })
    .await;
}

/// Refuses a batch.
pub(super) async fn refuse(
    talk: &PublishTalk,
    request: &server::PublishStreamRequest,
    error: server::ItemError,
) {
    let result = server::PublishResult {
        batch_id: request.batch_id,
        error: Some(error),
        ..Default::default()
    };
    talk.answer(server::PublishStreamResponse {
        results: vec![result],
    })
    .await;
}

fn id(offset: u64) -> MessageId {
    MessageId {
        topic_id: 7,
        partition: 0,
        offset,
    }
}

fn one_in_flight() -> PublisherOptions {
    PublisherOptions {
        batches_in_flight: 1,
        ..PublisherOptions::default()
    }
}

#[tokio::test(start_paused = true)]
async fn what_waits_while_a_batch_is_under_way_goes_together() {
    let mut broker = Broker::start();
    let publisher = Publisher::open(&broker.client(), "orders", one_in_flight());
    let first = publisher.publish(message("0")).await.unwrap();
    let mut talk = broker.publish_talk().await;
    let request = talk.request().await;
    assert_eq!(request.topic, "orders");
    assert_eq!(
        payloads(&request),
        ["0"],
        "the first one is not kept waiting"
    );

    let mut rest = Vec::new();
    for index in 1..10 {
        rest.push(
            publisher
                .publish(message(&index.to_string()))
                .await
                .unwrap(),
        );
    }
    talk.no_request().await;
    confirm(&talk, &request, 100).await;
    assert_eq!(due(first).await.unwrap(), id(100));

    let request = talk.request().await;
    assert_eq!(request.topic, "", "the topic is named once a stream");
    assert_eq!(
        payloads(&request),
        ["1", "2", "3", "4", "5", "6", "7", "8", "9"]
    );
    confirm(&talk, &request, 101).await;
    for (confirmation, offset) in rest.into_iter().zip(101..) {
        assert_eq!(due(confirmation).await.unwrap(), id(offset));
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_single_publishes_ends_at_its_limits() {
    let mut broker = Broker::start();
    let options = PublisherOptions {
        batch_messages: 3,
        batch_bytes: 200,
        ..one_in_flight()
    };
    let publisher = Publisher::open(&broker.client(), "orders", options);
    let large = "x".repeat(100);
    for payload in ["0", "1", "2", "3", "4", &large, &large, &large] {
        drop(publisher.publish(message(payload)).await.unwrap());
    }
    let mut talk = broker.publish_talk().await;
    let mut sizes = Vec::new();
    while sizes.iter().sum::<usize>() < 8 {
        let request = talk.request().await;
        sizes.push(request.messages.len());
        confirm(&talk, &request, 0).await;
    }
    assert_eq!(sizes, [3, 3, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn batches_are_under_way_together_up_to_the_limit() {
    let mut broker = Broker::start();
    let options = PublisherOptions {
        batches_in_flight: 3,
        batch_messages: 3,
        ..PublisherOptions::default()
    };
    let publisher = Publisher::open(&broker.client(), "orders", options);
    let mut confirmations = Vec::new();
    for batch in 0..5 {
        let messages = vec![message(&format!("{batch}a")), message(&format!("{batch}b"))];
        confirmations.push(publisher.publish_batch(messages).await.unwrap());
    }
    let mut talk = broker.publish_talk().await;
    let under_way = [
        talk.request().await,
        talk.request().await,
        talk.request().await,
    ];
    talk.no_request().await;
    confirm(&talk, &under_way[0], 0).await;
    let fourth = talk.request().await;
    assert_eq!(
        payloads(&fourth),
        ["3a", "3b"],
        "what does not fit together goes on its own"
    );
    talk.no_request().await;
    let stored = due(confirmations.remove(0)).await.unwrap();
    assert_eq!(stored.ids().collect::<Vec<_>>(), [id(0), id(1)]);
    assert_eq!(stored.message_count(), 2);
}

#[tokio::test(start_paused = true)]
async fn places_in_several_runs_are_dealt_out_in_order() {
    let mut broker = Broker::start();
    let publisher = Publisher::open(&broker.client(), "orders", one_in_flight());
    let first = publisher.publish(message("0")).await.unwrap();
    let mut talk = broker.publish_talk().await;
    let opening = talk.request().await;
    let one = publisher.publish(message("1")).await.unwrap();
    let two = publisher
        .publish_batch(vec![message("2"), message("3")])
        .await
        .unwrap();
    confirm(&talk, &opening, 0).await;
    due(first).await.unwrap();
    let request = talk.request().await;
    assert_eq!(payloads(&request), ["1", "2", "3"]);
    let run = |partition, first_offset, message_count| server::PublishedRun {
        partition,
        first_offset,
        message_count,
    };
    let result = server::PublishResult {
        batch_id: request.batch_id,
        topic_id: 7,
        runs: vec![run(2, 50, 2), run(0, 9, 1)],
        ..Default::default()
    };
    talk.answer(server::PublishStreamResponse {
        results: vec![result],
    })
    .await;
    assert_eq!(due(one).await.unwrap().to_string(), "7.2.50");
    let ids: Vec<_> = due(two)
        .await
        .unwrap()
        .ids()
        .map(|id| id.to_string())
        .collect();
    assert_eq!(ids, ["7.2.51", "7.0.9"]);
}

#[tokio::test(start_paused = true)]
async fn a_place_beyond_what_can_be_counted_is_told_as_it_came() {
    let mut broker = Broker::start();
    let publisher = Publisher::open(&broker.client(), "orders", PublisherOptions::default());
    let two = publisher
        .publish_batch(vec![message("1"), message("2")])
        .await
        .unwrap();
    let mut talk = broker.publish_talk().await;
    let request = talk.request().await;
    confirm(&talk, &request, u64::MAX).await;
    let stored = due(two).await.unwrap();
    assert!(stored.ids().all(|id| id.offset == u64::MAX));
}

#[tokio::test(start_paused = true)]
async fn publish_waits_while_too_many_messages_are_unconfirmed() {
    let mut broker = Broker::start();
    let options = PublisherOptions {
        unconfirmed_messages: 2,
        ..PublisherOptions::default()
    };
    let publisher = Publisher::open(&broker.client(), "orders", options);
    let kept = publisher
        .publish_batch(vec![message("0"), message("1")])
        .await
        .unwrap();
    // A publish that is given up while it waits takes nothing with it.
    not_yet(&mut pin!(publisher.publish(message("given up")))).await;
    let mut waiting = pin!(publisher.publish(message("2")));
    not_yet(&mut waiting).await;
    let mut talk = broker.publish_talk().await;
    let request = talk.request().await;
    confirm(&talk, &request, 0).await;
    due(kept).await.unwrap();
    let confirmation = due(waiting).await.unwrap();
    let request = talk.request().await;
    assert_eq!(payloads(&request), ["2"]);
    confirm(&talk, &request, 2).await;
    assert_eq!(due(confirmation).await.unwrap(), id(2));
    drop(
        due(publisher.publish_batch(vec![message("3"), message("4")]))
            .await
            .unwrap(),
    );
}

#[tokio::test(start_paused = true)]
async fn publish_waits_while_too_many_bytes_are_unconfirmed_and_takes_a_larger_one_alone() {
    let mut broker = Broker::start();
    let options = PublisherOptions {
        unconfirmed_bytes: 100,
        ..PublisherOptions::default()
    };
    let publisher = Publisher::open(&broker.client(), "orders", options);
    let large = due(publisher.publish(message(&"x".repeat(1000))))
        .await
        .unwrap();
    let mut waiting = pin!(publisher.publish(message("small")));
    not_yet(&mut waiting).await;
    let mut talk = broker.publish_talk().await;
    for offset in 0..2 {
        let request = talk.request().await;
        confirm(&talk, &request, offset).await;
        if offset == 0 {
            drop(due(&mut waiting).await.unwrap());
        }
    }
    due(large).await.unwrap();
    let mut next = pin!(publisher.publish(message(&"y".repeat(90))));
    drop(due(&mut next).await.unwrap());
    not_yet(&mut pin!(publisher.publish(message(&"z".repeat(90))))).await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_batch_fails_its_messages_and_the_stream_goes_on() {
    let mut broker = Broker::start();
    let publisher = Publisher::open(&broker.client(), "orders", one_in_flight());
    let refused = publisher.publish(message("0")).await.unwrap();
    let mut talk = broker.publish_talk().await;
    let request = talk.request().await;
    let stored = publisher.publish(message("1")).await.unwrap();
    let error = server::ItemError {
        code: tonic::Code::NotFound.into(),
        reason: server::ErrorReason::TopicNotFound.into(),
        message: "there is no topic \"orders\"".to_owned(),
        ..Default::default()
    };
    refuse(&talk, &request, error).await;
    let error = due(refused).await.unwrap_err();
    assert_eq!(error.reason(), ErrorReason::TopicNotFound);
    assert!(error.is_not_found() && !error.is_retryable());
    let request = talk.request().await;
    confirm(&talk, &request, 0).await;
    due(stored).await.unwrap();
    let error = due(publisher.flush()).await.unwrap_err();
    assert_eq!(
        error.reason_name(),
        "TOPIC_NOT_FOUND",
        "a flush tells of failures since the last"
    );
    due(publisher.flush()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_names_too_few_places_is_an_error_and_not_a_guess() {
    let mut broker = Broker::start();
    let publisher = Publisher::open(&broker.client(), "orders", one_in_flight());
    let batch = publisher
        .publish_batch(vec![message("0"), message("1")])
        .await
        .unwrap();
    let mut talk = broker.publish_talk().await;
    let mut request = talk.request().await;
    request.messages.truncate(1);
    confirm(&talk, &request, 0).await;
    assert_eq!(due(batch).await.unwrap_err().code(), tonic::Code::Internal);
}

#[tokio::test(start_paused = true)]
async fn flush_waits_for_what_was_published_before_it_only() {
    let mut broker = Broker::start();
    let publisher = Publisher::open(&broker.client(), "orders", PublisherOptions::default());
    due(publisher.flush()).await.unwrap();
    drop(publisher.publish(message("0")).await.unwrap());
    let mut talk = broker.publish_talk().await;
    let before = talk.request().await;
    let mut flushed = pin!(publisher.flush());
    not_yet(&mut flushed).await;
    drop(publisher.publish(message("1")).await.unwrap());
    let after = talk.request().await;
    assert_eq!(payloads(&after), ["1"]);
    not_yet(&mut flushed).await;
    confirm(&talk, &before, 0).await;
    due(flushed).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn close_waits_for_every_answer_and_then_ends_the_stream() {
    let mut broker = Broker::start();
    let publisher = Publisher::open(&broker.client(), "orders", PublisherOptions::default());
    let clone = publisher.clone();
    let confirmation = publisher.publish(message("0")).await.unwrap();
    let mut talk = broker.publish_talk().await;
    let request = talk.request().await;
    let mut closed = pin!(publisher.close());
    not_yet(&mut closed).await;
    confirm(&talk, &request, 0).await;
    due(closed).await.unwrap();
    due(confirmation).await.unwrap();
    talk.client_end().await;
    talk.end();
    let error = due(clone.publish(message("1"))).await.unwrap_err();
    assert_eq!(error.kind(), crate::client::Kind::Closed);
}

#[tokio::test(start_paused = true)]
async fn dropping_a_publisher_still_sends_what_was_published() {
    let mut broker = Broker::start();
    let publisher = Publisher::open(&broker.client(), "orders", PublisherOptions::default());
    let confirmation = publisher.publish(message("0")).await.unwrap();
    drop(publisher);
    let mut talk = broker.publish_talk().await;
    let request = talk.request().await;
    confirm(&talk, &request, 0).await;
    due(confirmation).await.unwrap();
    talk.client_end().await;
}
