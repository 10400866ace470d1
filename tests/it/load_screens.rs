//! The live screen of `weir load run` on a real terminal: what it shows, how it is left, and what stays on the normal
//! screen and on the broker.

use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use weir_tests::broker::{Broker, directory, subscription};
use weir_tests::drawn::{check_frame, check_only_draws};
use weir_tests::figures::figure;
use weir_tests::files;
use weir_tests::terminal::Terminal;

use crate::broker;
use crate::command_line::run;
use crate::terminals::{SOON, WEIR};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 60)];
/// What takes the alternate screen.
const TAKES: &str = "\u{1b}[?1049h";

/// A run of ten minutes, which nobody waits for.
fn start(broker: &Broker, more: &[&str], size: (u16, u16)) -> Terminal {
    start_with(&[], broker, more, size)
}

/// The same with variables of its environment.
fn start_with(
    variables: &[(&str, &str)],
    broker: &Broker,
    more: &[&str],
    size: (u16, u16),
) -> Terminal {
    let address = broker.child().address();
    let words = ["--server", address, "load", "run", "bench", "--rate", "300"];
    let long = ["--warm-up", "0s", "--duration", "10m"];
    let words = [&words[..], &long, more].concat();
    Terminal::start_with(variables, WEIR, &words, size)
}

/// Presses keys and waits until something is seen that they bring about, or until it is gone.
fn press_until_seen(terminal: &mut Terminal, keys: &str, what: &str) -> String {
    terminal.press(keys);
    terminal.until(what, SOON, |screen| screen.contains(what))
}

fn press_until_gone(terminal: &mut Terminal, keys: &str, what: &str) -> String {
    terminal.press(keys);
    terminal.until(&format!("no {what}"), SOON, |screen| !screen.contains(what))
}

/// Waits until latencies are measured and the broker has told of the lag, in one frame.
fn until_measured(terminal: &Terminal) -> String {
    terminal.until("latencies and the lag", SOON, |screen| {
        let row = screen
            .lines()
            .find(|line| line.contains("publish → consume"));
        let is_measured = row.is_some_and(|row| row.contains("ms"));
        is_measured && screen.contains("● live") && screen.contains("drain   ")
    })
}

fn check_restored(terminal: &Terminal) {
    terminal.until("the main screen", SOON, |_| terminal.is_restored());
    check_only_draws(&terminal.bytes());
}

