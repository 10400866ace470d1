//! Subscriptions that are deleted by plans in random histories, and brought back: as they were, with what was published
//! meanwhile.

use std::collections::BTreeMap;
use std::ops::Range;

use rand::Rng;

use super::acts::{FILTERED, History, PARTITIONS, SUBSCRIPTIONS};
use super::bench::name;
use super::model::{Is, Sub};
use crate::core::{Order, Pace, Plan};
use crate::model::entry::{Deed, Phase};
use crate::model::{OperationId, Partition, PlanId, Refusal};

impl History {
    pub(super) fn delete_or_bring_back(&mut self) {
        let all = 0..SUBSCRIPTIONS.len();
        let gone: Vec<usize> = all.filter(|&at| self.subs[at].gone.is_some()).collect();
        if !gone.is_empty() && self.random.random_bool(0.7) {
            let index = gone[self.random.random_range(0..gone.len())];
            self.bring_back(index);
            return;
        }
        // Somebody always reads a topic.
        let index = self.some_subscription();
        let of = SUBSCRIPTIONS[index].1;
        let there = SUBSCRIPTIONS.iter().zip(&self.subs);
        let readers = there.filter(|((_, topic), sub)| *topic == of && sub.gone.is_none());
        if readers.count() > 1 {
            self.delete(index);
        }
    }

    fn delete(&mut self, index: usize) {
        let plan = self.plan_deletion(index).unwrap();
        let books = self.subs[index].books();
        let unjudged = books.unjudged;
        let unfinished = books.pending + books.leased + books.scheduled + books.dead + unjudged;
        assert_eq!(
            (plan.counts.affected, plan.counts.ended_leases),
            (unfinished, books.leased)
        );
        let done = self.at_once(plan.id);
        let ends = self.ends_of(index);
        let sub = &mut self.subs[index];
        sub.end_leases(|_| true, None);
        (sub.gone, sub.ends) = (Some(done), ends);
        self.streams
            .retain(|_, stream| stream.subscription != index);
        let again = self.plan_deletion(index);
        assert!(matches!(again, Err(Refusal::SubscriptionNotFound { .. })));
    }

    fn plan_deletion(&mut self, index: usize) -> Result<Plan, Refusal> {
        let order = Order::DeleteSubscription {
            subscription: name(SUBSCRIPTIONS[index].0),
        };
        self.bench.core.plan(order, self.bench.now)
    }

    fn bring_back(&mut self, index: usize) {
        let deletion = self.subs[index].gone.unwrap();
        let order = Order::Undo {
            operation: deletion,
        };
        let plan = self.bench.core.plan(order, self.bench.now).unwrap();
        if index == FILTERED {
            self.catch_up();
        }
        let books = self.subs[index].books();
        let unfinished = books.pending + books.scheduled + books.dead + books.unjudged;
        // What has lived long enough meanwhile is counted, and goes at once.
        assert_eq!(plan.counts.affected, unfinished, "{:?}", plan.counts);
        let undo = self.at_once(plan.id);
        self.subs[index].gone = None;
        self.subs[index].end_lives(self.bench.now.wall);
        let progress = self.bench.core.operation(deletion).unwrap().progress;
        assert_eq!(progress.undone_by, undo);
    }

    /// Where each partition of the topic of a subscription ends.
    fn ends_of(&self, index: usize) -> BTreeMap<u32, u64> {
        let topic = SUBSCRIPTIONS[index].1;
        let next = |partition| self.next.get(&(topic, partition)).copied().unwrap_or(0);
        (0..PARTITIONS).map(|one| (one, next(one))).collect()
    }

    /// The filter is asked about what was published meanwhile, with what it had still to be asked about; it gets
    /// nothing of it if something of that was delayed, or is an edited message of its own.
    fn catch_up(&mut self) {
        let topic = SUBSCRIPTIONS[FILTERED].1;
        let ends = self.ends_of(FILTERED);
        let sub = &self.subs[FILTERED];
        let since = ends
            .into_iter()
            .map(|(one, next)| (one, sub.ends[&one], next));
        let since: Vec<(u32, u64, u64)> = since.filter(|(_, end, next)| end < next).collect();
        let start = |sub: &Sub, partition, end: u64| match sub.scans.get(&partition) {
            Some(&(from, to)) if from < to => from.min(end),
            _ => end,
        };
        let is_delayed = |&(one, end, next): &(u32, u64, u64)| {
            let again = (topic, one, start(sub, one, end))..(topic, one, next);
            let mut again = self.published.range(again);
            again.any(|(_, (marks, time))| marks.due > *time)
        };
        let is_edited = |&(one, end, _): &(u32, u64, u64)| match sub.scans.get(&one) {
            Some(&(from, to)) if from < to && from < end => self.may_have_edited(one, to..end),
            _ => false,
        };
        let can_judge = !since.iter().any(|one| is_delayed(one) || is_edited(one));
        let sub = &mut self.subs[FILTERED];
        for (one, end, next) in since {
            let (first, becomes) = if can_judge {
                (start(sub, one, end), Is::Unjudged)
            } else {
                (end, Is::Dropped)
            };
            for (_, message) in sub.messages.range_mut((one, first)..(one, next)) {
                if matches!(message.is, Is::Pending | Is::Scheduled(_) | Is::Unjudged) {
                    message.is = becomes;
                }
            }
            if can_judge {
                sub.scans.insert(one, (first, next));
            }
        }
    }

    /// Whether an edit has published something there for the subscription with the filter; of one that is closed, only
    /// when it did is known.
    fn may_have_edited(&self, partition: u32, range: Range<u64>) -> bool {
        let topic = SUBSCRIPTIONS[FILTERED].1;
        let low = self.bench.core.low(&name(topic), Partition(partition)).0;
        let stored = (topic, partition, range.start.max(low))..;
        let mut stored = self.published.range(stored);
        let first = stored.next().filter(|((of, at, offset), _)| {
            (*of, *at) == (topic, partition) && *offset < range.end
        });
        let Some((_, &(_, first))) = first else {
            return false;
        };
        let all = self.operations.iter();
        let mut edits = all.filter(|one| one.deed == Deed::Edit && one.subscription == FILTERED);
        edits.any(|one| {
            let state = self.bench.core.operation(one.id).unwrap();
            if state.progress.undo_until.0 == 0 {
                return state.record.started >= first;
            }
            let mut places = one.copies.values();
            places.any(|&(at, offset)| at == partition && range.contains(&offset))
        })
    }

    /// Both are an entry, and over as they begin.
    fn at_once(&mut self, plan: PlanId) -> OperationId {
        let now = self.bench.now;
        let done = self.bench.core.apply_plan(plan, Pace::default(), now);
        let done = done.unwrap();
        assert_eq!(done.progress.phase, Phase::Finished);
        self.bench.drain();
        done.record.id
    }
}
