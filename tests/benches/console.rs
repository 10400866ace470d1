//! What the console costs: 10,000 subscriptions on 100 topics, a new sample each second, one console on a terminal of
//! 120 columns and 36 rows.
//!
//! `cargo bench -p weir-tests --bench console`. It prints a table; the targets are beside the figures. Each is taken
//! twice: while nothing flows, and while each second a message reaches every subscription, so that every row of every
//! sample changes. A frame is measured as an operator sees it: from a key to the last byte of the answer, through
//! the terminal.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark reads the clock and prints"
)]

use std::time::{Duration, Instant};

use anyhow::Context as _;
use weir_proto::v1::{ApplyTopologyRequest, Message, Topic};
use weir_tests::broker::{Broker, Setup, subscription};
use weir_tests::terminal::Terminal;
use weir_tests::wait;

const PROGRAM: &str = env!("CARGO_BIN_EXE_weir-broker-under-test");
const WEIR: &str = env!("CARGO_BIN_EXE_weir-under-test");
const TOPICS: usize = 100;
const OF_A_TOPIC: usize = 100;
const SIZE: (u16, u16) = (120, 36);
/// Starts of the console.
const STARTS: usize = 5;
/// Keys pressed, one after the other.
const KEYS: usize = 200;
/// How long processor time is looked at.
const LOOKED: Duration = Duration::from_secs(20);
/// What is under way when it begins is over after this.
const SETTLED: Duration = Duration::from_secs(3);
/// Whatever takes longer never comes.
const LIMIT: Duration = Duration::from_mins(1);
/// The marks of one change of the screen.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

fn main() -> anyhow::Result<()> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build()?;
    runtime.block_on(measure())
}

async fn measure() -> anyhow::Result<()> {
    println!("| what | nothing flows | all rows change each second | target |");
    println!("| --- | --- | --- | --- |");
    let broker = Broker::start_with(PROGRAM, Setup::large()).await;
    declare(&broker).await?;
    let quiet = figures(&broker).await?;
    let flow = tokio::spawn(flow(broker.client().clone()));
    let busy = figures(&broker).await?;
    flow.abort();
    for (quiet, busy) in quiet.iter().zip(&busy) {
        let Figure {
            what, unit, target, ..
        } = quiet;
        let shown = |figure: &Figure| format!("{:.1} {unit}", figure.value);
        println!("| {what} | {} | {} | {target} |", shown(quiet), shown(busy));
    }
    Ok(())
}

struct Figure {
    what: &'static str,
    value: f64,
    unit: &'static str,
    target: &'static str,
}

fn figure(what: &'static str, value: f64, unit: &'static str, target: &'static str) -> Figure {
    Figure {
        what,
        value,
        unit,
        target,
    }
}

async fn figures(broker: &Broker) -> anyhow::Result<Vec<Figure>> {
    let address = broker.child().address();
    wait::pass(SETTLED).await;
    let before = broker.child().cpu();
    wait::pass(LOOKED).await;
    let alone = percent(broker.child().cpu().saturating_sub(before));
    let starts = (0..STARTS)
        .map(|_| start(address))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let mut starts: Vec<f64> = starts.into_iter().map(|(took, _)| took).collect();
    let (_, mut terminal) = start(address)?;
    wait::pass(SETTLED).await;
    let before = (broker.child().cpu(), terminal.cpu(), terminal.written());
    wait::pass(LOOKED).await;
    let watched = percent(broker.child().cpu().saturating_sub(before.0));
    let console = percent(terminal.cpu().saturating_sub(before.1));
    let written = terminal.bytes().split_off(before.2);
    let mut frames = keys(&mut terminal)?;
    terminal.press("q");
    anyhow::ensure!(terminal.end(LIMIT) == 0, "the console did not end well");
    let milliseconds = "ms";
    Ok(vec![
        figure(
            "first whole frame after the start, median",
            at(&mut starts, 50),
            milliseconds,
            "300 ms",
        ),
        figure(
            "a key until its frame is there, median",
            at(&mut frames, 50),
            milliseconds,
            "16 ms",
        ),
        figure(
            "a key until its frame is there, p95",
            at(&mut frames, 95),
            milliseconds,
            "-",
        ),
        figure("the console's CPU", console, "% of a core", "3 %"),
        figure(
            "the broker's CPU, nobody watches",
            alone,
            "% of a core",
            "-",
        ),
        figure(
            "what the console adds to it",
            watched - alone,
            "% of a core",
            "2 %",
        ),
        figure(
            "bytes drawn in a second",
            written.len() as f64 / LOOKED.as_secs_f64(),
            "B",
            "-",
        ),
        figure(
            "bytes that change nothing",
            idle_bytes(&written) as f64,
            "B",
            "0",
        ),
    ])
}

