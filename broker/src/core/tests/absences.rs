//! Subscriptions that are deleted by plans in random histories, and brought back: as they were, with what was published
//! meanwhile.

use rand::Rng;

use super::acts::{FILTERED, History, SUBSCRIPTIONS};
use super::bench::name;
use crate::core::{Order, Pace, Plan};
use crate::model::entry::Phase;
use crate::model::{OperationId, PlanId, Refusal};

impl History {
    pub(super) fn delete_or_bring_back(&mut self) {
        let all = 0..SUBSCRIPTIONS.len();
        let gone: Vec<usize> = all.filter(|&at| self.subs[at].gone.is_some()).collect();
        if !gone.is_empty() && self.random.random_bool(0.7) {
            let index = gone[self.random.random_range(0..gone.len())];
            self.bring_back(index);
            return;
        }
        // Somebody always reads a topic. What a filter is asked about later is judged elsewhere.
        let index = self.some_subscription();
        let of = SUBSCRIPTIONS[index].1;
        let there = SUBSCRIPTIONS.iter().zip(&self.subs);
        let readers = there.filter(|((_, topic), sub)| *topic == of && sub.gone.is_none());
        if index != FILTERED && readers.count() > 1 {
            self.delete(index);
        }
    }

    fn delete(&mut self, index: usize) {
        let plan = self.plan_deletion(index).unwrap();
        let books = self.subs[index].books();
        let unfinished = books.pending + books.leased + books.scheduled + books.dead;
        assert_eq!(
            (plan.counts.affected, plan.counts.ended_leases),
            (unfinished, books.leased)
        );
        let done = self.at_once(plan.id);
        let sub = &mut self.subs[index];
        sub.end_leases(|_| true, None);
        sub.gone = Some(done);
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
        let books = self.subs[index].books();
        let unfinished = books.pending + books.scheduled + books.dead;
        // What has lived long enough meanwhile is counted, and goes at once.
        assert!(plan.counts.affected >= unfinished, "{:?}", plan.counts);
        let undo = self.at_once(plan.id);
        self.subs[index].gone = None;
        self.subs[index].end_lives(self.bench.now.wall);
        let progress = self.bench.core.operation(deletion).unwrap().progress;
        assert_eq!(progress.undone_by, undo);
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
