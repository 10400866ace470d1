//! Plans of what is one entry, whatever it touches: a seek, a deletion, a change of settings. And of an undo, which
//! goes over what its operation changed.

use super::applying::frozen;
use super::auditing::changes;
use super::command::{PurgeScope, Selection, Start};
use super::limits::MAX_NAMED;
use super::objects::{Subscription, Topic};
use super::operation::{within, without};
use super::plan::{Order, Plan, PlanCounts, PlannedPart, Way, expiry};
use super::state::Core;
use super::undoing::why_not;
use crate::model::entry::Deed;
use crate::model::settings::SubscriptionSettings;
use crate::model::{
    MessageId, Name, Now, OffsetRange, OperationId, PlanId, Refusal, Span, SubscriptionId, Time,
    TopicId,
};

impl Core {
    pub(super) fn plan_at_once(&mut self, order: Order, now: Now) -> Result<Plan, Refusal> {
        let plan = match order {
            Order::Seek {
                subscription,
                target,
            } => self.plan_seek(&subscription, &target, now)?,
            Order::DeleteTopic {
                topic,
                with_subscriptions,
            } => self.plan_topic_deletion(&topic, with_subscriptions, now)?,
            Order::DeleteSubscription { subscription } => {
                self.plan_subscription_deletion(&subscription, now)?
            }
            Order::UpdateTopic { topic, settings } => {
                settings.check()?;
                let found = self.topic_of(&topic)?;
                let etag = found.record.etag();
                Plan {
                    changes: changes(&found.record.settings, &*settings),
                    deed: Deed::UpdateTopic,
                    counts: PlanCounts::default(),
                    warnings: vec![
                        "messages that are stored for replay only may go at once".to_owned(),
                    ],
                    undo_note: NOT_PUT_ASIDE.to_owned(),
                    way: Way::UpdateTopic(settings, etag),
                    ..self.draft(None, found, now)
                }
            }
            Order::UpdateSubscription {
                subscription,
                settings,
            } => {
                settings.check()?;
                let found = self.subscription_of(&subscription)?;
                let topic = self.topic_by(found.record.topic)?;
                Plan {
                    changes: changes(&found.record.settings, &*settings),
                    deed: Deed::UpdateSubscription,
                    counts: dropped_by(found, topic, &settings, now.wall),
                    undo_note: NOT_PUT_ASIDE.to_owned(),
                    way: Way::UpdateSubscription(settings, found.record.etag()),
                    ..self.draft(Some(found), topic, now)
                }
            }
            Order::Undo { operation } => self.plan_undo(operation, now)?,
            Order::Edit(order) => self.plan_edit(*order, now)?,
            Order::Requeue { .. } | Order::Drop { .. } | Order::Move { .. } => {
                return Err(Refusal::Internal {
                    detail: "a plan of messages was asked for at once".to_owned(),
                });
            }
        };
        Ok(self.keep_plan(plan))
    }

    pub(super) fn topic_by(&self, id: TopicId) -> Result<&Topic, Refusal> {
        let topic = self.objects.topics.get(&id);
        topic.ok_or(Refusal::TopicGone { topic: id })
    }

    pub(super) fn draft(
        &self,
        subscription: Option<&Subscription>,
        topic: &Topic,
        now: Now,
    ) -> Plan {
        let name = subscription.map(|found| found.record.name.to_string());
        Plan {
            id: PlanId::default(),
            deed: Deed::default(),
            topic: topic.record.id,
            subscription: subscription.map_or(SubscriptionId(0), |found| found.record.id),
            names: (topic.record.name.to_string(), name.unwrap_or_default()),
            who: self.who.clone(),
            counts: PlanCounts::default(),
            text: String::new(),
            warnings: Vec::new(),
            grace: Span::ZERO,
            undo_note: String::new(),
            created: now.wall,
            expires: expiry(now.wall),
            undoes: OperationId(0),
            undone: None,
            target: (TopicId(0), String::new()),
            changes: Vec::new(),
            way: Way::Steps,
            parts: Vec::new(),
        }
    }

