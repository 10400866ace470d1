//! Listing and deleting.

use super::broker::Broker;
use super::typed::typed;
use crate::command::failure::Exit;

#[tokio::test]
async fn a_list_of_subscriptions_is_one_array_with_the_fields_of_the_contract() {
    let broker = Broker::with(&["a"]).await;
    let listed = typed(&broker, "sub ls -o json").await.json();
    let first = listed[0].as_object().expect("an object");
    for field in [
        "name",
        "topic",
        "ready",
        "leased",
        "waiting",
        "scheduled",
        "dead",
        "backlog",
        "lag_seconds",
        "publish_rate",
        "ack_rate",
        "consumers",
        "conservation_error",
    ] {
        assert!(first.contains_key(field), "{field}");
    }
    assert!(first["lag_seconds"].is_null());
    assert_eq!(first["consumers"], 0);
    let lines = typed(&broker, "sub ls -o jsonl").await.printed;
    assert_eq!(lines.lines().count(), 2);
}

#[tokio::test]
async fn a_topic_with_subscriptions_is_refused_unless_they_are_named() {
    let broker = Broker::with(&[]).await;
    let refused = typed(&broker, "topic rm orders --yes").await;
    assert_eq!(refused.exit(), Exit::Refused);
    assert!(
        refused.sentence().contains("TOPIC_HAS_SUBSCRIPTIONS"),
        "{}",
        refused.sentence()
    );
    let unasked = typed(&broker, "topic rm orders --with-subscriptions").await;
    assert_eq!(unasked.exit(), Exit::Refused);
    assert!(broker.memory().applied.is_empty());
    let done = typed(
        &broker,
        "topic rm orders --with-subscriptions --yes -o json",
    )
    .await;
    assert_eq!(done.json()["state"], "finished");
    assert_eq!(done.json()["undo_until"], serde_json::Value::Null);
    let memory = broker.memory();
    let request = &memory.plans.last().expect("a plan").0;
    assert_eq!(
        (request.topic.as_str(), request.with_subscriptions),
        ("orders", true)
    );
    assert_eq!(memory.applied.len(), 1);
}

#[tokio::test]
async fn deleting_what_is_not_there_is_not_found_and_not_refused() {
    let broker = Broker::with(&[]).await;
    assert_eq!(
        typed(&broker, "topic rm nothing").await.exit(),
        Exit::NotFound
    );
    assert_eq!(
        typed(&broker, "sub rm nothing").await.exit(),
        Exit::NotFound
    );
}

#[tokio::test]
async fn the_lag_of_one_subscription_is_one_object() {
    let broker = Broker::with(&["a"]).await;
    let lag = typed(&broker, "sub lag orders/billing -o json").await;
    assert_eq!(lag.exit(), Exit::Done, "{}", lag.sentence());
    assert_eq!(
        (&lag.json()["name"], &lag.json()["lag_messages"]),
        (&"billing".into(), &1.into())
    );
    let all = typed(&broker, "sub lag -o json").await.json();
    assert_eq!(all.as_array().map(Vec::len), Some(2));
}
