//! A pipeline of batches: stored and answered in order; a refusal in the middle ends nothing.

use tokio_stream::StreamExt as _;
use tonic::Code;
use weir_proto::client::{Publisher, PublisherOptions};
use weir_proto::v1::publisher_client::PublisherClient;
use weir_proto::v1::{ErrorReason, Message, PublishResult, PublishStreamRequest};
use weir_tests::broker::{Broker, message, texts};
use weir_tests::refusals::refused_item;

use crate::broker;

fn batch(topic: &str, batch_id: u64, texts: &[&str]) -> PublishStreamRequest {
    PublishStreamRequest {
        topic: topic.to_owned(),
        messages: texts.iter().map(|text| message(text)).collect(),
        batch_id,
        ..PublishStreamRequest::default()
    }
}

async fn publish(broker: &Broker, requests: Vec<PublishStreamRequest>) -> Vec<PublishResult> {
    let mut stub = PublisherClient::new(broker.channel().await);
    let answers = stub.publish_stream(tokio_stream::iter(requests)).await;
    let mut answers = answers.unwrap().into_inner();
    let mut results = Vec::new();
    while let Some(answer) = answers.next().await {
        results.extend(answer.unwrap().results);
    }
    results
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_are_answered_in_order_with_their_ids_and_places() {
    let broker = broker().await;
    broker.pair().await;
    let requests = (0..500)
        .map(|n| batch(if n == 0 { "t" } else { "" }, 1_000 + n, &["a", "b"]))
        .collect();
    let results = publish(&broker, requests).await;
    assert_eq!(results.len(), 500);
    for (n, result) in (0u64..).zip(&results) {
        assert!(result.error.is_none(), "{result:?}");
        assert_eq!(result.batch_id, 1_000 + n);
        assert_eq!(result.runs.len(), 1);
        assert_eq!(result.runs[0].first_offset, 2 * n);
        assert_eq!(result.runs[0].message_count, 2);
    }
    assert_eq!(broker.stats("s").await.entered, 1_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_batch_is_told_in_its_place_and_the_others_are_stored() {
    let broker = broker().await;
    broker.pair().await;
    let mut large = batch("", 5, &["x"]);
    large.messages[0].ordering_key = "k".repeat(1_025);
    let requests = vec![
        batch("", 0, &["no topic yet"]),
        batch("t", 1, &["first"]),
        batch("missing", 2, &["x"]),
        batch("t", 3, &["second"]),
        batch("", 4, &[]),
        large,
        batch("no name", 6, &["x"]),
        batch("t", 7, &["third"]),
    ];
    let results = publish(&broker, requests).await;
    let ids: Vec<_> = results.iter().map(|result| result.batch_id).collect();
    assert_eq!(ids, [0, 1, 2, 3, 4, 5, 6, 7]);
    for stored in [1, 3, 7] {
        assert!(results[stored].error.is_none(), "{:?}", results[stored]);
    }
    let refused = |at: usize, code, reason| {
        refused_item(results[at].error.as_ref(), code, reason);
        assert!(results[at].runs.is_empty());
    };
    refused(0, Code::InvalidArgument, ErrorReason::FieldRequired);
    refused(2, Code::NotFound, ErrorReason::TopicNotFound);
    refused(4, Code::InvalidArgument, ErrorReason::FieldRequired);
    refused(5, Code::InvalidArgument, ErrorReason::MessageTooLarge);
    refused(6, Code::InvalidArgument, ErrorReason::NameInvalid);
    let got = broker.pull_all("s", 3).await;
    assert_eq!(texts(&got), ["first", "second", "third"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publisher_confirms_a_hundred_thousand_messages_each_once() {
    let broker = broker().await;
    broker.pair().await;
    let publisher = Publisher::open(broker.client(), "t", PublisherOptions::default());
    let mut confirmations = Vec::new();
    for n in 0u32..100_000 {
        let message = Message {
            payload: n.to_le_bytes().to_vec().into(),
            ..Message::default()
        };
        confirmations.push(publisher.publish(message).await.unwrap());
    }
    for (n, confirmation) in (0u64..).zip(confirmations) {
        assert_eq!(confirmation.await.unwrap().offset, n);
    }
    publisher.close().await.unwrap();
    assert_eq!(broker.stats("s").await.entered, 100_000);
}
