//! What the owner of a subscription still accepts, and checks against it.

use std::time::Duration;

use weir_proto::v1::Subscription;
use weir_tests::broker::subscription;

use crate::command_line::{run, with_two_dead};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_without_thresholds_measures_against_what_the_owner_accepts() {
    let broker = with_two_dead().await;
    let server = broker.child().address();
    let slo = |age: Option<u64>, backlog| Subscription {
        slo_age: age.and_then(|secs| Duration::from_secs(secs).try_into().ok()),
        slo_backlog: backlog,
        ..subscription("s", "t")
    };
    let fields = ["slo_age", "slo_backlog"];
    let admin = broker.client().admin();
    let lag = |words: &[&str]| run(server, &[&["check", "lag", "s"], words].concat());
    admin
        .update_subscription(slo(None, Some(0)), &fields)
        .await
        .unwrap();
    let beyond = lag(&[]);
    let line = "CRITICAL - lag of s is 1 messages, above 0 | lag=1;;0;0\n";
    assert_eq!((beyond.code, beyond.stdout.as_str()), (Some(2), line));
    assert_eq!(lag(&["--warn", "5"]).code, Some(0), "what is given wins");
    assert_eq!(
        run(server, &["check", "age", "s"]).code,
        Some(3),
        "no SLO of age"
    );
    admin
        .update_subscription(slo(Some(3_600), Some(1)), &fields)
        .await
        .unwrap();
    assert_eq!(lag(&[]).code, Some(0));
    assert_eq!(run(server, &["check", "age", "s"]).code, Some(0));
    assert_eq!(run(server, &["check", "dlq", "s"]).code, Some(3));
    let shown = run(server, &["sub", "get", "s", "-o", "json"]).json();
    assert_eq!(
        (&shown["slo_age_seconds"], &shown["slo_backlog"]),
        (&3600.0.into(), &1.into())
    );
    admin
        .update_subscription(slo(None, None), &fields)
        .await
        .unwrap();
    assert_eq!(lag(&[]).code, Some(3));
}
