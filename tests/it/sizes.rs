//! What is at its limit goes through, byte for byte; what is beyond it is refused by name.

use std::collections::HashMap;

use tonic::Code;
use weir_proto::client::{Client, Kind, Publisher, PublisherOptions, SubscribeOptions, Subscriber};
use weir_proto::v1::{ErrorReason, Message};
use weir_tests::broker::{Broker, Setup};
use weir_tests::payload::Mark;
use weir_tests::refusals::refused;

use crate::PROGRAM;

const MIB: usize = 1 << 20;

fn large(sequence: u64, size: usize) -> Message {
    let mark = Mark {
        producer: 1,
        sequence,
    };
    Message {
        payload: mark.payload(size).into(),
        ..Message::default()
    }
}

async fn roomy() -> Broker {
    let broker = Broker::start_with(PROGRAM, Setup::large()).await;
    broker.pair().await;
    broker
}

async fn refuse(client: &Client, messages: Vec<Message>, reason: ErrorReason) {
    let outcome = client.publish("t", messages).await;
    refused(outcome, Code::InvalidArgument, reason);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payloads_of_10_mib_go_through_by_pull_stream_and_peek() {
    let mut broker = roomy().await;
    let sent = large(1, 10 * MIB);
    broker.publish("t", vec![sent.clone()]).await;
    broker.publish("t", vec![large(2, 10 * MIB)]).await;
    let peeked = broker.peek("s", &[]).await;
    assert_eq!(peeked.len(), 2);
    assert_eq!(peeked[0].message.as_ref(), Some(&sent));
    let got = broker.pull_all("s", 1).await;
    assert_eq!(got[0].message.as_ref(), Some(&sent));
    broker.kill();
    broker.start_again().await;
    broker.acknowledge(&got).await;
    // More than the bytes it allows: such a message comes alone.
    let options = SubscribeOptions {
        max_outstanding_bytes: MIB as u64,
        ..SubscribeOptions::to("s")
    };
    let mut subscriber = Subscriber::open(broker.client(), options).await.unwrap();
    let received = subscriber.next().await.unwrap();
    assert_eq!(received.message, large(2, 10 * MIB));
    received.ack();
    subscriber.close().await.unwrap();
    assert_eq!(broker.stats("s").await.acked, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_batch_goes_through() {
    let broker = roomy().await;
    let messages: Vec<_> = (0..10_000).map(|n| large(n, 20)).collect();
    assert_eq!(broker.publish("t", messages).await.len(), 10_000);
    // 16 MiB of encoded messages, to the byte.
    let whole = 16 * MIB;
    let parts = 16;
    let mut messages: Vec<_> = (0..parts).map(|n| large(n, MIB - 4)).collect();
    let size =
        |messages: &[Message]| -> usize { messages.iter().map(prost::Message::encoded_len).sum() };
    assert_eq!(size(&messages), whole);
    broker.publish("t", messages.clone()).await;
    messages[0] = large(0, MIB - 3);
    assert_eq!(size(&messages), whole + 1);
    refuse(broker.client(), messages, ErrorReason::BatchTooLarge).await;
    assert_eq!(broker.stats("s").await.entered, 10_000 + parts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_at_its_limit_is_taken_and_one_more_is_refused() {
    let broker = roomy().await;
    let client = broker.client();
    let attributes = |count: usize, key: usize, value: usize| -> HashMap<String, String> {
        (0..count)
            .map(|n| (format!("{n:0key$}"), "v".repeat(value)))
            .collect()
    };
    let with = |attributes| Message {
        attributes,
        ..Message::default()
    };
    let keyed = |size| Message {
        ordering_key: "k".repeat(size),
        ..Message::default()
    };
    let taken = vec![
        with(attributes(100, 256, 1_024)),
        keyed(1_024),
        Message::default(),
    ];
    broker.publish("t", taken.clone()).await;
    let too_large = ErrorReason::MessageTooLarge;
    refuse(client, vec![with(attributes(1, 257, 1))], too_large).await;
    refuse(client, vec![with(attributes(1, 1, 1_025))], too_large).await;
    refuse(client, vec![keyed(1_025)], too_large).await;
    refuse(client, vec![large(1, 10 * MIB + 1)], too_large).await;
    let crowd = vec![with(attributes(101, 3, 1))];
    refuse(client, crowd, too_large).await;
    let many = vec![Message::default(); 10_001];
    refuse(client, many, ErrorReason::BatchTooLarge).await;
    let good_and_bad = vec![Message::default(), keyed(1_025)];
    refuse(client, good_and_bad, too_large).await;
    let got = broker.pull_all("s", 3).await;
    let messages: Vec<_> = got.into_iter().filter_map(|one| one.message).collect();
    assert_eq!(messages, taken, "nothing of what was refused is stored");
    assert_eq!(broker.stats("s").await.entered, 3);
}

/// Messages that are beyond a limit, and why each is refused.
fn beyond() -> Vec<(Message, ErrorReason)> {
    let attributes = |count: usize, key: usize, value: usize| Message {
        attributes: (0..count)
            .map(|n| (format!("{n:0key$}"), "v".repeat(value)))
            .collect(),
        ..Message::default()
    };
    let no_key = Message {
        attributes: HashMap::from([(String::new(), "v".to_owned())]),
        ..Message::default()
    };
    let keyed = Message {
        ordering_key: "k".repeat(1_025),
        ..Message::default()
    };
    let too_large = ErrorReason::MessageTooLarge;
    vec![
        (attributes(101, 3, 1), too_large),
        (attributes(1, 257, 1), too_large),
        (attributes(1, 1, 1_025), too_large),
        (keyed, too_large),
        (large(1, 10 * MIB + 1), too_large),
        (no_key, ErrorReason::MessageMalformed),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_client_refuses_what_the_broker_would_for_the_same_reason() {
    let broker = roomy().await;
    let publisher = Publisher::open(broker.client(), "t", PublisherOptions::default());
    for (message, reason) in beyond() {
        let theirs = broker.client().publish("t", vec![message.clone()]).await;
        let theirs = refused(theirs, Code::InvalidArgument, reason);
        let ours = publisher.publish(message).await.map(drop).unwrap_err();
        assert_eq!(ours.kind(), Kind::Usage, "it was not sent: {ours:?}");
        assert_eq!((ours.code(), ours.reason()), (theirs.code(), reason));
    }
    let good = publisher.publish(large(2, 10)).await.unwrap();
    good.await.expect("the stream has lived through it all");
    publisher.close().await.unwrap();
    assert_eq!(broker.stats("s").await.entered, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_beyond_every_limit_is_refused_before_it_is_read() {
    let broker = roomy().await;
    let messages = vec![large(1, 9 * MIB), large(2, 9 * MIB)];
    let outcome = broker.client().publish("t", messages).await;
    let error = refused(outcome, Code::InvalidArgument, ErrorReason::BatchTooLarge);
    assert_eq!(error.metadata()["limit"], (17 * MIB).to_string());
    assert_eq!(broker.stats("s").await.entered, 0);
}
