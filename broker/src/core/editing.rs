//! Editing a dead message: a new one with another content is published for the subscription in which it died, and for
//! no other, and the dead one is finished, in one commit group.
//!
//! What makes it for one alone is that it is left out for all others in the same group, as if their filters did it. It
//! is stored in the topic as any message: who reads the topic with no subscription sees it, and so does a subscription
//! that begins at an earlier place later, or is sought back.

use super::limits::{MAX_ENTRY_PARTS, MAX_OPERATIONS};
use super::moving::copies;
use super::plan::{EditOrder, Edited, Pace, Plan, PlanCounts, PlannedPart, Way};
use super::planned::count_consumers;
use super::state::{Act, Core};
use crate::delivery::State;
use crate::model::entry::{
    Body, Deed, DropCause, Dropped, Entry, Filtered, LeftOut, Operated, OperationPart,
    OperationProgress, OperationRecord, OperationState, Phase,
};
use crate::model::{
    Now, Offset, OffsetRange, OperationId, Partition, PlanId, Position, Refusal, Span,
    SubscriptionId, Time,
};

/// Messages after an edited one that a plan looks at for its key.
const LOOK_AHEAD: u64 = 10_000;

impl Core {
    pub(super) fn plan_edit(&self, order: EditOrder, now: Now) -> Result<Plan, Refusal> {
        let found = self.subscription_of(&order.subscription)?;
        let topic = self.topic_by(found.record.topic)?;
        let (partition, offset) = (order.message.partition, order.message.offset);
        let is_here = order.message.topic == topic.record.id;
        let places = found.machine(partition).zip(topic.store(partition));
        let (machine, store) = places
            .filter(|_| is_here)
            .filter(|(machine, store)| {
                let (state, _) = machine.state_of(offset, &store.log);
                matches!(state, State::Dead(dead) if dead.text == order.text)
            })
            .ok_or_else(|| Refusal::ValueOutOfRange {
                field: "selection.message_ids",
                value: order.message.to_string(),
                range: format!("a message that is dead in {}", order.subscription),
            })?;
        let key = store.log.key(offset);
        let later = OffsetRange::between(offset.plus(1), store.log.next());
        let is_overtaken = key != 0 && store.log.has_key_within(later, key, LOOK_AHEAD);
        let mut warnings = order.warnings;
        if is_overtaken {
            warnings.push(
                "its key has newer messages already: the edited one comes after them".to_owned(),
            );
        }
        let counts = PlanCounts {
            selected: 1,
            affected: 1,
            bytes: order.edited.content.len() as u64,
            keys: u64::from(key != 0),
            overtaken_keys: u64::from(is_overtaken),
            consumers: count_consumers(found),
            ..PlanCounts::default()
        };
        let grace = self.undo.grace;
        Ok(Plan {
            deed: Deed::Edit,
            counts,
            text: order.message.to_string(),
            warnings,
            grace,
            undo_note: match grace {
                Span::ZERO => "cannot be undone: nothing is put aside".to_owned(),
                _ => "takes the edited message back and restores the dead one, until a consumer \
                      was handed the edited one"
                    .to_owned(),
            },
            target: (topic.record.id, topic.record.name.to_string()),
            changes: order.changes,
            parts: [PlannedPart::new(
                (partition, machine.epoch()),
                vec![OffsetRange::one(offset)],
            )]
            .into(),
            way: Way::Edit(Box::new(order.edited), order.text),
            ..self.draft(Some(found), topic, now)
        })
    }

    /// What a plan of an edit publishes, and the id that its operation will have; none if it is of something else, or
    /// is gone.
    pub fn edited(&self, id: PlanId, now: Now) -> Option<(Edited, OperationId)> {
        let plan = self.plans.get(id.number, now.wall)?;
        match &plan.way {
            Way::Edit(edited, _) => {
                Some((edited.as_ref().clone(), self.objects.broker.next_operation))
            }
            _ => None,
        }
    }

    /// Carries out the plan of an edit with a body that names this operation; none, and nothing is done, if another one
    /// began meanwhile, so that this one has another id.
    pub fn apply_edit(
        &mut self,
        id: PlanId,
        (operation, body): (OperationId, Body),
        now: Now,
    ) -> Result<Option<OperationState>, Refusal> {
        if let Some(state) = self.find_plan(id, now)? {
            return Ok(Some(state));
        }
        if self.objects.broker.next_operation != operation {
            return Ok(None);
        }
        let Some(plan) = self.plans.take(id.number) else {
            return Err(Refusal::PlanExpired {
                plan: id.to_string(),
            });
        };
        let applied = self.edit(&plan, body, now);
        if applied.is_err() {
            self.plans.keep(plan);
        }
        applied.map(Some)
    }