/// Nothing of the run is left on the broker.
fn check_cleared(broker: &Broker) {
    for list in ["topic", "sub"] {
        let left = run(broker.child().address(), &[list, "ls", "-o", "name"]);
        assert_eq!(left.stdout, "", "{list}: {}", left.stderr);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_test_is_seen_live_and_q_ends_it_with_what_was_measured() {
    for size in SIZES {
        let broker = broker().await;
        let mut terminal = start(&broker, &[], size);
        let screen = until_measured(&terminal);
        assert!(screen.contains("measuring"), "{screen}");
        assert!(screen.contains("300/s constant"), "{screen}");
        assert!(screen.contains("duplicates 0  out of order 0"), "{screen}");
        assert_eq!(screen.lines().count(), usize::from(size.1), "{screen}");
        terminal.cells(check_frame);
        press_until_seen(&mut terminal, "?", "Keys of the load test");
        press_until_gone(&mut terminal, "q", "Keys of the load test");
        press_until_seen(&mut terminal, "p", "frozen");
        press_until_gone(&mut terminal, "p", "frozen");
        terminal.press("q");
        assert_eq!(terminal.end(SOON), 0, "{}", terminal.screen());
        let screen = terminal.until("the summary", SOON, |screen| {
            screen.contains("ended early") && screen.contains("lost 0, duplicates 0")
        });
        assert!(screen.contains("run on bench (durable)"), "{screen}");
        assert!(screen.contains("due to consumed    p50"), "{screen}");
        check_restored(&terminal);
        check_cleared(&broker);
    }
}

/// The rate at which the screen says that messages were published in the last seconds.
fn published(screen: &str) -> Option<f64> {
    let line = screen.lines().find(|line| line.contains("│ published  "))?;
    let (_, figures) = line.split_once("│ published  ")?;
    figures
        .split_whitespace()
        .next()?
        .strip_suffix("/s")?
        .parse()
        .ok()
}

/// What a run of which the rate was raised has written, before and after it was lowered again.
fn check_exported(home: &Path) {
    let read = |name: &str| {
        let bytes = files::read(&home.join(name)).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    for (name, changes) in [("weir-load-1.json", 1), ("weir-load-2.json", 2)] {
        let result: serde_json::Value = serde_json::from_str(&read(name)).unwrap();
        let told = result["rate_changes"].as_array().unwrap();
        assert_eq!(told.len(), changes, "{result:#}");
        assert_eq!(
            (&told[0]["from"], &told[0]["to"]),
            (&json!(300.0), &json!(400.0))
        );
        assert_eq!(result["in_progress"], json!(true));
        assert!(
            result["uncorrected_latency_seconds"]["p99"].is_f64(),
            "{result:#}"
        );
    }
    assert!(
        read("weir-load-1.csv")
            .lines()
            .last()
            .unwrap()
            .contains(",400.0,")
    );
    assert!(read("weir-load-1.consume.hgrm").contains("#[Mean"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plus_raises_the_rate_of_a_run_and_its_result_says_when() {
    let broker = broker().await;
    // A program on a terminal begins in its home directory, and writes there.
    let home = directory(false);
    let home_path = home.path().to_str().unwrap();
    let stored = home.path().join("before.json");
    let result = run(
        broker.child().address(),
        &[
            "load",
            "run",
            "--rate",
            "100",
            "--warm-up",
            "0s",
            "--duration",
            "500ms",
            "-o",
            "json",
        ],
    );
    files::write(&stored, result.stdout.as_bytes()).unwrap();
    let baseline = ["--baseline", stored.to_str().unwrap()];
    let mut terminal = start_with(&[("HOME", home_path)], &broker, &baseline, SIZES[1]);
    let screen = until_measured(&terminal);
    assert!(screen.contains("P99 vs before"), "{screen}");
    assert!(!screen.contains("rate changed"), "{screen}");
    let screen = press_until_seen(&mut terminal, "+", "400/s constant");
    assert!(
        screen.contains("asked for 400/s instead of 300/s"),
        "{screen}"
    );
    let limit = Duration::from_secs(30);
    let screen = terminal.until("more is published", limit, |screen| {
        published(screen).is_some_and(|rate| rate > 370.0)
    });
    assert!(screen.contains("rate changed"), "{screen}");
    press_until_gone(&mut terminal, "b", "P99 vs before");
    press_until_seen(&mut terminal, "u", "uncorrected: since sent");
    press_until_seen(&mut terminal, "e", "weir-load-1.json .csv .hgrm are in");
    press_until_seen(&mut terminal, "-", "300/s constant");
    press_until_seen(&mut terminal, "e", "weir-load-2.json .csv .hgrm are in");
    terminal.press("q");
    assert_eq!(terminal.end(SOON), 0, "{}", terminal.screen());
    terminal.until("the summary", SOON, |screen| {
        screen.contains("the rate was changed from 300/s to 400/s at")
            && screen.contains("the rate was changed from 400/s to 300/s at")
            && screen.contains("lost 0, duplicates 0")
    });
    check_restored(&terminal);
    check_exported(home.path());
    check_cleared(&broker);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_test_gives_the_terminal_back_and_cleans_up_however_it_is_ended() {
    let broker = broker().await;
    for how in ["\u{3}", "TERM", "INT", "HUP"] {
        let mut terminal = start(&broker, &[], SIZES[0]);
        until_measured(&terminal);
        match how {
            "TERM" => terminal.signal(Signal::TERM),
            "INT" => terminal.signal(Signal::INT),
            "HUP" => terminal.signal(Signal::HUP),
            keys => terminal.press(keys),
        }
        assert_eq!(terminal.end(SOON), 130, "{how:?}: {}", terminal.screen());
        check_restored(&terminal);
        check_cleared(&broker);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_load_test_gives_the_terminal_back_until_it_goes_on() {
    let broker = broker().await;
    let mut terminal = start(&broker, &[], SIZES[1]);
    until_measured(&terminal);
    for round in 0..figure(2, 20) {
        if round % 2 == 0 {
            terminal.press("\u{1a}");
        } else {
            terminal.signal(Signal::TSTP);
        }
        terminal.until("the main screen", SOON, |_| terminal.is_restored());
        terminal.signal(Signal::CONT);
        terminal.until("the screen again", SOON, |screen| {
            !terminal.is_restored()
                && screen.contains("Latency")
                && screen.contains("q end the run")
        });
    }
    terminal.press("q");
    assert_eq!(terminal.end(SOON), 0, "{}", terminal.screen());
    check_restored(&terminal);
    check_cleared(&broker);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_consumers_have_not_taken_is_left_behind_by_a_second_q() {
    let broker = broker().await;
    broker.topic("bench").await;
    broker.subscription(subscription("other", "bench")).await;
    // One consumer that takes a second for each message would need minutes for the rest.
    let slow = ["--handle", "1s", "--outstanding", "10"];
    let mut terminal = start(&broker, &slow, SIZES[1]);
    let screen = terminal.until("the lag", SOON, |screen| {
        screen.contains("in flight") && screen.contains("1 consumer")
    });
    assert!(screen.contains("Depth"), "{screen}");
    terminal.press("q");
    terminal.until("the rest", SOON, |screen| {
        screen.contains("taking the rest") && screen.contains("q again leaves")
    });
    terminal.press("q");
    assert_eq!(terminal.end(SOON), 0, "{}", terminal.screen());
    let screen = terminal.until("the summary", SOON, |screen| {
        screen.contains("left behind") && screen.contains("lost 0")
    });
    assert!(screen.contains("ended early"), "{screen}");
    check_restored(&terminal);
    let left = run(broker.child().address(), &["sub", "ls", "-o", "name"]);
    assert_eq!(left.stdout, "other\n", "the run's own subscription is gone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asks_for_lines_or_data_gets_no_screen() {
    let broker = broker().await;
    let address = broker.child().address();
    let words = ["--server", address, "load", "run", "--rate", "200"];
    let short = ["--warm-up", "0s", "--duration", "700ms"];
    for (more, said) in [
        (&["--text"][..], "lost 0, duplicates 0"),
        (&["-o", "json"], "\"generator_limited\""),
        (&["-q"], "lost 0, duplicates 0"),
    ] {
        let words = [&words[..], &short, more].concat();
        let mut terminal = Terminal::start(WEIR, &words, SIZES[1]);
        assert_eq!(
            terminal.end(Duration::from_secs(30)),
            0,
            "{}",
            terminal.screen()
        );
        let drawn = String::from_utf8_lossy(&terminal.bytes()).into_owned();
        terminal.until("the result", SOON, |_| {
            String::from_utf8_lossy(&terminal.bytes()).contains(said)
        });
        assert!(!drawn.contains(TAKES), "{more:?}: {drawn}");
        check_restored(&terminal);
    }
}
