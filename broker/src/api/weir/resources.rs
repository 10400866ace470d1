//! Topics and subscriptions as the contract writes them.

use weir_proto::server;

use super::convert;
use crate::core::{SubscriptionView, TopicView};
use crate::model::settings::EPHEMERAL_GRACE;

/// A topic as the contract writes it.
pub(super) fn wire_topic(view: &TopicView) -> server::Topic {
    server::Topic {
        name: view.name.to_string(),
        topic_id: view.id.0,
        partition_count: view.settings.partitions,
        retention_duration: Some(convert::duration(view.settings.retention)),
        retention_bytes: Some(view.settings.retention_bytes),
        message_time_to_live: view.settings.time_to_live.map(convert::duration),
        max_messages: view.settings.max_messages,
        max_bytes: view.settings.max_bytes,
        limit_policy: convert::wire_limit_policy(view.settings.limit_policy).into(),
        durability: convert::wire_durability(view.settings.durability).into(),
        create_time: Some(convert::timestamp(view.created)),
        subscription_count: view.subscriptions,
        etag: view.etag.clone(),
        update_time: Some(convert::timestamp(view.updated)),
    }
}

/// A subscription as the contract writes it.
pub(super) fn wire_subscription(view: &SubscriptionView) -> server::Subscription {
    let settings = &view.settings;
    let dead_letters = settings.dead_letter_topic.as_ref();
    server::Subscription {
        name: view.name.to_string(),
        subscription_id: view.id.0,
        topic: view.topic_name.to_string(),
        ack_deadline: Some(convert::duration(settings.ack_deadline)),
        max_attempts: settings.max_attempts,
        minimum_backoff: Some(convert::duration(settings.backoff_min)),
        maximum_backoff: Some(convert::duration(settings.backoff_max)),
        key_order: convert::wire_key_order(settings.key_order).into(),
        dead_letter_retention: Some(convert::duration(settings.dead_retention)),
        create_time: Some(convert::timestamp(view.created)),
        filter: settings.filter.as_deref().unwrap_or_default().to_owned(),
        max_outstanding_messages: settings.max_outstanding,
        delivery_rate: settings.delivery_rate,
        backlog_retention: settings.backlog_retention.map(convert::duration),
        max_backlog_messages: settings.max_backlog_messages,
        max_backlog_bytes: settings.max_backlog_bytes,
        backlog_policy: convert::wire_backlog_policy(settings.backlog_policy).into(),
        expiration: settings.expiration.map(convert::duration),
        ephemeral: settings.expiration == Some(EPHEMERAL_GRACE),
        paused: settings.is_paused,
        dead_letter_topic: dead_letters.map(ToString::to_string).unwrap_or_default(),
        retry_budget: settings.retry_budget,
        slo_age: settings.slo_age.map(convert::duration),
        slo_backlog: settings.slo_backlog,
        etag: view.etag.clone(),
        update_time: Some(convert::timestamp(view.updated)),
    }
}
