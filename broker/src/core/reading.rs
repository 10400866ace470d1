//! Reading a topic with no subscription: which stored runs come next, and where there are none any more.
//!
//! Looks only, and costs a search and what is found, whatever the topic holds. Bytes are no matter of the core.

use super::objects::{Store, Topic};
use super::state::Core;
use crate::delivery::Run;
use crate::model::entry::{Entry, Operated};
use crate::model::{Name, Offset, OffsetRange, Partition, Position, Refusal, Time, TopicId};

/// How a read begins.
#[derive(Debug)]
pub struct NewRead<'a> {
    /// The topic.
    pub topic: &'a Name,
    /// Only this partition.
    pub partition: Option<Partition>,
    /// Where to begin in partitions that `offsets` does not name.
    pub start: ReadStart,
    /// Where to begin in some partitions.
    pub offsets: &'a [(Partition, Offset)],
    /// What to do with an offset that is no longer stored.
    pub below: BelowLow,
}

/// Where a read begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadStart {
    /// With the oldest stored message.
    Earliest,
    /// With the next one that is published.
    Latest,
    /// With the first one that was published at this time or later.
    Time(Time),
}

/// What to do with an offset that is no longer stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BelowLow {
    /// Refuse to begin there.
    Refuse,
    /// Begin there, and tell what is missing.
    Tell,
}

/// A read that may begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadBegun {
    /// The topic.
    pub topic: TopicId,
    /// Its name.
    pub topic_name: Name,
    /// What is read, in order of partition. `end` is set: the end at this moment.
    pub parts: Vec<ReadPart>,
}

/// How far a read has come on one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadPart {
    /// The partition.
    pub partition: Partition,
    /// The first offset that is still to be read.
    pub next: Offset,
    /// The offset before which it ends; none if it follows.
    pub end: Option<Offset>,
}

/// What is asked of one look at the log.
#[derive(Debug, Clone, Copy)]
pub struct ReadLimits {
    /// Messages of frames beyond this position are not shown.
    pub durable: Position,
    /// About so many runs.
    pub runs: usize,
    /// About so many bytes of messages, or one larger run.
    pub bytes: u64,
}

/// The next steps of a read, in order.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ReadPlan {
    /// Empty if nothing is to be read now.
    pub steps: Vec<ReadStep>,
    /// There is more once this position is durable.
    pub waits_for: Option<Position>,
}

/// One step of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadStep {
    /// Messages of one frame.
    Run(Partition, Run),
    /// Offsets that hold no message any more, or never did.
    Gone(Partition, OffsetRange),
}

impl Core {
    /// Says where a read begins and where the topic ends now.
    pub fn begin_read(&self, new: &NewRead<'_>) -> Result<ReadBegun, Refusal> {
        let topic = self.topic_of(new.topic)?;
        let count = topic.record.settings.partitions;
        let known = |field, partition: Partition| {
            if partition.0 < count {
                return Ok(());
            }
            Err(Refusal::ValueOutOfRange {
                field,
                value: partition.to_string(),
                range: format!("0 to {}, a partition of the topic", count - 1),
            })
        };
        if let Some(partition) = new.partition {
            known("partition", partition)?;
        }
        for &(partition, offset) in new.offsets {
            known("start_offsets.partition", partition)?;
            check_offset(topic, (partition, offset), new.below)?;
        }
        let all = (0..).map(Partition).zip(&topic.partitions);
        let wanted = all.filter(|(one, _)| new.partition.is_none_or(|only| only == *one));
        let parts = wanted.map(|(partition, store)| ReadPart {
            partition,
            next: first(new, partition, store),
            end: Some(store.log.next()),
        });
        Ok(ReadBegun {
            topic: topic.record.id,
            topic_name: topic.record.name.clone(),
            parts: parts.collect(),
        })
    }

