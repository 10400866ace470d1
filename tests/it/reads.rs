//! A topic is read with no subscription: from any place, in order, nothing passed over, nothing held by who is slow.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tonic::Code;
use weir_proto::client::{Error, MessageId, ReadFrom, ReadItem, ReadMessage, ReadOptions, Reader};
use weir_proto::v1::{ErrorReason, GetStatsRequest, Topic};
use weir_tests::broker::{Broker, Setup, keyed, message, subscription};
use weir_tests::figures::figure;
use weir_tests::refusals::refused;
use weir_tests::wait;

use crate::command_line::run;
use crate::{PROGRAM, broker};

const LIMIT: Duration = Duration::from_secs(30);

fn text(message: &ReadMessage) -> String {
    String::from_utf8_lossy(&message.message.payload).into_owned()
}

/// The next message; nothing may be missing before it.
async fn next(reader: &mut Reader) -> Option<ReadMessage> {
    let item = tokio::time::timeout(LIMIT, reader.next()).await;
    match item.expect("a reader is served").expect("a read goes on") {
        Some(ReadItem::Message(message)) => Some(message),
        Some(trimmed) => panic!("{trimmed:?}"),
        None => None,
    }
}

async fn rest(reader: &mut Reader) -> Vec<ReadMessage> {
    let mut all = Vec::new();
    while let Some(message) = next(reader).await {
        all.push(message);
    }
    all
}

async fn read(broker: &Broker, options: ReadOptions) -> Vec<ReadMessage> {
    let mut reader = broker.client().read(options).await.unwrap();
    rest(&mut reader).await
}

fn texts(messages: &[ReadMessage]) -> Vec<String> {
    messages.iter().map(text).collect()
}

fn from(place: ReadFrom) -> ReadOptions {
    ReadOptions {
        from: place,
        ..ReadOptions::of("t")
    }
}

fn from_offsets(offsets: &[(u32, u64)]) -> ReadOptions {
    ReadOptions {
        offsets: offsets.iter().copied().collect(),
        ..ReadOptions::of("t")
    }
}

