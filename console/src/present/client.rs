//! Clients: connections to the broker, the document of `client ls|get` and its tables.

use serde::Serialize;
use weir_proto::filter::{Field, Filtered, Kind, Schema};
use weir_proto::safe_text::SafeText;
use weir_proto::v1;

use super::consumer::{ConsumerDocument, consumer_table};
use super::table::{Fields, Table, cell, number, text};
use super::units::{self, known, per_second};

/// A connection.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct ClientDocument {
    pub(crate) client_id: u64,
    /// Of its newest consumer; empty if it has none.
    pub(crate) name: String,
    pub(crate) peer: String,
    pub(crate) client_version: String,
    pub(crate) connect_time: Option<String>,
    pub(crate) leased: u64,
    pub(crate) publish_streams: u32,
    pub(crate) publish_rate: f64,
    /// That it published to in the last minute.
    pub(crate) topics: Vec<String>,
    pub(crate) subscriptions: Vec<String>,
    pub(crate) consumers: Vec<ClientConsumerDocument>,
    /// Its number as it is typed.
    #[serde(skip)]
    pub(crate) id: String,
}

/// One of its consumers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ClientConsumerDocument {
    pub(crate) subscription: String,
    pub(crate) topic: String,
    #[serde(flatten)]
    pub(crate) numbers: ConsumerDocument,
}

/// What a disconnect ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct DisconnectedDocument {
    pub(crate) client_id: u64,
    pub(crate) ended_streams: u32,
}

const SCHEMA: Schema = Schema {
    fields: &[
        Field::new("client_id", Kind::Count).called(&["id"]),
        Field::new("name", Kind::Text),
        Field::new("peer", Kind::Text),
        Field::new("client_version", Kind::Text).called(&["version"]),
        Field::new("connect_time", Kind::Time).called(&["connected"]),
        Field::new("leased", Kind::Count),
        Field::new("publish_streams", Kind::Count),
        Field::new("publish_rate", Kind::Rate),
        Field::new("topics", Kind::Text).called(&["topic"]),
        Field::new("subscriptions", Kind::Text).called(&["subscription", "sub"]),
    ],
    open: &[],
};

impl Filtered for ClientDocument {
    fn schema() -> &'static Schema {
        &SCHEMA
    }
}

impl From<v1::ClientInfo> for ClientDocument {
    fn from(client: v1::ClientInfo) -> Self {
        let consumers = client.consumers.into_iter().map(|one| {
            let numbers = ConsumerDocument::new(&one.stats.unwrap_or_default());
            ClientConsumerDocument {
                subscription: one.subscription,
                topic: one.topic,
                numbers,
            }
        });
        let consumers: Vec<ClientConsumerDocument> = consumers.collect();
        let names = consumers.iter().map(|one| one.subscription.clone());
        Self {
            id: client.client_id.to_string(),
            client_id: client.client_id,
            name: client.name,
            peer: client.peer,
            client_version: client.client_version,
            connect_time: units::rfc3339(client.connect_time.as_ref()),
            leased: consumers
                .iter()
                .fold(0, |sum, one| one.numbers.leased.saturating_add(sum)),
            publish_streams: client.publish_stream_count,
            publish_rate: client.publish_rate,
            topics: client.topics,
            subscriptions: names.collect(),
            consumers,
        }
    }
}

impl ClientDocument {
    /// For people.
    pub(crate) fn text(&self, is_colored: bool) -> String {
        let mut fields = Fields::default();
        fields.push("client", &self.id);
        fields.push("name", &self.name);
        fields.push("peer", &self.peer);
        fields.push("version", &self.client_version);
        fields.push("connected", known(self.connect_time.clone(), |time| time));
        fields.push("publishes", per_second(self.publish_rate));
        fields.push("publish streams", units::count(self.publish_streams.into()));
        fields.push("topics", self.topics.join(", "));
        fields.push("subscriptions", self.subscriptions.join(", "));
        let numbers: Vec<ConsumerDocument> = {
            let consumers = self.consumers.iter();
            consumers.map(|one| one.numbers.clone()).collect()
        };
        let table = consumer_table(&numbers).map(|table| table.render(is_colored));
        let table = table.map_or(String::new(), |table| format!("\n{table}"));
        fields.render(is_colored) + &table
    }
}

/// Clients in columns.
pub(crate) fn client_table(clients: &[ClientDocument], is_wide: bool) -> Table {
    let mut columns = vec![number("ID"), text("NAME"), text("PEER")];
    if is_wide {
        columns.extend([text("VERSION"), text("CONNECTED")]);
    }
    columns.extend([
        number("LEASED"),
        number("IN/S"),
        text("CONSUMES"),
        text("PUBLISHES TO"),
    ]);
    let mut table = Table::new(columns);
    for client in clients {
        let mut row: Vec<SafeText> = vec![cell(&client.id), cell(&client.name), cell(&client.peer)];
        if is_wide {
            row.push(cell(&client.client_version));
            row.push(cell(known(client.connect_time.clone(), |time| time)));
        }
        row.extend([
            cell(units::count(client.leased)),
            cell(units::rate(client.publish_rate)),
            cell(client.subscriptions.join(", ")),
            cell(client.topics.join(", ")),
        ]);
        table.push(row);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_sums_what_its_consumers_hold_and_names_what_they_read() {
        let consumer = |subscription: &str, leased| v1::ClientConsumer {
            subscription: subscription.to_owned(),
            topic: "orders".to_owned(),
            stats: Some(v1::ConsumerStats {
                leased,
                ..v1::ConsumerStats::default()
            }),
        };
        let client = v1::ClientInfo {
            client_id: 7,
            name: "worker\u{1b}[2J".to_owned(),
            consumers: vec![consumer("billing", 3), consumer("audit", 4)],
            ..v1::ClientInfo::default()
        };
        let document = ClientDocument::from(client);
        assert_eq!((document.leased, document.id.as_str()), (7, "7"));
        let text = client_table(std::slice::from_ref(&document), true).render(false);
        assert!(text.contains("billing, audit"), "{text}");
        assert!(text.contains("worker\\x1b[2J"), "{text}");
        let json = serde_json::to_value(&document).expect("an object");
        assert_eq!(json["consumers"][1]["subscription"], "audit");
        assert_eq!(json["consumers"][1]["leased"], 4);
    }
}
