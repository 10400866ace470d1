//! Bytes that are no request, and messages that two decoders would read in two ways: `INVALID_ARGUMENT`
//! with a reason, nothing stored, and the broker lives.

use bytes::Bytes;
use prost::Message as _;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use tonic::Code;
use tonic::transport::Channel;
use weir_proto::v1::{ErrorReason, ProducerSequence, PublishRequest, TopicBatch};
use weir_tests::broker::keyed;
use weir_tests::figures::{figure, seed};
use weir_tests::raw;
use weir_tests::refusals::refused;

use crate::broker;

/// A length-delimited field.
fn field(number: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    prost::encoding::encode_varint(value.len() as u64, &mut bytes);
    bytes.extend(value);
    bytes
}

/// A publish to `t` of a message with these bytes.
fn publish(message: &[u8]) -> Bytes {
    let mut bytes = field(1, b"t");
    bytes.extend(field(2, message));
    bytes.into()
}

async fn call(channel: &Channel, request: Bytes) -> Result<Bytes, tonic::Status> {
    raw::call(channel, "Publisher/Publish", request).await
}

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// Messages that a lenient decoder takes and a strict one does not, or that are read in two ways.
fn ambiguous() -> Vec<Vec<u8>> {
    let payload = field(1, b"x");
    let key = field(3, b"k");
    let entry = |key: &[u8], value: &[u8]| field(2, &join(&[&field(1, key), &field(2, value)]));
    let mut all = vec![
        join(&[&payload, &payload]),
        join(&[&key, &key]),
        field(3, &[0xff]),
        field(4, b"a field of later"),
        join(&[&entry(b"a", b"1"), &entry(b"a", b"2")]),
        entry(b"", b"1"),
        entry(&[0xc3, 0x28], b"1"),
        entry(b"a", &[0xed, 0xa0, 0x80]),
        field(2, &join(&[&field(1, b"a"), &field(1, b"b")])),
        field(2, &join(&[&field(1, b"a"), &field(3, b"b")])),
        // Groups, opened, closed, and both.
        vec![0x0b],
        vec![0x0c],
        vec![0x0b, 0x0c],
        // The right field with the wrong wire type.
        vec![0x08, 1],
        vec![0x0d, 0, 0, 0, 0],
        vec![0x09, 0, 0, 0, 0, 0, 0, 0, 0],
        // Field 0, wire types 6 and 7, a tag of eleven bytes.
        vec![0x02, 0],
        vec![0x0e],
        vec![0x0f],
        vec![0xff; 11],
        // Lengths beyond the end: by one, 2^31, 2^32, 2^63, 2^64 - 1.
        vec![0x0a, 2, b'x'],
        vec![0x0a, 0x80, 0x80, 0x80, 0x80, 0x08],
        vec![0x0a, 0x80, 0x80, 0x80, 0x80, 0x10],
        vec![
            0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01,
        ],
        vec![
            0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01,
        ],
        // A tag longer than needed.
        vec![0x8a, 0x00, 1, b'x'],
        vec![0x0a, 0x81, 0x00, b'x'],
    ];
    // Nesting a thousand deep.
    let deep = (0..1_000).fold(Vec::new(), |inner, _| field(2, &inner));
    all.push(deep);
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_could_be_read_in_two_ways_is_refused() {
    let broker = broker().await;
    broker.pair().await;
    let channel = broker.channel().await;
    for message in ambiguous() {
        let outcome = call(&channel, publish(&message)).await;
        let shown: Vec<u8> = message.iter().copied().take(20).collect();
        assert!(outcome.is_err(), "{shown:02x?} was taken");
        let reason = ErrorReason::MessageMalformed;
        let error = refused(outcome, Code::InvalidArgument, reason);
        assert!(!error.message().is_empty());
    }
    assert_eq!(broker.stats("s").await.entered, 0);
    call(&channel, publish(&field(1, b"x"))).await.unwrap();
    assert_eq!(broker.stats("s").await.entered, 1);
}

/// What one request meets: taken, or refused with a reason; anything else is a fault.
fn check_outcome(outcome: Result<Bytes, tonic::Status>, request: &[u8]) -> bool {
    let Err(status) = outcome else {
        return true;
    };
    let codes = [
        Code::InvalidArgument,
        Code::NotFound,
        Code::FailedPrecondition,
    ];
    assert!(codes.contains(&status.code()), "{request:02x?}: {status:?}");
    let error = weir_proto::client::Error::from(status);
    assert!(!error.reason_name().is_empty(), "{request:02x?}: {error:?}");
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mutated_requests_never_get_more_than_a_refusal() {
    let broker = broker().await;
    broker.pair().await;
    let channel = broker.channel().await;
    let good = PublishRequest {
        topic: "t".to_owned(),
        messages: vec![keyed("key", "text"), keyed("", "more")],
        producer: Some(ProducerSequence {
            producer_id: vec![7; 16].into(),
            sequence: 9,
        }),
        require_subscription: true,
        additional: vec![TopicBatch {
            topic: "u".to_owned(),
            messages: vec![keyed("", "further")],
        }],
    }
    .encode_to_vec();
    let mut random = SmallRng::seed_from_u64(seed("mutated requests", 5));
    let mut taken = 0;
    for _ in 0..figure(3_000, 100_000) {
        let mut request = good.clone();
        for _ in 0..random.random_range(1..4) {
            let at = random.random_range(0..request.len());
            match random.random_range(0..4) {
                0 => request[at] ^= 1 << random.random_range(0..8),
                1 => request[at] = random.random(),
                2 => request.truncate(at.max(1)),
                _ => request.insert(at, random.random()),
            }
        }
        let outcome = call(&channel, request.clone().into()).await;
        taken += u64::from(check_outcome(outcome, &request));
    }
    println!("{taken} were taken");
    // What was taken is whole: every consumer can read it.
    let stats = broker.stats("s").await;
    let got = broker
        .pull_all("s", usize::try_from(stats.entered).unwrap())
        .await;
    assert!(got.iter().all(|one| one.message.is_some()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_bytes_to_every_rpc_get_no_more_than_a_refusal() {
    let broker = broker().await;
    broker.pair().await;
    let channel = broker.channel().await;
    let methods = [
        "Publisher/Publish",
        "Subscriber/Acknowledge",
        "Subscriber/Nack",
        "Subscriber/Extend",
        "Subscriber/Pull",
        "Admin/CreateTopic",
        "Admin/CreateSubscription",
        "Admin/ListTopics",
        "Operator/Peek",
        "Operator/GetMessage",
        "Operator/RequeueDeadLetters",
        "Operator/PurgeBacklog",
        "Stats/GetStats",
        "Stats/History",
    ];
    let mut random = SmallRng::seed_from_u64(seed("random bytes", 6));
    for _ in 0..figure(100, 5_000) {
        for method in methods {
            let size = random.random_range(0..40);
            let request: Vec<u8> = (0..size).map(|_| random.random()).collect();
            let outcome = raw::call(&channel, method, request.clone().into()).await;
            check_outcome(outcome, &request);
        }
    }
    broker.publish_texts("t", &["x"]).await;
}
