//! The end: on purpose, or because a write failed.

use std::sync::Arc;

use super::rig::*;
use crate::core::Publication;
use crate::journal::Disk;
use crate::journal::sim_disk::Fault;
use crate::model::settings::SubscriptionSettings;
use crate::model::{Refusal, Span};
use crate::shard::{Health, SessionEvent};

#[tokio::test]
async fn a_failed_sync_ends_everything_and_confirms_nothing() {
    let (disk, sim) = sim();
    let mut shard = start(&disk);
    let handle = shard.handle();
    let topic = set_up(&handle, SubscriptionSettings::default()).await;
    publish(&handle, topic, &[b"kept"]).await.unwrap();
    let mut session = subscribe(&handle, 10).await;
    delivered(&mut session).await;
    // Every operation from here on fails, so the one that the next batch needs does.
    for ahead in 1..200 {
        sim.fail(ahead, Fault::Error(std::io::ErrorKind::Other));
    }
    let refused = publish(&handle, topic, &[b"lost"]).await.unwrap_err();
    assert!(
        matches!(refused, Refusal::LogPoisoned { .. }),
        "{refused:?}"
    );
    let event = soon(session.next()).await;
    assert!(
        matches!(event, SessionEvent::Ended(Refusal::LogPoisoned { .. })),
        "{event:?}"
    );
    let error = soon(shard.failed()).await;
    assert!(error.reason.contains("cannot"), "{error}");
    assert!(matches!(handle.health(), Health::Poisoned(_)));
    let after = publish(&handle, topic, &[b"x"]).await.unwrap_err();
    assert!(matches!(after, Refusal::LogPoisoned { .. }), "{after:?}");
    let look = soon(handle.topic(name("t"))).await.unwrap_err();
    assert!(matches!(look, Refusal::LogPoisoned { .. }), "{look:?}");
    sim.clear_faults();
    let killed: Arc<dyn Disk> = Arc::new(sim.kill());
    let again = start(&killed);
    assert!(numbers(&again.handle()).await.counts.counts.entered >= 1);
}

#[tokio::test]
async fn a_stop_refuses_publishes_awaits_acks_and_leaves_a_clean_mark() {
    let (disk, sim) = sim();
    let shard = start(&disk);
    let handle = shard.handle();
    let topic = set_up(&handle, SubscriptionSettings::default()).await;
    publish(&handle, topic, &[b"x", b"y"]).await.unwrap();
    let mut session = subscribe(&handle, 1).await;
    let runs = delivered(&mut session).await;
    let stopping = tokio::spawn(shard.stop(Span::from_secs(60)));
    let mut health = handle.watch_health();
    drop(soon(health.wait_for(|health| *health == Health::Draining)).await);
    let refused = publish(&handle, topic, &[b"z"]).await.unwrap_err();
    assert_eq!(refused, Refusal::Draining);
    ack(&session, &runs).await;
    let event = soon(session.next()).await;
    assert_eq!(event, SessionEvent::Ended(Refusal::Draining));
    soon(stopping).await.unwrap().unwrap();
    assert_eq!(handle.health(), Health::Stopped);
    let left: Arc<dyn Disk> = Arc::new(sim.kill());
    let again = start(&left);
    assert!(again.recovered.was_clean);
    let counts = numbers(&again.handle()).await.counts.counts;
    assert_eq!((counts.acked, counts.ready, counts.leased), (1, 1, 0));
}

#[tokio::test]
async fn a_stop_gives_up_on_acks_after_its_grace() {
    let (disk, _) = sim();
    let shard = start(&disk);
    let handle = shard.handle();
    let topic = set_up(&handle, SubscriptionSettings::default()).await;
    publish(&handle, topic, &[b"x"]).await.unwrap();
    let mut session = subscribe(&handle, 1).await;
    delivered(&mut session).await;
    soon(shard.stop(Span::from_millis(50))).await.unwrap();
    let event = soon(session.next()).await;
    assert_eq!(event, SessionEvent::Ended(Refusal::Draining));
}

#[tokio::test]
async fn an_idle_shard_stops_at_once() {
    let (disk, _) = sim();
    let shard = start(&disk);
    let handle = shard.handle();
    let long = Span::from_secs(3_600);
    soon(shard.stop(long)).await.unwrap();
    let refused = soon(handle.topic(name("t"))).await.unwrap_err();
    assert_eq!(refused, Refusal::Draining);
}

#[tokio::test]
async fn who_waits_for_room_is_told_of_a_stop() {
    let (disk, gate) = gated();
    let shard = start(&disk);
    let handle = shard.handle();
    let topic = set_up(&handle, SubscriptionSettings::default()).await;
    gate.shut();
    let large = vec![1; 12 << 10];
    let mut tickets = Vec::new();
    for _ in 0..2 {
        let ticket = handle.publish_submit(Publication::to(topic, batch(&[&large])));
        tickets.push(soon(ticket).await.unwrap());
    }
    let waiting = tokio::spawn({
        let handle = handle.clone();
        let batch = batch(&[&large]);
        async move {
            handle
                .publish_submit(Publication::to(topic, batch))
                .await
                .map(drop)
        }
    });
    tokio::task::yield_now().await;
    let stopping = tokio::spawn(shard.stop(Span::ZERO));
    assert_eq!(soon(waiting).await.unwrap(), Err(Refusal::Draining));
    gate.open();
    for ticket in tickets {
        soon(ticket).await.unwrap();
    }
    soon(stopping).await.unwrap().unwrap();
}
