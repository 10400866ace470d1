//! Acks on a stream that are confirmed: what was confirmed is done, also after a crash.

use tonic::Code;
use weir_proto::client::{SubscribeOptions, Subscriber};
use weir_proto::v1::subscriber_client::SubscriberClient;
use weir_proto::v1::{
    ErrorReason, SeekRequest, SequenceRange, StartPosition, SubscribeRequest, SubscribeStart,
};
use weir_tests::refusals::refused;

use crate::broker;

fn confirming() -> SubscribeOptions {
    SubscribeOptions {
        confirm_acks: true,
        ..SubscribeOptions::to("s")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_confirmed_is_done_after_a_kill() {
    let mut broker = broker().await;
    broker.pair().await;
    for round in 1..=5 {
        broker.publish_texts("t", &["x"; 20]).await;
        let client = broker.another_client().await;
        let mut subscriber = Subscriber::open(&client, confirming()).await.unwrap();
        let mut acks = Vec::new();
        for _ in 0..20 {
            let received = subscriber.next().await.unwrap();
            acks.push(received.lease.ack_confirmed());
        }
        for ack in acks {
            ack.await.unwrap();
        }
        broker.kill();
        drop(subscriber);
        broker.start_again().await;
        let stats = broker.stats("s").await;
        assert_eq!((stats.acked, stats.backlog), (20 * round, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ack_after_its_lease_has_ended_is_stale_and_not_confirmed() {
    let broker = broker().await;
    broker.pair().await;
    broker.publish_texts("t", &["a"]).await;
    let mut subscriber = Subscriber::open(broker.client(), confirming())
        .await
        .unwrap();
    let held = subscriber.next().await.unwrap();
    let seek = SeekRequest {
        subscription: "s".to_owned(),
        position: StartPosition::Latest.into(),
        ..SeekRequest::default()
    };
    broker.client().operator().seek(seek).await.unwrap();
    let late = held.ack_confirmed().await;
    refused(late, Code::FailedPrecondition, ErrorReason::LeaseStale);
    let counters = subscriber.counters();
    assert_eq!((counters.confirmed, counters.stale), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acks_said_before_a_half_close_are_confirmed_before_the_stream_ends() {
    let broker = broker().await;
    broker.pair().await;
    broker.publish_texts("t", &["x"; 30]).await;
    let start = SubscribeStart {
        subscription: "s".to_owned(),
        confirm_acks: true,
        max_outstanding_messages: 25,
        ..SubscribeStart::default()
    };
    let (sender, requests) = tokio::sync::mpsc::channel(4);
    let start = SubscribeRequest {
        start: Some(start),
        ..SubscribeRequest::default()
    };
    sender.send(start).await.unwrap();
    let mut stub = SubscriberClient::new(broker.channel().await);
    let requests = tokio_stream::wrappers::ReceiverStream::new(requests);
    let mut responses = stub.subscribe(requests).await.unwrap().into_inner();
    let mut got = 0;
    while got < 25 {
        let response = responses.message().await.unwrap().unwrap();
        got += response
            .runs
            .iter()
            .map(|run| run.messages.len())
            .sum::<usize>();
    }
    let acks = SubscribeRequest {
        acks: vec![SequenceRange { first: 1, last: 20 }],
        ..SubscribeRequest::default()
    };
    sender.send(acks).await.unwrap();
    drop(sender);
    let mut confirmed = 0;
    while let Some(response) = responses.message().await.unwrap() {
        let ranges = response.confirmed.iter();
        confirmed += ranges
            .map(|range| range.last - range.first + 1)
            .sum::<u64>();
    }
    assert_eq!(confirmed, 20, "all of them, then the end");
    let stats = broker.stats("s").await;
    assert_eq!((stats.acked, stats.ready, stats.leased), (20, 10, 0));
}
