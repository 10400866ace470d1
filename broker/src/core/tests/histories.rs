//! Random histories of several topics, subscriptions and consumers, restarts included, against the naive model. After
//! each step the books are right and the same as the model's; a restart changes nothing that can be seen.

use std::collections::BTreeMap;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::acts::{FILTER, FILTERED, History, MOST_OF_B, PARTITIONS, SUBSCRIPTIONS};
use super::bench::{Bench, From, name};
use super::model::{Books, Is, Sub};
use super::planning::UNDO;
use super::publishing::time_to_live;
use crate::core::limits::JUMP;
use crate::core::{AckId, PeekSubscription};
use crate::model::settings::{
    Durability, KeyOrder, LimitPolicy, SubscriptionSettings, TopicSettings,
};
use crate::model::{MessageId, Offset, Partition, Position, Span};

#[test]
fn random_histories_match_the_model_and_survive_restarts() {
    let is_full = std::env::var("WEIR_TESTS").is_ok_and(|figures| figures == "full");
    let (seeds, steps) = if is_full { (400, 1_500) } else { (40, 300) };
    let first = std::env::var("WEIR_SEED").ok();
    let first: u64 = first.map_or(1, |seed| seed.parse().unwrap());
    for seed in first..first + seeds {
        println!("WEIR_SEED={seed}");
        let mut history = History::new(seed);
        for _ in 0..steps {
            history.step();
            history.audit();
            history.check_books();
        }
        history.check_messages();
    }
}

fn settings(index: usize) -> SubscriptionSettings {
    SubscriptionSettings {
        ack_deadline: Span::from_secs(10),
        max_attempts: 3,
        // Paced, and never held up.
        retry_budget: (index == 2).then_some(10_000_000),
        filter: (index == FILTERED).then(|| FILTER.into()),
        key_order: if index == 1 {
            KeyOrder::Block
        } else {
            KeyOrder::Off
        },
        // The first is weighed and never full; the second, in the order of keys, and the last are full at times.
        max_backlog_bytes: matches!(index, 0 | FILTERED).then_some(1 << 40),
        max_backlog_messages: (index % 2 == 1).then_some(60),
        ..SubscriptionSettings::default()
    }
}

impl History {
    fn new(seed: u64) -> Self {
        let mut bench = Bench::new();
        bench.core.limit_undo(UNDO);
        for (topic, retention) in [("a", Span::ZERO), ("b", Span::from_secs(60))] {
            let settings = TopicSettings {
                partitions: PARTITIONS,
                retention,
                time_to_live: time_to_live(topic),
                retention_bytes: 2_000,
                max_messages: (topic == "b").then_some(MOST_OF_B),
                limit_policy: LimitPolicy::DropOldest,
                durability: if topic == "a" {
                    Durability::Relaxed
                } else {
                    Durability::Durable
                },
                ..TopicSettings::default()
            };
            bench.topic(topic, settings);
        }
        let mut subs = Vec::new();
        for (index, (text, topic)) in SUBSCRIPTIONS.into_iter().enumerate() {
            let settings = settings(index);
            bench.subscription(text, topic, settings.clone());
            subs.push(Sub {
                max_attempts: settings.max_attempts,
                max_backlog: match topic {
                    "b" => Some(MOST_OF_B),
                    _ => settings.max_backlog_messages,
                },
                in_key_order: settings.key_order != KeyOrder::Off,
                ack_deadline: settings.ack_deadline.0,
                has_filter: settings.filter.is_some(),
                ..Sub::default()
            });
        }
        let numbers = bench.core.subscription_ids(None, usize::MAX);
        Self {
            random: SmallRng::seed_from_u64(seed),
            bench,
            subs,
            streams: BTreeMap::new(),
            ids: Vec::new(),
            next: BTreeMap::new(),
            known: BTreeMap::new(),
            published: BTreeMap::new(),
            operations: Vec::new(),
            numbers,
        }
    }

