//! Deliveries, answers as ranges, extension and the clean end of the subscriber.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use prost::Message as _;
use tokio::time::Instant;

use super::broker::{Broker, SubscribeTalk, due};
use super::publish::message;
use crate::client::{DROPPED_ERROR_CLASS, Received, ReceivedBatch, SubscribeOptions, Subscriber};
use crate::server::{self, SequenceRange};
use crate::v1::{DeliveryRun, NackAction, NackOptions};

pub(super) fn range(first: u64, last: u64) -> SequenceRange {
    SequenceRange { first, last }
}

/// Delivers `count` messages from `first_sequence` on, with offsets 1,000 above their sequence.
pub(super) async fn deliver(talk: &SubscribeTalk, first_sequence: u64, count: u64) {
    talk.answer(response(first_sequence, count)).await;
}

fn response(first_sequence: u64, count: u64) -> server::SubscribeResponse {
    let publish_time = SystemTime::UNIX_EPOCH + Duration::from_mins(1);
    let run = DeliveryRun {
        first_sequence,
        messages: (0..count)
            .map(|n| message(&(first_sequence + n).to_string()))
            .collect(),
        partition: 3,
        first_offset: first_sequence + 1000,
        publish_time: Some(publish_time.into()),
        delivery_attempt: 2,
    };
    server::SubscribeResponse {
        runs: vec![run.encode_to_vec().into()],
        ..Default::default()
    }
}

fn ack_each(received: Vec<Received>) {
    for one in received {
        one.ack();
    }
}

pub(super) async fn open(broker: &mut Broker) -> (Subscriber, SubscribeTalk) {
    open_with(broker, SubscribeOptions::to("kitchen")).await
}

pub(super) async fn open_with(
    broker: &mut Broker,
    options: SubscribeOptions,
) -> (Subscriber, SubscribeTalk) {
    let client = broker.client();
    let (subscriber, talk) =
        tokio::join!(Subscriber::open(&client, options), broker.subscribe_talk());
    (subscriber.unwrap(), talk)
}

