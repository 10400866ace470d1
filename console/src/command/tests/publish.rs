//! `weir topic publish`: done only when every message is confirmed, and honest about how many were.

use super::broker::Broker;
use super::typed::{typed, typed_into};
use crate::command::failure::Exit;

#[tokio::test]
async fn every_message_is_confirmed_before_it_ends() {
    let broker = Broker::with(&[]).await;
    let line = "topic publish orders --message a --message b --key k --attribute x=1 -o json";
    let ended = typed(&broker, line).await;
    assert_eq!(ended.exit(), Exit::Done, "{}", ended.sentence());
    let document = ended.json();
    assert_eq!(document["confirmed"], 2);
    assert_eq!(document["first_message_id"], "7.0.0");
    assert_eq!(document["last_message_id"], "7.0.1");
    assert_eq!(broker.memory().batches, [2]);
}

#[tokio::test]
async fn when_the_broker_is_lost_it_says_how_many_were_confirmed() {
    let broker = Broker::with(&[]).await;
    broker.memory().dies_after_batches = Some(1);
    let mut words = vec!["topic", "publish", "orders"];
    for _ in 0..1_500 {
        words.extend(["--message", "x"]);
    }
    let (ours, _theirs) = tokio::io::duplex(1 << 16);
    let failure = typed_into(&broker, &words, ours).await.unwrap_err();
    assert_eq!(failure.exit(), Exit::Unreachable, "{failure}");
    let sentence = failure.to_string();
    assert!(
        sentence.starts_with("1,000 messages of 1,500 sent confirmed; "),
        "{sentence}"
    );
}

#[tokio::test]
async fn a_topic_that_does_not_exist_is_told_before_any_input_is_read() {
    let broker = Broker::with(&[]).await;
    let ended = typed(&broker, "topic publish nothing").await;
    assert_eq!(ended.exit(), Exit::NotFound);
    assert!(
        ended.sentence().contains("(TOPIC_NOT_FOUND)"),
        "{}",
        ended.sentence()
    );
}

#[tokio::test]
async fn a_file_is_one_payload() {
    let broker = Broker::with(&[]).await;
    let file = tempfile::NamedTempFile::new().expect("a file");
    let line = format!("topic publish orders --file {}", file.path().display());
    assert_eq!(typed(&broker, &line).await.exit(), Exit::Done);
    assert_eq!(broker.memory().batches, [1]);
    let missing = typed(&broker, "topic publish orders --file /nowhere/at/all").await;
    assert_eq!(missing.exit(), Exit::Failed);
    assert!(
        missing
            .sentence()
            .starts_with("cannot read /nowhere/at/all: ")
    );
}
