//! `weir load`: sends what was asked for at the times that were asked for, finds each message again, and cleans up.

use serde_json::Value;
use weir_tests::files;

use crate::broker;
use crate::command_line::run;

fn measured(server: &str, words: &[&str]) -> (Option<i32>, Value, String) {
    let words = [&["load", "run", "--warm-up", "0s", "-o", "json"], words].concat();
    let ended = run(server, &words);
    let summary = serde_json::from_str(&ended.stdout).unwrap_or(Value::Null);
    (ended.code, summary, ended.stderr)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_sends_what_is_due_finds_all_of_it_and_leaves_nothing_behind() {
    let broker = broker().await;
    let server = broker.child().address();
    let shape = ["--rate", "500", "--duration", "2s", "--burst", "100@1s"];
    let who = ["--producers", "2", "--consumers", "2", "--size", "100"];
    let (code, summary, said) = measured(server, &[&shape[..], &who].concat());
    assert_eq!(code, Some(0), "{said}");
    for (figure, expected) in [
        ("messages", 1_100),
        ("published", 1_100),
        ("acked", 1_100),
        ("lost", 0),
        ("duplicates", 0),
        ("out_of_order", 0),
    ] {
        assert_eq!(summary[figure], expected, "{figure} of {summary}");
    }
    assert_eq!(summary["durable"], true);
    let p50 = summary["latency_seconds"]["p50"].as_f64().unwrap();
    let max = summary["latency_seconds"]["max"].as_f64().unwrap();
    assert!(0.0 < p50 && p50 <= max, "{summary}");
    let left = run(server, &["topic", "ls", "-o", "json"]).json();
    assert_eq!(
        left,
        Value::Array(Vec::new()),
        "topic and subscription are gone"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failing_on_purpose_repeats_messages_and_keeps_the_order_of_keys() {
    let broker = broker().await;
    broker.topic("orders").await;
    let server = broker.child().address();
    let work = [
        "orders",
        "--rate",
        "300",
        "--duration",
        "2s",
        "--keys",
        "20",
    ];
    let (code, summary, said) = measured(server, &[&work[..], &["--fail", "10%"]].concat());
    assert_eq!(code, Some(0), "{said}");
    let failed = summary["failed_on_purpose"].as_u64().unwrap();
    assert!((20..120).contains(&failed), "{summary}");
    for figure in ["lost", "duplicates", "out_of_order"] {
        assert_eq!(summary[figure], 0, "{figure} of {summary}");
    }
    assert_eq!(summary["acked"], 600);
    let kept = run(server, &["topic", "get", "orders", "-o", "json"]).json();
    assert_eq!(
        kept["subscription_count"], 0,
        "the topic was there and stays"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_objective_that_is_missed_ends_with_8_and_results_are_compared() {
    let broker = broker().await;
    let server = broker.child().address();
    let directory = weir_tests::broker::directory(false);
    let path = |name: &str| directory.path().join(name).display().to_string();
    let slo = path("slo.toml");
    let work = [
        "--rate",
        "max",
        "--duration",
        "500ms",
        "--consumers",
        "0",
        "--batch",
        "50",
    ];
    let with_slo = [&work[..], &["--slo", &slo]].concat();
    for (objective, code) in [("min_rate = 1", 0), ("min_rate = 1e9", 8), ("rate = 1", 2)] {
        files::write(slo.as_ref(), objective.as_bytes()).unwrap();
        let (ended, summary, said) = measured(server, &with_slo);
        assert_eq!(ended, Some(code), "{objective}: {said}");
        if code != 2 {
            assert!(summary["messages"].as_u64().unwrap() > 0, "{summary}");
            let result = path(&format!("{code}.json"));
            files::write(result.as_ref(), summary.to_string().as_bytes()).unwrap();
        }
    }
    let (before, after) = (path("0.json"), path("8.json"));
    let compared = run(server, &["load", "compare", &before, &after, "-o", "json"]);
    assert_eq!(compared.code, Some(0), "{}", compared.stderr);
    assert_eq!(compared.json()[0]["figure"], "rate");
    assert!(compared.json()[0]["ratio"].as_f64().unwrap() > 0.0);
    let wrong = run(server, &["load", "compare", &slo, &after]);
    assert_eq!(wrong.code, Some(2), "{}", wrong.stderr);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_on_a_broker_of_its_own_needs_no_other() {
    let directory = weir_tests::broker::directory(false);
    let words = ["--embedded", "--rate", "200", "--duration", "1s"];
    let words = [
        &["load", "run", "--warm-up", "0s", "-o", "json"][..],
        &words,
    ]
    .concat();
    let ended = crate::command_line::run_in(directory.path(), "127.0.0.1:1", &words);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(ended.json()["messages"], 200);
    let left = files::tree(directory.path()).unwrap();
    assert!(left.is_empty(), "its data is gone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_becomes_a_page_that_needs_nothing_else() {
    let broker = broker().await;
    let server = broker.child().address();
    let directory = weir_tests::broker::directory(false);
    let path = |name: &str| directory.path().join(name).display().to_string();
    let work = ["--rate", "400", "--duration", "3s", "--confirm-acks"];
    let (code, summary, said) = measured(server, &work);
    assert_eq!(code, Some(0), "{said}");
    let seconds = summary["seconds"].as_array().unwrap();
    assert!(seconds.len() >= 2, "{summary}");
    // An ack that is confirmed was on the disk: that takes its time.
    assert!(
        summary["ack_seconds"]["p50"].as_f64().unwrap() > 0.0,
        "{summary}"
    );
    assert_eq!(summary["acked"], 1_200);
    let (result, page) = (path("r.json"), path("r.html"));
    files::write(result.as_ref(), summary.to_string().as_bytes()).unwrap();
    let written = run(server, &["load", "report", &result, "--file", &page]);
    assert_eq!(written.code, Some(0), "{}", written.stderr);
    let printed = run(server, &["load", "report", &result]).stdout;
    let page = files::read(page.as_ref()).unwrap();
    assert_eq!(String::from_utf8(page).unwrap(), printed);
    assert!(
        printed.starts_with("<!doctype html>") && printed.contains("<svg"),
        "{printed}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_highest_rate_that_meets_the_objectives_is_searched_for() {
    let broker = broker().await;
    let server = broker.child().address();
    // Each message is handled for 5 ms: one consumer holds less than 200 a second.
    let work = [
        "--until-saturated",
        "--rate",
        "40",
        "--duration",
        "1s",
        "--handle",
        "5ms",
    ];
    let (code, found, said) = measured(server, &work);
    assert_eq!(code, Some(0), "{said}");
    let highest = found["highest_rate"].as_f64().unwrap();
    // How little is held on a busy machine is no promise: one message of forty that goes out late is too many.
    assert!((1.0..400.0).contains(&highest), "{found}");
    let steps = found["steps"].as_array().unwrap();
    assert!(steps.iter().any(|step| step["is_held"] == false), "{found}");
    let ramp = run(
        server,
        &["load", "run", "--until-saturated", "--rate", "1..5"],
    );
    assert_eq!(ramp.code, Some(2), "{}", ramp.stderr);
}

/// A work measures these and nothing else, each more than a bound: names without blanks, their units in them.
fn check_measured(summary: &Value, figures: &[(&str, f64)]) {
    let measured = summary["measured"].as_object().unwrap();
    for (figure, least) in figures {
        let value = measured.get(*figure).and_then(Value::as_f64);
        assert!(
            value.is_some_and(|value| value > *least),
            "{figure} of {summary}"
        );
    }
    assert_eq!(measured.len(), figures.len(), "{summary}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_under_a_backlog_and_many_topics_are_known_works() {
    let directory = weir_tests::broker::directory(false);
    let start = [
        "load",
        "run",
        "--profile",
        "w5",
        "--backlog",
        "20000",
        "-o",
        "json",
    ];
    let ended = crate::command_line::run_in(directory.path(), "127.0.0.1:1", &start);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let summary = ended.json();
    assert_eq!(
        (&summary["messages"], &summary["lost"]),
        (&20_000.into(), &0.into())
    );
    check_measured(
        &summary,
        &[
            ("start_to_first_message_seconds", 0.0),
            ("start_to_listening_seconds", 0.0),
            ("stop_seconds", 0.0),
            // A payload of 128 B is on the disk once.
            ("disk_bytes_per_message", 128.0),
            ("rss_idle_bytes", 1e6),
            ("rss_backlog_bytes", 1e6),
            ("rss_after_start_bytes", 1e6),
        ],
    );
    assert!(
        summary["rss_bytes"].as_u64().unwrap() > 1 << 20,
        "{summary}"
    );
    let left = files::tree(directory.path()).unwrap();
    assert!(left.is_empty(), "its data is gone");

    let broker = broker().await;
    let server = broker.child().address();
    let (code, summary, said) = measured(server, &["--profile", "w6", "--topics", "250"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(summary["messages"], 250);
    assert!(summary["rate"].as_f64().unwrap() > 0.0, "{summary}");
    let figures = [
        ("topics", 249.0),
        ("create_seconds", 0.0),
        ("rss_bytes_per_topic", -1.0),
    ];
    check_measured(&summary, &figures);
    let left = run(server, &["topic", "ls", "-o", "json"]).json();
    assert_eq!(left, Value::Array(Vec::new()), "they are taken away");
}
