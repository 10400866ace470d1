//! Consumers that come, go, do not read, or only pull.

use std::sync::Arc;

use super::rig::*;
use crate::core::{Publication, SequenceRange, State};
use crate::model::settings::SubscriptionSettings;
use crate::model::{Refusal, Span};
use crate::shard::{Handle, PeekPage, PullRequest, SessionEvent};

fn pull(max_messages: u64, wait: Span) -> PullRequest {
    PullRequest {
        subscription: name("s"),
        name: "puller".to_owned(),
        peer: "here".to_owned(),
        max_messages,
        max_bytes: 1 << 20,
        wait,
    }
}

#[tokio::test]
async fn a_slow_consumer_holds_its_allowance_and_no_more() {
    let (disk, _) = sim();
    let shard = start(&disk);
    let handle = shard.handle();
    let topic = set_up(&handle, SubscriptionSettings::default()).await;
    let mut session = subscribe(&handle, 10).await;
    for _ in 0..10 {
        publish(&handle, topic, &[b"x".as_slice(); 10])
            .await
            .unwrap();
    }
    until(&handle, |sample| sample.counts.counts.leased == 10).await;
    assert_eq!(numbers(&handle).await.counts.counts.ready, 90);
    let runs = deliveries(&mut session, 10).await;
    ack(&session, &runs).await;
    let more = deliveries(&mut session, 10).await;
    assert_eq!(more[0].first_sequence, 11);
    let counts = numbers(&handle).await;
    let counts = &counts.counts.counts;
    assert_eq!((counts.acked, counts.leased, counts.ready), (10, 10, 80));
}

#[tokio::test]
async fn a_lost_connection_counts_an_attempt_and_a_clean_one_none() {
    let (disk, _) = sim();
    let shard = start(&disk);
    let handle = shard.handle();
    let settings = SubscriptionSettings {
        backoff_min: Span::ZERO,
        backoff_max: Span::ZERO,
        ..SubscriptionSettings::default()
    };
    let topic = set_up(&handle, settings).await;
    publish(&handle, topic, &[b"x"]).await.unwrap();
    let mut clean = subscribe(&handle, 1).await;
    delivered(&mut clean).await;
    clean.close().await;
    let mut broken = subscribe(&handle, 1).await;
    assert_eq!(delivered(&mut broken).await[0].attempt, 1);
    drop(broken);
    let mut third = subscribe(&handle, 1).await;
    assert_eq!(delivered(&mut third).await[0].attempt, 2);
}

#[tokio::test]
async fn acks_said_before_a_connection_is_dropped_are_heard() {
    let (disk, _) = sim();
    let shard = start(&disk);
    let handle = shard.handle();
    let topic = set_up(&handle, SubscriptionSettings::default()).await;
    for _ in 0..50 {
        publish(&handle, topic, &[b"x"]).await.unwrap();
        let mut session = subscribe(&handle, 1).await;
        let runs = delivered(&mut session).await;
        ack(&session, &runs).await;
        drop(session);
    }
    let counts = numbers(&handle).await.counts.counts;
    assert_eq!((counts.acked, counts.waiting), (50, 0));
}

#[tokio::test]
async fn a_stale_ack_is_told() {
    let (disk, _) = sim();
    let shard = start(&disk);
    let handle = shard.handle();
    set_up(&handle, SubscriptionSettings::default()).await;
    let mut session = subscribe(&handle, 1).await;
    let never = SequenceRange { first: 5, last: 7 };
    session.feedback().ack(vec![never]).await.unwrap();
    let event = soon(session.next()).await;
    assert_eq!(event, SessionEvent::Stale(vec![never]));
}

#[tokio::test]
async fn deleting_a_subscription_ends_its_consumers() {
    let (disk, _) = sim();
    let shard = start(&disk);
    let handle = shard.handle();
    set_up(&handle, SubscriptionSettings::default()).await;
    let mut session = subscribe(&handle, 1).await;
    soon(handle.delete_subscription(name("s"))).await.unwrap();
    let subscription = name("s");
    let ended = SessionEvent::Ended(Refusal::SubscriptionDeleted { subscription });
    assert_eq!(soon(session.next()).await, ended);
}

