//! Processes that stand still for a while, as on a laptop that sleeps: what was said meanwhile is heard before leases
//! expire, and little is delivered twice.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::future::join_all;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use rustix::process::{Pid, Signal, kill_process};
use weir_proto::client::{MessageId, Received, SubscribeOptions, Subscriber};
use weir_proto::v1::Subscription;
use weir_tests::broker::{Broker, eager, message};
use weir_tests::figures::{figure, seed};
use weir_tests::wait;

use crate::broker;
use crate::terminals::WEIR;

/// Brokers that stand still at one time.
const TOGETHER: usize = 10;
/// Messages that a consumer holds when its broker stands still.
const HELD: usize = 500;
/// Messages that are published at a time for one that stands still itself.
const BATCH: usize = 50;
const SOON: Duration = Duration::from_secs(20);

fn with_deadline(seconds: u64) -> Subscription {
    Subscription {
        ack_deadline: Duration::from_secs(seconds).try_into().ok(),
        ..eager("s", "t", 100)
    }
}

async fn publish(broker: &Broker, count: usize) -> Vec<MessageId> {
    let messages = (0..count).map(|number| message(&format!("{number}")));
    broker.publish("t", messages.collect()).await
}

/// Waits until so many are acknowledged and nothing is left.
async fn until_acked(broker: &Broker, count: usize) {
    wait::until("all is acknowledged", SOON, async || {
        let stats = broker.stats("s").await;
        let is_done = stats.acked == count as u64 && stats.backlog == 0;
        is_done.then_some(())
    })
    .await;
}

/// A broker that stands still for longer than the deadline of leases whose acks are on their way to it.
async fn hold_still(stop: Duration) {
    let broker = broker().await;
    broker.pair_with(with_deadline(1)).await;
    publish(&broker, HELD).await;
    let client = broker.another_client().await;
    let opened = Subscriber::open(&client, SubscribeOptions::to("s")).await;
    let mut consumer = opened.unwrap();
    let mut held = Vec::with_capacity(HELD);
    while held.len() < HELD {
        held.push(consumer.next().await.unwrap());
    }
    assert!(held.iter().all(|one| one.attempt == 1));
    broker.child().hang().unwrap();
    held.into_iter().for_each(Received::ack);
    wait::pass(stop).await;
    broker.child().go_on().unwrap();
    // Nobody acknowledges anything again: a lease that had expired would stay unfinished.
    until_acked(&broker, HELD).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acks_that_came_while_the_broker_stood_still_count_before_leases_expire() {
    let mut random = SmallRng::seed_from_u64(seed("standstills of a broker", 27));
    let longest = figure(1_600, 30_000);
    for _ in 0..figure(10, 100) / TOGETHER {
        let stops =
            (0..TOGETHER).map(|_| Duration::from_millis(random.random_range(1_100..=longest)));
        join_all(stops.map(hold_still)).await;
    }
}

/// How often messages were printed, by their ids.
type Printed = BTreeMap<String, u64>;

/// A consumer in a process of its own, which can be stopped; killed when dropped.
struct Consumer {
    process: Child,
    /// What reads its lines as they come, so that it never waits for a reader.
    reader: Option<JoinHandle<Printed>>,
}

impl Consumer {
    fn start(broker: &Broker) -> Self {
        let address = broker.child().address();
        let words = ["sub", "pull", "s", "--follow", "--ack", "-o", "jsonl"];
        let process = Command::new(WEIR)
            .args(["--server", address])
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut process = process.unwrap();
        let output = process.stdout.take().unwrap();
        Self {
            process,
            reader: Some(std::thread::spawn(move || read(output))),
        }
    }

    fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(i32::try_from(self.process.id()).unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// How often it has printed each message, once it is told to end.
    fn end(mut self) -> Printed {
        self.signal(Signal::TERM);
        self.reader.take().unwrap().join().unwrap()
    }
}

fn read(output: ChildStdout) -> Printed {
    let mut printed = Printed::new();
    for line in BufReader::new(output).lines() {
        let line: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        let id = line["message_id"].as_str().unwrap().to_owned();
        *printed.entry(id).or_default() += 1;
    }
    printed
}

impl Drop for Consumer {
    fn drop(&mut self) {
        let _it_may_be_gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// Lets a consumer with a deadline of so many seconds stand still again and again; how often it printed each message,
/// and the ids of those that came while it stood still.
async fn stand_still(seconds: u64, stops: Vec<Duration>) -> (Printed, BTreeSet<String>) {
    let broker = broker().await;
    broker.pair_with(with_deadline(seconds)).await;
    let consumer = Consumer::start(&broker);
    publish(&broker, BATCH).await;
    until_acked(&broker, BATCH).await;
    let mut count = BATCH;
    let mut held = BTreeSet::new();
    for stop in stops {
        consumer.signal(Signal::STOP);
        let came = publish(&broker, BATCH).await;
        held.extend(came.iter().map(ToString::to_string));
        wait::pass(stop).await;
        consumer.signal(Signal::CONT);
        publish(&broker, BATCH).await;
        count += 2 * BATCH;
        until_acked(&broker, count).await;
    }
    let printed = consumer.end();
    assert_eq!(printed.len(), count, "each message was printed");
    (printed, held)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_that_stands_still_for_less_than_its_deadline_gets_nothing_twice() {
    let mut random = SmallRng::seed_from_u64(seed("standstills of a consumer", 28));
    let stops = (0..figure(5, 50)).map(|_| Duration::from_millis(random.random_range(50..=500)));
    let (printed, _held) = stand_still(30, stops.collect()).await;
    assert!(printed.values().all(|times| *times == 1), "{printed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_that_stands_still_for_longer_gets_again_only_what_it_held() {
    let mut random = SmallRng::seed_from_u64(seed("long standstills of a consumer", 29));
    let longest = figure(1_400, 15_000);
    let rounds = figure(2, 20);
    let stops = (0..rounds).map(|_| Duration::from_millis(random.random_range(1_200..=longest)));
    let (printed, held) = stand_still(1, stops.collect()).await;
    let mut again = printed.iter().filter(|(_, times)| **times > 1);
    println!("{} of {} came again", again.clone().count(), printed.len());
    let foreign = again.find(|(id, _)| !held.contains(*id));
    assert_eq!(foreign, None, "it had been acknowledged, or came later");
    assert!(printed.values().all(|times| *times <= 2), "{printed:?}");
}