    fn edit(&mut self, plan: &Plan, body: Body, now: Now) -> Result<OperationState, Refusal> {
        let (Way::Edit(edited, text), Some((partition, range))) = (&plan.way, plan.single()) else {
            return Err(internal(
                "a plan of something else was to be applied as an edit",
            ));
        };
        self.check_dead(plan, (partition, range.start, *text))?;
        self.forget_operations(MAX_OPERATIONS - 1, now);
        let topic = self.routed(plan.topic)?;
        let batches = vec![(edited.partition, body)];
        self.check_limits(topic, &batches)?;
        let all = topic.subscriptions.iter().copied();
        let all = all.chain(self.objects.aside_ids(plan.topic));
        let left_out = others(all, plan.subscription);
        let mut acts = self.decide_batches(plan.topic, batches, now)?;
        // It is for one subscription, whatever the filters say.
        acts.truncate(1);
        let published = copies(&acts, &[(range.start, *text, edited.partition, 0)]);
        let Some(copied) = published.first().copied() else {
            return Err(internal("an edited message has no place"));
        };
        let place = OffsetRange::one(copied.base);
        acts.extend(left_out.into_iter().map(|subscriptions| {
            Act::eager(Entry::Filtered(Filtered {
                topic: plan.topic,
                partition: copied.partition,
                left_out: vec![LeftOut {
                    subscriptions,
                    ranges: vec![place],
                }],
            }))
        }));
        let record = self.record_of(plan, Pace::default(), now);
        let state = edited_state(record, now);
        let found = self.objects.subscriptions.get(&plan.subscription);
        let machine = found.and_then(|found| found.machine(partition));
        let part = OperationPart {
            operation: state.record.id,
            partition,
            epoch: machine
                .map(crate::delivery::Machine::epoch)
                .unwrap_or_default(),
            ranges: [range].into(),
            cursor: Offset(u64::MAX),
            image: machine.map_or_else(Vec::new, |machine| machine.image(&[range])),
            copies: published,
            ..OperationPart::default()
        };
        acts.push(Act::eager(Entry::Operated(Operated::Started(
            state.clone(),
        ))));
        if state.progress.undo_until > Time(0) {
            acts.push(Act::eager(Entry::Operated(Operated::Part(part))));
        }
        // Last, so that the text that its history refers to is not let go.
        acts.push(Act::eager(Entry::Dropped(Dropped {
            subscription: plan.subscription,
            partition,
            cause: DropCause::Moved,
            operation: state.record.id,
            ranges: vec![range],
        })));
        self.check_commit("edit", &acts)?;
        self.enact(acts, now);
        self.note_deadline(plan.subscription, now);
        self.stir(plan.subscription);
        self.after_publish(plan.topic, now);
        Ok(state)
    }

    fn check_dead(
        &self,
        plan: &Plan,
        (partition, offset, text): (Partition, Offset, Position),
    ) -> Result<(), Refusal> {
        let pair = self.pair(plan.subscription);
        let is_dead = pair.is_some_and(|(subscription, topic)| {
            let places = subscription.machine(partition).zip(topic.store(partition));
            places.is_some_and(|(machine, store)| {
                let (state, _) = machine.state_of(offset, &store.log);
                matches!(state, State::Dead(dead) if dead.text == text)
            })
        });
        if is_dead {
            return Ok(());
        }
        Err(Refusal::SelectionShrank {
            plan: plan.id.to_string(),
            planned: 1,
            left: 0,
        })
    }
}

impl Plan {
    /// The one message that it is about.
    fn single(&self) -> Option<(Partition, OffsetRange)> {
        let part = self.parts.first()?;
        Some((part.partition, *part.ranges.first()?))
    }
}

fn internal(detail: &str) -> Refusal {
    Refusal::Internal {
        detail: detail.to_owned(),
    }
}

/// An edit is finished as soon as it begins.
fn edited_state(record: OperationRecord, now: Now) -> OperationState {
    let is_open = record.grace > Span::ZERO;
    let progress = OperationProgress {
        phase: Phase::Finished,
        updated: now.wall,
        affected: 1,
        undo_until: if is_open {
            now.wall.plus(record.grace)
        } else {
            Time(0)
        },
        ..OperationProgress::default()
    };
    OperationState { record, progress }
}

/// Subscriptions of a topic but one, as many at a time as an entry names.
fn others(
    all: impl Iterator<Item = SubscriptionId>,
    own: SubscriptionId,
) -> Vec<Vec<SubscriptionId>> {
    let others: Vec<SubscriptionId> = all.filter(|id| *id != own).collect();
    let chunks = others.chunks(MAX_ENTRY_PARTS / 2);
    chunks.map(<[SubscriptionId]>::to_vec).collect()
}
