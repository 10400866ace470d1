//! Entries as frame heads, kind by kind.
//!
//! Long because: one table of all kinds, beside what it says.
//!
//! ```text
//! frame header: kind, version (see the journal)   head: the fields below, numbers as LEB128
//!  1 Started              incarnation
//!  2 Stopped              incarnation
//!  3 TopicCreated         topic record
//!  4 TopicDeleted         topic
//!  5 SubscriptionCreated  subscription record, count, starts
//!  6 SubscriptionDeleted  subscription
//!  7 Published            topic, partition, base, count, time      body: see `body`; version 2: more columns
//!  8 Delivered            subscription, partition, epoch, incarnation, consumer, grants
//!  9 Acked                subscription, partition, ranges
//! 10 Failed               subscription, partition, time, consumer, class, reason, group, failures
//! 11 Released             subscription, partition, ranges
//! 12 Requeued             subscription, partition, operation, ranges; version 2: the attempts stay
//! 13 Dropped              subscription, partition, cause, operation, ranges
//! 14 Trimmed              topic, partition, low
//! 15..18                  restated objects, see `state_codec`
//! 19 TopicUpdated         topic record
//! 20 SubscriptionUpdated  subscription record
//! 21 Sought               subscription, partition, epoch, target, 1 if anew else 0
//! 22, 23, 26              what is remembered of producers, and skipped offsets, see `producer`, `jumped`
//! 24, 28                  what filters leave out, see `filtered`, `scanned`
//! 25 Requested            see `requested`
//! 27 Unparked             subscription, partition, ranges
//! 40..46, 48, 49          operations, see `operation_codec`, `aside`; 47 Audited: see `audited`
//! ```

use super::audited::Audited;
use super::body::Columns;
use super::bytes::{DecodeError, Reader, Writer};
use super::drop_cause::DropCause;
use super::filtered::Filtered;
use super::jumped;
use super::kinds::{
    Acked, Delivered, Dropped, Entry, Failed, Failure, Grant, Outcome, Published, Released,
    Requeued, Trimmed,
};
use super::operation_codec;
use super::producer;
use super::record_codec::{
    read_place, read_subscription_record, read_topic_record, write_place,
    write_subscription_record, write_topic_record,
};
use super::requested::Requested;
use super::scanned::Scanned;
use super::sought::Sought;
use super::state_codec;
use super::unparked::Unparked;
use crate::model::{
    Epoch, Incarnation, LeaseSerial, Offset, OffsetRange, OperationId, Partition, SubscriptionId,
    Time, TopicId,
};

/// Version of what [`indexed_bytes`] answers: raised when it answers otherwise for what is stored.
pub const INDEXED_VERSION: u32 = 1;
/// The kind of `Published`, whose body the index of messages is made of.
const PUBLISHED: u8 = 7;

/// How many bytes from the front of a body recovery needs to index its messages: the columns. A
/// front that is too short to tell is answered with its length.
pub fn indexed_bytes(kind: u8, _version: u8, _head: &[u8], body: &[u8]) -> usize {
    if kind != PUBLISHED {
        return 0;
    }
    let columns = Columns::parse_front(body);
    columns.map_or(body.len(), |columns| columns.messages_start)
}

/// An entry as a frame's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The kind.
    pub kind: u8,
    /// The version of the kind: the oldest that can say it.
    pub version: u8,
    /// The fields.
    pub head: Vec<u8>,
}

/// An entry as a frame's head.
pub fn encode(entry: &Entry) -> Encoded {
    let mut out = Writer::default();
    let (kind, version) = match write_recorded(&mut out, entry) {
        Some(written) => written,
        None => (write_entry(&mut out, entry), 1),
    };
    Encoded {
        kind,
        version,
        head: out.0,
    }
}

