//! The broker as a whole, as of the last sample.

use weir_proto::safe_text::SafeText;
use weir_proto::v1::{BrokerHealth, BrokerStats, UndoStats};

use super::reading::{broker_seconds, measured};

/// How many bytes of a text about the broker are kept.
const TEXT_CAP_BYTES: usize = 512;

/// The broker in numbers.
#[derive(Clone, Debug)]
pub(crate) struct Broker {
    pub(crate) version: SafeText,
    pub(crate) health: BrokerHealth,
    /// Why it is not serving; empty if it is.
    pub(crate) health_detail: SafeText,
    /// When it started: seconds since the epoch by its clock.
    pub(crate) started: Option<f64>,
    pub(crate) publish_rate: Option<f64>,
    pub(crate) deliver_rate: Option<f64>,
    pub(crate) ack_rate: Option<f64>,
    pub(crate) backlog: u64,
    pub(crate) dead: u64,
    pub(crate) conservation_error: u64,
    pub(crate) cpu_cores: Option<f64>,
    pub(crate) host_cores: Option<u32>,
    pub(crate) host_memory_bytes: Option<u64>,
    pub(crate) rss_bytes: Option<u64>,
    pub(crate) journal_bytes: u64,
    pub(crate) disk_free_bytes: Option<u64>,
    pub(crate) disk_total_bytes: Option<u64>,
    pub(crate) sync_seconds: Option<f64>,
    pub(crate) topic_count: u32,
    pub(crate) subscription_count: u32,
    pub(crate) consumer_count: u32,
    /// What is kept for undo; `None` if the broker does not tell.
    pub(crate) undo: Option<Undo>,
}

/// What the broker keeps only so that operations can be undone.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Undo {
    pub(crate) kept: u64,
    pub(crate) kept_bytes: u64,
    /// `None` if there is no limit.
    pub(crate) limit_bytes: Option<u64>,
    /// For how many seconds an operation can be undone; 0 if nothing is put aside.
    pub(crate) grace: f64,
    /// When the first and the last operation lose their undo: seconds since the epoch by the broker's clock.
    pub(crate) first_end: Option<f64>,
    pub(crate) last_end: Option<f64>,
}

impl Broker {
    /// Takes the broker's numbers over from the wire.
    pub(crate) fn new(stats: &BrokerStats) -> Self {
        Self {
            version: SafeText::capped(stats.version.as_bytes(), TEXT_CAP_BYTES),
            health: stats.health(),
            health_detail: SafeText::capped(stats.health_detail.as_bytes(), TEXT_CAP_BYTES),
            started: stats.start_time.map(broker_seconds),
            publish_rate: measured(stats.publish_rate),
            deliver_rate: measured(stats.deliver_rate),
            ack_rate: measured(stats.ack_rate),
            backlog: stats.backlog,
            dead: stats.dead,
            conservation_error: stats.conservation_error,
            cpu_cores: stats.cpu_cores.and_then(measured),
            host_cores: stats.host_cores,
            host_memory_bytes: stats.host_memory_bytes,
            rss_bytes: stats.rss_bytes,
            journal_bytes: stats.journal_bytes,
            disk_free_bytes: stats.disk_free_bytes,
            disk_total_bytes: stats.disk_total_bytes,
            sync_seconds: stats.sync_seconds.and_then(measured),
            topic_count: stats.topic_count,
            subscription_count: stats.subscription_count,
            consumer_count: stats.consumer_count,
            undo: stats.undo.as_ref().map(Undo::new),
        }
    }
}

impl Undo {
    fn new(stats: &UndoStats) -> Self {
        Self {
            kept: stats.kept,
            kept_bytes: stats.kept_bytes,
            limit_bytes: stats.limit_bytes,
            grace: measured(stats.grace_seconds).unwrap_or(0.0),
            first_end: stats.first_end_time.map(broker_seconds),
            last_end: stats.last_end_time.map(broker_seconds),
        }
    }
}
