//! The broker as a whole: the document of `status`.

use serde::Serialize;
use weir_proto::v1;

use super::json::SCHEMA_VERSION;
use super::table::Fields;
use super::undo::UndoDocument;
use super::units::{self, known, per_second};

/// How the broker is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct StatusDocument {
    /// The version of the shapes of all JSON documents.
    pub(crate) schema_version: u32,
    pub(crate) server: String,
    pub(crate) health: &'static str,
    /// Why it is not serving; null if it is.
    pub(crate) health_detail: Option<String>,
    pub(crate) version: String,
    pub(crate) incarnation: u64,
    pub(crate) start_time: Option<String>,
    pub(crate) uptime_seconds: Option<f64>,
    pub(crate) topics: u32,
    pub(crate) subscriptions: u32,
    pub(crate) consumers: u32,
    pub(crate) publish_rate: f64,
    pub(crate) deliver_rate: f64,
    pub(crate) ack_rate: f64,
    pub(crate) backlog: u64,
    pub(crate) dead: u64,
    pub(crate) conservation_error: u64,
    pub(crate) durable_position: u64,
    pub(crate) sync_count: u64,
    pub(crate) sync_seconds: Option<f64>,
    pub(crate) journal_bytes: u64,
    pub(crate) disk_free_bytes: Option<u64>,
    pub(crate) disk_total_bytes: Option<u64>,
    pub(crate) cpu_cores: Option<f64>,
    pub(crate) rss_bytes: Option<u64>,
    pub(crate) host_cores: Option<u32>,
    pub(crate) host_memory_bytes: Option<u64>,
    /// How long nothing is destroyed by time yet, because the clock has jumped; null if it has not.
    pub(crate) suspended_seconds: Option<f64>,
    /// Null if the broker does not tell.
    pub(crate) undo: Option<UndoDocument>,
    pub(crate) sample_time: Option<String>,
}

impl StatusDocument {
    /// How the broker at `server` was when it answered.
    pub(crate) fn new(server: &str, sample: &v1::GetStatsResponse) -> Self {
        let broker = sample.broker.clone().unwrap_or_default();
        let sample_time = sample.sample_time.as_ref();
        Self {
            schema_version: SCHEMA_VERSION,
            server: server.to_owned(),
            health: health(broker.health()),
            start_time: units::rfc3339(broker.start_time.as_ref()),
            uptime_seconds: units::seconds_between(broker.start_time.as_ref(), sample_time),
            health_detail: Some(broker.health_detail).filter(|detail| !detail.is_empty()),
            version: broker.version,
            incarnation: broker.incarnation,
            topics: broker.topic_count,
            subscriptions: broker.subscription_count,
            consumers: broker.consumer_count,
            publish_rate: broker.publish_rate,
            deliver_rate: broker.deliver_rate,
            ack_rate: broker.ack_rate,
            backlog: broker.backlog,
            dead: broker.dead,
            conservation_error: broker.conservation_error,
            durable_position: broker.durable_position,
            sync_count: broker.sync_count,
            sync_seconds: broker.sync_seconds,
            journal_bytes: broker.journal_bytes,
            disk_free_bytes: broker.disk_free_bytes,
            disk_total_bytes: broker.disk_total_bytes,
            cpu_cores: broker.cpu_cores,
            rss_bytes: broker.rss_bytes,
            host_cores: broker.host_cores,
            host_memory_bytes: broker.host_memory_bytes,
            suspended_seconds: broker.suspended_seconds,
            undo: broker
                .undo
                .map(|undo| UndoDocument::new(&undo, sample_time)),
            sample_time: units::rfc3339(sample_time),
        }
    }

    /// Whether the broker takes and gives messages and its books add up; if not, why.
    pub(crate) fn fault(&self) -> Option<String> {
        if self.health != SERVING {
            let detail = self
                .health_detail
                .as_deref()
                .unwrap_or("it gives no reason");
            return Some(format!("the broker is {}: {detail}", self.health));
        }
        (self.conservation_error != 0).then(|| {
            format!(
                "the broker's books are off by {}",
                units::messages(self.conservation_error)
            )
        })
    }

