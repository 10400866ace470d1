//! The meters of everything that has rates, and numbers made complete with them.
//!
//! Meters are read once a tick. Rates of any moment after it are made by looking at what was counted
//! since, which changes no meter. What a tick has not seen yet counts from the newest tick on.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::{ConsumerRates, SubscriptionRates, SubscriptionSample, TopicSample};
use crate::core::{BrokerCounts, ConsumerCounts, SubscriptionCounts, TopicCounts};
use crate::insight::slowness::slowness;
use crate::insight::{Flow, Meter, Ticks, Windows};
use crate::model::{ConsumerId, Mono, SubscriptionId, TopicId};

/// All meters.
pub(super) struct Gauges {
    ticks: Ticks,
    /// Every topic and subscription of the first tick has been read.
    has_begun: bool,
    broker: Meter<3>,
    topics: HashMap<TopicId, Meter<1>>,
    subscriptions: HashMap<SubscriptionId, Meters>,
}

/// The meters of a subscription.
struct Meters {
    own: Meter<6>,
    consumers: BTreeMap<ConsumerId, Meter<4>>,
}

impl Gauges {
    /// Begins to count at `now`.
    pub(super) fn begin(now: Mono) -> Self {
        let ticks = Ticks::begin(now);
        Self {
            broker: Meter::begin(now, [0; 3]),
            ticks,
            has_begun: false,
            topics: HashMap::new(),
            subscriptions: HashMap::new(),
        }
    }

    /// A new tick; topics and subscriptions are to be read after it.
    pub(super) fn tick(&mut self, now: Mono, counts: &BrokerCounts) {
        self.ticks.tick(now);
        self.broker.read(&self.ticks, broker_counters(counts));
    }

    /// The windows that end with the newest tick.
    pub(super) fn at_tick(&self) -> Windows {
        self.ticks.windows(self.ticks.newest())
    }

    /// The windows that end at `now`.
    pub(super) fn at(&self, now: Mono) -> Windows {
        self.ticks.windows(now)
    }

    /// A meter of counters first seen. What they had before is no rate if they may be older than
    /// the process's first tick; later they are younger than the tick that has not seen them.
    fn born<const N: usize>(&self, born: Mono, counters: [u64; N]) -> Meter<N> {
        let seen = if self.has_begun { [0; N] } else { counters };
        Meter::begin(born, seen)
    }

    pub(super) fn read_topic(&mut self, counts: &TopicCounts) {
        let counters = [counts.published];
        let born = self.born(self.ticks.before(), counters);
        let meter = self.topics.entry(counts.id).or_insert(born);
        meter.read(&self.ticks, counters);
    }

    pub(super) fn read_subscription(&mut self, counts: &SubscriptionCounts) {
        let counters = counters(counts);
        let own = self.born(self.ticks.before(), counters);
        let ticks = &self.ticks;
        let meters = self.subscriptions.entry(counts.id);
        let meters = meters.or_insert_with(|| Meters {
            own,
            consumers: BTreeMap::new(),
        });
        meters.own.read(ticks, counters);
        for consumer in &counts.consumers {
            let meter = meters.consumers.entry(consumer.id);
            let meter = meter.or_insert_with(|| Meter::begin(ticks.before(), [0; 4]));
            meter.read(ticks, consumer_counters(consumer));
        }
        if meters.consumers.len() > counts.consumers.len() {
            let mut connected = counts.consumers.iter().map(|c| c.id).collect::<Vec<_>>();
            connected.sort_unstable();
            meters
                .consumers
                .retain(|id, _| connected.binary_search(id).is_ok());
        }
    }

    /// Everything there is was read; drops the meters of what is no more. Both are in order of id.
    pub(super) fn complete(
        &mut self,
        topics: &[Arc<TopicSample>],
        subscriptions: &[Arc<SubscriptionSample>],
    ) {
        self.has_begun = true;
        if self.topics.len() > topics.len() {
            self.topics.retain(|id, _| {
                let found = topics.binary_search_by_key(id, |sample| sample.counts.id);
                found.is_ok()
            });
        }
        if self.subscriptions.len() > subscriptions.len() {
            self.subscriptions.retain(|id, _| {
                let found = subscriptions.binary_search_by_key(id, |sample| sample.counts.id);
                found.is_ok()
            });
        }
    }

