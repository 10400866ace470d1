//! Topics: the document of `topic ls|get|create` and their tables.

use serde::Serialize;
use weir_proto::v1;

use super::table::{Fields, Table, cell, number, text};
use super::units::{self, known, per_second};
use weir_proto::filter::{Field, Filtered, Kind, Schema};

/// A topic's settings and numbers. What was not asked for or is not known is null.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct TopicDocument {
    pub(crate) name: String,
    pub(crate) topic_id: u64,
    pub(crate) partition_count: u32,
    pub(crate) subscription_count: u32,
    pub(crate) published: Option<u64>,
    /// Messages since the broker's start that no subscription got.
    pub(crate) unrouted: Option<u64>,
    pub(crate) stored: Option<u64>,
    pub(crate) stored_bytes: Option<u64>,
    /// Messages per second over 10 s.
    pub(crate) publish_rate: Option<f64>,
    pub(crate) retention_seconds: Option<f64>,
    pub(crate) retention_bytes: Option<u64>,
    /// How long a message lives that does not say so itself.
    pub(crate) message_time_to_live_seconds: Option<f64>,
    /// Absent: no limit.
    pub(crate) max_messages: Option<u64>,
    /// Absent: no limit.
    pub(crate) max_bytes: Option<u64>,
    /// `reject` or `drop-oldest`.
    pub(crate) limit_policy: Option<&'static str>,
    /// `durable` or `relaxed`.
    pub(crate) durability: Option<&'static str>,
    pub(crate) create_time: Option<String>,
}

const SCHEMA: Schema = Schema {
    fields: &[
        Field::new("name", Kind::Text),
        Field::new("topic_id", Kind::Count).called(&["id"]),
        Field::new("partition_count", Kind::Count).called(&["partitions"]),
        Field::new("subscription_count", Kind::Count).called(&["subscriptions", "subs"]),
        Field::new("published", Kind::Count),
        Field::new("unrouted", Kind::Count),
        Field::new("stored", Kind::Count),
        Field::new("stored_bytes", Kind::Bytes).called(&["size"]),
        Field::new("publish_rate", Kind::Rate).called(&["in"]),
        Field::new("retention_seconds", Kind::Seconds).called(&["retention"]),
        Field::new("retention_bytes", Kind::Bytes),
        Field::new("message_time_to_live_seconds", Kind::Seconds).called(&["ttl"]),
        Field::new("max_messages", Kind::Count),
        Field::new("max_bytes", Kind::Bytes),
        Field::new("limit_policy", Kind::Text),
        Field::new("durability", Kind::Text),
        Field::new("create_time", Kind::Time).called(&["created"]),
    ],
    open: &[],
};

impl Filtered for TopicDocument {
    fn schema() -> &'static Schema {
        &SCHEMA
    }
}

impl TopicDocument {
    /// What is known of a topic: its settings, its numbers, or both.
    pub(crate) fn new(settings: Option<&v1::Topic>, stats: Option<&v1::TopicStats>) -> Self {
        let mut document = Self::default();
        if let Some(topic) = settings {
            document.name.clone_from(&topic.name);
            document.topic_id = topic.topic_id;
            document.partition_count = topic.partition_count;
            document.subscription_count = topic.subscription_count;
            document.retention_seconds = units::span_seconds(topic.retention_duration.as_ref());
            document.retention_bytes = topic.retention_bytes;
            document.message_time_to_live_seconds =
                units::span_seconds(topic.message_time_to_live.as_ref());
            document.max_messages = topic.max_messages;
            document.max_bytes = topic.max_bytes;
            document.limit_policy = limit_policy(topic.limit_policy());
            document.durability = units::durability(topic.durability());
            document.create_time = units::rfc3339(topic.create_time.as_ref());
        }
        if let Some(stats) = stats {
            document.name.clone_from(&stats.name);
            document.topic_id = stats.topic_id;
            document.partition_count = stats.partition_count;
            document.subscription_count = stats.subscription_count;
            document.published = Some(stats.published);
            document.unrouted = Some(stats.unrouted);
            document.durability = units::durability(stats.durability()).or(document.durability);
            document.stored = Some(stats.stored);
            document.stored_bytes = Some(stats.stored_bytes);
            document.publish_rate = shortest_window(&stats.publish_rates);
        }
        document
    }

