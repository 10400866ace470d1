//! Samples of the shard as the contract's numbers.

use weir_proto::server;

use super::{convert, diagnosis, durations};
use crate::core::{ConsumerCounts, KeptForUndo, SubscriptionPartition};
use crate::insight::{Drain, WINDOWS, Window};
use crate::model::entry::DropCause;
use crate::model::{Span, Time};
use crate::shard::{
    BrokerSample, ConsumerRates, Health, SubscriptionRates, SubscriptionSample, TopicSample,
};

/// The lengths of the windows of rates, in seconds.
fn windows() -> [f64; WINDOWS] {
    Window::ALL.map(|window| window.span().as_seconds())
}

/// The broker's numbers.
pub(super) fn broker(sample: &BrokerSample) -> server::BrokerStats {
    let (health, health_detail) = health(&sample.health);
    let host = &sample.host;
    server::BrokerStats {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        health: health.into(),
        health_detail,
        start_time: Some(convert::timestamp(sample.started)),
        publish_rate: sample.publish_rate,
        deliver_rate: sample.deliver_rate,
        ack_rate: sample.ack_rate,
        backlog: sample.backlog,
        dead: sample.dead,
        conservation_error: sample.conservation_error,
        cpu_cores: host.cpu_cores,
        rss_bytes: host.rss_bytes,
        journal_bytes: sample.journal_bytes,
        disk_free_bytes: host.disk_free_bytes,
        disk_total_bytes: host.disk_total_bytes,
        durable_position: sample.durable.0,
        sync_seconds: sample.sync_seconds,
        sync_count: sample.syncs,
        topic_count: sample.topics,
        subscription_count: sample.subscriptions,
        consumer_count: sample.consumers,
        incarnation: sample.incarnation.0,
        host_cores: host.host_cores,
        host_memory_bytes: host.host_memory_bytes,
        suspended_seconds: sample.suspended.map(Span::as_seconds),
        undo: Some(undo(&sample.undo)),
    }
}

/// What is kept for undo. A limit that the disk does not set is none.
fn undo(kept: &KeptForUndo) -> server::UndoStats {
    let end = |time: Time| (time > Time(0)).then(|| convert::timestamp(time));
    server::UndoStats {
        kept: kept.messages,
        kept_bytes: kept.bytes,
        limit_bytes: Some(kept.limits.bytes).filter(|bytes| *bytes < u64::MAX),
        grace_seconds: kept.limits.grace.as_seconds(),
        operation_count: kept.operations,
        first_end_time: end(kept.first_end),
        last_end_time: end(kept.last_end),
    }
}

fn health(health: &Health) -> (server::BrokerHealth, String) {
    let detail = || {
        health
            .refusal()
            .map(|refusal| refusal.to_string())
            .unwrap_or_default()
    };
    match health {
        Health::Serving => (server::BrokerHealth::Serving, String::new()),
        Health::Draining | Health::Stopped => (server::BrokerHealth::Draining, detail()),
        Health::DiskFull => (server::BrokerHealth::DiskFull, detail()),
        Health::Poisoned(_) => (server::BrokerHealth::Poisoned, detail()),
    }
}

/// A topic's numbers.
pub(super) fn topic(sample: &TopicSample) -> server::TopicStats {
    let counts = &sample.counts;
    let rate = |(per_second, window_seconds)| server::Rate {
        window_seconds,
        per_second,
    };
    server::TopicStats {
        topic_id: counts.id.0,
        name: counts.name.to_string(),
        published: counts.published,
        unrouted: counts.unrouted,
        stored: counts.stored,
        stored_bytes: counts.stored_bytes,
        publish_rates: sample
            .publish_rates
            .into_iter()
            .zip(windows())
            .map(rate)
            .collect(),
        partition_count: counts.partitions,
        subscription_count: counts.subscriptions,
        durability: convert::wire_durability(counts.durability).into(),
        partitions: sample
            .partitions
            .iter()
            .zip(0..)
            .map(|(one, partition)| server::TopicPartitionStats {
                partition,
                low_offset: one.low.0,
                next_offset: one.next.0,
                stored_bytes: one.stored_bytes,
            })
            .collect(),
        top_keys: diagnosis::top_keys(&sample.top_keys.0, sample.top_keys.1, counts.partitions),
    }
}

fn partition(
    (one, partition): (&SubscriptionPartition, u32),
) -> server::SubscriptionPartitionStats {
    let counts = &one.counts;
    server::SubscriptionPartitionStats {
        partition,
        backlog: counts.backlog(),
        ready: counts.ready,
        leased: counts.leased,
        waiting: counts.waiting,
        scheduled: counts.scheduled,
        dead: counts.dead,
        acked: counts.acked,
        lag_seconds: one.lag.map(Span::as_seconds),
        floor_offset: one.floor.0,
    }
}

