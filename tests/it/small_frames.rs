//! A legitimate client that streams very many small messages over 200 streams is not cut off, however small the
//! frames and however slow the broker; the 201st call of one connection waits for one of them to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_stream::StreamExt as _;
use tonic::transport::Channel;
use weir_proto::client::{Publisher, PublisherOptions};
use weir_proto::v1::publisher_client::PublisherClient;
use weir_proto::v1::stats_client::StatsClient;
use weir_proto::v1::{GetStatsRequest, Message, PublishStreamRequest, Topic};
use weir_tests::embedded::Embedded;
use weir_tests::faulty_disk::{Faults, FaultyDisk};
use weir_tests::figures::figure;
use weir_tests::payload::Mark;
use weir_tests::wait;

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
    let stats = broker.stats("s").await;
    assert_eq!(stats.entered, each * STREAMS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_201st_call_of_a_connection_waits_until_a_stream_of_it_has_ended() {
    let broker = broker().await;
    broker.pair().await;
    let channel = broker.channel().await;
    let mut streams = Vec::new();
    for producer in 0..STREAMS {
        let (requests, coming) = tokio::sync::mpsc::channel(1);
        let first = PublishStreamRequest {
            topic: "t".to_owned(),
            messages: vec![marked(producer, 0)],
            ..PublishStreamRequest::default()
        };
        requests.send(first).await.unwrap();
        let coming = tokio_stream::wrappers::ReceiverStream::new(coming);
        let mut stub = PublisherClient::new(channel.clone());
        let answers = stub.publish_stream(coming).await;
        let mut answers = answers.expect("a stream").into_inner();
        answers.message().await.unwrap().expect("it is open");
        streams.push((requests, answers));
    }
    let mut stub = StatsClient::new(channel);
    let mut one_more =
        tokio::spawn(async move { stub.get_stats(GetStatsRequest::default()).await });
    let moment = Duration::from_millis(300);
    let early = tokio::time::timeout(moment, &mut one_more).await;
    assert!(early.is_err(), "a call beyond 200 waits: {early:?}");
    drop(streams.pop());
    let answered = one_more.await.unwrap();
    answered.expect("it is answered once a stream has ended");
}

/// Makes the disk wait most of the time, until it is told to stop.
async fn slow_down(faults: Arc<Faults>, is_over: Arc<AtomicBool>) {
    while !is_over.load(Ordering::SeqCst) {
        faults.shut();
        wait::pass(Duration::from_millis(40)).await;
        faults.open();
        wait::pass(Duration::from_millis(10)).await;
    }
}

/// Publishes so many messages over one stream, each by itself in a frame of some fifty bytes; counts what it has
/// sent. Gives the number of those that were confirmed, in the order in which they were sent.
async fn one_by_one(channel: Channel, producer: u64, count: u64, sent: Arc<AtomicU64>) -> u64 {
    let requests = tokio_stream::iter(0..count).then(move |sequence| {
        sent.fetch_add(1, Ordering::SeqCst);
        async move {
            // What is not ready at once goes in a frame of its own.
            tokio::task::yield_now().await;
            PublishStreamRequest {
                topic: "t".to_owned(),
                messages: vec![marked(producer, sequence)],
                batch_id: sequence,
                ..PublishStreamRequest::default()
            }
        }
    });
    let answers = PublisherClient::new(channel).publish_stream(requests).await;
    let mut answers = answers.expect("a stream").into_inner();
    let mut confirmed = 0;
    while let Some(answer) = answers.message().await.expect("the stream is not cut off") {
        for result in answer.results {
            assert_eq!((result.error, result.batch_id), (None, confirmed));
            confirmed += 1;
        }
    }
    confirmed
}

/// A broker on this disk, with a topic `t` that keeps nothing.
async fn on(disk: &FaultyDisk) -> Embedded {
    // Room is another test's: all of it is prepared in time.
    let broker = Embedded::start(disk, |options| options.segment_bytes = 32 << 20).await;
    let topic = Topic {
        name: "t".to_owned(),
        retention_duration: Duration::ZERO.try_into().ok(),
        ..Topic::default()
    };
    broker.client.admin().create_topic(topic).await.unwrap();
    broker
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_of_small_frames_is_held_back_and_not_cut_off_while_the_disk_stands_still() {
    let disk = FaultyDisk::default();
    let broker = on(&disk).await;
    let (count, sent) = (200_000, Arc::new(AtomicU64::new(0)));
    disk.faults().shut();
    let channel = broker.channel().await;
    let stream = tokio::spawn(one_by_one(channel, 1, count, Arc::clone(&sent)));
    // It goes on as far as the window of its stream reaches: beyond what may be unread in frames of their own.
    let before = wait::until("it is held back", Duration::from_mins(1), async || {
        let before = sent.load(Ordering::SeqCst);
        wait::pass(Duration::from_millis(300)).await;
        (before == sent.load(Ordering::SeqCst)).then_some(before)
    })
    .await;
    println!("{before} of {count} messages were sent");
    assert!((25_000..count).contains(&before), "{before} were sent");
    assert!(!stream.is_finished(), "it waits");
    disk.faults().open();
    assert_eq!(stream.await.unwrap(), count);
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_for_each_small_message_is_no_attack_even_if_the_disk_is_slow() {
    let disk = FaultyDisk::default();
    let broker = on(&disk).await;
    let each = figure(100_000, 1_000_000) / STREAMS;
    let is_over = Arc::new(AtomicBool::new(false));
    let slowness = tokio::spawn(slow_down(disk.faults(), Arc::clone(&is_over)));
    let channel = broker.channel().await;
    let mut streams = JoinSet::new();
    for producer in 0..STREAMS {
        let sent = Arc::new(AtomicU64::new(0));
        streams.spawn(one_by_one(channel.clone(), producer, each, sent));
    }
    for confirmed in streams.join_all().await {
        assert_eq!(confirmed, each);
    }
    is_over.store(true, Ordering::SeqCst);
    slowness.await.unwrap();
    let told = broker.client.stats().get(GetStatsRequest::default()).await;
    assert_eq!(told.unwrap().topics[0].published, each * STREAMS);
    broker.stop().await;
}
