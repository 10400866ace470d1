//! Applying plans: exactly what was planned, once, however often it is asked for. What takes many steps begins here
//! and goes on in `stepping`; what is one entry is done at once, in one commit group with the operation.

use std::sync::Arc;

use super::command::{DryRun, Seek, Start};
use super::limits::{MAX_OPERATIONS, MAX_UNDER_WAY, PLAN_SLICE};
use super::operation::{Operation, ahead};
use super::output::OutFrame;
use super::plan::{Pace, Plan, PlannedPart, Way};
use super::portions::told_bytes;
use super::state::{Act, Core};
use super::stepping::step_of;
use crate::delivery::Chosen;
use crate::model::entry::{
    Deed, Entry, Operated, OperationPart, OperationProgress, OperationRecord, OperationState, Phase,
};
use crate::model::{
    Mono, Name, Now, Offset, OffsetRange, OperationId, Partition, PlanId, Refusal, Span, Time,
};

/// What is asked of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// It holds.
    Pause,
    /// It goes on.
    Resume,
    /// It ends where it is.
    Cancel,
}

impl Core {
    /// Finds the operation that carries out a plan, if there is one already; refuses a plan that cannot be applied.
    pub fn find_plan(&self, id: PlanId, now: Now) -> Result<Option<OperationState>, Refusal> {
        let operations = &self.objects.operations;
        if let Some(of) = operations.by_plan.get(&id) {
            return Ok(operations.all.get(of).map(|one| one.state.clone()));
        }
        let plan = id.to_string();
        if id.broker != self.broker_id {
            return Err(Refusal::PlanOfAnotherBroker { plan });
        }
        if id.incarnation != self.incarnation || self.plans.get(id.number, now.wall).is_none() {
            return Err(Refusal::PlanExpired { plan });
        }
        Ok(None)
    }

    /// How many messages of a plan, from a part and an offset on, are still as they were: a slice of `most` messages.
    pub fn recheck_plan(
        &self,
        id: PlanId,
        (at, from): (usize, Offset),
        most: u64,
    ) -> (u64, Option<(usize, Offset)>) {
        let Some(plan) = self.plans.get(id.number, Time(0)) else {
            return (0, None);
        };
        let pair = self.pair(plan.subscription);
        let pair = pair.filter(|_| plan.deed.is_on_dead());
        let (Some((subscription, topic)), Some(part)) = (pair, plan.parts.get(at)) else {
            return (0, None);
        };
        let places = subscription
            .machine(part.partition)
            .zip(topic.store(part.partition));
        let Some((machine, store)) = places else {
            return (0, None);
        };
        let ranges = ahead(&part.ranges, from, PLAN_SLICE, most);
        let left = ranges
            .iter()
            .flat_map(|&range| machine.unfinished(&store.log, range, Chosen::Dead));
        let left = left.map(OffsetRange::count).sum();
        let end = ranges.last().map(|range| range.end);
        let last = part.ranges.last().map(|range| range.end);
        let next = match end {
            Some(end) if last.is_some_and(|last| end < last) => (at, end),
            _ => (at + 1, Offset(0)),
        };
        (left, Some(next).filter(|next| next.0 < plan.parts.len()))
    }

    /// What a plan would change; none once it is gone.
    pub fn planned(&self, id: PlanId, now: Now) -> Option<(Deed, u64)> {
        let plan = self.plans.get(id.number, now.wall)?;
        Some((plan.deed, plan.counts.affected))
    }

    /// Carries out a plan. The same again gives the same operation.
    pub fn apply_plan(
        &mut self,
        id: PlanId,
        pace: Pace,
        now: Now,
    ) -> Result<OperationState, Refusal> {
        if let Some(state) = self.find_plan(id, now)? {
            return Ok(state);
        }
        let Some(plan) = self.plans.take(id.number) else {
            return Err(Refusal::PlanExpired {
                plan: id.to_string(),
            });
        };
        let applied = self.carry_out(&plan, pace, now);
        if applied.is_err() {
            self.plans.keep(plan);
        }
        applied
    }