/// Writes an entry of a kind with several versions: the oldest that can say it.
fn write_recorded(out: &mut Writer, entry: &Entry) -> Option<(u8, u8)> {
    let written = match entry {
        Entry::TopicCreated(record) => (3, write_topic_record(out, record)),
        Entry::SubscriptionCreated { record, starts } => {
            let version = write_subscription_record(out, record);
            out.number(starts.len() as u64);
            for start in starts {
                out.number(start.0);
            }
            (5, version)
        }
        Entry::TopicState(state) => (16, state_codec::write_topic(out, state)),
        Entry::SubscriptionState(state) => (17, state_codec::write_subscription(out, state)),
        Entry::PageState(state) => (18, state_codec::write_page(out, state)),
        Entry::TopicUpdated(record) => (19, write_topic_record(out, record)),
        Entry::SubscriptionUpdated(record) => (20, write_subscription_record(out, record)),
        Entry::Requeued(entry) => {
            let place = write_place(out, entry.subscription, entry.partition);
            place.number(entry.operation.0).ranges(&entry.ranges);
            (12, 1 + u8::from(entry.keeps_attempts))
        }
        Entry::Operated(entry) => operation_codec::write(out, entry),
        _ => return None,
    };
    Some(written)
}

/// Writes any other entry; gives its kind.
fn write_entry(out: &mut Writer, entry: &Entry) -> u8 {
    match entry {
        Entry::Started(incarnation) => one(out, 1, incarnation.0),
        Entry::Stopped(incarnation) => one(out, 2, incarnation.0),
        Entry::TopicDeleted(topic) => one(out, 4, topic.0),
        Entry::SubscriptionDeleted(subscription) => one(out, 6, subscription.0),
        Entry::Published(entry) => write_published(out, entry),
        Entry::Delivered(entry) => write_delivered(out, entry),
        Entry::Acked(entry) => {
            write_place(out, entry.subscription, entry.partition).ranges(&entry.ranges);
            9
        }
        Entry::Failed(entry) => write_failed(out, entry),
        Entry::Released(entry) => {
            write_place(out, entry.subscription, entry.partition).ranges(&entry.ranges);
            11
        }
        Entry::Dropped(entry) => {
            let place = write_place(out, entry.subscription, entry.partition);
            place
                .number(entry.cause as u64)
                .number(entry.operation.0)
                .ranges(&entry.ranges);
            13
        }
        Entry::Trimmed(entry) => {
            out.number(entry.topic.0)
                .number(entry.partition.0.into())
                .number(entry.low.0);
            14
        }
        Entry::Sought(entry) => entry.write(out),
        Entry::Requested(entry) => entry.write(out),
        Entry::Unparked(entry) => entry.write(out),
        Entry::Filtered(entry) => entry.write(out),
        Entry::Scanned(entry) => entry.write(out),
        Entry::BrokerState(state) => state_codec::write_broker(out, state),
        Entry::Sequenced(entry) => producer::write_sequenced(out, entry),
        Entry::ProducerState(state) => producer::write_state(out, state),
        Entry::Jumped(entry) => jumped::write(out, *entry),
        Entry::Audited(entry) => entry.write(out),
        // Written above: their versions vary.
        Entry::TopicCreated(_)
        | Entry::SubscriptionCreated { .. }
        | Entry::TopicState(_)
        | Entry::SubscriptionState(_)
        | Entry::PageState(_)
        | Entry::TopicUpdated(_)
        | Entry::SubscriptionUpdated(_)
        | Entry::Operated(_)
        | Entry::Requeued(_) => 0,
    }
}

