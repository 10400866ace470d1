//! Restated objects as frame heads.
//!
//! ```text
//! 15 BrokerState        next topic, subscription, operation, incarnation, tombstones
//! 16 TopicState         topic record, count, each: low, next, published bytes
//! 17 SubscriptionState  subscription record, count, each: epoch, start, floor, finished pages, acked, 7 × dropped
//! 18 PageState          subscription, partition, epoch, page, finished ranges, records, outstanding leases
//!                       version 2: a dead record may be one that its key goes on without
//! ```

use super::bytes::{DecodeError, Reader, Writer};
use super::record_codec::{
    read_place, read_subscription_record, read_topic_record, write_place,
    write_subscription_record, write_topic_record,
};
use super::state::{
    BrokerState, DeadRecord, OutstandingLease, PageState, PartitionCursor, PartitionState, Record,
    SubscriptionState, TopicState,
};
use crate::model::{
    Epoch, Incarnation, LeaseSerial, Offset, OperationId, Position, SubscriptionId, Time, TopicId,
};

pub(super) fn write_broker(out: &mut Writer, state: &BrokerState) -> u8 {
    out.number(state.next_topic.0)
        .number(state.next_subscription.0);
    out.number(state.next_operation.0)
        .number(state.incarnation.0);
    out.number(state.tombstones.len() as u64);
    for (topic, position) in &state.tombstones {
        out.number(topic.0).number(position.0);
    }
    15
}

pub(super) fn read_broker(input: &mut Reader<'_>) -> Result<BrokerState, DecodeError> {
    let mut state = BrokerState {
        next_topic: TopicId(input.number("the next topic")?),
        next_subscription: SubscriptionId(input.number("the next subscription")?),
        next_operation: OperationId(input.number("the next operation")?),
        incarnation: Incarnation(input.number("the incarnation")?),
        tombstones: Vec::new(),
    };
    for _ in 0..input.length("the tombstones")? {
        let topic = TopicId(input.number("a tombstone")?);
        state
            .tombstones
            .push((topic, Position(input.number("a tombstone")?)));
    }
    Ok(state)
}

pub(super) fn write_topic(out: &mut Writer, state: &TopicState) -> u8 {
    let version = write_topic_record(out, &state.record);
    out.number(state.partitions.len() as u64);
    for partition in &state.partitions {
        out.number(partition.low.0)
            .number(partition.next.0)
            .number(partition.published_bytes);
    }
    version
}

pub(super) fn read_topic(input: &mut Reader<'_>, version: u8) -> Result<TopicState, DecodeError> {
    let record = read_topic_record(input, version)?;
    let mut partitions = Vec::new();
    for _ in 0..input.length("the partitions")? {
        partitions.push(PartitionState {
            low: Offset(input.number("the low")?),
            next: Offset(input.number("the next")?),
            published_bytes: input.number("the bytes")?,
        });
    }
    if partitions.len() != record.settings.partitions as usize {
        return Err(DecodeError::Invalid("the number of partitions"));
    }
    Ok(TopicState { record, partitions })
}

pub(super) fn write_subscription(out: &mut Writer, state: &SubscriptionState) -> u8 {
    let version = write_subscription_record(out, &state.record);
    out.number(state.partitions.len() as u64);
    for cursor in &state.partitions {
        out.number(cursor.epoch.0.into())
            .number(cursor.start.0)
            .number(cursor.floor.0);
        out.number(cursor.finished_pages.len() as u64);
        for (start, end) in &cursor.finished_pages {
            out.number(*start).number(end - start);
        }
        out.number(cursor.acked);
        for &count in &cursor.dropped {
            out.number(count);
        }
    }
    version
}

pub(super) fn read_subscription(
    input: &mut Reader<'_>,
    version: u8,
) -> Result<SubscriptionState, DecodeError> {
    let record = read_subscription_record(input, version)?;
    let mut partitions = Vec::new();
    for _ in 0..input.length("the cursors")? {
        partitions.push(read_cursor(input)?);
    }
    Ok(SubscriptionState { record, partitions })
}

fn read_cursor(input: &mut Reader<'_>) -> Result<PartitionCursor, DecodeError> {
    let mut cursor = PartitionCursor {
        epoch: Epoch(input.number_u32("the epoch")?),
        start: Offset(input.number("the start")?),
        floor: Offset(input.number("the floor")?),
        ..PartitionCursor::default()
    };
    for _ in 0..input.length("the finished pages")? {
        let pages = input.range_after(0, "a finished page")?;
        cursor.finished_pages.push((pages.start.0, pages.end.0));
    }
    cursor.acked = input.number("the acked")?;
    for dropped in &mut cursor.dropped {
        *dropped = input.number("the dropped")?;
    }
    Ok(cursor)
}

