//! Making a plan of many messages, some at a time, so that others are served in between.
//!
//! What arrives or dies after the beginning is not in it: the beginning notes where the journal and each partition
//! end. Changes nothing.

use std::collections::BTreeMap;

use super::command::{PurgeScope, Selection};
use super::counting::Counting;
use super::parts::Parts;
use super::picking::{Picking, Stage};
use super::plan::{Order, Plan, PlanCounts, Way, expiry};
use super::returning::Returning;
use super::sifting::Sifting;
use super::state::Core;
use super::wording::{described, published_anew, undo_note, warnings};
use crate::delivery::Run;
use crate::model::entry::Deed;
use crate::model::{
    Name, Now, Offset, OffsetRange, OperationId, Partition, PlanId, Refusal, Span, TopicId,
};

/// What is to be planned: at once, or step by step.
#[derive(Debug)]
pub enum Planned {
    /// It is done.
    Done(Box<Plan>),
    /// To be gone on with.
    Begun(Box<Planning>),
}

/// A plan in the making.
#[derive(Debug)]
pub struct Planning(Work);

/// What is done for it.
#[derive(Debug)]
enum Work {
    Picking(Box<Picking>),
    Returning(Box<Returning>),
    Counting(Box<Counting>),
    /// It is kept.
    Over,
}

impl Planning {
    /// The messages that somebody must read before it goes on; [`Planning::was_read`] takes what the filter is true of.
    pub fn to_read(&self) -> &[Run] {
        match &self.0 {
            Work::Picking(picking) => picking.sifting.runs(),
            _ => &[],
        }
    }

    /// The filter for which messages are read.
    pub fn filter(&self) -> Option<&str> {
        match &self.0 {
            Work::Picking(picking) => picking.selection.filter.as_deref(),
            _ => None,
        }
    }

    /// Of what was to be read, the filter is true of these messages, in order.
    pub fn was_read(&mut self, chosen: &[OffsetRange]) {
        if let Work::Picking(picking) = &mut self.0 {
            picking.sifting.take_over(chosen);
        }
    }
}

impl Core {
    /// What a plan does, and to which topic and subscription: also of one that was applied.
    pub fn subject_of_plan(&self, id: PlanId, now: Now) -> Option<(Deed, (String, String))> {
        let operations = &self.objects.operations;
        let applied = operations.by_plan.get(&id);
        if let Some(one) = applied.and_then(|of| operations.all.get(of)) {
            let record = &one.state.record;
            return Some((record.deed, record.names.clone()));
        }
        let is_own = id.broker == self.broker_id && id.incarnation == self.incarnation;
        let plan = self.plans.get(id.number, now.wall).filter(|_plan| is_own)?;
        Some((plan.deed, plan.names.clone()))
    }

    /// Begins a plan.
    pub fn begin_plan(&mut self, order: Order, now: Now) -> Result<Planned, Refusal> {
        self.plans.forget(now.wall);
        let work = match order {
            Order::Requeue {
                subscription,
                selection,
            } => {
                let aim = (TopicId(0), String::new());
                self.begin_picking((Deed::Requeue, subscription), selection, (aim, false), now)?
            }
            Order::Move {
                subscription,
                selection,
                target,
            } => {
                let aim = self.check_target(&subscription, &target)?;
                self.begin_picking((Deed::Move, subscription), selection, (aim, false), now)?
            }
            Order::Drop {
                subscription,
                selection,
                scope,
                is_final,
            } => {
                let deed = match scope {
                    PurgeScope::Backlog => Deed::Purge,
                    PurgeScope::Dead => Deed::Discard,
                };
                let aim = (TopicId(0), String::new());
                self.begin_picking((deed, subscription), selection, (aim, is_final), now)?
            }
            Order::Seek {
                subscription,
                target,
            } => Work::Counting(Box::new(self.begin_seek(&subscription, &target)?)),
            Order::UpdateSubscription {
                subscription,
                settings,
            } => Work::Counting(Box::new(self.begin_update(&subscription, settings, now)?)),
            Order::Undo { operation } if !self.has_deleted(operation) => {
                Work::Returning(Box::new(self.begin_undo(operation, now)?))
            }
            order => {
                return self
                    .plan_at_once(order, now)
                    .map(|plan| Planned::Done(Box::new(plan)));
            }
        };
        Ok(Planned::Begun(Box::new(Planning(work))))
    }

    /// Whether what an operation did is a deletion, which the books count.
    fn has_deleted(&self, id: OperationId) -> bool {
        let operation = self.operation_of(id);
        operation.is_ok_and(|one| one.state.record.deed.deletes())
    }

    fn begin_picking(
        &self,
        (deed, subscription): (Deed, Name),
        selection: Selection,
        (target, is_final): ((TopicId, String), bool),
        now: Now,
    ) -> Result<Work, Refusal> {
        let id = self.subscription_of(&subscription)?.record.id;
        selection.check(match deed {
            Deed::Purge => PurgeScope::Backlog,
            _ => PurgeScope::Dead,
        })?;
        let pair = self.pair(id);
        let ends = pair.map_or_else(Vec::new, |(_, topic)| {
            let stores = topic.partitions.iter();
            stores.map(|store| store.log.next()).collect()
        });
        Ok(Work::Picking(Box::new(Picking {
            deed,
            subscription: id,
            selection,
            is_final,
            target,
            high: self.last_position(),
            began: now.wall,
            ends,
            at: (0, Offset(0)),
            stage: Stage::Pick,
            all: Vec::new(),
            lists: [Vec::new(), Vec::new()],
            expired: Vec::new(),
            sifting: Sifting::default(),
            weighed: Offset(0),
            parts: Parts::default(),
            counts: PlanCounts::default(),
            keys: BTreeMap::new(),
            looked_at: 0,
            overtaken: 0,
        })))
    }

