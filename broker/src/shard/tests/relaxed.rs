//! Relaxed topics: confirmed when written, seen when durable, and what a power cut leaves.

use std::sync::Arc;
use std::time::Duration;

use super::rig::*;
use crate::core::limits::JUMP;
use crate::core::{Publication, Start};
use crate::journal::Disk;
use crate::journal::sim_disk::Choices;
use crate::model::TopicId;
use crate::model::settings::{Durability, SubscriptionSettings, TopicSettings};
use crate::shard::Handle;

/// Longer than a confirmation takes that does not wait for the disk.
const SOON: Duration = Duration::from_millis(200);

/// A relaxed topic `t` with a subscription `s`.
async fn set_up_relaxed(handle: &Handle) -> TopicId {
    let settings = TopicSettings {
        durability: Durability::Relaxed,
        ..TopicSettings::default()
    };
    let topic = soon(handle.create_topic(name("t"), settings))
        .await
        .unwrap();
    let settings = SubscriptionSettings::default();
    let created = handle.create_subscription(name("s"), name("t"), settings, Start::Latest);
    soon(created).await.unwrap();
    topic.id
}

#[tokio::test]
async fn a_relaxed_publish_is_confirmed_while_the_disk_syncs_and_seen_once_it_is_durable() {
    let (disk, gate) = gated();
    let shard = start(&disk);
    let handle = shard.handle();
    let topic = set_up_relaxed(&handle).await;
    let other = handle.create_topic(name("durable"), TopicSettings::default());
    let durable = soon(other).await.unwrap().id;
    let mut session = subscribe(&handle, 10).await;
    gate.shut();
    publish(&handle, topic, &[b"x"]).await.unwrap();
    let ticket = handle.publish_submit(Publication::to(durable, batch(&[b"y"])));
    let ticket = soon(ticket).await.unwrap();
    let early = tokio::time::timeout(SOON, session.next()).await;
    assert!(early.is_err(), "seen before it is durable: {early:?}");
    let mut ticket = std::pin::pin!(ticket);
    let early = tokio::time::timeout(SOON, &mut ticket).await;
    assert!(early.is_err(), "another topic is as durable as before");
    gate.open();
    soon(ticket).await.unwrap();
    assert_eq!(messages(&delivered(&mut session).await), [message(b"x")]);
}

#[tokio::test]
async fn after_a_power_cut_a_prefix_is_left_and_no_offset_is_given_twice() {
    let mut lost = 0;
    for seed in 0..20 {
        let (disk, gate, sim) = gated_sim();
        let shard = start(&disk);
        let handle = shard.handle();
        let topic = set_up_relaxed(&handle).await;
        gate.shut();
        let mut tickets = Vec::new();
        for number in 0..50u64 {
            let batch = batch(&[&number.to_le_bytes()]);
            let ticket = handle.publish_submit(Publication::to(topic, batch));
            tickets.push(soon(ticket).await.unwrap());
        }
        let mut told = 0;
        for ticket in tickets {
            // The writer is held in its first sync: what it wrote before that is confirmed.
            let Ok(receipt) = tokio::time::timeout(SOON, ticket).await else {
                break;
            };
            assert_eq!(placed(&receipt.unwrap()), [(0, told, 1)]);
            told += 1;
        }
        assert!(told > 0, "nothing was confirmed");
        let left = sim.crash(&mut Choices::seeded(seed));
        gate.open();
        lost += check_left(left, topic, told).await;
    }
    assert!(lost > 0, "no cut lost anything, so that nothing was tested");
}

/// Starts on what a power cut has left; gives how many of the confirmed messages are gone.
async fn check_left(left: crate::journal::sim_disk::SimDisk, topic: TopicId, told: u64) -> u64 {
    let disk: Arc<dyn Disk> = Arc::new(left);
    let again = start(&disk);
    let notes = again.state.notes.concat();
    assert!(notes.contains("topic t is relaxed"), "{notes}");
    let handle = again.handle();
    let entered = numbers(&handle).await.counts.counts.entered;
    let receipt = publish(&handle, topic, &[b"new"]).await.unwrap();
    assert_eq!(placed(&receipt), [(0, entered + JUMP, 1)]);
    let mut session = subscribe(&handle, 100).await;
    let runs = deliveries(&mut session, entered + 1).await;
    let expected = (0..entered).map(|number| message(&number.to_le_bytes()));
    let expected: Vec<_> = expected.chain([message(b"new")]).collect();
    assert_eq!(messages(&runs), expected, "a prefix, in order");
    told.saturating_sub(entered)
}
