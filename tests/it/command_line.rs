//! The operator's program as it is run: what it prints, and with which code it ends.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use weir_proto::v1::{NackAction, NackChange, NackOptions, Subscription};
use weir_tests::broker::{Broker, message, subscription};
use weir_tests::{files, wait};

use crate::{PROGRAM, broker};

/// The operator's program.
const WEIR: &str = env!("CARGO_BIN_EXE_weir-under-test");

/// An address where nobody listens.
const NOBODY: &str = "127.0.0.1:1";

/// How one run ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).expect("one document of JSON")
    }
}

pub(crate) fn run(server: &str, words: &[&str]) -> Ended {
    run_with(server, words, &[])
}

/// The same in another directory.
pub(crate) fn run_in(directory: &Path, server: &str, words: &[&str]) -> Ended {
    let mut command = Command::new(WEIR);
    command.current_dir(directory);
    ended(command, server, words)
}

pub(crate) fn run_with(server: &str, words: &[&str], variables: &[(&str, &str)]) -> Ended {
    let mut command = Command::new(WEIR);
    command.envs(variables.iter().copied());
    ended(command, server, words)
}

fn ended(mut command: Command, server: &str, words: &[&str]) -> Ended {
    command.args(words).env("WEIR_SERVER", server);
    command.env_remove("WEIR_CONFIG").stdin(Stdio::null());
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("the program runs");
    Ended {
        code: status.code(),
        stdout: String::from_utf8(stdout).expect("text"),
        stderr: String::from_utf8(stderr).expect("text"),
    }
}

/// `t` with `s`: three messages, the first two dead for different reasons.
pub(crate) async fn with_two_dead() -> Broker {
    let broker = broker().await;
    broker
        .pair_with(Subscription {
            max_attempts: 1,
            ..subscription("s", "t")
        })
        .await;
    let payloads = [r#"{"user":{"id":77}}"#, r#"{"user":{"id":78}}"#, "plain"];
    broker
        .publish("t", payloads.iter().map(|text| message(text)).collect())
        .await;
    let reasons = ["smtp 421 try later", "no such user"];
    let changes = broker.pull("s", 2).await.into_iter().zip(reasons);
    let changes = changes.map(|(delivery, reason)| NackChange {
        ack_id: delivery.ack_id,
        options: Some(NackOptions {
            action: NackAction::Dead.into(),
            reason: reason.to_owned(),
            ..NackOptions::default()
        }),
    });
    let answer = broker.client().puller().nack(changes.collect()).await;
    assert!(answer.expect("a nack answers").errors.is_empty());
    broker
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_expression_selects_is_requeued_and_nothing_else() {
    let broker = with_two_dead().await;
    let server = broker.child().address();
    let filter = "reason ~ '^smtp 4' and body.user.id = 77";
    let peeked = run(
        server,
        &["dlq", "peek", "s", "--where", filter, "-o", "jsonl"],
    );
    assert_eq!((peeked.code, peeked.stdout.lines().count()), (Some(0), 1));
    let start = ["dlq", "requeue", "s", "--where", filter, "-o", "json"];
    let refused = run(server, &start);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(4), ""));
    assert!(
        refused
            .stderr
            .contains("puts 1 dead message of s back to ready")
    );
    let done = run(server, &[&start[..], &["--yes"]].concat());
    assert_eq!((done.code, &done.json()["affected"]), (Some(0), &1.into()));
    let stats = broker.stats("s").await;
    assert_eq!((stats.dead, stats.ready), (1, 2));
    let none = run(server, &["sub", "ls", "--where", "dead > 1", "-o", "json"]);
    assert_eq!((none.code, none.json()), (Some(0), serde_json::json!([])));
}

