//! Acts on many messages as they are typed: how they are agreed to, carried out and taken back, and what is said when
//! they cannot be.

use weir_proto::server::{ApplyRequest, OperationAct, OperationState};

use super::broker::Broker;
use super::typed::{typed, typed_words};
use crate::command::failure::Exit;

#[tokio::test]
async fn a_plan_that_was_shown_is_applied_as_it_is_with_a_rate_a_canary_and_a_brake() {
    let broker = Broker::with(&[]).await;
    let line = "dlq requeue billing --all --rate 200 --canary 20 --canary-wait 1m30s --brake 5% \
                --keep-attempts --dry-run -o json";
    let words: Vec<&str> = line.split_whitespace().collect();
    let plan = typed_words(&broker, &words).await.json();
    let apply = plan["apply"].as_str().expect("a command").to_owned();
    let expected = "weir dlq requeue billing --plan plan-1 --rate 200 --canary 20 \
                    --canary-wait 1m30s --brake 5 --keep-attempts --server ";
    assert!(apply.starts_with(expected), "{apply}");
    let words: Vec<&str> = apply.split(' ').skip(1).collect();
    let (words, _server) = words.split_at(words.len() - 2);
    let done = typed_words(&broker, &[words, &["-o", "json"]].concat()).await;
    assert_eq!(done.json()["state"], "finished", "{}", done.sentence());
    let memory = broker.memory();
    assert_eq!(memory.plans.len(), 1, "it is not planned anew");
    assert_eq!(memory.plans[0].0.rate, 200, "for the time it takes");
    let request = &memory.applied[0];
    assert_eq!((request.plan.as_str(), request.rate), ("plan-1", 200));
    let wait = request.canary_wait.as_ref().map(|wait| wait.seconds);
    assert_eq!((request.canary_count, wait), (20, Some(90)));
    assert!((request.brake_percent - 5.0).abs() < f64::EPSILON && request.keeps_attempts);
}

#[tokio::test]
async fn a_purge_of_a_topic_is_one_plan_and_one_operation_for_each_subscription() {
    let broker = Broker::with(&[]).await;
    let ended = typed(&broker, "topic purge orders --older-than 2d --yes -o json").await;
    let expected = serde_json::json!({
        "operation": null,
        "state": "finished",
        "selected": 6,
        "affected": 4,
        "skipped": 2,
        "undo_until": "2027-01-16T08:00:00.000000Z",
        "operations": ["1", "2"],
    });
    assert_eq!(ended.json(), expected);
    let memory = broker.memory();
    let names = memory
        .plans
        .iter()
        .map(|(request, _)| request.subscription.as_str());
    assert_eq!(names.collect::<Vec<_>>(), ["billing", "shop/audit"]);
    assert!(
        memory
            .plans
            .iter()
            .all(|(request, _)| request.act() == OperationAct::Purge)
    );
}

#[tokio::test]
async fn what_is_final_cannot_be_taken_back_and_says_so() {
    let broker = Broker::with(&[]).await;
    let plan = typed(&broker, "sub purge billing --all --final --dry-run -o json").await;
    assert_eq!(plan.json()["is_undoable"], false);
    assert!(broker.memory().plans[0].0.is_final);
    let text = typed(&broker, "sub purge billing --all --final --dry-run")
        .await
        .printed;
    assert!(text.contains("this cannot be taken back"), "{text}");
    assert!(
        text.contains("nothing was changed; to do exactly this: weir sub purge"),
        "{text}"
    );
}

#[tokio::test]
async fn who_does_not_wait_is_told_that_it_goes_on() {
    let broker = Broker::with(&[]).await;
    let ended = typed(&broker, "dlq requeue billing --all --yes --no-wait -o json").await;
    assert_eq!(ended.exit(), Exit::Done);
    assert_eq!(
        (&ended.json()["state"], &ended.json()["affected"]),
        (&"running".into(), &0.into())
    );
}

#[tokio::test]
async fn an_operation_that_stops_itself_is_done_in_part_and_says_why() {
    let broker = Broker::with(&[]).await;
    broker.memory().canary_dies = true;
    let ended = typed(
        &broker,
        "dlq requeue billing --all --canary 1 --yes -o json",
    )
    .await;
    assert_eq!(ended.exit(), Exit::Partly);
    assert!(
        ended.sentence().contains("its canary has died again"),
        "{}",
        ended.sentence()
    );
    assert_eq!(
        (&ended.json()["state"], &ended.json()["affected"]),
        (&"stopped".into(), &1.into())
    );
    let watched = typed(&broker, "op watch 1 -o jsonl").await;
    assert_eq!(
        (watched.exit(), watched.printed.lines().count()),
        (Exit::Partly, 2)
    );
}