    /// Looks at the next slice of messages; whether there are more. [`Planning::to_read`] says what somebody must read
    /// before it goes on.
    pub fn go_on_planning(&self, planning: &mut Planning) -> Result<bool, Refusal> {
        match &mut planning.0 {
            Work::Picking(picking) => self.go_on_picking(picking),
            Work::Returning(returning) => self.go_on_returning(returning),
            Work::Counting(counting) => self.go_on_counting(counting),
            Work::Over => Ok(false),
        }
    }

    fn go_on_picking(&self, picking: &mut Picking) -> Result<bool, Refusal> {
        let (subscription, topic) = self.known_pair(picking.subscription)?;
        let partition = Partition(picking.at.0);
        let (Some(machine), Some(store)) =
            (subscription.machine(partition), topic.store(partition))
        else {
            return Ok(picking.look_for_newer(topic));
        };
        match picking.stage {
            Stage::Pick => {
                let is_all = match picking.deed {
                    Deed::Purge => picking.pick_backlog(machine, store),
                    _ => picking.pick_dead(subscription, machine),
                };
                if is_all {
                    picking.narrow(topic);
                }
            }
            Stage::Sift => picking.sift(store)?,
            Stage::Weigh => {
                let place = (partition, machine.epoch());
                if !self.weigh(picking, store, place) {
                    picking.parts.close(place);
                    picking.next_partition();
                }
            }
        }
        Ok(true)
    }

    /// Ends a plan: it is kept until it is applied or expires. What is left of its making is large, and is for the
    /// caller to let go of.
    pub fn finish_plan(&mut self, planning: &mut Planning, now: Now) -> Result<Plan, Refusal> {
        let plan = match &mut planning.0 {
            Work::Picking(picking) => self.finish_picking(picking, now)?,
            Work::Returning(returning) => self.finish_returning(returning, now)?,
            Work::Counting(_) => {
                let work = std::mem::replace(&mut planning.0, Work::Over);
                let Work::Counting(counting) = work else {
                    return Err(over());
                };
                self.finish_counting(*counting, now)?
            }
            Work::Over => return Err(over()),
        };
        Ok(self.keep_plan(plan))
    }

    fn finish_picking(&self, picking: &mut Picking, now: Now) -> Result<Plan, Refusal> {
        let (subscription, topic) = self.known_pair(picking.subscription)?;
        let counts = picking.finish_counts(subscription);
        let grace = if picking.is_final {
            Span::ZERO
        } else {
            self.undo.grace
        };
        let target = std::mem::take(&mut picking.target);
        let mut warnings = warnings(picking.deed, &counts);
        if target.0 == topic.record.id {
            let readers = topic.subscriptions.len();
            let filtered = topic.sieves.count_subscriptions();
            warnings.insert(0, published_anew(readers, filtered, &target.1));
        }
        Ok(Plan {
            deed: picking.deed,
            warnings,
            counts,
            text: described(&picking.selection, &target.1),
            grace,
            undo_note: undo_note(picking.deed, grace),
            created: picking.began,
            expires: expiry(now.wall),
            target,
            way: Way::Steps,
            parts: picking.parts.take().into(),
            ..self.draft(Some(subscription), topic, now)
        })
    }

    /// Gives a plan its number and keeps it.
    pub(super) fn keep_plan(&mut self, plan: Plan) -> Plan {
        let id = PlanId {
            broker: self.broker_id,
            incarnation: self.incarnation,
            number: self.plans.next(),
        };
        let plan = Plan { id, ..plan };
        self.plans.keep(plan.clone());
        plan
    }

    /// Names this broker in its plans.
    pub fn name_broker(&mut self, id: u64) {
        self.broker_id = id;
    }

    /// Plans at once and for all, as tests and acts in one call do.
    pub fn plan(&mut self, order: Order, now: Now) -> Result<Plan, Refusal> {
        match self.begin_plan(order, now)? {
            Planned::Done(plan) => Ok(*plan),
            Planned::Begun(mut planning) => {
                while self.go_on_planning(&mut planning)? {}
                self.finish_plan(&mut planning, now)
            }
        }
    }

    /// Refuses a topic to which messages of a subscription cannot be moved; gives its id and name. Its own topic is one
    /// like every other: there they are published anew, for all of its subscriptions.
    fn check_target(&self, from: &Name, target: &Name) -> Result<(TopicId, String), Refusal> {
        self.subscription_of(from)?;
        let topic = self.topic_of(target)?;
        if topic.subscriptions.is_empty() {
            let topic = target.clone();
            return Err(Refusal::NoSubscription { topic });
        }
        Ok((topic.record.id, target.to_string()))
    }
}

fn over() -> Refusal {
    Refusal::Internal {
        detail: "a plan that is made was to be made once more".to_owned(),
    }
}
