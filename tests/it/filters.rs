//! A subscription with a filter has what the filter selects, and its books say so at every moment, also after crashes.

use std::collections::BTreeSet;
use std::time::Duration;

use tonic::Code;
use weir_proto::client::{MessageId, ReadItem, ReadOptions, SubscribeOptions, Subscriber};
use weir_proto::v1::{
    DropCause, ErrorReason, Message, MessageState, SeekRequest, StartPosition, Subscription,
    SubscriptionStats, Topic,
};
use weir_tests::broker::{Broker, Setup, subscription};
use weir_tests::figures::figure;
use weir_tests::refusals::refused;
use weir_tests::wait;

use crate::command_line::run;
use crate::{PROGRAM, broker};

const LIMIT: Duration = Duration::from_secs(30);
const ONLY_B: &str = "attributes.kind = \"b\"";

fn only(name: &str, filter: &str) -> Subscription {
    Subscription {
        filter: filter.to_owned(),
        ..subscription(name, "t")
    }
}

fn of_kind(kind: &str, text: &str) -> Message {
    Message {
        payload: text.to_owned().into(),
        attributes: [("kind".to_owned(), kind.to_owned())].into(),
        ..Message::default()
    }
}

fn filtered(stats: &SubscriptionStats) -> u64 {
    let of_filters = stats.dropped.iter();
    of_filters
        .filter(|dropped| dropped.cause() == DropCause::Filtered)
        .map(|dropped| dropped.count)
        .sum()
}

/// Every message that is stored, with its kind.
async fn stored(broker: &Broker) -> Vec<(MessageId, String)> {
    let mut reader = broker.client().read(ReadOptions::of("t")).await.unwrap();
    let mut all = Vec::new();
    while let Some(item) = reader.next().await.unwrap() {
        let ReadItem::Message(read) = item else {
            panic!("{item:?}");
        };
        let kind = read.message.attributes.get("kind");
        all.push((read.id, kind.cloned().unwrap_or_default()));
    }
    all
}

/// What a subscription has that is not finished.
async fn backlog(broker: &Broker, subscription: &str) -> BTreeSet<MessageId> {
    let states = [
        MessageState::Ready,
        MessageState::Leased,
        MessageState::Waiting,
    ];
    let peeked = broker.peek(subscription, &states).await;
    let ids = peeked.iter().map(|one| one.message_id.parse().unwrap());
    ids.collect()
}

