//! Update masks: which settings a change is about, and the settings it makes.
//!
//! A mask names fields of the resource. A field it names gets the given value, or its default if none is given; all
//! others stay as they are.

use prost_types::FieldMask;

use super::convert::MAX_ECHO_CHARS;
use crate::model::Refusal;
use crate::model::settings::{SubscriptionSettings, TopicSettings};

/// Takes over one setting.
type Take<S> = fn(&mut S, &S);

/// The settings of a topic that can be changed, by field.
const TOPIC: &[(&str, Take<TopicSettings>)] = &[
    ("retention_duration", |to, from| {
        to.retention = from.retention;
    }),
    ("retention_bytes", |to, from| {
        to.retention_bytes = from.retention_bytes;
    }),
    ("message_time_to_live", |to, from| {
        to.time_to_live = from.time_to_live;
    }),
    ("max_messages", |to, from| {
        to.max_messages = from.max_messages;
    }),
    ("max_bytes", |to, from| {
        to.max_bytes = from.max_bytes;
    }),
    ("limit_policy", |to, from| {
        to.limit_policy = from.limit_policy;
    }),
    ("durability", |to, from| {
        to.durability = from.durability;
    }),
];

/// Fields of a topic that are fixed at creation.
const FIXED_IN_TOPIC: [&str; 2] = ["topic.name", "topic.partition_count"];

/// The settings of a subscription that can be changed, by field.
const SUBSCRIPTION: &[(&str, Take<SubscriptionSettings>)] = &[
    ("ack_deadline", |to, from| {
        to.ack_deadline = from.ack_deadline;
    }),
    ("max_attempts", |to, from| {
        to.max_attempts = from.max_attempts;
    }),
    ("minimum_backoff", |to, from| {
        to.backoff_min = from.backoff_min;
    }),
    ("maximum_backoff", |to, from| {
        to.backoff_max = from.backoff_max;
    }),
    ("key_order", |to, from| {
        to.key_order = from.key_order;
    }),
    ("dead_letter_retention", |to, from| {
        to.dead_retention = from.dead_retention;
    }),
    ("max_outstanding_messages", |to, from| {
        to.max_outstanding = from.max_outstanding;
    }),
    ("delivery_rate", |to, from| {
        to.delivery_rate = from.delivery_rate;
    }),
    ("backlog_retention", |to, from| {
        to.backlog_retention = from.backlog_retention;
    }),
    ("max_backlog_messages", |to, from| {
        to.max_backlog_messages = from.max_backlog_messages;
    }),
    ("max_backlog_bytes", |to, from| {
        to.max_backlog_bytes = from.max_backlog_bytes;
    }),
    ("backlog_policy", |to, from| {
        to.backlog_policy = from.backlog_policy;
    }),
    ("dead_letter_topic", |to, from| {
        to.dead_letter_topic.clone_from(&from.dead_letter_topic);
    }),
    ("retry_budget", |to, from| {
        to.retry_budget = from.retry_budget;
    }),
    ("expiration", |to, from| {
        to.expiration = from.expiration;
    }),
    ("ephemeral", |to, from| {
        to.expiration = from.expiration;
    }),
    ("slo_age", |to, from| {
        to.slo_age = from.slo_age;
    }),
    ("slo_backlog", |to, from| {
        to.slo_backlog = from.slo_backlog;
    }),
];

/// Fields of a subscription that are fixed at creation.
const FIXED_IN_SUBSCRIPTION: [&str; 3] = [
    "subscription.name",
    "subscription.topic",
    "subscription.filter",
];

/// What a mask takes over.
pub(super) type Paths<S> = Vec<Take<S>>;

/// What a mask takes over of a topic.
pub(super) fn topic(mask: Option<FieldMask>) -> Result<Paths<TopicSettings>, Refusal> {
    parse(mask, TOPIC, &FIXED_IN_TOPIC)
}

/// What a mask takes over of a subscription.
pub(super) fn subscription(
    mask: Option<FieldMask>,
) -> Result<Paths<SubscriptionSettings>, Refusal> {
    parse(mask, SUBSCRIPTION, &FIXED_IN_SUBSCRIPTION)
}

/// The settings with what the mask names taken from `given`.
pub(super) fn change<S: Clone>(now: &S, given: &S, paths: &Paths<S>) -> S {
    let mut changed = now.clone();
    for take in paths {
        take(&mut changed, given);
    }
    changed
}

/// The fields in which the settings of two topics differ.
pub(super) fn topic_difference(one: &TopicSettings, other: &TopicSettings) -> FieldMask {
    difference(one, other, TOPIC)
}

/// The fields in which the settings of two subscriptions differ.
pub(super) fn subscription_difference(
    one: &SubscriptionSettings,
    other: &SubscriptionSettings,
) -> FieldMask {
    difference(one, other, SUBSCRIPTION)
}

fn difference<S: Clone + PartialEq>(one: &S, other: &S, known: &[(&str, Take<S>)]) -> FieldMask {
    let differs = |take: &Take<S>| {
        let mut taken = one.clone();
        take(&mut taken, other);
        taken != *one
    };
    let fields = known.iter().filter(|(_, take)| differs(take));
    FieldMask {
        paths: fields.map(|(field, _)| (*field).to_owned()).collect(),
    }
}

fn parse<S>(
    mask: Option<FieldMask>,
    known: &[(&str, Take<S>)],
    fixed: &[&'static str],
) -> Result<Paths<S>, Refusal> {
    let paths = mask.map(|mask| mask.paths).unwrap_or_default();
    if paths.is_empty() {
        return Err(Refusal::FieldRequired {
            field: "update_mask",
        });
    }
    let take = |path: &String| {
        if let Some((_, take)) = known.iter().find(|(name, _)| name == path) {
            return Ok(*take);
        }
        let is_path = |field: &&&str| field.split('.').nth(1) == Some(path);
        if let Some(field) = fixed.iter().find(is_path) {
            return Err(Refusal::FieldImmutable { field });
        }
        let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
        Err(Refusal::MaskInvalid {
            path: path.chars().take(MAX_ECHO_CHARS).collect(),
            known: names.join(", "),
        })
    };
    paths.iter().map(take).collect()
}
