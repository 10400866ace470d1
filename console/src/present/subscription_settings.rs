//! The settings of a subscription, as `sub get|create|edit` print them.

use serde::Serialize;
use weir_proto::v1;

use super::table::Fields;
use super::units::{self, known};

/// The settings of a subscription.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct SubscriptionSettings {
    pub(crate) ack_deadline_seconds: Option<f64>,
    pub(crate) max_attempts: u32,
    pub(crate) backoff_min_seconds: Option<f64>,
    pub(crate) backoff_max_seconds: Option<f64>,
    pub(crate) key_order: &'static str,
    pub(crate) dead_letter_retention_seconds: Option<f64>,
    /// Null without a limit.
    pub(crate) max_outstanding_messages: Option<u64>,
    /// Messages per second; null without a limit.
    pub(crate) delivery_rate: Option<u64>,
    /// Null if dead messages stay.
    pub(crate) dead_letter_topic: Option<String>,
    /// Messages per minute; null without a limit.
    pub(crate) retry_budget: Option<u64>,
    /// Null for ever.
    pub(crate) backlog_retention_seconds: Option<f64>,
    /// Null without a limit.
    pub(crate) max_backlog_messages: Option<u64>,
    /// Null without a limit.
    pub(crate) max_backlog_bytes: Option<u64>,
    pub(crate) backlog_policy: &'static str,
    /// Null if it is never deleted by itself.
    pub(crate) expiration_seconds: Option<f64>,
    pub(crate) ephemeral: bool,
    pub(crate) paused: bool,
    /// Null if its owner named none.
    pub(crate) slo_age_seconds: Option<f64>,
    pub(crate) slo_backlog: Option<u64>,
    pub(crate) create_time: Option<String>,
}

impl SubscriptionSettings {
    /// As the broker tells them.
    pub(super) fn new(subscription: &v1::Subscription) -> Self {
        Self {
            ack_deadline_seconds: units::span_seconds(subscription.ack_deadline.as_ref()),
            max_attempts: subscription.max_attempts,
            backoff_min_seconds: units::span_seconds(subscription.minimum_backoff.as_ref()),
            backoff_max_seconds: units::span_seconds(subscription.maximum_backoff.as_ref()),
            key_order: key_order(subscription.key_order()),
            dead_letter_retention_seconds: units::span_seconds(
                subscription.dead_letter_retention.as_ref(),
            ),
            max_outstanding_messages: subscription.max_outstanding_messages,
            delivery_rate: subscription.delivery_rate,
            dead_letter_topic: Some(subscription.dead_letter_topic.clone())
                .filter(|topic| !topic.is_empty()),
            retry_budget: subscription.retry_budget,
            backlog_retention_seconds: units::span_seconds(subscription.backlog_retention.as_ref()),
            max_backlog_messages: subscription.max_backlog_messages,
            max_backlog_bytes: subscription.max_backlog_bytes,
            backlog_policy: backlog_policy(subscription.backlog_policy()),
            expiration_seconds: units::span_seconds(subscription.expiration.as_ref()),
            ephemeral: subscription.ephemeral,
            paused: subscription.paused,
            slo_age_seconds: units::span_seconds(subscription.slo_age.as_ref()),
            slo_backlog: subscription.slo_backlog,
            create_time: units::rfc3339(subscription.create_time.as_ref()),
        }
    }

    /// For people: those with a default always, the others where they say something.
    pub(super) fn push_fields(&self, fields: &mut Fields) {
        fields.push(
            "ack deadline",
            known(self.ack_deadline_seconds, units::seconds),
        );
        fields.push("max attempts", units::count(self.max_attempts.into()));
        fields.push(
            "backoff min",
            known(self.backoff_min_seconds, units::seconds),
        );
        fields.push(
            "backoff max",
            known(self.backoff_max_seconds, units::seconds),
        );
        fields.push("key order", self.key_order);
        let numbers = [
            ("max outstanding", self.max_outstanding_messages),
            ("delivery rate /s", self.delivery_rate),
            ("retry budget /min", self.retry_budget),
            ("max backlog messages", self.max_backlog_messages),
            ("max backlog bytes", self.max_backlog_bytes),
            ("SLO backlog", self.slo_backlog),
        ];
        for (name, number) in numbers {
            if let Some(number) = number {
                fields.push(name, units::count(number));
            }
        }
        if let Some(topic) = &self.dead_letter_topic {
            fields.push("dead letter topic", topic);
        }
        if self
            .max_backlog_messages
            .or(self.max_backlog_bytes)
            .is_some()
        {
            fields.push("backlog policy", self.backlog_policy);
        }
        if self.backlog_retention_seconds.is_some() {
            let retention = known(self.backlog_retention_seconds, units::seconds);
            fields.push("backlog retention", retention);
        }
        if self.expiration_seconds.is_some() {
            fields.push("expiration", known(self.expiration_seconds, units::seconds));
        }
        if let Some(age) = self.slo_age_seconds {
            fields.push("SLO age", units::seconds(age));
        }
        let retention = known(self.dead_letter_retention_seconds, units::seconds);
        fields.push("dead letter retention", retention);
        fields.push(
            "created",
            self.create_time.as_deref().unwrap_or(units::UNKNOWN),
        );
    }
}

fn key_order(order: v1::KeyOrder) -> &'static str {
    match order {
        v1::KeyOrder::Unspecified | v1::KeyOrder::Off => "off",
        v1::KeyOrder::Block => "block",
        v1::KeyOrder::Skip => "skip",
    }
}

fn backlog_policy(policy: v1::BacklogPolicy) -> &'static str {
    match policy {
        v1::BacklogPolicy::Unspecified | v1::BacklogPolicy::DropOldest => "drop-oldest",
        v1::BacklogPolicy::HoldPublishers => "hold-publishers",
    }
}