/// A subscription's numbers.
pub(super) fn subscription(sample: &SubscriptionSample) -> server::SubscriptionStats {
    let of = &sample.counts;
    let counts = &of.counts;
    let (drain, drain_seconds) = drain(sample.drain);
    let rates = sample.rates.iter().zip(windows());
    let mut stats = server::SubscriptionStats {
        subscription_id: of.id.0,
        name: of.name.to_string(),
        topic: of.topic.to_string(),
        entered: counts.entered,
        scheduled: counts.scheduled,
        ready: counts.ready,
        leased: counts.leased,
        waiting: counts.waiting,
        dead: counts.dead,
        acked: counts.acked,
        dropped: dropped(&counts.dropped),
        backlog: counts.ready + counts.leased + counts.waiting,
        lag_seconds: of.lag.map(Span::as_seconds),
        oldest_ready_seconds: of.oldest_ready.map(Span::as_seconds),
        rates: rates
            .map(|(rates, window)| subscription_rates(rates, window))
            .collect(),
        consumers: consumers(sample),
        diagnosis: sample.diagnosis.as_deref().map(diagnosis::diagnosis),
        conservation_error: of.conservation_error,
        drain_seconds,
        drain_low_seconds: sample.drain_range.map(|range| range.low),
        drain_high_seconds: sample.drain_range.and_then(|range| range.high),
        partitions: sample.partitions.iter().zip(0..).map(partition).collect(),
        drain: drain.into(),
        ack_deadline_seconds: of.settings.ack_deadline.as_seconds(),
        max_attempts: of.settings.max_attempts,
        retry_budget_spent: of.is_budget_spent,
        dead_letters_held: of.are_dead_letters_held,
        topic_durability: convert::wire_durability(of.topic_durability).into(),
        unjudged: counts.unjudged,
        filter: of.settings.filter.as_deref().unwrap_or_default().to_owned(),
        handling: of.handling.map(durations::summary),
        queueing: of.queueing.map(durations::summary),
        ..server::SubscriptionStats::default()
    };
    if let Some(details) = &sample.details {
        durations::detail(&mut stats, details);
    }
    stats
}

fn dropped(counts: &[u64; 7]) -> Vec<server::DroppedCount> {
    let wire = |cause| match cause {
        DropCause::Expired => server::DropCause::Expired,
        DropCause::Purged => server::DropCause::Purged,
        DropCause::Discarded => server::DropCause::Discarded,
        DropCause::Overflow => server::DropCause::Overflow,
        DropCause::Filtered => server::DropCause::Filtered,
        DropCause::Skipped => server::DropCause::Skipped,
        DropCause::Moved => server::DropCause::Moved,
    };
    DropCause::ALL
        .into_iter()
        .zip(counts)
        .filter(|(_, count)| **count > 0)
        .map(|(cause, count)| server::DroppedCount {
            cause: wire(cause).into(),
            count: *count,
        })
        .collect()
}

fn subscription_rates(rates: &SubscriptionRates, window_seconds: f64) -> server::SubscriptionRates {
    let SubscriptionRates {
        publish,
        deliver,
        redeliver,
        ack,
        fail,
        dead,
    } = *rates;
    server::SubscriptionRates {
        window_seconds,
        publish,
        deliver,
        redeliver,
        ack,
        fail,
        dead,
    }
}

/// The numbers of a subscription's consumers, in order of id.
pub(super) fn consumers(sample: &SubscriptionSample) -> Vec<server::ConsumerStats> {
    let consumers = sample.counts.consumers.iter().zip(&sample.consumers);
    consumers
        .map(|(counts, rates)| consumer(counts, rates))
        .collect()
}

/// A consumer's numbers.
pub(super) fn consumer(counts: &ConsumerCounts, rates: &ConsumerRates) -> server::ConsumerStats {
    server::ConsumerStats {
        consumer_id: counts.id.0,
        name: counts.name.clone(),
        peer: counts.peer.clone(),
        connect_time: Some(convert::timestamp(counts.connected)),
        leased: counts.leased,
        max_outstanding_messages: counts.max_outstanding_messages,
        deliver_rate: rates.deliver,
        ack_rate: rates.ack,
        fail_rate: rates.fail,
        last_ack_time: counts.last_ack.map(|time: Time| convert::timestamp(time)),
        redeliver_rate: rates.redeliver,
        handling: counts.handling.map(durations::summary),
        slowness: rates.slowness,
        client_version: counts.client.version.to_string(),
        client_id: counts.client.id.0,
    }
}

/// What becomes of a backlog, and in how many seconds if that is known.
pub(super) fn drain(drain: Drain) -> (server::DrainState, Option<f64>) {
    match drain {
        Drain::Unknown => (server::DrainState::Unspecified, None),
        Drain::Empty => (server::DrainState::Empty, None),
        Drain::Draining(seconds) => (server::DrainState::Draining, Some(seconds)),
        Drain::Never => (server::DrainState::Never, None),
        Drain::Stuck => (server::DrainState::Stuck, None),
        Drain::Idle => (server::DrainState::Idle, None),
        Drain::Paused => (server::DrainState::Paused, None),
    }
}
