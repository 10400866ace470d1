//! Random histories: whatever happens in whatever order, with crashes, the machine is the model.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::model::{Message, Status};
use super::world::{ALL, Durable, World, rules};
use crate::delivery::{Chosen, Retry, Room, Rules};
use crate::model::entry::{DropCause, Grant};
use crate::model::settings::KeyOrder;
use crate::model::{ConsumerId, Incarnation, Offset, OffsetRange, Span, Time};

const EVENTS: u64 = 1_000_000;
const FULL_EVENTS: u64 = 20_000_000;
const EVENTS_A_HISTORY: u64 = 1_000;

fn seed() -> u64 {
    let given = std::env::var("WEIR_SEED").ok();
    let given = given.and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| SmallRng::from_os_rng().random())
}

fn is_full() -> bool {
    std::env::var("WEIR_TESTS").is_ok_and(|figures| figures == "full")
}

#[test]
fn random_histories_agree_with_the_model() {
    let seed = seed();
    let histories = if is_full() { FULL_EVENTS } else { EVENTS } / EVENTS_A_HISTORY;
    for number in 0..histories {
        let seed = seed.wrapping_add(number);
        // The one line that tells how to see a failure again.
        println!("WEIR_SEED={seed}");
        History::new(seed).run(EVENTS_A_HISTORY);
    }
}

struct History {
    world: World,
    random: SmallRng,
    durable: Durable,
    keys: u64,
}

impl History {
    fn new(seed: u64) -> Self {
        let mut random = SmallRng::seed_from_u64(seed);
        let order = [KeyOrder::Off, KeyOrder::Block, KeyOrder::Skip][random.random_range(0..3)];
        let rules = Rules {
            parked_messages: [10, 1_000_000][random.random_range(0..2)],
            parked_keys: [2, 1_000_000][random.random_range(0..2)],
            ..rules(order)
        };
        let start = [0, 64, 100, 200][random.random_range(0..4)];
        let page_size = [64, 128, 4_096][random.random_range(0..3)];
        let world = World::new(rules, start, page_size);
        let durable = world.durable();
        Self {
            world,
            keys: random.random_range(2..40),
            random,
            durable,
        }
    }

    fn run(mut self, events: u64) {
        for event in 0..events {
            self.step();
            self.audit();
            if event % 8 == 0 {
                self.world.check_books();
            }
            if event % 64 == 0 {
                self.world.check();
            }
        }
        self.world.check();
    }

    fn step(&mut self) {
        match self.random.random_range(0..100) {
            0..10 => self.publish(),
            10..32 => self.take(),
            32..55 => self.ack(),
            55..70 => self.nack(),
            70..75 => self.release(),
            75..78 => self.extend(),
            78..84 => self.advance(),
            84..86 => self.lose_consumer(),
            86..89 => self.requeue(),
            89..91 => self.purge(),
            91..92 => self.take_all(),
            92..95 => self.restate(),
            95..98 => self.durable = self.world.durable(),
            98 => self.finish_old(),
            _ => self.restart(),
        }
    }

    /// The second count goes on by a few pages; it never finds anything.
    fn audit(&mut self) {
        let pages = self.random.random_range(0..4);
        let world = &mut self.world;
        let audited = world.machine.audit(&world.log, pages);
        assert!(audited.pages <= pages);
        assert_eq!(world.machine.audit_error(), 0, "nothing is wrong");
    }

    fn publish(&mut self) {
        let count = self.random.random_range(1..30);
        let now = self.world.now.wall;
        let with_delay = self.random.random_range(0..3) == 0;
        let messages: Vec<(usize, u64, Time)> = (0..count)
            .map(|_| {
                let key = self.random.random_range(0..self.keys);
                let delay = Span::from_millis(self.random.random_range(0..8) * 500);
                let is_later = with_delay && self.random.random_range(0..2) == 0;
                let due = if is_later { now.plus(delay) } else { Time(0) };
                (self.random.random_range(0..20), key, due)
            })
            .collect();
        self.world.publish_due(&messages);
    }

