//! `weir dlq`: nothing is lost or repeated unless somebody said so.

use weir_proto::server::OperationAct;

use super::broker::Broker;
use super::typed::typed;
use crate::command::failure::Exit;

#[tokio::test]
async fn without_a_terminal_and_without_yes_nothing_is_done() {
    let broker = Broker::with(&[]).await;
    for verb in ["requeue", "discard", "purge"] {
        let ended = typed(&broker, &format!("dlq {verb} billing --all -o json")).await;
        assert_eq!(ended.exit(), Exit::Refused);
        assert_eq!(ended.printed, "", "the plan is talk and not data");
    }
    assert_eq!(broker.memory().plans.len(), 3);
    assert!(broker.memory().applied.is_empty());
}

#[tokio::test]
async fn with_yes_it_is_done_at_once_and_told_in_one_object() {
    let broker = Broker::with(&[]).await;
    let line = "dlq requeue orders/billing --error-class Timeout --yes -o json";
    let ended = typed(&broker, line).await;
    assert_eq!(ended.exit(), Exit::Done);
    let expected = serde_json::json!({
        "operation": "1",
        "state": "finished",
        "selected": 3,
        "affected": 3,
        "skipped": 0,
        "undo_until": "2027-01-16T08:00:00.000000Z",
    });
    assert_eq!(ended.json(), expected);
    let memory = broker.memory();
    assert_eq!((memory.plans.len(), memory.applied.len()), (1, 1));
    let (request, plan) = &memory.plans[0];
    assert_eq!(request.act(), OperationAct::Requeue);
    let selection = request.selection.as_ref().expect("a selection");
    assert_eq!(selection.error_class, "Timeout");
    assert_eq!(memory.applied[0].plan, plan.plan);
}

#[tokio::test]
async fn a_dry_run_only_plans_even_with_yes() {
    let broker = Broker::with(&[]).await;
    let line = "dlq discard billing --keep 10 --dry-run --yes -o json";
    let ended = typed(&broker, line).await;
    let plan = ended.json();
    assert_eq!(
        (ended.exit(), &plan["state"]),
        (Exit::Done, &"planned".into())
    );
    assert_eq!(
        (&plan["selected"], &plan["plan"]),
        (&3.into(), &"plan-1".into())
    );
    assert_eq!(
        plan["apply"],
        format!(
            "weir dlq discard billing --plan plan-1 --server {}",
            broker.address
        )
    );
    assert!(broker.memory().applied.is_empty());
}

#[tokio::test]
async fn dead_messages_are_moved_and_edited_by_a_plan() {
    let broker = Broker::with(&[]).await;
    let line = "dlq move billing --to parked --all --yes -o json";
    assert_eq!(typed(&broker, line).await.exit(), Exit::Done);
    let line =
        "dlq edit billing --id 1.0.7 --message -1 --attribute a=b=c --unset-attribute d --yes";
    assert_eq!(typed(&broker, line).await.exit(), Exit::Done);
    let nothing = typed(&broker, "dlq edit billing --id 1.0.7 --yes").await;
    assert_eq!(nothing.exit(), Exit::Usage, "{}", nothing.sentence());
    let memory = broker.memory();
    assert_eq!((memory.plans.len(), memory.applied.len()), (2, 2));
    assert_eq!(memory.plans[0].0.target_topic, "parked");
    let edit = memory.plans[1].0.edit.as_ref().expect("an edit");
    assert_eq!(edit.payload.as_deref(), Some(&b"-1"[..]));
    assert_eq!(
        edit.set_attributes.get("a").map(String::as_str),
        Some("b=c")
    );
    assert_eq!(edit.remove_attributes, ["d"]);
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