    fn carry_out(&mut self, plan: &Plan, pace: Pace, now: Now) -> Result<OperationState, Refusal> {
        self.forget_operations(MAX_OPERATIONS - 1, now);
        let operation = self.objects.broker.next_operation;
        let record = self.record_of(plan, pace, now);
        if let Way::Steps = plan.way {
            return self.begin_operation(record, &plan.parts, now);
        }
        let first = self.output.groups.len();
        self.acting = Some((operation, plan.id.to_string()));
        let parts = self.do_at_once(plan, now);
        self.acting = None;
        let parts = parts?;
        let affected = plan.counts.affected;
        let is_kept = !parts.is_empty() || plan.deed.deletes();
        let is_open = record.grace > Span::ZERO && is_kept;
        let progress = OperationProgress {
            phase: Phase::Finished,
            updated: now.wall,
            affected,
            skipped: plan.counts.selected.saturating_sub(affected),
            undo_until: if is_open {
                now.wall.plus(record.grace)
            } else {
                Time(0)
            },
            note: if is_open {
                String::new()
            } else {
                plan.undo_note.clone()
            },
            ..OperationProgress::default()
        };
        let state = OperationState { record, progress };
        let mut acts = vec![Act::eager(Entry::Operated(Operated::Started(
            state.clone(),
        )))];
        let parts = parts.into_iter();
        acts.extend(parts.map(|part| Act::lazy(Entry::Operated(Operated::Part(part)))));
        acts.extend(self.end_of_undone(plan.undoes, operation, Phase::Finished));
        self.enact(acts, now);
        self.join_groups(first);
        Ok(state)
    }

    pub(super) fn record_of(&self, plan: &Plan, pace: Pace, now: Now) -> OperationRecord {
        OperationRecord {
            id: self.objects.broker.next_operation,
            plan: plan.id,
            deed: plan.deed,
            subscription: plan.subscription,
            topic: plan.topic,
            names: plan.names.clone(),
            who: self.who.clone(),
            started: now.wall,
            rate: pace.rate,
            canary: pace.canary,
            canary_wait: pace.canary_wait,
            brake: pace.brake,
            keeps_attempts: pace.keeps_attempts,
            selected: plan.counts.selected,
            grace: plan.grace,
            undoes: plan.undoes,
            text: plan.text.clone(),
            target: plan.target.clone(),
        }
    }

    /// An operation begins: the first step comes with the next tick.
    fn begin_operation(
        &mut self,
        record: OperationRecord,
        parts: &[PlannedPart],
        now: Now,
    ) -> Result<OperationState, Refusal> {
        if self.objects.operations.under_way.len() as u64 >= MAX_UNDER_WAY {
            return Err(Refusal::LimitReached {
                what: "operations under way",
                limit: MAX_UNDER_WAY,
            });
        }
        if record.undoes.0 > 0 {
            self.check_undo(record.undoes, now)?;
        }
        let planned: u64 = parts.iter().map(PlannedPart::count).sum();
        let progress = OperationProgress {
            updated: now.wall,
            skipped: record.selected.saturating_sub(planned),
            ..OperationProgress::default()
        };
        let (id, undoes) = (record.id, record.undoes);
        let state = OperationState { record, progress };
        let mut acts = vec![Act::eager(Entry::Operated(Operated::Started(
            state.clone(),
        )))];
        self.check_bytes("selection", parts.iter().map(|part| part.bytes).sum())?;
        let parts = parts.iter().enumerate();
        let parts = parts.map(|(index, part)| Operated::Part(part_of(id, index, part)));
        acts.extend(parts.map(|part| Act::lazy(Entry::Operated(part))));
        if let Some(undone) = self.objects.operations.all.get(&undoes) {
            let progress = OperationProgress {
                undone_by: id,
                ..undone.state.progress.clone()
            };
            acts.push(step_of(undoes, progress));
        }
        self.enact(acts, now);
        Ok(state)
    }

    fn do_at_once(&mut self, plan: &Plan, now: Now) -> Result<Vec<OperationPart>, Refusal> {
        let name = |text: &str| {
            Name::parse(text).map_err(|error| Refusal::Internal {
                detail: error.to_string(),
            })
        };
        let topic = || name(&plan.names.0);
        let subscription = || name(&plan.names.1);
        match &plan.way {
            Way::Steps | Way::Edit(..) => {}
            Way::Seek(places) => {
                let subscription = subscription()?;
                let target = Start::Offsets(places.clone());
                let seek = Seek {
                    subscription: &subscription,
                    target: &target,
                };
                let parts = if plan.grace > Span::ZERO {
                    self.seek_image(seek, self.objects.broker.next_operation)?
                } else {
                    Vec::new()
                };
                let sizes = parts.iter().map(told_bytes);
                self.check_bytes("target", sizes.sum())?;
                self.seek(seek, DryRun::No, now)?;
                return Ok(parts);
            }
            Way::BringBack => self.bring_back(plan.undoes, now)?,
            Way::DeleteTopic(with_subscriptions) => {
                self.delete_planned_topic(plan, &topic()?, *with_subscriptions, now)?;
            }
            Way::DeleteSubscription => {
                self.delete_planned_subscription(plan, &subscription()?, now)?;
            }
            Way::UpdateTopic(settings, etag) => {
                let settings = **settings;
                let change = Box::new(move |_: &_| Ok(settings));
                self.update_topic(&topic()?, Some(etag), change, now)?;
            }
            Way::UpdateSubscription(settings, etag) => {
                let settings = settings.as_ref().clone();
                let change = Box::new(move |_: &_| Ok(settings));
                self.update_subscription(&subscription()?, Some(etag), change, now)?;
            }
        }
        Ok(Vec::new())
    }

