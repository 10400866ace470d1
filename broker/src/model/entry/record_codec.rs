//! The parts that several heads share as bytes: a place, and what a topic or subscription is.
//!
//! ```text
//! place                subscription, partition
//! topic record         id, name, created, partitions, retention, retention bytes
//! subscription record  id, topic, name, created, ack deadline, max attempts, backoff min and max,
//!                      key order (0 off, 1 block, 2 skip), retention of dead messages
//! version 2 of both    then: revision, updated, count, each: tag, value (see `extra`)
//! ```
//!
//! A record is written in version 1 as long as that says all of it, so that the first release can read it.

use super::bytes::{DecodeError, Reader, Writer};
use super::extra;
use super::record::{SubscriptionRecord, TopicRecord};
use crate::model::settings::{KeyOrder, SubscriptionSettings, TopicSettings};
use crate::model::{Name, Partition, Span, SubscriptionId, Time, TopicId};

pub(super) fn write_place(
    out: &mut Writer,
    subscription: SubscriptionId,
    partition: Partition,
) -> &mut Writer {
    out.number(subscription.0).number(partition.0.into())
}

pub(super) fn read_place(
    input: &mut Reader<'_>,
) -> Result<(SubscriptionId, Partition), DecodeError> {
    let subscription = SubscriptionId(input.number("the subscription")?);
    Ok((subscription, Partition(input.number_u32("the partition")?)))
}

/// Writes a topic record; gives the version it is written in.
pub(super) fn write_topic_record(out: &mut Writer, record: &TopicRecord) -> u8 {
    let settings = &record.settings;
    out.number(record.id.0)
        .text(record.name.as_str())
        .number(record.created.0);
    out.number(settings.partitions.into())
        .number(settings.retention.0)
        .number(settings.retention_bytes);
    let extras = extra::of_topic(settings);
    write_second(
        out,
        (record.revision, record.updated, record.created),
        &extras,
    )
}

pub(super) fn read_topic_record(
    input: &mut Reader<'_>,
    version: u8,
) -> Result<TopicRecord, DecodeError> {
    let id = TopicId(input.number("the topic")?);
    let name = read_name(input)?;
    let created = Time(input.number("the time")?);
    let mut settings = TopicSettings {
        partitions: input.number_u32("the partitions")?,
        retention: Span(input.number("the retention")?),
        retention_bytes: input.number("the retention")?,
        ..TopicSettings::default()
    };
    let (revision, updated) = read_second(input, version, created, |tag, input| {
        extra::add_to_topic(&mut settings, tag, input)
    })?;
    settings
        .check()
        .map_err(|_refusal| DecodeError::Invalid("the settings of a topic"))?;
    Ok(TopicRecord {
        id,
        name,
        settings,
        created,
        revision,
        updated,
    })
}

/// Writes a subscription record; gives the version it is written in.
pub(super) fn write_subscription_record(out: &mut Writer, record: &SubscriptionRecord) -> u8 {
    let settings = &record.settings;
    out.number(record.id.0)
        .number(record.topic.0)
        .text(record.name.as_str());
    out.number(record.created.0).number(settings.ack_deadline.0);
    out.number(settings.max_attempts.into());
    out.number(settings.backoff_min.0)
        .number(settings.backoff_max.0);
    out.number(match settings.key_order {
        KeyOrder::Off => 0,
        KeyOrder::Block => 1,
        KeyOrder::Skip => 2,
    });
    out.number(settings.dead_retention.0);
    let extras = extra::of_subscription(settings);
    write_second(
        out,
        (record.revision, record.updated, record.created),
        &extras,
    )
}

pub(super) fn read_subscription_record(
    input: &mut Reader<'_>,
    version: u8,
) -> Result<SubscriptionRecord, DecodeError> {
    let id = SubscriptionId(input.number("the subscription")?);
    let topic = TopicId(input.number("the topic")?);
    let name = read_name(input)?;
    let created = Time(input.number("the time")?);
    let mut settings = SubscriptionSettings {
        ack_deadline: Span(input.number("the ack deadline")?),
        max_attempts: input.number_u32("the attempts")?,
        backoff_min: Span(input.number("the backoff")?),
        backoff_max: Span(input.number("the backoff")?),
        key_order: match input.number("the key order")? {
            0 => KeyOrder::Off,
            1 => KeyOrder::Block,
            2 => KeyOrder::Skip,
            _ => return Err(DecodeError::Invalid("the key order")),
        },
        dead_retention: Span(input.number("the retention")?),
        ..extra::plain_subscription()
    };
    let (revision, updated) = read_second(input, version, created, |tag, input| {
        extra::add_to_subscription(&mut settings, tag, input)
    })?;
    settings
        .check()
        .map_err(|_refusal| DecodeError::Invalid("the settings of a subscription"))?;
    Ok(SubscriptionRecord {
        id,
        topic,
        name,
        settings: settings.into(),
        created,
        revision,
        updated,
    })
}

/// The part that version 2 adds, if it says anything: revision, time of the last change, extras.
fn write_second(
    out: &mut Writer,
    (revision, updated, created): (u64, Time, Time),
    extras: &[(u64, extra::Value)],
) -> u8 {
    if revision == 0 && updated == created && extras.is_empty() {
        return 1;
    }
    out.number(revision).number(updated.0);
    out.number(extras.len() as u64);
    for (tag, value) in extras {
        out.number(*tag);
        match value {
            extra::Value::Number(number) => out.number(*number),
            extra::Value::Text(text) => out.text(text),
        };
    }
    2
}

fn read_second(
    input: &mut Reader<'_>,
    version: u8,
    created: Time,
    mut add: impl FnMut(u64, &mut Reader<'_>) -> Result<(), DecodeError>,
) -> Result<(u64, Time), DecodeError> {
    if version == 1 {
        return Ok((0, created));
    }
    let revision = input.number("the revision")?;
    let updated = Time(input.number("the time")?);
    let mut last = 0;
    for _ in 0..input.length("the settings")? {
        let tag = input.number("a setting")?;
        if tag <= last {
            return Err(DecodeError::Invalid("the order of settings"));
        }
        last = tag;
        add(tag, input)?;
    }
    Ok((revision, updated))
}

fn read_name(input: &mut Reader<'_>) -> Result<Name, DecodeError> {
    Name::parse(input.text("a name")?).map_err(|_error| DecodeError::Invalid("a name"))
}
