//! A small subscription: messages come, consumers take them in hand and work them off, some fail. Each second becomes a
//! sample, which is judged.
//!
//! Ten steps make a second. A consumer works off what it holds in order, so many messages a second; with an order, the
//! messages of the hot key are handed out one after the other.

use std::collections::VecDeque;

use rand::SeedableRng as _;
use rand::rngs::SmallRng;

use super::parts::{Hand, Item, Sort, by_chance, whole};
use crate::insight::verdict::{
    Change, Crew, Diagnosis, HoldUp, Judge, Limits, Pace, Part, Signs, Stock, Verdict,
};
use crate::insight::{Drain, Meter, Ticks};
use crate::model::{MessageId, Mono, Now, Offset, Partition, Span, Time, TopicId};

/// Steps of a second.
const STEPS: u32 = 10;
/// Attempts after which a message is dead.
const MAX_ATTEMPTS: u32 = 5;
/// Seconds after which a failed message is ready again.
const BACKOFF: f64 = 2.0;
/// The partition of the hot key, of four.
pub(super) const HOT_PARTITION: Partition = Partition(2);

/// A subscription with its consumers.
pub(super) struct World {
    /// Messages that come in per second.
    pub(super) arrivals: f64,
    /// Whether they come by chance instead of evenly.
    pub(super) chance: Option<SmallRng>,
    /// The part of them with the hot key, which is kept in order.
    pub(super) hot: f64,
    /// The part of the attempts that fail.
    pub(super) failing: f64,
    pub(super) is_paused: bool,
    pub(super) sort: Sort,
    pub(super) limits: Limits,
    pub(super) hands: Vec<Hand>,
    /// The next message that comes fails for ever.
    pub(super) poison_next: bool,
    seconds: f64,
    next: u64,
    due: f64,
    hot_due: f64,
    fail_due: f64,
    ready: VecDeque<Item>,
    line: VecDeque<Item>,
    is_hot_out: bool,
    waiting: Vec<(f64, Item)>,
    dead_head: Option<Item>,
    newest: f64,
    allowed: f64,
    counted: [u64; 6],
    ticks: Ticks,
    meter: Meter<6>,
    judge: Judge,
    /// What becomes of the backlog, as of the last sample.
    pub(super) drain: Drain,
    /// Every change of what is shown.
    pub(super) changes: Vec<Change>,
}

impl World {
    /// One in which nothing was published yet.
    pub(super) fn new(arrivals: f64, hands: Vec<Hand>) -> Self {
        let ticks = Ticks::begin(Mono(0));
        Self {
            arrivals,
            chance: None,
            hot: 0.0,
            failing: 0.0,
            is_paused: false,
            sort: Sort::Connected,
            limits: Limits::default(),
            hands,
            poison_next: false,
            seconds: 0.0,
            next: 0,
            due: 0.0,
            hot_due: 0.0,
            fail_due: 0.0,
            ready: VecDeque::new(),
            line: VecDeque::new(),
            is_hot_out: false,
            waiting: Vec::new(),
            dead_head: None,
            newest: 0.0,
            allowed: 0.0,
            counted: [0; 6],
            meter: Meter::begin(Mono(0), [0; 6]),
            ticks,
            judge: Judge::default(),
            drain: Drain::Unknown,
            changes: Vec::new(),
        }
    }

    /// The same with arrivals by chance.
    pub(super) fn by_chance(mut self, seed: u64) -> Self {
        self.chance = Some(SmallRng::seed_from_u64(seed));
        self
    }

    /// Puts messages into the backlog at once.
    pub(super) fn pile(&mut self, count: u64) {
        for _ in 0..count {
            self.come();
        }
    }

    /// The hot key's first message is dead and holds the others.
    pub(super) fn kill_head(&mut self) {
        self.dead_head = self.line.pop_front();
        assert!(self.dead_head.is_some(), "there is one to be killed");
    }

    /// So many seconds pass; what is shown then.
    pub(super) fn run(&mut self, seconds: u32) -> Option<Diagnosis> {
        for _ in 0..seconds {
            for _ in 0..STEPS {
                self.step(1.0 / f64::from(STEPS));
            }
            self.sample();
        }
        self.judge.diagnosis().map(|shown| **shown)
    }