#[tokio::test]
async fn a_pull_waits_for_the_first_message() {
    let (disk, _) = sim();
    let shard = start(&disk);
    let handle = shard.handle();
    let topic = set_up(&handle, SubscriptionSettings::default()).await;
    let none = soon(handle.pull(pull(5, Span::ZERO))).await.unwrap();
    assert!(none.messages.is_empty());
    let waiting = tokio::spawn({
        let handle = handle.clone();
        async move { handle.pull(pull(5, Span::from_secs(60))).await }
    });
    publish(&handle, topic, &[b"a", b"b"]).await.unwrap();
    let pulled = soon(waiting).await.unwrap().unwrap();
    let shown: Vec<_> = pulled.messages.iter().map(|m| m.message.to_vec()).collect();
    assert_eq!(shown, [message(b"a"), message(b"b")]);
    let ids = pulled.messages.iter().map(|m| m.ack).collect();
    let acked = soon(handle.acknowledge(ids)).await.unwrap();
    assert_eq!(acked, [Ok(()), Ok(())]);
    assert_eq!(numbers(&handle).await.counts.counts.acked, 2);
}

#[tokio::test]
async fn a_pull_in_vain_ends_in_time() {
    let (disk, _) = sim();
    let shard = start(&disk);
    let handle = shard.handle();
    set_up(&handle, SubscriptionSettings::default()).await;
    let wait = Span::from_millis(50);
    let pulled = soon(handle.pull(pull(5, wait))).await.unwrap();
    assert!(pulled.messages.is_empty());
}

#[tokio::test]
async fn leases_of_a_pull_that_nobody_took_are_given_back() {
    let (disk, gate) = gated();
    let shard = start(&disk);
    let handle = shard.handle();
    let topic = set_up(&handle, SubscriptionSettings::default()).await;
    gate.shut();
    let ticket = handle.publish_submit(Publication::to(topic, batch(&[b"x"])));
    let ticket = ticket.await.unwrap();
    let pulling = tokio::spawn({
        let handle = handle.clone();
        async move { handle.pull(pull(5, Span::from_secs(60))).await }
    });
    until(&handle, |sample| sample.counts.counts.leased == 1).await;
    pulling.abort();
    assert!(soon(pulling).await.unwrap_err().is_cancelled());
    gate.open();
    soon(ticket).await.unwrap();
    until(&handle, |sample| sample.counts.counts.ready == 1).await;
    let pulled = soon(handle.pull(pull(5, Span::ZERO))).await.unwrap();
    assert_eq!(pulled.messages[0].ack.attempt, 1);
}

async fn watch_two(handle: &Handle) -> [Arc<crate::shard::Sample>; 2] {
    let mut samples = handle.watch_samples();
    let mut next = async || {
        soon(samples.changed()).await.unwrap();
        Arc::clone(&samples.borrow_and_update())
    };
    [next().await, next().await]
}

#[tokio::test]
async fn samples_come_by_themselves_and_have_rates() {
    let (disk, _) = sim();
    let shard = start(&disk);
    let handle = shard.handle();
    let topic = set_up(&handle, SubscriptionSettings::default()).await;
    // Rates begin with the first sample.
    let mut samples = handle.watch_samples();
    let seen = samples.wait_for(|sample| !sample.subscriptions.is_empty());
    drop(soon(seen).await.unwrap());
    publish(&handle, topic, &[b"x".as_slice(); 20])
        .await
        .unwrap();
    let [one, two] = watch_two(&handle).await;
    assert_eq!(two.number, one.number + 1);
    assert!(two.topics[0].publish_rates[0] > 0.0, "{two:?}");
    assert!(two.subscriptions[0].rates[0].publish > 0.0, "{two:?}");
    assert_eq!(two.broker.backlog, 20);
}

#[tokio::test]
async fn a_dead_message_shows_why_it_died() {
    use crate::core::{Nack, NackAction};
    let (disk, _) = sim();
    let shard = start(&disk);
    let handle = shard.handle();
    let topic = set_up(&handle, SubscriptionSettings::default()).await;
    publish(&handle, topic, &[b"x"]).await.unwrap();
    let mut session = subscribe(&handle, 1).await;
    let runs = delivered(&mut session).await;
    let nack = Nack {
        action: NackAction::Dead,
        reason: "it cannot be read".to_owned(),
        class: "ParseError".to_owned(),
    };
    let nacks = vec![(sequences(&runs[0]), nack)];
    session.feedback().nack(nacks).await.unwrap();
    let page = PeekPage {
        from: None,
        limit: 10,
        max_bytes: 1_000,
    };
    let shown = soon(handle.peek_subscription(name("s"), vec![State::Dead], None, page)).await;
    let shown = shown.unwrap();
    let text = shown.messages[0].texts[0].as_ref().unwrap();
    assert_eq!(
        (
            text.class.as_str(),
            text.reason.as_str(),
            text.consumer.as_str()
        ),
        ("ParseError", "it cannot be read", "worker")
    );
}
