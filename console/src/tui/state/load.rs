//! A load test as its screen shows it: what it is to do, what is measured of it at a moment, how its subscription
//! stands by the broker's own numbers, and what holds it up.

use std::time::Duration;

use prost_types::Timestamp;
use weir_proto::safe_text::SafeText;
use weir_proto::v1::{HistoryPoint, HistoryResponse};

use super::baseline::{Baseline, Source};
use super::past::Past;
use super::remark::Remark;
use super::screen::{Frozen, State};
use super::subscription::{Drain, Subscription};
use crate::load::end::End;
use crate::load::latency::{Bin, Latency};
use crate::load::offered::{RateChange, rate_at};
use crate::load::plan::Plan;
use crate::load::shape::Shape;
use crate::load::slo::{Objectives, Verdict};
use crate::load::summary::{Quantiles, Summary};

/// Producers that wait for room for more of their time are held up by the broker.
const HELD: f64 = 0.1;

/// What does not change while a run goes on.
#[derive(Clone, Debug)]
pub(crate) struct About {
    /// Where the broker is.
    pub(crate) server: String,
    pub(crate) topic: SafeText,
    /// The run's own subscription, if it has consumers.
    pub(crate) subscription: Option<SafeText>,
    pub(crate) is_durable: bool,
    pub(crate) plan: Plan,
    pub(crate) objectives: Option<Objectives>,
}

/// How long something took, and how often it was measured.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spread {
    pub(crate) quantiles: Quantiles,
    pub(crate) count: u64,
}

impl Spread {
    /// What was measured.
    pub(crate) fn of(latency: &Latency) -> Self {
        Self {
            quantiles: Quantiles::of(latency),
            count: latency.count(),
        }
    }
}

/// What a run is like at a moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sight {
    pub(crate) elapsed: Duration,
    /// Whether nothing is published any more.
    pub(crate) is_settling: bool,
    pub(crate) published: u64,
    pub(crate) confirmed: u64,
    pub(crate) acked: u64,
    /// Failed on purpose.
    pub(crate) failed: u64,
    /// Sent long after they were due, while there was room.
    pub(crate) late: u64,
    /// Messages per second in the last seconds.
    pub(crate) publish_rate: Option<f64>,
    pub(crate) confirm_rate: Option<f64>,
    pub(crate) ack_rate: Option<f64>,
    /// The same since the warm-up: of what was acknowledged, or confirmed where there are no consumers.
    pub(crate) reached: Option<f64>,
    pub(crate) confirm: Spread,
    pub(crate) consume: Spread,
    /// The last seconds of `consume`, or of `confirm` where there are no consumers.
    pub(crate) lately: Spread,
    pub(crate) ack: Spread,
    /// From when messages were sent, and not from when they were due.
    pub(crate) confirm_since_sent: Spread,
    pub(crate) consume_since_sent: Spread,
    /// How the rate that is asked for was changed.
    pub(crate) changes: Vec<RateChange>,
    pub(crate) bins: Vec<Bin>,
    pub(crate) duplicates: u64,
    pub(crate) out_of_order: u64,
    /// What messages met, and how many.
    pub(crate) errors: Vec<(SafeText, u64)>,
    /// The part of their time that producers waited for room.
    pub(crate) held_part: f64,
    pub(crate) is_generator_limited: bool,
    /// Published and acknowledged, second by second; confirmed where there are no consumers.
    pub(crate) flow: Past,
}

/// How the run's subscription stands, as the broker says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lag {
    pub(crate) now: Option<Subscription>,
    pub(crate) past: Past,
}

/// What is on the screen, or would be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) sight: Sight,
    pub(crate) lag: Lag,
}

/// What a run is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    WarmUp,
    Measuring,
    /// A backlog is published that is drained afterwards.
    Filling,
    Draining,
    /// Nothing more is published, and confirmations are awaited.
    Ending,
    TakingTheRest,
}

/// What keeps a run from going faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    Nothing,
    Generator,
    Broker,
    Consumers,
    /// As fast as the broker confirms is what was asked for.
    Confirmations,
}

/// Which chart of the lag is seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Series {
    #[default]
    Depth,
    Age,
}

/// Everything that a frame of the load test is drawn from.
#[derive(Clone, Debug)]
pub(crate) struct LoadState {
    /// The broker, the connection to it and the look, as the dashboard has them.
    pub(crate) base: State,
    pub(crate) about: About,
    /// What is so now, recorded also while the picture is frozen.
    pub(crate) live: Seen,
    pub(crate) frozen: Option<Box<Seen>>,
    pub(crate) series: Series,
    /// What latencies are held against.
    pub(crate) baseline: Option<Baseline>,
    /// Whether latencies since messages were sent stand beside those since they were due.
    pub(crate) shows_uncorrected: bool,
    pub(crate) has_help: bool,
    pub(crate) remark: Option<Remark>,
    /// Whether somebody wants the run to end.
    pub(crate) end: End,
    /// Whether that was a signal or ctrl-c, and not the key that ends a run.
    pub(crate) is_interrupted: bool,
}

impl LoadState {
    /// A screen that has seen nothing yet.
    pub(crate) fn new(base: State, about: About, baseline: Option<Baseline>) -> Self {
        Self {
            base,
            about,
            live: Seen::default(),
            frozen: None,
            series: Series::default(),
            baseline,
            shows_uncorrected: false,
            has_help: false,
            remark: None,
            end: End::default(),
            is_interrupted: false,
        }
    }

    /// What is on the screen.
    pub(crate) fn shown(&self) -> &Seen {
        self.frozen.as_deref().unwrap_or(&self.live)
    }

