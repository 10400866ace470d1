//! What is confirmed is durable, and is delivered with its bytes.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::rig::*;
use crate::core::Publication;
use crate::journal::disk::SyncSite;
use crate::journal::{Disk, Options};
use crate::model::settings::SubscriptionSettings;
use crate::model::{MessageId, Offset, Partition};
use crate::shard::{Health, PeekPage, Shard};

#[tokio::test]
async fn a_published_message_is_delivered_and_acked_and_the_books_add_up() {
    let (disk, _) = sim();
    let shard = start(&disk);
    let handle = shard.handle();
    let topic = set_up(&handle, SubscriptionSettings::default()).await;
    let mut session = subscribe(&handle, 100).await;
    let receipt = publish(&handle, topic, &[b"a", b"bb", b""]).await.unwrap();
    assert_eq!(placed(&receipt), [(0, 0, 3)]);
    let runs = deliveries(&mut session, 3).await;
    assert_eq!(
        messages(&runs),
        [message(b"a"), message(b"bb"), message(b"")]
    );
    assert_eq!((runs[0].first_sequence, runs[0].attempt), (1, 1));
    ack(&session, &runs).await;
    let numbers = numbers(&handle).await;
    let counts = &numbers.counts.counts;
    assert_eq!(
        (counts.entered, counts.acked, counts.leased, counts.ready),
        (3, 3, 0, 0)
    );
    assert_eq!(numbers.counts.conservation_error, 0);
}

#[tokio::test]
async fn nothing_leaves_before_it_is_durable() {
    let (disk, gate) = gated();
    let shard = start(&disk);
    let handle = shard.handle();
    let topic = set_up(&handle, SubscriptionSettings::default()).await;
    let mut session = subscribe(&handle, 100).await;
    gate.shut();
    let ticket = handle
        .publish_submit(Publication::to(topic, batch(&[b"x"])))
        .await
        .unwrap();
    // The grant is decided and in the mailbox; only durability is missing.
    until(&handle, |sample| sample.counts.counts.leased == 1).await;
    let early = tokio::select! {
        biased;
        event = session.next() => Some(event),
        () = std::future::ready(()) => None,
    };
    assert_eq!(early, None);
    gate.open();
    soon(ticket).await.unwrap();
    assert_eq!(messages(&delivered(&mut session).await), [message(b"x")]);
}

#[tokio::test]
async fn a_later_delivery_does_not_overtake_one_that_is_not_durable() {
    let (disk, gate) = gated();
    let shard = start(&disk);
    let handle = shard.handle();
    let topic = set_up(&handle, SubscriptionSettings::default()).await;
    let mut first = subscribe(&handle, 1).await;
    publish(&handle, topic, &[b"durable"]).await.unwrap();
    delivered(&mut first).await;
    let mut second = subscribe(&handle, 10).await;
    gate.shut();
    let ticket = handle.publish_submit(Publication::to(topic, batch(&[b"fresh"])));
    let ticket = ticket.await.unwrap();
    until(&handle, |sample| sample.counts.counts.leased == 2).await;
    // The durable one comes back and is granted after the fresh one.
    first.close().await;
    until(&handle, |sample| sample.counts.counts.leased == 2).await;
    gate.open();
    soon(ticket).await.unwrap();
    let runs = deliveries(&mut second, 2).await;
    assert_eq!(messages(&runs), [message(b"fresh"), message(b"durable")]);
    let starts: Vec<_> = runs.iter().map(|run| run.first_sequence).collect();
    assert!(starts.is_sorted(), "{starts:?}");
}

#[tokio::test]
async fn pipelined_batches_keep_their_order() {
    let (disk, _) = sim();
    let shard = start(&disk);
    let handle = shard.handle();
    let topic = set_up(&handle, SubscriptionSettings::default()).await;
    let mut session = subscribe(&handle, 100_000).await;
    let mut tickets = Vec::new();
    for number in 0..500u32 {
        let bytes = number.to_le_bytes();
        let ticket = handle.publish_submit(Publication::to(topic, batch(&[&bytes, &bytes])));
        tickets.push(soon(ticket).await.unwrap());
    }
    for (number, ticket) in (0u64..).zip(tickets) {
        let receipt = soon(ticket).await.unwrap();
        assert_eq!(placed(&receipt), [(0, 2 * number, 2)]);
    }
    let runs = deliveries(&mut session, 1_000).await;
    let expected = (0..1_000u32).map(|number| message(&(number / 2).to_le_bytes()));
    assert_eq!(messages(&runs), expected.collect::<Vec<_>>());
    let (mut offset, mut sequence) = (0, 1);
    for run in &runs {
        assert_eq!((run.first_offset.0, run.first_sequence), (offset, sequence));
        (offset, sequence) = (offset + run.count, sequence + run.count);
    }
}

