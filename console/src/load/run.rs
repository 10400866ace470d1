//! A run from its start to its end: makes what it needs, lets producers and consumers work, waits until all is taken,
//! and takes away what it made.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use weir_proto::client::{Client, Error, Publisher, PublisherOptions};
use weir_proto::v1::{
    Durability, ErrorReason, GetStatsRequest, KeyOrder, Message, StartPosition, Subscription, Topic,
};

use super::consumer;
use super::gauges::{Gauges, Way};
use super::noting::Noting;
use super::plan::Plan;
use super::producer::Producer;
use super::shape::Shape;
use super::summary::{Broker, Quantiles, Summary};
use crate::clock;

/// How long consumers may take for the rest without finishing a single message.
const QUIET_LIMIT: Duration = Duration::from_secs(10);
/// How often it is looked at how far the run is.
const LOOK: Duration = Duration::from_millis(20);

/// Where a run takes place.
#[derive(Debug)]
pub(crate) struct Ground {
    topic: String,
    /// What is deleted in the end.
    made_topic: bool,
    subscription: Option<String>,
    is_durable: bool,
}

/// What there is to see of a run while it goes on.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    pub(crate) gauges: Arc<Gauges>,
    /// Whether only the rest is taken.
    pub(crate) is_settling: bool,
}

/// Makes topic and subscription. `topic` that exists is used as it is; without one there is a fresh one, deleted in the
/// end as the subscription is.
pub(crate) async fn prepare(
    client: &Client,
    topic: Option<&str>,
    run: u64,
    plan: &Plan,
) -> Result<Ground, Error> {
    let admin = client.admin();
    let name = topic.map_or_else(|| format!("load-{run:016x}"), str::to_owned);
    let found = match admin.get_topic(&name).await {
        Ok(found) => Some(found),
        Err(error) if error.reason() == ErrorReason::TopicNotFound => None,
        Err(error) => return Err(error),
    };
    let made_topic = found.is_none();
    let topic = if let Some(found) = found {
        found
    } else {
        let durability = if plan.is_relaxed {
            Durability::Relaxed
        } else {
            Durability::Durable
        };
        let fresh = Topic {
            name,
            retention_bytes: Some(0),
            durability: durability.into(),
            ..Topic::default()
        };
        admin.create_topic(fresh).await?
    };
    let mut ground = Ground {
        is_durable: topic.durability() != Durability::Relaxed,
        topic: topic.name,
        made_topic,
        subscription: None,
    };
    if plan.consumers > 0 || plan.backlog.is_some() {
        let order = if plan.keys > 0 {
            KeyOrder::Block
        } else {
            KeyOrder::Off
        };
        let wanted = Subscription {
            name: format!("load-{run:016x}"),
            topic: ground.topic.clone(),
            key_order: order.into(),
            ..Subscription::default()
        };
        let made = admin.create_subscription(wanted, StartPosition::Latest);
        ground.subscription = Some(made.await?.name);
    }
    Ok(ground)
}

impl Ground {
    /// Takes away what was made.
    pub(crate) async fn clear(&self, client: &Client) -> Result<(), Error> {
        let admin = client.admin();
        if let Some(subscription) = &self.subscription {
            admin.delete_subscription(subscription).await?;
        }
        if self.made_topic {
            admin.delete_topic(&self.topic).await?;
        }
        Ok(())
    }
}

/// Runs the plan. `see` is told of the run when it begins and each time it changes; `is_over` ends it early.
pub(crate) async fn run(
    client: &Client,
    ground: &Ground,
    (run, plan): (u64, Plan),
    is_over: watch::Receiver<bool>,
    see: watch::Sender<Option<Progress>>,
) -> Result<Summary, Error> {
    if plan.backlog.is_some() {
        return drain(client, ground, (run, plan), is_over, see).await;
    }
    let gauges = Arc::new(Gauges::begin(run, plan));
    let show = |is_settling| {
        let gauges = Arc::clone(&gauges);
        see.send_replace(Some(Progress {
            gauges,
            is_settling,
        }));
    };
    show(false);
    let _seconds = Noting::begin(&gauges);
    let mut consumers = consume(client, ground, &gauges);
    publish(client, ground, &gauges, &is_over).await?;
    let published_until = gauges.elapsed();
    let measured = published_until.saturating_sub(gauges.plan.warm_up);
    // What is taken afterwards was not taken at this rate.
    let counted = if gauges.plan.consumers > 0 {
        &gauges.measured_acked
    } else {
        &gauges.measured_confirmed
    };
    let rate = counted.load(Relaxed) as f64 / measured.as_secs_f64().max(1e-9);
    let broker = look(client).await?;
    show(true);
    settle(&gauges, &mut consumers).await?;
    consumers.shutdown().await;
    Ok(summary(&gauges, ground, broker, measured, rate))
}

/// Publishes a backlog, then measures how fast it is taken.
async fn drain(
    client: &Client,
    ground: &Ground,
    (run, plan): (u64, Plan),
    is_over: watch::Receiver<bool>,
    see: watch::Sender<Option<Progress>>,
) -> Result<Summary, Error> {
    let gauges = Arc::new(Gauges::begin(run, plan));
    see.send_replace(Some(Progress {
        gauges: Arc::clone(&gauges),
        is_settling: false,
    }));
    let _seconds = Noting::begin(&gauges);
    publish(client, ground, &gauges, &is_over).await?;
    let begun = gauges.elapsed();
    let mut consumers = consume(client, ground, &gauges);
    settle(&gauges, &mut consumers).await?;
    let took = gauges.elapsed().saturating_sub(begun);
    let broker = look(client).await?;
    consumers.shutdown().await;
    let rate = gauges.acked.load(Relaxed) as f64 / took.as_secs_f64().max(1e-9);
    Ok(summary(&gauges, ground, broker, took, rate))
}

