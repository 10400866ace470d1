//! What came of a run, put together at its end.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use weir_proto::client::{Client, Error};
use weir_proto::v1::GetStatsRequest;

use super::gauges::{Gauges, Way};
use super::summary::{Broker, Quantiles, Summary};

/// What is known of a run as a whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    /// How long was measured.
    pub(super) took: Duration,
    /// Messages per second in that time.
    pub(super) rate: f64,
    pub(super) ended_early: bool,
    /// Whether it was waited until all was taken, or nothing more came.
    pub(super) is_settled: bool,
}

/// How the broker is at the end of a run.
pub(super) async fn look(client: &Client) -> Result<Broker, Error> {
    let sample = client.stats().get(GetStatsRequest::default()).await?;
    let broker = sample.broker.unwrap_or_default();
    Ok(Broker {
        version: broker.version,
        cpu_cores: broker.cpu_cores,
        rss_bytes: broker.rss_bytes,
        sync_seconds: broker.sync_seconds,
    })
}

/// The summary of a run on a topic, which is durable or not.
pub(super) fn summary(
    gauges: &Gauges,
    (topic, durable): (&str, bool),
    broker: Broker,
    measured: Measured,
) -> Summary {
    let plan = &gauges.plan;
    let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Relaxed);
    let ledger = gauges.ledger();
    let missing = if plan.consumers > 0 {
        ledger.missing()
    } else {
        0
    };
    let (lost, left_behind) = if measured.is_settled {
        (missing, 0)
    } else {
        (0, missing)
    };
    let confirm = Quantiles::of(&gauges.latency(Way::Confirm));
    let consume = Quantiles::of(&gauges.latency(Way::Consume));
    let shown = if plan.consumers > 0 {
        Way::Consume
    } else {
        Way::Confirm
    };
    let latency_bins = gauges.latency(shown).bins();
    Summary {
        profile: plan.profile.map(str::to_owned),
        topic: topic.to_owned(),
        durable,
        broker_version: broker.version,
        producers: plan.producers,
        consumers: plan.consumers,
        message_bytes: plan.size as u64,
        batch: plan.batch as u64,
        messages: ledger.confirmed_count(),
        elapsed_seconds: measured.took.as_secs_f64(),
        rate: measured.rate,
        latency_seconds: if plan.consumers > 0 { consume } else { confirm },
        confirm_seconds: confirm,
        ack_seconds: Quantiles::of(&gauges.latency(Way::Ack)),
        published: count(&gauges.published),
        acked: ledger.acked_count(),
        failed_on_purpose: count(&gauges.failed),
        lost,
        left_behind,
        duplicates: ledger.duplicates,
        out_of_order: ledger.out_of_order,
        errors: gauges.errors(),
        cpu_cores: broker.cpu_cores,
        rss_bytes: broker.rss_bytes,
        sync_seconds: broker.sync_seconds,
        ended_early: measured.ended_early,
        generator_limited: gauges.is_generator_limited(measured.took),
        latency_bins,
        seconds: gauges.seconds().clone(),
        measured: std::collections::BTreeMap::new(),
    }
}
