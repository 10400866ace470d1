//! Consumers that hardly read, or do not read at all: credit stops delivery to them, the broker's memory
//! stays bounded, and others are served.

use std::time::Duration;

use tokio::task::JoinSet;
use weir_proto::client::{Client, Options, ReadItem, ReadOptions, SubscribeOptions, Subscriber};
use weir_proto::v1::Message;
use weir_tests::broker::{Broker, subscription};
use weir_tests::figures::figure;
use weir_tests::frames;
use weir_tests::wait;

use crate::broker;

/// What each consumer may hold.
const ALLOWED: u64 = 10;
const PAYLOAD: usize = 1_000;
/// What the broker may keep for one consumer that does not read, beside what it allowed.
const EACH: u64 = 96 << 10;
const GROWTH: u64 = 48 << 20;

async fn fill(broker: &Broker, count: usize) {
    let message = Message {
        payload: vec![7; PAYLOAD].into(),
        ..Message::default()
    };
    for _ in 0..count.div_ceil(100) {
        broker.publish("t", vec![message.clone(); 100]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consumers_that_do_not_read_cost_little_and_hold_up_nobody() {
    let broker = broker().await;
    broker.topic("t").await;
    broker.subscription(subscription("slow", "t")).await;
    broker.subscription(subscription("quick", "t")).await;
    let count = figure(100, 1_000);
    fill(&broker, 40 * count).await;
    let before = broker.rss();
    let mut slow = Vec::new();
    for at in 0..count {
        slow.push(stopped(&broker, at).await);
    }
    let held = ALLOWED * count as u64;
    let limit = Duration::from_secs(30);
    wait::until("each holds what it allowed", limit, async || {
        (broker.stats("slow").await.leased == held).then_some(())
    })
    .await;
    let got = broker.pull_all("quick", 40 * count).await;
    broker.acknowledge(&got[..10_000.min(got.len())]).await;
    let stats = broker.stats("slow").await;
    assert_eq!(stats.leased, held, "credit stops delivery");
    let grown = broker.rss().saturating_sub(before);
    println!(
        "{count} consumers that do not read: grew by {} KiB",
        grown >> 10
    );
    assert!(grown < GROWTH + EACH * count as u64, "grew by {grown}");
    drop(slow);
    wait::until("their leases end", limit, async || {
        (broker.stats("slow").await.leased == 0).then_some(())
    })
    .await;
}

/// A consumer on a connection of its own that never reads: by the frames, without a window, every other one.
async fn stopped(broker: &Broker, at: usize) -> (frames::Reads, frames::Writes) {
    let address = broker.child().address();
    let (reads, mut writes) = frames::connect(address).await.unwrap();
    if at.is_multiple_of(2) {
        // SETTINGS_INITIAL_WINDOW_SIZE is 0: nothing may be sent on a stream.
        let window = [0, 4, 0, 0, 0, 0];
        writes.send(frames::SETTINGS, 0, 0, &window).await.unwrap();
    }
    let stream = writes.call("Subscriber/Subscribe", false).await.unwrap();
    // `start { subscription: "slow", max_outstanding_messages: 10 }`.
    let start = [0x0a, 8, 0x0a, 4, b's', b'l', b'o', b'w', 0x18, 10];
    let mut data = vec![0, 0, 0, 0, u8::try_from(start.len()).unwrap()];
    data.extend(start);
    writes.data(stream, &data).await.unwrap();
    (reads, writes)
}

/// Messages that each slow reader takes, one a second.
const TAKEN: u64 = 5;
/// Streams of one connection in this test.
const SHARED: usize = 100;

/// Takes a message a second and acknowledges it.
async fn take_slowly(client: Client) -> Subscriber {
    let options = SubscribeOptions {
        max_outstanding_messages: ALLOWED.try_into().unwrap(),
        ..SubscribeOptions::to("slow")
    };
    let mut subscriber = Subscriber::open(&client, options).await.unwrap();
    for _ in 0..TAKEN {
        subscriber.next().await.unwrap().ack();
        wait::pass(Duration::from_secs(1)).await;
    }
    subscriber
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consumers_that_read_a_message_a_second_hold_what_they_allowed_and_hold_up_nobody() {
    let broker = broker().await;
    broker.topic("t").await;
    broker.subscription(subscription("slow", "t")).await;
    broker.subscription(subscription("quick", "t")).await;
    let count = figure(100, 1_000);
    fill(&broker, 40 * count).await;
    let before = broker.rss();
    let mut readers = JoinSet::new();
    for at in 0..count {
        if at.is_multiple_of(SHARED) {
            let client = broker.another_client().await;
            for _ in 0..SHARED.min(count - at) {
                readers.spawn(take_slowly(client.clone()));
            }
        }
    }
    let (got, took) = wait::timed(broker.pull_all("quick", 40 * count)).await;
    broker.acknowledge(&got[..10_000.min(got.len())]).await;
    let leased = broker.stats("slow").await.leased;
    let held = ALLOWED * count as u64;
    assert!(leased <= held, "{leased} are leased, {held} were allowed");
    // Dropped one by one, the first would break their connections while others still read.
    let readers = readers.join_all().await;
    let stats = broker.stats("slow").await;
    assert_eq!(stats.acked, TAKEN * count as u64, "a message a second each");
    assert_eq!(stats.leased, held, "credit stops delivery");
    let grown = broker.rss().saturating_sub(before);
    println!(
        "{count} slow readers: grew by {} KiB, others took {took:?}",
        grown >> 10
    );
    assert!(grown < GROWTH + EACH * count as u64, "grew by {grown}");
    drop(readers);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_that_takes_its_time_gets_its_share_and_others_the_rest() {
    let broker = broker().await;
    broker.pair().await;
    fill(&broker, 2_000).await;
    let allowed = |messages| SubscribeOptions {
        max_outstanding_messages: messages,
        ..SubscribeOptions::to("s")
    };
    let client = Client::connect(Options::to(broker.child().address()))
        .await
        .unwrap();
    let mut slow = Subscriber::open(&client, allowed(5)).await.unwrap();
    let mut quick = Subscriber::open(broker.client(), allowed(100))
        .await
        .unwrap();
    let first = slow.next().await.unwrap();
    let took = async {
        for _ in 0..1_990 {
            quick.next().await.unwrap().ack();
        }
    };
    let limit = Duration::from_secs(30);
    tokio::time::timeout(limit, took)
        .await
        .expect("the quick one is not held up");
    first.ack();
    quick.close().await.unwrap();
    for _ in 0..5 {
        slow.next().await.unwrap().ack();
    }
    slow.close().await.unwrap();
}

/// What the broker may keep for one reader that does not read: what one look brought, and one response.
const READER: u64 = 3 << 20;
/// Bodies that were read back from the disk, and the allocator's share.
const READERS: u64 = 48 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_that_do_not_read_cost_little_and_hold_up_nobody() {
    let broker = broker().await;
    broker.topic("t").await;
    let large = Message {
        payload: vec![7; 100_000].into(),
        ..Message::default()
    };
    let batches = 250;
    for _ in 0..batches {
        broker.publish("t", vec![large.clone(); 4]).await;
    }
    let before = broker.rss();
    let count = figure(20, 200);
    let mut slow = Vec::new();
    for at in 0..count {
        slow.push(stopped_reader(&broker, at).await);
    }
    let mut quick = broker.client().read(ReadOptions::of("t")).await.unwrap();
    let mut offset = 0;
    while let Some(item) = quick.next().await.unwrap() {
        let ReadItem::Message(read) = item else {
            panic!("{item:?}");
        };
        assert_eq!(
            (read.id.offset, read.message.payload.len()),
            (offset, 100_000)
        );
        offset += 1;
    }
    assert_eq!(offset, 4 * batches);
    let grown = broker.rss().saturating_sub(before);
    println!(
        "{count} readers that do not read: grew by {} KiB",
        grown >> 10
    );
    assert!(grown < READERS + READER * count as u64, "grew by {grown}");
    drop(slow);
}

/// A reader on a connection of its own that never reads: every other one without a window.
async fn stopped_reader(broker: &Broker, at: usize) -> (frames::Reads, frames::Writes) {
    let address = broker.child().address();
    let (reads, mut writes) = frames::connect(address).await.unwrap();
    if at.is_multiple_of(2) {
        // SETTINGS_INITIAL_WINDOW_SIZE is 0: nothing may be sent on a stream.
        let window = [0, 4, 0, 0, 0, 0];
        writes.send(frames::SETTINGS, 0, 0, &window).await.unwrap();
    }
    let stream = writes.call("Subscriber/Read", false).await.unwrap();
    // `topic: "t", follow: true`.
    let request = [0x0a, 1, b't', 0x38, 1];
    let mut data = vec![0, 0, 0, 0, u8::try_from(request.len()).unwrap()];
    data.extend(request);
    writes.data(stream, &data).await.unwrap();
    (reads, writes)
}
