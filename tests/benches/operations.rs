//! What acts on a million dead messages and on a backlog of ten million cost, and what they cost others.
//!
//! `cargo bench -p weir-tests --bench operations`. It prints a table; the targets are beside the figures. Latency of
//! another subscription is measured from when each message was due to be published, quiet and while a requeue and its
//! undo run, so that a stall counts for each message that it holds up.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark reads the clock and prints"
)]

use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use weir_proto::client::{Client, Publisher, PublisherOptions, SubscribeOptions, Subscriber};
use weir_proto::v1::{
    ApplyRequest, GroupDeadLettersRequest, Message, NackAction, NackChange, NackOptions, Operation,
    OperationAct, PlanRequest, Selection,
};
use weir_tests::broker::{Broker, Setup, eager, subscription};
use weir_tests::wait;

const PROGRAM: &str = env!("CARGO_BIN_EXE_weir-broker-under-test");
const DEAD: usize = 1_000_000;
const BACKLOG: usize = 10_000_000;
const BATCH: usize = 1_000;
/// Messages that die together, of five reasons in turn.
const DYING: usize = 10_000;
const REASONS: usize = 5;
/// One message of the other subscription each.
const PACE: Duration = Duration::from_millis(2);
const QUIET: Duration = Duration::from_secs(5);
const MIB: f64 = 1_048_576.0;

fn main() -> anyhow::Result<()> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build()?;
    println!("| what | figure | target |\n| --- | --- | --- |");
    runtime.block_on(async {
        Box::pin(dead()).await?;
        Box::pin(backlog()).await
    })
}

async fn dead() -> anyhow::Result<()> {
    let mut broker = Broker::start_with(PROGRAM, Setup::large()).await;
    broker.pair_with(eager("s", "t", 1)).await;
    broker.topic("live").await;
    broker.subscription(subscription("live", "live")).await;
    publish(&broker, DEAD).await?;
    kill(&broker).await?;
    let client = broker.client().clone();
    let operator = client.operator();
    let before = broker.rss();
    let asked = GroupDeadLettersRequest {
        subscription: "s".to_owned(),
        ..GroupDeadLettersRequest::default()
    };
    let (groups, took) = wait::timed(operator.group_dead_letters(asked)).await;
    let groups = groups?;
    anyhow::ensure!(groups.total_count == DEAD as u64, "{}", groups.total_count);
    row("groups of 1 M dead", &seconds(took), "1 s");
    let fingerprint = groups.groups[0].fingerprint.clone();
    let filtered = Selection {
        fingerprint,
        ..Selection::default()
    };
    let planned = Box::pin(operator.plan(request(OperationAct::Requeue, filtered)));
    let (plan, took) = wait::timed(planned).await;
    row(
        &format!("plan of a requeue of one group, {} of 1 M", plan?.affected),
        &seconds(took),
        "2 s",
    );
    let quiet = probe(&client).stop_after(QUIET).await?;
    let busy = probe(&client);
    let (peak, mut requeues, mut undos) = Box::pin(to_and_fro(&broker)).await?;
    let busy = busy.stop_after(Duration::ZERO).await?;
    row(
        "requeue of all, unthrottled, median",
        &rate(DEAD, &mut requeues),
        "200,000/s",
    );
    row("its undo, median", &rate(DEAD, &mut undos), "200,000/s");
    let growth = peak.saturating_sub(before) as f64 / MIB;
    row(
        "memory beyond that of 1 M dead",
        &format!("{growth:.0} MiB"),
        "150 MiB",
    );
    let factor = format!(
        "{:.2} ms quiet, {:.2} ms, × {:.1}",
        quiet.as_secs_f64() * 1e3,
        busy.as_secs_f64() * 1e3,
        busy.as_secs_f64() / quiet.as_secs_f64()
    );
    row(
        "p99 of another, publish to delivery, meanwhile",
        &factor,
        "× 5",
    );
    broker.stop();
    Ok(())
}

/// Requeues all dead messages and takes it back, for a while: the peak of the memory, and how long each took.
async fn to_and_fro(broker: &Broker) -> anyhow::Result<(u64, Vec<Duration>, Vec<Duration>)> {
    let client = broker.client();
    let (begun, mut peak) = (Instant::now(), 0);
    let (mut requeues, mut undos) = (Vec::new(), Vec::new());
    while begun.elapsed() < QUIET {
        let (done, took) = wait::timed(Box::pin(carry_out(client, OperationAct::Requeue))).await;
        let done = done?;
        anyhow::ensure!(done.affected == DEAD as u64, "{} requeued", done.affected);
        anyhow::ensure!(broker.stats("s").await.dead == 0, "some are dead still");
        requeues.push(took);
        peak = peak.max(broker.rss());
        let (undone, took) = wait::timed(take_back(client, &done.operation)).await;
        let undone = undone?;
        anyhow::ensure!(undone.affected == DEAD as u64, "{} back", undone.affected);
        anyhow::ensure!(broker.stats("s").await.dead == DEAD as u64, "some are gone");
        undos.push(took);
        peak = peak.max(broker.rss());
    }
    Ok((peak, requeues, undos))
}

