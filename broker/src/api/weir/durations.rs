//! How long things took, and who has left, as the contract says it.

use weir_proto::server;

use super::convert;
use crate::core::{DepartedConsumer, Departure};
use crate::insight::{Histogram, Latency};
use crate::shard::SubscriptionDetails;

/// Durations without their buckets.
pub(super) fn summary(latency: Latency) -> server::LatencySummary {
    server::LatencySummary {
        window_seconds: latency.window.as_seconds(),
        count: latency.count,
        p50_seconds: latency.p50.as_seconds(),
        p90_seconds: latency.p90.as_seconds(),
        p99_seconds: latency.p99.as_seconds(),
        max_seconds: latency.max.as_seconds(),
        buckets: Vec::new(),
    }
}

/// Adds what is told only to who names the subscription.
pub(super) fn detail(stats: &mut server::SubscriptionStats, details: &SubscriptionDetails) {
    stats.departed = details.departed.iter().map(departed).collect();
    let Some(durations) = &details.distributions else {
        return;
    };
    fill(stats.handling.as_mut(), &durations.handling);
    fill(stats.queueing.as_mut(), &durations.queueing);
    for consumer in &mut stats.consumers {
        let id = |one: &(crate::model::ConsumerId, Histogram)| one.0.0;
        let found = durations
            .consumers
            .binary_search_by_key(&consumer.consumer_id, id);
        if let Some((_, histogram)) = found.ok().and_then(|at| durations.consumers.get(at)) {
            fill(consumer.handling.as_mut(), histogram);
        }
    }
}

fn fill(summary: Option<&mut server::LatencySummary>, histogram: &Histogram) {
    if let Some(summary) = summary {
        let buckets = histogram.buckets();
        summary.buckets = buckets
            .map(|(bound, count)| server::LatencyBucket {
                up_to_seconds: bound.as_seconds(),
                count,
            })
            .collect();
    }
}

fn departed(one: &DepartedConsumer) -> server::DepartedConsumer {
    server::DepartedConsumer {
        consumer_id: one.id.0,
        name: one.name.to_string(),
        peer: one.peer.clone(),
        client_version: one.version.to_string(),
        connect_time: Some(convert::timestamp(one.connected)),
        leave_time: Some(convert::timestamp(one.left)),
        reason: reason(one.departure).into(),
        returned_leases: one.returned,
    }
}

fn reason(departure: Departure) -> server::DepartureReason {
    match departure {
        Departure::Clean => server::DepartureReason::Closed,
        Departure::Lost => server::DepartureReason::Lost,
        Departure::Disconnected => server::DepartureReason::Disconnected,
        Departure::TooSlow => server::DepartureReason::TooSlow,
        Departure::Draining => server::DepartureReason::Draining,
    }
}
