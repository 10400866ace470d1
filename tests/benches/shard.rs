//! What the shard reaches by itself, without gRPC: publishes and drains through its handle, durable, on a real disk.
//!
//! `cargo bench -p weir-tests --bench shard`. Shows how much of a figure of `throughput` is the wire's.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark reads the clock and prints"
)]

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use anyhow::anyhow;
use weir_broker::config::Config;
use weir_broker::core::{Allowance, Publication, SequenceRange, Start};
use weir_broker::insight::WINDOWS;
use weir_broker::insight::verdict::{Crew, Judge, Pace, Signs, Stock};
use weir_broker::journal::OsDisk;
use weir_broker::model::entry::BodyBuilder;
use weir_broker::model::settings::{SubscriptionSettings, TopicSettings};
use weir_broker::model::{Client, Mono, Name, Now, Partition, Span, Time, TopicId};
use weir_broker::shard::{Handle, SessionEvent, Shard, Subscribe};

/// How often each figure is taken.
const RUNS: usize = 3;
/// Publishes that wait for their confirmation.
const UNDER_WAY: usize = 256;
/// Trips to the owner for the median of one.
const TRIPS: usize = 20_000;
/// Subscriptions that are judged, and how often.
const JUDGED: usize = 10_000;
const SAMPLES: usize = 60;

fn main() -> anyhow::Result<()> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build()?;
    println!(
        "| size | batch | messages | publish /s | drain with acks /s |\n| --- | --- | --- | --- | --- |"
    );
    for (size, batch, count) in [
        (128, 1_000, 2_000_000),
        (1_024, 1_000, 1_000_000),
        (128, 1, 300_000),
    ] {
        let mut figures = Vec::new();
        for _ in 0..RUNS {
            figures.push(runtime.block_on(measure(size, batch, count))?);
        }
        let median = |figure: fn(&(f64, f64)) -> f64| {
            let mut all: Vec<_> = figures.iter().map(figure).collect();
            all.sort_by(f64::total_cmp);
            all[RUNS / 2]
        };
        let (publish, drain) = (median(|run| run.0), median(|run| run.1));
        println!("| {size} | {batch} | {count} | {publish:.0} | {drain:.0} |");
    }
    let (median, late) = runtime.block_on(trips())?;
    println!("a trip to the idle owner and back: median {median:.1} µs, 99 % within {late:.1} µs");
    for (what, signs) in [("idle", Signs::default()), ("with a backlog", behind())] {
        let took = judge(&signs);
        println!("judging {JUDGED} subscriptions {what}: {took:.2} ms of each second");
    }
    Ok(())
}

/// A subscription with a backlog that its consumers do not keep up with: every rule is looked at.
fn behind() -> Signs {
    let pace = Pace {
        arrivals: 240.0,
        deliveries: 200.0,
        acks: 200.0,
        ..Pace::default()
    };
    Signs {
        stock: Stock {
            backlog: 24_000,
            ready: 23_600,
            leased: 400,
            ..Stock::default()
        },
        lag: Some(Span::from_secs(100)),
        paces: [pace; WINDOWS],
        crew: Crew {
            consumers: 4,
            full: 4,
            held: 400,
            allowance: 400,
        },
        ..Signs::default()
    }
}

/// Milliseconds that it takes to judge as many subscriptions as a large broker has, once; the median of a minute of
/// samples, so that verdicts are settled.
fn judge(signs: &Signs) -> f64 {
    let mut judges = vec![Judge::default(); JUDGED];
    let mut all = Vec::with_capacity(SAMPLES);
    for second in 0..SAMPLES as u64 {
        let at = Span::from_secs(second).0;
        let now = Now {
            wall: Time(at),
            mono: Mono(at),
        };
        let signs = Signs {
            stock: Stock {
                backlog: signs.stock.backlog + signs.stock.backlog.min(40 * second),
                ..signs.stock
            },
            ..*signs
        };
        let started = Instant::now();
        for judge in &mut judges {
            std::hint::black_box(judge.look(std::hint::black_box(&signs), now));
        }
        all.push(started.elapsed().as_secs_f64() * 1e3);
    }
    all.sort_by(f64::total_cmp);
    all[SAMPLES / 2]
}