/// Publishes `count` copies of a message in batches, and returns when all of them are confirmed.
pub(super) async fn batches(
    client: &Client,
    topic: &str,
    message: &Message,
    (count, batch): (u64, usize),
) -> Result<(), Error> {
    let publisher = Publisher::open(client, topic, PublisherOptions::default());
    let mut left = count;
    while left > 0 {
        let size = usize::try_from(left).map_or(batch, |left| left.min(batch));
        // What fails is told by the flush.
        drop(publisher.publish_batch(vec![message.clone(); size]).await?);
        left -= size as u64;
    }
    publisher.flush().await?;
    publisher.close().await
}

fn consume(client: &Client, ground: &Ground, gauges: &Arc<Gauges>) -> JoinSet<Result<(), Error>> {
    let mut consumers = JoinSet::new();
    for index in 0..gauges.plan.consumers {
        if let Some(subscription) = ground.subscription.clone() {
            let name = format!("load-consumer-{index}");
            let gauges = Arc::clone(gauges);
            consumers.spawn(consumer::consume(
                client.clone(),
                subscription,
                name,
                gauges,
            ));
        }
    }
    consumers
}

async fn publish(
    client: &Client,
    ground: &Ground,
    gauges: &Arc<Gauges>,
    is_over: &watch::Receiver<bool>,
) -> Result<(), Error> {
    let mut producers = JoinSet::new();
    for index in 0..gauges.plan.producers {
        let producer = Producer {
            client: client.clone(),
            topic: ground.topic.clone(),
            index,
            gauges: Arc::clone(gauges),
            is_over: is_over.clone(),
        };
        producers.spawn(producer.run());
    }
    while let Some(ended) = producers.join_next().await {
        ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
    }
    Ok(())
}

/// Waits until the consumers have done all that is confirmed, or nothing of it for long.
async fn settle(gauges: &Gauges, consumers: &mut JoinSet<Result<(), Error>>) -> Result<(), Error> {
    if gauges.plan.consumers == 0 {
        return Ok(());
    }
    let (mut done, mut quiet) = (0, Duration::ZERO);
    loop {
        let acked = {
            let ledger = gauges.ledger();
            if ledger.missing() == 0 {
                return Ok(());
            }
            ledger.acked_count()
        };
        if let Some(ended) = consumers.try_join_next() {
            return ended.unwrap_or(Ok(()));
        }
        quiet = if acked == done {
            quiet + LOOK
        } else {
            Duration::ZERO
        };
        done = acked;
        if quiet >= QUIET_LIMIT {
            return Ok(());
        }
        clock::pause(LOOK).await;
    }
}

async fn look(client: &Client) -> Result<Broker, Error> {
    let sample = client.stats().get(GetStatsRequest::default()).await?;
    let broker = sample.broker.unwrap_or_default();
    Ok(Broker {
        version: broker.version,
        cpu_cores: broker.cpu_cores,
        rss_bytes: broker.rss_bytes,
        sync_seconds: broker.sync_seconds,
    })
}

fn summary(
    gauges: &Gauges,
    ground: &Ground,
    broker: Broker,
    elapsed: Duration,
    rate: f64,
) -> Summary {
    let plan = &gauges.plan;
    let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Relaxed);
    let ledger = gauges.ledger();
    let published = count(&gauges.published);
    let held = Duration::from_micros(count(&gauges.held_micros)).as_secs_f64();
    let late = count(&gauges.late) as f64 / (published as f64).max(1.0);
    let producing = elapsed.as_secs_f64() * f64::from(plan.producers.max(1));
    let confirm = Quantiles::of(&gauges.latency(Way::Confirm));
    let consume = Quantiles::of(&gauges.latency(Way::Consume));
    let shown = if plan.consumers > 0 {
        Way::Consume
    } else {
        Way::Confirm
    };
    let latency_bins = gauges.latency(shown).bins();
    Summary {
        profile: plan.profile.map(str::to_owned),
        topic: ground.topic.clone(),
        durable: ground.is_durable,
        broker_version: broker.version,
        producers: plan.producers,
        consumers: plan.consumers,
        message_bytes: plan.size as u64,
        batch: plan.batch as u64,
        messages: ledger.confirmed_count(),
        elapsed_seconds: elapsed.as_secs_f64(),
        rate,
        latency_seconds: if plan.consumers > 0 { consume } else { confirm },
        confirm_seconds: confirm,
        ack_seconds: Quantiles::of(&gauges.latency(Way::Ack)),
        published,
        acked: ledger.acked_count(),
        failed_on_purpose: count(&gauges.failed),
        lost: if plan.consumers > 0 {
            ledger.missing()
        } else {
            0
        },
        duplicates: ledger.duplicates,
        out_of_order: ledger.out_of_order,
        errors: gauges.errors(),
        cpu_cores: broker.cpu_cores,
        rss_bytes: broker.rss_bytes,
        sync_seconds: broker.sync_seconds,
        // Late although there was room: it is not the broker that was slow.
        generator_limited: plan.shape != Shape::Most && late > 0.01 && held < producing / 10.0,
        latency_bins,
        seconds: gauges.seconds().clone(),
        measured: std::collections::BTreeMap::new(),
    }
}
