//! Consumers of a subscription and how long things take: parts of the document of `sub get` and their tables.

use serde::Serialize;
use weir_proto::v1;

use super::table::{Table, cell, number, text};
use super::units::{self, known};

/// How long something took, in seconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct LatencyDocument {
    pub(crate) window_seconds: f64,
    pub(crate) count: u64,
    pub(crate) p50_seconds: f64,
    pub(crate) p90_seconds: f64,
    pub(crate) p99_seconds: f64,
    pub(crate) max_seconds: f64,
}

/// One connected consumer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ConsumerDocument {
    pub(crate) consumer_id: u64,
    pub(crate) name: String,
    pub(crate) peer: String,
    pub(crate) leased: u64,
    pub(crate) max_outstanding_messages: u64,
    pub(crate) deliver_rate: f64,
    pub(crate) ack_rate: f64,
    pub(crate) fail_rate: f64,
    pub(crate) redeliver_rate: f64,
    pub(crate) connect_time: Option<String>,
    pub(crate) last_ack_time: Option<String>,
    pub(crate) handling: Option<LatencyDocument>,
    /// How many times as long it takes as the others; null where there is nothing to compare.
    pub(crate) slowness: Option<f64>,
    pub(crate) client_id: u64,
    pub(crate) client_version: String,
}

/// One that has left.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct DepartedDocument {
    pub(crate) consumer_id: u64,
    pub(crate) name: String,
    pub(crate) peer: String,
    pub(crate) client_version: String,
    pub(crate) connect_time: Option<String>,
    pub(crate) leave_time: Option<String>,
    pub(crate) reason: &'static str,
    pub(crate) returned_leases: u64,
}

impl LatencyDocument {
    pub(crate) fn new(summary: &v1::LatencySummary) -> Self {
        Self {
            window_seconds: summary.window_seconds,
            count: summary.count,
            p50_seconds: summary.p50_seconds,
            p90_seconds: summary.p90_seconds,
            p99_seconds: summary.p99_seconds,
            max_seconds: summary.max_seconds,
        }
    }

    /// Half of them, and nearly all.
    pub(crate) fn text(&self) -> String {
        let (half, most) = (self.p50_seconds, self.p99_seconds);
        format!("p50 {}, p99 {}", units::seconds(half), units::seconds(most))
    }
}

impl ConsumerDocument {
    pub(crate) fn new(stats: &v1::ConsumerStats) -> Self {
        Self {
            consumer_id: stats.consumer_id,
            name: stats.name.clone(),
            peer: stats.peer.clone(),
            leased: stats.leased,
            max_outstanding_messages: stats.max_outstanding_messages,
            deliver_rate: stats.deliver_rate,
            ack_rate: stats.ack_rate,
            fail_rate: stats.fail_rate,
            redeliver_rate: stats.redeliver_rate,
            connect_time: units::rfc3339(stats.connect_time.as_ref()),
            last_ack_time: units::rfc3339(stats.last_ack_time.as_ref()),
            handling: stats.handling.as_ref().map(LatencyDocument::new),
            slowness: stats.slowness,
            client_id: stats.client_id,
            client_version: stats.client_version.clone(),
        }
    }
}

impl DepartedDocument {
    pub(crate) fn new(departed: &v1::DepartedConsumer) -> Self {
        Self {
            consumer_id: departed.consumer_id,
            name: departed.name.clone(),
            peer: departed.peer.clone(),
            client_version: departed.client_version.clone(),
            connect_time: units::rfc3339(departed.connect_time.as_ref()),
            leave_time: units::rfc3339(departed.leave_time.as_ref()),
            reason: reason(departed.reason()),
            returned_leases: departed.returned_leases,
        }
    }
}

/// The connected consumers, the slowest first, then those that cannot be compared by id.
pub(crate) fn consumers(stats: &[v1::ConsumerStats]) -> Vec<ConsumerDocument> {
    let mut consumers: Vec<_> = stats.iter().map(ConsumerDocument::new).collect();
    let slowness = |one: &ConsumerDocument| one.slowness.unwrap_or(0.0);
    consumers.sort_by(|one, other| slowness(other).total_cmp(&slowness(one)));
    consumers
}

