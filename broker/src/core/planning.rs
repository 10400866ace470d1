//! Making a plan of many messages, some at a time, so that others are served in between.
//!
//! What arrives or dies after the beginning is not in it: the beginning notes where the journal and each partition
//! end. Changes nothing.

use std::collections::BTreeMap;

use super::command::{PurgeScope, Selection};
use super::limits::{MAX_PLANNED_KEYS, PLAN_SLICE};
use super::objects::{Store, Topic};
use super::operation::within;
use super::plan::{Order, Plan, PlanCounts, PlannedPart, SkipCause, Way, expiry};
use super::selection::all_but_newest;
use super::setback::group_of;
use super::state::Core;
use crate::delivery::Machine;
use crate::model::entry::Deed;
use crate::model::{
    Now, Offset, OffsetRange, OperationId, Partition, PlanId, Position, Refusal, Span,
    SubscriptionId, Time,
};

/// A plan in the making.
#[derive(Debug)]
pub struct Planning {
    deed: Deed,
    subscription: SubscriptionId,
    selection: Selection,
    is_final: bool,
    /// Nothing after this is in it.
    high: Position,
    began: Time,
    ends: Vec<Offset>,
    at: (u32, Offset),
    /// All dead ones of the partition under way: which are the newest is known at its end.
    all: Vec<OffsetRange>,
    /// What is picked of it, and how many ranges of that are counted.
    part: Vec<OffsetRange>,
    weighed: usize,
    is_picked: bool,
    parts: Vec<PlannedPart>,
    counts: PlanCounts,
    /// The first message to be changed of each key.
    keys: BTreeMap<(Partition, u64), Offset>,
    looked_at: usize,
}

/// What is to be planned: at once, or step by step.
#[derive(Debug)]
pub enum Planned {
    /// It is done.
    Done(Box<Plan>),
    /// To be gone on with.
    Begun(Box<Planning>),
}

impl Core {
    /// Begins a plan.
    pub fn begin_plan(&mut self, order: Order, now: Now) -> Result<Planned, Refusal> {
        self.plans.forget(now.wall);
        let (deed, subscription, selection, scope, is_final) = match order {
            Order::Requeue {
                subscription,
                selection,
            } => (
                Deed::Requeue,
                subscription,
                selection,
                PurgeScope::Dead,
                false,
            ),
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
                (deed, subscription, selection, scope, is_final)
            }
            order => {
                return self
                    .plan_at_once(order, now)
                    .map(|plan| Planned::Done(Box::new(plan)));
            }
        };
        let id = self.subscription_of(&subscription)?.record.id;
        selection.check(scope)?;
        let pair = self.pair(id);
        let ends = pair.map_or_else(Vec::new, |(_, topic)| {
            topic
                .partitions
                .iter()
                .map(|store| store.log.next())
                .collect()
        });
        Ok(Planned::Begun(Box::new(Planning {
            deed,
            subscription: id,
            selection,
            is_final,
            high: self.last_position(),
            began: now.wall,
            ends,
            at: (0, Offset(0)),
            all: Vec::new(),
            part: Vec::new(),
            weighed: 0,
            is_picked: false,
            parts: Vec::new(),
            counts: PlanCounts::default(),
            keys: BTreeMap::new(),
            looked_at: 0,
        })))
    }

    /// Looks at the next slice of messages; whether there are more.
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
        if !planning.is_picked {
            if planning.deed == Deed::Purge {
                planning.pick_backlog(topic, machine, store);
            } else if planning.pick_dead(machine) {
                planning.narrow(topic);
            }
            return Ok(true);
        }
        if planning.weigh(store) {
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
        planning.is_picked = false;
        Ok((planning.at.0 as usize) < subscription.machines.len())
    }

    /// Ends a plan: it is kept until it is applied or expires.
    pub fn finish_plan(&mut self, planning: Planning, now: Now) -> Result<Plan, Refusal> {
        let Some((subscription, topic)) = self.pair(planning.subscription) else {
            let subscription = planning.subscription.to_string();
            return Err(Refusal::SubscriptionNotFound { subscription });
        };
        let mut counts = planning.counts;
        counts.selected += counts.affected;
        counts.skips.retain(|_, count| *count > 0);
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
            text: planning.selection.words(),
            grace,
            undo_note: undo_note(planning.deed, grace),
            created: planning.began,
            expires: expiry(now.wall),
            undoes: OperationId(0),
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

impl Planning {
    fn pick_backlog(&mut self, topic: &Topic, machine: &Machine, store: &Store) {
        let partition = Partition(self.at.0);
        let end = self.ends.get(partition.0 as usize).copied();
        let end = end.unwrap_or(store.log.next());
        let ids = self.selection.ids_on(topic, partition);
        let (ids, began) = (ids.as_ref(), self.began);
        let picked = self
            .selection
            .pick_backlog((machine, end), store, ids, began);
        *self.counts.skips.entry(SkipCause::Leased).or_default() += picked.leased;
        self.counts.selected += picked.leased;
        (self.part, self.weighed, self.is_picked) = (picked.ranges, 0, true);
    }

    /// Picks from a slice of the dead ones; whether it was the last.
    fn pick_dead(&mut self, machine: &Machine) -> bool {
        let group = self.selection.error_class.as_deref().map(group_of);
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
                push_joined(&mut self.part, range);
            }
        }
        false
    }

    /// All dead ones of a partition have been looked at: which were named, and which are not the newest.
    fn narrow(&mut self, topic: &Topic) {
        let partition = Partition(self.at.0);
        if let Some(ids) = self.selection.ids_on(topic, partition) {
            let mut named = Vec::new();
            for &id in &ids {
                for one in within(&self.part, OffsetRange::one(id)) {
                    push_joined(&mut named, one);
                }
            }
            self.part = named;
        }
        if let Some(keep) = self.selection.keep_newest {
            let below = OffsetRange::between(Offset(0), all_but_newest(&self.all, keep));
            self.part = within(&self.part, below);
        }
        self.all = Vec::new();
        (self.weighed, self.is_picked) = (0, true);
    }

    /// Counts a slice of what was picked; whether there is more.
    fn weigh(&mut self, store: &Store) -> bool {
        let partition = Partition(self.at.0);
        let end = self.part.len().min(self.weighed + PLAN_SLICE);
        let slice = self.part.get(self.weighed..end).unwrap_or(&[]);
        for &range in slice {
            self.counts.affected += range.count();
            self.counts.bytes += store.log.bytes(range);
            if self.deed != Deed::Requeue {
                continue;
            }
            for offset in range.offsets() {
                if self.looked_at >= MAX_PLANNED_KEYS {
                    break;
                }
                self.looked_at += 1;
                let key = store.log.key(offset);
                if key != 0 {
                    self.keys.entry((partition, key)).or_insert(offset);
                }
            }
        }
        self.weighed = end;
        end < self.part.len()
    }
}