    /// What is shown after so many seconds, as a verdict.
    pub(super) fn verdict_after(&mut self, seconds: u32) -> Option<Verdict> {
        self.run(seconds).map(|shown| shown.verdict)
    }

    pub(super) fn backlog(&self) -> u64 {
        let held: usize = self.hands.iter().map(|hand| hand.held.len()).sum();
        (self.ready.len() + self.line.len() + self.waiting.len() + held) as u64
    }

    fn step(&mut self, span: f64) {
        self.seconds += span;
        self.due += match &mut self.chance {
            None => self.arrivals * span,
            Some(random) => by_chance(random, self.arrivals * span),
        };
        while self.due >= 1.0 {
            self.due -= 1.0;
            self.come();
        }
        let now = self.seconds;
        let woken: Vec<_> = self.waiting.extract_if(.., |(at, _)| *at <= now).collect();
        for (_, item) in woken {
            if item.is_hot {
                self.is_hot_out = false;
                self.line.push_front(item);
            } else {
                self.ready.push_front(item);
            }
        }
        let rate = self
            .limits
            .delivery_rate
            .map_or(f64::MAX, |rate| rate as f64);
        self.allowed = (self.allowed + rate * span).min(rate);
        self.hand_out();
        for at in 0..self.hands.len() {
            self.hands[at].done += self.hands[at].pace * span;
            while self.hands[at].done >= 1.0 {
                let Some(item) = self.hands[at].held.pop_front() else {
                    self.hands[at].done = 0.0;
                    break;
                };
                self.hands[at].done -= 1.0;
                self.answer(item);
            }
        }
        self.hand_out();
    }

    fn come(&mut self) {
        self.hot_due += self.hot;
        let is_hot = self.hot_due >= 1.0;
        self.hot_due -= f64::from(u8::from(is_hot));
        let item = Item {
            offset: self.next,
            born: self.seconds,
            attempts: 0,
            is_hot,
            is_poison: std::mem::take(&mut self.poison_next),
        };
        self.next += 1;
        self.newest = self.seconds;
        self.counted[0] += 1;
        if item.is_hot {
            self.line.push_back(item);
        } else {
            self.ready.push_back(item);
        }
    }

    /// Hands out what is ready to those with room, in turn.
    fn hand_out(&mut self) {
        loop {
            let mut has_given = false;
            for at in 0..self.hands.len() {
                let held: usize = self.hands.iter().map(|hand| hand.held.len()).sum();
                let most = self.limits.outstanding.unwrap_or(u64::MAX);
                let hand = &self.hands[at];
                let has_room = hand.takes_more && hand.held.len() < hand.allowance;
                if self.is_paused || !has_room || held as u64 >= most || self.allowed < 1.0 {
                    continue;
                }
                let Some(item) = self.next_out() else {
                    return;
                };
                self.allowed -= 1.0;
                self.counted[1] += 1;
                self.counted[2] += u64::from(item.attempts > 0);
                self.hands[at].held.push_back(item);
                has_given = true;
            }
            if !has_given {
                return;
            }
        }
    }

    fn next_out(&mut self) -> Option<Item> {
        let is_free = !self.is_hot_out && self.dead_head.is_none();
        let hot = self.line.front().filter(|_| is_free);
        let hot = hot.filter(|hot| {
            self.ready
                .front()
                .is_none_or(|other| hot.offset < other.offset)
        });
        if hot.is_some() {
            self.is_hot_out = true;
            return self.line.pop_front();
        }
        self.ready.pop_front()
    }

    fn answer(&mut self, item: Item) {
        self.fail_due += self.failing;
        let has_failed = item.is_poison || self.fail_due >= 1.0;
        if self.fail_due >= 1.0 {
            self.fail_due -= 1.0;
        }
        if !has_failed {
            self.is_hot_out &= !item.is_hot;
            self.counted[3] += 1;
            return;
        }
        self.counted[4] += 1;
        let attempts = item.attempts + 1;
        // What is poison is tried for ever.
        if attempts >= MAX_ATTEMPTS && !item.is_poison {
            self.is_hot_out &= !item.is_hot;
            self.counted[5] += 1;
            return;
        }
        // One that waits still has its key's turn.
        let again = Item { attempts, ..item };
        self.waiting.push((self.seconds + BACKOFF, again));
    }

