//! The parts that several heads share as bytes: a place, and what a topic or subscription is.
//!
//! ```text
//! place                subscription, partition
//! topic record         id, name, created, partitions, retention, retention bytes
//! subscription record  id, topic, name, created, ack deadline, max attempts, backoff min and max,
//!                      key order (0 off, 1 block, 2 skip), retention of dead messages
//! ```

use super::bytes::{DecodeError, Reader, Writer};
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

pub(super) fn write_topic_record(out: &mut Writer, record: &TopicRecord) {
    let TopicSettings {
        partitions,
        retention,
        retention_bytes,
    } = record.settings;
    out.number(record.id.0)
        .text(record.name.as_str())
        .number(record.created.0);
    out.number(partitions.into())
        .number(retention.0)
        .number(retention_bytes);
}

pub(super) fn read_topic_record(input: &mut Reader<'_>) -> Result<TopicRecord, DecodeError> {
    let id = TopicId(input.number("the topic")?);
    let name = read_name(input)?;
    let created = Time(input.number("the time")?);
    let settings = TopicSettings {
        partitions: input.number_u32("the partitions")?,
        retention: Span(input.number("the retention")?),
        retention_bytes: input.number("the retention")?,
    };
    settings
        .check()
        .map_err(|_refusal| DecodeError::Invalid("the settings of a topic"))?;
    Ok(TopicRecord {
        id,
        name,
        settings,
        created,
    })
}

pub(super) fn write_subscription_record(out: &mut Writer, record: &SubscriptionRecord) {
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
}

pub(super) fn read_subscription_record(
    input: &mut Reader<'_>,
) -> Result<SubscriptionRecord, DecodeError> {
    let id = SubscriptionId(input.number("the subscription")?);
    let topic = TopicId(input.number("the topic")?);
    let name = read_name(input)?;
    let created = Time(input.number("the time")?);
    let settings = SubscriptionSettings {
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
    };
    settings
        .check()
        .map_err(|_refusal| DecodeError::Invalid("the settings of a subscription"))?;
    Ok(SubscriptionRecord {
        id,
        topic,
        name,
        settings,
        created,
    })
}

fn read_name(input: &mut Reader<'_>) -> Result<Name, DecodeError> {
    Name::parse(input.text("a name")?).map_err(|_error| DecodeError::Invalid("a name"))
}
