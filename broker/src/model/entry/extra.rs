//! The settings beyond the first release's, as tagged values: only those that say something are written.
//!
//! ```text
//! topic         1 time to live, µs   2 max messages   3 max bytes   4 drop oldest   5 relaxed
//! subscription  1 filter, text       2 max outstanding   3 delivery rate, per second
//!               4 backlog retention, µs   5 max backlog messages   6 max backlog bytes   7 hold publishers
//!               8 expiration, µs     9 paused   10 dead-letter topic, text   11 retry budget, per minute
//!               12 SLO age, µs       13 SLO backlog
//! ```
//!
//! A tag that this release does not know makes the whole entry unknown: a newer release wrote it.

use std::sync::Arc;

use super::bytes::{DecodeError, Reader};
use crate::model::settings::{
    BacklogPolicy, Durability, LimitPolicy, SubscriptionSettings, TopicSettings,
};
use crate::model::{Name, Span};

/// A value as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Number(u64),
    Text(Arc<str>),
}

fn number(tag: u64, value: Option<u64>) -> Option<(u64, Value)> {
    value.map(|value| (tag, Value::Number(value)))
}

fn flag(tag: u64, is_set: bool) -> Option<(u64, Value)> {
    is_set.then_some((tag, Value::Number(1)))
}

fn text(tag: u64, value: Option<&str>) -> Option<(u64, Value)> {
    value.map(|value| (tag, Value::Text(value.into())))
}

/// What a topic's settings say beyond version 1.
pub(super) fn of_topic(settings: &TopicSettings) -> Vec<(u64, Value)> {
    let all = [
        number(1, settings.time_to_live.map(|span| span.0)),
        number(2, settings.max_messages),
        number(3, settings.max_bytes),
        flag(4, settings.limit_policy == LimitPolicy::DropOldest),
        flag(5, settings.durability == Durability::Relaxed),
    ];
    all.into_iter().flatten().collect()
}

/// Reads the value of a tag into a topic's settings.
pub(super) fn add_to_topic(
    settings: &mut TopicSettings,
    tag: u64,
    input: &mut Reader<'_>,
) -> Result<(), DecodeError> {
    match tag {
        1 => settings.time_to_live = Some(Span(input.number("the time to live")?)),
        2 => settings.max_messages = Some(input.number("the limit")?),
        3 => settings.max_bytes = Some(input.number("the limit")?),
        4 => {
            set(input, "the limit policy")?;
            settings.limit_policy = LimitPolicy::DropOldest;
        }
        5 => {
            set(input, "the durability")?;
            settings.durability = Durability::Relaxed;
        }
        _ => return Err(DecodeError::UnknownSetting(tag)),
    }
    Ok(())
}

/// What a subscription's settings are that say nothing beyond version 1.
pub(super) fn plain_subscription() -> SubscriptionSettings {
    SubscriptionSettings {
        backlog_retention: None,
        ..SubscriptionSettings::default()
    }
}

/// What a subscription's settings say beyond version 1.
pub(super) fn of_subscription(settings: &SubscriptionSettings) -> Vec<(u64, Value)> {
    let dead_letter_topic = settings.dead_letter_topic.as_ref().map(Name::as_str);
    let all = [
        text(1, settings.filter.as_deref()),
        number(2, settings.max_outstanding),
        number(3, settings.delivery_rate),
        number(4, settings.backlog_retention.map(|span| span.0)),
        number(5, settings.max_backlog_messages),
        number(6, settings.max_backlog_bytes),
        flag(7, settings.backlog_policy == BacklogPolicy::HoldPublishers),
        number(8, settings.expiration.map(|span| span.0)),
        flag(9, settings.is_paused),
        text(10, dead_letter_topic),
        number(11, settings.retry_budget),
        number(12, settings.slo_age.map(|span| span.0)),
        number(13, settings.slo_backlog),
    ];
    all.into_iter().flatten().collect()
}

/// Reads the value of a tag into a subscription's settings.
pub(super) fn add_to_subscription(
    settings: &mut SubscriptionSettings,
    tag: u64,
    input: &mut Reader<'_>,
) -> Result<(), DecodeError> {
    match tag {
        1 => settings.filter = Some(input.text("the filter")?.into()),
        2 => settings.max_outstanding = Some(input.number("the allowance")?),
        3 => settings.delivery_rate = Some(input.number("the rate")?),
        4 => settings.backlog_retention = Some(Span(input.number("the retention")?)),
        5 => settings.max_backlog_messages = Some(input.number("the limit")?),
        6 => settings.max_backlog_bytes = Some(input.number("the limit")?),
        7 => {
            set(input, "the backlog policy")?;
            settings.backlog_policy = BacklogPolicy::HoldPublishers;
        }
        8 => settings.expiration = Some(Span(input.number("the expiration")?)),
        9 => {
            set(input, "the pause")?;
            settings.is_paused = true;
        }
        10 => {
            let name = Name::parse(input.text("the dead-letter topic")?);
            let name = name.map_err(|_error| DecodeError::Invalid("the dead-letter topic"))?;
            settings.dead_letter_topic = Some(name);
        }
        11 => settings.retry_budget = Some(input.number("the budget")?),
        12 => settings.slo_age = Some(Span(input.number("the age")?)),
        13 => settings.slo_backlog = Some(input.number("the backlog")?),
        _ => return Err(DecodeError::UnknownSetting(tag)),
    }
    Ok(())
}

/// A flag is written only when it is set.
fn set(input: &mut Reader<'_>, what: &'static str) -> Result<(), DecodeError> {
    match input.number(what)? {
        1 => Ok(()),
        _ => Err(DecodeError::Invalid(what)),
    }
}