#[tokio::test]
async fn operations_are_listed_the_newest_first_and_shown() {
    let broker = Broker::with(&[]).await;
    for line in [
        "dlq requeue billing --all --yes",
        "sub purge billing --all --yes",
    ] {
        assert_eq!(typed(&broker, line).await.exit(), Exit::Done);
    }
    assert_eq!(typed(&broker, "op ls -o name").await.printed, "2\n1\n");
    let purges = typed(&broker, "op ls --where act=purge -o json")
        .await
        .json();
    assert_eq!(
        (purges[0]["skipped"].clone(), purges[0]["state"].clone()),
        (1.into(), "finished".into())
    );
    let shown = typed(&broker, "op get 2").await.printed;
    assert!(shown.contains("weir op undo 2"), "{shown}");
    for (line, exit) in [
        ("op get 77", Exit::NotFound),
        ("op watch 77", Exit::NotFound),
        ("op undo 77 --yes", Exit::NotFound),
        ("op get x7", Exit::Usage),
    ] {
        assert_eq!(typed(&broker, line).await.exit(), exit, "{line}");
    }
}

#[tokio::test]
async fn an_undo_is_planned_and_asked_about_as_any_other_act() {
    let broker = Broker::with(&[]).await;
    assert_eq!(
        typed(&broker, "dlq requeue billing --all --yes")
            .await
            .exit(),
        Exit::Done
    );
    let plan = typed(&broker, "op undo 1 --dry-run").await;
    assert!(
        plan.printed
            .starts_with("takes operation 1 on billing back: 3 of 3 messages")
    );
    assert_eq!(typed(&broker, "op undo 1").await.exit(), Exit::Refused);
    assert_eq!(broker.memory().applied.len(), 1);
    let done = typed(&broker, "op undo 1 --yes -o json").await;
    assert_eq!(
        (&done.json()["operation"], &done.json()["affected"]),
        (&"2".into(), &3.into())
    );
    let memory = broker.memory();
    let undo = &memory.operations[1];
    assert_eq!(
        (undo.act(), undo.undoes.as_str()),
        (OperationAct::Undo, "1")
    );
    assert_eq!(undo.state(), OperationState::Finished);
}

#[tokio::test]
async fn what_is_not_so_any_more_or_not_allowed_has_its_own_end() {
    let broker = Broker::with(&[]).await;
    let expired = typed(&broker, "dlq requeue billing --plan plan-9").await;
    assert_eq!(expired.exit(), Exit::Changed);
    assert!(
        expired.sentence().contains("plan-9 has expired"),
        "{}",
        expired.sentence()
    );
    broker.memory().is_forbidden = true;
    let forbidden = typed(&broker, "dlq requeue billing --all --yes").await;
    assert_eq!(forbidden.exit(), Exit::NotAllowed);
    assert_eq!(
        forbidden.sentence(),
        "cannot requeue dead messages of billing: dana may not operate on billing"
    );
    let other = typed(
        &broker,
        "dlq requeue billing --all --yes --confirm shipping",
    )
    .await;
    assert_eq!(other.exit(), Exit::Refused);
    assert_eq!(
        other.sentence(),
        "nothing was done: this acts on billing, and \"shipping\" was named"
    );
}

#[tokio::test]
async fn a_record_whose_chain_is_broken_says_at_which_act() {
    let broker = Broker::with(&[]).await;
    let export = typed(&broker, "audit export").await;
    assert_eq!(
        (export.exit(), export.printed.lines().count()),
        (Exit::Failed, 2)
    );
    let what = "act 1 is not as it was written: its hash is another";
    assert_eq!(export.sentence(), what);
    let verify = typed(&broker, "audit verify -o json").await;
    assert_eq!(verify.exit(), Exit::Failed);
    assert_eq!(
        (&verify.json()["holds"], &verify.json()["problem"]),
        (&false.into(), &what.into())
    );
}

#[tokio::test]
async fn a_requeue_for_all_subscriptions_is_a_move_into_the_topic_itself() {
    let broker = Broker::with(&[]).await;
    let line = "dlq requeue billing --all --all-subscriptions --skip-requeued --rate 200 --dry-run \
                -o json";
    let words: Vec<&str> = line.split_whitespace().collect();
    let plan = typed_words(&broker, &words).await.json();
    let apply = plan["apply"].as_str().expect("a command").to_owned();
    let expected = "weir dlq move billing --plan plan-1 --rate 200 --server ";
    assert!(apply.starts_with(expected), "{apply}");
    let words: Vec<&str> = apply.split(' ').skip(1).collect();
    let (words, _server) = words.split_at(words.len() - 2);
    let done = typed_words(&broker, words).await;
    assert_eq!(done.exit(), Exit::Done, "{}", done.sentence());
    let line = "dlq move billing --to orders --all --skip-requeued --yes";
    let again = typed(&broker, line).await;
    assert_eq!(again.exit(), Exit::Done, "{}", again.sentence());
    let memory = broker.memory();
    for (request, _) in &memory.plans {
        assert_eq!(
            (request.act(), request.target_topic.as_str()),
            (OperationAct::Move, "orders")
        );
        assert!(request.skip_requeued_before);
    }
    let acts: Vec<OperationAct> = memory.applied.iter().map(ApplyRequest::act).collect();
    assert_eq!(
        acts,
        [OperationAct::Move; 2],
        "no other plan is carried out"
    );
}
