//! Batches that are sent again, requests for several topics, and publishes that somebody must get.

use tonic::Code;
use weir_proto::client::Error;
use weir_proto::v1::publisher_client::PublisherClient;
use weir_proto::v1::{
    ErrorReason, GetStatsRequest, ProducerSequence, PublishRequest, PublishResponse,
    PublishStreamRequest, TopicBatch,
};
use weir_tests::broker::{Broker, keyed, message, subscription, texts};
use weir_tests::refusals::{refused, refused_item};

use crate::broker;

fn sequence(producer: u8, sequence: u64) -> ProducerSequence {
    ProducerSequence {
        producer_id: vec![producer; 16].into(),
        sequence,
    }
}

fn request(sequence: impl Into<Option<ProducerSequence>>, texts: &[&str]) -> PublishRequest {
    PublishRequest {
        topic: "t".to_owned(),
        messages: texts.iter().map(|text| message(text)).collect(),
        producer: sequence.into(),
        ..PublishRequest::default()
    }
}

async fn publish(broker: &Broker, request: &PublishRequest) -> Result<PublishResponse, Error> {
    broker.client().publish_together(request.clone()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_sent_again_is_stored_once_on_the_places_of_the_first_time_across_a_kill() {
    let mut broker = broker().await;
    broker
        .topic_with(weir_proto::v1::Topic {
            name: "t".to_owned(),
            partition_count: 7,
            ..Default::default()
        })
        .await;
    broker.subscription(subscription("s", "t")).await;
    let mut mixed = request(sequence(1, 1), &["a", "b"]);
    mixed.messages.push(keyed("k", "c"));
    mixed.messages.push(keyed("l", "d"));
    mixed.messages.push(message("e"));
    let first = publish(&broker, &mixed).await.unwrap();
    assert!(!first.duplicate);
    for _ in 0..2 {
        let again = publish(&broker, &mixed).await.unwrap();
        assert!(again.duplicate);
        assert_eq!((again.topic_id, &again.runs), (first.topic_id, &first.runs));
        broker.kill();
        broker.start_again().await;
    }
    assert_eq!(broker.stats("s").await.entered, 5);
    let other = request(sequence(1, 1), &["something else"]);
    refused(
        publish(&broker, &other).await,
        Code::InvalidArgument,
        ErrorReason::ValueOutOfRange,
    );
    for number in 2..=65 {
        let one = request(sequence(1, number), &["x"]);
        publish(&broker, &one).await.unwrap();
    }
    refused(
        publish(&broker, &mixed).await,
        Code::FailedPrecondition,
        ErrorReason::SequenceStale,
    );
    assert_eq!(broker.stats("s").await.entered, 5 + 64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_producer_must_say_who_it_is_and_which_batch_this_is() {
    let broker = broker().await;
    broker.pair().await;
    let short = ProducerSequence {
        producer_id: vec![1; 15].into(),
        sequence: 1,
    };
    refused(
        publish(&broker, &request(Some(short), &["x"])).await,
        Code::InvalidArgument,
        ErrorReason::ValueOutOfRange,
    );
    refused(
        publish(&broker, &request(sequence(1, 0), &["x"])).await,
        Code::InvalidArgument,
        ErrorReason::FieldRequired,
    );
    assert_eq!(broker.stats("s").await.entered, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_producer_too_many_is_refused_and_the_others_go_on() {
    const MOST: u64 = 10_000;
    let broker = broker().await;
    broker.pair().await;
    let numbers = (0..=MOST).chain([0]);
    let requests = numbers.map(|number| PublishStreamRequest {
        topic: "t".to_owned(),
        messages: vec![message("x")],
        batch_id: number,
        producer: Some(ProducerSequence {
            producer_id: [number.to_le_bytes(); 2].concat().into(),
            sequence: 1,
        }),
        ..PublishStreamRequest::default()
    });
    let mut stub = PublisherClient::new(broker.channel().await);
    let requests: Vec<_> = requests.collect();
    let answers = stub.publish_stream(tokio_stream::iter(requests)).await;
    let mut answers = answers.unwrap().into_inner();
    let mut results = Vec::new();
    while let Some(answer) = answers.message().await.unwrap() {
        results.extend(answer.results);
    }
    let again = results.pop().unwrap();
    assert!(again.duplicate && again.error.is_none(), "{again:?}");
    let refused = results.pop().unwrap();
    let (code, reason) = (Code::ResourceExhausted, ErrorReason::ProducersFull);
    refused_item(refused.error.as_ref(), code, reason);
    assert!(results.iter().all(|result| result.error.is_none()));
    assert_eq!(broker.stats("s").await.entered, MOST);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_for_several_topics_is_stored_whole_or_not_at_all() {
    let mut broker = broker().await;
    broker.pair().await;
    broker.topic("u").await;
    broker.topic("v").await;
    broker.subscription(subscription("r", "u")).await;
    let further = |topic: &str, texts: &[&str]| TopicBatch {
        topic: topic.to_owned(),
        messages: texts.iter().map(|text| message(text)).collect(),
    };
    let mut both = request(sequence(1, 1), &["a"]);
    for (bad, code, reason) in [
        (
            further("no", &["x"]),
            Code::NotFound,
            ErrorReason::TopicNotFound,
        ),
        (
            further("v", &[]),
            Code::InvalidArgument,
            ErrorReason::FieldRequired,
        ),
        (
            further("t", &["x"]),
            Code::InvalidArgument,
            ErrorReason::ValueOutOfRange,
        ),
    ] {
        both.additional = vec![further("u", &["b", "c"]), bad];
        refused(publish(&broker, &both).await, code, reason);
    }
    both.additional.pop();
    let first = publish(&broker, &both).await.unwrap();
    assert_eq!(first.additional.len(), 1);
    assert_eq!(first.additional[0].runs[0].message_count, 2);
    broker.kill();
    broker.start_again().await;
    let again = publish(&broker, &both).await.unwrap();
    assert!(again.duplicate);
    assert_eq!(again.additional, first.additional);
    assert_eq!(texts(&broker.pull("s", 10).await), ["a"]);
    assert_eq!(texts(&broker.pull("r", 10).await), ["b", "c"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_would_get_is_refused_if_asked_and_counted_otherwise() {
    let broker = broker().await;
    broker.topic("t").await;
    let mut strict = request(None, &["x", "y"]);
    strict.require_subscription = true;
    refused(
        publish(&broker, &strict).await,
        Code::FailedPrecondition,
        ErrorReason::NoSubscription,
    );
    publish(&broker, &request(None, &["x", "y"])).await.unwrap();
    broker.subscription(subscription("s", "t")).await;
    publish(&broker, &strict).await.unwrap();
    let asked = GetStatsRequest {
        topic: "t".to_owned(),
        ..GetStatsRequest::default()
    };
    let stats = broker.client().stats().get(asked).await.unwrap();
    assert_eq!(
        (stats.topics[0].published, stats.topics[0].unrouted),
        (4, 2)
    );
}