async fn backlog() -> anyhow::Result<()> {
    let mut broker = Broker::start_with(PROGRAM, Setup::large()).await;
    broker.pair().await;
    publish(&broker, BACKLOG).await?;
    let client = broker.client().clone();
    let (done, took) = wait::timed(Box::pin(carry_out(&client, OperationAct::Purge))).await;
    let done = done?;
    anyhow::ensure!(done.affected == BACKLOG as u64, "{}", done.affected);
    row("purge of 10 M, planned and done", &seconds(took), "1 s");
    let (undone, took) = wait::timed(take_back(&client, &done.operation)).await;
    anyhow::ensure!(undone?.affected == BACKLOG as u64, "not all came back");
    row("its undo", &seconds(took), "1 s");
    broker.stop();
    Ok(())
}

fn request(act: OperationAct, selection: Selection) -> PlanRequest {
    PlanRequest {
        act: act.into(),
        subscription: "s".to_owned(),
        selection: Some(selection),
        ..PlanRequest::default()
    }
}

/// Plans an act on everything and does it; comes back when it is over.
async fn carry_out(client: &Client, act: OperationAct) -> anyhow::Result<Operation> {
    let operator = client.operator();
    let all = Selection {
        all: true,
        ..Selection::default()
    };
    let plan = operator.plan(request(act, all)).await?.plan;
    let apply = ApplyRequest {
        plan,
        ..ApplyRequest::default()
    };
    let begun = operator.apply(apply).await?.operation;
    Ok(operator.follow_operation(&begun, |_| ()).await?)
}

async fn take_back(client: &Client, operation: &str) -> anyhow::Result<Operation> {
    let operator = client.operator();
    let (undo, _) = operator.undo(operation).await?;
    Ok(operator.follow_operation(&undo.operation, |_| ()).await?)
}

async fn publish(broker: &Broker, count: usize) -> anyhow::Result<()> {
    let publisher = Publisher::open(broker.client(), "t", PublisherOptions::default());
    let message = Message {
        payload: vec![7; 128].into(),
        ..Message::default()
    };
    for _ in 0..count / BATCH {
        let batch = vec![message.clone(); BATCH];
        drop(publisher.publish_batch(batch).await?);
    }
    Ok(publisher.close().await?)
}

/// Lets all die, each of another reason than the one before.
async fn kill(broker: &Broker) -> anyhow::Result<()> {
    for _ in 0..DEAD / DYING {
        let pulled = broker.pull_all("s", DYING).await;
        let changes = pulled.into_iter().enumerate().map(|(at, one)| NackChange {
            ack_id: one.ack_id,
            options: Some(NackOptions {
                action: NackAction::Dead.into(),
                reason: format!("step {} failed", ["a", "b", "c", "d", "e"][at % REASONS]),
                error_class: "Failure".to_owned(),
                ..NackOptions::default()
            }),
        });
        let nacked = broker.client().puller().nack(changes.collect()).await?;
        anyhow::ensure!(nacked.changed_count == DYING as u64, "some do not die");
    }
    Ok(())
}

/// Publishes to another subscription at a pace and takes from it, until it is stopped.
struct Probe {
    stop: tokio::sync::watch::Sender<bool>,
    latencies: JoinHandle<anyhow::Result<Vec<Duration>>>,
}

fn probe(client: &Client) -> Probe {
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let client = client.clone();
    let latencies = tokio::spawn(measure(client, stopped));
    Probe { stop, latencies }
}

impl Probe {
    /// The 99th percentile.
    async fn stop_after(self, length: Duration) -> anyhow::Result<Duration> {
        wait::pass(length).await;
        self.stop.send_replace(true);
        let mut latencies = self.latencies.await??;
        latencies.sort();
        let place = latencies.len() * 99 / 100;
        latencies
            .get(place)
            .copied()
            .ok_or_else(|| anyhow::anyhow!("nothing was measured"))
    }
}

async fn measure(
    client: Client,
    stopped: tokio::sync::watch::Receiver<bool>,
) -> anyhow::Result<Vec<Duration>> {
    let base = Instant::now();
    let mut subscriber = Subscriber::open(&client, SubscribeOptions::to("live")).await?;
    let publisher = Publisher::open(&client, "live", PublisherOptions::default());
    let mut clock = tokio::time::interval(PACE);
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
    let (mut latencies, mut sent) = (Vec::new(), 0);
    while !*stopped.borrow() || latencies.len() < sent {
        tokio::select! {
            due = clock.tick(), if !*stopped.borrow() => {
                let due = due.into_std().saturating_duration_since(base);
                let micros = u64::try_from(due.as_micros())?;
                let message = Message {
                    payload: micros.to_be_bytes().to_vec().into(),
                    ..Message::default()
                };
                drop(publisher.publish(message).await?);
                sent += 1;
            }
            batch = subscriber.next_batch() => {
                let (batch, now) = (batch?, base.elapsed());
                for message in batch.messages() {
                    if let Ok(due) = <[u8; 8]>::try_from(&message.payload[..]) {
                        let due = Duration::from_micros(u64::from_be_bytes(due));
                        latencies.push(now.saturating_sub(due));
                    }
                }
                batch.ack_all();
            }
        }
    }
    publisher.close().await?;
    Ok(latencies)
}

/// The rate of so many in the median of these times.
fn rate(count: usize, times: &mut [Duration]) -> String {
    times.sort();
    let Some(&took) = times.get(times.len() / 2) else {
        return "nothing was measured".to_owned();
    };
    let rate = count as f64 / took.as_secs_f64();
    format!(
        "{rate:.0}/s, {count} in {}, {} runs",
        seconds(took),
        times.len()
    )
}

fn seconds(took: Duration) -> String {
    format!("{:.3} s", took.as_secs_f64())
}

fn row(what: &str, figure: &str, target: &str) {
    println!("| {what} | {figure} | {target} |");
}
