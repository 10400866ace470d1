//! `weir sub edit` and `weir topic edit`: what is named changes, what is not stays, and nothing is dropped unasked.

use serde_json::Value;

use crate::broker;
use crate::command_line::run;

fn shown(server: &str, noun: &str, name: &str) -> Value {
    let shown = run(server, &[noun, "get", name, "-o", "json"]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    serde_json::from_str(&shown.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_changes_what_it_names_and_leaves_the_rest() {
    let broker = broker().await;
    let server = broker.child().address();
    let made = ["topic", "create", "orders"];
    assert_eq!(run(server, &made).code, Some(0));
    let made = [
        "sub",
        "create",
        "billing",
        "--topic",
        "orders",
        "--rate",
        "500",
        "--slo-age",
        "5m",
    ];
    assert_eq!(run(server, &made).code, Some(0));
    let edit = ["sub", "edit", "orders/billing", "--max-attempts", "3"];
    let dry = run(server, &[&edit[..], &["--dry-run"]].concat());
    assert_eq!(dry.code, Some(0), "{}", dry.stderr);
    assert!(
        dry.stdout.contains("max_attempts: 10 → 3"),
        "{}",
        dry.stderr
    );
    assert_eq!(shown(server, "sub", "billing")["max_attempts"], 10);

    let unset = ["--unset", "delivery-rate", "-o", "json"];
    let done = run(server, &[&edit[..], &unset].concat());
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let changes: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(changes["changed"], 1);
    let now = shown(server, "sub", "billing");
    assert_eq!(now["max_attempts"], 3);
    assert_eq!(now["delivery_rate"], Value::Null);
    assert_eq!(now["slo_age_seconds"], 300.0);
    let again = run(server, &edit);
    assert!(
        again.stderr.contains("nothing to change"),
        "{}",
        again.stderr
    );

    let edit = ["topic", "edit", "orders", "--durability", "relaxed"];
    assert_eq!(run(server, &edit).code, Some(0));
    assert_eq!(shown(server, "topic", "orders")["durability"], "relaxed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_that_may_drop_messages_is_refused_unless_somebody_agrees() {
    let broker = broker().await;
    let server = broker.child().address();
    assert_eq!(run(server, &["topic", "create", "orders"]).code, Some(0));
    let made = ["sub", "create", "billing", "--topic", "orders"];
    assert_eq!(run(server, &made).code, Some(0));
    let edit = ["sub", "edit", "billing", "--max-backlog", "10"];
    let refused = run(server, &edit);
    assert_eq!(refused.code, Some(4), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("may drop messages"),
        "{}",
        refused.stderr
    );
    let before = shown(server, "sub", "billing");
    assert_eq!(before["max_backlog_messages"], Value::Null);
    let agreed = run(server, &[&edit[..], &["--yes"]].concat());
    assert_eq!(agreed.code, Some(0), "{}", agreed.stderr);
    let after = shown(server, "sub", "billing");
    assert_eq!(after["max_backlog_messages"], 10);

    let nothing = run(server, &["sub", "edit", "billing"]);
    assert_eq!(nothing.code, Some(2), "{}", nothing.stderr);
    let fixed = run(server, &["sub", "edit", "billing", "--unset", "filter"]);
    assert_eq!(fixed.code, Some(2), "{}", fixed.stderr);
    let wrong = run(server, &["sub", "edit", "billing", "--ack-deadline", "0s"]);
    assert_eq!(wrong.code, Some(2), "{}", wrong.stderr);
    let absent = run(server, &["topic", "edit", "none", "--retention", "1h"]);
    assert_eq!(absent.code, Some(7), "{}", absent.stderr);
}
