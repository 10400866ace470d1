//! Weir at the same works: its own load test against its own broker, each a program, as people run them.

use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::Value;
use weir_proto::v1::publisher_client::PublisherClient;
use weir_proto::v1::{Message, PublishRequest};
use weir_tests::broker::{Broker, Setup};

use crate::calls;
use crate::feed::payload;
use crate::table::{Figures, Row};

const BROKER: &str = env!("CARGO_BIN_EXE_weir-broker-under-test");
const PROGRAM: &str = env!("CARGO_BIN_EXE_weir-under-test");
pub(crate) const NAME: &str = "Weir";

/// All works.
pub(crate) async fn all(figures: &mut Figures) -> anyhow::Result<()> {
    let mut broker = Broker::start_with(BROKER, Setup::large()).await;
    let address = broker.child().address().to_owned();
    let run_here = |arguments: &[&str]| run(&[&["--server", &address], arguments].concat());

    let rate = |result: &Value| result["rate"].as_f64().context("no rate");
    figures.note(Row::Publish, NAME, rate(&run_here(&["--profile", "w1"])?)?);
    let large = run_here(&["--profile", "w1", "--size", "1KiB"])?;
    figures.note(Row::PublishKib, NAME, rate(&large)?);
    figures.note(Row::Drain, NAME, rate(&run_here(&["--profile", "w2"])?)?);
    let paced = run_here(&["--profile", "w3"])?;
    for (row, part) in [(Row::LatencyHalf, "p50"), (Row::LatencyMost, "p99")] {
        let seconds = paced["latency_seconds"][part].as_f64();
        figures.note(row, NAME, seconds.context("no latency")? * 1e3);
    }
    figures.note(Row::Together, NAME, rate(&run_here(&["--profile", "w4"])?)?);
    let keys = ["--profile", "w4", "--keys", "2500", "--consumers", "8"];
    figures.note(Row::Keyed, NAME, rate(&run_here(&keys)?)?);
    unary(&broker, figures).await?;
    broker.stop();

    let measured = |result: &Value, name: &str| {
        let figure = result["measured"][name].as_f64();
        figure.with_context(|| format!("no {name}"))
    };
    let start = run_alone(&["--profile", "w5"])?;
    let first = measured(&start, "start_to_first_message_seconds")?;
    figures.note(Row::Start, NAME, first);
    // What a topic takes is asked of a broker that does nothing else, as of the others.
    let mut broker = Broker::start_with(BROKER, Setup::large()).await;
    let many = run(&["--server", broker.child().address(), "--profile", "w6"])?;
    broker.stop();
    figures.note(Row::ManyPublish, NAME, rate(&many)?);
    let each = measured(&many, "rss_bytes_per_topic")?;
    figures.note(Row::ManyMemory, NAME, each / 1024.0);
    Ok(())
}

fn run_alone(arguments: &[&str]) -> anyhow::Result<Value> {
    run(&[arguments, &["--embedded"]].concat())
}

/// The result of one load test, in which nothing was lost.
fn run(arguments: &[&str]) -> anyhow::Result<Value> {
    let mut command = Command::new(PROGRAM);
    command
        .args(["load", "run", "-q", "-o", "json"])
        .args(arguments);
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{arguments:?}: {said}");
    let result: Value = serde_json::from_slice(&output.stdout)?;
    ensure!(result["lost"] == 0, "{arguments:?} lost messages");
    Ok(result)
}

/// Single messages by unary calls, each durable when it is answered.
async fn unary(broker: &Broker, figures: &mut Figures) -> anyhow::Result<()> {
    broker.pair().await;
    let channel = broker.channel().await;
    let stub = PublisherClient::new(channel);
    calls::count(NAME, figures, move |count| {
        let mut stub = stub.clone();
        async move {
            let message = Message {
                payload: payload(count, 128).into(),
                ..Message::default()
            };
            let request = PublishRequest {
                topic: "t".to_owned(),
                messages: vec![message],
                ..PublishRequest::default()
            };
            stub.publish(request).await?;
            Ok(())
        }
    })
    .await
}