    fn step(&mut self) {
        match self.random.random_range(0..100) {
            0..20 => self.publish(),
            20..26 => self.attach(),
            26..27 => self.delete_or_bring_back(),
            27..30 => self.detach(),
            30..52 => self.ack(),
            52..62 => self.nack(),
            62..66 => self.pull(),
            66..72 => self.acknowledge(),
            72..84 => self.pass(),
            84..86 => self.requeue(),
            86..87 => self.purge(),
            87..90 => self.operate(),
            90..91 => self.seek(),
            91..93 => self.release_key(),
            93..95 => self.scan(),
            95..96 => {
                let before = Position(
                    self.random
                        .random_range(0..=self.bench.core.next_position().0),
                );
                self.bench.core.restate(before, 2_000);
            }
            _ => {
                self.restart();
                // A start looks again at what has ended.
                self.tick();
            }
        }
        self.note_deaths();
        for sub in &mut self.subs {
            sub.end_lives(self.bench.now.wall);
        }
        self.bench.dispatch();
        self.take_grants();
    }

    /// The recount goes on by some pages; it never finds anything.
    fn audit(&mut self) {
        let steps = self.random.random_range(0..300);
        assert_eq!(self.bench.core.audit(steps), []);
    }

    /// Asked for by parts, the frames that must stay are the same.
    fn check_live(&mut self, live: &[Position]) {
        let (mut parts, mut first) = (Vec::new(), 0);
        while first <= self.bench.core.next_position().0 {
            let last = first + self.random.random_range(0..20);
            parts.extend(
                self.bench
                    .core
                    .live_positions(Position(first)..=Position(last)),
            );
            first = last + 1;
        }
        assert_eq!(parts, live);
    }

    fn restart(&mut self) {
        // What waited is awake on both sides, also what an operation has just brought back.
        for _ in 0..5 {
            self.tick();
        }
        let now = self.bench.now.mono;
        self.bench.drain();
        let seen = self.look();
        let live = self
            .bench
            .core
            .live_positions(Position(0)..=Position(u64::MAX));
        self.check_live(&live);
        for from in [From::Everything, From::Floor, From::Checkpoint] {
            let report = self.bench.restart(from);
            self.bench.core.limit_undo(UNDO);
            assert_eq!(report.notes, [""; 0]);
            assert_eq!(self.look(), seen, "{from:?}");
            let kept: Vec<Position> = self.bench.kept.keys().copied().collect();
            assert_eq!(kept, live, "{from:?}");
        }
        if self.random.random_bool(0.3) {
            self.jump();
            assert_eq!(self.look(), seen, "nobody sees what is skipped");
        }
        self.streams.clear();
        for sub in &mut self.subs {
            sub.restarted(now);
        }
        self.recount_deaths();
    }

    /// The stop was not clean: topic `a` is relaxed.
    fn jump(&mut self) {
        self.bench.core.jump(self.bench.now);
        self.bench.drain();
        for partition in 0..PARTITIONS {
            *self.next.entry(("a", partition)).or_default() += JUMP;
        }
    }

    /// All that can be seen of messages and topics, leases without their deadlines.
    fn look(&self) -> Vec<String> {
        let mut seen = Vec::new();
        for topic in self.bench.core.topics(None, usize::MAX) {
            seen.push(format!("{:?}", self.bench.core.topic_counts(topic.id)));
        }
        for (text, _) in SUBSCRIPTIONS {
            let Ok(view) = self.bench.core.subscription(&name(text)) else {
                seen.push(format!("{text} is gone"));
                continue;
            };
            let counts = self
                .bench
                .core
                .subscription_counts(view.id, self.bench.now)
                .unwrap();
            seen.push(format!("{view:?} {:?} {:?}", counts.counts, counts.lag));
            let mut after = None;
            loop {
                let peek = PeekSubscription {
                    subscription: &name(text),
                    states: &[],
                    fingerprint: None,
                    after,
                    limit: 7,
                };
                let peeked = self
                    .bench
                    .core
                    .peek_subscription(&peek, self.bench.now)
                    .unwrap();
                for mut message in peeked.messages {
                    message.states[0].lease_deadline = None;
                    seen.push(format!("{message:?}"));
                }
                after = peeked.next;
                if after.is_none() {
                    break;
                }
            }
        }
        seen
    }

