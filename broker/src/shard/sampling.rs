//! The numbers: each second a sample, built in slices between rounds, and one at once for a call.
//!
//! Published samples go through a watch channel, so that nobody who looks on ever waits at the
//! owner or makes it wait. Rates in a sample are those of its second's tick. The numbers of a call
//! are counts and rates of that moment, and cost what was asked for.

use std::cmp::Ordering;
use std::sync::Arc;

use super::gauges::Gauges;
use super::handle::Shared;
use super::host::Host;
use super::judging::Judges;
use super::{BrokerSample, Sample, SubscriptionDetails, SubscriptionSample, TopicSample};
use crate::core::{BrokerCounts, Core};
use crate::journal::Journal;
use crate::model::{ClientId, Mono, Name, Now, Refusal, Span, SubscriptionId, Time, TopicId};

/// How often a sample is published.
const INTERVAL: Span = Span::from_secs(1);
/// The most frequent ordering keys that are told.
const TOP_KEYS: usize = 20;
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
    gauges: Gauges,
    judges: Judges,
    building: Option<Building>,
}

/// A sample in the making: first the topics, then the subscriptions, each in order of id.
#[derive(Default)]
struct Building {
    topics: Vec<Arc<TopicSample>>,
    subscriptions: Vec<Arc<SubscriptionSample>>,
    are_topics_done: bool,
    /// The last sample, in order of name: what has not changed since then is in both.
    before: Arc<Sample>,
}

/// What a call asks for.
struct Asked {
    topics: Vec<TopicId>,
    subscriptions: Vec<SubscriptionId>,
    /// It asks for everything.
    is_all: bool,
}

impl Sampler {
    /// Begins to count at `now`.
    pub(super) fn begin(now: Now, host: Host) -> Self {
        Self {
            host,
            started: now.wall,
            next: now.mono,
            number: 0,
            gauges: Gauges::begin(now.mono),
            judges: Judges::default(),
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
            self.gauges
                .tick(now.mono, &scene.core.broker_counts(scene.now));
            self.building = Some(Building {
                before: Arc::clone(&scene.shared.samples.borrow()),
                ..Building::default()
            });
        }
        let Some(mut building) = self.building.take() else {
            return;
        };
        if !self.build_slice(&mut building, scene) {
            self.building = Some(building);
            return;
        }
        self.number += 1;
        scene.shared.chronicle.pass(now.wall);
        self.gauges
            .complete(&building.topics, &building.subscriptions);
        self.judges.complete(&building.subscriptions);
        let mut sample = self.finish(building, scene, true);
        sample.number = self.number;
        scene.shared.samples.send_replace(Arc::new(sample));
    }

    /// Whether the building is complete.
    fn build_slice(&mut self, building: &mut Building, scene: Scene<'_>) -> bool {
        let Scene { core, now, .. } = scene;
        let windows = self.gauges.at_tick();
        if !building.are_topics_done {
            let after = building.topics.last().map(|sample| sample.counts.id);
            let ids = core.topic_ids(after, SLICE);
            building.are_topics_done = ids.len() < SLICE;
            for counts in ids.into_iter().filter_map(|id| core.topic_counts(id)) {
                self.gauges.read_topic(&counts);
                let sample = self.gauges.topic(counts, &windows);
                let by_name = |one: &TopicSample, other: &TopicSample| {
                    one.counts.name.cmp(&other.counts.name)
                };
                let before = &building.before.topics;
                building.topics.push(kept(before, sample, by_name));
            }
            return false;
        }
        let after = building.subscriptions.last();
        let ids = core.subscription_ids(after.map(|sample| sample.counts.id), SLICE);
        let is_done = ids.len() < SLICE;
        let counts = ids
            .into_iter()
            .filter_map(|id| core.subscription_counts(id, now));
        let mut changes = Vec::new();
        for counts in counts {
            self.gauges.read_subscription(&counts);
            let mut sample = self.gauges.subscription(counts, &windows);
            changes.extend(self.judges.look(&mut sample, now));
            let by_name = |one: &SubscriptionSample, other: &SubscriptionSample| {
                one.counts.name.cmp(&other.counts.name)
            };
            let before = &building.before.subscriptions;
            building.subscriptions.push(kept(before, sample, by_name));
        }
        scene.shared.chronicle.tell(changes);
        is_done
    }

    /// The numbers at this moment, of what is asked for.
    pub(super) fn answer(
        &self,
        scene: Scene<'_>,
        (topic, subscription): (Option<&Name>, Option<&Name>),
    ) -> Result<Sample, Refusal> {
        let Scene { core, now, .. } = scene;
        let asked = Asked::of(core, topic, subscription)?;
        let windows = self.gauges.at(now.mono);
        let topics = asked.topics.iter();
        let topics = topics.filter_map(|&id| core.topic_counts(id));
        let subscriptions = asked.subscriptions.iter();
        let subscriptions = subscriptions.filter_map(|&id| core.subscription_counts(id, now));
        let topics = topics.map(|counts| {
            let id = counts.id;
            let mut sample = self.gauges.topic(counts, &windows);
            if !asked.is_all {
                sample.partitions = core.topic_partitions(id);
                sample.top_keys = core.top_keys(id, TOP_KEYS);
            }
            Arc::new(sample)
        });
        let subscriptions = subscriptions.map(|counts| {
            let id = counts.id;
            let mut sample = self.gauges.subscription(counts, &windows);
            self.judges.fill(&mut sample);
            if !asked.is_all {
                sample.partitions = core.subscription_partitions(id, now);
            }
            if subscription.is_some() {
                sample.details = Some(Box::new(SubscriptionDetails {
                    distributions: core.distributions(id, now),
                    departed: core.departures(id),
                    load: self.judges.load(&sample, now),
                }));
            }
            Arc::new(sample)
        });
        let building = Building {
            topics: topics.collect(),
            subscriptions: subscriptions.collect(),
            are_topics_done: true,
            before: Arc::default(),
        };
        Ok(self.finish(building, scene, asked.is_all))
    }

