//! What is remembered of producers, and how it is written.
//!
//! ```text
//! 22 Sequenced      topic, producer (16 bytes), sequence, time, first (0 or 1), runs
//! 23 ProducerState  topic, producer (16 bytes), seen, passed, count, each: sequence, runs
//! runs              count, each: topic, partition, base, count
//! ```

use super::bytes::{DecodeError, Reader, Writer};
use crate::model::{Offset, Partition, ProducerId, Time, TopicId};

/// Messages stored together: consecutive offsets of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredRun {
    /// The topic.
    pub topic: TopicId,
    /// The partition.
    pub partition: Partition,
    /// The offset of the first message.
    pub base: Offset,
    /// How many, at least 1.
    pub count: u32,
}

/// A batch of a producer was stored: in the same commit group as its messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequenced {
    /// The topic that remembers it: the first of the request.
    pub topic: TopicId,
    /// The producer.
    pub producer: ProducerId,
    /// The number of its batch.
    pub sequence: u64,
    /// When it was stored.
    pub time: Time,
    /// Whether nothing was remembered of the producer any more: what earlier entries say of it is void.
    pub is_first: bool,
    /// Where it was stored.
    pub runs: Vec<StoredRun>,
}

/// A producer, restated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProducerState {
    /// The topic that remembers it.
    pub topic: TopicId,
    /// The producer.
    pub producer: ProducerId,
    /// When its newest batch was stored.
    pub seen: Time,
    /// Whether a batch up to this sequence was stored is known no more.
    pub passed: u64,
    /// Its newest batches in order of sequence, and where they were stored.
    pub receipts: Vec<(u64, Vec<StoredRun>)>,
}

pub(super) fn write_sequenced(out: &mut Writer, entry: &Sequenced) -> u8 {
    write_producer(out, entry.topic, entry.producer);
    out.number(entry.sequence).number(entry.time.0);
    out.number(entry.is_first.into());
    write_runs(out, &entry.runs);
    22
}

pub(super) fn read_sequenced(input: &mut Reader<'_>) -> Result<Sequenced, DecodeError> {
    let (topic, producer) = read_producer(input)?;
    Ok(Sequenced {
        topic,
        producer,
        sequence: input.number("the sequence")?,
        time: Time(input.number("the time")?),
        is_first: match input.number("the first batch")? {
            0 => false,
            1 => true,
            _ => return Err(DecodeError::Invalid("the first batch")),
        },
        runs: read_runs(input)?,
    })
}

pub(super) fn write_state(out: &mut Writer, state: &ProducerState) -> u8 {
    write_producer(out, state.topic, state.producer);
    out.number(state.seen.0).number(state.passed);
    out.number(state.receipts.len() as u64);
    for (sequence, runs) in &state.receipts {
        write_runs(out.number(*sequence), runs);
    }
    23
}

pub(super) fn read_state(input: &mut Reader<'_>) -> Result<ProducerState, DecodeError> {
    let (topic, producer) = read_producer(input)?;
    let mut state = ProducerState {
        topic,
        producer,
        seen: Time(input.number("the time")?),
        passed: input.number("the sequence")?,
        receipts: Vec::new(),
    };
    let mut last = state.passed;
    for _ in 0..input.length("the receipts")? {
        let sequence = input.number("a sequence")?;
        if sequence <= last {
            return Err(DecodeError::Invalid("the order of sequences"));
        }
        last = sequence;
        state.receipts.push((sequence, read_runs(input)?));
    }
    Ok(state)
}

fn write_producer(out: &mut Writer, topic: TopicId, producer: ProducerId) {
    out.number(topic.0);
    out.0.extend_from_slice(&producer.0);
}

fn read_producer(input: &mut Reader<'_>) -> Result<(TopicId, ProducerId), DecodeError> {
    let topic = TopicId(input.number("the topic")?);
    let what = "the producer";
    let id = input.bytes(ProducerId::BYTES, what)?.try_into();
    let id = id.map_err(|_length| DecodeError::Short(what))?;
    Ok((topic, ProducerId(id)))
}

fn write_runs(out: &mut Writer, runs: &[StoredRun]) {
    out.number(runs.len() as u64);
    for run in runs {
        out.number(run.topic.0)
            .number(run.partition.0.into())
            .number(run.base.0)
            .number(run.count.into());
    }
}

fn read_runs(input: &mut Reader<'_>) -> Result<Vec<StoredRun>, DecodeError> {
    let count = input.length("the runs")?;
    let mut runs = Vec::new();
    for _ in 0..count {
        runs.push(StoredRun {
            topic: TopicId(input.number("the topic")?),
            partition: Partition(input.number_u32("the partition")?),
            base: Offset(input.number("the offset")?),
            count: input.number_u32("the count")?,
        });
    }
    Ok(runs)
}
