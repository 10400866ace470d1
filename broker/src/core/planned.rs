//! Plans of what is one entry and is counted by the books, whatever it touches: a deletion and its undo, a change of a
//! topic's settings, an edit.

use std::sync::Arc;

use super::auditing::changes;
use super::objects::{Subscription, Topic};
use super::plan::{Order, Plan, PlanCounts, Way, expiry};
use super::state::Core;
use crate::model::entry::Deed;
use crate::model::{Now, OperationId, PlanId, Refusal, Span, SubscriptionId, TopicId};

impl Core {
    pub(super) fn plan_at_once(&mut self, order: Order, now: Now) -> Result<Plan, Refusal> {
        let plan = match order {
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
            Order::Undo { operation } => {
                let operation = self.check_undo(operation, now)?;
                self.plan_bringing_back(operation, now)?
            }
            Order::Edit(order) => self.plan_edit(*order, now)?,
            Order::Requeue { .. }
            | Order::Drop { .. }
            | Order::Move { .. }
            | Order::Seek { .. }
            | Order::UpdateSubscription { .. } => {
                return Err(Refusal::Internal {
                    detail: "a plan of messages was asked for at once".to_owned(),
                });
            }
        };
        Ok(self.keep_plan(plan))
    }

    pub(super) fn topic_by(&self, id: TopicId) -> Result<&Topic, Refusal> {
        let topic = self.objects.topics.get(&id);
        let topic = topic.map(Box::as_ref);
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
            parts: Arc::default(),
        }
    }
}

pub(super) const NO_SECOND_UNDO: &str = "an undo is not undone: plan the act anew";
pub(super) const NOT_PUT_ASIDE: &str =
    "change the settings back; what they dropped until then is gone";

pub(super) fn count_consumers(found: &Subscription) -> u32 {
    u32::try_from(found.consumers.len()).unwrap_or(u32::MAX)
}