/// The offsets of each partition begin where they should, and none is missing or out of order.
fn check_order(messages: &[ReadMessage], first: &BTreeMap<u32, u64>) {
    let mut next = first.clone();
    for message in messages {
        let expected = next.entry(message.id.partition).or_default();
        assert_eq!(message.id.offset, *expected, "{:?}", message.id);
        *expected += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_is_read_from_the_oldest_an_offset_or_a_time_and_nothing_is_leased() {
    let broker = broker().await;
    broker.pair().await;
    let mut ids = Vec::new();
    for batch in [&["a", "b"][..], &["c"], &["d"]] {
        ids.extend(broker.publish_texts("t", batch).await);
    }
    let all = read(&broker, ReadOptions::of("t")).await;
    assert_eq!(texts(&all), ["a", "b", "c", "d"]);
    assert_eq!(all.iter().map(|one| one.id).collect::<Vec<_>>(), ids);
    let later = read(&broker, from_offsets(&[(0, 2)])).await;
    assert_eq!(later, all[2..]);
    assert_eq!(read(&broker, from_offsets(&[(0, 4)])).await, []);
    assert_eq!(read(&broker, from(ReadFrom::Latest)).await, []);
    for message in &all {
        let since = message.publish_time;
        let from_time = read(&broker, from(ReadFrom::Time(since))).await;
        let expected = all.iter().filter(|one| one.publish_time >= since);
        assert_eq!(from_time, expected.cloned().collect::<Vec<_>>());
    }
    let hour = Duration::from_hours(1);
    let later = from(ReadFrom::Time(all[3].publish_time + hour));
    assert_eq!(read(&broker, later).await, []);
    let stats = broker.stats("s").await;
    assert_eq!((stats.ready, stats.leased, stats.acked), (4, 0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn partitions_are_read_in_order_and_a_read_goes_on_where_another_one_stopped() {
    let broker = broker().await;
    broker
        .topic_with(Topic {
            name: "t".to_owned(),
            partition_count: 4,
            ..Topic::default()
        })
        .await;
    let mut published = BTreeMap::new();
    for batch in 0..20 {
        let texts: Vec<String> = (0..30).map(|index| format!("{batch}.{index}")).collect();
        let messages = texts.iter().zip(0..);
        let messages = messages.map(|(text, index)| keyed(&format!("key-{}", index % 7), text));
        let ids = broker.publish("t", messages.collect()).await;
        published.extend(ids.into_iter().zip(texts));
    }
    let all = read(&broker, ReadOptions::of("t")).await;
    check_order(&all, &BTreeMap::new());
    let got: BTreeMap<MessageId, String> = all.iter().map(|one| (one.id, text(one))).collect();
    assert_eq!(got, published);
    assert!(all.iter().any(|one| one.id.partition == 2), "keys spread");

    let only = ReadOptions {
        partition: Some(2),
        ..ReadOptions::of("t")
    };
    let of_one = all.iter().filter(|one| one.id.partition == 2);
    assert_eq!(
        read(&broker, only).await,
        of_one.cloned().collect::<Vec<_>>()
    );

    let mut reader = broker.client().read(ReadOptions::of("t")).await.unwrap();
    let mut halves = Vec::new();
    for _ in 0..217 {
        halves.push(next(&mut reader).await.unwrap());
    }
    let kept = reader.positions().clone();
    drop(reader);
    let mut again = broker
        .client()
        .read(ReadOptions {
            offsets: kept.clone(),
            ..ReadOptions::of("t")
        })
        .await
        .unwrap();
    let second = rest(&mut again).await;
    check_order(&second, &kept);
    halves.extend(second);
    assert_eq!(halves.len(), all.len());
    let got: BTreeMap<MessageId, String> = halves.iter().map(|one| (one.id, text(one))).collect();
    assert_eq!(got, published);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_follows_misses_nothing_while_publishers_work() {
    let broker = broker().await;
    broker
        .topic_with(Topic {
            name: "t".to_owned(),
            partition_count: 3,
            ..Topic::default()
        })
        .await;
    let each = figure(2_000, 50_000);
    let follow = |place| ReadOptions {
        follow: true,
        ..from(place)
    };
    let client = broker.client();
    let mut early = client.read(follow(ReadFrom::Earliest)).await.unwrap();
    let mut late = client.read(follow(ReadFrom::Latest)).await.unwrap();
    let publish = async |who: &'static str| {
        let publisher = client.publisher("t");
        let mut confirmations = Vec::new();
        for number in 0..each {
            let message = message(&format!("{who}.{number}"));
            confirmations.push(publisher.publish(message).await.unwrap());
        }
        let mut ids = BTreeSet::new();
        for confirmation in confirmations {
            ids.insert(confirmation.await.unwrap());
        }
        ids
    };
    let collect = async |reader: &mut Reader| {
        let mut got = Vec::new();
        while got.len() < 3 * each {
            got.push(next(reader).await.expect("it follows"));
        }
        got
    };
    let (one, two, three, seen, seen_late) = tokio::join!(
        publish("one"),
        publish("two"),
        publish("three"),
        collect(&mut early),
        collect(&mut late),
    );
    let published: BTreeSet<MessageId> = [one, two, three].into_iter().flatten().collect();
    for seen in [seen, seen_late] {
        check_order(&seen, &BTreeMap::new());
        let ids: BTreeSet<MessageId> = seen.iter().map(|message| message.id).collect();
        assert_eq!(ids, published);
    }
    // It waits, and is woken by the next one.
    let (woken, _) = tokio::join!(next(&mut early), broker.publish_texts("t", &["more"]));
    assert_eq!(text(&woken.unwrap()), "more");
    client.admin().delete_topic("t").await.unwrap();
    assert_eq!(text(&next(&mut late).await.unwrap()), "more");
    let ended = tokio::time::timeout(LIMIT, late.next()).await.unwrap();
    refused(ended, Code::NotFound, ErrorReason::TopicNotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_reader_has_seen_is_there_after_a_crash() {
    let setup = Setup {
        is_fail_fast: true,
        ..Setup::default()
    };
    let mut broker = Broker::start_with(PROGRAM, setup).await;
    broker.topic("t").await;
    for round in 0..figure(3, 30) {
        let client = broker.client().clone();
        let options = ReadOptions {
            follow: true,
            ..ReadOptions::of("t")
        };
        let mut reader = client.read(options).await.unwrap();
        let publisher = client.publisher("t");
        let publishing = tokio::spawn(async move {
            let mut number = 0;
            loop {
                let message = message(&format!("{round}.{number}"));
                let Ok(_unconfirmed) = publisher.publish(message).await else {
                    return;
                };
                number += 1;
                tokio::task::yield_now().await;
            }
        });
        let mut seen = Vec::new();
        while seen.len() < 500 * (round + 1) {
            seen.push(next(&mut reader).await.unwrap());
        }
        broker.kill();
        // What was on its way still comes; then the connection is lost.
        loop {
            match reader.next().await {
                Ok(Some(ReadItem::Message(message))) => seen.push(message),
                Ok(other) => panic!("{other:?}"),
                Err(_lost) => break,
            }
        }
        publishing.await.unwrap();
        broker.start_again().await;
        let stored = read(&broker, ReadOptions::of("t")).await;
        assert!(stored.len() >= seen.len());
        assert_eq!(stored[..seen.len()], seen, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_below_the_low_watermark_is_refused_or_told() {
    let broker = broker().await;
    broker
        .topic_with(Topic {
            name: "t".to_owned(),
            retention_duration: Duration::ZERO.try_into().ok(),
            ..Topic::default()
        })
        .await;
    broker.subscription(subscription("s", "t")).await;
    broker.publish_texts("t", &["a", "b", "c"]).await;
    let got = broker.pull_all("s", 2).await;
    broker.acknowledge(&got).await;
    wait::until("two go", LIMIT, async || {
        let request = GetStatsRequest {
            topic: "t".to_owned(),
            ..GetStatsRequest::default()
        };
        let answer = broker.client().stats().get(request).await.unwrap();
        (answer.topics[0].stored == 1).then_some(())
    })
    .await;
    let client = broker.client();
    let begun = client.read(from_offsets(&[(0, 1)])).await;
    let error = refused(
        begun,
        Code::OutOfRange,
        ErrorReason::OffsetBelowLowWatermark,
    );
    assert!(error.message().contains("the partition is 0:2"), "{error}");
    let clamped = ReadOptions {
        clamp: true,
        ..from_offsets(&[(0, 0)])
    };
    let mut reader = client.read(clamped).await.unwrap();
    let items = items(&mut reader).await.unwrap();
    assert_eq!(
        items[0],
        ReadItem::Trimmed {
            partition: 0,
            from: 0,
            to: 2
        }
    );
    assert!(
        matches!(&items[1], ReadItem::Message(message) if text(message) == "c"),
        "{items:?}"
    );
    assert_eq!(items.len(), 2);
    assert_eq!(reader.positions(), &[(0, 3)].into());
    for wrong in [(0, 4), (1, 0)] {
        let begun = client.read(from_offsets(&[wrong])).await;
        refused(begun, Code::InvalidArgument, ErrorReason::ValueOutOfRange);
    }
    let nowhere = client.read(ReadOptions::of("nowhere")).await;
    refused(nowhere, Code::NotFound, ErrorReason::TopicNotFound);
}

async fn items(reader: &mut Reader) -> Result<Vec<ReadItem>, Error> {
    let mut items = Vec::new();
    while let Some(item) = reader.next().await? {
        items.push(item);
    }
    Ok(items)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_prints_what_it_reads_from_a_place_on() {
    let broker = broker().await;
    broker.topic("t").await;
    broker.publish_texts("t", &["a", "b", "c"]).await;
    let server = broker.child().address();
    let read = |words: &[&str]| run(server, &[&["topic", "read", "-o", "jsonl"], words].concat());
    let ended = read(&["t", "--from", "0:1"]);
    let lines = ended.stdout.lines().map(serde_json::from_str);
    let lines: Vec<serde_json::Value> = lines.collect::<Result<_, _>>().expect("lines of JSON");
    let texts: Vec<_> = lines.iter().map(|line| &line["payload_text"]).collect();
    assert_eq!(texts, ["b", "c"]);
    assert_eq!(
        (ended.code, &lines[0]["message_id"]),
        (Some(0), &"1.0.1".into())
    );
    let one = read(&["t", "--where", "body ~ c", "--max", "1"]);
    assert_eq!(
        (one.code, one.stdout.lines().count()),
        (Some(0), 1),
        "{}",
        one.stderr
    );
    assert_eq!(read(&["nowhere"]).code, Some(7));
    assert_eq!(read(&["t", "--from", "0:4"]).code, Some(2), "no such place");
    let wrong = read(&["t", "--from", "yesterday"]);
    assert_eq!((wrong.code, wrong.stdout.as_str()), (Some(2), ""));
}
