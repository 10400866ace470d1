//! Many topics: 10,000 with a subscription each, created through the API; then memory, lists, declarations, restarts.
//!
//! `cargo bench -p weir-tests --bench topics`. It prints a table; the targets are beside the figures.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use std::future::Future;
use std::time::Duration;

use tokio::task::JoinSet;
use weir_proto::client::{Admin, Error, Watcher};
use weir_proto::v1::{
    ApplyTopologyRequest, GetStatsRequest, StartPosition, Topic, WatchRequest, WatchWindow,
};
use weir_tests::broker::{Broker, Setup, subscription};
use weir_tests::wait;

const PROGRAM: &str = env!("CARGO_BIN_EXE_weir-broker-under-test");
const TOPICS: usize = 10_000;
/// Creations under way at one time.
const WIDTH: usize = 64;
/// How long the memory is looked at while the samples of each second are made.
const WATCHED: Duration = Duration::from_secs(5);
/// How long its processor time is measured.
const LOOKED: Duration = Duration::from_secs(10);
const MIB: u64 = 1 << 20;

fn main() -> anyhow::Result<()> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build()?;
    runtime.block_on(measure())
}

async fn measure() -> anyhow::Result<()> {
    println!("| what | figure | target |\n| --- | --- | --- |");
    let mut broker = Broker::start_with(PROGRAM, Setup::large()).await;
    row("memory, idle", &mib(broker.rss()), "20 MiB");
    let admin = broker.client().admin();
    let (created, took) = wait::timed(create(&admin)).await;
    created?;
    row(
        "10,000 topics with a subscription each",
        &format!("{took:.2?}"),
        "5 s",
    );
    row("memory", &mib(broker.rss()), "150 MiB");
    look(&broker, "memory, samples made each second").await;
    watch(&broker).await;
    let (numbers, took) =
        wait::timed(broker.client().stats().get(GetStatsRequest::default())).await;
    let rows = numbers?.subscriptions.len();
    row(
        &format!("the numbers of {rows}"),
        &format!("{took:.2?}"),
        "-",
    );
    let (listed, took) = wait::timed(admin.all_subscriptions(None)).await;
    row(
        &format!("all {}, in pages", listed?.len()),
        &format!("{took:.2?}"),
        "-",
    );
    let (exported, took) = wait::timed(admin.export_topology()).await;
    let exported = exported?;
    row("exported", &format!("{took:.2?}"), "-");
    for how in ["stop", "kill"] {
        if how == "stop" {
            broker.stop();
        } else {
            broker.kill();
        }
        let ((), took) = wait::timed(broker.start_again()).await;
        row(
            &format!("started again after a {how}"),
            &format!("{took:.2?}"),
            "-",
        );
        look(&broker, "memory, started again").await;
    }
    broker.stop();
    declare(&exported).await
}

/// What a console that watches costs the broker: nothing, a window of 50 rows in order of their backlog, everything.
async fn watch(broker: &Broker) {
    let window = || WatchWindow {
        order_by: "backlog desc".to_owned(),
        limit: 50,
        ..WatchWindow::default()
    };
    let windows = WatchRequest {
        subscriptions: Some(window()),
        topics: Some(window()),
    };
    for (what, request) in [
        ("nobody watches", None),
        ("a window of 50 is watched", Some(windows)),
        ("everything is watched", Some(WatchRequest::default())),
    ] {
        let watcher = request.map(|request| Watcher::start(broker.client(), request));
        wait::pass(Duration::from_secs(2)).await;
        let before = broker.child().cpu();
        wait::pass(LOOKED).await;
        let cores =
            broker.child().cpu().saturating_sub(before).as_secs_f64() / LOOKED.as_secs_f64();
        let shown = watcher.map_or(0, |watcher| watcher.observed().numbers.subscriptions.len());
        row(
            &format!("broker's CPU, {what} ({shown} rows)"),
            &format!("{:.1} % of a core", cores * 100.0),
            "-",
        );
    }
}

/// The same on an empty broker as a declaration, in two requests, and the same again.
async fn declare(
    (topics, subscriptions): &(Vec<Topic>, Vec<weir_proto::v1::Subscription>),
) -> anyhow::Result<()> {
    let mut broker = Broker::start_with(PROGRAM, Setup::large()).await;
    let admin = broker.client().admin();
    for what in ["declared", "declared again"] {
        let all = async {
            let of_topics = ApplyTopologyRequest {
                topics: topics.clone(),
                ..ApplyTopologyRequest::default()
            };
            admin.apply_topology(of_topics).await?;
            let of_subscriptions = ApplyTopologyRequest {
                subscriptions: subscriptions.clone(),
                ..ApplyTopologyRequest::default()
            };
            admin.apply_topology(of_subscriptions).await
        };
        let (applied, took) = wait::timed(all).await;
        let changed = applied?.subscriptions.len();
        row(
            &format!("{what}: {changed} subscriptions changed"),
            &format!("{took:.2?}"),
            "-",
        );
    }
    broker.stop();
    Ok(())
}

/// Creates all, so many at one time.
async fn create(admin: &Admin) -> Result<(), Error> {
    let mut tasks: JoinSet<Result<(), Error>> = JoinSet::new();
    for first in 0..WIDTH {
        let admin = admin.clone();
        tasks.spawn(async move {
            for index in (first..TOPICS).step_by(WIDTH) {
                let name = format!("topic-{index:05}");
                let topic = Topic {
                    name: name.clone(),
                    ..Topic::default()
                };
                admin.create_topic(topic).await?;
                let one = subscription(&format!("subscription-{index:05}"), &name);
                admin
                    .create_subscription(one, StartPosition::Latest)
                    .await?;
            }
            Ok(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
    }
    Ok(())
}

/// The most memory within a few samples.
async fn look(broker: &Broker, what: &str) {
    let mut most = 0;
    let watched = async {
        loop {
            most = most.max(broker.rss());
            tokio::task::yield_now().await;
            drop(broker.client().stats().get(one()).await);
        }
    };
    within(WATCHED, watched).await;
    row(what, &mib(most), "150 MiB");
}

fn one() -> GetStatsRequest {
    GetStatsRequest {
        subscription: "subscription-00000".to_owned(),
        ..GetStatsRequest::default()
    }
}

async fn within(limit: Duration, work: impl Future<Output = ()>) {
    drop(tokio::time::timeout(limit, work).await);
}

fn mib(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / MIB as f64)
}

fn row(what: &str, figure: &str, target: &str) {
    println!("| {what} | {figure} | {target} |");
}
