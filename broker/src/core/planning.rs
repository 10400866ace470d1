//! Making a plan of many messages, some at a time, so that others are served in between.
//!
//! What arrives or dies after the beginning is not in it: the beginning notes where the journal and each partition
//! end. Changes nothing.

use std::collections::BTreeMap;

use super::command::PurgeScope;
use super::limits::{MAX_PLANNED_KEYS, PLAN_SLICE};
use super::objects::Store;
use super::operation::{within, without};
use super::picking::{FREE, Planning, Stage};
use super::plan::{Order, Plan, PlanCounts, PlannedPart, SkipCause, Way, expiry};
use super::sifting::Sifting;
use super::state::Core;
use super::wording::{described, undo_note, warnings};
use crate::model::entry::Deed;
use crate::model::range::{normalise, push_joined};
use crate::model::{
    Name, Now, Offset, OffsetRange, OperationId, Partition, PlanId, Refusal, Span, SubscriptionId,
    TopicId,
};

/// What is to be planned: at once, or step by step.
#[derive(Debug)]
pub enum Planned {
    /// It is done.
    Done(Box<Plan>),
    /// To be gone on with.
    Begun(Box<Planning>),
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
        let mut target = (TopicId(0), String::new());
        let (deed, subscription, selection, is_final) = match order {
            Order::Requeue {
                subscription,
                selection,
            } => (Deed::Requeue, subscription, selection, false),
            Order::Move {
                subscription,
                selection,
                target: name,
            } => {
                target = self.check_target(&subscription, &name)?;
                (Deed::Move, subscription, selection, false)
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
                (deed, subscription, selection, is_final)
            }
            order => {
                return self
                    .plan_at_once(order, now)
                    .map(|plan| Planned::Done(Box::new(plan)));
            }
        };
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
        Ok(Planned::Begun(Box::new(Planning {
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
            weighed: 0,
            part: Vec::new(),
            parts: Vec::new(),
            counts: PlanCounts::default(),
            keys: BTreeMap::new(),
            looked_at: 0,
        })))
    }

    /// Looks at the next slice of messages; whether there are more. [`Planning::to_read`] says what somebody must read
    /// before it goes on.
    pub fn go_on_planning(&self, planning: &mut Planning) -> Result<bool, Refusal> {
        let Some((subscription, topic)) = self.pair(planning.subscription) else {
            let subscription = planning.subscription.to_string();
            return Err(Refusal::SubscriptionNotFound { subscription });
        };
        let partition = Partition(planning.at.0);
        let (Some(machine), Some(store)) =
            (subscription.machine(partition), topic.store(partition))
        else {
            return Ok(false);
        };
        match planning.stage {
            Stage::Pick => {
                let is_all = match planning.deed {
                    Deed::Purge => planning.pick_backlog(machine, store),
                    _ => planning.pick_dead(subscription, machine),
                };
                if is_all {
                    planning.narrow(topic);
                }
                return Ok(true);
            }
            Stage::Sift => {
                planning.sift(store)?;
                return Ok(true);
            }
            Stage::Weigh => {}
        }
        if self.weigh(planning, store) {
            return Ok(true);
        }
        let ranges = std::mem::take(&mut planning.part);
        if !ranges.is_empty() {
            planning.parts.push(PlannedPart {
                partition,
                epoch: machine.epoch(),
                ranges,
            });
        }
        planning.at = (partition.0 + 1, Offset(0));
        planning.stage = Stage::Pick;
        planning.lists = [Vec::new(), Vec::new()];
        planning.expired = Vec::new();
        Ok((planning.at.0 as usize) < subscription.machines.len())
    }

    /// Ends a plan: it is kept until it is applied or expires.
    pub fn finish_plan(&mut self, planning: Planning, now: Now) -> Result<Plan, Refusal> {
        let Some((subscription, topic)) = self.pair(planning.subscription) else {
            let subscription = planning.subscription.to_string();
            return Err(Refusal::SubscriptionNotFound { subscription });
        };
        let mut counts = planning.counts;
        counts.skips.retain(|_, count| *count > 0);
        counts.selected = counts.affected + counts.skips.values().sum::<u64>();
        counts.consumers = u32::try_from(subscription.consumers.len()).unwrap_or(u32::MAX);
        counts.keys = planning.keys.len() as u64;
        counts.are_keys_cut = planning.looked_at >= MAX_PLANNED_KEYS;
        let mut looked_at = 0;
        for (&(partition, key), &first) in &planning.keys {
            let store = topic.store(partition);
            let is_overtaken = store.is_some_and(|store| {
                let later = OffsetRange::between(first.plus(1), store.log.next());
                looked_at += 1;
                looked_at <= OVERTAKEN_KEYS && store.log.has_key_within(later, key, LOOK_AHEAD)
            });
            counts.overtaken_keys += u64::from(is_overtaken);
        }
        let names = (
            topic.record.name.to_string(),
            subscription.record.name.to_string(),
        );
        let grace = if planning.is_final {
            Span::ZERO
        } else {
            self.undo.grace
        };
        let plan = Plan {
            id: PlanId::default(),
            deed: planning.deed,
            topic: topic.record.id,
            subscription: planning.subscription,
            names,
            who: self.who.clone(),
            warnings: warnings(planning.deed, &counts),
            counts,
            text: described(&planning.selection, &planning.target.1),
            grace,
            undo_note: undo_note(planning.deed, grace),
            created: planning.began,
            expires: expiry(now.wall),
            undoes: OperationId(0),
            undone: None,
            target: planning.target,
            changes: Vec::new(),
            way: Way::Steps,
            parts: planning.parts,
        };
        Ok(self.keep_plan(plan))
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
                self.finish_plan(*planning, now)
            }
        }
    }
}