    /// The messages of the hot key wait while one of them is held, waits or is dead.
    fn parked(&self) -> u64 {
        let is_first_away = self.is_hot_out
            || self.dead_head.is_some()
            || self.waiting.iter().any(|(_, item)| item.is_hot);
        let line = self.line.len() as u64;
        line.saturating_sub(u64::from(!is_first_away))
    }

    fn oldest(&self) -> Option<Item> {
        let held = self.hands.iter().flat_map(|hand| &hand.held);
        let waiting = self.waiting.iter().map(|(_, item)| item);
        let all = self
            .ready
            .iter()
            .chain(&self.line)
            .chain(held)
            .chain(waiting);
        all.min_by_key(|item| item.offset).copied()
    }

    fn hold_up(&self) -> Option<HoldUp> {
        let oldest = self.oldest()?;
        let dead = self.dead_head.filter(|_| oldest.is_hot);
        let of = dead.unwrap_or(oldest);
        let is_in_the_way = dead.is_some() || of.attempts > 0;
        is_in_the_way.then_some(HoldUp {
            message: MessageId {
                topic: TopicId(7),
                partition: HOT_PARTITION,
                offset: Offset(of.offset),
            },
            attempts: of.attempts,
            is_dead: dead.is_some(),
        })
    }

    fn sample(&mut self) {
        let micros = Span::from_millis(whole(self.seconds * 1_000.0)).0;
        let now = Now {
            wall: Time(1_700_000_000_000_000 + micros),
            mono: Mono(micros),
        };
        self.ticks.tick(now.mono);
        self.meter.read(&self.ticks, self.counted);
        let signs = self.signs(now);
        self.drain = signs.flow().drain();
        self.changes.extend(self.judge.look(&signs, now));
    }

    fn crew(&self) -> Crew {
        let connected = self.hands.iter().filter(|_| self.sort == Sort::Connected);
        let full = |hand: &&Hand| hand.held.len() * 10 >= hand.allowance * 9;
        Crew {
            consumers: connected.clone().count() as u64,
            full: connected.clone().filter(full).count() as u64,
            held: connected.clone().map(|hand| hand.held.len() as u64).sum(),
            allowance: connected.map(|hand| hand.allowance as u64).sum(),
        }
    }

    fn signs(&self, now: Now) -> Signs {
        let windows = self.ticks.windows(now.mono);
        let rates = self.meter.rates(&self.ticks, &windows, self.counted);
        let paces = rates.map(
            |[arrivals, deliveries, redeliveries, acks, failures, deaths]| Pace {
                arrivals,
                deliveries,
                redeliveries,
                acks,
                failures,
                deaths,
            },
        );
        let held: usize = self.hands.iter().map(|hand| hand.held.len()).sum();
        let span = |seconds: f64| Span::from_millis(whole(seconds.max(0.0) * 1_000.0));
        let (parked, line) = (self.parked(), self.line.len() as u64);
        let others = self.backlog() - line;
        Signs {
            is_paused: self.is_paused,
            stock: Stock {
                backlog: self.backlog(),
                ready: (self.ready.len() + self.line.len()) as u64,
                leased: held as u64,
                waiting: self.waiting.len() as u64,
                parked,
                parked_keys: u64::from(parked > 0),
            },
            lag: self.oldest().map(|item| span(self.seconds - item.born)),
            paces,
            crew: self.crew(),
            limits: self.limits,
            hold_up: self.hold_up(),
            largest: Some(Part {
                partition: HOT_PARTITION,
                backlog: line + others / 4,
                partitions: 4,
            }),
            top_key: (self.hot > 0.0).then_some(self.hot),
            quiet: span(self.seconds - self.newest),
        }
    }
}