pub(super) fn write_page(out: &mut Writer, state: &PageState) -> u8 {
    write_place(out, state.subscription, state.partition);
    out.number(state.epoch.0.into())
        .number(state.page)
        .ranges(&state.finished);
    out.number(state.records.len() as u64);
    for (offset, record) in &state.records {
        out.number(offset.0);
        write_record(out, record);
    }
    out.number(state.outstanding.len() as u64);
    for lease in &state.outstanding {
        out.number(lease.range.start.0).number(lease.range.count());
        out.number(lease.attempt.into()).number(lease.serial.0);
        out.number(lease.incarnation.0).text(&lease.consumer);
    }
    let is_passed = |(_, record): &(Offset, Record)| matches!(record, Record::Passed(_));
    if state.records.iter().any(is_passed) {
        2
    } else {
        1
    }
}

fn write_record(out: &mut Writer, record: &Record) {
    match *record {
        Record::Tried {
            attempts,
            first_failure,
        } => {
            out.number(1)
                .number(attempts.into())
                .number(first_failure.0);
        }
        Record::Waiting {
            attempts,
            first_failure,
            until,
        } => {
            out.number(2)
                .number(attempts.into())
                .number(first_failure.0)
                .number(until.0);
        }
        Record::Dead(dead) => write_dead(out, 3, &dead),
        Record::Passed(dead) => write_dead(out, 4, &dead),
    }
}

fn write_dead(out: &mut Writer, tag: u64, dead: &DeadRecord) {
    out.number(tag)
        .number(dead.attempts.into())
        .number(dead.first_failure.0);
    out.number(dead.last_failure.0)
        .number(dead.text.0)
        .number(dead.group.into());
}

pub(super) fn read_page(input: &mut Reader<'_>, version: u8) -> Result<PageState, DecodeError> {
    let (subscription, partition): (SubscriptionId, _) = read_place(input)?;
    let epoch = Epoch(input.number_u32("the epoch")?);
    let page = input.number("the page")?;
    let finished = input.ranges("the finished messages")?;
    let mut records = Vec::new();
    for _ in 0..input.length("the records")? {
        let offset = Offset(input.number("a record")?);
        records.push((offset, read_record(input, version)?));
    }
    let mut outstanding = Vec::new();
    for _ in 0..input.length("the leases")? {
        outstanding.push(OutstandingLease {
            range: input.range_after(0, "a lease")?,
            attempt: input.number_u32("the attempt")?,
            serial: LeaseSerial(input.number("the grant")?),
            incarnation: Incarnation(input.number("the incarnation")?),
            consumer: input.text("the consumer")?.to_owned(),
        });
    }
    Ok(PageState {
        subscription,
        partition,
        epoch,
        page,
        finished,
        records,
        outstanding,
    })
}

fn read_record(input: &mut Reader<'_>, version: u8) -> Result<Record, DecodeError> {
    let kind = input.number("a record")?;
    let attempts = input.number_u32("the attempts")?;
    let first_failure = Time(input.number("the first failure")?);
    match kind {
        1 => Ok(Record::Tried {
            attempts,
            first_failure,
        }),
        2 => {
            let until = Time(input.number("the retry time")?);
            Ok(Record::Waiting {
                attempts,
                first_failure,
                until,
            })
        }
        3 => read_dead(input, attempts, first_failure).map(Record::Dead),
        4 if version >= 2 => read_dead(input, attempts, first_failure).map(Record::Passed),
        _ => Err(DecodeError::Invalid("a record")),
    }
}

fn read_dead(
    input: &mut Reader<'_>,
    attempts: u32,
    first_failure: Time,
) -> Result<DeadRecord, DecodeError> {
    Ok(DeadRecord {
        first_failure,
        last_failure: Time(input.number("the last failure")?),
        text: Position(input.number("the text")?),
        attempts,
        group: input.number_u32("the group")?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Encoded, Entry, decode, encode};
    use super::*;
    use crate::model::Partition;

    fn page(record: Record) -> Entry {
        Entry::PageState(PageState {
            subscription: SubscriptionId(3),
            partition: Partition(1),
            epoch: Epoch(2),
            page: 1,
            finished: Vec::new(),
            records: vec![(Offset(4_100), record)],
            outstanding: Vec::new(),
        })
    }

    #[test]
    fn a_page_is_written_in_the_oldest_version_that_can_say_it() {
        let dead = DeadRecord {
            first_failure: Time(1),
            last_failure: Time(2),
            text: Position(3),
            attempts: 4,
            group: 5,
        };
        assert_eq!(encode(&page(Record::Dead(dead))).version, 1);
        let entry = page(Record::Passed(dead));
        let Encoded { version, head, .. } = encode(&entry);
        assert_eq!(version, 2);
        assert_eq!(decode(18, 2, &head), Ok(entry));
        assert!(decode(18, 1, &head).is_err(), "it knows no such record");
    }
}
