//! A connection to the broker, and what it does there.

use weir_proto::safe_text::SafeText;
use weir_proto::v1;

use super::consumer::Consumer;
use super::reading::{broker_seconds, measured};

/// How many bytes of a name are kept.
const NAME_CAP_BYTES: usize = 511;

/// One connection.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) id: u64,
    /// The name of its newest consumer; empty if it has none.
    pub(crate) name: SafeText,
    pub(crate) peer: SafeText,
    pub(crate) version: SafeText,
    /// Seconds since the epoch by the broker's clock.
    pub(crate) connected: Option<f64>,
    pub(crate) consumers: Vec<ClientConsumer>,
    pub(crate) publish_streams: u32,
    pub(crate) publish_rate: Option<f64>,
    pub(crate) topics: Vec<SafeText>,
}

/// A consumer of a connection.
#[derive(Clone, Debug)]
pub(crate) struct ClientConsumer {
    pub(crate) subscription: SafeText,
    pub(crate) topic: SafeText,
    pub(crate) consumer: Option<Consumer>,
}

impl Client {
    /// Takes a connection over from the wire.
    pub(crate) fn new(client: &v1::ClientInfo) -> Self {
        Self {
            id: client.client_id,
            name: name(&client.name),
            peer: name(&client.peer),
            version: name(&client.client_version),
            connected: client.connect_time.map(broker_seconds),
            consumers: client.consumers.iter().map(consumer).collect(),
            publish_streams: client.publish_stream_count,
            publish_rate: measured(client.publish_rate),
            topics: client.topics.iter().map(|topic| name(topic)).collect(),
        }
    }

    /// Messages that its consumers hold.
    pub(crate) fn leased(&self) -> u64 {
        let each = self
            .consumers
            .iter()
            .filter_map(|one| one.consumer.as_ref());
        each.fold(0, |sum, one| sum.saturating_add(one.leased))
    }

    /// Messages that its consumers acknowledge per second.
    pub(crate) fn ack_rate(&self) -> Option<f64> {
        let mut sum = None;
        for one in self
            .consumers
            .iter()
            .filter_map(|one| one.consumer.as_ref())
        {
            sum = Some(sum.unwrap_or(0.0) + one.ack_rate?);
        }
        sum
    }
}

fn name(text: &str) -> SafeText {
    SafeText::capped(text.as_bytes(), NAME_CAP_BYTES)
}

fn consumer(one: &v1::ClientConsumer) -> ClientConsumer {
    ClientConsumer {
        subscription: name(&one.subscription),
        topic: name(&one.topic),
        consumer: one.stats.as_ref().map(Consumer::new),
    }
}