/// Connected consumers in columns; `None` if there are none.
pub(crate) fn consumer_table(consumers: &[ConsumerDocument]) -> Option<Table> {
    if consumers.is_empty() {
        return None;
    }
    let mut table = Table::new(vec![
        text("CONSUMER"),
        text("PEER"),
        number("LEASED"),
        number("ALLOWANCE"),
        number("ACKED/S"),
        number("FAILED/S"),
        number("P50"),
        number("P99"),
        number("SLOWNESS"),
    ]);
    for consumer in consumers {
        let handling = consumer.handling.as_ref();
        let p50 = handling.map(|one| one.p50_seconds);
        let p99 = handling.map(|one| one.p99_seconds);
        table.push(vec![
            cell(&consumer.name),
            cell(&consumer.peer),
            cell(units::count(consumer.leased)),
            cell(units::count(consumer.max_outstanding_messages)),
            cell(units::rate(consumer.ack_rate)),
            cell(units::rate(consumer.fail_rate)),
            cell(known(p50, units::seconds)),
            cell(known(p99, units::seconds)),
            cell(known(consumer.slowness, |times| format!("{times:.1}x"))),
        ]);
    }
    Some(table)
}

/// Consumers that have left in columns; `None` if there are none.
pub(crate) fn departed_table(departed: &[DepartedDocument]) -> Option<Table> {
    if departed.is_empty() {
        return None;
    }
    let mut table = Table::new(vec![
        text("LEFT"),
        text("PEER"),
        text("WHEN"),
        text("WHY"),
        number("RETURNED"),
    ]);
    for one in departed {
        table.push(vec![
            cell(&one.name),
            cell(&one.peer),
            cell(one.leave_time.as_deref().unwrap_or("?")),
            cell(one.reason),
            cell(units::count(one.returned_leases)),
        ]);
    }
    Some(table)
}

fn reason(reason: v1::DepartureReason) -> &'static str {
    match reason {
        v1::DepartureReason::Unspecified => "unknown",
        v1::DepartureReason::Closed => "closed",
        v1::DepartureReason::Lost => "lost",
        v1::DepartureReason::Disconnected => "disconnected",
        v1::DepartureReason::TooSlow => "too slow",
        v1::DepartureReason::Draining => "draining",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worker(name: &str, slowness: Option<f64>) -> v1::ConsumerStats {
        v1::ConsumerStats {
            name: name.to_owned(),
            slowness,
            handling: slowness.map(|times| v1::LatencySummary {
                p50_seconds: times / 10.0,
                p99_seconds: times,
                ..v1::LatencySummary::default()
            }),
            ..v1::ConsumerStats::default()
        }
    }

    #[test]
    fn the_slowest_consumer_comes_first_with_its_times() {
        let all = [
            worker("new", None),
            worker("quick", Some(1.0)),
            worker("slow", Some(12.0)),
        ];
        let consumers = consumers(&all);
        let names: Vec<_> = consumers.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["slow", "quick", "new"]);
        let shown = consumer_table(&consumers).unwrap().render(false);
        let slow = shown.lines().nth(1).unwrap();
        assert!(slow.contains("12.0x"), "{shown}");
        assert!(shown.contains("P99") && slow.contains("12s"), "{shown}");
        assert!(consumer_table(&[]).is_none());
    }

    #[test]
    fn who_left_is_told_with_why_and_what_went_back() {
        let departed = v1::DepartedConsumer {
            name: "worker".to_owned(),
            reason: v1::DepartureReason::Disconnected.into(),
            returned_leases: 1_234,
            ..v1::DepartedConsumer::default()
        };
        let document = DepartedDocument::new(&departed);
        let shown = departed_table(&[document]).unwrap().render(false);
        assert!(shown.contains("disconnected"), "{shown}");
        assert!(shown.contains("1,234"), "{shown}");
        assert!(departed_table(&[]).is_none());
    }
}
