//! What happens at the limits: too much for the disk, too much for a frame, no room at all.

use super::rig::*;
use crate::core::Publication;
use crate::model::Refusal;
use crate::model::settings::SubscriptionSettings;
use crate::shard::Health;

/// A third of the room that publishes have in these tests.
const THIRD: usize = 9 << 10;

#[tokio::test]
async fn a_publish_without_room_is_refused_and_a_pipelined_one_waits() {
    let (disk, gate) = gated();
    let shard = start(&disk);
    let handle = shard.handle();
    let topic = set_up(&handle, SubscriptionSettings::default()).await;
    let large = vec![1; THIRD];
    gate.shut();
    let mut tickets = Vec::new();
    for _ in 0..3 {
        let ticket = handle.publish_submit(Publication::to(topic, batch(&[&large])));
        tickets.push(soon(ticket).await.unwrap());
    }
    let refused = publish(&handle, topic, &[&large]).await.unwrap_err();
    let Refusal::Backpressure {
        waiting_bytes,
        limit_bytes,
    } = refused
    else {
        panic!("expected back-pressure, not {refused:?}");
    };
    assert_eq!(limit_bytes, 28 << 10, "an eighth is kept for acks");
    assert!(waiting_bytes > 27 << 10, "{waiting_bytes}");
    let waiting = tokio::spawn({
        let handle = handle.clone();
        let batch = batch(&[&large]);
        async move { handle.publish_submit(Publication::to(topic, batch)).await }
    });
    gate.open();
    for ticket in tickets {
        soon(ticket).await.unwrap();
    }
    let ticket = soon(waiting).await.unwrap().unwrap();
    soon(ticket).await.unwrap();
    publish(&handle, topic, &[&large]).await.unwrap();
}

#[tokio::test]
async fn acks_go_on_when_publishes_have_no_room() {
    let (disk, gate) = gated();
    let shard = start(&disk);
    let handle = shard.handle();
    let topic = set_up(&handle, SubscriptionSettings::default()).await;
    publish(&handle, topic, &[b"x"]).await.unwrap();
    let mut session = subscribe(&handle, 1).await;
    let runs = delivered(&mut session).await;
    gate.shut();
    let large = vec![1; THIRD];
    for _ in 0..3 {
        let ticket = handle.publish_submit(Publication::to(topic, batch(&[&large])));
        drop(soon(ticket).await.unwrap());
    }
    ack(&session, &runs).await;
    until(&handle, |sample| sample.counts.counts.acked == 1).await;
    gate.open();
}

#[tokio::test]
async fn a_body_larger_than_a_frame_is_refused_at_once() {
    let (disk, _) = sim();
    let shard = start(&disk);
    let handle = shard.handle();
    let topic = set_up(&handle, SubscriptionSettings::default()).await;
    let larger = vec![1; 16 << 10];
    let refused = publish(&handle, topic, &[&larger]).await.unwrap_err();
    assert!(
        matches!(refused, Refusal::BatchTooLarge { unit: "bytes", .. }),
        "{refused:?}"
    );
    publish(&handle, topic, &[b"x"]).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_refuses_publishes_and_takes_acks() {
    let (disk, sim) = sim();
    let shard = start(&disk);
    let handle = shard.handle();
    let topic = set_up(&handle, SubscriptionSettings::default()).await;
    publish(&handle, topic, &[b"first"]).await.unwrap();
    let mut session = subscribe(&handle, 1).await;
    let runs = delivered(&mut session).await;
    sim.set_capacity(Some(1));
    let large = vec![1; 8 << 10];
    let mut published = 0;
    let refusal = loop {
        match publish(&handle, topic, &[&large]).await {
            Ok(_receipt) => published += 1,
            Err(refusal) => break refusal,
        }
        assert!(published < 1_000, "the disk does not become full");
    };
    assert_eq!(refusal, Refusal::DiskFull);
    let mut health = handle.watch_health();
    let told = health.wait_for(|health| *health == Health::DiskFull);
    drop(soon(told).await.unwrap());
    ack(&session, &runs).await;
    until(&handle, |sample| sample.counts.counts.acked == 1).await;
    sim.set_capacity(None);
    let again = health.wait_for(|health| *health == Health::Serving);
    drop(soon(again).await.unwrap());
    publish(&handle, topic, &[&large]).await.unwrap();
}