    fn consumer(&mut self) -> ConsumerId {
        ConsumerId(self.random.random_range(1..5))
    }

    fn take(&mut self) {
        let consumer = self.consumer();
        let room = Room {
            messages: self.random.random_range(0..40),
            bytes: self.random.random_range(0..600),
            may_exceed: self.random.random_range(0..2) == 0,
        };
        self.world.take(consumer, room);
    }

    /// With room for all, nothing stays behind that may go, unless too much is parked.
    fn take_all(&mut self) {
        let consumer = self.consumer();
        self.world.take(consumer, ALL);
        let world = &self.world;
        assert!(!world.machine.has_ready(&world.log));
        if world.rules.parked_messages > 10 && world.rules.parked_keys > 2 {
            for at in world.model.start..world.model.messages.len() {
                assert!(
                    !world.model.may_go(at, world.rules.key_order),
                    "{at} was left behind"
                );
            }
        }
    }

    /// A part of a grant made at any time, mostly a late one; perhaps a wrong one.
    fn part_of_a_grant(&mut self) -> Option<(Incarnation, Grant)> {
        let count = self.world.grants.len();
        if count == 0 {
            return None;
        }
        let back = self.random.random_range(1..=count.min(12));
        let mut found = self.world.grants[count - back];
        if self.random.random_range(0..20) == 0 {
            found = self.world.grants[self.random.random_range(0..count)];
        }
        let range = &mut found.1.range;
        if self.random.random_range(0..2) == 0 {
            range.start.0 += self.random.random_range(0..range.count());
            range.end.0 -= self.random.random_range(0..range.count());
        }
        if self.random.random_range(0..20) == 0 {
            found.1.serial.0 += 1;
        }
        Some(found)
    }

    fn held(&mut self) -> Vec<OffsetRange> {
        let Some((incarnation, grant)) = self.part_of_a_grant() else {
            return Vec::new();
        };
        self.world.held(grant.range, incarnation, grant.serial)
    }

    fn ack(&mut self) {
        let held = self.held();
        if !held.is_empty() {
            self.world.ack(&held);
        }
    }

    fn nack(&mut self) {
        let held = self.held();
        let retry = match self.random.random_range(0..6) {
            0 => Retry::Dead,
            1 => Retry::After(Span::from_millis(self.random.random_range(0..500))),
            _ => Retry::Backoff,
        };
        if !held.is_empty() {
            self.world.nack(&held, retry);
        }
    }

    fn release(&mut self) {
        let held = self.held();
        if !held.is_empty() {
            self.world.release(&held);
        }
    }

    fn extend(&mut self) {
        let held = self.held();
        let span = Span::from_millis(self.random.random_range(0..3_000));
        self.world.extend(&held, self.world.now.mono.plus(span));
    }

    fn advance(&mut self) {
        let longest = [50, 1_500, 1_500, 40_000][self.random.random_range(0..4)];
        let span = Span::from_millis(self.random.random_range(0..longest));
        self.world.advance(span);
        let slice = [1, 7, 1_000_000][self.random.random_range(0..3)];
        self.world.come_due(slice);
        let limit = self.random.random_range(1..20);
        let now = self.world.now;
        for expired in self.world.machine.expired(now.mono, limit) {
            self.world
                .held(expired.range, expired.incarnation, expired.serial);
            self.world.nack(&[expired.range], Retry::Backoff);
        }
        let rules = self.world.rules;
        let dead = self.world.machine.expired_dead(&rules, now.wall, limit);
        let is_over = |message: &Message| match message.status {
            Status::Dead(since) => since.plus(rules.dead_retention) <= now.wall,
            _ => false,
        };
        let all = OffsetRange::between(Offset(0), self.world.log.next());
        let mut expected = self.world.model.chosen(all, is_over);
        expected.truncate(dead.len());
        assert!(dead.len() == expected.len() || dead.len() == limit);
        assert_eq!(
            dead.iter().map(|r| r.start).min(),
            expected.first().map(|r| r.start)
        );
        self.world.drop(DropCause::Expired, &dead);
        self.check_deadline();
    }

