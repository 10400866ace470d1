//! Judges every subscription with each sample, and remembers what its consumers do while they are busy.
//!
//! Costs a fraction of a microsecond for a subscription in which nothing happens; sentences are made where they are
//! told.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::SubscriptionSample;
use crate::core::ConsumerCounts;
use crate::insight::Severity;
use crate::insight::advice::{Bounds, Capacity, Load, Worker};
use crate::insight::timeline::{EventKind, Happening};
use crate::insight::verdict::{Change, Crew, Judge, Limits, Pace, Signs, Stock};
use crate::model::settings::KeyOrder;
use crate::model::{ConsumerId, Now, SubscriptionId};

/// What is known of every subscription.
#[derive(Default)]
pub(super) struct Judges {
    // In boxes: a table that has just grown is half empty.
    cases: HashMap<SubscriptionId, Box<Case>>,
}

/// What is known of a subscription.
#[derive(Default)]
struct Case {
    judge: Judge,
    workers: BTreeMap<ConsumerId, Worker>,
    /// What one consumer did the last time that one was busy.
    remembered: Option<f64>,
}

impl Judges {
    /// Judges a sample, and puts into it what is shown; says what has changed if that matters.
    pub(super) fn look(&mut self, sample: &mut SubscriptionSample, now: Now) -> Option<Happening> {
        let case = self.cases.entry(sample.counts.id).or_default();
        let change = case.judge.look(&signs(sample, now), now);
        sample.diagnosis = case.judge.diagnosis().cloned();
        case.watch(&sample.counts.consumers, now);
        told(sample, &change?, now)
    }

    /// Puts into a sample what is shown.
    pub(super) fn fill(&self, sample: &mut SubscriptionSample) {
        let case = self.cases.get(&sample.counts.id);
        sample.diagnosis = case.and_then(|case| case.judge.diagnosis().cloned());
    }

    /// Everything there is was looked at, in order of id; forgets what is no more.
    pub(super) fn complete(&mut self, subscriptions: &[Arc<SubscriptionSample>]) {
        if self.cases.len() > subscriptions.len() {
            self.cases.retain(|id, _| {
                let found = subscriptions.binary_search_by_key(id, |sample| sample.counts.id);
                found.is_ok()
            });
        }
    }

    /// What a subscription has to do, and who does it.
    pub(super) fn load(&self, sample: &SubscriptionSample, now: Now) -> Load {
        let case = self.cases.get(&sample.counts.id);
        let signs = signs(sample, now);
        let long = signs.long();
        let workers = case.into_iter().flat_map(|case| case.workers.values());
        let redelivery = long.redeliveries / long.deliveries.max(f64::MIN_POSITIVE);
        let crew = &signs.crew;
        Load {
            verdict: sample.diagnosis.as_ref().map(|diagnosis| diagnosis.verdict),
            backlog: signs.stock.backlog,
            waiting: signs.stock.waiting,
            arrivals: long.arrivals,
            acks: long.acks,
            redelivery: redelivery.clamp(0.0, 1.0),
            consumers: crew.consumers,
            measured: workers.filter_map(Worker::measured).collect(),
            remembered: case.and_then(|case| case.remembered),
            bounds: Bounds {
                delivery_rate: signs.limits.delivery_rate,
                outstanding: signs.limits.outstanding,
                allowance: crew.allowance / crew.consumers.max(1),
                top_key: signs.top_key,
            },
        }
    }
}

impl Case {
    /// Takes note of what the consumers do.
    fn watch(&mut self, consumers: &[ConsumerCounts], now: Now) {
        for counts in consumers {
            let worker = self.workers.entry(counts.id);
            let worker = worker.or_insert_with(|| Worker::begin(now.mono, counts.acked));
            worker.note(now.mono, counts.acked, is_full(counts));
        }
        if self.workers.len() > consumers.len() {
            self.workers.retain(|id, _| {
                let found = consumers.binary_search_by_key(id, |counts| counts.id);
                found.is_ok()
            });
        }
        if consumers.is_empty() {
            return;
        }
        let measured: Vec<_> = self.workers.values().filter_map(Worker::measured).collect();
        if let Some(capacity) = Capacity::of(&measured) {
            self.remembered = Some(capacity.median);
        }
    }
}

/// It holds nearly as much as it may: what it gives back is handed out anew at once.
fn is_full(counts: &ConsumerCounts) -> bool {
    counts.is_full || counts.leased * 10 >= counts.max_outstanding_messages * 9
}

/// What a sample knows.
fn signs(sample: &SubscriptionSample, now: Now) -> Signs {
    let of = &sample.counts;
    let (counts, standing, settings) = (&of.counts, &of.standing, &of.settings);
    let paces = sample.rates.map(|rates| Pace {
        arrivals: rates.publish,
        deliveries: rates.deliver,
        redeliveries: rates.redeliver,
        acks: rates.ack,
        failures: rates.fail,
        deaths: rates.dead,
    });
    let consumers = of.consumers.iter();
    Signs {
        is_paused: settings.is_paused,
        stock: Stock {
            backlog: counts.backlog(),
            ready: counts.ready,
            leased: counts.leased,
            waiting: counts.waiting,
            parked: standing.parked,
            parked_keys: standing.parked_keys,
        },
        lag: of.lag,
        paces,
        crew: Crew {
            consumers: of.consumers.len() as u64,
            full: consumers.clone().filter(|one| is_full(one)).count() as u64,
            held: consumers.clone().map(|one| one.leased).sum(),
            allowance: consumers.map(|one| one.max_outstanding_messages).sum(),
        },
        limits: Limits {
            outstanding: settings.max_outstanding,
            delivery_rate: settings.delivery_rate,
            is_budget_spent: of.is_budget_spent,
            slo_age: settings.slo_age,
            slo_backlog: settings.slo_backlog,
        },
        hold_up: standing.hold_up,
        largest: standing.largest,
        top_key: standing
            .top_key
            .filter(|_| settings.key_order != KeyOrder::Off),
        quiet: now.wall.since(standing.newest),
    }
}

/// A change that somebody may want to know of.
fn told(sample: &SubscriptionSample, change: &Change, now: Now) -> Option<Happening> {
    let Change { before, now: shown } = change;
    let was = before.map_or(Severity::Fine, |before| before.severity);
    let worse = shown.severity.max(was);
    if worse == Severity::Fine {
        return None;
    }
    let text = match before {
        Some(before) if before.verdict != shown.verdict => format!(
            "{} instead of {}: {}",
            shown.verdict.phrase(),
            before.verdict.phrase(),
            shown.reason()
        ),
        _ => format!("{}: {}", shown.verdict.phrase(), shown.reason()),
    };
    let told = Happening::new(now.wall, EventKind::VerdictChanged, text);
    let told = told.of_subscription(sample.counts.topic.clone(), sample.counts.name.clone());
    Some(Happening {
        severity: shown.severity,
        count: sample.counts.counts.backlog(),
        ..told
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_subscription_has_fits_its_places_in_memory() {
        // An allocator has places of 256 and 768 bytes, then of 320 and 896. What is shared has two counters.
        assert!(size_of::<Case>() <= 256);
        assert!(size_of::<SubscriptionSample>() + 2 * size_of::<usize>() <= 768);
    }
}