    /// Freezes the picture, or lets it go on.
    pub(crate) fn toggle_frozen(&mut self) {
        if self.frozen.take().is_some() {
            self.base.frozen = None;
            return;
        }
        self.frozen = Some(Box::new(self.live.clone()));
        self.base.frozen = Some(Box::new(Frozen {
            picture: self.base.live.clone(),
            since: self.base.now,
        }));
    }

    /// Takes over what the broker's newest sample says of the run's subscription.
    pub(crate) fn take_lag(&mut self) {
        let Some(name) = &self.about.subscription else {
            return;
        };
        let picture = &self.base.live;
        let row = picture.rows.values().find(|row| row.now.name == *name);
        let Some((row, sampled)) = row.zip(picture.sampled) else {
            return;
        };
        let now = row.now.clone();
        let point = HistoryPoint {
            sample_time: timestamp(sampled),
            span_seconds: 1.0,
            backlog: now.backlog,
            lag_seconds: now.lag_at(Some(sampled)),
            ..HistoryPoint::default()
        };
        let lag = &mut self.live.lag;
        lag.now = Some(now);
        let newest = Past::new(&HistoryResponse {
            points: vec![point],
            truncated: false,
        });
        lag.past = std::mem::take(&mut lag.past).followed_by(newest);
    }

    /// What the run on the screen is at.
    pub(crate) fn phase(&self) -> Phase {
        let (sight, plan) = (&self.shown().sight, &self.about.plan);
        match (plan.backlog.is_some(), sight.is_settling) {
            (true, true) => Phase::Draining,
            (false, true) => Phase::TakingTheRest,
            _ if self.end != End::InTime => Phase::Ending,
            (true, false) => Phase::Filling,
            (false, false) if sight.elapsed < plan.warm_up => Phase::WarmUp,
            (false, false) => Phase::Measuring,
        }
    }

    /// How far the run on the screen is, from 0 to 1.
    pub(crate) fn part(&self) -> f64 {
        let (sight, plan) = (&self.shown().sight, &self.about.plan);
        let (done, all) = match (self.phase(), plan.backlog) {
            (Phase::TakingTheRest, _) => (sight.acked as f64, sight.confirmed as f64),
            (Phase::Draining, Some(all)) => (sight.acked as f64, all as f64),
            (_, Some(all)) => (sight.published as f64, all as f64),
            (_, None) => (sight.elapsed.as_secs_f64(), plan.length.as_secs_f64()),
        };
        (done / all.max(1e-9)).clamp(0.0, 1.0)
    }

    /// Messages per second that are asked for at the moment of the picture; `None` if there is no bound. A change of it
    /// that holds a moment later is already one.
    pub(crate) fn asked(&self) -> Option<f64> {
        let (sight, plan) = (&self.shown().sight, &self.about.plan);
        let last = sight.changes.last().map(|last| last.to);
        last.or_else(|| rate_at(plan, &[], sight.elapsed))
    }

    /// What is measured on the screen, to hold a later moment against; none before anything is.
    pub(crate) fn so_far(&self) -> Option<Baseline> {
        let sight = &self.shown().sight;
        let [confirm, consume, ack] =
            [sight.confirm, sight.consume, sight.ack].map(|spread| spread.quantiles.p99);
        let is_measured = confirm.is_some() || consume.is_some();
        is_measured.then_some(Baseline {
            source: Source::Moment(sight.elapsed),
            confirm,
            consume,
            ack,
        })
    }

    /// Why the rate cannot be changed now, if it cannot.
    pub(crate) fn keeps_rate(&self) -> Option<&'static str> {
        if self.about.plan.constant_rate().is_none() {
            Some("only a rate that is constant can be changed with + and -")
        } else if self.end != End::InTime || self.live.sight.is_settling {
            Some("nothing more is published: there is no rate to change")
        } else {
            None
        }
    }

    /// What holds up the run on the screen: never nothing at all, and more than one where several do.
    pub(crate) fn bounds(&self) -> Vec<Bound> {
        let Seen { sight, lag } = self.shown();
        let plan = &self.about.plan;
        let drain = lag.now.as_ref().map(|one| one.drain);
        let is_unbounded = plan.shape == Shape::Most || plan.backlog.is_some();
        let lags = matches!(drain, Some(Drain::Never | Drain::Stuck));
        let all = [
            (Bound::Consumers, lags),
            (Bound::Generator, sight.is_generator_limited),
            (Bound::Broker, !is_unbounded && sight.held_part >= HELD),
        ];
        let mut found: Vec<Bound> = all.iter().filter(|one| one.1).map(|one| one.0).collect();
        if found.is_empty() {
            found.push(if is_unbounded {
                Bound::Confirmations
            } else {
                Bound::Nothing
            });
        }
        found
    }

    /// Each objective against what was measured so far; none before anything was.
    pub(crate) fn verdicts(&self) -> Vec<Verdict> {
        let sight = &self.shown().sight;
        let (Some(objectives), Some(rate)) = (&self.about.objectives, sight.reached) else {
            return Vec::new();
        };
        let has_consumers = self.about.plan.consumers > 0;
        let latency = if has_consumers {
            sight.consume
        } else {
            sight.confirm
        };
        objectives.judge(&Summary {
            rate,
            latency_seconds: latency.quantiles,
            confirm_seconds: sight.confirm.quantiles,
            duplicates: sight.duplicates,
            out_of_order: sight.out_of_order,
            ..Summary::default()
        })
    }
}

/// Seconds since an epoch as the wire has them.
pub(crate) fn timestamp(seconds: f64) -> Option<Timestamp> {
    let since = Duration::try_from_secs_f64(seconds).ok()?;
    Some(Timestamp {
        seconds: i64::try_from(since.as_secs()).ok()?,
        nanos: i32::try_from(since.subsec_nanos()).ok()?,
    })
}
