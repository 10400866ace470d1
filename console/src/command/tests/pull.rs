//! `weir sub pull`: it never leases more than it prints, and gives back what it was not told to
//! settle.

use weir_proto::server::NackAction;

use super::broker::Broker;
use super::typed::{typed, typed_into};
use crate::command::failure::Exit;

#[tokio::test]
async fn a_pull_gives_back_what_it_printed_and_counts_no_attempt() {
    let broker = Broker::with(&["a", "b", "c"]).await;
    let ended = typed(&broker, "sub pull billing --max 2 -o jsonl").await;
    assert_eq!(ended.exit(), Exit::Done);
    let lines: Vec<&str> = ended.printed.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[1].contains("\"payload_text\":\"b\""), "{}", lines[1]);
    let memory = broker.memory();
    assert_eq!(memory.pulls, [2]);
    assert!(memory.leased.is_empty() && memory.acked.is_empty());
    let actions: Vec<NackAction> = memory.nacked.iter().map(|(_, action, _)| *action).collect();
    assert_eq!(actions, [NackAction::Release; 2]);
}

#[tokio::test]
async fn an_acknowledging_pull_ends_when_no_message_comes() {
    let broker = Broker::with(&["a", "b", "c"]).await;
    let ended = typed(
        &broker,
        "sub pull billing --max 100 --ack --wait 0s -o name",
    )
    .await;
    assert_eq!(ended.exit(), Exit::Done);
    assert_eq!(ended.printed, "7.0.0\n7.0.1\n7.0.2\n");
    let memory = broker.memory();
    assert_eq!(memory.acked, ["lease-0", "lease-1", "lease-2"]);
    assert!(memory.leased.is_empty() && memory.nacked.is_empty());
    assert_eq!(memory.pulls, [100, 97]);
}

#[tokio::test]
async fn a_large_number_is_several_pulls() {
    let payloads = vec!["x"; 2_500];
    let broker = Broker::with(&payloads).await;
    let ended = typed(&broker, "sub pull billing --max 2400 --ack -o name").await;
    assert_eq!(ended.printed.lines().count(), 2_400);
    let memory = broker.memory();
    assert_eq!(memory.pulls, [1_000, 1_000, 400]);
    assert_eq!((memory.acked.len(), memory.ready.len()), (2_400, 100));
}

#[tokio::test]
async fn no_message_is_no_failure() {
    let broker = Broker::with(&[]).await;
    let ended = typed(&broker, "sub pull billing --wait 0s -o json").await;
    assert_eq!((ended.exit(), ended.printed.as_str()), (Exit::Done, "[]\n"));
}

#[tokio::test]
async fn when_the_reader_has_left_everything_is_given_back_quietly() {
    let broker = Broker::with(&["a", "b"]).await;
    let (ours, theirs) = tokio::io::duplex(64);
    drop(theirs);
    let words = [
        "sub", "pull", "billing", "--max", "2", "--ack", "-o", "jsonl",
    ];
    let failure = typed_into(&broker, &words, ours).await.unwrap_err();
    assert_eq!(failure.exit(), Exit::Done);
    let memory = broker.memory();
    assert!(memory.acked.is_empty() && memory.leased.is_empty());
    assert_eq!(memory.nacked.len(), 2);
}

#[tokio::test]
async fn a_refusing_pull_says_how_and_why() {
    let broker = Broker::with(&["a"]).await;
    let ended = typed(
        &broker,
        "sub pull billing --nack --dead --reason broken -o json",
    )
    .await;
    assert_eq!(ended.exit(), Exit::Done);
    let expected = ("lease-0".to_owned(), NackAction::Dead, "broken".to_owned());
    assert_eq!(broker.memory().nacked, [expected]);
}

#[tokio::test]
async fn messages_whose_lease_had_ended_make_it_done_in_part() {
    let broker = Broker::with(&["a", "b"]).await;
    broker.memory().leases_end = true;
    let ended = typed(&broker, "sub pull billing --max 2 --ack -o name").await;
    assert_eq!(ended.exit(), Exit::Partly);
    assert!(
        ended.sentence().starts_with("2 of 2 messages printed"),
        "{}",
        ended.sentence()
    );
}

#[tokio::test]
async fn raw_payloads_leave_as_they_are() {
    let broker = Broker::with(&["a\u{1b}[2J", "b"]).await;
    let ended = typed(&broker, "sub pull billing --max 2 --raw --ack").await;
    assert_eq!(ended.printed, "a\u{1b}[2Jb");
}

#[tokio::test]
async fn a_subscription_may_be_named_with_its_topic() {
    let broker = Broker::with(&["a", "b", "c"]).await;
    for name in [
        "billing",
        "orders/billing",
        "shop/audit",
        "orders/shop/audit",
    ] {
        let ended = typed(&broker, &format!("sub pull {name} --wait 0s -o jsonl")).await;
        assert_eq!(ended.exit(), Exit::Done, "{name}: {}", ended.sentence());
    }
    let mismatch = typed(&broker, "sub pull clicks/billing").await;
    assert_eq!(mismatch.exit(), Exit::Failed);
    assert!(
        mismatch
            .sentence()
            .contains("billing reads the topic orders (TOPIC_MISMATCH)")
    );
    let missing = typed(&broker, "sub pull orders/nobody").await;
    assert_eq!(missing.exit(), Exit::NotFound);
    assert!(
        missing.sentence().contains("SUBSCRIPTION_NOT_FOUND"),
        "{}",
        missing.sentence()
    );
}