    fn take_grants(&mut self) {
        let grants = std::mem::take(&mut self.bench.grants);
        for grant in grants {
            let mut ids = self.numbers.iter();
            let subscription = ids.position(|id| *id == grant.subscription).unwrap();
            self.subs[subscription].granted(&grant, self.bench.now.mono);
            for run in &grant.runs {
                let frame = &self.bench.journal[&run.position];
                assert!(!frame.body.is_empty(), "the frame holds messages");
                for (index, offset) in (0..).zip(run.range.offsets()) {
                    let id = AckId {
                        subscription: grant.subscription,
                        epoch: grant.epoch,
                        incarnation: grant.incarnation,
                        partition: grant.partition,
                        offset,
                        attempt: run.attempt,
                        serial: run.serial,
                    };
                    assert_eq!(id.to_string().parse(), Ok(id));
                    self.ids.push((subscription, id));
                    if let Some(stream) = self.streams.get_mut(&grant.consumer) {
                        let sequence = run.first_sequence + index;
                        assert_eq!(stream.sequences.insert(sequence, id), None);
                    }
                }
            }
        }
    }

    fn check_books(&self) {
        let (mut backlog, mut dead) = (0, 0);
        for (&id, sub) in self.numbers.iter().zip(&self.subs) {
            let found = self.bench.core.subscription_counts(id, self.bench.now);
            assert_eq!(found.is_none(), sub.gone.is_some());
            let Some(found) = found else { continue };
            assert_eq!(found.conservation_error, 0, "{}", found.name);
            let error = self.bench.core.recount_error(id);
            assert_eq!(error, Some(0), "{}", found.name);
            backlog += found.counts.backlog();
            dead += found.counts.dead;
            let counts = found.counts;
            let books = Books {
                scheduled: counts.scheduled,
                pending: counts.ready + counts.waiting,
                unjudged: counts.unjudged,
                leased: counts.leased,
                dead: counts.dead,
                acked: counts.acked,
                dropped: counts.dropped_sum(),
            };
            assert_eq!(books, sub.books(), "{}", found.name);
            let (subscription, topic) = self.bench.core.pair(id).unwrap();
            if let Some(bytes) = subscription.backlog_bytes {
                assert_eq!(bytes, subscription.weigh(topic), "{}", found.name);
            }
            for consumer in &found.consumers {
                assert!(consumer.leased <= consumer.max_outstanding_messages);
            }
        }
        let sums = self.bench.core.broker_counts(self.bench.now);
        assert_eq!((sums.backlog, sums.dead), (backlog, dead));
        assert_eq!(sums.conservation_error, 0);
    }

    /// Each message by its id: unfinished ones are stored, whatever was trimmed was finished everywhere.
    fn check_messages(&self) {
        let topics = self.bench.core.topics(None, usize::MAX);
        for (text, topic) in SUBSCRIPTIONS {
            let topic = topics
                .iter()
                .find(|view| view.name.as_str() == topic)
                .unwrap();
            let index = SUBSCRIPTIONS
                .iter()
                .position(|(of, _)| *of == text)
                .unwrap();
            for (&(partition, offset), message) in &self.subs[index].messages {
                let id = MessageId {
                    topic: topic.id,
                    partition: Partition(partition),
                    offset: Offset(offset),
                };
                match self.bench.core.message(id, self.bench.now) {
                    Ok((view, _)) => {
                        let states = view.states.iter();
                        let state = states.filter(|state| state.subscription.as_str() == text);
                        let is_finished = matches!(message.is, Is::Acked | Is::Dropped);
                        for state in state {
                            let found = state.state == crate::core::State::Finished;
                            assert_eq!(found, is_finished, "{id}");
                            if !is_finished {
                                assert_eq!(state.failed_attempts, message.failed, "{id}");
                            }
                        }
                    }
                    Err(_) => assert!(matches!(message.is, Is::Acked | Is::Dropped), "{id}"),
                }
            }
        }
    }
}