    /// The numbers at this moment of the subscriptions that some clients consume.
    pub(super) fn answer_of(&self, scene: Scene<'_>, clients: &[ClientId]) -> Sample {
        let Scene { core, now, .. } = scene;
        let windows = self.gauges.at(now.mono);
        let ids = core.subscriptions_of(clients).into_iter();
        let subscriptions = ids.filter_map(|id| core.subscription_counts(id, now));
        let subscriptions =
            subscriptions.map(|counts| Arc::new(self.gauges.subscription(counts, &windows)));
        let building = Building {
            subscriptions: subscriptions.collect(),
            ..Building::default()
        };
        self.finish(building, scene, false)
    }

    fn finish(&self, building: Building, scene: Scene<'_>, is_all: bool) -> Sample {
        let Building {
            mut topics,
            mut subscriptions,
            ..
        } = building;
        topics.sort_by(|one, other| one.counts.name.cmp(&other.counts.name));
        subscriptions.sort_by(|one, other| one.counts.name.cmp(&other.counts.name));
        let mut counts = scene.core.broker_counts(scene.now);
        let shown = subscriptions.iter().map(|sample| &sample.counts);
        if is_all {
            // A sample is built over several rounds: its sums are those of its rows.
            counts.backlog = shown.clone().map(|one| one.counts.backlog()).sum();
            counts.dead = shown.clone().map(|one| one.counts.dead).sum();
        }
        let error = shown.map(|one| one.conservation_error).sum();
        counts.conservation_error = counts.conservation_error.max(error);
        Sample {
            number: 0,
            time: scene.now.wall,
            broker: self.broker(&counts, scene),
            topics,
            subscriptions,
        }
    }

    fn broker(&self, counts: &BrokerCounts, scene: Scene<'_>) -> BrokerSample {
        let Scene {
            core,
            journal,
            shared,
            now,
        } = scene;
        let usage = journal.usage();
        let windows = self.gauges.at(now.mono);
        let [publish, deliver, ack] = self.gauges.broker(counts, &windows);
        BrokerSample {
            health: shared.health.borrow().clone(),
            started: self.started,
            incarnation: core.incarnation(),
            publish_rate: publish,
            deliver_rate: deliver,
            ack_rate: ack,
            backlog: counts.backlog,
            dead: counts.dead,
            conservation_error: counts.conservation_error,
            suspended: counts.suspended,
            undo: core.kept_for_undo(),
            topics: counts.topics,
            subscriptions: counts.subscriptions,
            consumers: counts.consumers,
            durable: shared.watermark.durable(),
            journal_bytes: usage.disk_bytes,
            sync_seconds: (usage.syncs > 0).then(|| Span(usage.last_sync_us).as_seconds()),
            syncs: usage.syncs,
            host: self.host.sample(),
        }
    }
}

/// A part of a sample; the one before if nothing has changed, so that what is idle is in memory once. `before` is
/// ordered as `find` says.
fn kept<T: PartialEq>(before: &[Arc<T>], sample: T, find: fn(&T, &T) -> Ordering) -> Arc<T> {
    let place = before.binary_search_by(|one| find(one, &sample));
    match place.ok().and_then(|at| before.get(at)) {
        Some(before) if **before == sample => Arc::clone(before),
        _ => Arc::new(sample),
    }
}

impl Asked {
    /// A subscription together with a topic that is not its own is refused.
    fn of(core: &Core, topic: Option<&Name>, subscription: Option<&Name>) -> Result<Self, Refusal> {
        let topic = topic.map(|name| core.topic(name)).transpose()?;
        let subscription = subscription.map(|name| core.subscription(name));
        let (topics, subscriptions) = match (topic, subscription.transpose()?) {
            (None, None) => {
                return Ok(Self {
                    topics: core.topic_ids(None, usize::MAX),
                    subscriptions: core.subscription_ids(None, usize::MAX),
                    is_all: true,
                });
            }
            (Some(topic), None) => (vec![topic.id], core.subscription_ids_of(topic.id)),
            (None, Some(one)) => (vec![one.topic], vec![one.id]),
            (Some(topic), Some(one)) if one.topic == topic.id => (vec![topic.id], vec![one.id]),
            (Some(topic), Some(one)) => {
                return Err(Refusal::TopicMismatch {
                    subscription: one.name,
                    topic: one.topic_name,
                    asked: topic.name.to_string(),
                });
            }
        };
        Ok(Self {
            topics,
            subscriptions,
            is_all: false,
        })
    }
}
