//! A plan in the making: which messages it takes of a partition, found a slice at a time.
//!
//! First what the selection holds is picked, then what only a look at each message can tell is sifted out. What it
//! comes to is counted elsewhere.

use std::collections::BTreeMap;

use super::command::Selection;
use super::limits::PLAN_SLICE;
use super::objects::{Store, Subscription, Topic};
use super::parts::Parts;
use super::plan::{PlanCounts, SkipCause};
use super::selection::{all_but_newest, narrow};
use super::setback::group_of;
use super::sifting::{Sifted, Sifting};
use crate::delivery::{Chosen, Machine};
use crate::model::entry::Deed;
use crate::model::range::{normalise, push_joined};
use crate::model::{
    Offset, OffsetRange, Partition, Position, Refusal, SubscriptionId, Time, TopicId,
};

/// How far a plan is with a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its messages are found.
    Pick,
    /// They are put through what only a look at each can tell.
    Sift,
    /// They are counted.
    Weigh,
}

/// Those that can be changed, and those that a consumer holds.
pub(super) const FREE: usize = 0;
const HELD: usize = 1;

/// The messages of a plan in the making.
#[derive(Debug)]
pub(super) struct Picking {
    pub(super) deed: Deed,
    pub(super) subscription: SubscriptionId,
    pub(super) selection: Selection,
    pub(super) is_final: bool,
    pub(super) target: (TopicId, String),
    /// Nothing after this is in it.
    pub(super) high: Position,
    pub(super) began: Time,
    pub(super) ends: Vec<Offset>,
    pub(super) at: (u32, Offset),
    pub(super) stage: Stage,
    /// All of the partition under way, if it matters which are the newest.
    pub(super) all: Vec<OffsetRange>,
    /// What is picked of it.
    pub(super) lists: [Vec<OffsetRange>; 2],
    /// Those that were dead long enough.
    pub(super) expired: Vec<OffsetRange>,
    pub(super) sifting: Sifting,
    /// What is picked before this is counted.
    pub(super) weighed: Offset,
    /// What is to be changed.
    pub(super) parts: Parts,
    pub(super) counts: PlanCounts,
    /// The first message to be changed of each key.
    pub(super) keys: BTreeMap<(Partition, u64), Offset>,
    pub(super) looked_at: usize,
    /// Of how many of these newer messages were looked for.
    pub(super) overtaken: usize,
}

impl Picking {
    /// Picks from a window of the backlog; whether it was the last.
    pub(super) fn pick_backlog(&mut self, machine: &Machine, store: &Store) -> bool {
        let end = self.ends.get(self.at.0 as usize).copied();
        let mut end = end.unwrap_or(store.log.next());
        if let Some(age) = self.selection.older_than {
            let young = Time(self.began.0.saturating_sub(age.0).saturating_add(1));
            end = end.min(store.log.first_at_or_after(young));
        }
        let start = self.at.1.max(machine.floor());
        let rest = OffsetRange::between(start, end);
        let front = machine.front(&store.log, &[rest], PLAN_SLICE as u64);
        let window = front.first().copied().unwrap_or(rest);
        let free = machine.unfinished(&store.log, window, Chosen::Backlog);
        let held = machine.leased_in(window);
        if self.selection.keep_newest.is_some() {
            let mut both = [&free[..], &held[..]].concat();
            normalise(&mut both);
            for range in both {
                push_joined(&mut self.all, range);
            }
        }
        for (list, found) in self.lists.iter_mut().zip([free, held]) {
            for range in found {
                push_joined(list, range);
            }
        }
        self.at.1 = window.end;
        window.end >= end
    }

    /// Picks from a slice of the dead ones; whether it was the last.
    pub(super) fn pick_dead(&mut self, subscription: &Subscription, machine: &Machine) -> bool {
        let group = self.selection.error_class.as_deref().map(group_of);
        let retention = subscription.rules.dead_retention;
        let mut dead = machine.dead_from(self.at.1);
        for _ in 0..PLAN_SLICE {
            let Some((range, record)) = dead.next() else {
                return true;
            };
            self.at.1 = range.end;
            if record.text > self.high {
                continue;
            }
            if self.selection.keep_newest.is_some() {
                push_joined(&mut self.all, range);
            }
            if self.selection.takes(&record, group, self.began) {
                push_joined(&mut self.lists[FREE], range);
                let is_over = record.last_failure.plus(retention) <= self.began;
                if is_over && self.deed != Deed::Discard {
                    push_joined(&mut self.expired, range);
                }
            }
        }
        false
    }

    /// All of a partition has been looked at: which were named, and which are not the newest.
    pub(super) fn narrow(&mut self, topic: &Topic) {
        let ids = self.selection.ids_on(topic, Partition(self.at.0));
        let keep = self.selection.keep_newest;
        let below = keep.map(|keep| all_but_newest(&self.all, keep));
        self.all = Vec::new();
        if ids.is_some() || below.is_some() {
            for list in &mut self.lists {
                *list = narrow(std::mem::take(list), below, ids.as_ref());
            }
        }
        self.stage = Stage::Sift;
        if !self.selection.sifts() {
            self.begin_to_weigh();
        }
    }

    pub(super) fn sift(&mut self, store: &Store) -> Result<(), Refusal> {
        let by = (self.selection.key, self.selection.filter.is_some());
        if self.sifting.go_on(&self.lists, store, by)? == Sifted::All {
            self.lists = self.sifting.finish();
            self.begin_to_weigh();
        }
        Ok(())
    }

    /// What was picked of a partition is counted.
    pub(super) fn next_partition(&mut self) {
        self.at = (self.at.0 + 1, Offset(0));
        self.stage = Stage::Pick;
        self.lists = [Vec::new(), Vec::new()];
        self.expired = Vec::new();
    }

    fn begin_to_weigh(&mut self) {
        let held: u64 = self.lists[HELD].iter().map(|range| range.count()).sum();
        *self.counts.skips.entry(SkipCause::Leased).or_default() += held;
        (self.weighed, self.stage) = (Offset(0), Stage::Weigh);
    }
}