/// Adds a range to a list in order; joins it to the last if they touch.
fn push_joined(list: &mut Vec<OffsetRange>, range: OffsetRange) {
    match list.last_mut() {
        Some(before) if before.end == range.start => before.end = range.end,
        _ => list.push(range),
    }
}

fn warnings(deed: Deed, counts: &PlanCounts) -> Vec<String> {
    let mut warnings = Vec::new();
    if counts.overtaken_keys > 0 {
        warnings.push(format!(
            "{} keys have newer messages already: the order within them may change",
            counts.overtaken_keys
        ));
    }
    if counts.are_keys_cut {
        warnings.push(format!(
            "only the first {MAX_PLANNED_KEYS} messages were looked at for keys"
        ));
    }
    let leased = counts.skips.get(&SkipCause::Leased).copied().unwrap_or(0);
    if deed == Deed::Purge && leased > 0 {
        warnings.push(format!("{leased} messages are leased now and stay"));
    }
    warnings
}

fn undo_note(deed: Deed, grace: Span) -> String {
    match deed {
        _ if grace == Span::ZERO => "cannot be undone: nothing is put aside".to_owned(),
        Deed::Requeue => "pulls back what was not handed out until then".to_owned(),
        _ => "restores what is dropped; until then its bytes stay stored".to_owned(),
    }
}

impl Selection {
    /// In words, for the record.
    pub(super) fn words(&self) -> String {
        let mut words = Vec::new();
        if self.all {
            words.push("all".to_owned());
        }
        match self.message_ids.len() {
            0 => {}
            count => words.push(format!("{count} ids")),
        }
        if let Some(age) = self.older_than {
            words.push(format!("older than {age}"));
        }
        if let Some(keep) = self.keep_newest {
            words.push(format!("all but the newest {keep}"));
        }
        if let Some(fingerprint) = &self.fingerprint {
            words.push(format!("group {fingerprint}"));
        }
        if let Some(class) = &self.error_class {
            let class: String = class.chars().take(200).collect();
            words.push(format!("class {class}"));
        }
        words.join(", ")
    }
}
