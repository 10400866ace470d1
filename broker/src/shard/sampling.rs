//! The numbers: each second a sample, built in slices between rounds, and one at once for a call.
//!
//! Published samples go through a watch channel, so that nobody who looks on ever waits at the
//! owner or makes it wait. Rates in a sample are those of its second's tick; the one of a call has
//! counts of now and rates of the newest tick.

use std::collections::HashMap;
use std::sync::Arc;

use super::handle::Shared;
use super::host::Host;
use super::{
    BrokerSample, ConsumerRates, Sample, SubscriptionRates, SubscriptionSample, TopicSample,
};
use crate::core::{Core, SubscriptionCounts, TopicCounts};
use crate::insight::{Flow, Meter, Ticks, Window};
use crate::journal::Journal;
use crate::model::{ConsumerId, Mono, Name, Now, Refusal, Span, SubscriptionId, Time, TopicId};

/// How often a sample is published.
const INTERVAL: Span = Span::from_secs(1);
/// Topics or subscriptions that one slice looks at.
const SLICE: usize = 64;

/// What a sample is taken of.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) core: &'a Core,
    pub(super) journal: &'a dyn Journal,
    pub(super) shared: &'a Shared,
    pub(super) now: Now,
}

/// Makes samples.
pub(super) struct Sampler {
    host: Host,
    started: Time,
    next: Mono,
    number: u64,
    ticks: Ticks,
    topics: HashMap<TopicId, Meter<1>>,
    subscriptions: HashMap<SubscriptionId, Meters>,
    building: Option<Building>,
}

/// The meters of a subscription.
struct Meters {
    own: Meter<6>,
    consumers: HashMap<ConsumerId, Meter<3>>,
}

/// A sample in the making: first the topics, then the subscriptions, each in order of id.
#[derive(Default)]
struct Building {
    topics: Vec<Arc<TopicSample>>,
    subscriptions: Vec<Arc<SubscriptionSample>>,
    are_topics_done: bool,
}

impl Sampler {
    /// Begins to count at `now`.
    pub(super) fn begin(now: Now, host: Host) -> Self {
        Self {
            host,
            started: now.wall,
            next: now.mono,
            number: 0,
            ticks: Ticks::begin(now.mono),
            topics: HashMap::new(),
            subscriptions: HashMap::new(),
            building: None,
        }
    }

    /// When the next sample begins.
    pub(super) fn next(&self) -> Mono {
        self.next
    }

    /// Whether a sample is in the making.
    pub(super) fn is_busy(&self) -> bool {
        self.building.is_some()
    }

    /// Builds a slice if one is due, and publishes a sample when it is whole.
    pub(super) fn proceed(&mut self, scene: Scene<'_>) {
        let now = scene.now;
        if self.building.is_none() {
            if now.mono < self.next {
                return;
            }
            // A late tick does not make the following ones bunch up.
            self.next = self.next.plus(INTERVAL).max(now.mono);
            self.ticks.tick(now.mono);
            self.building = Some(Building::default());
        }
        let Some(mut building) = self.building.take() else {
            return;
        };
        if !self.build_slice(&mut building, scene.core, now) {
            self.building = Some(building);
            return;
        }
        self.number += 1;
        self.forget_gone(&building);
        let mut sample = self.finish(building, scene);
        sample.number = self.number;
        scene.shared.samples.send_replace(Arc::new(sample));
    }