#[test]
fn a_wrong_expression_is_a_wrong_argument_even_without_a_broker() {
    let ended = run(NOBODY, &["sub", "ls", "--where", "age>5m or sate=x"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    let caret = "\n  age>5m or sate=x\n            ^^^^\n  fields: name, topic, topic_durability,";
    assert!(ended.stderr.contains(caret), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_ends_as_monitoring_tools_expect() {
    let broker = with_two_dead().await;
    let server = broker.child().address();
    let check = |words: &[&str]| run(server, &[&["check"], words].concat());
    let cases: [(&[&str], i32, &str); 5] = [
        (
            &["dlq", "s", "--warn", "5"],
            0,
            "OK - dlq of s is 2 messages | dlq=2;5;;0\n",
        ),
        (
            &["dlq", "t/s", "--warn", "1", "--crit", "3k"],
            1,
            "WARNING - dlq of s is 2 messages, above 1 | dlq=2;1;3000;0\n",
        ),
        (
            &["lag", "s", "--crit", "0"],
            2,
            "CRITICAL - lag of s is 1 messages, above 0 | lag=1;;0;0\n",
        ),
        (
            &["depth", "s", "--warn", "1"],
            0,
            "OK - depth of s is 1 messages | depth=1;1;;0\n",
        ),
        (
            &["age", "s"],
            3,
            "UNKNOWN - say what is too much: weir check age … --warn X --crit Y\n",
        ),
    ];
    for (words, code, line) in cases {
        let ended = check(words);
        assert_eq!(
            (ended.code, ended.stdout.as_str()),
            (Some(code), line),
            "{words:?}"
        );
    }
    let age = check(&["age", "s", "--crit", "1h", "-o", "json"]);
    assert_eq!((age.code, &age.json()["state"]), (Some(0), &"ok".into()));
    assert!(
        age.json()["value"]
            .as_f64()
            .is_some_and(|age| age > 0.0 && age < 3600.0)
    );
    let missing = check(&["age", "nobody", "--crit", "1h"]);
    assert_eq!(missing.code, Some(3));
    assert!(
        missing
            .stdout
            .starts_with("UNKNOWN - cannot find the subscription nobody")
    );
}

#[test]
fn a_check_that_finds_nothing_out_is_unknown_and_never_critical() {
    let unreachable = run(NOBODY, &["check", "age", "s", "--crit", "1m"]);
    assert_eq!(unreachable.code, Some(3));
    assert!(
        unreachable
            .stdout
            .starts_with("UNKNOWN - cannot reach a broker at 127.0.0.1:1")
    );
    assert_eq!(
        run(NOBODY, &["check", "age", "s", "--crit", "soon"]).code,
        Some(3)
    );
    assert_eq!(
        run(NOBODY, &["config", "check"]).code,
        Some(2),
        "another check"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_numbers_of_a_topic_hold_those_of_its_subscriptions() {
    let broker = with_two_dead().await;
    let server = broker.child().address();
    let stats = run(server, &["topic", "stats", "t", "-o", "json"]).json();
    assert_eq!(
        (&stats["published"], &stats["stored"]),
        (&3.into(), &3.into())
    );
    assert_eq!(stats["subscriptions"][0]["dead"], 2);
    let table = run(server, &["topic", "stats", "t"]).stdout;
    assert!(table.contains("\n\nNAME  TOPIC  BACKLOG"), "{table}");
    assert_eq!(run(server, &["topic", "stats", "nothing"]).code, Some(7));
}

/// What a shell is offered behind these words, the last of which is being typed.
pub(crate) fn offered(server: &str, words: &[&str]) -> Vec<String> {
    let words = [&["--", "weir"], words].concat();
    let ended = run_with(server, &words, &[("WEIR_COMPLETE", "fish")]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let lines = ended.stdout.lines();
    let names = lines.map(|line| line.split('\t').next().unwrap_or_default().to_owned());
    names.filter(|name| !name.starts_with('-')).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shell_is_offered_the_names_that_the_broker_has() {
    let broker = broker().await;
    broker.pair_with(subscription("billing", "orders")).await;
    broker.pair_with(subscription("shop/audit", "clicks")).await;
    let server = broker.child().address();
    assert_eq!(offered(server, &["topic", "get", ""]), ["clicks", "orders"]);
    assert_eq!(offered(server, &["sub", "lag", "bi"]), ["billing"]);
    assert_eq!(offered(server, &["check", "age", "sh"]), ["shop/audit"]);
    assert_eq!(
        offered(NOBODY, &["--server", server, "dlq", "peek", "b"]),
        ["billing"]
    );
}

#[test]
fn without_a_broker_a_shell_is_offered_no_names_and_no_error() {
    assert!(offered(NOBODY, &["topic", "get", ""]).is_empty());
    // It accepts connections and never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = silent.local_addr().expect("an address").to_string();
    assert!(offered(&address, &["sub", "get", ""]).is_empty());
    assert_eq!(offered(NOBODY, &["config", ""]), ["show", "check"]);
}

#[test]
fn every_shell_has_a_script_and_every_command_a_page() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(NOBODY, &["completion", shell]);
        assert_eq!(script.code, Some(0), "{shell}");
        assert!(
            script.stdout.contains("WEIR_COMPLETE"),
            "{shell}: {}",
            script.stdout
        );
    }
    let page = run(NOBODY, &["man", "topic", "publish"]);
    assert_eq!(page.code, Some(0));
    assert!(
        page.stdout.contains(".TH weir-topic-publish 1"),
        "{}",
        page.stdout
    );
    let wrong = run(NOBODY, &["man", "topic", "bake"]);
    assert_eq!(wrong.code, Some(2));
    assert!(
        wrong.stderr.contains("there are ls, create, get"),
        "{}",
        wrong.stderr
    );
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().to_str().expect("a path");
    assert_eq!(run(NOBODY, &["man", "--dir", path]).code, Some(0));
    for name in [
        "weir.1",
        "weir-dlq-requeue.1",
        "weir-check-age.1",
        "weir-serve.1",
    ] {
        let text = files::read(&directory.path().join(name)).expect(name);
        assert!(text.len() > 100, "{name}");
    }
}

#[test]
fn settings_are_shown_with_where_they_came_from() {
    let (directory, path) = configuration("segment-bytes = 1048576\n\ndata-dir = \"d\"\n");
    let words = [
        "config",
        "show",
        "--config",
        &path,
        "--insecure-i-know",
        "-o",
        "json",
    ];
    let shown = run_with(NOBODY, &words, &[("WEIR_LISTEN", "127.0.0.1:9")]);
    let default = weir_broker::config::Config::default().journal;
    let checkpoint = default.checkpoint_replay_us;
    let expected = serde_json::json!([
        { "name": "listen", "value": "127.0.0.1:9", "source": "WEIR_LISTEN" },
        { "name": "data-dir", "value": "d", "source": format!("{path}:3") },
        { "name": "insecure-i-know", "value": true, "source": "--insecure-i-know" },
        { "name": "segment-bytes", "value": 1_048_576, "source": format!("{path}:1") },
        { "name": "max-disk-bytes", "value": null, "source": "default" },
        { "name": "undo-grace-seconds", "value": 86_400, "source": "default" },
        { "name": "undo-disk-percent", "value": 10, "source": "default" },
        { "name": "checkpoint-replay-us", "value": checkpoint, "source": "default" },
    ]);
    assert_eq!((shown.code, shown.json()), (Some(0), expected));
    assert_eq!(run(NOBODY, &["config", "check", &path]).code, Some(0));
    drop(directory);
    let gone = run(NOBODY, &["config", "check", &path]);
    assert_eq!(gone.code, Some(1));
    assert!(
        gone.stderr.contains("cannot read the configuration file"),
        "{}",
        gone.stderr
    );
}

/// A directory with a configuration file, and the path of that.
fn configuration(text: &str) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("weir.toml");
    files::write(&path, text.as_bytes()).expect("a file");
    let path = path.to_str().expect("a path").to_owned();
    (directory, path)
}

/// Test 61: a broker goes on with what it has when its file is wrong at a reload, and says where.
#[test]
fn a_reload_of_a_wrong_file_is_refused_with_its_line_and_changes_nothing() {
    let (directory, path) = configuration("listen = \"127.0.0.1:0\"\nsegment-bytes = 1048576\n");
    let log = directory.path().join("log");
    let data = directory
        .path()
        .join("data")
        .to_str()
        .expect("a path")
        .to_owned();
    let script = format!(
        "exec '{PROGRAM}' --config '{path}' --data-dir '{data}' 2>'{}'",
        log.display()
    );
    let mut command = Command::new("sh");
    let mut child = command
        .args(["-c", &script])
        .stdout(Stdio::piped())
        .spawn()
        .expect("sh");
    let mut line = String::new();
    let mut stdout = std::io::BufReader::new(child.stdout.take().expect("stdout"));
    std::io::BufRead::read_line(&mut stdout, &mut line).expect("a line");
    let server = line
        .trim()
        .strip_prefix("listening on ")
        .expect("an address")
        .to_owned();
    let id = i32::try_from(child.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    let id = id.expect("a process");
    let logged = |part: &str| {
        let found = wait::until_blocking(Duration::from_secs(10), || {
            let log = files::read(Path::new(&log)).ok()?;
            String::from_utf8_lossy(&log).contains(part).then_some(())
        });
        assert!(found.is_some(), "{part} is logged");
    };
    for (text, said) in [
        (
            "listen = \"127.0.0.1:0\"\nsegment-bites = 5\n",
            format!("{path}:2: unknown field"),
        ),
        ("\n\nlisten = 5\n", format!("{path}:3: invalid type")),
        (
            "segment-bytes = 2097152\n",
            "restart to change these settings".to_owned(),
        ),
    ] {
        files::write(Path::new(&path), text.as_bytes()).expect("a file");
        rustix::process::kill_process(id, rustix::process::Signal::HUP).expect("a signal");
        logged(&said);
        assert_eq!(run(&server, &["status"]).code, Some(0), "it serves on");
    }
    rustix::process::kill_process(id, rustix::process::Signal::TERM).expect("a signal");
    assert!(child.wait().expect("it ends").success());
}
