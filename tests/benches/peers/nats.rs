//! NATS JetStream: for each name a stream of files with one durable pull consumer, whose acks let messages go.
//!
//! Its default: it confirms before it syncs, which it does each two minutes.

use std::time::Duration;

use anyhow::anyhow;
use async_nats::jetstream::context::{ContextBuilder, PublishAckFuture};
use async_nats::jetstream::{self, consumer, stream};
use async_nats::{Client, ConnectOptions};
use futures_util::StreamExt as _;
use tokio::sync::{OnceCell, mpsc};
use weir_tests::wait;

use crate::feed::{Feed, Sink, payload};
use crate::server::Server;
use crate::works::Peer;

/// Publishes that may be unconfirmed.
const UNCONFIRMED: usize = 4_000;
/// Messages of one pull.
const PULLED: usize = 1_000;
const PATIENCE: Duration = Duration::from_mins(1);

type Connection = (Client, jetstream::Context);

pub(crate) struct Nats {
    server: Server,
    shared: OnceCell<Connection>,
}

impl Nats {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let program = std::env::var("NATS_SERVER").unwrap_or_else(|_| "nats-server".to_owned());
        let server = Server::start(program, |directory, port| {
            let port = port.to_string();
            let of = [
                "--addr",
                "127.0.0.1",
                "--port",
                &port,
                "--jetstream",
                "--store_dir",
            ];
            let all = of.into_iter().chain([directory]);
            all.map(str::to_owned).collect()
        })?;
        let shared = OnceCell::new();
        Ok(Self { server, shared })
    }

    async fn connection(&self) -> anyhow::Result<Connection> {
        let address = format!("nats://{}", self.server.address());
        let client = ConnectOptions::new().connect(address).await?;
        let context = ContextBuilder::new()
            .timeout(PATIENCE)
            .ack_timeout(PATIENCE)
            .max_ack_inflight(UNCONFIRMED)
            .backpressure_on_inflight(true)
            .build(client.clone());
        Ok((client, context))
    }
}

fn subject(name: &str) -> String {
    format!("s.{name}")
}

impl Peer for Nats {
    const NAME: &str = "NATS";

    async fn reset(&self, name: &str) -> anyhow::Result<()> {
        let (_, context) = self.shared.get_or_try_init(|| self.connection()).await?;
        // There is none at first.
        drop(context.delete_stream(name).await);
        self.create(name).await
    }

    async fn create(&self, name: &str) -> anyhow::Result<()> {
        let (_, context) = self.shared.get_or_try_init(|| self.connection()).await?;
        let config = stream::Config {
            name: name.to_owned(),
            subjects: vec![subject(name)],
            storage: stream::StorageType::File,
            retention: stream::RetentionPolicy::Interest,
            num_replicas: 1,
            ..stream::Config::default()
        };
        let stream = context.create_stream(config).await?;
        let config = consumer::pull::Config {
            durable_name: Some("c".to_owned()),
            ack_policy: consumer::AckPolicy::Explicit,
            ack_wait: 2 * PATIENCE,
            max_ack_pending: 20_000,
            ..consumer::pull::Config::default()
        };
        stream.create_consumer(config).await?;
        Ok(())
    }

    async fn publish(&self, name: &str, mut feed: Feed, size: usize) -> anyhow::Result<u64> {
        let (_client, context) = self.connection().await?;
        let subject = subject(name);
        let (sent, mut unconfirmed) = mpsc::channel::<PublishAckFuture>(UNCONFIRMED);
        let confirming = tokio::spawn(async move {
            let mut confirmed = 0;
            while let Some(one) = unconfirmed.recv().await {
                one.await
                    .map_err(|error| anyhow!("not confirmed: {error}"))?;
                confirmed += 1;
            }
            anyhow::Ok(confirmed)
        });
        while let Some(time) = feed.next().await {
            let message = payload(time, size).into();
            let one = context.publish(subject.clone(), message).await?;
            if sent.send(one).await.is_err() {
                break;
            }
        }
        drop(sent);
        confirming.await?
    }

    async fn consume(&self, name: &str, sink: Sink) -> anyhow::Result<()> {
        let (client, context) = self.connection().await?;
        let stream = context.get_stream(name).await?;
        let consumer = stream.get_consumer("c").await;
        let mut consumer: consumer::PullConsumer = consumer.map_err(|error| anyhow!("{error}"))?;
        let pull = consumer.stream().max_messages_per_batch(PULLED);
        let mut messages = pull.messages().await?;
        while !sink.stop.is_cancelled() {
            let message = tokio::select! {
                biased;
                message = messages.next() => message,
                () = sink.stop.cancelled() => break,
            };
            let Some(message) = message else { break };
            let message = message?;
            let is_last = sink.take(&message.payload);
            let acked = message.ack().await;
            acked.map_err(|error| anyhow!("not acknowledged: {error}"))?;
            if is_last {
                break;
            }
        }
        client.flush().await?;
        // Nobody answers an ack, so the last ones are waited for.
        while sink.is_bounded() && consumer.info().await?.num_ack_pending > 0 {
            wait::pass(Duration::from_millis(2)).await;
        }
        Ok(())
    }

    async fn publish_each(&self, names: Vec<String>, size: usize) -> anyhow::Result<()> {
        let (_client, context) = self.connection().await?;
        for some in names.chunks(UNCONFIRMED / 2) {
            let mut sent = Vec::with_capacity(some.len());
            for name in some {
                let message = payload(1, size).into();
                sent.push(context.publish(subject(name), message).await?);
            }
            for one in sent {
                one.await?;
            }
        }
        Ok(())
    }

    fn rss(&self) -> anyhow::Result<u64> {
        self.server.rss()
    }
}