/// One subscription is not like another only in its name: 100 on each of 100 topics.
async fn declare(broker: &Broker) -> anyhow::Result<()> {
    let topics = (0..TOPICS).map(|topic| Topic {
        name: topic_name(topic),
        retention_bytes: Some(0),
        ..Topic::default()
    });
    let names = (0..TOPICS).flat_map(|topic| (0..OF_A_TOPIC).map(move |own| (topic, own)));
    let subscriptions = names.map(|(topic, own)| {
        subscription(
            &format!("subscription-{topic:02}-{own:02}"),
            &topic_name(topic),
        )
    });
    let admin = broker.client().admin();
    let request = ApplyTopologyRequest {
        topics: topics.collect(),
        ..ApplyTopologyRequest::default()
    };
    admin.apply_topology(request).await?;
    let request = ApplyTopologyRequest {
        subscriptions: subscriptions.collect(),
        ..ApplyTopologyRequest::default()
    };
    admin.apply_topology(request).await?;
    Ok(())
}

fn topic_name(topic: usize) -> String {
    format!("topic-{topic:02}")
}

/// Publishes a message to each topic each second, until it is stopped.
async fn flow(client: weir_proto::client::Client) {
    use weir_proto::client::{Publisher, PublisherOptions};
    let open = |topic| Publisher::open(&client, topic_name(topic), PublisherOptions::default());
    let publishers: Vec<Publisher> = (0..TOPICS).map(open).collect();
    let mut second = tokio::time::interval(Duration::from_secs(1));
    loop {
        second.tick().await;
        for publisher in &publishers {
            let message = Message {
                payload: vec![7; 128].into(),
                ..Message::default()
            };
            if let Ok(confirmation) = publisher.publish(message).await {
                drop(confirmation.await);
            }
        }
    }
}

/// Starts a console; the milliseconds until its numbers are there and the frame is whole.
fn start(address: &str) -> anyhow::Result<(f64, Terminal)> {
    let from = Instant::now();
    let terminal = Terminal::start(WEIR, &["--server", address, "top"], SIZE);
    spin(|| {
        let is_there = |screen: &vt100::Screen| {
            let text = screen.contents();
            text.contains("● live") && text.contains("subscription-") && text.contains("q quit")
        };
        terminal.cells(is_there)
    })
    .context("no first frame")?;
    Ok((from.elapsed().as_secs_f64() * 1e3, terminal))
}

/// Presses keys and waits for the frame of each; the milliseconds.
fn keys(terminal: &mut Terminal) -> anyhow::Result<Vec<f64>> {
    let mut took = Vec::new();
    for key in ["j", "j", "j", "k"].iter().cycle().take(KEYS) {
        let before = terminal.written();
        let from = Instant::now();
        terminal.press(key);
        spin(|| terminal.written() > before && terminal.is_whole()).context("no frame")?;
        took.push(from.elapsed().as_secs_f64() * 1e3);
    }
    Ok(took)
}

/// Waits without sleeping: what is measured takes less than a sleep may.
fn spin(mut is_so: impl FnMut() -> bool) -> Option<()> {
    let from = Instant::now();
    while !is_so() {
        if from.elapsed() > LIMIT {
            return None;
        }
        std::thread::yield_now();
    }
    Some(())
}

/// Bytes outside of changes, and those of changes in which no cell is drawn.
fn idle_bytes(written: &[u8]) -> usize {
    let find = |from: usize, mark: &[u8]| {
        let rest = written.get(from..)?;
        let place = rest.windows(mark.len()).position(|window| window == mark)?;
        Some(from + place)
    };
    // What was under way when it began belongs to a frame.
    let (mut idle, mut at) = (0, find(0, BEGIN).unwrap_or(written.len()));
    while let Some(end) = find(at, END) {
        let drawn = &written[at + BEGIN.len()..end];
        if drawn.is_empty() {
            idle += BEGIN.len() + END.len();
        }
        let after = end + END.len();
        at = find(after, BEGIN).unwrap_or(written.len());
        idle += at - after;
    }
    idle
}

fn percent(used: Duration) -> f64 {
    used.as_secs_f64() / LOOKED.as_secs_f64() * 100.0
}

/// The value below which so many of a hundred are.
fn at(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (values.len() * percent / 100).min(values.len().saturating_sub(1));
    values.get(place).copied().unwrap_or(f64::NAN)
}
