//! `weir dlq`: nothing is lost or repeated unless somebody said so.

use super::broker::Broker;
use super::typed::typed;
use crate::command::failure::Exit;

#[tokio::test]
async fn without_a_terminal_and_without_yes_nothing_is_done() {
    let broker = Broker::with(&[]).await;
    for verb in ["requeue", "purge"] {
        let ended = typed(&broker, &format!("dlq {verb} billing --all -o json")).await;
        assert_eq!(ended.exit(), Exit::Refused);
        assert_eq!(ended.printed, "", "the plan is talk and not data");
    }
    assert!(broker.memory().acts.iter().all(|(_, dry_run, _)| *dry_run));
    assert_eq!(broker.memory().acts.len(), 2);
}

#[tokio::test]
async fn with_yes_it_is_done_at_once_and_told_in_one_object() {
    let broker = Broker::with(&[]).await;
    let line = "dlq requeue orders/billing --error-class Timeout --yes -o json";
    let ended = typed(&broker, line).await;
    assert_eq!(ended.exit(), Exit::Done);
    let expected = serde_json::json!({
        "operation": "op-1",
        "state": "finished",
        "selected": 3,
        "affected": 3,
        "skipped": 0,
        "undo_until": null,
    });
    assert_eq!(ended.json(), expected);
    let acts = &broker.memory().acts;
    assert_eq!(acts.len(), 1);
    assert_eq!((acts[0].0, acts[0].1), ("requeue", false));
    assert_eq!(acts[0].2.error_class, "Timeout");
}

#[tokio::test]
async fn a_dry_run_only_counts_even_with_yes() {
    let broker = Broker::with(&[]).await;
    let ended = typed(
        &broker,
        "dlq purge billing --keep 10 --dry-run --yes -o json",
    )
    .await;
    assert_eq!(
        (ended.exit(), ended.json()["state"].as_str()),
        (Exit::Done, Some("planned"))
    );
    assert!(broker.memory().acts.iter().all(|(_, dry_run, _)| *dry_run));
}

#[tokio::test]
async fn only_subscriptions_with_dead_messages_are_listed() {
    let broker = Broker::with(&[]).await;
    let listed = typed(&broker, "dlq ls -o json").await.json();
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&listed[0]["name"], &listed[0]["dead"]),
        (&"billing".into(), &3.into())
    );
    assert_eq!(
        typed(&broker, "dlq ls --all -o name").await.printed,
        "billing\nshop/audit\n"
    );
}
