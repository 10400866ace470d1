//! Messages that are selected here: exactly those that match, in plans that the broker takes.

use super::broker::Broker;
use super::typed::typed_words;
use crate::command::failure::Exit;

/// A broker with so many dead messages, every third of which timed out.
async fn broker(count: usize) -> Broker {
    let broker = Broker::with(&[]).await;
    let reason = |at: usize| {
        if at.is_multiple_of(3) {
            "smtp 421"
        } else {
            "refused"
        }
    };
    broker.memory().dead = (0..count).map(|at| reason(at).to_owned()).collect();
    broker
}

#[tokio::test]
async fn a_peek_goes_on_until_it_has_as_many_as_were_asked_for() {
    let broker = broker(3_500).await;
    let filter = "reason ~ \"smtp 4..\" and body.n >= 2990";
    let words = [
        "dlq", "peek", "billing", "--where", filter, "--max", "3", "-o", "name",
    ];
    let ended = typed_words(&broker, &words).await;
    assert_eq!(ended.printed, "7.0.2991\n7.0.2994\n7.0.2997\n");
    let words = [
        "sub",
        "peek",
        "billing",
        "--where",
        "offset = 3499",
        "-o",
        "name",
    ];
    assert_eq!(typed_words(&broker, &words).await.printed, "7.0.3499\n");
}

#[tokio::test]
async fn what_matches_is_counted_and_then_done_by_id() {
    let broker = broker(2_000).await;
    let filter = "reason = 'smtp 421' and offset < 1500";
    let start = ["dlq", "requeue", "billing", "--where", filter];
    let planned = typed_words(
        &broker,
        &[&start[..], &["--dry-run", "-o", "json"]].concat(),
    )
    .await;
    assert_eq!(planned.json()["selected"], 500);
    assert_eq!(planned.json()["state"], "planned");
    let refused = typed_words(&broker, &start).await;
    assert_eq!(refused.exit(), Exit::Refused);
    let done = typed_words(&broker, &[&start[..], &["--yes", "-o", "json"]].concat()).await;
    assert_eq!(done.json()["affected"], 500);
    let memory = broker.memory();
    assert_eq!((memory.plans.len(), memory.applied.len()), (3, 1));
    assert_eq!(memory.applied[0].plan, memory.plans[2].1.plan);
    let selection = memory.plans[2].0.selection.as_ref().expect("a selection");
    let ids = &selection.message_ids;
    assert_eq!(
        (ids.len(), ids[0].as_str(), ids[499].as_str()),
        (500, "7.0.0", "7.0.1497")
    );
    assert!(!selection.all);
}

#[tokio::test]
async fn many_are_done_by_several_plans_with_the_other_conditions_in_each() {
    let broker = broker(25_000).await;
    let words = [
        "dlq",
        "purge",
        "billing",
        "--where",
        "offset >= 0",
        "--older-than",
        "1s",
        "--keep",
        "7",
        "--yes",
        "-o",
        "json",
    ];
    let done = typed_words(&broker, &words).await;
    assert_eq!(done.json()["affected"], 25_000);
    assert_eq!(done.json()["operation"], serde_json::Value::Null);
    assert_eq!(
        done.json()["operations"],
        serde_json::json!(["1", "2", "3"])
    );
    let memory = broker.memory();
    let selections = memory
        .plans
        .iter()
        .filter_map(|(request, _)| request.selection.as_ref());
    let selections: Vec<_> = selections.collect();
    let sizes: Vec<usize> = selections.iter().map(|one| one.message_ids.len()).collect();
    assert_eq!(sizes, [10_000, 10_000, 5_000]);
    assert!(
        selections
            .iter()
            .all(|one| one.keep_newest == Some(7) && one.older_than.is_some())
    );
    assert_eq!(memory.applied.len(), 3);
}

#[tokio::test]
async fn nothing_that_matches_is_nothing_done() {
    let broker = broker(10).await;
    let words = [
        "dlq",
        "purge",
        "billing",
        "--where",
        "offset > 10",
        "--yes",
        "-o",
        "json",
    ];
    let done = typed_words(&broker, &words).await;
    assert_eq!(
        (done.exit(), &done.json()["affected"]),
        (Exit::Done, &0.into())
    );
    assert!(broker.memory().plans.is_empty());
}

#[tokio::test]
async fn of_several_plans_it_is_said_whose_the_canary_is_and_none_follows_one_that_stops() {
    let broker = broker(25_000).await;
    let filter = "offset >= 0";
    let start = [
        "dlq", "requeue", "billing", "--where", filter, "--canary", "20",
    ];
    let shown = typed_words(&broker, &[&start[..], &["--dry-run"]].concat()).await;
    let said = "in parts   3 plans one after another, the canary of 20 in the first; \
                if one stops, none after it is begun";
    assert!(shown.printed.contains(said), "{}", shown.printed);
    broker.memory().canary_dies = true;
    let ended = typed_words(&broker, &[&start[..], &["--yes"]].concat()).await;
    assert_eq!(ended.exit(), Exit::Partly);
    assert_eq!(broker.memory().applied.len(), 1);
}
