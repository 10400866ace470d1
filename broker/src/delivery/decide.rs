//! Deciding: what an ack, a failure, a moment or an act would change. The results go into entries.
//!
//! Promises that a stale lease gives nothing. Changes no durable state: `extend` and `wake` move
//! deadlines and turns, which are derived.

use super::holding::Expired;
use super::page::Kind;
use super::spans::{gaps, push_joined};
use super::{Log, Machine, Retry, Rules, Setback};
use crate::model::entry::{Failure, Outcome};
use crate::model::{ConsumerId, Incarnation, LeaseSerial, Mono, Now, Offset, OffsetRange, Time};

/// Which messages an act on a backlog takes; never leased ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    /// Scheduled, ready and waiting ones.
    Backlog,
    /// Dead ones.
    Dead,
    /// All of these.
    Both,
}

impl Machine {
    /// The part of `range` that is leased under exactly this grant.
    pub fn held(
        &self,
        range: OffsetRange,
        incarnation: Incarnation,
        serial: LeaseSerial,
    ) -> Vec<OffsetRange> {
        let mut held = Vec::new();
        for (part, lease) in self.leases.within(range) {
            if lease.serial == serial && lease.incarnation == incarnation {
                push_joined(&mut held, part);
            }
        }
        held
    }

    /// Whether an ack of attempt `attempt` from an earlier incarnation still finishes a message
    /// whose lease was lost in a crash: it is ready, and fewer attempts than that have failed.
    pub fn finishable_old(&self, log: &Log, offset: Offset, attempt: u32) -> bool {
        let record = self.progress.record(offset.0);
        let is_ready = record.is_none_or(|record| record.kind == Kind::Tried);
        is_ready
            && self.open(log.next()).contains(offset)
            && !self.progress.is_finished(offset.0)
            && self.leases.find(offset.0).is_none()
            && record.map_or(0, |record| record.attempts) < attempt
    }

    /// What follows when the attempts of the leased messages of `ranges` fail. Messages that fail
    /// together under one lease wait until the same time, which the id of the first one spreads.
    pub fn failures(
        &self,
        ranges: &[OffsetRange],
        rules: &Rules,
        setback: &Setback,
    ) -> Vec<Failure> {
        let mut failures = Vec::new();
        for &range in ranges {
            for (part, lease) in self.leases.within(range) {
                let attempts = lease.attempt;
                let outcome = match setback.retry {
                    Retry::Dead => Outcome::Dead,
                    _ if attempts >= rules.max_attempts => Outcome::Dead,
                    Retry::After(span) => Outcome::Waiting(setback.now.plus(span)),
                    Retry::Backoff => {
                        Outcome::Waiting(setback.backoff_until(rules, part.start, attempts))
                    }
                };
                failures.push(Failure {
                    range: part,
                    attempts,
                    outcome,
                });
            }
        }
        failures
    }

    /// Leases past their deadline, at most `limit` ranges, earliest first.
    pub fn expired(&self, now: Mono, limit: usize) -> Vec<Expired> {
        self.leases.due(now).take(limit).map(Expired::of).collect()
    }

    /// The leases of a consumer.
    pub fn leases_of(&self, consumer: ConsumerId) -> Vec<Expired> {
        self.leases.of(consumer).map(Expired::of).collect()
    }

