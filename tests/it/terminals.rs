//! The operator's program on a real terminal: what it draws, how it leaves, what it asks.

use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use tonic::Code;
use weir_proto::client::{Options, SubscribeOptions, Subscriber};
use weir_proto::v1::{ErrorReason, Message, NackAction, NackOptions};
use weir_tests::broker::{Broker, eager, message, subscription};
use weir_tests::drawn::check_only_draws;
use weir_tests::refusals::refused;
use weir_tests::terminal::Terminal;

use crate::broker;

/// The operator's program.
pub(crate) const WEIR: &str = env!("CARGO_BIN_EXE_weir-under-test");
pub(crate) const SOON: Duration = Duration::from_secs(10);
/// How long leaving may take.
const QUIT: Duration = Duration::from_secs(1);
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 60)];

fn top(address: &str, size: (u16, u16)) -> Terminal {
    Terminal::start(WEIR, &["--server", address, "top"], size)
}

fn check_quits(terminal: &mut Terminal, limit: Duration) {
    terminal.press("q");
    let code = terminal.end(limit);
    assert_eq!(code, 0, "{}", terminal.screen());
    terminal.until("the main screen", SOON, |_| terminal.is_restored());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_dashboard_shows_the_broker_at_each_size_and_q_gives_the_terminal_back() {
    let broker = broker().await;
    broker.topic("orders").await;
    broker.subscription(subscription("billing", "orders")).await;
    broker.publish_texts("orders", &["a", "b", "c"]).await;
    for (columns, rows) in SIZES {
        let mut terminal = top(broker.child().address(), (columns, rows));
        let screen = terminal.until("the row", SOON, |screen| {
            screen.contains("● live") && screen.contains("› ") && screen.contains("billing")
        });
        let lines: Vec<&str> = screen.lines().collect();
        assert!(lines[0].trim_start().starts_with("weir "), "{screen}");
        assert!(lines[0].contains(broker.child().address()), "{screen}");
        let is_row = |line: &&&str| line.contains("billing") && line.contains("orders");
        let row = lines.iter().find(is_row).expect("the subscription's row");
        assert!(row.split_whitespace().any(|word| word == "3"), "{row}");
        assert_eq!(lines.len(), usize::from(rows), "the screen is filled");
        assert!(lines[lines.len() - 1].contains("q quit"), "{screen}");
        assert!(!terminal.is_restored(), "the terminal is taken");
        check_quits(&mut terminal, QUIT);
        check_only_draws(&terminal.bytes());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_dashboard_gives_the_terminal_back_however_it_is_ended() {
    let broker = broker().await;
    let address = broker.child().address();
    for how in ["\u{3}", "TERM", "HUP"] {
        let mut terminal = top(address, SIZES[0]);
        terminal.until("live", SOON, |screen| screen.contains("● live"));
        match how {
            "TERM" => terminal.signal(Signal::TERM),
            "HUP" => terminal.signal(Signal::HUP),
            keys => terminal.press(keys),
        }
        terminal.end(SOON);
        terminal.until("the main screen", SOON, |_| terminal.is_restored());
        check_only_draws(&terminal.bytes());
    }
}

/// Clears, renames, copies, hides and turns round, if a terminal were to believe it.
const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{1b}]52;c;eA==\u{7}\u{9b}31m\u{202e}live";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_strangers_say_draws_no_escape() {
    let broker = broker().await;
    broker.topic("t").await;
    broker.subscription(eager("s", "t", 1)).await;
    broker
        .publish("t", vec![message(HOSTILE), message(HOSTILE)])
        .await;
    let options = SubscribeOptions {
        consumer: HOSTILE.to_owned(),
        ..SubscribeOptions::to("s")
    };
    let client = broker.another_client().await;
    let mut consumer = Subscriber::open(&client, options).await.unwrap();
    consumer.next().await.unwrap().nack(NackOptions {
        action: NackAction::Dead.into(),
        reason: HOSTILE.to_owned(),
        error_class: HOSTILE.to_owned(),
        ..NackOptions::default()
    });
    let address = broker.child().address();
    let mut terminal = top(address, SIZES[1]);
    terminal.until("its row", SOON, |screen| screen.contains('›'));
    terminal.press("\r");
    terminal.until("its consumer", SOON, |screen| screen.contains("\\x1b[2J"));
    terminal.press("q");
    check_quits(&mut terminal, QUIT);
    check_only_draws(&terminal.bytes());
    for arguments in [
        &["sub", "peek", "s"][..],
        &["dlq", "peek", "s"],
        &["topic", "peek", "t"],
        &["sub", "get", "s"],
        &["sub", "ls"],
    ] {
        let arguments = [&["--server", address], arguments].concat();
        let mut terminal = Terminal::start(WEIR, &arguments, SIZES[2]);
        assert_eq!(terminal.end(SOON), 0, "{arguments:?}");
        check_only_draws(&terminal.bytes());
    }
    drop(consumer);
}

#[test]
fn the_demo_plays_on_a_terminal_and_leaves_it_as_it_was() {
    let mut terminal = Terminal::start(WEIR, &["demo", "--seed", "1"], SIZES[1]);
    terminal.until("the demo", SOON, |screen| {
        screen.contains("weir demo") && screen.contains("● live")
    });
    // With its broker it must be over within a second; a busy machine may need a little more.
    check_quits(&mut terminal, 2 * QUIT);
    check_only_draws(&terminal.bytes());
}

/// A broker whose subscription `s` holds two dead messages.
async fn with_dead() -> Broker {
    let broker = broker().await;
    broker.topic("t").await;
    broker.subscription(eager("s", "t", 1)).await;
    broker.publish("t", vec![Message::default(); 2]).await;
    let options = Options::to(broker.child().address());
    let client = weir_proto::client::Client::connect(options).await.unwrap();
    let mut consumer = Subscriber::open(&client, SubscribeOptions::to("s"))
        .await
        .unwrap();
    for _ in 0..2 {
        consumer.next().await.unwrap().nack(NackOptions::default());
    }
    consumer.close().await.unwrap();
    weir_tests::wait::until("both are dead", SOON, async || {
        (broker.stats("s").await.dead == 2).then_some(())
    })
    .await;
    broker
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_requeue_asks_on_a_terminal_and_does_what_is_answered() {
    let broker = with_dead().await;
    let address = broker.child().address();
    let arguments = ["--server", address, "dlq", "requeue", "s", "--all"];
    for (answer, code, left) in [("n\r", 4, 2), ("\r", 4, 2), ("y\r", 0, 0)] {
        let mut terminal = Terminal::start(WEIR, &arguments, SIZES[0]);
        let question = "Requeue 2 dead messages of s? [y/N]";
        let screen = terminal.until("the question", SOON, |screen| screen.contains(question));
        assert!(screen.contains("consumers will get them again"), "{screen}");
        terminal.press(answer);
        assert_eq!(terminal.end(SOON), code, "{}", terminal.screen());
        let stats = broker.stats("s").await;
        assert_eq!((stats.dead, stats.ready), (left, 2 - left), "{answer:?}");
    }
}

/// Runs a command on a terminal and answers its question; its exit code.
fn answer(address: &str, words: &[&str], (question, answer): (&str, &str)) -> u32 {
    let arguments = [&["--server", address], words].concat();
    let mut terminal = Terminal::start(WEIR, &arguments, SIZES[0]);
    let screen = terminal.until("the question", SOON, |screen| screen.contains(question));
    assert!(screen.contains("  undo       "), "{screen}");
    terminal.press(answer);
    let code = terminal.end(SOON);
    terminal.until("the terminal as it was", SOON, |_| terminal.is_restored());
    code
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_loses_messages_asks_and_only_a_yes_does_it() {
    let broker = with_dead().await;
    let address = broker.child().address();
    let all = [
        (
            &["dlq", "discard", "s", "--all"][..],
            "Discard 2 dead messages of s? [y/N]",
        ),
        (&["sub", "rm", "s"], "Delete the subscription s? [y/N]"),
        (
            &["topic", "rm", "t", "--with-subscriptions"],
            "Delete the topic t? [y/N]",
        ),
    ];
    // An empty line, the end of the input, and what is not quite a yes are no.
    for said in ["n\r", "\r", "\u{4}", "yes please\r"] {
        for (words, question) in all {
            assert_eq!(answer(address, words, (question, said)), 4, "{words:?}");
        }
    }
    let [(purge, purges), (rm, removes), (drop, drops)] = all;
    // Ctrl-C ends it before it has done anything.
    assert_ne!(answer(address, purge, (purges, "\u{3}")), 0);
    assert_eq!(broker.stats("s").await.dead, 2, "nothing was done");
    assert_eq!(answer(address, purge, (purges, "y\r")), 0);
    assert_eq!(broker.stats("s").await.dead, 0);
    assert_eq!(answer(address, rm, (removes, "YES\r")), 0);
    let admin = broker.client().admin();
    let gone = admin.get_subscription("s").await;
    refused(gone, Code::NotFound, ErrorReason::SubscriptionNotFound);
    assert_eq!(answer(address, drop, (drops, "y\r")), 0);
    let gone = admin.get_topic("t").await;
    refused(gone, Code::NotFound, ErrorReason::TopicNotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_terminal_a_requeue_shows_its_plan_and_refuses_unless_told_yes() {
    let broker = with_dead().await;
    let run = |more: &[&str]| {
        let mut command = Command::new(WEIR);
        command.args(["--server", broker.child().address()]);
        command.args(["dlq", "requeue", "s", "--all"]).args(more);
        command.stdin(Stdio::null()).output().unwrap()
    };
    let refused = run(&[]);
    let plan = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(4), "{plan}");
    assert!(refused.stdout.is_empty());
    assert!(plan.contains("puts 2 dead messages of s back"), "{plan}");
    assert_eq!(broker.stats("s").await.dead, 2, "nothing was done");
    let done = run(&["--yes"]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let stats = broker.stats("s").await;
    assert_eq!((stats.dead, stats.ready), (0, 2));
}
