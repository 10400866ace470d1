//! Very many topics with a subscription each: how long to make them, what they take, and a durable message to each.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::task::JoinSet;
use weir_proto::client::{Client, Error};
use weir_proto::v1::{
    BrokerStats, GetStatsRequest, Message, PublishRequest, StartPosition, Subscription, Topic,
    TopicBatch,
};

use super::host::SAMPLED;
use super::plan::Plan;
use super::summary::Summary;
use crate::clock;

/// Calls under way at once.
const CALLS: usize = 64;
/// Topics that one publish reaches: it is stored for all of them together or for none.
const TOGETHER: usize = 100;

/// Makes `count` topics named after the run, publishes a message to each, and takes them away.
pub(crate) async fn measure(
    client: &Client,
    (run, plan): (u64, Plan),
    count: u64,
) -> Result<Summary, Error> {
    let before = look(client).await?;
    let begun = clock::now();
    let made = each(client, count, move |client, index| {
        create(client, run, index)
    })
    .await;
    let created = begun.elapsed().as_secs_f64();
    clock::pause(SAMPLED).await;
    let after = look(client).await?;
    let published = match made {
        Ok(()) => publish(client, run, &plan, count).await,
        Err(error) => Err(error),
    };
    let broker = look(client).await?;
    let gone = each(client, count, move |client, index| {
        remove(client, run, index)
    })
    .await;
    let seconds = published?;
    gone?;
    let grown = memory(&after).saturating_sub(memory(&before)) as f64;
    let measured = [
        ("topics", count as f64),
        ("create_seconds", created),
        ("rss_bytes_per_topic", grown / (count as f64).max(1.0)),
    ];
    Ok(Summary {
        profile: plan.profile.map(str::to_owned),
        topic: name(run, 0),
        durable: true,
        broker_version: broker.version.clone(),
        producers: 1,
        consumers: 0,
        message_bytes: plan.size as u64,
        batch: 1,
        messages: count,
        elapsed_seconds: seconds,
        rate: count as f64 / seconds.max(1e-9),
        published: count,
        cpu_cores: broker.cpu_cores,
        rss_bytes: Some(memory(&after)),
        sync_seconds: broker.sync_seconds,
        measured: measured
            .map(|(name, value)| (name.to_owned(), value))
            .into(),
        ..Summary::default()
    })
}

fn name(run: u64, index: u64) -> String {
    format!("load-{run:016x}-{index}")
}

fn memory(broker: &BrokerStats) -> u64 {
    broker.rss_bytes.unwrap_or(0)
}

async fn look(client: &Client) -> Result<BrokerStats, Error> {
    let stats = client.stats().get(GetStatsRequest::default()).await?;
    Ok(stats.broker.unwrap_or_default())
}

async fn create(client: Client, run: u64, index: u64) -> Result<(), Error> {
    let topic = Topic {
        name: name(run, index),
        retention_bytes: Some(0),
        ..Topic::default()
    };
    let subscription = Subscription {
        name: name(run, index),
        topic: name(run, index),
        ..Subscription::default()
    };
    client.admin().create_topic(topic).await?;
    let admin = client.admin();
    let made = admin.create_subscription(subscription, StartPosition::Latest);
    made.await.map(|_made| ())
}

async fn remove(client: Client, run: u64, index: u64) -> Result<(), Error> {
    let admin = client.admin();
    let gone = admin.delete_topic_with_subscriptions(name(run, index));
    gone.await.map(|_count| ())
}

/// A message to each topic, the topics of [`TOGETHER`] in one request; the seconds until all are durable.
async fn publish(client: &Client, run: u64, plan: &Plan, count: u64) -> Result<f64, Error> {
    let message = Message {
        payload: vec![7; plan.size].into(),
        ..Message::default()
    };
    let size = TOGETHER as u64;
    let begun = clock::now();
    each(client, count.div_ceil(size), move |client, index| {
        let all = index * size..((index + 1) * size).min(count);
        let batches = all.map(|index| TopicBatch {
            topic: name(run, index),
            messages: vec![message.clone()],
        });
        let mut batches: Vec<TopicBatch> = batches.collect();
        let first = batches.remove(0);
        let request = PublishRequest {
            topic: first.topic,
            messages: first.messages,
            additional: batches,
            ..PublishRequest::default()
        };
        async move { client.publish_together(request).await.map(|_places| ()) }
    })
    .await?;
    Ok(begun.elapsed().as_secs_f64())
}

/// Does something for each of so many, [`CALLS`] at once. Ends with the first failure.
async fn each<F, W>(client: &Client, count: u64, work: W) -> Result<(), Error>
where
    W: Fn(Client, u64) -> F + Clone + Send + 'static,
    F: Future<Output = Result<(), Error>> + Send,
{
    let next = Arc::new(AtomicU64::new(0));
    let mut workers: JoinSet<Result<(), Error>> = JoinSet::new();
    for _ in 0..CALLS {
        let (client, next, work) = (client.clone(), Arc::clone(&next), work.clone());
        workers.spawn(async move {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= count {
                    return Ok(());
                }
                work(client.clone(), index).await?;
            }
        });
    }
    while let Some(ended) = workers.join_next().await {
        ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
    }
    Ok(())
}