    /// The next steps of a read, those of the first parts before those of later ones; each part that has some gets a
    /// share.
    pub fn read(
        &self,
        topic: TopicId,
        parts: &[ReadPart],
        limits: ReadLimits,
    ) -> Result<ReadPlan, Refusal> {
        let found = self.objects.topics.get(&topic);
        let topic = found.ok_or(Refusal::TopicGone { topic })?;
        let mut plan = ReadPlan::default();
        let share = ReadLimits {
            runs: (limits.runs / parts.len().max(1)).max(1),
            bytes: limits.bytes / (parts.len() as u64).max(1),
            ..limits
        };
        let mut bytes = 0;
        for part in parts {
            let Some(store) = topic.store(part.partition) else {
                continue;
            };
            bytes += plan.extend(part, store, share);
            if bytes >= limits.bytes {
                break;
            }
        }
        Ok(plan)
    }

    /// The next message that is stored in a topic, or its deletion, is told in [`super::Output::news`], once.
    pub fn await_news(&mut self, topic: TopicId) {
        if self.objects.topics.contains_key(&topic) {
            self.watched.insert(topic);
        }
    }

    /// Tells of an entry, if somebody waits for it.
    pub(super) fn note_news(&mut self, entry: &Entry, at: Position) {
        let topic = match entry {
            Entry::Published(published) => published.topic,
            Entry::TopicDeleted(topic) => *topic,
            Entry::Operated(Operated::SetAside(put)) => put.topic,
            _ => return,
        };
        if self.watched.remove(&topic) {
            self.output.news.push((topic, at));
        }
    }
}

fn check_offset(
    topic: &Topic,
    (partition, offset): (Partition, Offset),
    below: BelowLow,
) -> Result<(), Refusal> {
    let Some(store) = topic.store(partition) else {
        return Ok(());
    };
    let (low, next) = (store.log.low(), store.log.next());
    if offset < low && below == BelowLow::Refuse {
        return Err(Refusal::OffsetBelowLowWatermark {
            partition,
            offset,
            low,
        });
    }
    if offset > next {
        return Err(Refusal::ValueOutOfRange {
            field: "start_offsets.offset",
            value: offset.to_string(),
            range: format!("at most {next}, the next offset of partition {partition}"),
        });
    }
    Ok(())
}

fn first(new: &NewRead<'_>, partition: Partition, store: &Store) -> Offset {
    let named = new.offsets.iter().find(|(named, _)| *named == partition);
    if let Some(&(_, offset)) = named {
        return offset;
    }
    match new.start {
        ReadStart::Earliest => store.log.low(),
        ReadStart::Latest => store.log.next(),
        ReadStart::Time(time) => store.log.first_at_or_after(time),
    }
}

impl ReadPlan {
    /// Adds the next steps of a part within its share; gives their bytes.
    fn extend(&mut self, part: &ReadPart, store: &Store, share: ReadLimits) -> u64 {
        let log = &store.log;
        let end = part.end.unwrap_or(log.next()).min(log.next());
        let mut at = self.pass(part, part.next, log.low().min(end));
        let (mut runs, mut bytes) = (0, 0);
        for run in log.runs(OffsetRange::between(at, end)) {
            if run.position > share.durable {
                let first = self
                    .waits_for
                    .map_or(run.position, |at| at.min(run.position));
                self.waits_for = Some(first);
                return bytes;
            }
            at = self.pass(part, at, run.range.start);
            self.steps.push(ReadStep::Run(part.partition, run));
            at = at.max(run.range.end);
            runs += 1;
            bytes += log.bytes(run.range);
            if runs >= share.runs || bytes >= share.bytes {
                return bytes;
            }
        }
        self.pass(part, at, end);
        bytes
    }

    /// Tells of offsets from `at` to `to` that hold no message, if there are any.
    fn pass(&mut self, part: &ReadPart, at: Offset, to: Offset) -> Offset {
        if at >= to {
            return at;
        }
        let gone = OffsetRange::between(at, to);
        self.steps.push(ReadStep::Gone(part.partition, gone));
        to
    }
}