    fn plan_seek(&self, subscription: &Name, target: &Start, now: Now) -> Result<Plan, Refusal> {
        let found = self.subscription_of(subscription)?;
        let topic = self.topic_by(found.record.topic)?;
        let places = topic.places(target)?;
        let sum = found.count_seek(topic, &places);
        let counts = PlanCounts {
            selected: sum.skipped + sum.restored,
            affected: sum.skipped + sum.restored,
            restored: sum.restored,
            ended_leases: sum.ended_leases,
            consumers: count_consumers(found),
            ..PlanCounts::default()
        };
        let places = frozen(places);
        let words: Vec<String> = places
            .iter()
            .map(|(partition, offset)| format!("{partition}:{offset}"))
            .collect();
        Ok(Plan {
            deed: Deed::Seek,
            counts,
            text: format!("to {}", words.join(", ")),
            grace: self.undo.grace,
            undo_note: "what it skips is restored; what it makes ready again is finished again, \
                        unless it was handed out"
                .to_owned(),
            way: Way::Seek(places),
            ..self.draft(Some(found), topic, now)
        })
    }

    fn plan_undo(&self, id: OperationId, now: Now) -> Result<Plan, Refusal> {
        let operation = self.check_undo(id, now)?;
        let record = &operation.state.record;
        if record.deed.deletes() {
            return self.plan_bringing_back(operation, now);
        }
        let mut counts = PlanCounts::default();
        let mut parts = Vec::new();
        for part in &operation.parts {
            let changed = part.changed();
            let taken = self.takeable(operation, part, &changed);
            let count = |ranges: &[OffsetRange]| ranges.iter().map(|one| one.count()).sum::<u64>();
            let (all, left) = (count(&changed), count(&taken));
            counts.selected += all;
            counts.affected += left;
            *counts.skips.entry(why_not(record.deed)).or_default() += all - left;
            for range in &changed {
                let missing = without(*range, &within(&taken, *range));
                let offsets = missing.into_iter().flat_map(OffsetRange::offsets);
                let room = MAX_NAMED.saturating_sub(counts.named.len());
                counts
                    .named
                    .extend(offsets.take(room).map(|offset| MessageId {
                        topic: record.topic,
                        partition: part.said.partition,
                        offset,
                    }));
            }
            if !taken.is_empty() {
                parts.push(PlannedPart {
                    partition: part.said.partition,
                    epoch: part.said.epoch,
                    ranges: taken,
                });
            }
        }
        counts.skips.retain(|_, count| *count > 0);
        let found = self.objects.subscriptions.get(&record.subscription);
        counts.consumers = found.map_or(0, count_consumers);
        let topic = self.topic_by(record.topic)?;
        Ok(Plan {
            deed: Deed::Undo,
            counts,
            text: format!("operation {id}: {}", record.deed.word()),
            undo_note: NO_SECOND_UNDO.to_owned(),
            undoes: id,
            undone: Some(record.deed),
            parts,
            ..self.draft(found, topic, now)
        })
    }
}

pub(super) const NO_SECOND_UNDO: &str = "an undo is not undone: plan the act anew";
const NOT_PUT_ASIDE: &str = "change the settings back; what they dropped until then is gone";

pub(super) fn count_consumers(found: &Subscription) -> u32 {
    u32::try_from(found.consumers.len()).unwrap_or(u32::MAX)
}

/// What new settings drop at once of what a subscription has.
fn dropped_by(
    found: &Subscription,
    topic: &Topic,
    settings: &SubscriptionSettings,
    now: Time,
) -> PlanCounts {
    let mut counts = PlanCounts {
        consumers: count_consumers(found),
        ..PlanCounts::default()
    };
    let backlog = found.counts(topic).backlog();
    let beyond = settings
        .max_backlog_messages
        .map_or(0, |most| backlog.saturating_sub(most));
    let selection = Selection {
        older_than: settings.backlog_retention,
        ..Selection::default()
    };
    let older = settings.backlog_retention.map_or(0, |_| {
        let at = Now {
            wall: now,
            ..Now::default()
        };
        let picked = selection.pick(found, topic, PurgeScope::Backlog, at);
        let ranges = picked.iter().flat_map(|part| &part.ranges);
        ranges.map(|range| range.count()).sum::<u64>()
    });
    let dead = Selection {
        older_than: Some(settings.dead_retention),
        ..Selection::default()
    };
    let at = Now {
        wall: now,
        ..Now::default()
    };
    let picked = dead.pick(found, topic, PurgeScope::Dead, at);
    let ranges = picked.iter().flat_map(|part| &part.ranges);
    let dead: u64 = ranges.map(|range| range.count()).sum();
    counts.affected = beyond.max(older) + dead;
    counts.selected = counts.affected;
    counts
}
