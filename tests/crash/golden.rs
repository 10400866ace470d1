//! Data directories of each release open in later ones and yield exactly what was written down here.
//!
//! `tests/golden/<release>/data` was made by [`the_golden_directory_is_made`], which runs only with
//! `WEIR_MAKE_GOLDEN=1`; a directory that a release made is never made again.

use std::path::PathBuf;
use std::time::Duration;

use weir_broker::config::Config;
use weir_broker::journal::Options;
use weir_broker::server;
use weir_proto::client::Client;
use weir_proto::v1::{
    GroupDeadLettersRequest, KeyOrder, Message, MessageState, NackAction, NackChange, NackOptions,
    PeekRequest, PullRequest, StartPosition, Subscription, Topic,
};
use weir_tests::broker::{Broker, Setup, directory, subscription, texts};
use weir_tests::files;
use weir_tests::payload::Mark;

use crate::PROGRAM;

/// Segments so small that the directory fits into the repository and has several.
const SEGMENT_BYTES: u64 = 16 << 10;
/// Messages of the topic `orders`.
const ORDERS: u64 = 120;
/// Of these the subscription `kitchen` acknowledged every third.
const KITCHEN_ACKS: usize = 40;
/// The largest directory that is worth keeping.
const MOST_BYTES: usize = 200 << 10;

fn golden(release: &str) -> PathBuf {
    files::workspace_root()
        .join("tests/golden")
        .join(release)
        .join("data")
}

fn order(number: u64) -> Message {
    let mark = Mark {
        producer: 1,
        sequence: number,
    };
    Message {
        payload: mark.payload(100).into(),
        attributes: [("number".to_owned(), number.to_string())].into(),
        ordering_key: format!("table-{}", number % 5),
        ..Message::default()
    }
}

async fn tell_the_story(client: &Client) {
    let admin = client.admin();
    let topic = |name: &str, partition_count| Topic {
        name: name.to_owned(),
        partition_count,
        ..Topic::default()
    };
    admin.create_topic(topic("orders", 2)).await.unwrap();
    admin.create_topic(topic("team/empty", 1)).await.unwrap();
    for wanted in [kitchen(), subscription("team/idle", "team/empty"), bar()] {
        let created = admin.create_subscription(wanted, StartPosition::Earliest);
        created.await.unwrap();
    }
    for first in (0..ORDERS).step_by(10) {
        let batch = (first..first + 10).map(order).collect();
        client.publish("orders", batch).await.unwrap();
    }
    let request = PullRequest {
        subscription: "kitchen".to_owned(),
        max_messages: u32::try_from(ORDERS).unwrap(),
        ..PullRequest::default()
    };
    let pulled = client.puller().pull(request).await.unwrap();
    assert_eq!(pulled.len() as u64, ORDERS);
    let ids = pulled.iter().step_by(3).map(|one| one.ack_id.clone());
    let acked = client.puller().acknowledge(ids.collect()).await.unwrap();
    assert_eq!(acked.acknowledged_count, KITCHEN_ACKS as u64);
    let dead = NackChange {
        ack_id: pulled[1].ack_id.clone(),
        options: Some(NackOptions {
            action: NackAction::Dead.into(),
            reason: "no such dish: \u{1b}[2J".to_owned(),
            error_class: "UnknownDish".to_owned(),
            ..NackOptions::default()
        }),
    };
    let nacked = client.puller().nack(vec![dead]).await.unwrap();
    assert_eq!(nacked.changed_count, 1);
}

fn kitchen() -> Subscription {
    Subscription {
        max_attempts: 3,
        ack_deadline: Duration::from_hours(12).try_into().ok(),
        dead_letter_retention: Duration::from_hours(24 * 3_650).try_into().ok(),
        ..subscription("kitchen", "orders")
    }
}