    /// The broker's rates of publishing, delivering and acknowledging, over the shortest window.
    pub(super) fn broker(&self, counts: &BrokerCounts, windows: &Windows) -> [f64; 3] {
        let rates = self
            .broker
            .rates(&self.ticks, windows, broker_counters(counts));
        rates[0]
    }

    /// A topic with its rates.
    pub(super) fn topic(&self, counts: TopicCounts, windows: &Windows) -> TopicSample {
        let counters = [counts.published];
        let rates = match self.topics.get(&counts.id) {
            Some(meter) => meter.rates(&self.ticks, windows, counters),
            None => self
                .born(self.ticks.newest(), counters)
                .rates(&self.ticks, windows, counters),
        };
        TopicSample {
            publish_rates: rates.map(|[publish]| publish),
            counts,
            partitions: Vec::new(),
            top_keys: (Vec::new(), 0),
        }
    }

    /// A subscription with its rates, its consumers' and when its backlog ends.
    pub(super) fn subscription(
        &self,
        counts: SubscriptionCounts,
        windows: &Windows,
    ) -> SubscriptionSample {
        let meters = self.subscriptions.get(&counts.id);
        let counters = counters(&counts);
        let rates = match meters {
            Some(meters) => meters.own.rates(&self.ticks, windows, counters),
            None => self
                .born(self.ticks.newest(), counters)
                .rates(&self.ticks, windows, counters),
        };
        let rates = rates.map(subscription_rates);
        let handling: Vec<_> = counts.consumers.iter().map(|one| one.handling).collect();
        let slowness = slowness(&handling);
        let consumers = counts.consumers.iter().zip(slowness);
        let consumers = consumers.map(|(consumer, slowness)| {
            let known = meters.and_then(|meters| meters.consumers.get(&consumer.id));
            let young = || Meter::begin(self.ticks.newest(), [0; 4]);
            let meter = known.cloned().unwrap_or_else(young);
            let rates = meter.rates(&self.ticks, windows, consumer_counters(consumer));
            let [deliver, ack, fail, redeliver] = rates[0];
            ConsumerRates {
                consumer: consumer.id,
                deliver,
                ack,
                fail,
                redeliver,
                slowness,
            }
        });
        let consumers: Vec<_> = consumers.collect();
        let flow = Flow {
            is_paused: counts.settings.is_paused,
            backlog: counts.counts.backlog(),
            leased: counts.counts.leased,
            consumers: consumers.len() as u64,
            lag: counts.lag,
            arrivals: rates.map(|rates| rates.publish),
            acks: rates.map(|rates| rates.ack),
        };
        SubscriptionSample {
            drain: flow.drain(),
            drain_range: flow.range(),
            diagnosis: None,
            partitions: Vec::new(),
            details: None,
            consumers,
            rates,
            counts,
        }
    }
}

fn broker_counters(counts: &BrokerCounts) -> [u64; 3] {
    [counts.published, counts.delivered, counts.acked]
}

fn consumer_counters(counts: &ConsumerCounts) -> [u64; 4] {
    [
        counts.delivered,
        counts.acked,
        counts.failed,
        counts.redelivered,
    ]
}

fn counters(counts: &SubscriptionCounts) -> [u64; 6] {
    let meters = &counts.meters;
    [
        meters.published,
        meters.delivered,
        meters.redelivered,
        meters.acked,
        meters.failed,
        meters.dead,
    ]
}

fn subscription_rates(rates: [f64; 6]) -> SubscriptionRates {
    let [publish, deliver, redeliver, ack, fail, dead] = rates;
    SubscriptionRates {
        publish,
        deliver,
        redeliver,
        ack,
        fail,
        dead,
    }
}
