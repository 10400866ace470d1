//! Offsets that are skipped so that no id is given twice, and how that is written.
//!
//! ```text
//! 26 Jumped  topic, partition, first offset, count
//! ```

use super::bytes::{DecodeError, Reader, Writer};
use crate::model::{Offset, OffsetRange, Partition, TopicId};

/// Offsets of a partition are skipped: after an unclean start, messages that had them may be lost. Written again with
/// each statement of the topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jumped {
    /// The topic.
    pub topic: TopicId,
    /// The partition.
    pub partition: Partition,
    /// The offsets, which no message has or will have.
    pub range: OffsetRange,
}

pub(super) fn write(out: &mut Writer, entry: Jumped) -> u8 {
    out.number(entry.topic.0)
        .number(entry.partition.0.into())
        .number(entry.range.start.0)
        .number(entry.range.count());
    26
}

pub(super) fn read(input: &mut Reader<'_>) -> Result<Jumped, DecodeError> {
    let topic = TopicId(input.number("the topic")?);
    let partition = Partition(input.number_u32("the partition")?);
    let start = Offset(input.number("the offset")?);
    let end = start.0.checked_add(input.number("the count")?);
    let end = end.ok_or(DecodeError::Invalid("the count"))?;
    let range = OffsetRange::between(start, Offset(end));
    if range.is_empty() {
        return Err(DecodeError::Invalid("the count"));
    }
    Ok(Jumped {
        topic,
        partition,
        range,
    })
}
