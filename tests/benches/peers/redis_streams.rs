//! Redis Streams: a stream and a group for each name, XADD in pipelines, XREADGROUP and one XACK a turn.
//!
//! Its default here: an append-only file that is synced each second, so that an answer does not mean that a message is
//! on the disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::bail;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Value};
use tokio::sync::{OnceCell, Semaphore};

use crate::feed::{self, Feed, Sink, payload};
use crate::server::Server;
use crate::works::Peer;

/// Messages in one pipeline, and how many such are on their way.
const PIPELINE: usize = 100;
const UNDER_WAY: usize = 10;
/// Paced messages on their way, one in each pipeline.
const PACED_UNDER_WAY: usize = 1_000;
/// Messages of one read.
const READ: usize = 500;

pub(crate) struct Redis {
    server: Server,
    shared: OnceCell<MultiplexedConnection>,
}

impl Redis {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let program = std::env::var("REDIS_SERVER").unwrap_or_else(|_| "redis-server".to_owned());
        let server = Server::start(program, |directory, port| {
            let port = port.to_string();
            let of = [
                ["--port", &port],
                ["--bind", "127.0.0.1"],
                ["--dir", directory],
                ["--save", ""],
                ["--appendonly", "yes"],
                ["--appendfsync", "everysec"],
            ];
            of.as_flattened()
                .iter()
                .map(|&text| text.to_owned())
                .collect()
        })?;
        let shared = OnceCell::new();
        Ok(Self { server, shared })
    }

    async fn connection(&self) -> anyhow::Result<MultiplexedConnection> {
        let client = redis::Client::open(format!("redis://{}/", self.server.address()))?;
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        Ok(client
            .get_multiplexed_async_connection_with_config(&config)
            .await?)
    }
}

impl Peer for Redis {
    const NAME: &str = "Redis";

    async fn reset(&self, name: &str) -> anyhow::Result<()> {
        let mut connection = self.connection().await?;
        let mut delete = redis::cmd("DEL");
        delete.arg(name).query_async::<()>(&mut connection).await?;
        self.create(name).await
    }

    async fn create(&self, name: &str) -> anyhow::Result<()> {
        let shared = self.shared.get_or_try_init(|| self.connection()).await?;
        let mut group = redis::cmd("XGROUP");
        group.arg(&["CREATE", name, "g", "0", "MKSTREAM"]);
        Ok(group.query_async::<()>(&mut shared.clone()).await?)
    }

    async fn publish(&self, name: &str, mut feed: Feed, size: usize) -> anyhow::Result<u64> {
        let connection = self.connection().await?;
        let most = if feed.is_paced() {
            PACED_UNDER_WAY
        } else {
            UNDER_WAY
        };
        let under_way = Arc::new(Semaphore::new(most));
        let confirmed = Arc::new(AtomicU64::new(0));
        loop {
            let times = feed.batch(PIPELINE).await;
            if times.is_empty() {
                break;
            }
            let permit = Arc::clone(&under_way).acquire_owned().await?;
            let mut pipeline = redis::pipe();
            for time in &times {
                let message = payload(*time, size);
                let add = pipeline.cmd("XADD").arg(name).arg("*");
                add.arg("d").arg(message).ignore();
            }
            let (mut connection, confirmed) = (connection.clone(), Arc::clone(&confirmed));
            tokio::spawn(async move {
                if pipeline.query_async::<()>(&mut connection).await.is_ok() {
                    confirmed.fetch_add(times.len() as u64, Ordering::Relaxed);
                }
                drop(permit);
            });
        }
        let _all = under_way.acquire_many(u32::try_from(most)?).await?;
        Ok(confirmed.load(Ordering::Relaxed))
    }

    async fn consume(&self, name: &str, sink: Sink) -> anyhow::Result<()> {
        let mut connection = self.connection().await?;
        let consumer = format!("c{}", feed::now());
        let mut ids: Vec<Vec<u8>> = Vec::new();
        loop {
            let is_done = sink.is_done();
            let mut pipeline = redis::pipe();
            if !ids.is_empty() {
                pipeline.cmd("XACK").arg(name).arg("g").arg(&ids).ignore();
            } else if is_done {
                return Ok(());
            }
            if !is_done {
                let read = pipeline.cmd("XREADGROUP").arg("GROUP").arg("g");
                read.arg(&consumer).arg("COUNT").arg(READ).arg("BLOCK");
                read.arg(200).arg("STREAMS").arg(name).arg(">");
            }
            let answer: Value = pipeline.query_async(&mut connection).await?;
            ids.clear();
            if is_done {
                return Ok(());
            }
            let Value::Array(mut answers) = answer else {
                bail!("an answer of another shape");
            };
            for (id, message) in entries(answers.pop().unwrap_or(Value::Nil)) {
                sink.take(&message);
                ids.push(id);
            }
        }
    }

    async fn publish_each(&self, names: Vec<String>, size: usize) -> anyhow::Result<()> {
        let mut connection = self.connection().await?;
        for some in names.chunks(PIPELINE) {
            let mut pipeline = redis::pipe();
            for name in some {
                let add = pipeline.cmd("XADD").arg(name).arg("*");
                add.arg("d").arg(payload(1, size)).ignore();
            }
            pipeline.query_async::<()>(&mut connection).await?;
        }
        Ok(())
    }

    fn rss(&self) -> anyhow::Result<u64> {
        self.server.rss()
    }
}

/// The ids and payloads of the answer to a read of one stream.
fn entries(answer: Value) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut found = Vec::new();
    for stream in items(answer) {
        let Some(entries) = items(stream).pop() else {
            continue;
        };
        for entry in items(entries) {
            let mut parts = items(entry);
            let mut fields = parts.pop().map(items).unwrap_or_default();
            if let (Some(Value::BulkString(id)), Some(Value::BulkString(message))) =
                (parts.pop(), fields.pop())
            {
                found.push((id, message));
            }
        }
    }
    found
}

fn items(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        _ => Vec::new(),
    }
}
