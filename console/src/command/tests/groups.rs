//! `weir dlq groups|export`: what is dead by its reason, and as lines in a file; acts on exactly one group.

use weir_proto::server::OperationAct;

use super::broker::Broker;
use super::typed::{typed, typed_words};
use crate::command::failure::Exit;

const FINGERPRINT: &str = "fingerprint = \"00c0ffee00c0ffee\"";

async fn broker(count: usize) -> Broker {
    let broker = Broker::with(&[]).await;
    broker.memory().dead = (0..count).map(|_| "smtp 421".to_owned()).collect();
    broker
}

#[tokio::test]
async fn groups_are_told_with_their_share_and_the_commands_for_each() {
    let broker = broker(0).await;
    let told = typed(&broker, "dlq groups orders/billing -o json").await;
    let expected = serde_json::json!({
        "fingerprint": "00c0ffee00c0ffee",
        "pattern": "smtp 421 from <host>",
        "reason_class": "Smtp",
        "count": 2_700,
        "share": 0.9,
        "bytes": 2_700_000,
        "first_death_time": "2027-01-15T08:00:00.000000Z",
        "last_death_time": "2027-01-15T08:11:40.000000Z",
        "trend": [0, 1, 4, 8, 6, 2, 0, 1],
        "trend_span_seconds": 100.0,
        "is_arriving": true,
        "requeued_before": 2,
        "sample_message_ids": ["7.0.9"],
        "commands": {
            "peek": format!("weir dlq peek billing --where '{FINGERPRINT}'"),
            "export": format!("weir dlq export billing --where '{FINGERPRINT}' -o jsonl"),
            "requeue": format!("weir dlq requeue billing --where '{FINGERPRINT}' --dry-run"),
            "purge": format!("weir dlq purge billing --where '{FINGERPRINT}' --dry-run"),
        },
    });
    assert_eq!(told.json()[0], expected);
    assert_eq!(told.json().as_array().map(Vec::len), Some(2));
    let table = typed(&broker, "dlq groups billing").await.printed;
    insta::assert_snapshot!("groups", table);
    let named = typed(&broker, "dlq groups billing --where arriving=false -o name").await;
    assert_eq!(named.printed, "0123456789abcdef\n");
    let nobody = typed(&broker, "dlq groups nobody").await;
    assert_eq!(nobody.exit(), Exit::NotFound);
}

#[tokio::test]
async fn an_act_on_one_group_is_one_plan_and_names_no_messages() {
    let broker = broker(10).await;
    let words = ["dlq", "requeue", "billing", "--where", FINGERPRINT, "--yes"];
    assert_eq!(typed_words(&broker, &words).await.exit(), Exit::Done);
    let memory = broker.memory();
    let [(request, _)] = memory.plans.as_slice() else {
        panic!("{:?}", memory.plans);
    };
    assert_eq!(
        (request.act(), memory.applied.len()),
        (OperationAct::Requeue, 1)
    );
    let selection = request.selection.as_ref().expect("a selection");
    assert_eq!(selection.fingerprint, "00c0ffee00c0ffee");
    assert!(selection.message_ids.is_empty() && !selection.all);
}

#[tokio::test]
async fn a_group_and_more_is_looked_for_here_and_still_bound_to_the_group() {
    let broker = broker(10).await;
    let filter = format!("{FINGERPRINT} and offset >= 4");
    let words = ["dlq", "purge", "billing", "--where", &filter, "--yes"];
    assert_eq!(typed_words(&broker, &words).await.exit(), Exit::Done);
    // The broker in memory gives its dead ones no fingerprint: none is selected, and nothing done.
    assert!(broker.memory().plans.is_empty());
}

#[tokio::test]
async fn an_export_that_ends_early_goes_on_where_it_ended() {
    let broker = broker(2_500).await;
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("dead.jsonl");
    let file = path.to_str().expect("a path of text");
    let filter = "offset >= 10";
    let start = [
        "dlq", "export", "billing", "--where", filter, "--file", file,
    ];
    let first = typed_words(&broker, &[&start[..], &["--limit", "1200"]].concat()).await;
    assert_eq!((first.exit(), first.printed.as_str()), (Exit::Done, ""));
    let again = typed_words(&broker, &start).await;
    assert_eq!(
        again.exit(),
        Exit::Failed,
        "a file that is there is not written over"
    );
    let rest = typed_words(&broker, &[&start[..], &["--page-token", "1210"]].concat()).await;
    assert_eq!(rest.exit(), Exit::Done);
    let text = crate::files::read_text(&path).expect("the export");
    let offsets: Vec<u64> = text
        .lines()
        .map(|line| {
            let message: serde_json::Value = serde_json::from_str(line).expect("an object a line");
            assert_eq!(message["dead_letter"]["reason"], "smtp 421");
            message["offset"].as_u64().expect("an offset")
        })
        .collect();
    assert_eq!(offsets, (10..2_500).collect::<Vec<_>>());
    assert!(broker.memory().plans.is_empty());
}

#[tokio::test]
async fn an_export_is_lines_unless_another_form_is_asked_for() {
    let broker = broker(3).await;
    let lines = typed(&broker, "dlq export billing").await.printed;
    assert_eq!(lines.lines().count(), 3);
    assert!(lines.starts_with("{\"message_id\":"), "{lines}");
    let array = typed(&broker, "dlq export billing --limit 2 -o json").await;
    assert_eq!(array.json().as_array().map(Vec::len), Some(2));
    let ids = typed(&broker, "dlq export billing -o name").await.printed;
    assert_eq!(ids, "7.0.0\n7.0.1\n7.0.2\n");
}
