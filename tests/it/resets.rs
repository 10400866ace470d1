//! A peer that makes the broker reset its streams, again and again: its connection is closed, the broker
//! lives. And no connection has more streams than it may.

use std::time::Duration;

use weir_tests::broker::Broker;
use weir_tests::figures::figure;
use weir_tests::frames::{
    self, GOAWAY, MAX_CONCURRENT_STREAMS, REFUSED_STREAM, RST_STREAM, Reads, SETTINGS,
};

use crate::broker;

/// Streams of one connection.
const MOST_STREAMS: u32 = 200;
/// Resets of a peer's faults before its connection is closed, and some that are under way.
const MOST_RESETS: u32 = 1_024 + 512;
const LIMIT: Duration = Duration::from_secs(10);
const GROWTH: u64 = 16 << 20;

/// Counts resets until the connection is closed; whether it was closed with GOAWAY.
async fn count_resets(mut reads: Reads) -> (u32, bool) {
    let (mut resets, mut goes_away) = (0, false);
    while let Some(frame) = reads.next(LIMIT).await {
        resets += u32::from(frame.kind == RST_STREAM);
        goes_away |= frame.kind == GOAWAY && frame.number(4) != 0;
    }
    (resets, goes_away)
}

/// Opens streams and makes the broker reset each, until it has had enough.
async fn made_you_reset(broker: &Broker, is_data: bool) -> u32 {
    let address = broker.child().address().to_owned();
    let (reads, mut writes) = frames::connect(&address).await.unwrap();
    let counted = tokio::spawn(count_resets(reads));
    let mut sent = 0;
    while sent < 4 * MOST_RESETS && !counted.is_finished() {
        let fault = async {
            if is_data {
                // DATA on a stream whose sender has said that it is done.
                let stream = writes.call("Stats/Watch", true).await?;
                writes.data(stream, b"too late").await
            } else {
                let stream = writes.call("Publisher/PublishStream", false).await?;
                writes.overflow(stream).await
            }
        };
        if fault.await.is_err() {
            break;
        }
        sent += 1;
        tokio::task::yield_now().await;
    }
    let (resets, goes_away) = counted.await.unwrap();
    assert!(goes_away, "{resets} resets of {sent} faults, and no GOAWAY");
    sent
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_makes_the_broker_reset_streams_is_sent_away() {
    let broker = broker().await;
    broker.pair().await;
    let before = broker.rss();
    let mut faults = 0;
    while faults < figure(3_000, 100_000) {
        faults += made_you_reset(&broker, false).await;
        faults += made_you_reset(&broker, true).await;
    }
    broker.publish_texts("t", &["x"]).await;
    assert_eq!(broker.pull_all("s", 1).await.len(), 1);
    let grown = broker.rss().saturating_sub(before);
    assert!(grown < GROWTH, "{faults} faults: grew by {grown}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_has_at_most_200_streams_and_says_so() {
    let broker = broker().await;
    let (mut reads, mut writes) = frames::connect(broker.child().address()).await.unwrap();
    let settings = reads.next(LIMIT).await.expect("its settings");
    assert_eq!(settings.kind, SETTINGS);
    assert_eq!(settings.setting(MAX_CONCURRENT_STREAMS), Some(MOST_STREAMS));
    let mut last = 0;
    for _ in 0..=MOST_STREAMS {
        last = writes.call("Publisher/PublishStream", false).await.unwrap();
    }
    loop {
        let frame = reads.next(LIMIT).await.expect("the last one is reset");
        if frame.kind == RST_STREAM {
            assert_eq!((frame.stream, frame.number(0)), (last, REFUSED_STREAM));
            break;
        }
    }
}
