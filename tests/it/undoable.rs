//! Acts on many messages from the command line, against a broker: grouped, planned, tried with a canary, carried out,
//! taken back, and on record, with the books at 0 after each step.

use std::time::Duration;

use serde_json::Value;
use weir_proto::v1::{MessageState, NackAction, NackChange, NackOptions};
use weir_tests::broker::{Broker, eager};
use weir_tests::{files, wait};

use crate::broker;
use crate::command_line::{Ended, offered, run, run_with};

const SOON: Duration = Duration::from_secs(10);

/// A broker of whose subscription so many messages are dead, two thirds of them of one reason.
pub(crate) async fn with_dead(count: usize) -> Broker {
    let broker = broker().await;
    broker.pair_with(eager("s", "t", 3)).await;
    let texts: Vec<String> = (0..count).map(|at| format!("{at:03}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    broker.publish_texts("t", &texts).await;
    let pulled = broker.pull_all("s", count).await;
    let changes = pulled.iter().enumerate().map(|(at, one)| NackChange {
        ack_id: one.ack_id.clone(),
        options: Some(NackOptions {
            action: NackAction::Dead.into(),
            reason: if at % 3 == 0 {
                format!("missing field \"f{at}\"")
            } else {
                format!("smtp 421 from mx{at}.example.com")
            },
            ..NackOptions::default()
        }),
    });
    let nacked = broker.client().puller().nack(changes.collect()).await;
    assert_eq!(nacked.unwrap().changed_count, count as u64);
    broker
}

/// Runs a command of words without blanks, and expects it to end so.
pub(crate) fn typed(server: &str, line: &str, code: i32) -> Ended {
    let words: Vec<&str> = line.split_whitespace().collect();
    let ended = run(server, &words);
    assert_eq!(ended.code, Some(code), "{line}: {}", ended.stderr);
    ended
}

/// Dead, ready and acked messages, once it is sure that the books add up.
async fn books(broker: &Broker) -> (u64, u64, u64) {
    let shown = typed(broker.child().address(), "sub get s -o json", 0).json();
    assert_eq!(shown["conservation_error"], 0);
    let stats = broker.stats("s").await;
    assert_eq!(shown["dead"], stats.dead);
    (stats.dead, stats.ready, stats.acked)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_is_planned_tried_requeued_and_taken_back_from_the_command_line() {
    let broker = with_dead(60).await;
    let server = broker.child().address();
    let groups = typed(server, "dlq groups s -o json", 0).json();
    assert_eq!(
        (groups[0]["count"].clone(), groups[1]["count"].clone()),
        (40.into(), 20.into())
    );
    let of_group = format!("fingerprint={}", groups[0]["fingerprint"]);

    let start =
        format!("dlq requeue s --where {of_group} --canary 5 --canary-wait 200ms --brake 5");
    let plan = typed(server, &format!("{start} --dry-run -o json"), 0).json();
    assert_eq!(
        (&plan["selected"], &plan["affected"]),
        (&40.into(), &40.into())
    );
    assert_eq!(plan["is_undoable"], true);
    assert_eq!(books(&broker).await, (60, 0, 0), "a plan changes nothing");
    let refused = typed(server, &start, 4);
    assert_eq!(refused.stdout, "");
    let said = "puts 40 dead messages of s back to ready; consumers will get them again";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    assert!(
        refused
            .stderr
            .contains("pulls back what was not handed out"),
        "{}",
        refused.stderr
    );
    assert!(
        refused
            .stderr
            .contains("to do exactly this: weir dlq requeue s --plan plan-")
    );
    assert_eq!(books(&broker).await, (60, 0, 0), "nobody has agreed");

    // The command that the plan gives does it, and the same again is the same operation.
    let apply = plan["apply"]
        .as_str()
        .unwrap()
        .strip_prefix("weir ")
        .unwrap();
    let apply = format!("{apply} -o json");
    let done = typed(server, &apply, 0).json();
    let id = done["operation"].as_str().unwrap().to_owned();
    assert_eq!(
        (&done["state"], &done["affected"]),
        (&"finished".into(), &40.into())
    );
    assert!(done["undo_until"].is_string());
    assert_eq!(typed(server, &apply, 0).json()["operation"], id);
    assert_eq!(books(&broker).await, (20, 40, 0));

    check_undo(&broker, &id).await;
    check_record(server, &id);
}

/// What was not handed out is pulled back, what was is named, and a second time is too late.
async fn check_undo(broker: &Broker, id: &str) {
    let server = broker.child().address();
    let pulled = broker.pull_all("s", 3).await;
    broker.acknowledge(&pulled).await;
    let undo = typed(server, &format!("op undo {id} --dry-run"), 0).stdout;
    assert!(undo.starts_with(&format!(
        "takes operation {id} on s back: 37 of 40 messages"
    )));
    for one in &pulled {
        assert!(undo.contains(&one.message_id), "{undo}");
    }
    assert_eq!(books(broker).await, (20, 37, 3));
    typed(server, &format!("op undo {id}"), 4);
    let undone = typed(server, &format!("op undo {id} --yes -o json"), 0).json();
    assert_eq!(
        (&undone["selected"], &undone["affected"]),
        (&40.into(), &37.into())
    );
    assert_eq!(books(broker).await, (57, 0, 3));
    assert_eq!(broker.peek("s", &[MessageState::Dead]).await.len(), 57);
    let again = typed(server, &format!("op undo {id} --yes"), 1);
    assert!(
        again
            .stderr
            .contains("cannot be undone any more: operation"),
        "{}",
        again.stderr
    );

    let listed = typed(server, "op ls --sub s -o json", 0).json();
    assert_eq!(listed[1]["undone_by"], listed[0]["operation"]);
    let ids = offered(server, &["op", "get", ""]);
    assert_eq!(ids, [listed[0]["operation"].as_str().unwrap(), id]);
}

/// Both acts are on record with who did them, and a byte that is changed in an export shows.
fn check_record(server: &str, id: &str) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let path = path.to_str().unwrap();
    let exported = typed(server, &format!("audit export --file {path}"), 0);
    assert!(
        exported.stderr.contains("the chain holds"),
        "{}",
        exported.stderr
    );
    let text = String::from_utf8(files::read(path.as_ref()).unwrap()).unwrap();
    let acts: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let verbs: Vec<&str> = acts
        .iter()
        .map(|act| act["verb"].as_str().unwrap())
        .collect();
    let expected = [
        "topic.create",
        "subscription.create",
        "requeue.begin",
        "requeue.finish",
        "undo.begin",
        "undo.finish",
    ];
    assert_eq!(verbs, expected);
    assert_eq!(acts[2]["operation"], id);
    assert!(acts[2]["plan"].as_str().unwrap().starts_with("plan-"));
    assert!(
        typed(server, "audit verify", 0)
            .stdout
            .contains("6 acts, from 1 to 6")
    );
    typed(server, &format!("audit verify --file {path}"), 0);
    files::write(
        path.as_ref(),
        text.replace("\"affected\":37", "\"affected\":38")
            .as_bytes(),
    )
    .unwrap();
    let broken = typed(server, &format!("audit verify --file {path}"), 1);
    assert!(
        broken.stderr.contains("act 6 is not as it was written"),
        "{}",
        broken.stderr
    );
    let listed = typed(server, "audit ls --sub s --limit 2 -o name", 0);
    assert_eq!(listed.stdout, "6\n5\n");
    let told = typed(server, "audit tail -n 2 --max 2 -o jsonl", 0);
    assert_eq!(told.stdout.lines().count(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_acts_is_on_record_by_name() {
    let broker = with_dead(3).await;
    let server = broker.child().address();
    let words = ["dlq", "discard", "s", "--all", "--yes"];
    let ended = run_with(server, &words, &[("WEIR_ACTOR", "dana")]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let line = ended.stderr.lines().nth(1).unwrap_or_default();
    assert!(
        line.starts_with("undo until 2") && line.ends_with(": weir op undo 1"),
        "{line}"
    );
    let shown = typed(server, "op get 1 -o json", 0).json();
    assert_eq!(
        (&shown["actor"], &shown["act"]),
        (&"dana".into(), &"discard".into())
    );
    let acts = typed(server, "audit ls --where what~^discard -o json", 0).json();
    assert_eq!(acts.as_array().map(Vec::len), Some(2));
    assert_eq!(acts[0]["actor"], "dana");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backlogs_are_purged_sought_past_and_restored() {
    let broker = broker().await;
    broker.pair_with(eager("s", "t", 3)).await;
    broker.subscription(eager("other", "t", 3)).await;
    let texts = ["0", "1", "2", "3", "4", "5"];
    broker.publish_texts("t", &texts).await;
    let server = broker.child().address();
    let counts = async || {
        (
            broker.stats("s").await.ready,
            broker.stats("other").await.ready,
        )
    };
    let none = typed(server, "status", 0).stdout;
    assert!(none.contains("an operation can be undone for"), "{none}");

    let purge = typed(server, "topic purge t --keep 2 --yes -o json", 0).json();
    assert_eq!(
        (&purge["affected"], &purge["operation"]),
        (&8.into(), &Value::Null)
    );
    assert_eq!(counts().await, (2, 2));
    // As long as replay keeps them anyway they are not kept for that.
    let undo = async || typed(server, "status -o json", 0).json()["undo"].clone();
    wait::until("what can be undone is counted", SOON, async || {
        let undo = undo().await;
        assert_eq!(
            (&undo["grace_seconds"], &undo["kept"]),
            (&86_400.0.into(), &0.into())
        );
        (undo["operations"] == 2).then_some(())
    })
    .await;
    typed(server, "topic edit t --retention 0 --yes", 0);
    wait::until("what is kept for that is counted", SOON, async || {
        let undo = undo().await;
        (undo["kept"] == 4 && undo["kept_bytes"].as_u64() > Some(0)).then_some(())
    })
    .await;
    for id in purge["operations"].as_array().unwrap() {
        typed(
            server,
            &format!("op undo {} --yes", id.as_str().unwrap()),
            0,
        );
    }
    assert_eq!(counts().await, (6, 6));

    let sought = typed(server, "sub seek t/s --to latest --yes -o json", 0).json();
    assert_eq!(
        (sought["affected"].clone(), counts().await.0),
        (6.into(), 0)
    );
    let id = sought["operation"].as_str().unwrap();
    typed(server, &format!("op undo {id} --yes"), 0);
    assert_eq!(counts().await, (6, 6));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purge_that_is_final_leaves_nothing_to_undo() {
    let broker = broker().await;
    broker.pair_with(eager("s", "t", 3)).await;
    let texts = ["0", "1", "2", "3", "4", "5"];
    broker.publish_texts("t", &texts).await;
    let server = broker.child().address();
    let left = async || broker.stats("s").await.ready;
    let ids = broker.peek("s", &[MessageState::Ready]).await;
    let two = format!("--id {} {}", ids[0].message_id, ids[1].message_id);
    let purge = typed(server, &format!("sub purge s {two} --yes -o json"), 0).json();
    assert_eq!((purge["affected"].clone(), left().await), (2.into(), 4));
    let purge = typed(
        server,
        "sub purge s --where offset>=4 --final --yes -o json",
        0,
    )
    .json();
    assert_eq!((purge["affected"].clone(), left().await), (2.into(), 2));
    assert_eq!(purge["undo_until"], Value::Null);
    let late = typed(
        server,
        &format!("op undo {} --yes", purge["operation"].as_str().unwrap()),
        1,
    );
    assert!(
        late.stderr.contains("nothing was put aside for it"),
        "{}",
        late.stderr
    );
    assert!(late.stderr.contains("(UNDO_TOO_LATE)"), "{}", late.stderr);

    // Nothing to do is done without a question, and is no operation.
    let none = typed(server, "sub purge s --where offset>=77 -o json", 0).json();
    assert_eq!(
        (&none["operation"], &none["affected"]),
        (&Value::Null, &0.into())
    );
    let books = typed(server, "sub ls -o json", 0).json();
    for one in books.as_array().unwrap() {
        assert_eq!(one["conservation_error"], 0, "{one}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_drops_messages_otherwise_goes_through_a_plan_too() {
    let broker = broker().await;
    broker.pair_with(eager("s", "t", 3)).await;
    broker
        .publish_texts("t", &["0", "1", "2", "3", "4", "5"])
        .await;
    let server = broker.child().address();
    let edit = "sub edit s --max-backlog 2";
    let planned = typed(server, &format!("{edit} --dry-run -o json"), 0).json();
    assert_eq!(planned["plan"]["affected"], 4);
    let refused = typed(server, edit, 4);
    assert!(
        refused.stderr.contains("drops 4 messages at once"),
        "{}",
        refused.stderr
    );
    assert_eq!(broker.stats("s").await.ready, 6);
    let apply = planned["plan"]["apply"]
        .as_str()
        .unwrap()
        .strip_prefix("weir ")
        .unwrap();
    typed(server, apply, 0);
    wait::until("the rest is dropped", SOON, async || {
        (broker.stats("s").await.ready == 2).then_some(())
    })
    .await;

    let refused = typed(server, "topic rm t --yes", 4);
    assert!(
        refused.stderr.contains("TOPIC_HAS_SUBSCRIPTIONS"),
        "{}",
        refused.stderr
    );
    let refused = typed(server, "topic rm t --with-subscriptions", 4);
    let said = "subscription s: 2 in the backlog, 0 dead";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    let said = "for 24h after its end: brings all of it back";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    let planned = typed(server, "sub rm s --dry-run -o json", 0).json();
    assert_eq!(
        (&planned["affected"], &planned["is_undoable"]),
        (&2.into(), &true.into())
    );
    let gone = typed(server, "sub rm s --yes -o json", 0).json();
    assert_eq!(gone["affected"], 2);
    assert!(gone["undo_until"].is_string(), "{gone}");
    let gone = typed(server, "topic rm t --yes", 0);
    assert!(
        gone.stderr.contains("deleted the topic t"),
        "{}",
        gone.stderr
    );
    typed(server, "topic get t", 7);
}