/// The entry of a frame. `Unknown` if this release does not know the kind or version.
pub fn decode(kind: u8, version: u8, head: &[u8]) -> Result<Entry, DecodeError> {
    if version == 0 || version > newest_version(kind) {
        return Err(DecodeError::Unknown { kind, version });
    }
    let mut reader = Reader(head);
    let input = &mut reader;
    let entry = match kind {
        1 => Entry::Started(Incarnation(input.number("the incarnation")?)),
        2 => Entry::Stopped(Incarnation(input.number("the incarnation")?)),
        3 => Entry::TopicCreated(read_topic_record(input, version)?),
        4 => Entry::TopicDeleted(TopicId(input.number("the topic")?)),
        5 => read_subscription_created(input, version)?,
        6 => Entry::SubscriptionDeleted(SubscriptionId(input.number("the subscription")?)),
        7 => Entry::Published(read_published(input)?),
        8 => Entry::Delivered(read_delivered(input)?),
        9 => {
            let (subscription, partition) = read_place(input)?;
            let ranges = input.ranges("acked messages")?;
            Entry::Acked(Acked {
                subscription,
                partition,
                ranges,
            })
        }
        10 => Entry::Failed(read_failed(input)?),
        11 => {
            let (subscription, partition) = read_place(input)?;
            let ranges = input.ranges("released messages")?;
            Entry::Released(Released {
                subscription,
                partition,
                ranges,
            })
        }
        12 => Entry::Requeued(read_requeued(input, version)?),
        13 => Entry::Dropped(read_dropped(input)?),
        14 => Entry::Trimmed(read_trimmed(input)?),
        15 => Entry::BrokerState(state_codec::read_broker(input)?),
        16 => Entry::TopicState(state_codec::read_topic(input, version)?),
        17 => Entry::SubscriptionState(state_codec::read_subscription(input, version)?),
        18 => Entry::PageState(state_codec::read_page(input, version)?),
        19 => Entry::TopicUpdated(read_topic_record(input, version)?),
        20 => Entry::SubscriptionUpdated(read_subscription_record(input, version)?),
        21 => Entry::Sought(Sought::read(input)?),
        22 => Entry::Sequenced(producer::read_sequenced(input)?),
        23 => Entry::ProducerState(producer::read_state(input)?),
        24 => Entry::Filtered(Filtered::read(input)?),
        25 => Entry::Requested(Requested::read(input)?),
        27 => Entry::Unparked(Unparked::read(input)?),
        26 => Entry::Jumped(jumped::read(input)?),
        28 => Entry::Scanned(Scanned::read(input)?),
        40..=46 | 48 | 49 => Entry::Operated(operation_codec::read(kind, version, input)?),
        47 => Entry::Audited(Audited::read(input)?),
        _ => return Err(DecodeError::Unknown { kind, version }),
    };
    reader.end()?;
    Ok(entry)
}

fn read_requeued(input: &mut Reader<'_>, version: u8) -> Result<Requeued, DecodeError> {
    let (subscription, partition) = read_place(input)?;
    Ok(Requeued {
        subscription,
        partition,
        operation: OperationId(input.number("the operation")?),
        ranges: input.ranges("requeued messages")?,
        keeps_attempts: version == 2,
    })
}

fn read_trimmed(input: &mut Reader<'_>) -> Result<Trimmed, DecodeError> {
    Ok(Trimmed {
        topic: TopicId(input.number("the topic")?),
        partition: Partition(input.number_u32("the partition")?),
        low: Offset(input.number("the low")?),
    })
}

/// The newest version of a kind that this release knows.
fn newest_version(kind: u8) -> u8 {
    match kind {
        18 => 3,
        3 | 5 | 7 | 12 | 16..=20 | 40..=43 => 2,
        _ => 1,
    }
}

fn one(out: &mut Writer, kind: u8, value: u64) -> u8 {
    out.number(value);
    kind
}

fn read_subscription_created(input: &mut Reader<'_>, version: u8) -> Result<Entry, DecodeError> {
    let record = read_subscription_record(input, version)?;
    let count = input.length("the starts")?;
    let starts: Result<_, _> = (0..count)
        .map(|_| input.number("the starts").map(Offset))
        .collect();
    Ok(Entry::SubscriptionCreated {
        record,
        starts: starts?,
    })
}

fn write_published(out: &mut Writer, entry: &Published) -> u8 {
    out.number(entry.topic.0)
        .number(entry.partition.0.into())
        .number(entry.base.0);
    out.number(entry.count.into()).number(entry.time.0);
    7
}

