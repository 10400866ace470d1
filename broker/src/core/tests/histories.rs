//! Random histories of several topics, subscriptions and consumers, restarts included, against the naive model. After
//! each step the books are right and the same as the model's; a restart changes nothing that can be seen.

use std::collections::BTreeMap;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::bench::{Bench, From, body, name};
use super::model::{Books, Is, Message, Sub};
use crate::core::{
    AckId, Departure, DryRun, Nack, NackAction, PeekSubscription, Pull, Purge, PurgeScope,
    Selection, SequenceRange,
};
use crate::model::settings::{KeyOrder, SubscriptionSettings, TopicSettings};
use crate::model::{ConsumerId, MessageId, Partition, Position, Span};

const SUBSCRIPTIONS: [(&str, &str); 4] = [("a1", "a"), ("a2", "a"), ("b1", "b"), ("b2", "b")];
const PARTITIONS: u32 = 2;

/// A stream as its client knows it: its subscription, and what each sequence stands for.
#[derive(Debug, Default)]
struct Stream {
    subscription: usize,
    sequences: BTreeMap<u64, AckId>,
}

struct History {
    random: SmallRng,
    bench: Bench,
    subs: Vec<Sub>,
    streams: BTreeMap<ConsumerId, Stream>,
    ids: Vec<(usize, AckId)>,
    next: BTreeMap<(&'static str, u32), u64>,
}

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
            history.check_books();
        }
        history.check_messages();
    }
}

fn settings(index: usize) -> SubscriptionSettings {
    SubscriptionSettings {
        ack_deadline: Span::from_secs(10),
        max_attempts: 3,
        key_order: if index == 1 {
            KeyOrder::Block
        } else {
            KeyOrder::Off
        },
        ..SubscriptionSettings::default()
    }
}

impl History {
    fn new(seed: u64) -> Self {
        let mut bench = Bench::new();
        for (topic, retention) in [("a", Span::ZERO), ("b", Span::from_secs(60))] {
            let settings = TopicSettings {
                partitions: PARTITIONS,
                retention,
                retention_bytes: 2_000,
            };
            bench.topic(topic, settings);
        }
        let mut subs = Vec::new();
        for (index, (text, topic)) in SUBSCRIPTIONS.into_iter().enumerate() {
            let settings = settings(index);
            bench.subscription(text, topic, settings);
            subs.push(Sub {
                max_attempts: settings.max_attempts,
                in_key_order: settings.key_order != KeyOrder::Off,
                ack_deadline: settings.ack_deadline.0,
                ..Sub::default()
            });
        }
        Self {
            random: SmallRng::seed_from_u64(seed),
            bench,
            subs,
            streams: BTreeMap::new(),
            ids: Vec::new(),
            next: BTreeMap::new(),
        }
    }

    fn step(&mut self) {
        match self.random.random_range(0..100) {
            0..20 => self.publish(),
            20..27 => self.attach(),
            27..30 => self.detach(),
            30..52 => self.ack(),
            52..62 => self.nack(),
            62..66 => self.pull(),
            66..72 => self.acknowledge(),
            72..84 => self.pass(),
            84..88 => self.requeue(),
            88..91 => self.purge(),
            91..96 => {
                let before = Position(
                    self.random
                        .random_range(0..=self.bench.core.next_position().0),
                );
                self.bench.core.restate(before, 2_000);
            }
            _ => self.restart(),
        }
        self.bench.dispatch();
        self.take_grants();
    }

    fn publish(&mut self) {
        let topic = ["a", "b"][self.random.random_range(0..2)];
        let partition = self.random.random_range(0..PARTITIONS);
        let count = self.random.random_range(1..30);
        let keys: Vec<u64> = (0..count).map(|_| self.random.random_range(0..4)).collect();
        let size = self.random.random_range(0..40);
        self.bench
            .publish(topic, partition, body(count, size, &keys));
        let next = self.next.entry((topic, partition)).or_default();
        for key in keys {
            for (sub, (_, of)) in self.subs.iter_mut().zip(SUBSCRIPTIONS) {
                if of == topic {
                    let message = Message {
                        is: Is::Pending,
                        failed: 0,
                        key,
                    };
                    sub.messages.insert((partition, *next), message);
                }
            }
            *next += 1;
        }
    }

    fn attach(&mut self) {
        let subscription = self.random.random_range(0..SUBSCRIPTIONS.len());
        let messages = self.random.random_range(1..40);
        let bytes = self.random.random_range(1..1_000);
        let consumer = self
            .bench
            .attach(SUBSCRIPTIONS[subscription].0, messages, bytes);
        let stream = Stream {
            subscription,
            ..Stream::default()
        };
        self.streams.insert(consumer, stream);
    }

    fn stream(&mut self) -> Option<ConsumerId> {
        let index = self.random.random_range(0..self.streams.len().max(1));
        self.streams.keys().nth(index).copied()
    }