    /// Nothing is due before the deadline that the machine gives.
    fn check_deadline(&self) {
        let world = &self.world;
        let deadline = world.machine.next_deadline(&world.rules, world.now);
        for message in &world.model.messages[world.model.start.min(world.model.messages.len())..] {
            let until = match message.status {
                Status::Leased(held) => held.deadline,
                Status::Waiting(until) => world.now.mono.plus(until.since(world.now.wall)),
                _ => continue,
            };
            assert!(deadline.is_some_and(|deadline| deadline <= until));
        }
    }

    fn lose_consumer(&mut self) {
        let consumer = self.consumer();
        let leases = self.world.machine.leases_of(consumer);
        let all = OffsetRange::between(Offset(0), self.world.log.next());
        let expected = self.world.model.chosen(all, |message| {
            matches!(message.status, Status::Leased(held) if held.consumer == Some(consumer))
        });
        let mut ranges: Vec<OffsetRange> = leases.iter().map(|lease| lease.range).collect();
        self.world.nack(&ranges, Retry::Backoff);
        crate::model::range::normalise(&mut ranges);
        assert_eq!(ranges, expected);
    }

    fn some_range(&mut self) -> OffsetRange {
        let (floor, next) = (self.world.machine.floor().0, self.world.log.next().0);
        let start = self.random.random_range(floor..=next);
        OffsetRange::new(Offset(start), self.random.random_range(0..100))
    }

    fn requeue(&mut self) {
        let within = self.some_range();
        let world = &mut self.world;
        let dead = world.machine.unfinished(&world.log, within, Chosen::Dead);
        let is_dead = |message: &Message| matches!(message.status, Status::Dead(_));
        assert_eq!(dead, world.model.chosen(within, is_dead));
        world.requeue(&dead);
    }

    fn purge(&mut self) {
        let mut within = self.some_range();
        if self.random.random_range(0..8) == 0 {
            within = OffsetRange::new(Offset(0), 1 << 40);
        }
        let chosen = [Chosen::Backlog, Chosen::Dead, Chosen::Both][self.random.random_range(0..3)];
        let world = &mut self.world;
        let ranges = world.machine.unfinished(&world.log, within, chosen);
        let is_chosen = |message: &Message| match message.status {
            Status::Scheduled(_) | Status::Ready | Status::Waiting(_) => chosen != Chosen::Dead,
            Status::Dead(_) => chosen != Chosen::Backlog,
            _ => false,
        };
        assert_eq!(ranges, world.model.chosen(within, is_chosen));
        world.drop(DropCause::Purged, &ranges);
    }

    fn restate(&mut self) {
        let share = self.random.random_range(0..=100);
        let random = &mut self.random;
        self.world.restate(|| random.random_range(0..100) < share);
    }

    /// An ack from an earlier incarnation whose `Delivered` entry may be lost.
    fn finish_old(&mut self) {
        let Some((_, grant)) = self.part_of_a_grant() else {
            return;
        };
        let (offset, attempt) = (grant.range.start, grant.attempt);
        let world = &mut self.world;
        let finishable = world.machine.finishable_old(&world.log, offset, attempt);
        let message = world.model.messages.get(offset.0 as usize);
        let expected = message.is_some_and(|message| {
            let is_free = matches!(message.status, Status::Ready | Status::Scheduled(_));
            is_free && message.attempts < attempt
        });
        assert_eq!(finishable, expected);
        if finishable {
            world.ack(&[OffsetRange::one(offset)]);
        }
    }

    fn restart(&mut self) {
        let earlier = [0, 0, 7, 1_000_000][self.random.random_range(0..4)];
        if self.random.random_range(0..2) == 0 {
            self.durable = self.world.durable();
        }
        self.world.restart(self.durable.clone(), earlier);
        self.durable = self.world.durable();
        self.world.check();
    }
}
