//! What the broker takes and how soon it is there: memory when idle and with a backlog of ten million, and the
//! time from its start to the first message with one and with ten million.
//!
//! `cargo bench -p weir-tests --bench footprint`. It prints a table; the targets are beside the figures.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use weir_proto::client::{Publisher, PublisherOptions};
use weir_proto::v1::Message;
use weir_tests::broker::{Broker, Setup};
use weir_tests::wait;

const PROGRAM: &str = env!("CARGO_BIN_EXE_weir-broker-under-test");
const MILLION: usize = 1_000_000;
const PAYLOAD: usize = 128;
const BATCH: usize = 1_000;
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
    broker.pair().await;
    publish(&broker, MILLION).await?;
    row("memory, 1 M", &mib(broker.rss()), "-");
    restart(&mut broker, "1 M", "1 s").await;
    publish(&broker, 9 * MILLION).await?;
    row("memory, 10 M", &mib(broker.rss()), "400 MiB");
    restart(&mut broker, "10 M", "5 s").await;
    row("memory, 10 M, started again", &mib(broker.rss()), "400 MiB");
    broker.stop();
    Ok(())
}

async fn publish(broker: &Broker, count: usize) -> anyhow::Result<()> {
    let options = PublisherOptions::default();
    let publisher = Publisher::open(broker.client(), "t", options);
    let message = Message {
        payload: vec![7; PAYLOAD].into(),
        ..Message::default()
    };
    for _ in 0..count / BATCH {
        drop(
            publisher
                .publish_batch(vec![message.clone(); BATCH])
                .await?,
        );
    }
    Ok(publisher.close().await?)
}

/// The time from the start of the process to the first message, after a clean stop and after a kill.
async fn restart(broker: &mut Broker, what: &str, target: &str) {
    for how in ["stop", "kill"] {
        if how == "stop" {
            broker.stop();
        } else {
            broker.kill();
        }
        let start = async {
            broker.start_again().await;
            broker.pull_all("s", 1).await
        };
        let (_, took) = wait::timed(start).await;
        row(
            &format!("first message, {what}, after a {how}"),
            &format!("{took:.2?}"),
            target,
        );
    }
}

fn mib(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / MIB as f64)
}

fn row(what: &str, figure: &str, target: &str) {
    println!("| {what} | {figure} | {target} |");
}
