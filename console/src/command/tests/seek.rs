//! `weir sub seek|pause|resume` and `weir dlq release`: what reaches the broker, and that nothing is moved unless
//! somebody said so.

use weir_proto::server::{OperationAct, PartitionOffset, StartPosition};

use super::broker::Broker;
use super::typed::typed;
use crate::command::failure::Exit;

#[tokio::test]
async fn without_a_terminal_and_without_yes_a_seek_is_only_planned() {
    let broker = Broker::with(&[]).await;
    let ended = typed(&broker, "sub seek billing --to latest").await;
    assert_eq!((ended.exit(), ended.printed.as_str()), (Exit::Refused, ""));
    let memory = broker.memory();
    assert_eq!((memory.plans.len(), memory.applied.len()), (1, 0));
    let request = &memory.plans[0].0;
    assert_eq!(request.act(), OperationAct::Seek);
    assert_eq!(request.position(), StartPosition::Latest);
}

#[tokio::test]
async fn with_yes_a_seek_is_done_at_once_and_told_in_one_object() {
    let broker = Broker::with(&[]).await;
    let ended = typed(&broker, "sub seek billing --to 2:7 --yes -o json")
        .await
        .json();
    assert_eq!(
        (&ended["state"], &ended["affected"]),
        (&"finished".into(), &3.into())
    );
    assert_eq!(ended["operation"], "1");
    let memory = broker.memory();
    let place = PartitionOffset {
        partition: 2,
        offset: 7,
    };
    assert_eq!(memory.plans[0].0.offsets, [place]);
    assert_eq!(memory.applied.len(), 1);
}

#[tokio::test]
async fn a_dry_run_of_a_seek_counts_even_with_yes() {
    let broker = Broker::with(&[]).await;
    let line = "sub seek billing --to 2026-09-21T14:13:20Z --dry-run --yes -o json";
    let ended = typed(&broker, line).await;
    assert_eq!(ended.json()["state"], "planned");
    let memory = broker.memory();
    assert!(memory.applied.is_empty());
    let time = memory.plans[0].0.target_time;
    assert_eq!(time.map(|time| time.seconds), Some(1_790_000_000));
}

#[tokio::test]
async fn a_key_is_released_by_its_name_and_told_in_one_object() {
    let broker = Broker::with(&[]).await;
    let ended = typed(&broker, "dlq release billing --key customer-77 -o json").await;
    let expected = serde_json::json!({
        "subscription": "billing",
        "ordering_key": "customer-77",
        "state": "finished",
        "passed": 3,
    });
    assert_eq!(ended.json(), expected);
    let ended = typed(&broker, "dlq release billing --key k --dry-run -o json").await;
    assert_eq!(ended.json()["state"], "planned");
    let released = &broker.memory().released;
    let asked = released
        .iter()
        .map(|one| (one.ordering_key.as_str(), one.dry_run));
    let asked: Vec<_> = asked.collect();
    assert_eq!(asked, [("customer-77", false), ("k", true)]);
}