    fn detach(&mut self) {
        let Some(id) = self.stream() else { return };
        let is_lost = self.random.random_bool(0.5);
        let departure = if is_lost {
            Departure::Lost
        } else {
            Departure::Clean
        };
        self.bench.core.detach(id, departure, self.bench.now);
        let subscription = self.streams.remove(&id).unwrap().subscription;
        let class = is_lost.then_some("consumer_lost");
        self.subs[subscription].end_leases(|lease| lease.consumer == Some(id), class);
    }

    /// A range of a stream's sequences, those in it still leased, and those that are not.
    fn sequences(&mut self) -> Option<(ConsumerId, SequenceRange, Vec<AckId>, u64)> {
        let id = self.stream()?;
        let first = self.random.random_range(1..60);
        let last = first + self.random.random_range(0..30);
        let stream = &self.streams[&id];
        let sub = &self.subs[stream.subscription];
        let found = stream.sequences.range(first..=last).map(|(_, id)| *id);
        let held: Vec<AckId> = found.filter(|id| sub.holds(id)).collect();
        let stale = last - first + 1 - held.len() as u64;
        Some((id, SequenceRange { first, last }, held, stale))
    }

    fn ack(&mut self) {
        let Some((id, range, held, stale)) = self.sequences() else {
            return;
        };
        let got = self.bench.core.stream_ack(id, &[range], self.bench.now);
        assert_eq!(total(&got), stale);
        let sub = &mut self.subs[self.streams[&id].subscription];
        for id in held {
            sub.set(id.partition.0, id.offset, Is::Acked);
        }
    }

    fn nack(&mut self) {
        let Some((id, range, held, stale)) = self.sequences() else {
            return;
        };
        let class = ["x", "y"][self.random.random_range(0..2)];
        let action = [
            NackAction::Retry(None),
            NackAction::Retry(Some(Span::from_millis(500))),
            NackAction::Dead,
            NackAction::Release,
        ][self.random.random_range(0..4)];
        let nack = Nack {
            action,
            reason: "no".to_owned(),
            class: class.to_owned(),
        };
        let got = self
            .bench
            .core
            .stream_nack(id, range, &nack, self.bench.now);
        assert_eq!(total(&got), stale);
        let sub = &mut self.subs[self.streams[&id].subscription];
        for id in held {
            match action {
                NackAction::Release => sub.set(id.partition.0, id.offset, Is::Pending),
                _ => sub.fail(
                    id.partition.0,
                    id.offset,
                    (action == NackAction::Dead, class),
                ),
            }
        }
    }

    fn pull(&mut self) {
        let subscription = self.random.random_range(0..SUBSCRIPTIONS.len());
        let pull = Pull {
            subscription: &name(SUBSCRIPTIONS[subscription].0),
            name: "puller".to_owned(),
            peer: String::new(),
            max_messages: self.random.random_range(1..20),
            max_bytes: self.random.random_range(1..500),
        };
        let pulled = self.bench.core.pull(pull, self.bench.now).unwrap();
        if !pulled.is_granted {
            self.bench.core.cancel_pull(pulled.consumer);
        }
    }

    /// Acks by id, of leases new and old.
    fn acknowledge(&mut self) {
        for _ in 0..self.random.random_range(1..6) {
            if self.ids.is_empty() {
                return;
            }
            let index = self.random.random_range(0..self.ids.len());
            let (subscription, id) = self.ids[index];
            let sub = &mut self.subs[subscription];
            let is_held = sub.holds(&id);
            let result = self.bench.core.acknowledge(&[id], self.bench.now).remove(0);
            let message = sub.messages[&(id.partition.0, id.offset.0)];
            let is_old = id.incarnation < self.bench.core.incarnation();
            let may_finish = is_old && message.is == Is::Pending && message.failed < id.attempt;
            if is_held {
                assert_eq!(result, Ok(()), "{id:?}");
            } else if !may_finish {
                assert!(result.is_err(), "{id:?} {message:?}");
            }
            if result.is_ok() {
                sub.set(id.partition.0, id.offset, Is::Acked);
            }
        }
    }

    fn pass(&mut self) {
        let span = Span::from_millis(self.random.random_range(1..6_000));
        self.bench.advance(span);
        self.bench.core.tick(self.bench.now);
        let now = self.bench.now.mono;
        for sub in &mut self.subs {
            sub.end_leases(|lease| lease.deadline <= now, Some("lease_expired"));
        }
    }

