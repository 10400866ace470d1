//! A message sent again with the id it had is not stored again: its publisher is told the first one's place.

use tonic::Code;
use weir_proto::v1::{ErrorReason, Message, Topic};
use weir_tests::broker::{Broker, Setup, keyed, message, subscription, texts};
use weir_tests::refusals::refused;

use crate::{PROGRAM, broker};

fn identified(id: &str, text: &str) -> Message {
    Message {
        dedup_id: id.to_owned(),
        ..message(text)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_sent_again_has_the_first_ones_id_over_a_kill_and_once_it_is_acknowledged() {
    let mut broker = broker().await;
    broker
        .topic_with(Topic {
            name: "t".to_owned(),
            partition_count: 3,
            retention_bytes: Some(0),
            ..Topic::default()
        })
        .await;
    broker.subscription(subscription("s", "t")).await;
    let with_key = |id: &str, key: &str| Message {
        dedup_id: id.to_owned(),
        ..keyed(key, id)
    };
    let first = vec![
        with_key("a", "k1"),
        identified("b", "b"),
        with_key("c", "k2"),
    ];
    let first = broker.publish("t", first).await;
    let again = vec![
        identified("c", "c again"),
        message("new"),
        with_key("a", "k7"),
        identified("d", "d"),
        identified("d", "d again"),
    ];
    let second = broker.publish("t", again.clone()).await;
    assert_eq!((second[0], second[2]), (first[2], first[0]));
    assert_eq!(second[3], second[4]);
    assert_ne!(second[1], second[3]);
    assert_eq!(broker.stats("s").await.entered, 5);
    let got = broker.pull_all("s", 5).await;
    let mut said = texts(&got);
    said.sort_unstable();
    assert_eq!(said, ["a", "b", "c", "d", "new"]);
    broker.acknowledge(&got).await;
    broker.kill();
    broker.start_again().await;
    let third = broker.publish("t", again).await;
    assert_eq!((third[0], third[2]), (first[2], first[0]));
    assert_eq!((third[3], third[4]), (second[3], second[3]));
    assert_ne!(third[1], second[1], "without an id it is another message");
    let stats = broker.stats("s").await;
    assert_eq!((stats.entered, stats.acked, stats.ready), (6, 5, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_two_topics_knows_its_own_ids_and_a_pipelined_publisher_is_told_the_same() {
    let broker = broker().await;
    for (topic, name) in [("t", "s"), ("u", "v")] {
        broker.topic(topic).await;
        broker.subscription(subscription(name, topic)).await;
        let publisher = broker.client().publisher(topic);
        let mut ids = Vec::new();
        for text in ["one", "two", "one", "two"] {
            let confirmation = publisher.publish(identified(text, text)).await.unwrap();
            ids.push(confirmation.await.unwrap());
        }
        assert_eq!((ids[0], ids[1]), (ids[2], ids[3]));
        publisher.close().await.unwrap();
        assert_eq!(broker.stats(name).await.entered, 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_a_million_ids_what_has_an_id_is_refused_and_the_rest_is_taken() {
    // Small segments could not be made as fast as these fill them.
    let setup = Setup {
        segment_bytes: None,
        ..Setup::default()
    };
    let broker = Broker::start_with(PROGRAM, setup).await;
    broker.pair().await;
    for batch in 0..100 {
        let numbers = (0..10_000).map(|index| batch * 10_000 + index);
        let messages = numbers.map(|number| identified(&number.to_string(), ""));
        broker.publish("t", messages.collect()).await;
    }
    let one_more = vec![message("beside it"), identified("one more", "")];
    let outcome = broker.client().publish("t", one_more.clone()).await;
    let error = refused(outcome, Code::ResourceExhausted, ErrorReason::DedupFull);
    let text = "topic t knows 1000000 ids of messages of the last 10 minutes";
    assert!(error.message().contains(text), "{error:?}");
    let retry = error.retry_delay().expect("it says when to try again");
    assert!((1..=600).contains(&retry.as_secs()), "{retry:?}");
    assert_eq!(broker.stats("s").await.entered, 1_000_000);
    let known = broker
        .publish("t", vec![identified("17", ""), message("x")])
        .await;
    assert_eq!((known[0].offset, known[1].offset), (17, 1_000_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_beyond_its_limit_is_refused_and_an_empty_one_is_none() {
    let broker = broker().await;
    broker.pair().await;
    let longest = "i".repeat(255);
    broker.publish("t", vec![identified(&longest, "")]).await;
    let too_long = vec![identified(&"i".repeat(256), "")];
    let outcome = broker.client().publish("t", too_long).await;
    let error = refused(outcome, Code::InvalidArgument, ErrorReason::MessageTooLarge);
    assert!(
        error.message().contains("message.dedup_id has 256 bytes"),
        "{error:?}"
    );
    broker
        .publish("t", vec![identified("", ""), identified("", "")])
        .await;
    assert_eq!(broker.stats("s").await.entered, 3);
}