    /// Refuses what is too much for one commit group.
    pub(super) fn check_commit(&self, field: &'static str, acts: &[Act]) -> Result<(), Refusal> {
        let sizes = acts
            .iter()
            .map(|act| OutFrame::lazy(&act.entry).stored_size());
        self.check_bytes(field, sizes.sum::<usize>() as u64)
    }

    /// Refuses so many bytes, if they are too much for one commit group.
    fn check_bytes(&self, field: &'static str, bytes: u64) -> Result<(), Refusal> {
        if bytes <= self.group_bytes {
            return Ok(());
        }
        Err(Refusal::ValueOutOfRange {
            field,
            value: format!("{bytes} bytes as one commit"),
            range: format!("at most {} bytes: select fewer at a time", self.group_bytes),
        })
    }

    /// Holds an operation, lets it go on, or ends it where it is.
    pub fn control(
        &mut self,
        id: OperationId,
        control: Control,
        now: Now,
    ) -> Result<OperationState, Refusal> {
        let operation = self.operation_of(id)?;
        let (record, progress) = (&operation.state.record, &operation.state.progress);
        let phase = progress.phase;
        let state = |detail| Refusal::OperationState {
            operation: id,
            detail,
        };
        if phase.is_over() {
            return Err(state(
                "is over; nothing of it is left to pause, resume or cancel",
            ));
        }
        let is_unjudged =
            record.canary > 0 && progress.judged_at > Time(0) && progress.affected <= record.canary;
        let wait = record.canary_wait;
        let mut progress = progress.clone();
        progress.updated = now.wall;
        match (control, phase) {
            (Control::Cancel, _) => {
                let note = "cancelled by an operator".to_owned();
                self.end_operation(id, Phase::Cancelled, note, now);
                return Ok(self.operation_of(id)?.state.clone());
            }
            (Control::Pause, Phase::Paused) => return Ok(operation.state.clone()),
            (Control::Pause, _) => progress.phase = Phase::Paused,
            (Control::Resume, Phase::Paused) if is_unjudged => {
                progress.phase = Phase::Waiting;
                progress.judged_at = now.wall.plus(wait);
            }
            (Control::Resume, Phase::Paused) => progress.phase = Phase::Running,
            (Control::Resume, _) => return Ok(operation.state.clone()),
        }
        self.enact(vec![step_of(id, progress)], now);
        let operation = self.objects.operations.all.get_mut(&id);
        let operation = operation.ok_or(Refusal::OperationNotFound { operation: id })?;
        operation.due = Mono(0);
        Ok(operation.state.clone())
    }

    /// Shows an operation.
    pub fn operation(&self, id: OperationId) -> Result<OperationState, Refusal> {
        let operation = self.operation_of(id)?;
        let mut state = operation.state.clone();
        state.progress.died = operation.died;
        Ok(state)
    }

    /// Lists operations before one, the newest first, at most so many; of one subscription if it is named.
    pub fn operations(
        &self,
        before: OperationId,
        limit: usize,
        subscription: Option<&str>,
    ) -> Vec<OperationState> {
        let all = self.objects.operations.all.range(..before).rev();
        let all = all.map(|(_, operation)| operation);
        let wanted =
            all.filter(|one| subscription.is_none_or(|name| one.state.record.names.1 == name));
        wanted.take(limit).map(|one| one.state.clone()).collect()
    }

    pub(super) fn operation_of(&self, id: OperationId) -> Result<&Operation, Refusal> {
        let operation = self.objects.operations.all.get(&id);
        operation.ok_or(Refusal::OperationNotFound { operation: id })
    }
}

/// What is to be done, as it was planned.
fn part_of(operation: OperationId, index: usize, planned: &PlannedPart) -> OperationPart {
    OperationPart {
        operation,
        index: u32::try_from(index).unwrap_or(u32::MAX),
        partition: planned.partition,
        epoch: planned.epoch,
        ranges: Arc::clone(&planned.ranges),
        cursor: Offset(0),
        ..OperationPart::default()
    }
}

/// The places of a seek, where each partition has one.
pub(super) fn frozen(places: Vec<Option<Offset>>) -> Vec<(Partition, Offset)> {
    let places = (0..).map(Partition).zip(places);
    places
        .filter_map(|(partition, place)| Some((partition, place?)))
        .collect()
}
