//! Dead messages that are moved to another topic or edited, from the command line: what differs is shown first, and
//! nothing is lost or there twice.

use weir_proto::v1::MessageState;
use weir_tests::broker::{eager, texts};

use crate::undoable::{typed, with_dead};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_messages_are_moved_by_a_plan_and_come_back_by_an_undo() {
    let broker = with_dead(6).await;
    broker.pair_with(eager("p", "parked", 3)).await;
    let server = broker.child().address();
    let counts = async || (broker.stats("s").await.dead, broker.stats("p").await.ready);
    let start = "dlq move s --to parked --keep 2";
    let plan = typed(server, &format!("{start} --dry-run -o json"), 0).json();
    assert_eq!(
        (&plan["affected"], &plan["target_topic"]),
        (&4.into(), &"parked".into())
    );
    let refused = typed(server, start, 4);
    let said = "moves 4 dead messages of s to the topic parked";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    assert_eq!(counts().await, (6, 0), "a plan changes nothing");
    let moved = typed(server, &format!("{start} --yes -o json"), 0).json();
    assert_eq!(
        (moved["affected"].clone(), counts().await),
        (4.into(), (2, 4))
    );
    let id = moved["operation"].as_str().unwrap();
    typed(server, &format!("op undo {id} --yes"), 0);
    assert_eq!(counts().await, (6, 0));
    typed(server, "dlq move s --to nowhere --all --yes", 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_message_is_edited_once_it_was_shown_what_changes() {
    let broker = with_dead(2).await;
    let server = broker.child().address();
    let dead = broker.peek("s", &[MessageState::Dead]).await;
    let id = &dead[0].message_id;
    let start = format!("dlq edit s --id {id} --message fixed --attribute by=dana");
    let shown = typed(server, &format!("{start} --dry-run"), 0).stdout;
    assert!(shown.contains("payload: 000 → fixed"), "{shown}");
    assert!(shown.contains("attributes.by: none → dana"), "{shown}");
    typed(server, &start, 4);
    assert_eq!(broker.stats("s").await.dead, 2);
    let done = typed(server, &format!("{start} --yes -o json"), 0).json();
    assert_eq!(
        (&done["affected"], &done["state"]),
        (&1.into(), &"finished".into())
    );
    assert_eq!(broker.stats("s").await.dead, 1);
    let pulled = broker.pull_all("s", 1).await;
    assert_eq!(texts(&pulled), ["fixed"]);
    let gone = typed(server, &format!("{start} --yes"), 2);
    let said = "it must be a message that is dead in s";
    assert!(gone.stderr.contains(said), "{}", gone.stderr);
}
