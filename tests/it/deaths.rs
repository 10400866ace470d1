//! Consumers that die with leases held, again and again: each message is delivered again, each death
//! counts, and nothing is lost.

use std::time::Duration;

use weir_proto::v1::Subscription;
use weir_tests::broker::{Broker, eager};
use weir_tests::figures::figure;
use weir_tests::frames;
use weir_tests::wait;

use crate::broker;

const MESSAGES: u64 = 20;
const TEXTS: [&str; 20] = ["x"; 20];
const LIMIT: Duration = Duration::from_secs(10);

/// A consumer on a connection of its own; waits until it was sent something, then dies.
async fn die_with_leases(broker: &Broker) {
    let address = broker.child().address();
    let (mut reads, mut writes) = frames::connect(address).await.unwrap();
    let stream = writes.call("Subscriber/Subscribe", false).await.unwrap();
    // `start { subscription: "s" }`.
    let start = [0, 0, 0, 0, 5, 0x0a, 3, 0x0a, 1, b's'];
    writes.data(stream, &start).await.unwrap();
    let mut said = Vec::new();
    // The first response says that it has started, the second brings messages.
    while responses(&said) < 2 {
        let frame = reads.next(LIMIT).await.expect("messages come");
        if frame.kind == frames::DATA {
            said.extend(frame.payload);
        }
    }
}

/// How many whole responses there are: each has a byte of flags and four of length before it.
fn responses(mut said: &[u8]) -> usize {
    let mut count = 0;
    while let Some((&[_, a, b, c, d], rest)) = said.split_first_chunk::<5>() {
        let Some(rest) = rest.get(u32::from_be_bytes([a, b, c, d]) as usize..) else {
            break;
        };
        said = rest;
        count += 1;
    }
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_survive_any_number_of_dying_consumers() {
    let broker = broker().await;
    let deaths = figure(1_000, 10_000);
    broker
        .pair_with(Subscription {
            max_attempts: 10_000,
            ..eager("s", "t", 10_000)
        })
        .await;
    broker.publish_texts("t", &TEXTS).await;
    for _ in 0..deaths {
        die_with_leases(&broker).await;
    }
    let got = broker
        .pull_all("s", usize::try_from(MESSAGES).unwrap())
        .await;
    let failed: u64 = got
        .iter()
        .map(|one| u64::from(one.delivery_attempt - 1))
        .sum();
    println!("{deaths} deaths counted {failed} attempts of {MESSAGES} messages");
    assert!(failed >= deaths, "each death held at least one message");
    assert!(failed <= deaths * MESSAGES);
    broker.acknowledge(&got).await;
    let stats = broker.stats("s").await;
    assert_eq!((stats.acked, stats.backlog, stats.dead), (MESSAGES, 0, 0));
    wait::until("no consumer is left", LIMIT, async || {
        broker.stats("s").await.consumers.is_empty().then_some(())
    })
    .await;
}
