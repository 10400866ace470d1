//! A legitimate client that streams a million small messages over 200 streams is not cut off; the 201st call of
//! its connection waits for one of them to end.

use std::time::Duration;

use tokio::task::JoinSet;
use weir_proto::client::{Publisher, PublisherOptions};
use weir_proto::v1::{GetStatsRequest, Message};
use weir_tests::figures::figure;
use weir_tests::payload::Mark;

use crate::broker;

/// All that one connection may have.
const STREAMS: u64 = 200;

fn marked(producer: u64, sequence: u64) -> Message {
    let mark = Mark { producer, sequence };
    Message {
        payload: mark.payload(20).into(),
        ..Message::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_million_messages_of_20_bytes_over_200_streams_go_through() {
    let broker = broker().await;
    broker.pair().await;
    let each = figure(1_000_000, 1_000_000) / STREAMS;
    let mut publishers = Vec::new();
    for producer in 0..STREAMS {
        let options = PublisherOptions {
            batch_messages: 50,
            ..PublisherOptions::default()
        };
        let publisher = Publisher::open(broker.client(), "t", options);
        let first = publisher.publish(marked(producer, 0)).await.unwrap();
        first.await.expect("its stream is open");
        publishers.push((producer, publisher));
    }
    let client = broker.client().clone();
    let mut one_more =
        tokio::spawn(async move { client.stats().get(GetStatsRequest::default()).await });
    let moment = Duration::from_millis(300);
    let early = tokio::time::timeout(moment, &mut one_more).await;
    assert!(early.is_err(), "a call beyond 200 waits: {early:?}");
    let mut streams = JoinSet::new();
    for (producer, publisher) in publishers {
        streams.spawn(async move {
            for sequence in 1..each {
                let confirmation = publisher.publish(marked(producer, sequence)).await;
                drop(confirmation.unwrap());
            }
            publisher.close().await.unwrap();
        });
    }
    streams.join_all().await;
    let answered = one_more.await.unwrap();
    answered.expect("it is answered once a stream has ended");
    let stats = broker.stats("s").await;
    assert_eq!(stats.entered, each * STREAMS);
}
