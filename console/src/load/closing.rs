//! What came of a run, put together at its end.

use std::sync::atomic::Ordering::Relaxed;

use weir_proto::client::{Client, Error};
use weir_proto::v1::GetStatsRequest;

use super::gauges::{Gauges, Way};
use super::stage::{Progress, Reached};
use super::summary::{Broker, Quantiles, Summary};

/// What is known of a run as a whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    pub(super) reached: Reached,
    /// Whether it was waited until all was taken, or nothing more came.
    pub(super) is_settled: bool,
    /// Whether it is not over: nobody knows what becomes of what is on its way.
    pub(super) in_progress: bool,
}

impl Measured {
    /// How many of those that are missing are lost, and how many were left behind.
    fn fate_of(&self, missing: u64) -> (u64, u64) {
        match (self.in_progress, self.is_settled) {
            (true, _) => (0, 0),
            (false, true) => (missing, 0),
            (false, false) => (0, missing),
        }
    }
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

/// The summary of a run on a topic, which is durable or not, while it goes on. What is known of the broker is not asked
/// for anew.
pub(super) fn so_far(progress: &Progress, place: (&str, bool), broker: Broker) -> Summary {
    let gauges = &progress.gauges;
    let measured = Measured {
        reached: progress.stage.reached(gauges, gauges.elapsed()),
        is_settled: false,
        in_progress: true,
    };
    summary(gauges, place, broker, measured)
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
    // Nobody waits for it while the histograms are looked through.
    let ((missing, messages, acked), (duplicates, out_of_order)) = {
        let ledger = gauges.ledger();
        let counts = (
            ledger.missing(),
            ledger.confirmed_count(),
            ledger.acked_count(),
        );
        (counts, (ledger.duplicates, ledger.out_of_order))
    };
    let (lost, left_behind) = match plan.consumers {
        0 => (0, 0),
        _ => measured.fate_of(missing),
    };
    let quantiles = |way| Quantiles::of(&gauges.copy(way));
    let (shown, shown_since_sent) = if plan.consumers > 0 {
        (Way::Consume, Way::ConsumeSinceSent)
    } else {
        (Way::Confirm, Way::ConfirmSinceSent)
    };
    Summary {
        profile: plan.profile.map(str::to_owned),
        topic: topic.to_owned(),
        durable,
        broker_version: broker.version,
        producers: plan.producers,
        consumers: plan.consumers,
        message_bytes: plan.size as u64,
        batch: plan.batch as u64,
        messages,
        elapsed_seconds: measured.reached.took.as_secs_f64(),
        rate: measured.reached.rate.unwrap_or_default(),
        latency_seconds: quantiles(shown),
        confirm_seconds: quantiles(Way::Confirm),
        ack_seconds: quantiles(Way::Ack),
        uncorrected_latency_seconds: quantiles(shown_since_sent),
        uncorrected_confirm_seconds: quantiles(Way::ConfirmSinceSent),
        published: count(&gauges.published),
        acked,
        failed_on_purpose: count(&gauges.failed),
        lost,
        left_behind,
        duplicates,
        out_of_order,
        errors: gauges.errors(),
        cpu_cores: broker.cpu_cores,
        rss_bytes: broker.rss_bytes,
        sync_seconds: broker.sync_seconds,
        ended_early: measured.reached.ended_early,
        in_progress: measured.in_progress,
        rate_changes: gauges.offered.changes(),
        generator_limited: gauges.is_generator_limited(measured.reached.took),
        latency_bins: gauges.copy(shown).bins(),
        seconds: gauges.seconds().clone(),
        measured: std::collections::BTreeMap::new(),
    }
}
