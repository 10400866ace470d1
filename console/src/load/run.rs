//! A run from its start to its end: makes what it needs, lets producers and consumers work, waits until all is taken,
//! and takes away what it made.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use weir_proto::client::{Client, Error, Publisher, PublisherOptions};
use weir_proto::v1::{
    Durability, ErrorReason, KeyOrder, Message, StartPosition, Subscription, Topic,
};

use super::closing::{Measured, look, summary};
use super::consumer;
use super::end::End;
use super::gauges::Gauges;
use super::noting::Noting;
use super::plan::Plan;
use super::producer::Producer;
use super::stage::{Progress, Reached, Stage};
use super::summary::Summary;
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
    /// The topic.
    pub(crate) fn topic(&self) -> &str {
        &self.topic
    }

    /// The subscription of the run, if it has consumers.
    pub(crate) fn subscription(&self) -> Option<&str> {
        self.subscription.as_deref()
    }

    /// Whether what is published is confirmed once it is durable.
    pub(crate) fn is_durable(&self) -> bool {
        self.is_durable
    }

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

/// Runs the plan. `see` is told of the run when it begins and each time it changes; `end` ends it early.
pub(crate) async fn run(
    client: &Client,
    ground: &Ground,
    (run, plan): (u64, Plan),
    end: watch::Receiver<End>,
    see: watch::Sender<Option<Progress>>,
) -> Result<Summary, Error> {
    if plan.backlog.is_some() {
        return drain(client, ground, (run, plan), end, see).await;
    }
    let gauges = Arc::new(Gauges::begin(run, plan));
    show(&see, &gauges, Stage::Publishing);
    let _seconds = Noting::begin(&gauges);
    let mut consumers = consume(client, ground, &gauges);
    publish(client, ground, &gauges, &end).await?;
    let stage = Stage::settling(&gauges, *end.borrow() != End::InTime);
    show(&see, &gauges, stage);
    let broker = look(client).await?;
    let is_settled = settle(&gauges, &mut consumers, &end).await?;
    consumers.shutdown().await;
    let measured = Measured {
        reached: stage.reached(&gauges, gauges.elapsed()),
        is_settled,
        in_progress: false,
    };
    let place = (ground.topic(), ground.is_durable);
    Ok(summary(&gauges, place, broker, measured))
}

/// Publishes a backlog, then measures how fast it is taken.
async fn drain(
    client: &Client,
    ground: &Ground,
    (run, plan): (u64, Plan),
    end: watch::Receiver<End>,
    see: watch::Sender<Option<Progress>>,
) -> Result<Summary, Error> {
    let gauges = Arc::new(Gauges::begin(run, plan));
    show(&see, &gauges, Stage::Publishing);
    let _seconds = Noting::begin(&gauges);
    publish(client, ground, &gauges, &end).await?;
    let stage = Stage::Draining {
        since: gauges.elapsed(),
    };
    show(&see, &gauges, stage);
    let mut consumers = consume(client, ground, &gauges);
    let is_settled = settle(&gauges, &mut consumers, &end).await?;
    let reached = stage.reached(&gauges, gauges.elapsed());
    let broker = look(client).await?;
    consumers.shutdown().await;
    let measured = Measured {
        reached: Reached {
            ended_early: *end.borrow() != End::InTime,
            ..reached
        },
        is_settled,
        in_progress: false,
    };
    let place = (ground.topic(), ground.is_durable);
    Ok(summary(&gauges, place, broker, measured))
}

fn show(see: &watch::Sender<Option<Progress>>, gauges: &Arc<Gauges>, stage: Stage) {
    let gauges = Arc::clone(gauges);
    see.send_replace(Some(Progress { gauges, stage }));
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
    end: &watch::Receiver<End>,
) -> Result<(), Error> {
    let mut producers = JoinSet::new();
    for index in 0..gauges.plan.producers {
        let producer = Producer {
            client: client.clone(),
            topic: ground.topic.clone(),
            index,
            gauges: Arc::clone(gauges),
            end: end.clone(),
        };
        producers.spawn(producer.run());
    }
    let mut end = end.clone();
    loop {
        let ended = tokio::select! {
            ended = producers.join_next() => ended,
            // What is not confirmed then never is: the producers are dropped.
            Ok(_) = end.wait_for(|end| *end == End::AtOnce) => return Ok(()),
        };
        match ended {
            None => return Ok(()),
            Some(ended) => {
                ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
            }
        }
    }
}

/// Waits until the consumers have done all that is confirmed, or nothing of it for long; false if the run was ended at
/// once before.
async fn settle(
    gauges: &Gauges,
    consumers: &mut JoinSet<Result<(), Error>>,
    end: &watch::Receiver<End>,
) -> Result<bool, Error> {
    if gauges.plan.consumers == 0 {
        return Ok(true);
    }
    let (mut done, mut quiet) = (0, Duration::ZERO);
    loop {
        let acked = {
            let ledger = gauges.ledger();
            if ledger.missing() == 0 {
                return Ok(true);
            }
            ledger.acked_count()
        };
        if *end.borrow() == End::AtOnce {
            return Ok(false);
        }
        if let Some(ended) = consumers.try_join_next() {
            return ended.unwrap_or(Ok(())).map(|()| true);
        }
        quiet = if acked == done {
            quiet + LOOK
        } else {
            Duration::ZERO
        };
        done = acked;
        if quiet >= QUIET_LIMIT {
            return Ok(true);
        }
        clock::pause(LOOK).await;
    }
}