/// Its backlog is exactly what the filter selects, and the numbers agree.
async fn check(broker: &Broker, subscription: &str, selects: impl Fn(&str) -> bool) {
    let all = stored(broker).await;
    let expected = all.iter().filter(|(_, kind)| selects(kind));
    let expected: BTreeSet<MessageId> = expected.map(|(id, _)| *id).collect();
    assert_eq!(backlog(broker, subscription).await, expected);
    let stats = broker.stats(subscription).await;
    assert_eq!(stats.backlog, expected.len() as u64);
    assert_eq!(stats.entered, all.len() as u64);
    assert_eq!(filtered(&stats), (all.len() - expected.len()) as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_selects_and_the_backlog_is_exact() {
    let broker = broker().await;
    broker
        .topic_with(Topic {
            name: "t".to_owned(),
            partition_count: 3,
            ..Topic::default()
        })
        .await;
    broker.subscription(subscription("all", "t")).await;
    broker.subscription(only("b", ONLY_B)).await;
    broker.subscription(only("b-too", ONLY_B)).await;
    let not_b = "NOT attributes.kind = \"b\" AND attributes:kind";
    broker.subscription(only("not-b", not_b)).await;
    broker.subscription(only("none", "attributes:other")).await;
    let created = broker.client().admin().get_subscription("b").await.unwrap();
    assert_eq!(created.filter, ONLY_B);

    let publisher = broker.client().publisher("t");
    let mut confirmations = Vec::new();
    for number in 0..figure(1_000, 100_000) {
        let kind = ["a", "b", "c", "b", "b-2"][number % 5];
        let message = of_kind(kind, &number.to_string());
        confirmations.push(publisher.publish(message).await.unwrap());
    }
    for confirmation in confirmations {
        confirmation.await.unwrap();
    }
    broker.publish_texts("t", &["without a kind"]).await;
    check(&broker, "all", |_| true).await;
    check(&broker, "b", |kind| kind == "b").await;
    check(&broker, "b-too", |kind| kind == "b").await;
    check(&broker, "not-b", |kind| kind != "b" && !kind.is_empty()).await;
    check(&broker, "none", |_| false).await;

    let count = broker.stats("b").await.ready;
    let got = broker.pull_all("b", usize::try_from(count).unwrap()).await;
    for delivery in &got {
        let message = delivery.message.clone().unwrap();
        assert_eq!(message.attributes["kind"], "b");
    }
    broker.acknowledge(&got).await;
    let stats = broker.stats("b").await;
    assert_eq!(
        (stats.backlog, stats.acked, stats.lag_seconds),
        (0, count, None)
    );
    assert_eq!(
        broker.stats("b-too").await.backlog,
        count,
        "to each its own"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_that_comes_while_publishers_work_misses_nothing_and_gets_nothing_else() {
    let broker = broker().await;
    broker.topic("t").await;
    let each = figure(40, 1_000);
    let publish = async |who: &str| {
        for number in 0..each {
            let kinds = ["a", "b", "c"].into_iter().cycle().skip(number % 3);
            let texts = kinds.take(10).map(|kind| of_kind(kind, who));
            broker.publish("t", texts.collect()).await;
        }
    };
    let subscribe = async {
        let mut names = Vec::new();
        for number in 0..each {
            let name = format!("s{number}");
            let kind = ["a", "b", "c"][number % 3];
            let filter = format!("attributes.kind = \"{kind}\" AND NOT attributes:k{number}");
            broker.subscription(only(&name, &filter)).await;
            if number % 4 == 3 {
                let gone: String = names.remove(0);
                let admin = broker.client().admin();
                admin.delete_subscription(gone).await.unwrap();
            }
            names.push(name);
        }
        names
    };
    let (names, (), ()) = tokio::join!(subscribe, publish("one"), publish("two"));
    let all = stored(&broker).await;
    for name in names {
        let number: usize = name[1..].parse().unwrap();
        let stats = broker.stats(&name).await;
        let start = all.len() - usize::try_from(stats.entered).unwrap();
        let kind = ["a", "b", "c"][number % 3];
        let expected = all[start..].iter().filter(|(_, of)| of == kind);
        let expected: BTreeSet<MessageId> = expected.map(|(id, _)| *id).collect();
        assert_eq!(backlog(&broker, &name).await, expected, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_leaves_no_batch_without_what_its_filters_left_out() {
    let setup = Setup {
        is_fail_fast: true,
        ..Setup::default()
    };
    let mut broker = Broker::start_with(PROGRAM, setup).await;
    broker.topic("t").await;
    broker.subscription(only("b", ONLY_B)).await;
    broker
        .subscription(only("others", "-attributes.kind = \"b\""))
        .await;
    for round in 0..figure(4, 50) {
        let client = broker.client().clone();
        let publishing = tokio::spawn(async move {
            let publisher = client.publisher("t");
            let mut number = 0;
            let mut last = None;
            loop {
                let kind = ["a", "b", "b", "c"][number % 4];
                let Ok(confirmation) = publisher.publish(of_kind(kind, "x")).await else {
                    break;
                };
                number += 1;
                if number == 400 * (round + 1) {
                    last = Some(confirmation.await.is_ok());
                    break;
                }
            }
            last
        });
        let (confirmed, more) = tokio::join!(publishing, async {
            let client = broker.client().clone();
            client.publish("t", vec![of_kind("b", "y"); 50]).await
        });
        assert_eq!((confirmed.unwrap(), more.is_ok()), (Some(true), true));
        // A batch is on its way when it dies.
        let client = broker.client().clone();
        let on_its_way = tokio::spawn(async move {
            let batch: Vec<Message> = (0..5_000)
                .map(|number| of_kind(["a", "b"][number % 2], "z"))
                .collect();
            client.publish("t", batch).await
        });
        tokio::task::yield_now().await;
        broker.kill();
        let _perhaps = on_its_way.await.unwrap();
        broker.start_again().await;
        check(&broker, "b", |kind| kind == "b").await;
        check(&broker, "others", |kind| kind != "b").await;
    }
}

/// Waits until a filter has judged all.
async fn judged(broker: &Broker, subscription: &str) {
    wait::until("the scan ends", LIMIT, async || {
        (broker.stats(subscription).await.unjudged == 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_published_before_is_put_through_the_filter_whatever_dies_meanwhile() {
    let setup = Setup {
        is_fail_fast: true,
        ..Setup::default()
    };
    let mut broker = Broker::start_with(PROGRAM, setup).await;
    broker
        .topic_with(Topic {
            name: "t".to_owned(),
            partition_count: 2,
            ..Topic::default()
        })
        .await;
    let publish = async |broker: &Broker, count: usize| {
        for number in 0..count {
            let kinds = ["a", "b", "c", "b"].into_iter().cycle().skip(number % 4);
            let batch = kinds.take(2_000).map(|kind| of_kind(kind, "x"));
            broker.publish("t", batch.collect()).await;
        }
    };
    publish(&broker, 50).await;
    let earliest = StartPosition::Earliest;
    for round in 0..figure(6, 60) {
        let (early, admin) = (format!("early-{round}"), broker.client().admin());
        admin
            .create_subscription(only(&early, ONLY_B), earliest)
            .await
            .unwrap();
        publish(&broker, round % 3).await;
        // It is killed at another place of the scan each time.
        for _ in 0..round % 4 {
            let stats = broker.stats(&early).await;
            println!("{early}: {} are not judged", stats.unjudged);
        }
        broker.kill();
        broker.start_again().await;
        publish(&broker, 1).await;
        judged(&broker, &early).await;
        check(&broker, &early, |kind| kind == "b").await;
    }
    // What it had worked off comes again after a seek back, and nothing else.
    let got = broker.pull_all("early-0", 3_000).await;
    broker.acknowledge(&got).await;
    let back = SeekRequest {
        subscription: "early-0".to_owned(),
        position: earliest.into(),
        ..SeekRequest::default()
    };
    broker.client().operator().seek(back).await.unwrap();
    judged(&broker, "early-0").await;
    check(&broker, "early-0", |kind| kind == "b").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consumers_that_wait_for_a_scan_get_what_it_finds() {
    let broker = broker().await;
    broker.topic("t").await;
    let batch = |kind: &str| vec![of_kind(kind, "x"); 1_000];
    for _ in 0..20 {
        broker.publish("t", batch("a")).await;
        broker.publish("t", batch("b")).await;
    }
    let earliest = StartPosition::Earliest;
    let admin = broker.client().admin();
    admin
        .create_subscription(only("b", ONLY_B), earliest)
        .await
        .unwrap();
    let options = SubscribeOptions::to("b");
    let mut subscriber = Subscriber::open(broker.client(), options).await.unwrap();
    for _ in 0..20_000 {
        let received = subscriber.next().await.unwrap();
        assert_eq!(received.message.attributes["kind"], "b");
        received.ack();
    }
    subscriber.close().await.unwrap();
    judged(&broker, "b").await;
    let stats = broker.stats("b").await;
    assert_eq!(
        (stats.acked, stats.backlog, filtered(&stats)),
        (20_000, 0, 20_000)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_filter_is_refused_with_its_place() {
    let broker = broker().await;
    broker.topic("t").await;
    let admin = broker.client().admin();
    let create = async |filter: &str| {
        let latest = StartPosition::Latest;
        admin.create_subscription(only("s", filter), latest).await
    };
    let wrong = create("attributes.kind == \"b\"").await;
    let error = refused(wrong, Code::InvalidArgument, ErrorReason::FilterInvalid);
    let expected = "at character 18, a text in double quotes is expected and = is there";
    assert!(error.message().contains(expected), "{error}");
    let hostile = create("attributes.\u{202e}\u{1b}[2J").await;
    let error = refused(hostile, Code::InvalidArgument, ErrorReason::FilterInvalid);
    assert!(error.message().contains("\\u{202e} is there"), "{error}");
    let long = create(&format!("attributes.kind = \"{}\"", "b".repeat(300))).await;
    refused(long, Code::InvalidArgument, ErrorReason::ValueOutOfRange);
    create(ONLY_B).await.unwrap();
    let change = admin.update_subscription(only("s", "attributes:a"), &["filter"]);
    refused(
        change.await,
        Code::InvalidArgument,
        ErrorReason::FieldImmutable,
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_creates_and_shows_a_filter() {
    let broker = broker().await;
    broker.topic("t").await;
    let server = broker.child().address();
    let create = |filter| {
        let words = ["sub", "create", "s", "--topic", "t", "--filter", filter];
        run(server, &[&words[..], &["-o", "json"]].concat())
    };
    let wrong = create("kind = b");
    assert_eq!((wrong.code, wrong.stdout.as_str()), (Some(2), ""));
    assert!(wrong.stderr.contains("at character 1"), "{}", wrong.stderr);
    let made = create(ONLY_B);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let shown = run(server, &["sub", "get", "s", "-o", "json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown.stdout).expect("JSON");
    assert_eq!(shown["filter"], ONLY_B);
    let table = run(server, &["sub", "get", "s"]).stdout;
    assert!(table.contains(ONLY_B), "{table}");
}
