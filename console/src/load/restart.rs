//! A start under a backlog: how long until the first message, what it takes in memory and on the disk.
//!
//! The broker is a process of its own, so that its memory is its own and its start is a whole one. The page cache is
//! warm: nothing here can empty it.

use std::path::Path;

use weir_proto::client::{Client, SubscribeOptions, Subscriber};
use weir_proto::v1::{BrokerStats, GetStatsRequest, Message, StartPosition, Subscription, Topic};

use super::host::{Host, HostError};
use super::plan::Plan;
use super::run::batches;
use super::summary::Summary;
use crate::{clock, files};

/// The name of the topic and of its subscription.
const NAME: &str = "backlog";

/// Publishes the plan's backlog into a broker with its data in `directory`, stops it, starts it, and measures until a
/// consumer has the first message.
pub(crate) async fn measure(directory: &Path, plan: &Plan) -> Result<Summary, HostError> {
    let host = Host::start(directory).await?;
    let client = host.client().await?;
    let idle = host.memory(&client).await?;
    let count = plan.backlog.unwrap_or_default();
    let begun = clock::now();
    fill(&client, plan, count).await?;
    let published = begun.elapsed().as_secs_f64();
    let full = host.memory(&client).await?;
    drop(client);
    let stopped = host.stop().await?;
    let bytes = files::bytes_under(directory).map_err(HostError::Weigh)?;

    let started = start(directory).await?;
    let measured = [
        ("start_to_first_message_seconds", started.first),
        ("start_to_listening_seconds", started.listening),
        ("stop_seconds", stopped.as_secs_f64()),
        (
            "disk_bytes_per_message",
            bytes as f64 / (count as f64).max(1.0),
        ),
        ("rss_idle_bytes", idle as f64),
        ("rss_backlog_bytes", full as f64),
        ("rss_after_start_bytes", started.memory as f64),
    ];
    Ok(Summary {
        profile: plan.profile.map(str::to_owned),
        topic: NAME.to_owned(),
        durable: true,
        broker_version: started.broker.version,
        producers: 1,
        consumers: 1,
        message_bytes: plan.size as u64,
        batch: plan.batch as u64,
        messages: count,
        elapsed_seconds: started.first,
        rate: count as f64 / published.max(1e-9),
        published: count,
        lost: count.saturating_sub(started.kept),
        cpu_cores: started.broker.cpu_cores,
        rss_bytes: Some(started.memory),
        sync_seconds: started.broker.sync_seconds,
        measured: measured
            .map(|(name, value)| (name.to_owned(), value))
            .into(),
        ..Summary::default()
    })
}

/// A start and its first message.
struct Started {
    /// Seconds until it listened, and until a consumer had the first message.
    listening: f64,
    first: f64,
    /// Bytes.
    memory: u64,
    /// Messages of the backlog.
    kept: u64,
    broker: BrokerStats,
}

async fn start(directory: &Path) -> Result<Started, HostError> {
    let begun = clock::now();
    let host = Host::start(directory).await?;
    let listening = begun.elapsed();
    let client = host.client().await?;
    let mut options = SubscribeOptions::to(NAME);
    options.max_outstanding_messages = 1;
    let mut subscriber = Subscriber::open(&client, options).await?;
    let first = subscriber.next().await?;
    let took = begun.elapsed();
    let memory = host.memory(&client).await?;
    first.release();
    subscriber.close().await?;
    let stats = client.stats().get(GetStatsRequest::default()).await?;
    let broker = stats.broker.unwrap_or_default();
    let kept = stats.subscriptions.first().map_or(0, |stats| stats.backlog);
    drop(client);
    host.stop().await?;

    Ok(Started {
        listening: listening.as_secs_f64(),
        first: took.as_secs_f64(),
        memory,
        kept,
        broker,
    })
}

/// Makes topic and subscription and publishes so many messages.
async fn fill(client: &Client, plan: &Plan, count: u64) -> Result<(), HostError> {
    let admin = client.admin();
    let topic = Topic {
        name: NAME.to_owned(),
        retention_bytes: Some(0),
        ..Topic::default()
    };
    admin.create_topic(topic).await?;
    let subscription = Subscription {
        name: NAME.to_owned(),
        topic: NAME.to_owned(),
        ..Subscription::default()
    };
    admin
        .create_subscription(subscription, StartPosition::Latest)
        .await?;
    let message = Message {
        payload: vec![7; plan.size].into(),
        ..Message::default()
    };
    Ok(batches(client, NAME, &message, (count, plan.batch)).await?)
}