/// Keys of which a plan looks for newer messages.
const OVERTAKEN_KEYS: usize = 200;
/// Messages that it looks at for each.
const LOOK_AHEAD: u64 = 500;

impl Core {
    /// Counts a slice of what was picked; whether there is more.
    fn weigh(&self, planning: &mut Planning, store: &Store) -> bool {
        let partition = Partition(planning.at.0);
        let picked = &planning.lists[FREE];
        let end = picked.len().min(planning.weighed + PLAN_SLICE);
        let slice = picked.get(planning.weighed..end).unwrap_or(&[]);
        let counts = &mut planning.counts;
        let returns = matches!(planning.deed, Deed::Requeue | Deed::Move);
        let requeued = if returns {
            self.requeued_before(planning.subscription, partition, slice)
        } else {
            Vec::new()
        };
        for &range in slice {
            let mut gone = within(&planning.expired, range);
            if returns {
                gone.extend(store.log.ended_in(range));
                normalise(&mut gone);
            }
            let expired: u64 = gone.iter().map(|one| one.count()).sum();
            *counts.skips.entry(SkipCause::Expired).or_default() += expired;
            let again: Vec<OffsetRange> = without(range, &gone)
                .into_iter()
                .flat_map(|left| within(&requeued, left))
                .collect();
            let count: u64 = again.iter().map(|one| one.count()).sum();
            if planning.selection.skips_requeued {
                *counts.skips.entry(SkipCause::RequeuedBefore).or_default() += count;
                gone.extend(again);
                normalise(&mut gone);
            } else {
                counts.requeued_before += count;
            }
            for left in without(range, &gone) {
                counts.affected += left.count();
                counts.bytes += store.log.bytes(left);
                push_joined(&mut planning.part, left);
                if !returns {
                    continue;
                }
                let room = MAX_PLANNED_KEYS.saturating_sub(planning.looked_at);
                for offset in left.offsets().take(room) {
                    planning.looked_at += 1;
                    let key = store.log.key(offset);
                    if key != 0 {
                        planning.keys.entry((partition, key)).or_insert(offset);
                    }
                }
            }
        }
        planning.weighed = end;
        end < planning.lists[FREE].len()
    }

    /// What of a slice, which is in order, operations that are remembered with what they did have requeued.
    fn requeued_before(
        &self,
        id: SubscriptionId,
        partition: Partition,
        slice: &[OffsetRange],
    ) -> Vec<OffsetRange> {
        let (Some(first), Some(last)) = (slice.first(), slice.last()) else {
            return Vec::new();
        };
        let span = OffsetRange::between(first.start, last.end);
        let all = self.objects.operations.all.values();
        let requeues = all.filter(|one| {
            let record = &one.state.record;
            record.deed == Deed::Requeue && record.subscription == id
        });
        let parts = requeues.flat_map(|one| &one.parts);
        let here = parts.filter(|part| part.said.partition == partition);
        let mut found: Vec<OffsetRange> = here.flat_map(|part| part.changed_within(span)).collect();
        normalise(&mut found);
        found
    }

    /// Refuses a topic to which messages of a subscription cannot be moved; gives its id and name.
    fn check_target(&self, from: &Name, target: &Name) -> Result<(TopicId, String), Refusal> {
        let own = self.subscription_of(from)?.record.topic;
        let topic = self.topic_of(target)?;
        if topic.record.id == own {
            return Err(Refusal::ValueOutOfRange {
                field: "target_topic",
                value: target.to_string(),
                range: "another topic than the subscription's own; requeue brings them back there"
                    .to_owned(),
            });
        }
        if topic.subscriptions.is_empty() {
            let topic = target.clone();
            return Err(Refusal::NoSubscription { topic });
        }
        Ok((topic.record.id, target.to_string()))
    }
}