fn read_published(input: &mut Reader<'_>) -> Result<Published, DecodeError> {
    let entry = Published {
        topic: TopicId(input.number("the topic")?),
        partition: Partition(input.number_u32("the partition")?),
        base: Offset(input.number("the offset")?),
        count: input.number_u32("the count")?,
        time: Time(input.number("the time")?),
    };
    if entry.count == 0 || entry.base.0.checked_add(entry.count.into()).is_none() {
        return Err(DecodeError::Invalid("the count of a batch"));
    }
    Ok(entry)
}

fn write_delivered(out: &mut Writer, entry: &Delivered) -> u8 {
    write_place(out, entry.subscription, entry.partition).number(entry.epoch.0.into());
    out.number(entry.incarnation.0)
        .text(&entry.consumer)
        .number(entry.grants.len() as u64);
    for grant in &entry.grants {
        out.number(grant.range.start.0).number(grant.range.count());
        out.number(grant.attempt.into()).number(grant.serial.0);
    }
    8
}

fn read_delivered(input: &mut Reader<'_>) -> Result<Delivered, DecodeError> {
    let (subscription, partition) = read_place(input)?;
    let epoch = Epoch(input.number_u32("the epoch")?);
    let incarnation = Incarnation(input.number("the incarnation")?);
    let consumer = input.text("the consumer")?.to_owned();
    let count = input.length("the grants")?;
    let mut grants = Vec::new();
    for _ in 0..count {
        grants.push(Grant {
            range: input.range_after(0, "a grant")?,
            attempt: input.number_u32("the attempt")?,
            serial: LeaseSerial(input.number("the grant")?),
        });
    }
    Ok(Delivered {
        subscription,
        partition,
        epoch,
        incarnation,
        consumer,
        grants,
    })
}

fn write_failed(out: &mut Writer, entry: &Failed) -> u8 {
    write_place(out, entry.subscription, entry.partition).number(entry.time.0);
    out.text(&entry.consumer)
        .text(&entry.class)
        .text(&entry.reason);
    out.number(entry.group.into())
        .number(entry.failures.len() as u64);
    for failure in &entry.failures {
        out.number(failure.range.start.0)
            .number(failure.range.count());
        out.number(failure.attempts.into());
        match failure.outcome {
            Outcome::Dead => out.number(0),
            Outcome::Waiting(until) => out.number(1).number(until.0),
        };
    }
    10
}

fn read_failed(input: &mut Reader<'_>) -> Result<Failed, DecodeError> {
    let (subscription, partition) = read_place(input)?;
    let time = Time(input.number("the time")?);
    let consumer = input.text("the consumer")?.to_owned();
    let class = input.text("the class")?.to_owned();
    let reason = input.text("the reason")?.to_owned();
    let group = input.number_u32("the group")?;
    let count = input.length("the failures")?;
    let mut failures = Vec::new();
    for _ in 0..count {
        let range: OffsetRange = input.range_after(0, "a failure")?;
        let attempts = input.number_u32("the attempts")?;
        let outcome = match input.number("the outcome")? {
            0 => Outcome::Dead,
            1 => Outcome::Waiting(Time(input.number("the retry time")?)),
            _ => return Err(DecodeError::Invalid("the outcome")),
        };
        failures.push(Failure {
            range,
            attempts,
            outcome,
        });
    }
    Ok(Failed {
        subscription,
        partition,
        time,
        consumer,
        class,
        reason,
        group,
        failures,
    })
}

fn read_dropped(input: &mut Reader<'_>) -> Result<Dropped, DecodeError> {
    let (subscription, partition) = read_place(input)?;
    let cause = input.number("the cause")?;
    let cause = DropCause::ALL
        .into_iter()
        .find(|&known| known as u64 == cause)
        .ok_or(DecodeError::Invalid("the cause"))?;
    let operation = OperationId(input.number("the operation")?);
    let ranges = input.ranges("dropped messages")?;
    Ok(Dropped {
        subscription,
        partition,
        cause,
        operation,
        ranges,
    })
}