    /// All leases, in order.
    pub fn leases(&self) -> impl Iterator<Item = Expired> + '_ {
        self.leases.iter().map(Expired::of)
    }

    /// The leased parts of a range.
    pub fn leased_in(&self, range: OffsetRange) -> Vec<OffsetRange> {
        let mut found = Vec::new();
        for (part, _) in self.leases.within(range) {
            push_joined(&mut found, part);
        }
        found
    }

    /// Moves the deadline of the leased messages of `ranges`.
    pub fn extend(&mut self, ranges: &[OffsetRange], deadline: Mono) {
        for &range in ranges {
            for (part, mut lease) in self.leases.cut(range) {
                lease.deadline = deadline;
                self.leases.insert(part, lease);
            }
        }
    }

    /// Makes ready what has waited long enough.
    pub fn wake(&mut self, now: Now) {
        self.wake_some(now, u64::MAX);
    }

    /// The same, at most `limit` messages; gives how many.
    pub fn wake_some(&mut self, now: Now, limit: u64) -> u64 {
        let mut left = limit;
        let mut woken = Vec::new();
        for (range, _) in self.waits.due(now.mono) {
            let count = range.count().min(left);
            if count == 0 {
                break;
            }
            woken.push(OffsetRange::new(range.start, count));
            left -= count;
        }
        for range in woken {
            self.waits.cut(range);
            self.waiting -= range.count();
            self.settle(range);
            self.make_ready(range);
        }
        limit - left
    }

    /// When the first wait ends, or has ended.
    pub fn next_wake(&self) -> Option<Mono> {
        self.waits.next_deadline()
    }

    /// When something is to be done unasked: a lease ends, a wait ends, a dead one is kept no
    /// longer.
    pub fn next_deadline(&self, rules: &Rules, now: Now) -> Option<Mono> {
        let deadline = self.next_deadline_but_waits(rules, now);
        deadline.into_iter().chain(self.next_wake()).min()
    }

    /// The same without waits: something else says when they end.
    pub fn next_deadline_but_waits(&self, rules: &Rules, now: Now) -> Option<Mono> {
        let dead = self.progress.dead_since.filter(|_| self.progress.dead > 0);
        let dead = dead.map(|since| {
            let until = since.plus(rules.dead_retention);
            now.mono.plus(until.since(now.wall))
        });
        let lease = self.leases.next_deadline();
        let lease = lease.map(|end| end.max(rules.leases_end_from));
        lease.into_iter().chain(dead).min()
    }

    /// Dead messages whose retention has passed, at most `limit` ranges.
    pub fn expired_dead(&mut self, rules: &Rules, now: Time, limit: usize) -> Vec<OffsetRange> {
        let has_passed = |since: Time| since.plus(rules.dead_retention) <= now;
        if self.progress.dead == 0 || !self.progress.dead_since.is_some_and(has_passed) {
            return Vec::new();
        }
        let mut expired = Vec::new();
        let mut since: Option<Time> = None;
        for (part, dead) in self.dead_from(Offset(0)) {
            if !has_passed(dead.last_failure) {
                since = Some(since.map_or(dead.last_failure, |since| since.min(dead.last_failure)));
                continue;
            }
            push_joined(&mut expired, part);
            if expired.len() > limit {
                expired.pop();
                return expired;
            }
        }
        if expired.is_empty() {
            self.progress.dead_since = since;
        }
        expired
    }

    /// The dead messages that hold a key.
    pub fn holding(&self, log: &Log, key: u64) -> Vec<OffsetRange> {
        let mut found = Vec::new();
        for (part, _) in self.dead_from(Offset(0)) {
            for offset in part.offsets().filter(|offset| log.key(*offset) == key) {
                let record = self.progress.record(offset.0);
                if record.is_some_and(|record| record.kind == Kind::Dead) {
                    push_joined(&mut found, OffsetRange::one(offset));
                }
            }
        }
        found
    }

    /// The messages of `within` that an act may take, as ranges in order.
    pub fn unfinished(&self, log: &Log, within: OffsetRange, chosen: Chosen) -> Vec<OffsetRange> {
        let mut found = Vec::new();
        let within = within.intersection(self.open(log.next()));
        if chosen == Chosen::Dead {
            for (part, _) in self.progress.dead_in(within) {
                push_joined(&mut found, part);
            }
            return found;
        }
        let mut from = within.start.0;
        while let Some(run) = self.progress.next_unfinished(from, within.end.0) {
            from = run.end.0;
            let leased = self.leases.within(run).map(|(part, _)| part);
            gaps(run, leased, |free| {
                if chosen == Chosen::Both {
                    return push_joined(&mut found, free);
                }
                let dead = self.progress.dead_in(free).map(|(part, _)| part);
                gaps(free, dead, |free| push_joined(&mut found, free));
            });
        }
        found
    }
}
