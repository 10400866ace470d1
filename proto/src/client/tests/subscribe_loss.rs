//! What a subscriber does when its stream is lost, refused or ended, and with leases that had
//! ended.

use std::time::Duration;

use tokio::time::Instant;
use tonic::Code;

use super::broker::{Broker, due};
use super::services::refusal;
use super::subscribe::{batch, deliver, open, range};
use crate::client::{Kind, SubscribeOptions, Subscriber};
use crate::server;
use crate::v1::ErrorReason;

#[tokio::test(start_paused = true)]
async fn a_lost_stream_is_opened_again_and_what_lay_unread_is_not_given_out() {
    let mut broker = Broker::start();
    let (mut subscriber, talk) = open(&mut broker).await;
    deliver(&talk, 1, 2).await;
    deliver(&talk, 3, 2).await;
    let held = due(subscriber.next()).await.unwrap();
    broker.cut();
    let mut talk = broker.subscribe_talk().await;
    assert!(!held.lease.is_open());
    held.ack();
    deliver(&talk, 1, 1).await;
    let again = batch(&mut subscriber).await;
    assert_eq!((again.len(), subscriber.counters().reconnects), (1, 1));
    assert_eq!(
        subscriber.counters().stale,
        1,
        "an ack of a lost lease is counted and not sent"
    );
    again.ack_all();
    assert_eq!(talk.request().await.acks, [range(1, 1)]);
}

#[tokio::test(start_paused = true)]
async fn attempts_to_connect_grow_apart_up_to_the_cap() {
    let mut broker = Broker::start();
    let (mut subscriber, _talk) = open(&mut broker).await;
    broker.refuse(true);
    broker.cut();
    let lost = Instant::now();
    let waited = tokio::time::timeout(Duration::from_mins(1), subscriber.next()).await;
    assert!(waited.is_err(), "a client that reconnects waits for ever");
    broker.refuse(false);
    let talk = broker.subscribe_talk().await;
    let late = lost.elapsed().saturating_sub(Duration::from_mins(1));
    assert!(
        late < Duration::from_secs(6),
        "the wait is capped at 5 s: {late:?}"
    );
    deliver(&talk, 1, 1).await;
    due(subscriber.next()).await.unwrap().ack();
}

#[tokio::test(start_paused = true)]
async fn leases_that_had_ended_are_counted_and_not_extended() {
    let mut broker = Broker::start();
    let (mut subscriber, mut talk) = open(&mut broker).await;
    deliver(&talk, 1, 3).await;
    let held: Vec<_> = batch(&mut subscriber).await.collect();
    let stale = vec![range(1, 2)];
    talk.answer(server::SubscribeResponse {
        stale,
        ..Default::default()
    })
    .await;
    assert_eq!(talk.request().await.extends[0].range, Some(range(3, 3)));
    assert_eq!(subscriber.counters().stale, 2);
    assert_eq!(held.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_subscription_is_a_final_error() {
    let mut broker = Broker::start();
    let (mut subscriber, mut talk) = open(&mut broker).await;
    talk.fail(refusal(
        Code::NotFound,
        "SUBSCRIPTION_DELETED",
        "it was deleted",
    ))
    .await;
    for _ in 0..2 {
        let error = due(subscriber.next()).await.unwrap_err();
        assert_eq!(error.reason(), ErrorReason::SubscriptionDeleted);
    }
    assert!(due(subscriber.close()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn opening_fails_with_the_brokers_reason() {
    let mut broker = Broker::start();
    let client = broker.client();
    let opening = Subscriber::open(&client, SubscribeOptions::to("nowhere"));
    let refusing = async {
        let mut talk = broker.subscribing.recv().await.unwrap();
        let start = talk.request().await.start.unwrap();
        assert_eq!(start.subscription, "nowhere");
        talk.fail(refusal(
            Code::NotFound,
            "SUBSCRIPTION_NOT_FOUND",
            "there is none",
        ))
        .await;
    };
    let (opened, ()) = tokio::join!(opening, refusing);
    assert!(opened.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_fails_fast_ends_with_the_first_loss() {
    let mut broker = Broker::start();
    let client = broker.fail_fast_client();
    let options = SubscribeOptions::to("kitchen");
    let (subscriber, talk) = tokio::join!(
        Subscriber::open(&client, options.clone()),
        broker.subscribe_talk()
    );
    let mut subscriber = subscriber.unwrap();
    broker.refuse(true);
    broker.cut();
    assert_eq!(
        due(subscriber.next()).await.unwrap_err().kind(),
        Kind::Unreachable
    );
    let error = due(Subscriber::open(&client, options)).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unreachable);
    drop(talk);
}

#[tokio::test(start_paused = true)]
async fn a_broker_that_never_ends_a_closed_stream_does_not_hold_the_program() {
    let mut broker = Broker::start();
    let (subscriber, _talk) = open(&mut broker).await;
    assert!(due(subscriber.close()).await.unwrap_err().is_unreachable());
}