    fn requeue(&mut self) {
        let subscription = self.random.random_range(0..SUBSCRIPTIONS.len());
        let class = ["x", "y", "lease_expired"][self.random.random_range(0..3)];
        let is_all = self.random.random_bool(0.5);
        let selection = Selection {
            all: is_all,
            error_class: (!is_all).then(|| class.to_owned()),
            ..Selection::default()
        };
        let text = name(SUBSCRIPTIONS[subscription].0);
        let (core, now) = (&mut self.bench.core, self.bench.now);
        let dry = core.requeue(&text, &selection, DryRun::Yes, now).unwrap();
        let wet = core.requeue(&text, &selection, DryRun::No, now).unwrap();
        assert_eq!((dry.affected, dry.selected), (wet.affected, wet.selected));
        let mut affected = 0;
        for message in self.subs[subscription].messages.values_mut() {
            if let Is::Dead { class: of } = message.is
                && (is_all || of == class)
            {
                (message.is, message.failed) = (Is::Pending, 0);
                affected += 1;
            }
        }
        assert_eq!(wet.affected, affected);
    }

    fn purge(&mut self) {
        let subscription = self.random.random_range(0..SUBSCRIPTIONS.len());
        let is_dead = self.random.random_bool(0.5);
        let keep = self.random.random_range(0..5);
        let selection = Selection {
            keep_newest: Some(keep),
            ..Selection::default()
        };
        let text = name(SUBSCRIPTIONS[subscription].0);
        let purge = Purge {
            subscription: &text,
            selection: &selection,
            scope: if is_dead {
                PurgeScope::Dead
            } else {
                PurgeScope::Backlog
            },
        };
        let (core, now) = (&mut self.bench.core, self.bench.now);
        let dry = core.purge(purge, DryRun::Yes, now).unwrap();
        let wet = core.purge(purge, DryRun::No, now).unwrap();
        assert_eq!((dry.affected, dry.skipped), (wet.affected, wet.skipped));
        let in_scope = |is: Is| match is {
            Is::Dead { .. } => is_dead,
            Is::Pending | Is::Leased(_) => !is_dead,
            Is::Acked | Is::Dropped => false,
        };
        let mut affected = 0;
        for partition in 0..PARTITIONS {
            let sub = &mut self.subs[subscription];
            let here = sub.messages.range_mut((partition, 0)..(partition + 1, 0));
            let found = here.filter(|(_, message)| in_scope(message.is));
            let kept = usize::try_from(keep).unwrap();
            for (_, message) in found.rev().skip(kept) {
                if !matches!(message.is, Is::Leased(_)) {
                    message.is = Is::Dropped;
                    affected += 1;
                }
            }
        }
        assert_eq!(wet.affected, affected);
    }

    fn restart(&mut self) {
        // What waited is awake on both sides.
        self.bench.core.tick(self.bench.now);
        let now = self.bench.now.mono;
        for sub in &mut self.subs {
            sub.end_leases(|lease| lease.deadline <= now, Some("lease_expired"));
        }
        self.bench.drain();
        let seen = self.look();
        let live = self
            .bench
            .core
            .live_positions(Position(0)..=Position(u64::MAX));
        for from in [From::Everything, From::Floor, From::Checkpoint] {
            let report = self.bench.restart(from);
            assert_eq!(report.notes, [""; 0]);
            assert_eq!(self.look(), seen, "{from:?}");
            let kept: Vec<Position> = self.bench.kept.keys().copied().collect();
            assert_eq!(kept, live, "{from:?}");
        }
        self.streams.clear();
        for sub in &mut self.subs {
            sub.restarted(now);
        }
    }

    /// All that can be seen of messages and topics, leases without their deadlines.
    fn look(&self) -> Vec<String> {
        let mut seen = Vec::new();
        for topic in self.bench.core.topics(None, usize::MAX) {
            seen.push(format!("{:?}", self.bench.core.topic_counts(topic.id)));
        }
        for (text, _) in SUBSCRIPTIONS {
            let view = self.bench.core.subscription(&name(text)).unwrap();
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
            let id = self.bench.core.subscription_ids(None, usize::MAX);
            let subscription = id.iter().position(|id| *id == grant.subscription).unwrap();
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
        let ids = self.bench.core.subscription_ids(None, usize::MAX);
        for (id, sub) in ids.into_iter().zip(&self.subs) {
            let found = self
                .bench
                .core
                .subscription_counts(id, self.bench.now)
                .unwrap();
            assert_eq!(found.conservation_error, 0, "{}", found.name);
            let counts = found.counts;
            let books = Books {
                pending: counts.ready + counts.waiting,
                leased: counts.leased,
                dead: counts.dead,
                acked: counts.acked,
                dropped: counts.dropped_sum(),
            };
            assert_eq!(books, sub.books(), "{}", found.name);
            for consumer in &found.consumers {
                assert!(consumer.leased <= consumer.max_outstanding_messages);
            }
        }
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
                    offset: crate::model::Offset(offset),
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

fn total(ranges: &[SequenceRange]) -> u64 {
    ranges
        .iter()
        .map(|range| range.last - range.first + 1)
        .sum()
}
