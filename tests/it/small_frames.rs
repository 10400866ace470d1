//! A legitimate client that streams a million small messages over 200 streams is not cut off.

use tokio::task::JoinSet;
use weir_proto::client::{Publisher, PublisherOptions};
use weir_proto::v1::Message;
use weir_tests::figures::figure;
use weir_tests::payload::Mark;

use crate::broker;

const STREAMS: u64 = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_million_messages_of_20_bytes_over_200_streams_go_through() {
    let broker = broker().await;
    broker.pair().await;
    let each = figure(1_000_000, 1_000_000) / STREAMS;
    // One connection; one stream less than it may have leaves room for the numbers at the end.
    let mut streams = JoinSet::new();
    for producer in 0..STREAMS - 1 {
        let options = PublisherOptions {
            batch_messages: 50,
            ..PublisherOptions::default()
        };
        let publisher = Publisher::open(broker.client(), "t", options);
        streams.spawn(async move {
            for sequence in 0..each {
                let mark = Mark { producer, sequence };
                let message = Message {
                    payload: mark.payload(20).into(),
                    ..Message::default()
                };
                let confirmation = publisher.publish(message).await.unwrap();
                drop(confirmation);
            }
            publisher.close().await.unwrap();
        });
    }
    while let Some(ended) = streams.join_next().await {
        ended.unwrap();
    }
    let stats = broker.stats("s").await;
    assert_eq!(stats.entered, each * (STREAMS - 1));
}
