//! Notes what a run is like, second by second.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::task::AbortHandle;

use super::gauges::{Gauges, Way};
use super::latency::Latency;
use super::second::Second;
use crate::clock;

/// Seconds that are kept: a day. A longer run has no more of them.
const MOST_SECONDS: usize = 86_400;
const SECOND: Duration = Duration::from_secs(1);

/// What had been counted at the end of a second.
struct Counted {
    at: Duration,
    published: u64,
    confirmed: u64,
    acked: u64,
    confirm: Latency,
    consume: Latency,
}

impl Counted {
    fn of(gauges: &Gauges) -> Self {
        Self {
            at: gauges.elapsed(),
            published: gauges.published.load(Relaxed),
            confirmed: gauges.confirmed.load(Relaxed),
            acked: gauges.acked.load(Relaxed),
            confirm: gauges.latency(Way::Confirm).clone(),
            consume: gauges.latency(Way::Consume).clone(),
        }
    }

    fn since(&self, before: &Self, backlog: u64) -> Second {
        let length = self.at.saturating_sub(before.at).as_secs_f64().max(1e-9);
        let rate = |now: u64, before: u64| now.saturating_sub(before) as f64 / length;
        let confirm = self.confirm.since(&before.confirm);
        let consume = self.consume.since(&before.consume);
        Second {
            at: self.at.as_secs_f64(),
            publish_rate: rate(self.published, before.published),
            confirm_rate: rate(self.confirmed, before.confirmed),
            ack_rate: rate(self.acked, before.acked),
            backlog,
            confirm_p50: confirm.quantile(0.5),
            confirm_p99: confirm.quantile(0.99),
            consume_p50: consume.quantile(0.5),
            consume_p99: consume.quantile(0.99),
        }
    }
}

/// Notes the seconds of a run for as long as it is kept.
#[derive(Debug)]
pub(super) struct Noting(AbortHandle);

impl Noting {
    /// Begins to note.
    pub(super) fn begin(gauges: &Arc<Gauges>) -> Self {
        let task = tokio::spawn(note(Arc::clone(gauges)));
        Self(task.abort_handle())
    }
}

impl Drop for Noting {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn note(gauges: Arc<Gauges>) {
    let mut before = Counted::of(&gauges);
    let mut pace = clock::pace(SECOND);
    loop {
        pace.tick().await;
        let now = Counted::of(&gauges);
        let second = now.since(&before, gauges.backlog());
        before = now;
        let mut seconds = gauges.seconds();
        if seconds.len() >= MOST_SECONDS {
            return;
        }
        seconds.push(second);
    }
}
