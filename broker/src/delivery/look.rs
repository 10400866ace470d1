//! Looking: the state of a message, the dead ones, the oldest ones, and the books by running
//! numbers.
//!
//! Promises that nothing here walks the backlog: whole pages and ranges are stepped over at once.

use std::sync::Arc;

use super::page::Kind;
use super::spans::between;
use super::{Counts, Log, Machine, Settled};
use crate::model::entry::DeadRecord;
use crate::model::{ConsumerId, Epoch, Mono, Offset, OffsetRange, Time};

/// What a message is to a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Before the subscription's start, not published yet, or not judged by the filter yet.
    NotEntered,
    /// Due later, at this time.
    Scheduled(Time),
    /// Deliverable now, or once an earlier one of its key is done.
    Ready,
    /// Delivered, not yet acknowledged.
    Leased {
        /// The consumer's name.
        consumer: Arc<str>,
        /// The consumer; none if an earlier incarnation granted the lease.
        id: Option<ConsumerId>,
        /// When the lease ends.
        deadline: Mono,
    },
    /// In backoff until this time.
    Waiting(Time),
    /// Dead.
    Dead(DeadRecord),
    /// Acknowledged or dropped.
    Finished,
}

impl Machine {
    /// The seek epoch.
    pub fn epoch(&self) -> Epoch {
        self.progress.epoch
    }

    /// The first offset that belongs to the subscription.
    pub fn start(&self) -> Offset {
        Offset(self.progress.start)
    }

    /// How many messages are leased.
    pub fn leased(&self) -> u64 {
        self.leased
    }

    /// The committed offset: everything below is finished.
    pub fn floor(&self) -> Offset {
        Offset(self.progress.floor)
    }

    /// The state of a message, and how many of its attempts have failed.
    pub fn state_of(&self, offset: Offset, log: &Log) -> (State, u32) {
        if offset < self.start() || offset >= log.next() {
            return (State::NotEntered, 0);
        }
        if self.progress.is_finished(offset.0) {
            return (State::Finished, 0);
        }
        let attempts = self.progress.attempts(offset.0);
        if let Some((_, lease)) = self.leases.find(offset.0) {
            let leased = State::Leased {
                consumer: Arc::clone(&lease.name),
                id: lease.consumer,
                deadline: lease.deadline,
            };
            return (leased, attempts);
        }
        let state = match self.progress.record(offset.0) {
            Some(record) if record.kind.is_dead() => State::Dead(record.dead_record()),
            Some(record) if record.kind == Kind::Waiting => State::Waiting(record.at),
            _ if self.progress.unjudged.contains(offset) => State::NotEntered,
            _ => log
                .schedule
                .due(offset)
                .map_or(State::Ready, State::Scheduled),
        };
        (state, attempts)
    }

