//! What the operator's program publishes for later, or for a while.

use std::time::Duration;

use weir_tests::wait;

use crate::broker;
use crate::command_line::run;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_published_for_later_is_scheduled_and_pulled_when_it_is_due() {
    let broker = broker().await;
    broker.pair().await;
    let server = broker.child().address();
    let publish = |words: &[&str]| run(server, &[&["topic", "publish", "t"], words].concat());
    assert_eq!(
        publish(&["--message", "soon", "--delay", "2s"]).code,
        Some(0)
    );
    let far = publish(&["--message", "far", "--at", "2033-01-31T08:00:00+02:00"]);
    assert_eq!(far.code, Some(0), "{}", far.stderr);
    let listed = run(server, &["sub", "ls", "-o", "json"]).json();
    assert_eq!(
        (&listed[0]["scheduled"], &listed[0]["backlog"]),
        (&2.into(), &0.into())
    );
    let pulled = run(
        server,
        &["sub", "pull", "s", "--wait", "10s", "--ack", "-o", "jsonl"],
    );
    assert!(
        pulled.stdout.contains("\"payload_text\":\"soon\""),
        "{}",
        pulled.stdout
    );
    let both = publish(&[
        "--message",
        "x",
        "--delay",
        "1s",
        "--at",
        "2033-01-31T08:00:00Z",
    ]);
    assert_eq!((both.code, both.stdout.as_str()), (Some(2), ""));
    let no_time = publish(&["--message", "x", "--at", "tomorrow"]);
    assert_eq!(no_time.code, Some(2));
    assert!(
        no_time.stderr.contains("such as 2030-01-31T08:00:00Z"),
        "{}",
        no_time.stderr
    );
    let too_long = publish(&["--message", "x", "--delay", "11years"]);
    assert_eq!(too_long.code, Some(2), "{}", too_long.stderr);
    assert!(
        too_long.stderr.contains("0 s to 10 years"),
        "{}",
        too_long.stderr
    );
    let stats = broker.stats("s").await;
    assert_eq!((stats.acked, stats.scheduled), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_published_again_with_its_id_is_not_stored_again() {
    let broker = broker().await;
    broker.pair().await;
    let server = broker.child().address();
    let publish = |words: &[&str]| run(server, &[&["topic", "publish", "t"], words].concat());
    for _ in 0..2 {
        let done = publish(&["--message", "x", "--dedup-id", "order-17"]);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
    }
    assert_eq!(broker.stats("s").await.entered, 1);
    let many = publish(&["--dedup-id", "for every line"]);
    assert_eq!((many.code, many.stdout.as_str()), (Some(2), ""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_published_for_a_while_expires_and_a_topic_says_how_long_else() {
    let broker = broker().await;
    broker.pair().await;
    let server = broker.child().address();
    let words = ["topic", "publish", "t", "--message", "x", "--ttl", "1ms"];
    assert_eq!(run(server, &words).code, Some(0));
    wait::until("the message expires", Duration::from_secs(20), async || {
        let stats = broker.stats("s").await;
        (stats.ready == 0 && stats.dropped.iter().any(|one| one.count == 1)).then_some(())
    })
    .await;
    let words = ["topic", "create", "u", "--message-ttl", "90s", "-o", "json"];
    let created = run(server, &words);
    assert_eq!(created.code, Some(0), "{}", created.stderr);
    let got = run(server, &["topic", "get", "u", "-o", "json"]).json();
    assert_eq!(got["message_time_to_live_seconds"], 90.0);
    let got = run(server, &["topic", "get", "t", "-o", "json"]).json();
    assert!(got["message_time_to_live_seconds"].is_null());
}
