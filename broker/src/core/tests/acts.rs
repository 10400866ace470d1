//! What random histories do, to the core and to the model at once: each act compares what the two answer.

use std::collections::BTreeMap;

use rand::Rng;
use rand::rngs::SmallRng;

use super::bench::{Bench, name};
use super::model::{Is, Message, Sub};
use super::planning::Begun;
use super::publishing::end_of;
use crate::core::{
    AckId, Departure, DryRun, Nack, NackAction, Pull, Purge, PurgeScope, Seek, Selection,
    SequenceRange, Start,
};
use crate::model::entry::{Deed, Marks};
use crate::model::{ConsumerId, Offset, Partition, Refusal, Span, SubscriptionId, Time};

pub(super) const SUBSCRIPTIONS: [(&str, &str); 4] =
    [("a1", "a"), ("a2", "a"), ("b1", "b"), ("b2", "b")];
pub(super) const PARTITIONS: u32 = 2;
/// Topic `b` holds no more messages, and drops the oldest; what its subscriptions may have is more.
pub(super) const MOST_OF_B: u64 = 50;
/// The subscription with a filter; the kind of a message is as long as its key is large.
pub(super) const FILTERED: usize = 3;
pub(super) const FILTER: &str = "NOT attributes.kind = \"x\" AND -attributes.kind = \"xxx\"";

/// Whether the filter of a subscription leaves messages of a key out.
pub(super) fn is_left_out(subscription: usize, key: u64) -> bool {
    subscription == FILTERED && (key == 1 || key == 3)
}

/// A stream as its client knows it: its subscription, and what each sequence stands for.
#[derive(Debug, Default)]
pub(super) struct Stream {
    pub(super) subscription: usize,
    pub(super) sequences: BTreeMap<u64, AckId>,
}