    /// The dead ones from `from` on, in order.
    pub fn dead(&self, from: Offset) -> impl Iterator<Item = (Offset, DeadRecord)> + '_ {
        let ranges = self.dead_from(from);
        ranges.flat_map(|(range, dead)| range.offsets().map(move |offset| (offset, dead)))
    }

    /// The same, those that died together as one range.
    pub fn dead_from(&self, from: Offset) -> impl Iterator<Item = (OffsetRange, DeadRecord)> + '_ {
        let last = self.progress.pages.last_key_value();
        let end = last.map_or(0, |(&number, _)| (number + 1) * self.progress.size);
        let range = between(from.0.max(self.progress.floor), end);
        self.progress.dead_in(range)
    }

    /// The oldest that is unfinished and not dead.
    pub fn oldest_due(&self, log: &Log) -> Option<Offset> {
        if self.keys.is_empty() {
            let leased = self.leases.first().map(|(range, _)| range.start);
            let waiting = self.waits.first().map(|(range, _)| range.start);
            let held = leased.into_iter().chain(waiting).min();
            return held.into_iter().chain(self.first_ready(log)).min();
        }
        self.oldest_in_work(log, self.progress.floor)
    }

    /// The oldest that is ready.
    pub fn oldest_ready(&self, log: &Log) -> Option<Offset> {
        if self.keys.is_empty() {
            return self.first_ready(log);
        }
        self.oldest_to_go(log, self.progress.floor)
    }

    /// The message that is oldest, or that the oldest waits for: one of which attempts have failed, with their number,
    /// or a dead one that holds its key.
    pub fn hold_up(&self, log: &Log) -> Option<(Offset, u32, bool)> {
        let oldest = self.oldest_due(log)?;
        let attempts = self.progress.attempts(oldest.0);
        if attempts > 0 {
            return Some((oldest, attempts, false));
        }
        let head = self.keys.ahead_of(oldest.0)?;
        let record = self.progress.record(head)?;
        record
            .kind
            .is_dead()
            .then_some((Offset(head), record.attempts, true))
    }

    /// How many messages are known to stand behind another of their key, and of how many keys.
    pub fn parked(&self) -> (u64, u64) {
        (self.keys.parked_messages(), self.keys.parked_keys())
    }

    /// Since when the oldest that is unfinished, due and not dead could be handed out. Of more than a
    /// few that were scheduled before it, the first ones are looked at.
    pub fn due_since(&self, log: &Log) -> Option<Time> {
        let later = |from: Offset| self.oldest_in_work(log, from.0);
        earliest_since(log, self.oldest_due(log), later)
    }

    /// The same of the ready ones.
    pub fn ready_since(&self, log: &Log) -> Option<Time> {
        let later = |from: Offset| self.oldest_to_go(log, from.0);
        earliest_since(log, self.oldest_ready(log), later)
    }

    fn oldest_in_work(&self, log: &Log, from: u64) -> Option<Offset> {
        self.oldest(log, from, |record| !record.is_dead(), |_| None)
    }

    fn oldest_to_go(&self, log: &Log, from: u64) -> Option<Offset> {
        self.oldest(
            log,
            from,
            |record| record == Kind::Tried,
            |offset| self.leases.find(offset).map(|(lease, _)| lease.end.0),
        )
    }

    /// The oldest that is ready, if none stands behind another of its key: found without a step
    /// over those that are leased, waiting or dead.
    fn first_ready(&self, log: &Log) -> Option<Offset> {
        let again = self.ready.first().map(|(range, _)| range.start);
        let fresh = self.next_fresh_ready(log).map(|(run, _)| run.start);
        again.into_iter().chain(fresh).min()
    }

    /// The oldest unfinished and due one from `from` on whose record, if any, is wanted and that
    /// `held` gives no end for.
    fn oldest(
        &self,
        log: &Log,
        from: u64,
        wanted: impl Fn(Kind) -> bool,
        held: impl Fn(u64) -> Option<u64>,
    ) -> Option<Offset> {
        let mut at = from.max(self.progress.floor);
        loop {
            let run = self.progress.next_unfinished(at, self.frontier(log))?;
            let number = run.start.0 / self.progress.size;
            let page = self.progress.pages.get(&number);
            let base = number * self.progress.size;
            if page.is_some_and(|page| page.finished() + page.dead() == page.len()) {
                at = base + self.progress.size;
                continue;
            }
            let record = self.progress.record(run.start.0);
            let unwanted = record.filter(|record| !wanted(record.kind));
            if let Some(record) = unwanted {
                at = base + record.end() as u64;
            } else if let Some(end) = held(run.start.0) {
                at = end;
            } else if let Some(end) = log.schedule.end_of(run.start.0) {
                at = end;
            } else {
                return Some(run.start);
            }
        }
    }

    /// What is finished and what is dead.
    pub fn settled(&self) -> Settled {
        let progress = &self.progress;
        Settled {
            finished: progress.acked + progress.dropped.iter().sum::<u64>(),
            dead: progress.dead,
            unjudged: progress.unjudged_count,
        }
    }

    /// The books, from numbers that change where the state changes.
    pub fn counts(&self, log: &Log) -> Counts {
        let (progress, next) = (&self.progress, log.next().0);
        let above = next.saturating_sub(progress.floor);
        let scheduled = self.scheduled(log);
        let held = progress.dead + progress.unjudged_count + scheduled;
        let busy = progress.finished_above + self.leased + self.waiting + held;
        Counts {
            entered: next.saturating_sub(progress.start),
            unjudged: progress.unjudged_count,
            scheduled,
            ready: above.saturating_sub(busy),
            leased: self.leased,
            waiting: self.waiting,
            dead: progress.dead,
            acked: progress.acked,
            dropped: progress.dropped,
        }
    }
}

/// How many that were scheduled are looked at to find which could be handed out first.
const LOOKED_AT: usize = 64;

/// Since when the oldest could be handed out: what was never scheduled is older than all after it;
/// what was counts from its due time, so that a later one may be older.
fn earliest_since(
    log: &Log,
    first: Option<Offset>,
    later: impl Fn(Offset) -> Option<Offset>,
) -> Option<Time> {
    let mut at = first?;
    let mut since = log.since(at)?;
    for _ in 0..LOOKED_AT {
        let Some((_, end)) = log.schedule.came(at) else {
            break;
        };
        let Some(next) = later(end) else { break };
        at = next;
        since = log.since(at).map_or(since, |other| other.min(since));
    }
    Some(since)
}