fn bar() -> Subscription {
    Subscription {
        key_order: KeyOrder::Block.into(),
        ..subscription("bar", "orders")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_golden_directory_is_made() {
    if std::env::var_os("WEIR_MAKE_GOLDEN").is_none() {
        println!("SKIPPED: only with WEIR_MAKE_GOLDEN=1, once for each release");
        return;
    }
    let directory = directory(false);
    let default = Config::default();
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        data_dir: directory.path().to_owned(),
        journal: Options {
            segment_bytes: SEGMENT_BYTES,
            max_frame: 8 << 10,
            spares: 1,
            reserve: 1,
            ..default.journal
        },
        ..default
    };
    let running = server::start(config).await.unwrap();
    let client = Client::connect(running.address().to_string()).await;
    tell_the_story(&client.unwrap()).await;
    running.stop(Duration::from_secs(1)).await.unwrap();
    let to = golden(env!("CARGO_PKG_VERSION"));
    assert!(!to.exists(), "{} is there already", to.display());
    files::copy_tree(directory.path(), &to).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_directory_of_0_1_0_opens_and_yields_what_was_written() {
    let golden = golden("0.1.0");
    let size: usize = files::tree(&golden).unwrap().values().map(Vec::len).sum();
    assert!(size <= MOST_BYTES, "{size} bytes");
    let directory = directory(false);
    files::copy_tree(&golden, &directory.path().join("data")).unwrap();
    let mut broker = Broker::start_on(PROGRAM, Setup::default(), directory).await;
    check_objects(&broker).await;
    let stats = broker.stats("kitchen").await;
    assert_eq!((stats.entered, stats.dead), (ORDERS, 1));
    assert_eq!(stats.acked, KITCHEN_ACKS as u64);
    let dead = broker.peek("kitchen", &[MessageState::Dead]).await;
    let letter = dead[0].states[0].dead_letter.clone().unwrap();
    assert_eq!(letter.reason, "no such dish: \u{1b}[2J");
    assert_eq!(letter.error_class, "UnknownDish");
    assert_eq!((letter.attempts, letter.consumer.is_empty()), (1, false));
    check_groups(&broker, &letter.fingerprint).await;
    // A clean stop released what was leased, and that counts no attempt.
    let left = broker.pull_all("kitchen", 79).await;
    assert!(left.iter().all(|one| one.delivery_attempt == 1));
    let mut bar = broker.pull_all("bar", 5).await;
    bar.sort_by_key(|one| one.offset);
    for one in left.iter().chain(&bar) {
        let message = one.message.clone().unwrap();
        let mark = Mark::of(&message.payload).expect("a whole payload");
        assert_eq!(message, order(mark.sequence));
    }
    assert_eq!(texts(&bar).len(), 5, "one of each key");
    broker.stop();
}

/// The release recorded no fingerprints: they are found when somebody asks.
async fn check_groups(broker: &Broker, fingerprint: &str) {
    let operator = broker.client().operator();
    let request = PeekRequest {
        subscription: "kitchen".to_owned(),
        fingerprint: fingerprint.to_owned(),
        ..PeekRequest::default()
    };
    assert_eq!(operator.peek(request).await.unwrap().messages.len(), 1);
    let request = GroupDeadLettersRequest {
        subscription: "kitchen".to_owned(),
        ..GroupDeadLettersRequest::default()
    };
    let groups = operator.group_dead_letters(request).await.unwrap().groups;
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].fingerprint, fingerprint);
    assert_eq!(groups[0].pattern, "no such dish: [<n>J");
    assert_eq!(groups[0].reason_class, "UnknownDish");
}

async fn check_objects(broker: &Broker) {
    let admin = broker.client().admin();
    let topics = admin.all_topics().await.unwrap();
    let names: Vec<_> = topics
        .iter()
        .map(|topic| (topic.name.as_str(), topic.topic_id, topic.partition_count))
        .collect();
    assert_eq!(names, [("orders", 1, 2), ("team/empty", 2, 1)]);
    let subscriptions = admin.all_subscriptions(None).await.unwrap();
    let names: Vec<_> = subscriptions
        .iter()
        .map(|one| (one.name.as_str(), one.topic.as_str(), one.max_attempts))
        .collect();
    assert_eq!(
        names,
        [
            ("bar", "orders", 10),
            ("kitchen", "orders", 3),
            ("team/idle", "team/empty", 10)
        ]
    );
    assert_eq!(subscriptions[0].key_order(), KeyOrder::Block);
}