    /// The fields, for people.
    pub(crate) fn fields(&self) -> Fields {
        let mut fields = Fields::default();
        fields.push("name", &self.name);
        fields.push("topic id", self.topic_id.to_string());
        fields.push("partitions", units::count(self.partition_count.into()));
        fields.push(
            "subscriptions",
            units::count(self.subscription_count.into()),
        );
        fields.push("published", known(self.published, units::count));
        fields.push("unrouted", known(self.unrouted, units::count));
        fields.push("stored", known(self.stored, units::count));
        fields.push("stored bytes", known(self.stored_bytes, units::bytes));
        fields.push("publish rate", known(self.publish_rate, per_second));
        fields.push("retention", known(self.retention_seconds, units::seconds));
        fields.push("retention bytes", known(self.retention_bytes, units::bytes));
        if let Some(life) = self.message_time_to_live_seconds {
            fields.push("messages live for", units::seconds(life));
        }
        if self.max_messages.is_some() || self.max_bytes.is_some() {
            fields.push("max messages", known(self.max_messages, units::count));
            fields.push("max bytes", known(self.max_bytes, units::bytes));
            fields.push("limit policy", self.limit_policy.unwrap_or(units::UNKNOWN));
        }
        fields.push("durability", self.durability.unwrap_or(units::UNKNOWN));
        fields.push(
            "created",
            self.create_time.as_deref().unwrap_or(units::UNKNOWN),
        );
        fields
    }
}

fn limit_policy(policy: v1::LimitPolicy) -> Option<&'static str> {
    match policy {
        v1::LimitPolicy::Unspecified => None,
        v1::LimitPolicy::Reject => Some("reject"),
        v1::LimitPolicy::DropOldest => Some("drop-oldest"),
    }
}

/// Topics in columns.
pub(crate) fn topic_table(topics: &[TopicDocument], is_wide: bool) -> Table {
    let mut columns = vec![
        text("NAME"),
        number("SUBS"),
        number("PUBLISHED"),
        number("STORED"),
        number("SIZE"),
        number("IN/S"),
        text("DURABILITY"),
    ];
    if is_wide {
        columns.extend([number("PARTITIONS"), number("ID")]);
    }
    let mut table = Table::new(columns);
    for topic in topics {
        let mut row = vec![
            cell(&topic.name),
            cell(units::count(topic.subscription_count.into())),
            cell(known(topic.published, units::count)),
            cell(known(topic.stored, units::count)),
            cell(known(topic.stored_bytes, units::bytes)),
            cell(known(topic.publish_rate, units::rate)),
            cell(topic.durability.unwrap_or(units::UNKNOWN)),
        ];
        if is_wide {
            row.push(cell(units::count(topic.partition_count.into())));
            row.push(cell(topic.topic_id.to_string()));
        }
        table.push(row);
    }
    table
}

/// The rate over the shortest window, which is 10 s.
fn shortest_window(rates: &[v1::Rate]) -> Option<f64> {
    rates
        .iter()
        .min_by(|a, b| a.window_seconds.total_cmp(&b.window_seconds))
        .map(|rate| rate.per_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats() -> v1::TopicStats {
        v1::TopicStats {
            topic_id: 3,
            name: "orders".to_owned(),
            published: 1_200,
            stored: 1_000,
            stored_bytes: 2_048,
            publish_rates: vec![
                v1::Rate {
                    window_seconds: 60.0,
                    per_second: 2.0,
                },
                v1::Rate {
                    window_seconds: 10.0,
                    per_second: 12.5,
                },
            ],
            partition_count: 1,
            subscription_count: 2,
            unrouted: 7,
            durability: v1::Durability::Relaxed.into(),
            ..v1::TopicStats::default()
        }
    }

    #[test]
    fn what_is_not_known_is_null() {
        let document = TopicDocument::new(None, Some(&stats()));
        let json = serde_json::to_value(&document).unwrap();
        assert_eq!(json["name"], "orders");
        assert_eq!(json["stored_bytes"], 2_048);
        assert_eq!(json["publish_rate"], 12.5);
        assert!(json["retention_seconds"].is_null());
        assert!(json["create_time"].is_null());
    }

    #[test]
    fn the_table_shows_the_ten_second_rate() {
        let documents = [TopicDocument::new(None, Some(&stats()))];
        let expected = "\
NAME    SUBS  PUBLISHED  STORED     SIZE  IN/S  DURABILITY
orders     2      1,200   1,000  2.0 KiB  12.5  relaxed
";
        assert_eq!(topic_table(&documents, false).render(false), expected);
    }
}
