//! What random histories publish: with keys and ids, for later, for a while.

use rand::Rng;

use super::acts::{History, PARTITIONS, SUBSCRIPTIONS, is_left_out};
use super::bench::{kinds_by_key, name};
use super::model::{Is, Message};
use crate::core::Publication;
use crate::core::limits::DEDUP_WINDOW;
use crate::model::entry::Marks;
use crate::model::{Partition, Span, Time};

/// When a message has lived long enough.
pub(super) fn end_of(topic: &str, published: Time, marks: Marks) -> Option<Time> {
    let life = Some(marks.life).filter(|life| *life != Span::ZERO);
    let life = life.or_else(|| time_to_live(topic));
    life.map(|life| published.plus(life))
}

/// How long messages of a topic live that say nothing.
pub(super) fn time_to_live(topic: &str) -> Option<Span> {
    (topic == "b").then_some(Span::from_secs(60))
}

impl History {
    pub(super) fn publish(&mut self) {
        let topic = ["a", "b"][self.random.random_range(0..2)];
        let partition = self.random.random_range(0..PARTITIONS);
        let count = self.random.random_range(1..30);
        let is_timed = self.random.random_bool(0.3);
        let marks: Vec<Marks> = (0..count).map(|_| self.some_marks(is_timed)).collect();
        let marks = self.publish_new(topic, partition, &marks);
        self.stored(topic, partition, &marks, None);
    }

    /// Messages were stored in a partition: each is for all subscriptions of the topic, or for one alone.
    pub(super) fn stored(
        &mut self,
        topic: &'static str,
        partition: u32,
        marks: &[Marks],
        only: Option<usize>,
    ) {
        let now = self.bench.now.wall;
        let next = self.next.entry((topic, partition)).or_default();
        for &marks in marks {
            let place = (topic, partition, *next);
            self.published.insert(place, (marks, now));
            for (index, (_, of)) in SUBSCRIPTIONS.into_iter().enumerate() {
                if of == topic {
                    let mut message = Message {
                        is: Is::Pending,
                        failed: 0,
                        key: marks.key,
                        time: now,
                        due: marks.due,
                        end: end_of(topic, now, marks),
                    };
                    let is_out = match only {
                        Some(only) => only != index,
                        // Who is away is asked on the return.
                        None => self.subs[index].gone.is_none() && is_left_out(index, marks.key),
                    };
                    message.is = if is_out {
                        Is::Dropped
                    } else {
                        message.unmet(now)
                    };
                    let messages = &mut self.subs[index].messages;
                    messages.insert((partition, *next), message);
                }
            }
            *next += 1;
        }
        for (sub, (_, of)) in self.subs.iter_mut().zip(SUBSCRIPTIONS) {
            if of == topic {
                sub.shed();
            }
        }
    }

    /// Publishes; gives what of it is new. The rest is where the model has its id.
    fn publish_new(&mut self, topic: &'static str, partition: u32, marks: &[Marks]) -> Vec<Marks> {
        let now = self.bench.now.wall;
        let mut next = self.next.get(&(topic, partition)).copied().unwrap_or(0);
        let (mut new, mut expected) = (Vec::new(), Vec::new());
        for &marks in marks {
            let known = self.known.get(&(topic, marks.dedup)).copied();
            let known =
                known.filter(|(time, ..)| marks.dedup != 0 && now < time.plus(DEDUP_WINDOW));
            if let Some((_, partition, offset)) = known {
                expected.push((partition, offset));
                continue;
            }
            self.known
                .insert((topic, marks.dedup), (now, partition, next));
            expected.push((partition, next));
            new.push(marks);
            next += 1;
        }
        let route = self.bench.core.route(&name(topic)).unwrap();
        let mut body = kinds_by_key(marks);
        if self.random.random() {
            // As the API does it; otherwise it went through filters of another time.
            body.sieved = route.filters.sieve(body.columns.messages(&body.bytes));
        }
        let publication = Publication::to(route.topic, vec![(Partition(partition), body)]);
        let receipt = self.bench.core.publish(publication, self.bench.now);
        self.bench.drain();
        let runs = receipt.unwrap().runs;
        let places = runs.iter().flat_map(|run| {
            (0..u64::from(run.count)).map(|index| (run.partition.0, run.base.0 + index))
        });
        assert_eq!(places.collect::<Vec<_>>(), expected);
        new
    }

    /// What a message says.
    fn some_marks(&mut self, is_timed: bool) -> Marks {
        let delay = Span::from_millis(self.random.random_range(0..12) * 500);
        let is_later = is_timed && self.random.random_bool(0.5);
        let has_id = self.random.random_bool(0.05);
        let is_short = self.random.random_bool(0.1);
        Marks {
            life: if is_short {
                Span(delay.0 + 500_000)
            } else {
                Span::ZERO
            },
            key: self.random.random_range(0..4),
            dedup: if has_id {
                self.random.random_range(1..40)
            } else {
                0
            },
            due: if is_later {
                self.bench.now.wall.plus(delay)
            } else {
                Time(0)
            },
        }
    }
}
