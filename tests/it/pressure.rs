//! More than the disk takes: publishing is refused or held back, all else goes on, and publishing goes on
//! again by itself once there is room.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_stream::StreamExt as _;
use tonic::Code;
use weir_proto::client::Error;
use weir_proto::v1::publisher_client::PublisherClient;
use weir_proto::v1::{
    BrokerHealth, ErrorReason, GetStatsRequest, Message, PublishRequest, PublishStreamRequest,
    PurgeBacklogRequest, Selection, StartPosition, Topic,
};
use weir_tests::broker::{Broker, Setup, subscription};
use weir_tests::embedded::Embedded;
use weir_tests::faulty_disk::FaultyDisk;
use weir_tests::refusals::{refused, refused_item};
use weir_tests::wait;

use crate::PROGRAM;

const KIB: usize = 1 << 10;
/// Longer than the journal takes to look at its room again.
const HOUSEKEEPING: Duration = Duration::from_millis(1_500);
const LIMIT: Duration = Duration::from_secs(20);

fn of(size: usize) -> Message {
    Message {
        payload: vec![7; size].into(),
        ..Message::default()
    }
}

/// Publishes of 100 KiB, each a call of its own: how many of them wait, those that were refused, and what
/// the others come to.
async fn crowd(broker: &Embedded, count: usize, wait_for: usize) -> (JoinSet<()>, Vec<Error>) {
    let (refusals, mut refused) = tokio::sync::mpsc::channel(count);
    let mut calls = JoinSet::new();
    let channel = broker.channel().await;
    for _ in 0..count {
        let (mut stub, refusals) = (PublisherClient::new(channel.clone()), refusals.clone());
        calls.spawn(async move {
            let request = PublishRequest {
                topic: "t".to_owned(),
                messages: vec![of(100 * KIB)],
                ..PublishRequest::default()
            };
            if let Err(status) = stub.publish(request).await {
                refusals.send(Error::from(status)).await.unwrap();
            }
        });
    }
    let mut errors = Vec::new();
    for _ in 0..wait_for {
        let error = tokio::time::timeout(LIMIT, refused.recv()).await;
        errors.push(error.expect("a refusal").unwrap());
    }
    (calls, errors)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_what_may_wait_for_the_disk_calls_are_refused_and_streams_are_held_back() {
    let disk = FaultyDisk::default();
    let adjust = |options: &mut weir_broker::journal::Options| {
        options.uncommitted_bytes = 1 << 20;
        // All of it goes in one segment: room is another test's.
        options.segment_bytes = 16 << 20;
        (options.spares, options.reserve) = (1, 1);
    };
    let broker = Embedded::start(&disk, adjust).await;
    let admin = broker.client.admin();
    let topic = Topic {
        name: "t".to_owned(),
        ..Topic::default()
    };
    admin.create_topic(topic).await.unwrap();
    let created = admin.create_subscription(subscription("s", "t"), StartPosition::Latest);
    created.await.unwrap();
    disk.faults().shut();
    // Of 1 MiB an eighth is kept for acks: eight calls of 100 KiB find room, the others do not.
    let (calls, errors) = crowd(&broker, 20, 12).await;
    for error in errors {
        let (code, reason) = (Code::ResourceExhausted, ErrorReason::Backpressure);
        let error = refused(Err::<(), _>(error), code, reason);
        assert!(error.retry_delay().is_some(), "{error:?}");
        assert_eq!(error.metadata()["limitBytes"], (896 * KIB).to_string());
    }
    // A stream of 200 batches of 64 KiB: it is taken no further than the windows of the connection reach.
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let requests = tokio_stream::iter(0..200).map(move |batch_id| {
        counted.fetch_add(1, Ordering::SeqCst);
        PublishStreamRequest {
            topic: "t".to_owned(),
            messages: vec![of(64 * KIB)],
            batch_id,
            ..PublishStreamRequest::default()
        }
    });
    let mut stub = PublisherClient::new(broker.channel().await);
    let answers = stub.publish_stream(requests).await.unwrap();
    let mut answers = answers.into_inner();
    let early = tokio::time::timeout(Duration::from_millis(300), answers.message()).await;
    assert!(early.is_err(), "nothing is answered: {early:?}");
    let held_back_at = sent.load(Ordering::SeqCst);
    assert!(held_back_at < 100, "{held_back_at} of 200 batches went out");
    disk.faults().open();
    calls.join_all().await;
    let mut ids = Vec::new();
    while let Some(answer) = answers.message().await.unwrap() {
        for result in answer.results {
            assert!(result.error.is_none(), "{result:?}");
            ids.push(result.batch_id);
        }
    }
    assert_eq!(ids, (0..200).collect::<Vec<_>>());
    let stats = broker.client.stats().get(GetStatsRequest::default()).await;
    assert_eq!(stats.unwrap().subscriptions[0].entered, 208);
    broker.stop().await;
}

/// The bound of the journal in the tests below: the least that is taken and a few more segments.
const MAX_DISK_BYTES: u64 = 12 << 20;
/// The least that is taken for segments of 1 MiB.
const LEAST_DISK_BYTES: u64 = 8 << 20;

/// A broker with little room; topic `t` keeps nothing that is finished.
async fn bounded() -> Broker {
    let setup = Setup {
        max_disk_bytes: Some(MAX_DISK_BYTES),
        ..Setup::default()
    };
    let broker = Broker::start_with(PROGRAM, setup).await;
    for name in ["t", "other", "third"] {
        let topic = Topic {
            name: name.to_owned(),
            retention_duration: Duration::ZERO.try_into().ok(),
            ..Topic::default()
        };
        broker.topic_with(topic).await;
    }
    for (name, topic) in [("s", "t"), ("spare", "other"), ("late", "third")] {
        broker.subscription(subscription(name, topic)).await;
    }
    broker.publish_texts("other", &["a", "b", "c"]).await;
    broker
}

/// Publishes until it is refused and stays so; how many messages were stored. A burst may be refused for a
/// moment while the journal prepares segments that it still has room for.
async fn fill(broker: &Broker) -> usize {
    let most = usize::try_from(MAX_DISK_BYTES).unwrap() / (100 * KIB);
    let (mut stored, mut refusals) = (0, 0);
    while stored <= most {
        match broker.client().publish("t", vec![of(100 * KIB)]).await {
            Ok(_) => (stored, refusals) = (stored + 1, 0),
            Err(error) => {
                check_full(Err::<(), _>(error));
                refusals += 1;
                if refusals > 1 {
                    return stored;
                }
                wait::pass(HOUSEKEEPING).await;
            }
        }
    }
    panic!("more was stored than the bound allows");
}

fn check_full<T: std::fmt::Debug>(outcome: Result<T, Error>) {
    let error = refused(outcome, Code::ResourceExhausted, ErrorReason::DiskFull);
    assert!(error.retry_delay().is_some(), "{error:?}");
}

async fn health(broker: &Broker) -> (BrokerHealth, u64) {
    let stats = broker.client().stats();
    let told = stats.get(GetStatsRequest::default()).await;
    let told = told.unwrap().broker.unwrap();
    (told.health(), told.journal_bytes)
}

/// What must go on when publishing does not.
async fn check_all_else_goes_on(broker: &Broker) {
    let got = broker.pull_all("s", 2).await;
    broker.acknowledge(&got).await;
    let purge = PurgeBacklogRequest {
        subscription: "spare".to_owned(),
        selection: Some(Selection {
            all: true,
            ..Selection::default()
        }),
        ..PurgeBacklogRequest::default()
    };
    let purged = broker.client().operator().purge(purge).await.unwrap();
    assert_eq!(purged.affected, 3);
    let admin = broker.client().admin();
    admin.delete_subscription("late").await.unwrap();
    admin.delete_topic("third").await.unwrap();
    broker.topic("fourth").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_publishes_until_consumers_make_room() {
    let mut broker = bounded().await;
    let stored = fill(&broker).await;
    assert!(stored > 20, "{stored} messages of 100 KiB were stored");
    let (told, bytes) = health(&broker).await;
    assert_eq!(told, BrokerHealth::DiskFull);
    assert!(bytes <= MAX_DISK_BYTES, "{bytes}");
    let mut stub = PublisherClient::new(broker.channel().await);
    let request = PublishStreamRequest {
        topic: "t".to_owned(),
        messages: vec![of(1)],
        batch_id: 1,
        ..PublishStreamRequest::default()
    };
    let answers = stub.publish_stream(tokio_stream::once(request)).await;
    let answer = answers.unwrap().into_inner().message().await.unwrap();
    let error = answer.unwrap().results.remove(0).error;
    refused_item(
        error.as_ref(),
        Code::ResourceExhausted,
        ErrorReason::DiskFull,
    );
    check_all_else_goes_on(&broker).await;
    broker.kill();
    broker.start_again().await;
    let entered = broker.stats("s").await.entered;
    assert_eq!(entered, stored as u64, "what was refused is not stored");
    let got = broker.pull_all("s", stored - 2).await;
    broker.acknowledge(&got).await;
    wait::until("publishing goes on", LIMIT, async || {
        let outcome = broker.client().publish("t", vec![of(100 * KIB)]).await;
        outcome.ok()
    })
    .await;
    assert_eq!(health(&broker).await.0, BrokerHealth::Serving);
    assert!(fill(&broker).await > 20, "the room is there again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bound_below_what_is_stored_already_refuses_until_consumers_have_made_room() {
    const COUNT: usize = 200;
    let directory = weir_tests::broker::directory(false);
    let mut broker = Broker::start_on(PROGRAM, Setup::default(), directory).await;
    let topic = Topic {
        name: "t".to_owned(),
        retention_duration: Duration::ZERO.try_into().ok(),
        ..Topic::default()
    };
    broker.topic_with(topic).await;
    broker.subscription(subscription("s", "t")).await;
    for _ in 0..COUNT {
        // A burst may be refused for a moment while segments are prepared.
        wait::until("it is stored", LIMIT, async || {
            let outcome = broker.client().publish("t", vec![of(100 * KIB)]).await;
            outcome.ok()
        })
        .await;
    }
    assert!(health(&broker).await.1 > MAX_DISK_BYTES);
    broker.stop();
    broker.setup.max_disk_bytes = Some(LEAST_DISK_BYTES);
    broker.start_again().await;
    // What was prepared before is there to be used.
    let mut stored = COUNT + fill(&broker).await;
    assert!(stored < COUNT + 40, "{stored} are stored");
    for _ in 0..2 {
        let got = broker.pull_all("s", stored).await;
        broker.acknowledge(&got).await;
        wait::until("publishing goes on", LIMIT, async || {
            let outcome = broker.client().publish("t", vec![of(100 * KIB)]).await;
            outcome.ok()
        })
        .await;
        let (told, bytes) = health(&broker).await;
        assert_eq!(told, BrokerHealth::Serving);
        assert!(bytes <= LEAST_DISK_BYTES, "{bytes}");
        stored = 1 + fill(&broker).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bound_that_no_journal_fits_in_is_refused_at_the_start() {
    let directory = weir_tests::broker::directory(false);
    let start = weir_tests::child::Start {
        arguments: vec!["--max-disk-bytes=1000000".to_owned()],
        fail_point: None,
    };
    let data_dir = directory.path().join("data");
    let error = weir_tests::child::Child::start(PROGRAM, &data_dir, &start).unwrap_err();
    let said = error.to_string();
    assert!(
        said.contains("--max-disk-bytes 1000000 is too little"),
        "{said}"
    );
    assert!(said.contains("536870912"), "{said}");
}
