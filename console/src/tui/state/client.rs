//! The programs that are connected to the broker.

use weir_proto::safe_text::SafeText;
use weir_proto::v1::{ClientInfo, ListClientsResponse};

use super::consumer::Consumer;
use super::reading::{broker_seconds, measured};

const NAME_CAP_BYTES: usize = 511;

/// The connected clients.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clients {
    pub(crate) clients: Vec<Client>,
    /// Whether there are more than were asked for.
    pub(crate) has_more: bool,
}

/// One connection.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) id: u64,
    pub(crate) name: SafeText,
    pub(crate) peer: SafeText,
    pub(crate) version: SafeText,
    /// Seconds since the epoch by the broker's clock.
    pub(crate) connected: Option<f64>,
    pub(crate) consumers: Vec<ClientConsumer>,
    pub(crate) publish_streams: u32,
    pub(crate) publish_rate: Option<f64>,
    /// What it published to lately.
    pub(crate) topics: Vec<SafeText>,
}

/// A consumer of a client.
#[derive(Clone, Debug)]
pub(crate) struct ClientConsumer {
    pub(crate) subscription: SafeText,
    pub(crate) topic: SafeText,
    pub(crate) consumer: Consumer,
}

impl Clients {
    /// Takes clients over from the wire.
    pub(crate) fn new(response: &ListClientsResponse) -> Self {
        Self {
            clients: response.clients.iter().map(Client::new).collect(),
            has_more: !response.next_page_token.is_empty(),
        }
    }

    /// The one with an id.
    pub(crate) fn get(&self, id: u64) -> Option<&Client> {
        self.clients.iter().find(|client| client.id == id)
    }
}

impl Client {
    fn new(info: &ClientInfo) -> Self {
        let consumers = info.consumers.iter().map(|one| ClientConsumer {
            subscription: safe_name(&one.subscription),
            topic: safe_name(&one.topic),
            consumer: Consumer::new(&one.stats.clone().unwrap_or_default()),
        });
        Self {
            id: info.client_id,
            name: safe_name(&info.name),
            peer: safe_name(&info.peer),
            version: safe_name(&info.client_version),
            connected: info.connect_time.map(broker_seconds),
            consumers: consumers.collect(),
            publish_streams: info.publish_stream_count,
            publish_rate: measured(info.publish_rate),
            topics: info.topics.iter().map(|topic| safe_name(topic)).collect(),
        }
    }

    /// Messages that its consumers hold.
    pub(crate) fn leased(&self) -> u64 {
        self.consumers
            .iter()
            .fold(0, |sum, one| sum.saturating_add(one.consumer.leased))
    }
}

fn safe_name(text: &str) -> SafeText {
    SafeText::capped(text.as_bytes(), NAME_CAP_BYTES)
}