fn start(folder: &std::path::Path) -> anyhow::Result<Shard> {
    let options = Config::default().journal;
    Ok(Shard::start(
        Arc::new(OsDisk::new(folder)),
        folder.to_owned(),
        options,
    )?)
}

async fn set_up(handle: &Handle) -> anyhow::Result<TopicId> {
    let topic = handle.create_topic(Name::parse("t")?, TopicSettings::default());
    let topic = topic.await?.id;
    let settings = SubscriptionSettings::default();
    let subscription = handle.create_subscription(
        Name::parse("s")?,
        Name::parse("t")?,
        settings,
        Start::Latest,
    );
    subscription.await?;
    Ok(topic)
}

/// Messages per second, published and then drained.
async fn measure(size: usize, batch: u64, count: u64) -> anyhow::Result<(f64, f64)> {
    let folder = tempfile::Builder::new()
        .prefix("weir-bench")
        .tempdir_in(".")?;
    let shard = start(folder.path())?;
    let handle = shard.handle();
    let topic = set_up(&handle).await?;
    let message = vec![b'x'; size];
    let mut builder = BodyBuilder::default();
    (0..batch).for_each(|_| builder.push(&message, 0));
    let body = builder
        .finish()
        .ok_or_else(|| anyhow!("a batch has messages"))?;

    let started = Instant::now();
    let mut under_way = VecDeque::new();
    for _ in 0..count / batch {
        if under_way.len() == UNDER_WAY
            && let Some(oldest) = under_way.pop_front()
        {
            oldest.await?;
        }
        let batch = vec![(Partition(0), body.clone())];
        under_way.push_back(handle.publish_submit(Publication::to(topic, batch)).await?);
    }
    for ticket in under_way {
        ticket.await?;
    }
    let published = count as f64 / started.elapsed().as_secs_f64();

    let started = Instant::now();
    drain(&handle, count).await?;
    let drained = count as f64 / started.elapsed().as_secs_f64();
    shard.stop(Span::ZERO).await?;
    Ok((published, drained))
}

async fn drain(handle: &Handle, count: u64) -> anyhow::Result<()> {
    let subscribe = Subscribe {
        subscription: Name::parse("s")?,
        name: "bench".to_owned(),
        peer: String::new(),
        client: Client::default(),
        allowance: Allowance {
            messages: 50_000,
            bytes: 64 << 20,
        },
        confirm_acks: false,
    };
    let mut session = handle.subscribe(subscribe).await?;
    let feedback = session.feedback();
    let mut seen = 0;
    while seen < count {
        let SessionEvent::Deliver(runs) = session.next().await else {
            return Err(anyhow!("the session has ended"));
        };
        let acks = runs.iter().map(|run| SequenceRange {
            first: run.first_sequence,
            last: run.first_sequence + run.count - 1,
        });
        let acks = acks.collect();
        seen += runs.iter().map(|run| run.count).sum::<u64>();
        feedback.ack(acks).await?;
    }
    session.close().await;
    // All was taken only when the owner has heard the last ack.
    let sample = handle.sample(None, None).await?;
    let acked = sample
        .subscriptions
        .first()
        .map(|sample| sample.counts.counts.acked);
    if acked == Some(count) {
        Ok(())
    } else {
        Err(anyhow!("{acked:?} of {count} were acknowledged"))
    }
}

/// Microseconds of a trip to the owner that changes nothing: median and 99th percentile.
async fn trips() -> anyhow::Result<(f64, f64)> {
    let folder = tempfile::Builder::new()
        .prefix("weir-bench")
        .tempdir_in(".")?;
    let shard = start(folder.path())?;
    let handle = shard.handle();
    set_up(&handle).await?;
    let mut all = Vec::with_capacity(TRIPS);
    for _ in 0..TRIPS {
        let started = Instant::now();
        handle.topic(Name::parse("t")?).await?;
        all.push(started.elapsed().as_secs_f64() * 1e6);
    }
    all.sort_by(f64::total_cmp);
    shard.stop(Span::ZERO).await?;
    Ok((all[TRIPS / 2], all[TRIPS * 99 / 100]))
}
