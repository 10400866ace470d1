//! Acks that are confirmed: what waits for one learns what became of it.

use tonic::Status;

use super::broker::{Broker, SubscribeTalk, due, not_yet};
use super::subscribe::{batch, deliver, open, open_with, range};
use crate::client::{SubscribeOptions, Subscriber};
use crate::server;
use crate::v1::ErrorReason;

async fn confirming(broker: &mut Broker) -> (Subscriber, SubscribeTalk) {
    let options = SubscribeOptions {
        confirm_acks: true,
        ..SubscribeOptions::to("kitchen")
    };
    let (subscriber, talk) = open_with(broker, options).await;
    (subscriber, talk)
}

async fn confirm(talk: &SubscribeTalk, first: u64, last: u64) {
    talk.answer(server::SubscribeResponse {
        confirmed: vec![range(first, last)],
        ..Default::default()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_ack_ends_when_the_broker_has_confirmed_it() {
    let mut broker = Broker::start();
    let (mut subscriber, mut talk) = confirming(&mut broker).await;
    deliver(&talk, 1, 3).await;
    let mut held = batch(&mut subscriber).await;
    let mut first = Box::pin(held.next().unwrap().ack_confirmed());
    let mut second = Box::pin(held.next().unwrap().ack_confirmed());
    not_yet(&mut first).await;
    not_yet(&mut second).await;
    held.ack_all();
    // Said at once, though nobody waits any more for what came of the last.
    assert_eq!(talk.request().await.acks[0].first, 1);
    confirm(&talk, 1, 1).await;
    due(first).await.unwrap();
    not_yet(&mut second).await;
    confirm(&talk, 2, 3).await;
    due(second).await.unwrap();
    assert_eq!(subscriber.counters().confirmed, 3);
}

#[tokio::test(start_paused = true)]
async fn an_ack_too_late_or_on_a_lost_stream_is_not_taken_for_done() {
    let mut broker = Broker::start();
    let (mut subscriber, mut talk) = confirming(&mut broker).await;
    deliver(&talk, 1, 2).await;
    let mut held = batch(&mut subscriber).await;
    let late = held.next().unwrap().lease.ack_confirmed();
    let lost = held.next().unwrap().lease.ack_confirmed();
    talk.answer(server::SubscribeResponse {
        stale: vec![range(1, 1)],
        ..Default::default()
    })
    .await;
    let error = due(late).await.unwrap_err();
    assert_eq!(error.reason(), ErrorReason::LeaseStale);
    talk.fail(Status::unavailable("the broker died")).await;
    let error = due(lost).await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_closed_subscriber_still_learns_of_its_last_acks() {
    let mut broker = Broker::start();
    let (mut subscriber, mut talk) = confirming(&mut broker).await;
    deliver(&talk, 1, 1).await;
    let last = due(subscriber.next()).await.unwrap();
    let acked = last.lease.ack_confirmed();
    let farewell = async {
        assert_eq!(talk.request().await.acks, [range(1, 1)]);
        talk.client_end().await;
        confirm(&talk, 1, 1).await;
        talk.end();
    };
    let (closed, (), confirmed) = tokio::join!(subscriber.close(), farewell, acked);
    closed.unwrap();
    confirmed.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_stream_without_confirmations_says_so() {
    let mut broker = Broker::start();
    let (mut subscriber, mut talk) = open(&mut broker).await;
    deliver(&talk, 1, 1).await;
    let one = due(subscriber.next()).await.unwrap();
    let error = due(one.ack_confirmed()).await.unwrap_err();
    assert!(error.to_string().contains("confirm_acks"), "{error}");
    assert_eq!(talk.request().await.acks, [range(1, 1)], "it is said");
}
