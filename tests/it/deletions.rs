//! What is deleted by a plan comes back as it was: after a kill and a clean stop, on a real disk.

use std::time::Duration;

use weir_proto::v1::{ErrorReason, MessageState, PeekRequest, SubscriptionStats};
use weir_tests::broker::{Broker, Setup, eager, message, subscription};
use weir_tests::wait;

use crate::PROGRAM;
use crate::command_line::Ended;
use crate::restarts::publish_and_settle;
use crate::undoable::typed;

const SOON: Duration = Duration::from_secs(10);

/// A topic with a subscription that has each state once, and another that has finished nothing.
async fn a_story(broker: &Broker) {
    broker.topic("t").await;
    broker.subscription(eager("s", "t", 3)).await;
    broker.subscription(subscription("all", "t")).await;
    publish_and_settle(broker).await;
}

async fn on_disk() -> Broker {
    let setup = Setup {
        is_on_disk: true,
        ..Setup::default()
    };
    Broker::start_with(PROGRAM, setup).await
}

/// Finished, dead, waiting, and ready or leased: leases end with a deletion.
fn books(stats: &SubscriptionStats) -> [u64; 5] {
    [
        stats.acked,
        stats.dead,
        stats.waiting,
        stats.ready + stats.leased,
        stats.conservation_error,
    ]
}

/// The id of the operation that a command began, and the command that it said takes it back.
fn operation(ended: &Ended) -> String {
    let done = ended.json();
    assert!(done["undo_until"].is_string(), "{done}");
    done["operation"].as_str().unwrap().to_owned()
}

async fn dead(broker: &Broker) -> Vec<(String, u32, String)> {
    let request = PeekRequest {
        subscription: "s".to_owned(),
        states: vec![MessageState::Dead.into()],
        ..PeekRequest::default()
    };
    let peeked = broker.client().operator().peek(request).await.unwrap();
    let messages = peeked.messages.into_iter();
    messages
        .map(|one| {
            let dead = one.states.into_iter().next().unwrap_or_default();
            (one.message_id, dead.failed_attempts, format!("{dead:?}"))
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_subscription_comes_back_after_a_kill() {
    let mut broker = on_disk().await;
    a_story(&broker).await;
    let before = (books(&broker.stats("s").await), dead(&broker).await);
    let server = broker.child().address().to_owned();
    let said = typed(&server, "sub rm s --dry-run", 0).stdout;
    assert!(said.contains("1 lease end"), "{said}");
    assert!(
        said.contains("for 24h after its end: brings it back"),
        "{said}"
    );
    let told = typed(&server, "sub rm s --yes", 0).stderr;
    assert!(told.contains("deleted the subscription s"), "{told}");
    assert!(told.contains("weir op undo 1"), "{told}");
    broker.kill();
    broker.start_again().await;
    let server = broker.child().address().to_owned();
    typed(&server, "sub get s", 7);
    broker.publish_texts("t", &["late"]).await;
    let said = typed(&server, "op undo 1 --dry-run", 0).stdout;
    assert!(said.contains("brings the subscription s back"), "{said}");
    assert!(
        said.contains("1 message was published while s was gone"),
        "{said}"
    );
    let told = typed(&server, "op undo 1 --yes", 0).stderr;
    assert!(told.contains("brought back the subscription s"), "{told}");
    let [acked, died, waiting, ready, error] = before.0;
    let there = books(&broker.stats("s").await);
    assert_eq!(there, [acked, died, waiting, ready + 1, error]);
    assert_eq!(dead(&broker).await, before.1, "as it had died");
    broker.kill();
    broker.start_again().await;
    assert_eq!(books(&broker.stats("s").await), there);
    let got = broker.pull_all("s", 18).await;
    assert_eq!(got.len(), 18);
    broker.acknowledge(&got).await;
    let refused = typed(broker.child().address(), "op undo 1 --yes", 1).stderr;
    assert!(
        refused.contains("operation 2 has taken it back"),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_topic_comes_back_once_its_name_is_free() {
    let mut broker = on_disk().await;
    a_story(&broker).await;
    let before = (books(&broker.stats("s").await), dead(&broker).await);
    let server = broker.child().address().to_owned();
    let gone = typed(&server, "topic rm t --with-subscriptions --yes -o json", 0);
    let id = operation(&gone);
    // The name is free at once.
    broker.topic("t").await;
    broker.stop();
    broker.start_again().await;
    let server = broker.child().address().to_owned();
    let refused = typed(&server, &format!("op undo {id} --yes"), 1).stderr;
    let said = format!(
        "operation {id} cannot be undone now: another topic is named t now; delete that one first"
    );
    assert!(refused.contains(&said), "{refused}");
    assert!(refused.contains("(UNDO_BLOCKED)"), "{refused}");
    let refused = broker.client().operator().undo(&id).await.unwrap_err();
    assert_eq!(refused.reason(), ErrorReason::UndoBlocked);
    typed(&server, "topic rm t --yes", 0);
    broker.kill();
    broker.start_again().await;
    let server = broker.child().address().to_owned();
    let told = typed(&server, &format!("op undo {id} --yes"), 0).stderr;
    assert!(told.contains("brought back the topic t"), "{told}");
    assert_eq!(books(&broker.stats("s").await), before.0);
    assert_eq!(dead(&broker).await, before.1, "as it had died");
    let got = broker.pull_all("all", 20).await;
    let texts: Vec<String> = got
        .iter()
        .map(|one| String::from_utf8(one.message.clone().unwrap().payload.to_vec()).unwrap())
        .collect();
    let all: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    assert_eq!(texts, all);
    // Whoever publishes finds it again.
    let planned = typed(&server, "topic rm t --with-subscriptions --yes -o json", 0);
    let refused = broker.client().publish("t", vec![message("x")]).await;
    assert_eq!(refused.unwrap_err().reason(), ErrorReason::TopicNotFound);
    let id = operation(&planned);
    typed(&server, &format!("op undo {id} --yes"), 0);
    broker.publish_texts("t", &["new"]).await;
    assert_eq!(broker.stats("s").await.conservation_error, 0);
    let on_record = typed(&server, "audit ls", 0).stdout;
    assert!(on_record.contains("topic.delete"), "{on_record}");
    assert!(on_record.contains("undo"), "{on_record}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_come_back_any_more_says_why() {
    let setup = Setup {
        undo_grace_seconds: Some(1),
        ..Setup::default()
    };
    let broker = Broker::start_with(PROGRAM, setup).await;
    a_story(&broker).await;
    let server = broker.child().address();
    let id = operation(&typed(server, "sub rm s --yes -o json", 0));
    wait::until("its grace is over", SOON, async || {
        let shown = typed(server, &format!("op get {id} -o json"), 0).json();
        shown["undo_until"].is_null().then_some(())
    })
    .await;
    let refused = typed(server, &format!("op undo {id} --yes"), 1).stderr;
    assert!(
        refused.contains("the time in which it could be undone is over"),
        "{refused}"
    );
    assert!(refused.contains("(UNDO_TOO_LATE)"), "{refused}");
}
