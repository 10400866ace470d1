//! Restated objects as frame heads.
//!
//! ```text
//! 15 BrokerState        next topic, subscription, operation, incarnation, tombstones
//! 16 TopicState         topic record, count, each: low, next, published bytes
//! 17 SubscriptionState  subscription record, count, each: epoch, start, floor, finished pages, acked, 7 × dropped
//! 18 PageState          subscription, partition, epoch, page, finished ranges, records, outstanding leases
//!                       version 2: a dead record may be one that its key goes on without
//!                       version 3: a dead record ends with its fingerprint (u64 LE, 0 = not known); then at the end
//!                       the ranges that were requeued
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
    Epoch, Fingerprint, Incarnation, LeaseSerial, Offset, OperationId, Position, SubscriptionId,
    Time, TopicId,
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
    let version = version_of(state);
    out.number(state.records.len() as u64);
    for (offset, record) in &state.records {
        out.number(offset.0);
        write_record(out, record, version);
    }
    out.number(state.outstanding.len() as u64);
    for lease in &state.outstanding {
        out.number(lease.range.start.0).number(lease.range.count());
        out.number(lease.attempt.into()).number(lease.serial.0);
        out.number(lease.incarnation.0).text(&lease.consumer);
    }
    if version >= 3 {
        out.ranges(&state.requeued);
    }
    version
}

/// The oldest version that can say it.
fn version_of(state: &PageState) -> u8 {
    let version = |(_, record): &(Offset, Record)| match record {
        Record::Dead(dead) | Record::Passed(dead) if dead.fingerprint.is_some() => 3,
        Record::Passed(_) => 2,
        Record::Dead(_) | Record::Tried { .. } | Record::Waiting { .. } => 1,
    };
    let newest = state.records.iter().map(version).max().unwrap_or(1);
    if state.requeued.is_empty() { newest } else { 3 }
}

fn write_record(out: &mut Writer, record: &Record, version: u8) {
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
        Record::Dead(dead) => write_dead(out, 3, &dead, version),
        Record::Passed(dead) => write_dead(out, 4, &dead, version),
    }
}

fn write_dead(out: &mut Writer, tag: u64, dead: &DeadRecord, version: u8) {
    out.number(tag)
        .number(dead.attempts.into())
        .number(dead.first_failure.0);
    out.number(dead.last_failure.0)
        .number(dead.text.0)
        .number(dead.group.into());
    if version >= 3 {
        let number = dead.fingerprint.map_or(0, Fingerprint::number);
        out.0.extend_from_slice(&number.to_le_bytes());
    }
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
    let requeued = match version {
        1 | 2 => Vec::new(),
        _ => input.ranges("the requeued messages")?,
    };
    Ok(PageState {
        subscription,
        partition,
        epoch,
        page,
        finished,
        records,
        outstanding,
        requeued,
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
        3 => read_dead(input, (attempts, first_failure), version).map(Record::Dead),
        4 if version >= 2 => {
            read_dead(input, (attempts, first_failure), version).map(Record::Passed)
        }
        _ => Err(DecodeError::Invalid("a record")),
    }
}

fn read_dead(
    input: &mut Reader<'_>,
    (attempts, first_failure): (u32, Time),
    version: u8,
) -> Result<DeadRecord, DecodeError> {
    Ok(DeadRecord {
        first_failure,
        last_failure: Time(input.number("the last failure")?),
        text: Position(input.number("the text")?),
        attempts,
        group: input.number_u32("the group")?,
        fingerprint: match version {
            1 | 2 => None,
            _ => read_fingerprint(input)?,
        },
    })
}

fn read_fingerprint(input: &mut Reader<'_>) -> Result<Option<Fingerprint>, DecodeError> {
    let (number, _) = input.bytes(8, "the fingerprint")?.as_chunks::<8>();
    let number = number
        .first()
        .map_or(0, |number| u64::from_le_bytes(*number));
    Ok(Fingerprint::stored(number))
}

#[cfg(test)]
mod tests {
    use super::super::{Encoded, Entry, decode, encode};
    use super::*;
    use crate::model::{OffsetRange, Partition};

    fn page(record: Record) -> Entry {
        Entry::PageState(PageState {
            subscription: SubscriptionId(3),
            partition: Partition(1),
            epoch: Epoch(2),
            page: 1,
            finished: Vec::new(),
            records: vec![(Offset(4_100), record)],
            outstanding: Vec::new(),
            requeued: Vec::new(),
        })
    }

    /// The version an entry is written in, and what is read of it.
    fn again(entry: &Entry) -> (u8, Entry) {
        let Encoded { version, head, .. } = encode(entry);
        (version, decode(18, version, &head).expect("an entry"))
    }

    #[test]
    fn a_page_is_written_in_the_oldest_version_that_can_say_it() {
        let dead = DeadRecord {
            first_failure: Time(1),
            last_failure: Time(2),
            text: Position(3),
            attempts: 4,
            group: 5,
            fingerprint: None,
        };
        assert_eq!(encode(&page(Record::Dead(dead))).version, 1);
        let entry = page(Record::Passed(dead));
        let Encoded { version, head, .. } = encode(&entry);
        assert_eq!(version, 2);
        assert_eq!(decode(18, 2, &head), Ok(entry));
        assert!(decode(18, 1, &head).is_err(), "it knows no such record");
        let known = DeadRecord {
            fingerprint: Fingerprint::stored(6),
            ..dead
        };
        for record in [Record::Dead(known), Record::Passed(known)] {
            assert_eq!(again(&page(record)), (3, page(record)));
        }
        let Entry::PageState(mut requeued) = page(Record::Passed(dead)) else {
            panic!("it is a page");
        };
        requeued.requeued = vec![OffsetRange::one(Offset(4_100))];
        let requeued = Entry::PageState(requeued);
        assert_eq!(again(&requeued), (3, requeued.clone()));
    }
}