pub(super) async fn batch(subscriber: &mut Subscriber) -> ReceivedBatch {
    due(subscriber.next_batch()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_message_comes_with_all_that_is_known_of_it() {
    let mut broker = Broker::start();
    let (mut subscriber, talk) = open(&mut broker).await;
    deliver(&talk, 1, 2).await;
    let first = due(subscriber.next()).await.unwrap();
    assert_eq!(first.id.to_string(), "7.3.1001");
    assert_eq!(first.message.payload, Bytes::from_static(b"1"));
    assert_eq!(first.attempt, 2);
    assert_eq!(
        first.publish_time,
        SystemTime::UNIX_EPOCH + Duration::from_mins(1)
    );
    assert_eq!(due(subscriber.next()).await.unwrap().id.offset, 1002);
    assert_eq!(subscriber.counters().received, 2);
}

#[tokio::test(start_paused = true)]
async fn places_beyond_what_can_be_counted_are_taken_and_answered() {
    let mut broker = Broker::start();
    let (mut subscriber, mut talk) = open(&mut broker).await;
    let last = DeliveryRun {
        first_sequence: u64::MAX,
        first_offset: u64::MAX,
        messages: vec![message("1"), message("2")],
        ..DeliveryRun::default()
    };
    talk.answer(server::SubscribeResponse {
        runs: vec![last.encode_to_vec().into()],
        ..Default::default()
    })
    .await;
    let batch = batch(&mut subscriber).await;
    assert!(batch.ids().all(|id| id.offset == u64::MAX));
    ack_each(batch.collect());
    assert_eq!(talk.request().await.acks, [range(u64::MAX, u64::MAX)]);
}

#[tokio::test(start_paused = true)]
async fn acks_in_any_order_go_as_one_range() {
    let mut broker = Broker::start();
    let (mut subscriber, mut talk) = open(&mut broker).await;
    deliver(&talk, 1, 10).await;
    let mut received: Vec<_> = batch(&mut subscriber).await.collect();
    received.swap(2, 7);
    received.reverse();
    ack_each(received);
    let request = talk.request().await;
    assert_eq!(request.acks, [range(1, 10)]);
    assert!(request.start.is_none() && request.nacks.is_empty() && request.extends.is_empty());
    talk.no_request().await;
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_acknowledged_as_one_range_over_its_runs() {
    let mut broker = Broker::start();
    let (mut subscriber, mut talk) = open(&mut broker).await;
    let mut two_runs = response(1, 500);
    two_runs.runs.extend(response(501, 500).runs);
    talk.answer(two_runs).await;
    let mut whole = batch(&mut subscriber).await;
    assert_eq!((whole.len(), whole.messages().count()), (1000, 1000));
    let held = whole.next().unwrap();
    assert_eq!(whole.ids().next().unwrap().offset, 1002);
    assert!(whole.attempts().eq(std::iter::repeat_n(2, 999)));
    whole.ack_all();
    assert_eq!(
        talk.request().await.acks,
        [range(2, 1000)],
        "what was taken out is not answered"
    );
    held.ack();
    assert_eq!(talk.request().await.acks, [range(1, 1)]);
}

#[tokio::test(start_paused = true)]
async fn very_many_ranges_go_in_several_requests_and_none_is_lost() {
    let mut broker = Broker::start();
    let (mut subscriber, mut talk) = open(&mut broker).await;
    deliver(&talk, 1, 20_000).await;
    let (odd, even): (Vec<_>, Vec<_>) = batch(&mut subscriber)
        .await
        .partition(|one| one.id.offset % 2 == 1);
    ack_each(odd);
    let mut acks = Vec::new();
    while acks.len() < 10_000 {
        let request = talk.request().await;
        assert!(request.acks.len() <= 4096);
        acks.extend(request.acks);
    }
    let expected: Vec<_> = (1..=20_000)
        .step_by(2)
        .map(|sequence| range(sequence, sequence))
        .collect();
    assert_eq!(acks, expected);
    assert!(even.iter().all(|one| one.lease.is_open()));
}

#[tokio::test(start_paused = true)]
async fn equal_nacks_of_neighbours_go_as_one_and_release_counts_none() {
    let mut broker = Broker::start();
    let (mut subscriber, mut talk) = open(&mut broker).await;
    deliver(&talk, 1, 5).await;
    let mut received = batch(&mut subscriber).await;
    let failed = NackOptions {
        reason: "no milk".to_owned(),
        ..NackOptions::default()
    };
    received.next().unwrap().nack(failed.clone());
    received.next().unwrap().nack(failed.clone());
    received.next().unwrap().release();
    received.nack_all(&failed);
    let nacks = talk.request().await.nacks;
    let seen: Vec<_> = nacks
        .iter()
        .map(|nack| (nack.range.unwrap(), nack.options.as_ref().unwrap().action()))
        .collect();
    let (retry, release) = (server::NackAction::Unspecified, server::NackAction::Release);
    assert_eq!(
        seen,
        [
            (range(1, 2), retry),
            (range(3, 3), release),
            (range(4, 5), retry)
        ]
    );
    assert_eq!(nacks[0].options.as_ref().unwrap().reason, "no milk");
}

#[tokio::test(start_paused = true)]
async fn what_is_dropped_without_an_answer_is_a_failed_attempt() {
    let mut broker = Broker::start();
    let (mut subscriber, mut talk) = open(&mut broker).await;
    deliver(&talk, 1, 4).await;
    let mut received = batch(&mut subscriber).await;
    let Received { message, lease, .. } = received.next().unwrap();
    drop(lease);
    assert_eq!(
        message.payload,
        Bytes::from_static(b"1"),
        "a message outlives its lease"
    );
    drop(received);
    let nacks = talk.request().await.nacks;
    assert_eq!(nacks.len(), 1);
    assert_eq!(nacks[0].range, Some(range(1, 4)));
    let options = nacks[0].options.as_ref().unwrap();
    assert_eq!(options.action, i32::from(NackAction::Retry));
    assert_eq!(options.error_class, DROPPED_ERROR_CLASS);
}

#[tokio::test(start_paused = true)]
async fn a_held_message_is_extended_at_half_its_deadline_until_it_is_answered() {
    let mut broker = Broker::start();
    let (mut subscriber, mut talk) = open(&mut broker).await;
    let delivered = Instant::now();
    deliver(&talk, 1, 5).await;
    let mut received: Vec<_> = batch(&mut subscriber).await.collect();
    received.remove(2).ack();
    assert_eq!(talk.request().await.acks, [range(3, 3)]);
    for round in 1..=3 {
        let extends = talk.request().await.extends;
        let ranges: Vec<_> = extends.iter().filter_map(|extend| extend.range).collect();
        assert_eq!(ranges, [range(1, 2), range(4, 5)]);
        assert_eq!(extends[0].ack_deadline.unwrap().seconds, 30);
        let expected = Duration::from_secs(15) * round;
        let late = delivered.elapsed().saturating_sub(expected);
        assert!(
            delivered.elapsed() >= expected && late < Duration::from_secs(1),
            "{late:?}"
        );
    }
    ack_each(received);
    assert_eq!(talk.request().await.acks, [range(1, 2), range(4, 5)]);
    talk.no_request().await;
    assert!(subscriber.counters().stale == 0);
}

#[tokio::test(start_paused = true)]
async fn extension_ends_at_its_limit_and_can_be_turned_off() {
    for (limit, rounds) in [(Some(Duration::from_secs(40)), 2), (None, 0)] {
        let mut broker = Broker::start();
        let options = SubscribeOptions {
            auto_extend: limit,
            ..SubscribeOptions::to("kitchen")
        };
        let (mut subscriber, mut talk) = open_with(&mut broker, options).await;
        deliver(&talk, 1, 1).await;
        let held = due(subscriber.next()).await.unwrap();
        for _ in 0..rounds {
            assert_eq!(talk.request().await.extends[0].range, Some(range(1, 1)));
        }
        let quiet = tokio::time::timeout(Duration::from_mins(10), talk.request()).await;
        assert!(quiet.is_err(), "the lease is left to expire");
        held.ack();
    }
}

#[tokio::test(start_paused = true)]
async fn a_program_extends_what_it_holds_but_not_what_it_answers_at_once() {
    let mut broker = Broker::start();
    let (mut subscriber, mut talk) = open(&mut broker).await;
    deliver(&talk, 1, 3).await;
    let mut received = batch(&mut subscriber).await;
    let first = received.next().unwrap();
    received.extend_all(Duration::from_mins(5));
    first.extend(Duration::from_mins(5));
    first.ack();
    let request = talk.request().await;
    assert_eq!(request.acks, [range(1, 1)]);
    let extends: Vec<_> = request
        .extends
        .iter()
        .map(|e| (e.range.unwrap(), e.ack_deadline.unwrap().seconds))
        .collect();
    assert_eq!(extends, [(range(2, 3), 300)]);
    received.ack_all();
}

#[tokio::test(start_paused = true)]
async fn answers_go_on_while_the_program_takes_no_deliveries() {
    let mut broker = Broker::start();
    let (mut subscriber, mut talk) = open(&mut broker).await;
    for batch in 0..40 {
        deliver(&talk, 1 + batch * 10, 10).await;
    }
    due(subscriber.next()).await.unwrap().ack();
    assert_eq!(talk.request().await.acks, [range(1, 1)]);
    let mut received = 1;
    while received < 400 {
        due(subscriber.next()).await.unwrap().ack();
        received += 1;
    }
    assert_eq!(subscriber.counters().received, 400);
}

#[tokio::test(start_paused = true)]
async fn close_sends_every_answer_and_leaves_the_rest_to_be_released() {
    let mut broker = Broker::start();
    let (mut subscriber, mut talk) = open(&mut broker).await;
    deliver(&talk, 1, 3).await;
    deliver(&talk, 4, 3).await;
    due(subscriber.next()).await.unwrap().ack();
    let held = due(subscriber.next()).await.unwrap();
    let mut closed = std::pin::pin!(subscriber.close());
    super::broker::not_yet(&mut closed).await;
    assert_eq!(talk.request().await.acks, [range(1, 1)]);
    talk.client_end().await;
    talk.end();
    due(closed).await.unwrap();
    assert!(!held.lease.is_open());
    held.ack();
}

#[tokio::test(start_paused = true)]
async fn dropping_a_subscriber_ends_its_stream_cleanly() {
    let mut broker = Broker::start();
    let (mut subscriber, mut talk) = open(&mut broker).await;
    deliver(&talk, 1, 3).await;
    due(subscriber.next()).await.unwrap().ack();
    drop(subscriber);
    assert_eq!(talk.request().await.acks, [range(1, 1)]);
    talk.client_end().await;
}
