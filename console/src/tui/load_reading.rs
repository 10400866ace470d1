//! Reads what a run has measured so far. Histograms are copied under their locks and looked through afterwards, so that
//! producers and consumers wait for no percentile.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use weir_proto::safe_text::SafeText;
use weir_proto::v1::{HistoryPoint, HistoryResponse};

use super::state::load::{Sight, Spread, timestamp};
use super::state::past::Past;
use crate::load::gauges::{Gauges, Way};
use crate::load::latency::Latency;
use crate::load::second::Second;
use crate::load::stage::Progress;

/// What is called lately.
const LATELY: Duration = Duration::from_secs(5);
/// How far counts that are compared lie apart at least.
const APART: Duration = Duration::from_millis(900);
/// Seconds of a run that its chart shows.
const SECONDS: usize = 900;
/// Bytes of an error that are kept.
const ERROR_BYTES: usize = 512;

/// What was counted at a moment.
#[derive(Debug)]
struct Counted {
    at: Duration,
    published: u64,
    confirmed: u64,
    acked: u64,
    latency: Latency,
}

/// Reads a run again and again.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// The oldest first.
    before: VecDeque<Counted>,
}

impl Reader {
    /// What the run is like now.
    pub(crate) fn read(&mut self, progress: &Progress) -> Sight {
        let gauges = &progress.gauges;
        let plan = &gauges.plan;
        let has_consumers = plan.consumers > 0;
        let confirm = gauges.copy(Way::Confirm);
        let consume = gauges.copy(Way::Consume);
        let spread = |way| Spread::of(&gauges.copy(way));
        let shown = if has_consumers { &consume } else { &confirm };
        let now = Counted {
            at: gauges.elapsed(),
            published: count(&gauges.published),
            confirmed: count(&gauges.confirmed),
            acked: count(&gauges.acked),
            latency: shown.clone(),
        };
        let measured = now.at.saturating_sub(plan.warm_up);
        let (duplicates, out_of_order) = {
            let ledger = gauges.ledger();
            (ledger.duplicates, ledger.out_of_order)
        };
        let errors = gauges.errors().into_iter();
        let errors = errors.map(|(what, count)| {
            let what = SafeText::capped(what.as_bytes(), ERROR_BYTES);
            (what, count)
        });
        let sight = Sight {
            elapsed: now.at,
            is_settling: !progress.stage.is_publishing(),
            published: now.published,
            confirmed: now.confirmed,
            acked: now.acked,
            failed: count(&gauges.failed),
            late: count(&gauges.late),
            publish_rate: self.rate(&now, |counted| counted.published),
            confirm_rate: self.rate(&now, |counted| counted.confirmed),
            ack_rate: self.rate(&now, |counted| counted.acked),
            reached: progress.stage.reached(gauges, now.at).rate,
            confirm: Spread::of(&confirm),
            consume: Spread::of(&consume),
            lately: self.lately(&now),
            ack: spread(Way::Ack),
            confirm_since_sent: spread(Way::ConfirmSinceSent),
            consume_since_sent: spread(Way::ConsumeSinceSent),
            changes: gauges.offered.changes(),
            bins: shown.bins(),
            duplicates,
            out_of_order,
            errors: errors.collect(),
            held_part: gauges.held_part(now.at),
            is_generator_limited: gauges.is_generator_limited(measured),
            flow: flow(gauges),
        };
        self.note(now);
        sight
    }

    fn rate(&self, now: &Counted, of: fn(&Counted) -> u64) -> Option<f64> {
        let then = self.before.front()?;
        let length = now.at.saturating_sub(then.at).as_secs_f64();
        (length > 0.0).then(|| of(now).saturating_sub(of(then)) as f64 / length)
    }

    fn lately(&self, now: &Counted) -> Spread {
        let then = self.before.front();
        then.map_or_else(
            || Spread::of(&now.latency),
            |then| Spread::of(&now.latency.since(&then.latency)),
        )
    }

    fn note(&mut self, now: Counted) {
        let newest = self.before.back().map(|newest| newest.at);
        if newest.is_some_and(|newest| now.at.saturating_sub(newest) < APART) {
            return;
        }
        let is_old = |then: &Counted| now.at.saturating_sub(then.at) >= LATELY;
        while self.before.front().is_some_and(is_old) {
            self.before.pop_front();
        }
        self.before.push_back(now);
    }
}

fn count(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

/// The last seconds of a run as a chart takes them: its times are those of the run.
fn flow(gauges: &Gauges) -> Past {
    let has_consumers = gauges.plan.consumers > 0;
    let points = {
        let seconds = gauges.seconds();
        let last = &seconds[seconds.len().saturating_sub(SECONDS + 1)..];
        let spans = last.iter().skip(1).zip(last);
        let first = last.first().map(|first| point(first, 1.0, has_consumers));
        let others = spans.map(|(one, before)| point(one, one.at - before.at, has_consumers));
        first.into_iter().chain(others).collect()
    };
    Past::new(&HistoryResponse {
        points,
        truncated: false,
    })
}

fn point(second: &Second, span: f64, has_consumers: bool) -> HistoryPoint {
    let taken = if has_consumers {
        second.ack_rate
    } else {
        second.confirm_rate
    };
    HistoryPoint {
        sample_time: timestamp(second.at),
        span_seconds: span,
        publish_count: whole(second.publish_rate * span),
        ack_count: whole(taken * span),
        ..HistoryPoint::default()
    }
}

fn whole(value: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of messages of a second"
    )]
    let whole = value.max(0.0).round() as u64;
    whole
}
