//! What is measured of a subscription: how long its messages wait, how long consumers take for them, and which
//! consumers have left.
//!
//! Promises that nothing is kept where nothing happens, and that a range costs as much as a message does. Decides
//! nothing and is never durable: after a start it begins anew.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::command::Departure;
use super::output::GrantRun;
use crate::delivery::{Handled, Log};
use crate::insight::{Histogram, Latency, Sliding};
use crate::model::{ConsumerId, Mono, Now, OffsetRange, Time};

/// Consumers that have left, of which a subscription knows.
pub(super) const MAX_DEPARTED: usize = 20;

/// Consumers of one subscription whose durations are given bucket by bucket at one time.
const MAX_DISTRIBUTIONS: usize = 1_000;

/// The durations of a subscription.
#[derive(Debug)]
pub(super) struct Latencies {
    /// From hand-out to ack, whoever handled them.
    handling: Sliding,
    /// From when they were due to their first hand-out.
    queueing: Sliding,
    /// From hand-out to ack, of those connected.
    consumers: BTreeMap<ConsumerId, Sliding>,
}

/// What is measured of a subscription.
#[derive(Debug, Default)]
pub(super) struct Measures {
    /// Absent while nothing was measured.
    latencies: Option<Box<Latencies>>,
    /// Since when its messages could be handed out to it: it was created, or sought.
    pub(super) begun: Time,
    departed: VecDeque<DepartedConsumer>,
}

/// All durations of a subscription within the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distributions {
    /// From hand-out to ack.
    pub handling: Histogram,
    /// From when messages were due to their first hand-out.
    pub queueing: Histogram,
    /// From hand-out to ack by consumer, in order of id, at most 1,000; without those of which nothing was measured.
    pub consumers: Vec<(ConsumerId, Histogram)>,
}

/// A consumer that was connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepartedConsumer {
    /// Its number.
    pub id: ConsumerId,
    /// Its name.
    pub name: Arc<str>,
    /// Its address.
    pub peer: String,
    /// What it said it was.
    pub version: Arc<str>,
    /// When it connected.
    pub connected: Time,
    /// When it left.
    pub left: Time,
    /// Why.
    pub departure: Departure,
    /// Messages that it held.
    pub returned: u64,
}

impl Measures {
    /// Those of a subscription that is there since then.
    pub(super) fn begin(begun: Time) -> Self {
        Self {
            begun,
            ..Self::default()
        }
    }

    fn latencies(&mut self, now: Mono) -> &mut Latencies {
        self.latencies.get_or_insert_with(|| {
            Box::new(Latencies {
                handling: Sliding::begin(now),
                queueing: Sliding::begin(now),
                consumers: BTreeMap::new(),
            })
        })
    }

    /// Messages were acknowledged; `is_connected` tells of a consumer whether it is still there.
    pub(super) fn handled(
        &mut self,
        handled: &[Handled],
        is_connected: impl Fn(ConsumerId) -> bool,
        now: Mono,
    ) {
        for part in handled {
            let span = now.since(part.since);
            let latencies = self.latencies(now);
            latencies.handling.record(now, span, part.count);
            if is_connected(part.consumer) {
                let of = latencies.consumers.entry(part.consumer);
                let of = of.or_insert_with(|| Sliding::begin(now));
                of.record(now, span, part.count);
            }
        }
    }

    /// Messages were handed out; those in `repeated` not for the first time, though they have not failed.
    pub(super) fn handed_out(
        &mut self,
        log: &Log,
        runs: &[GrantRun],
        repeated: &[OffsetRange],
        now: Now,
    ) {
        for run in runs.iter().filter(|run| run.attempt == 1) {
            let begun = self.begun;
            let waited = |since: Time| now.wall.since(since.max(begun));
            let queueing = &mut self.latencies(now.mono).queueing;
            if repeated.is_empty() && !log.was_delayed(run.range) {
                queueing.record(now.mono, waited(run.time), run.range.count());
                continue;
            }
            for range in without(run.range, repeated) {
                for (count, since) in log.since_in(range, run.time) {
                    queueing.record(now.mono, waited(since), count);
                }
            }
        }
    }

    /// A consumer has left.
    pub(super) fn departed(&mut self, departed: DepartedConsumer) {
        if let Some(latencies) = &mut self.latencies {
            latencies.consumers.remove(&departed.id);
        }
        if self.departed.len() == MAX_DEPARTED {
            self.departed.pop_front();
        }
        self.departed.push_back(departed);
    }

    /// Lets go of what was measured too long ago.
    pub(super) fn forget(&mut self, now: Mono) {
        let Some(latencies) = &mut self.latencies else {
            return;
        };
        latencies.consumers.retain(|_, one| !one.is_over(now));
        if latencies.handling.is_over(now) && latencies.queueing.is_over(now) {
            self.latencies = None;
        }
    }

    /// From hand-out to ack.
    pub(super) fn handling(&self, now: Mono) -> Option<Latency> {
        self.latencies.as_ref()?.handling.latency(now)
    }

    /// From when messages were due to their first hand-out.
    pub(super) fn queueing(&self, now: Mono) -> Option<Latency> {
        self.latencies.as_ref()?.queueing.latency(now)
    }

    /// From hand-out to ack by a consumer.
    pub(super) fn handling_of(&self, consumer: ConsumerId, now: Mono) -> Option<Latency> {
        self.latencies
            .as_ref()?
            .consumers
            .get(&consumer)?
            .latency(now)
    }

    /// All durations.
    pub(super) fn distributions(&self, now: Mono) -> Option<Distributions> {
        let latencies = self.latencies.as_ref()?;
        let consumers = latencies.consumers.iter();
        Some(Distributions {
            handling: latencies.handling.durations(now),
            queueing: latencies.queueing.durations(now),
            consumers: consumers
                .take(MAX_DISTRIBUTIONS)
                .map(|(&id, one)| (id, one.durations(now)))
                .collect(),
        })
    }

    /// The consumers that left last, the newest first.
    pub(super) fn departures(&self) -> Vec<DepartedConsumer> {
        self.departed.iter().rev().cloned().collect()
    }
}

/// The parts of a range that are in none of `repeated`.
fn without(range: OffsetRange, repeated: &[OffsetRange]) -> Vec<OffsetRange> {
    let mut left = vec![range];
    for gone in repeated {
        let parts = left.iter().flat_map(|part| {
            let before = OffsetRange::between(part.start, part.end.min(gone.start).max(part.start));
            let after = OffsetRange::between(part.start.max(gone.end).min(part.end), part.end);
            [before, after]
        });
        left = parts.filter(|part| !part.is_empty()).collect();
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Offset;

    #[test]
    fn what_was_handed_out_before_is_cut_out() {
        let range = |start, end| OffsetRange::between(Offset(start), Offset(end));
        let all = range(10, 20);
        assert_eq!(without(all, &[]), [all]);
        assert_eq!(without(all, &[range(0, 5), range(30, 40)]), [all]);
        assert_eq!(without(all, &[range(5, 12)]), [range(12, 20)]);
        assert_eq!(without(all, &[range(19, 25)]), [range(10, 19)]);
        let two = [range(12, 14), range(14, 15)];
        assert_eq!(without(all, &two), [range(10, 12), range(15, 20)]);
        assert_eq!(without(all, &[range(0, 30)]), []);
    }
}
