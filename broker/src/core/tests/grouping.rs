//! Groups of dead messages against a naive book of who died of what, over requeues, purges and restarts.

use std::collections::{BTreeMap, BTreeSet};

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

use super::bench::{Bench, From, body, name};
use crate::core::{DryRun, Nack, NackAction, Purge, PurgeScope, Selection, SequenceRange};
use crate::delivery::DeadRun;
use crate::insight::dead_groups::{Ask, Death, Gathered, gather};
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{ConsumerId, Fingerprint, Partition, Span, Time};

const PARTITIONS: u32 = 2;
/// Sizes of messages differ, so that bytes tell which ones are counted.
const SIZES: u64 = 7;

/// Who is dead: of what, since when; and who was requeued.
#[derive(Default)]
struct Book {
    dead: BTreeMap<(u32, u64), (Fingerprint, Time)>,
    requeued: BTreeSet<(u32, u64)>,
}

fn size_of(offset: u64) -> usize {
    usize::try_from(offset % SIZES + 1).unwrap()
}

struct World {
    bench: Bench,
    book: Book,
    consumer: ConsumerId,
    random: SmallRng,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut bench = Bench::new();
        let settings = TopicSettings {
            partitions: PARTITIONS,
            ..TopicSettings::default()
        };
        bench.topic("orders", settings);
        bench.subscription("billing", "orders", SubscriptionSettings::default());
        let consumer = bench.attach("billing", 100_000, 1 << 30);
        Self {
            bench,
            book: Book::default(),
            consumer,
            random: SmallRng::seed_from_u64(seed),
        }
    }

    fn publish(&mut self) {
        for partition in 0..PARTITIONS {
            for _ in 0..self.random.random_range(1..40) {
                let next = self.counts_of(partition);
                self.bench
                    .publish("orders", partition, body(1, size_of(next), &[]));
            }
        }
    }

    fn counts_of(&self, partition: u32) -> u64 {
        let id = self.bench.core.topic(&name("orders")).unwrap().id;
        let parts = self.bench.core.topic_partitions(id);
        parts[partition as usize].next.0
    }

    /// Hands out all there is and gives some of it back as failed for good.
    fn kill(&mut self) {
        loop {
            self.bench.dispatch();
            let grants = std::mem::take(&mut self.bench.grants);
            if grants.is_empty() {
                return;
            }
            for grant in grants {
                let runs = grant.runs.iter();
                let all = runs.flat_map(|run| (run.first_sequence..).zip(run.range.offsets()));
                for (sequence, offset) in all {
                    self.settle(sequence, (grant.partition.0, offset.0));
                }
            }
            self.bench.drain();
        }
    }

    fn settle(&mut self, sequence: u64, place: (u32, u64)) {
        let range = SequenceRange {
            first: sequence,
            last: sequence,
        };
        let number = self.random.random_range(0..1_000_000);
        let now = self.bench.now;
        let (class, reason) = match self.random.random_range(0..5) {
            0 => ("Timeout", format!("no answer within {number} ms")),
            1 => ("Timeout", format!("no answer from x{number}.example.com")),
            2 => ("", format!("bad order {number}")),
            3 => ("Refused", String::new()),
            _ => {
                self.bench.core.stream_ack(self.consumer, &[range], now);
                return;
            }
        };
        let fingerprint = Fingerprint::of(class, &reason);
        let nack = Nack {
            action: NackAction::Dead,
            reason,
            class: class.to_owned(),
        };
        let stale = self
            .bench
            .core
            .stream_nack(self.consumer, range, &nack, now);
        assert_eq!(stale, []);
        self.book.dead.insert(place, (fingerprint, now.wall));
    }

    /// Acts on one group, or on two or three at once, by their fingerprints.
    fn act(&mut self) {
        let dead: Vec<_> = self.book.dead.values().map(|(of, _)| *of).collect();
        if dead.is_empty() {
            return;
        }
        let count = self.random.random_range(1..=3);
        let chosen = (0..count).map(|_| dead[self.random.random_range(0..dead.len())]);
        let fingerprints: BTreeSet<Fingerprint> = chosen.collect();
        let selection = Selection {
            fingerprints: fingerprints.clone(),
            ..Selection::default()
        };
        let gone = self
            .book
            .dead
            .iter()
            .filter(|(_, (of, _))| fingerprints.contains(of));
        let gone: Vec<(u32, u64)> = gone.map(|(place, _)| *place).collect();
        let (billing, now) = (name("billing"), self.bench.now);
        let affected = if self.random.random() {
            self.book.requeued.extend(gone.iter().copied());
            let done = self
                .bench
                .core
                .requeue(&billing, &selection, DryRun::No, now);
            done.unwrap().affected
        } else {
            let purge = Purge {
                subscription: &billing,
                selection: &selection,
                scope: PurgeScope::Dead,
            };
            self.bench
                .core
                .purge(purge, DryRun::No, now)
                .unwrap()
                .affected
        };
        self.bench.drain();
        assert_eq!(affected, gone.len() as u64);
        self.book.dead.retain(|place, _| !gone.contains(place));
    }

    fn restart(&mut self) {
        let all = [From::Everything, From::Floor, From::Checkpoint];
        self.bench.restart(all[self.random.random_range(0..3)]);
        self.consumer = self.bench.attach("billing", 100_000, 1 << 30);
    }

    fn check(&self) {
        let now = self.bench.now;
        let dead = self
            .bench
            .core
            .dead_messages(&name("billing"), None, now)
            .unwrap();
        let ask = Ask {
            now: now.wall,
            limit: 100,
            samples: 2,
        };
        let runs = || {
            dead.parts
                .iter()
                .flat_map(|(at, dead)| dead.runs().map(|run| (*at, run)))
        };
        let gathered = gather(|| runs().map(|(at, run)| death(at, run)), &ask);
        assert_eq!(told(&gathered), self.expected());
    }

    /// Of each group: messages, bytes, requeued before, first, last.
    fn expected(&self) -> BTreeMap<Fingerprint, [u64; 5]> {
        let mut groups = BTreeMap::new();
        for (&place, &(of, at)) in &self.book.dead {
            let [count, bytes, again, first, last] =
                groups.entry(of).or_insert([0, 0, 0, u64::MAX, 0]);
            *count += 1;
            *bytes += size_of(place.1) as u64;
            *again += u64::from(self.book.requeued.contains(&place));
            *first = at.0.min(*first);
            *last = at.0.max(*last);
        }
        groups
    }
}

fn death(partition: Partition, run: DeadRun) -> Death {
    Death {
        partition,
        range: run.range,
        fingerprint: run.record.fingerprint.expect("a death has a fingerprint"),
        time: run.record.last_failure,
        bytes: run.bytes,
        requeued_before: run.requeued_before,
        text: run.record.text,
    }
}

fn told(gathered: &Gathered) -> BTreeMap<Fingerprint, [u64; 5]> {
    let groups = gathered.largest.iter().map(|group| {
        let numbers = [
            group.count,
            group.bytes,
            group.requeued_before,
            group.first.0,
            group.last.0,
        ];
        (group.fingerprint, numbers)
    });
    groups.collect()
}

#[test]
fn groups_are_what_the_book_of_deaths_says_over_requeues_purges_and_restarts() {
    for seed in 0..30 {
        println!("seed {seed}");
        let mut world = World::new(seed);
        for _ in 0..25 {
            match world.random.random_range(0..6) {
                0 | 1 => world.publish(),
                2 | 3 => world.kill(),
                4 => world.act(),
                _ => world.restart(),
            }
            world.bench.advance(Span::from_secs(1));
            world.bench.core.tick(world.bench.now);
            world.bench.drain();
            world.check();
        }
    }
}