    /// Drops the meters of what is no more.
    fn forget_gone(&mut self, building: &Building) {
        let (topics, subscriptions) = (&building.topics, &building.subscriptions);
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

    /// Whether the building is complete.
    fn build_slice(&mut self, building: &mut Building, core: &Core, now: Now) -> bool {
        if !building.are_topics_done {
            let after = building.topics.last().map(|sample| sample.counts.id);
            let ids = core.topic_ids(after, SLICE);
            building.are_topics_done = ids.len() < SLICE;
            for counts in ids.into_iter().filter_map(|id| core.topic_counts(id)) {
                self.read_topic(&counts);
                building.topics.push(Arc::new(self.topic(counts)));
            }
            return false;
        }
        let after = building.subscriptions.last();
        let ids = core.subscription_ids(after.map(|sample| sample.counts.id), SLICE);
        let is_done = ids.len() < SLICE;
        let counts = ids
            .into_iter()
            .filter_map(|id| core.subscription_counts(id, now));
        for counts in counts {
            self.read_subscription(&counts);
            let sample = Arc::new(self.subscription(counts));
            building.subscriptions.push(sample);
        }
        is_done
    }

    /// What a counter had when it was first seen: all it has at the first sample, which finds what
    /// an earlier process counted; nothing later, since then it is younger than a tick.
    fn born_with<const N: usize>(&self, seen: [u64; N]) -> Meter<N> {
        let seen = if self.number == 0 { seen } else { [0; N] };
        Meter::begin(self.ticks.before(), &self.ticks, seen)
    }

    fn read_topic(&mut self, counts: &TopicCounts) {
        let seen = [counts.published];
        let born = self.born_with(seen);
        let ticks = &self.ticks;
        let meter = self.topics.entry(counts.id).or_insert(born);
        meter.read(ticks, seen);
    }

    fn read_subscription(&mut self, counts: &SubscriptionCounts) {
        let seen = &counts.meters;
        let seen = [
            seen.published,
            seen.delivered,
            seen.redelivered,
            seen.acked,
            seen.failed,
            seen.dead,
        ];
        let own = self.born_with(seen);
        let ticks = &self.ticks;
        let meters = self.subscriptions.entry(counts.id);
        let meters = meters.or_insert_with(|| Meters {
            own,
            consumers: HashMap::new(),
        });
        meters.own.read(ticks, seen);
        for consumer in &counts.consumers {
            let seen = [consumer.delivered, consumer.acked, consumer.failed];
            let meter = meters.consumers.entry(consumer.id);
            let meter = meter.or_insert_with(|| Meter::begin(ticks.before(), ticks, [0; 3]));
            meter.read(ticks, seen);
        }
        if meters.consumers.len() > counts.consumers.len() {
            let mut connected = counts.consumers.iter().map(|c| c.id).collect::<Vec<_>>();
            connected.sort_unstable();
            meters
                .consumers
                .retain(|id, _| connected.binary_search(id).is_ok());
        }
    }

    /// The numbers at this moment, of what is asked for.
    pub(super) fn answer(
        &self,
        scene: Scene<'_>,
        topic: Option<Name>,
        subscription: Option<Name>,
    ) -> Result<Sample, Refusal> {
        let Scene { core, now, .. } = scene;
        if let Some(topic) = &topic {
            core.topic(topic)?;
        }
        if let Some(subscription) = &subscription {
            core.subscription(subscription)?;
        }
        let mut building = Building::default();
        let topics = core.topic_ids(None, usize::MAX);
        for counts in topics.into_iter().filter_map(|id| core.topic_counts(id)) {
            building.topics.push(Arc::new(self.topic(counts)));
        }
        for id in core.subscription_ids(None, usize::MAX) {
            if let Some(counts) = core.subscription_counts(id, now) {
                let sample = Arc::new(self.subscription(counts));
                building.subscriptions.push(sample);
            }
        }
        let mut sample = self.finish(building, scene);
        if let Some(topic) = topic {
            sample.topics.retain(|sample| sample.counts.name == topic);
            let subscriptions = &mut sample.subscriptions;
            subscriptions.retain(|sample| sample.counts.topic == topic);
        }
        if let Some(subscription) = subscription {
            let subscriptions = &mut sample.subscriptions;
            subscriptions.retain(|sample| sample.counts.name == subscription);
            let of = subscriptions
                .first()
                .map(|sample| sample.counts.topic.clone());
            sample
                .topics
                .retain(|sample| Some(&sample.counts.name) == of.as_ref());
        }
        Ok(sample)
    }

    fn topic(&self, counts: TopicCounts) -> TopicSample {
        let meter = self.topics.get(&counts.id);
        let rate = |window| meter.map_or(0.0, |meter| meter.rates(&self.ticks, window)[0]);
        TopicSample {
            publish_rates: Window::ALL.map(rate),
            counts,
        }
    }

    fn subscription(&self, counts: SubscriptionCounts) -> SubscriptionSample {
        let meters = self.subscriptions.get(&counts.id);
        let rates = Window::ALL.map(|window| {
            let rates = meters.map_or([0.0; 6], |meters| meters.own.rates(&self.ticks, window));
            subscription_rates(rates)
        });
        let consumers = counts.consumers.iter().map(|consumer| {
            let meter = meters.and_then(|meters| meters.consumers.get(&consumer.id));
            let rates = meter.map_or([0.0; 3], |meter| meter.rates(&self.ticks, Window::Short));
            let [deliver, ack, fail] = rates;
            ConsumerRates {
                consumer: consumer.id,
                deliver,
                ack,
                fail,
            }
        });
        let consumers: Vec<_> = consumers.collect();
        let flow = Flow {
            backlog: backlog(&counts),
            consumers: consumers.len() as u64,
            lag: counts.lag,
            arrivals: rates.map(|rates| rates.publish),
            acks: rates.map(|rates| rates.ack),
        };
        SubscriptionSample {
            drain: flow.drain(),
            consumers,
            rates,
            counts,
        }
    }

    fn finish(&self, building: Building, scene: Scene<'_>) -> Sample {
        let Scene {
            core,
            journal,
            shared,
            now,
        } = scene;
        let Building {
            mut topics,
            mut subscriptions,
            ..
        } = building;
        topics.sort_by(|one, other| one.counts.name.cmp(&other.counts.name));
        subscriptions.sort_by(|one, other| one.counts.name.cmp(&other.counts.name));
        let (of_all, usage) = (core.broker_counts(), journal.usage());
        let short = |sample: &Arc<SubscriptionSample>| sample.rates[0];
        let host = self.host.sample();
        let broker = BrokerSample {
            health: shared.health.borrow().clone(),
            started: self.started,
            incarnation: core.incarnation(),
            publish_rate: topics.iter().map(|sample| sample.publish_rates[0]).sum(),
            deliver_rate: subscriptions.iter().map(|s| short(s).deliver).sum(),
            ack_rate: subscriptions.iter().map(|s| short(s).ack).sum(),
            backlog: subscriptions.iter().map(|s| backlog(&s.counts)).sum(),
            dead: subscriptions.iter().map(|s| s.counts.counts.dead).sum(),
            conservation_error: subscriptions
                .iter()
                .map(|sample| sample.counts.conservation_error)
                .sum(),
            topics: of_all.topics,
            subscriptions: of_all.subscriptions,
            consumers: of_all.consumers,
            durable: shared.watermark.durable(),
            journal_bytes: usage.disk_bytes,
            sync_seconds: (usage.syncs > 0).then(|| Span(usage.last_sync_us).as_seconds()),
            syncs: usage.syncs,
            host,
        };
        Sample {
            number: 0,
            time: now.wall,
            broker,
            topics,
            subscriptions,
        }
    }
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

fn backlog(counts: &SubscriptionCounts) -> u64 {
    counts.counts.ready + counts.counts.leased + counts.counts.waiting
}