#[tokio::test]
async fn a_restart_gives_back_what_was_confirmed_and_reads_it_from_the_disk() {
    let (disk, sim) = sim();
    let shard = start(&disk);
    let handle = shard.handle();
    let topic = set_up(&handle, SubscriptionSettings::default()).await;
    let payload = [7; 1_000];
    for _ in 0..50 {
        publish(&handle, topic, &[&payload, b"small"])
            .await
            .unwrap();
    }
    assert!(sim.has_synced(SyncSite::Batch));
    let killed: Arc<dyn Disk> = Arc::new(sim.kill());
    let shard = start(&killed);
    let handle = shard.handle();
    assert!(!shard.recovered.was_clean);
    let mut session = subscribe(&handle, 1_000).await;
    let runs = deliveries(&mut session, 100).await;
    let read = messages(&runs);
    assert_eq!(read.len(), 100);
    for pair in read.chunks(2) {
        assert_eq!(pair, [message(&payload), message(b"small")]);
    }
}

#[tokio::test]
async fn a_checkpoint_hides_no_message() {
    let (disk, sim) = sim();
    let often = || Options {
        checkpoint_replay_us: 0,
        ..options()
    };
    let shard = Shard::start(Arc::clone(&disk), PathBuf::from("/"), often()).unwrap();
    let handle = shard.handle();
    let topic = set_up(&handle, SubscriptionSettings::default()).await;
    for _ in 0..100 {
        publish(&handle, topic, &[&[7; 1_000]]).await.unwrap();
    }
    let has_checkpoint = async {
        while !sim.has_synced(SyncSite::CheckpointDirectory) {
            handle.sample(None, None).await.unwrap();
        }
    };
    soon(has_checkpoint).await;
    let killed: Arc<dyn Disk> = Arc::new(sim.kill());
    let again = Shard::start(killed, PathBuf::from("/"), often()).unwrap();
    assert!(
        again.recovered.checkpoint.is_some(),
        "{:?}",
        again.recovered
    );
    let mut session = subscribe(&again.handle(), 1_000).await;
    let runs = deliveries(&mut session, 100).await;
    assert_eq!(messages(&runs), vec![message(&[7; 1_000]); 100]);
}

#[tokio::test]
async fn a_shard_that_nobody_holds_lets_its_directory_go() {
    let (disk, _) = sim();
    let shard = start(&disk);
    let handle = shard.handle();
    set_up(&handle, SubscriptionSettings::default()).await;
    drop(shard);
    let mut health = handle.watch_health();
    drop(
        soon(health.wait_for(|health| *health == Health::Stopped))
            .await
            .unwrap(),
    );
    let again = start(&disk);
    assert!(again.recovered.was_clean);
}

#[tokio::test]
async fn looking_shows_bytes_and_changes_nothing() {
    let (disk, _) = sim();
    let shard = start(&disk);
    let handle = shard.handle();
    let topic = set_up(&handle, SubscriptionSettings::default()).await;
    publish(&handle, topic, &[b"one", b"two", b"three"])
        .await
        .unwrap();
    let page = PeekPage {
        from: None,
        limit: 10,
        max_bytes: 10,
    };
    let first = soon(handle.peek_subscription(name("s"), Vec::new(), None, page)).await;
    let first = first.unwrap();
    let shown: Vec<_> = first.messages.iter().map(|m| m.content.to_vec()).collect();
    assert_eq!(shown, [message(b"one")], "ten bytes hold one message");
    let rest = PeekPage {
        from: first.next,
        max_bytes: 1_000,
        ..page
    };
    let rest = soon(handle.peek_subscription(name("s"), Vec::new(), None, rest)).await;
    let rest = rest.unwrap();
    let shown: Vec<_> = rest.messages.iter().map(|m| m.content.to_vec()).collect();
    assert_eq!(shown, [message(b"two"), message(b"three")]);
    assert_eq!(rest.next, None);
    let id = MessageId {
        topic,
        partition: Partition(0),
        offset: Offset(1),
    };
    let (one, of) = soon(handle.message(id)).await.unwrap();
    assert_eq!((one.content.to_vec(), of), (message(b"two"), name("t")));
    assert_eq!(numbers(&handle).await.counts.counts.ready, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn publishers_that_are_ready_together_share_a_sync() {
    const PUBLISHERS: u8 = 64;
    let (disk, _) = sim();
    let writes_itself = Options {
        own_bytes: Options::default().own_bytes,
        ..options()
    };
    let shard = Shard::start(disk, PathBuf::from("/"), writes_itself).unwrap();
    let handle = shard.handle();
    let topic = set_up(&handle, SubscriptionSettings::default()).await;
    let syncs = async || soon(handle.sample(None, None)).await.unwrap().broker.syncs;
    let before = syncs().await;
    let publisher = handle.clone();
    // Spawned on the worker itself, so that all of them are ready there before the first has its turn.
    let all = tokio::spawn(async move {
        let mut publishing = JoinSet::new();
        for number in 0..PUBLISHERS {
            let handle = publisher.clone();
            publishing.spawn(async move { publish(&handle, topic, &[&[number]]).await });
        }
        publishing.join_all().await
    });
    let receipts = soon(all).await.unwrap();
    assert!(receipts.iter().all(Result::is_ok), "{receipts:?}");
    let count = syncs().await - before;
    assert!((1..=8).contains(&count), "{count} syncs for {PUBLISHERS}");
}