    /// The fields, for people.
    pub(crate) fn fields(&self) -> Fields {
        let mut fields = Fields::default();
        fields.push(
            "broker",
            format!("{} (version {})", self.server, self.version),
        );
        let detail = self
            .health_detail
            .as_deref()
            .map(|detail| format!(": {detail}"));
        fields.push(
            "health",
            format!("{}{}", self.health, detail.unwrap_or_default()),
        );
        if let Some(seconds) = self.suspended_seconds {
            let text = format!("jumped; nothing expires for {}", units::seconds(seconds));
            fields.push("clock", text);
        }
        fields.push("up", known(self.uptime_seconds, units::seconds));
        fields.push("topics", units::count(self.topics.into()));
        fields.push("subscriptions", units::count(self.subscriptions.into()));
        fields.push("consumers", units::count(self.consumers.into()));
        fields.push("in", per_second(self.publish_rate));
        fields.push("out", per_second(self.deliver_rate));
        fields.push("acked", per_second(self.ack_rate));
        fields.push("backlog", units::count(self.backlog));
        fields.push("dead", units::count(self.dead));
        fields.push("conservation error", units::count(self.conservation_error));
        fields.push("journal", units::bytes(self.journal_bytes));
        if let Some(undo) = &self.undo {
            fields.push("kept only for undo", undo.words());
        }
        fields.push("disk free", known(self.disk_free_bytes, units::bytes));
        fields.push("last sync", known(self.sync_seconds, units::seconds));
        fields.push("memory", known(self.rss_bytes, units::bytes));
        fields.push(
            "cpu",
            known(self.cpu_cores, |cores| format!("{cores:.2} cores")),
        );
        fields
    }
}

const SERVING: &str = "serving";

fn health(health: v1::BrokerHealth) -> &'static str {
    match health {
        v1::BrokerHealth::Unspecified => "unknown",
        v1::BrokerHealth::Serving => SERVING,
        v1::BrokerHealth::Draining => "draining",
        v1::BrokerHealth::DiskFull => "disk_full",
        v1::BrokerHealth::Poisoned => "poisoned",
    }
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;

    use super::*;

    fn sample(health: v1::BrokerHealth, conservation_error: u64) -> v1::GetStatsResponse {
        v1::GetStatsResponse {
            sample_time: Some(Timestamp {
                seconds: 1_090,
                nanos: 500_000_000,
            }),
            broker: Some(v1::BrokerStats {
                health: health.into(),
                start_time: Some(Timestamp {
                    seconds: 1_000,
                    nanos: 0,
                }),
                conservation_error,
                ..v1::BrokerStats::default()
            }),
            ..v1::GetStatsResponse::default()
        }
    }

    #[test]
    fn the_schema_version_is_printed_and_the_uptime_needs_no_clock() {
        let document = StatusDocument::new("h:1", &sample(v1::BrokerHealth::Serving, 0));
        let json = serde_json::to_value(&document).unwrap();
        assert_eq!(json["schema_version"], SCHEMA_VERSION);
        assert_eq!(json["uptime_seconds"], 90.5);
        assert!(json["rss_bytes"].is_null());
        assert_eq!(document.fault(), None);
    }

    #[test]
    fn a_broker_that_does_not_serve_or_whose_books_are_off_is_a_fault() {
        let of = |health, error| StatusDocument::new("h:1", &sample(health, error)).fault();
        assert!(
            of(v1::BrokerHealth::DiskFull, 0)
                .unwrap()
                .contains("disk_full")
        );
        assert!(
            of(v1::BrokerHealth::Poisoned, 0)
                .unwrap()
                .contains("poisoned")
        );
        assert!(
            of(v1::BrokerHealth::Serving, 2)
                .unwrap()
                .contains("off by 2 messages")
        );
    }
}