pub(super) struct History {
    pub(super) random: SmallRng,
    pub(super) bench: Bench,
    pub(super) subs: Vec<Sub>,
    pub(super) streams: BTreeMap<ConsumerId, Stream>,
    pub(super) ids: Vec<(usize, AckId)>,
    pub(super) next: BTreeMap<(&'static str, u32), u64>,
    /// When and where each id was stored last.
    pub(super) known: BTreeMap<(&'static str, u128), (Time, u32, u64)>,
    pub(super) published: BTreeMap<(&'static str, u32, u64), (Marks, Time)>,
    pub(super) operations: Vec<Begun>,
    /// What the core calls the subscriptions.
    pub(super) numbers: Vec<SubscriptionId>,
}

impl History {
    /// One of those that are there.
    pub(super) fn some_subscription(&mut self) -> usize {
        let all = 0..SUBSCRIPTIONS.len();
        let there: Vec<usize> = all.filter(|&at| self.subs[at].gone.is_none()).collect();
        there[self.random.random_range(0..there.len())]
    }

    /// What is published of these messages again belongs to the subscription, finished unless it knows better.
    pub(super) fn reach_back(&mut self, index: usize, partition: u32, range: std::ops::Range<u64>) {
        let topic = SUBSCRIPTIONS[index].1;
        // Other offsets were skipped after a stop that was not clean.
        let here = (topic, partition, range.start)..(topic, partition, range.end);
        for (&(_, _, offset), &(marks, time)) in self.published.range(here) {
            let message = Message {
                is: Is::Acked,
                failed: 0,
                key: marks.key,
                time,
                due: marks.due,
                end: end_of(topic, time, marks),
            };
            let messages = &mut self.subs[index].messages;
            messages.entry((partition, offset)).or_insert(message);
        }
    }

    pub(super) fn attach(&mut self) {
        let subscription = self.some_subscription();
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

    pub(super) fn detach(&mut self) {
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

    /// To anywhere that is stored, or with what comes next.
    pub(super) fn seek(&mut self) {
        let index = self.some_subscription();
        let (text, topic) = SUBSCRIPTIONS[index];
        let partition = self.random.random_range(0..PARTITIONS);
        let next = self.next.get(&(topic, partition)).copied().unwrap_or(0);
        let low = self.bench.core.low(&name(topic), Partition(partition)).0;
        let target = self.random.random_range(low..=next);
        let to = Start::Offsets(vec![(Partition(partition), Offset(target))]);
        let seek = Seek {
            subscription: &name(text),
            target: &to,
        };
        let (core, now) = (&mut self.bench.core, self.bench.now);
        let planned = core.seek(seek, DryRun::Yes, now);
        if index == FILTERED && matches!(planned, Err(Refusal::ValueOutOfRange { .. })) {
            // Back to where messages were delayed.
            return;
        }
        let planned = planned.unwrap();
        let done = core.seek(seek, DryRun::No, now).unwrap();
        assert_eq!(planned, done);
        // What lay before the start and is stored belongs to the subscription again.
        self.reach_back(index, partition, target..next);
        let sub = &mut self.subs[index];
        let expected = sub.seek(partition, (target, next), now.wall);
        assert_eq!(
            (done.skipped, done.restored),
            expected,
            "{text} {partition}:{target}"
        );
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

    pub(super) fn ack(&mut self) {
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

    pub(super) fn nack(&mut self) {
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

    pub(super) fn pull(&mut self) {
        let subscription = self.some_subscription();
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
    pub(super) fn acknowledge(&mut self) {
        for _ in 0..self.random.random_range(1..6) {
            if self.ids.is_empty() {
                return;
            }
            let index = self.random.random_range(0..self.ids.len());
            let (subscription, id) = self.ids[index];
            let sub = &mut self.subs[subscription];
            let is_held = sub.holds(&id);
            let result = self.bench.core.acknowledge(&[id], self.bench.now).remove(0);
            // A seek back may have left it before the start.
            let message = sub.messages.get(&(id.partition.0, id.offset.0));
            let is_old = id.incarnation < self.bench.core.incarnation();
            let may_finish = message.is_some_and(|message| {
                let is_free = matches!(message.is, Is::Pending | Is::Scheduled(_));
                let is_open = is_free && message.failed < id.attempt;
                is_old && is_open && sub.epoch(id.partition.0) == id.epoch.0
            });
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

    pub(super) fn pass(&mut self) {
        let span = Span::from_millis(self.random.random_range(1..6_000));
        self.bench.advance(span);
        self.tick();
    }

    /// What is due is ready, leases expire; when it is time to look at backlogs, what is too many goes.
    pub(super) fn tick(&mut self) {
        let now = self.bench.now;
        let looks = self.bench.core.retention_due <= now.mono;
        self.bench.core.tick(now);
        for sub in &mut self.subs {
            sub.come_due(now.wall);
            sub.end_leases(|lease| lease.deadline <= now.mono, Some("lease_expired"));
            sub.end_lives(now.wall);
        }
        self.note_deaths();
        self.follow_operations();
        for sub in &mut self.subs {
            sub.end_lives(now.wall);
            if looks {
                sub.shed();
            }
        }
    }

    pub(super) fn requeue(&mut self) {
        let subscription = self.some_subscription();
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
        let mut changed = Vec::new();
        let sub = &mut self.subs[subscription];
        let dead = sub.messages.iter().filter(|(_, message)| match message.is {
            Is::Dead { class: of, .. } => is_all || of == class,
            _ => false,
        });
        for place in dead.map(|(&place, _)| place).collect::<Vec<_>>() {
            let is = sub.anew(place);
            let message = sub.messages.get_mut(&place).unwrap();
            changed.push((place, *message));
            (message.is, message.failed) = (is, 0);
        }
        assert_eq!(wet.affected, changed.len() as u64);
        let id = wet.operation.unwrap();
        self.note_done((id, Deed::Requeue), subscription, changed);
    }

    /// The key order of the second holds a key behind its dead ones.
    pub(super) fn release_key(&mut self) {
        let key = self.random.random_range(1..4);
        if self.subs[1].gone.is_some() {
            return;
        }
        let (core, now) = (&mut self.bench.core, self.bench.now);
        let text = name(SUBSCRIPTIONS[1].0);
        let planned = core.release_key(&text, key, DryRun::Yes, now).unwrap();
        let passed = core.release_key(&text, key, DryRun::No, now).unwrap();
        assert_eq!(planned, passed);
        let mut expected = 0;
        for message in self.subs[1].messages.values_mut() {
            if let Is::Dead { is_passed, .. } = &mut message.is
                && message.key == key
                && !*is_passed
            {
                *is_passed = true;
                expected += 1;
            }
        }
        assert_eq!(passed, expected);
    }

    pub(super) fn purge(&mut self) {
        let subscription = self.some_subscription();
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
            Is::Scheduled(_) | Is::Pending | Is::Unjudged | Is::Leased(_) => !is_dead,
            Is::Acked | Is::Dropped => false,
        };
        let mut changed = Vec::new();
        for partition in 0..PARTITIONS {
            let sub = &mut self.subs[subscription];
            let here = sub.messages.range_mut((partition, 0)..(partition + 1, 0));
            let found = here.filter(|(_, message)| in_scope(message.is));
            let kept = usize::try_from(keep).unwrap();
            for (&place, message) in found.rev().skip(kept) {
                if !matches!(message.is, Is::Leased(_)) {
                    changed.push((place, *message));
                    message.is = Is::Dropped;
                }
            }
        }
        assert_eq!(wet.affected, changed.len() as u64);
        let deed = if is_dead { Deed::Discard } else { Deed::Purge };
        changed.sort_by_key(|(place, _)| *place);
        let id = wet.operation.unwrap();
        self.note_done((id, deed), subscription, changed);
    }
}

fn total(ranges: &[SequenceRange]) -> u64 {
    ranges
        .iter()
        .map(|range| range.last - range.first + 1)
        .sum()
}
