//! Requests whose elements cost far more memory than their bytes: refused before they are decoded.

use bytes::Bytes;
use tonic::Code;
use weir_proto::v1::ErrorReason;
use weir_tests::broker::Broker;
use weir_tests::figures::figure;
use weir_tests::raw;

use crate::broker;

const MIB: usize = 1 << 20;
/// By how much the broker may grow, whatever is thrown at it.
const MAY_GROW: u64 = 32 << 20;

/// Sends `request` again and again; the broker refuses it and does not grow.
async fn check_bomb(broker: &Broker, method: &'static str, request: Vec<u8>) {
    let request = Bytes::from(request);
    let channel = broker.channel().await;
    let before = broker.rss();
    let mut most = before;
    for _ in 0..figure(20, 200) {
        let refused = raw::call(&channel, method, request.clone()).await;
        let status = refused.expect_err("it is refused");
        assert_eq!(status.code(), Code::InvalidArgument, "{method}: {status:?}");
        let error = weir_proto::client::Error::from(status);
        assert_ne!(
            error.reason(),
            ErrorReason::Unspecified,
            "{method}: {error:?}"
        );
        most = most.max(broker.rss());
    }
    let grown = most - before;
    println!("{method}: grew by {} KiB", grown >> 10);
    assert!(grown <= MAY_GROW, "{method}: {before} to {most}");
}

/// A field, its length, its value.
fn field(number: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    prost::encoding::encode_varint(value.len() as u64, &mut bytes);
    bytes.extend(value);
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bomb_of_empty_elements_is_refused_before_it_is_decoded() {
    let broker = broker().await;
    broker.pair().await;
    // Empty messages, ack ids, changes: two bytes each.
    let mut messages = field(1, b"t");
    messages.extend([0x12, 0].repeat(2 * MIB));
    check_bomb(&broker, "Publisher/Publish", messages).await;
    let empties = [0x0a, 0].repeat(MIB);
    for method in [
        "Subscriber/Acknowledge",
        "Subscriber/Nack",
        "Subscriber/Extend",
    ] {
        check_bomb(&broker, method, empties.clone()).await;
    }
    broker.publish_texts("t", &["x"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bomb_below_the_top_level_is_refused_too() {
    let broker = broker().await;
    broker.pair().await;
    let ids = [0x12, 0].repeat(MIB / 4 - 16);
    let mut selection = field(1, b"s");
    selection.extend(field(2, &ids));
    for method in ["Operator/RequeueDeadLetters", "Operator/PurgeBacklog"] {
        check_bomb(&broker, method, selection.clone()).await;
    }
    // A packed field is one field, whatever it holds.
    let mut states = field(1, b"s");
    states.extend(field(3, &[2].repeat(MIB / 2 - 32)));
    check_bomb(&broker, "Operator/Peek", states).await;
    let mut message = field(1, b"t");
    message.extend(field(2, &[0x12, 0].repeat(2 * MIB)));
    check_bomb(&broker, "Publisher/Publish", message).await;
    broker.publish_texts("t", &["x"]).await;
}
